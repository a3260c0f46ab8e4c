"""Answers that no honest page sends, and one that it may: nobody's answers suffer, the sender's own included."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session
from starlette.applications import Starlette

from exam.accounts.permissions import Role
from exam.core.writer import NotSaved, Writer
from exam.sessions import perform, requests
from exam.sessions.requests import Outcome
from tests.conftest import Client, World
from tests.sessions.conftest import Hall, answer

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["short", "ordinary"])
def candidate(request: pytest.FixtureRequest, app: Starlette, world: World, hall: Hall) -> Iterator[tuple[Client, int]]:
    """A candidate whose page has claimed their sitting, by the short way and by the ordinary one."""
    person = world.person(hall.institution_id, Role.CANDIDATE)
    client, sitting_id = world.client(person, hall.institution_id), hall.prepared(person)

    def begin() -> tuple[Client, int]:
        assert client.post(f"/sittings/{sitting_id}/start").status_code == 303
        assert client.post(f"/sittings/{sitting_id}/claim", json={}).json()["claim"] == 1
        return client, sitting_id

    if request.param == "ordinary":
        yield begin()
        return
    with Client(app, base_url="http://127.0.0.1:8000") as running:
        client.portal = running.portal
        yield begin()


def sent(candidate: tuple[Client, int], raw: bytes, action: str = "sync") -> Any:
    client, sitting_id = candidate
    return client.post(f"/sittings/{sitting_id}/{action}", content=raw, headers=JSON)


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize("depth", [9, 253, 254, 300, 900])
def test_deeply_nested_answers_are_refused_and_the_others_saved(candidate: tuple[Client, int], depth: int) -> None:
    good = b'{"slot":0,"revision":2,"response":{"at":1}}'
    for response in (nested(depth), b"[" * depth + b"]" * depth):
        bad = b'{"slot":0,"revision":3,"response":' + response + b"}"
        told = sent(candidate, b'{"claim":1,"answers":[' + bad + b"," + good + b"]}")
        assert told.status_code == 200, told.text
        refused, saved = told.json()["accepted"]
        assert (refused["status"], refused["code"]) == ("refused", "malformed")
        assert saved["status"] in ("saved", "duplicate")


def test_a_deep_answer_after_handing_in_is_only_refused(candidate: tuple[Client, int]) -> None:
    saved = b'{"claim":1,"answers":[{"slot":0,"revision":5,"response":{"at":1}}]}'
    assert sent(candidate, saved, "submit").status_code == 200
    again = sent(
        candidate, b'{"claim":1,"answers":[{"slot":0,"revision":5,"response":' + nested(300) + b"}]}", "submit"
    )
    assert again.status_code == 200
    assert again.json()["accepted"][0]["status"] == "refused"


def test_half_a_character_does_not_keep_a_page_from_saving(candidate: tuple[Client, int]) -> None:
    """A field that cuts a rare character (𠮷) in two leaves half of it, which JSON may carry and UTF-8 can't."""
    half = b'{"slot":0,"revision":1,"response":{"note":"\\\\ud842 \\ud842"}}'
    raw = b'{"claim":1,"answers":[' + half + b',{"slot":0,"revision":2,"response":{"note":"\\ud842\\udfb7"}}]}'
    told = sent(candidate, raw)
    assert told.status_code == 200, told.text
    assert [each["status"] for each in told.json()["accepted"]] == ["saved", "saved"]
    assert [each["receipt"] for each in sent(candidate, raw).json()["accepted"]] == [
        each["receipt"] for each in told.json()["accepted"]
    ]
    client, sitting_id = candidate
    kept = client.post(f"/sittings/{sitting_id}/claim", json={}).json()["answers"]
    assert kept[0]["response"] == {"note": "𠮷"}


@pytest.mark.parametrize(
    "body", [b"NaN", b"1e999", b'{"claim":1,"answers":[NaN]}', b'{"claim":"\\ud842"}', b"[", b"\xff"]
)
def test_what_is_no_request_stays_none(candidate: tuple[Client, int], body: bytes) -> None:
    assert sent(candidate, body).status_code == 400


def test_many_bad_requests_do_not_pass_for_a_full_disk(hall: Hall) -> None:
    """Requests that break by themselves say nothing about the disk: the good ones among them are saved."""
    person = hall.person()
    sitting_id = hall.started(person)

    def save(revision: int) -> requests.Sync:
        return requests.Sync(sitting_id, person, hall.at(), 1, [answer(0, revision, {"n": revision})], [], "zh")

    bad = [save(n) for n in range(10, 16)]
    for each in bad:
        each.answers = 7  # type: ignore[assignment] - breaks the code, whatever it is

    def commit(db: Session, group: Any) -> list[Outcome]:
        return perform.perform(db, group, hall.context)

    async def run() -> list[Any]:
        writer: Writer[requests.Request, Outcome] = Writer(hall.database.transaction, commit, 1000)
        writer.start(asyncio.get_running_loop())
        told = await asyncio.gather(*(writer.submit(each) for each in [*bad, save(1), save(2)]), return_exceptions=True)
        await asyncio.to_thread(writer.stop)
        return told

    told = asyncio.run(run())
    assert [isinstance(each, NotSaved) for each in told] == [True] * 6 + [False] * 2
    assert [each.body["accepted"][0]["status"] for each in told[6:]] == ["saved", "saved"]
