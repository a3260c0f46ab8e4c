"""The answer path through the application, by the short way and by the ordinary one; the paper page; who is let in."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select
from starlette.applications import Starlette

from exam.accounts import doorman, signals
from exam.accounts.access import SESSION_COOKIE
from exam.accounts.doorman import Door
from exam.accounts.models import BrowserSession, Person
from exam.accounts.permissions import Role
from exam.core.templating import environment
from exam.itembank.view import prepare
from exam.sessions import receipts, service
from exam.sessions.models import Sitting
from sessions.conftest import Hall, answer
from tests.conftest import Client, World

Join = Callable[[Client], Client]


@pytest.fixture(params=["short", "ordinary"])
def join(request: pytest.FixtureRequest, app: Starlette) -> Iterator[Join]:
    """The app with its writer running (requests take the short way) or without; has a client use the app's one loop."""
    if request.param == "ordinary":
        yield lambda client: client
        return

    def joined(client: Client) -> Client:
        client.portal = running.portal
        return client

    with Client(app, base_url="http://127.0.0.1:8000") as running:
        yield joined


@pytest.fixture
def candidate(join: Join, world: World, hall: Hall) -> tuple[Client, int, int]:
    """A signed-in candidate, their id, and their prepared sitting."""
    person = world.person(hall.institution_id, Role.CANDIDATE, name="<张&三>")
    return join(world.client(person, hall.institution_id)), person, hall.prepared(person)


def begun(client: Client, sitting_id: int) -> dict[str, Any]:
    started = client.post(f"/sittings/{sitting_id}/start", data={"csrf_token": client.csrf})
    assert (started.status_code, started.headers["location"]) == (303, f"/sittings/{sitting_id}")
    claimed = client.post(f"/sittings/{sitting_id}/claim", json={})
    assert claimed.status_code == 200, claimed.text
    told: dict[str, Any] = claimed.json()
    return told


def sync(client: Client, sitting_id: int, *answers: Any, claim: int = 1, **more: Any) -> Any:
    body = {"claim": claim, "answers": list(answers), "events": more.pop("events", [])}
    return client.post(f"/sittings/{sitting_id}/sync", json=body, **more)


def test_a_sitting_over_the_wire(candidate: tuple[Client, int, int], hall: Hall, app: Starlette) -> None:
    client, _, sitting_id = candidate
    assert client.get(f"/sittings/{sitting_id}").status_code == 200
    told = begun(client, sitting_id)
    assert (told["claim"], told["state"], told["deadline"] - told["started_at"]) == (1, "in-progress", 3600_000)
    saved = sync(client, sitting_id, answer(0, 1, {"at": 3}), events=[{"n": 1, "kind": "hidden", "detail": {}}])
    assert saved.json()["accepted"][0]["status"] == "saved"
    assert saved.json()["events_upto"] == 1
    receipt = receipts.verify(app.state.sessions.keys.receipt, saved.json()["accepted"][0]["receipt"])
    assert receipt is not None
    assert receipt.sitting_id == sitting_id
    done = client.post(f"/sittings/{sitting_id}/submit", json={"claim": 1, "answers": []})
    assert done.json()["state"] == "submitted"
    late = sync(client, sitting_id, answer(0, 2, {}))
    assert (late.status_code, late.json()["error"]) == (409, "submitted")
    assert len(client.get(f"/sittings/{sitting_id}/receipts").json()["receipts"]) == 1
    assert client.get(f"/sittings/{sitting_id}").status_code == 200


def test_what_is_no_proper_request_is_refused(candidate: tuple[Client, int, int]) -> None:
    client, _, sitting_id = candidate
    begun(client, sitting_id)
    address = f"/sittings/{sitting_id}/sync"
    assert sync(client, sitting_id, headers={"X-CSRF-Token": "no"}).status_code == 403
    for body in (b"", b"[]", b"{", b'{"claim":"1"}', b'{"claim":1,"answers":{}}'):
        response = client.post(address, content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 400
    assert sync(client, sitting_id, *[answer(0, 1, {})] * 101).status_code == 400
    assert sync(client, sitting_id, answer(0, 1, {"x": "y" * 300_000})).status_code == 413
    assert (
        sync(client, sitting_id, answer(0, 1, {"x": "y" * 70_000})).json()["accepted"][0]["code"]
        == "response-too-large"
    )
    wrong = [answer(99, 1, None), answer(1, 0, None), 7, answer(1, 1, {"choice": "nothing"})]
    assert {each["status"] for each in sync(client, sitting_id, *wrong).json()["accepted"]} == {"refused"}


def test_nobody_else_and_nobody_signed_out(
    candidate: tuple[Client, int, int], world: World, hall: Hall, app: Starlette, join: Join
) -> None:
    client, person, sitting_id = candidate
    begun(client, sitting_id)
    other = join(world.client(world.person(hall.institution_id, Role.CANDIDATE), hall.institution_id))
    for response in (sync(other, sitting_id), other.get(f"/sittings/{sitting_id}")):
        assert response.status_code == 404
    assert sync(client, sitting_id).status_code == 200
    with world.database.transaction() as db:
        session = db.exec(select(BrowserSession).where(BrowserSession.person_id == person)).one()
        session.ended_at = world.clock.now()
        db.add(session)
        signals.people_changed(db, [person])
    assert sync(client, sitting_id).status_code == 401
    anonymous = join(Client(app, base_url="http://127.0.0.1:8000", follow_redirects=False))
    assert sync(anonymous, sitting_id, headers={"X-CSRF-Token": client.csrf}).status_code == 401


def test_the_paper_is_the_candidates_own_and_holds_no_key(candidate: tuple[Client, int, int], hall: Hall) -> None:
    client, _, sitting_id = candidate
    begun(client, sitting_id)
    pages = [client.get(f"/sittings/{sitting_id}") for _ in range(2)]
    assert pages[0].text == pages[1].text
    page = pages[0].text
    assert pages[0].headers["cache-control"] == "no-store"
    assert "&lt;张&amp;三&gt;" in page
    assert "<张&三>" not in page
    assert re.search(r"q[0-9a-f]{16}[slitcn]z", page) is None
    with hall.database.reading() as db:
        sitting = db.get_one(Sitting, sitting_id)
        slots = service.slots(db, sitting)
    for slot in slots:
        view = prepare(slot.kind, slot.content).view(sitting.seed, slot.slot)
        template = environment().get_template(view["template"])
        assert template.render(slot=slot.slot, item=view, response=None, readonly=False).strip() in page
    for secret in ("model_answer", "accept", "北京", "12.5", "要点"):
        assert secret not in page


def test_the_plain_form_hands_in_what_it_holds(candidate: tuple[Client, int, int], hall: Hall) -> None:
    client, _, sitting_id = candidate
    begun(client, sitting_id)
    with hall.database.reading() as db:
        slot = next(s.slot for s in service.slots(db, db.get_one(Sitting, sitting_id)) if s.kind == "true-false")
    form = {"csrf_token": client.csrf, f"a{slot}-value": "true"}
    assert client.post(f"/sittings/{sitting_id}/submit", data=form).status_code == 303
    with hall.database.reading() as db:
        assert db.get_one(Sitting, sitting_id).state == "submitted"
        assert {n: each.response for n, each in service.answers(db, sitting_id).items()} == {slot: {"value": True}}


def test_a_start_that_is_refused_says_why(join: Join, world: World, hall: Hall) -> None:
    person = world.person(hall.institution_id, Role.CANDIDATE)
    client = join(world.client(person, hall.institution_id))
    now = hall.clock.now()
    sitting_id = hall.prepared(person, (now + timedelta(hours=1), now + timedelta(hours=2)))
    refused = client.post(f"/sittings/{sitting_id}/start", data={"csrf_token": client.csrf})
    assert refused.status_code == 409
    with hall.database.reading() as db:
        assert db.get_one(Sitting, sitting_id).state == "prepared"


def test_the_doorman_lets_in_whom_the_gate_lets_in(world: World, hall: Hall, app: Starlette) -> None:
    """The conditions of the short way are those of the ordinary one."""
    inst = hall.institution_id
    now = hall.clock.now()
    tokens: dict[str, str] = {}

    def somebody(what: str, *roles: Role, institution: int | None = inst) -> int:
        person = world.person(inst, *roles)
        client = world.client(person, institution or inst)
        tokens[what] = str(client.cookies.get(SESSION_COOKIE))
        return person

    somebody("candidate", Role.CANDIDATE)
    somebody("proctor", Role.PROCTOR)
    somebody("both", Role.CANDIDATE, Role.REGISTRAR)
    changes: dict[int, tuple[type, dict[str, Any]]] = {
        somebody("ended", Role.CANDIDATE): (BrowserSession, {"ended_at": now}),
        somebody("expired", Role.CANDIDATE): (BrowserSession, {"expires_at": now}),
        somebody("idle", Role.CANDIDATE): (BrowserSession, {"last_seen_at": now - timedelta(hours=5)}),
        somebody("disabled", Role.CANDIDATE): (Person, {"state": "disabled"}),
        somebody("elsewhere", Role.CANDIDATE): (BrowserSession, {"institution_id": world.institution()}),
    }
    with hall.database.transaction() as db:
        for person, (table, values) in changes.items():
            owner = col(BrowserSession.person_id) if table is BrowserSession else col(Person.id)
            row = db.exec(select(table).where(owner == person)).one()
            for name, value in values.items():
                setattr(row, name, value)
            db.add(row)
    app.state.gate.seen = type(app.state.gate.seen)()
    door = Door(app.state.gate)
    with hall.database.reading() as db:
        found = doorman.look_up(db, dict.fromkeys(tokens.values(), now), door)
        for what, token in tokens.items():
            who = app.state.gate.by_token(db, token, now)
            expected = who is not None
            assert (token in found) == expected, what
            assert who is None or found[token].permissions == who.permissions
            if who is not None and expected:
                known = found[token]
                assert (known.person_id, known.name, known.csrf) == (who.person_id, who.name, who.csrf_token)
