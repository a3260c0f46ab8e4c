"""Deciding, holding, drawing blindly, settling: on both databases."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from exam.accounts.messages import Message
from exam.accounts.permissions import Role
from exam.core.errors import Invalid, NotFound, Refused
from exam.proctor.checkin import service_identity
from exam.proctor.checkin.service_identity import Decision
from exam.proctor.models import CheckIn, Frame, Proctored
from exam.proctor.models_incidents import Appeal, Incident, IncidentDecision, VoidProposal
from exam.proctor.review import service as service_review
from exam.proctor.review import service_settling
from exam.proctor.review.holds import held, holding
from exam.sessions import requests, service
from exam.sessions.instants import micros
from tests.proctor.conftest import Hall, Room, caller, make_room
from tests.proctor.reviewing import decide, hand_in, incident, settle


@pytest.fixture
def over(hall: Hall) -> Room:
    """A watched sitting that was handed in."""
    room = make_room(hall)
    hand_in(room)
    return room


def test_the_statement_over_many_says_what_the_rule_says(hall: Hall) -> None:
    """Every combination of what can be open: `holding` and `held` agree."""
    rooms = []
    combinations = list(
        itertools.product((True, False), (True, False), ("", "open", "sent-on", "confirmed"), (0, 1), (0, 1))
    )
    for hold_results, settled, state, appealed, proposed in combinations:
        room = make_room(hall, hold_results=hold_results)
        hand_in(room)
        rooms.append(room.sitting)
        with hall.database.transaction() as db:
            now = hall.clock.now()
            row = db.get_one(Proctored, room.sitting)
            row.reviewed_at = now if settled else None
            db.add(row)
            own: dict[str, Any] = {"institution_id": hall.institution_id, "sitting_id": room.sitting}
            if state:
                db.add(incident(room, state=state))
            if appealed:
                db.add(Appeal(**own, person_id=room.person, text="不对", made_at=now))
            if proposed:
                db.add(VoidProposal(**own, reason="冒名", proposed_by=room.proctor.person_id, proposed_at=now))
    with hall.database.reading() as db:
        by_rule = set(held(db, rooms))
        assert by_rule == set(db.exec(holding()))
        assert 0 < len(by_rule) < len(rooms)


def test_an_identity_that_nobody_looked_at_holds_by_the_rule_and_by_the_statement(hall: Hall) -> None:
    expected, rooms = {}, []
    cases = itertools.product(("after", "before", "none"), ("waiting", "approved"), (True, False), (True, False))
    for identity, state, hold_results, ended in cases:
        room = make_room(hall, identity=identity, hold_results=hold_results)
        rooms.append(room.sitting)
        if ended:
            hand_in(room)
        with hall.database.transaction() as db:
            db.get_one(CheckIn, room.sitting).state = state
            db.get_one(Proctored, room.sitting).reviewed_at = hall.clock.now()
        if (identity, state, hold_results, ended) == ("after", "waiting", True, True):
            expected[room.sitting] = "identity"
    with hall.database.reading() as db:
        assert {each: hold.until for each, hold in held(db, rooms).items()} == expected
        assert set(db.exec(holding())) == set(expected)


@pytest.mark.parametrize(("decision", "until"), [("approve", ""), ("doubt", "incidents")])
def test_with_identity_afterwards_the_result_waits_until_somebody_has_looked(
    hall: Hall, decision: str, until: str
) -> None:
    room = make_room(hall, identity="after")
    with hall.database.transaction() as db:
        row = db.get_one(CheckIn, room.sitting)
        row.state, row.decided_at = "waiting", None
    hand_in(room)
    settle(room)
    assert waits(room) == "identity"
    with hall.database.transaction() as db:
        service_identity.decide(db, room.proctor, room.sitting, Decision(decision, "不像"), hall.clock.now())
    assert waits(room) == until


def test_an_unwatched_or_unfinished_sitting_is_not_held(hall: Hall) -> None:
    room = make_room(hall)
    plain = hall.started(hall.person())
    with hall.database.reading() as db:
        assert held(db, [room.sitting, plain]) == {}


def test_a_result_waits_until_all_is_decided_and_undoing_holds_again(over: Room) -> None:
    first, second = (over.hall.database and make_incident(over, kind) for kind in ("away", "covered"))
    settle(over)
    assert waits(over) == "incidents"
    decide(over, [first], "dismissed")
    assert waits(over) == "incidents"
    decide(over, [second], "sent-on", "看不清")
    assert waits(over) == "office"
    with pytest.raises(Refused, match="incident-with-office"):
        decide(over, [second], "dismissed")
    decide(over, [second], "confirmed", "同桌有人", who=over.registrar)
    assert waits(over) == ""
    decide(over, [first], "open")
    assert waits(over) == "incidents"
    with over.database.reading() as db:
        history = db.exec(select(IncidentDecision.state).order_by(col(IncidentDecision.id))).all()
        assert list(history) == ["dismissed", "sent-on", "confirmed", "open"]
        assert service.check_log(db, over.sitting) is None


def test_decisions_are_all_or_none_and_in_the_log(over: Room) -> None:
    one, two = make_incident(over, "away"), make_incident(over, "hidden")
    decide(over, [one], "dismissed")
    with pytest.raises(Refused, match="incident-already-so"):
        decide(over, [one, two], "dismissed")
    with over.database.reading() as db:
        assert db.get_one(Incident, two).state == "open"
        [link] = service.newest_links(db, over.sitting, "incident.decided", 5)
    assert (link["incident"], link["state"], link["by"]) == (one, "dismissed", over.proctor.person_id)


def test_other_institutions_incidents_do_not_exist(over: Room) -> None:
    one = make_incident(over, "away")
    stranger = caller(over.hall, Role.PROCTOR)
    elsewhere = type(stranger)(**{**vars_of(stranger), "institution_id": over.hall.institution_id + 1})
    with pytest.raises(NotFound):
        decide(over, [one], "dismissed", who=elsewhere)


def vars_of(caller: Any) -> dict[str, Any]:
    return {name: getattr(caller, name) for name in caller.__dataclass_fields__}


def test_the_candidate_is_told_once_all_is_decided(over: Room) -> None:
    one, two = make_incident(over, "away"), make_incident(over, "hidden")
    decide(over, [one], "confirmed", "有人在旁")
    with over.database.reading() as db:
        assert db.exec(select(Message)).all() == []
    decide(over, [two], "dismissed")
    with over.database.reading() as db:
        [message] = db.exec(select(Message)).all()
        assert (message.person_id, message.code) == (over.person, "review-done")


@pytest.mark.parametrize(
    ("incidents", "state", "note", "codes"),
    [
        ([], "dismissed", "", ["nothing-chosen"]),
        (["x", "-1", "9" * 20], "dismissed", "", ["nothing-chosen"]),
        (["1"], "accused", "", ["not-a-choice"]),
        (["1"], "confirmed", "  ", ["note-needed"]),
        (["1"], "sent-on", "", ["note-needed"]),
        (["1"], "dismissed", "x" * 501, ["too-long"]),
        ([str(n) for n in range(1, 52)], "dismissed", "", ["too-many-at-once"]),
        ([], "guilty", "", ["nothing-chosen", "not-a-choice"]),
    ],
)
def test_a_verdict_that_makes_no_sense(incidents: list[str], state: str, note: str, codes: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        service_review.read_verdict(incidents, state, note)
    assert [problem.code for problem in caught.value.problems] == codes


def test_fifty_at_once_are_read(over: Room) -> None:
    assert len(service_review.read_verdict([str(n) for n in range(1, 51)], "dismissed", "x" * 500).incidents) == 50


def test_settling_closes_draws_and_notes_the_light(hall: Hall) -> None:
    room = make_room(hall, blind_share=100)
    began = hall.clock.now()
    with hall.database.transaction() as db:
        for number in range(1, 73):  # six minutes, the first three in the dark
            taken = began + timedelta(seconds=5 * (number - 1))
            seen = {"faces": "one", "quality": {"dark": [number <= 36, 1.0]}}
            db.add(frame(room, number, taken, seen))
        db.add(incident(room, began_at=began + timedelta(seconds=65), ended_at=None))
    hall.clock.advance(timedelta(minutes=6))
    hand_in(room)
    assert not settle(room, after=timedelta(seconds=14))
    assert not settle(room, after=timedelta(minutes=4, seconds=30))  # a stretch still goes on: somebody may close it
    assert settle(room, after=timedelta(minutes=1))
    assert not settle(room, after=timedelta(minutes=1))  # twice is once
    with hall.database.reading() as db:
        flagged, *blind = db.exec(select(Incident).order_by(col(Incident.origin).desc(), col(Incident.began_at)))
        watched = db.get_one(Proctored, room.sitting)
        assert flagged.origin == "camera" and flagged.ended_at == room.row(db).submitted_at
    # The stretch went on to the end, so that only the minute before it is nobody's.
    assert [(row.began_at, row.kind, row.reason["light"]) for row in blind] == [(began, "blind", "dark")]
    assert watched.looked == {"detectors": ["yunet-test"], "frames": 72, "dark": 36}
    assert flagged.reason["light"] == "ok"


def test_frames_that_wait_to_be_looked_at_are_waited_for_but_not_for_ever(hall: Hall) -> None:
    room = make_room(hall)
    with hall.database.transaction() as db:
        db.add(frame(room, 1, hall.clock.now(), None))
    hand_in(room)
    assert not settle(room, after=timedelta(minutes=1))
    assert settle(room, after=timedelta(minutes=4))


def test_a_blind_stretch_holds_until_it_is_decided_and_what_is_seen_there_stands_as_noted(over: Room) -> None:
    settle(over)
    with over.database.transaction() as db:
        row = incident(over, kind="blind", origin="blind", severity=1)
        db.add(row)
        db.flush()
        drawn = row.id or 0
    assert waits(over) == "incidents"
    decide(over, [drawn], "confirmed", "看到第二个人")
    assert waits(over) == ""
    assert twins(over) == [("noted", "proctor", "confirmed")]
    decide(over, [drawn], "dismissed", "看错了")
    assert twins(over) == [("noted", "proctor", "dismissed")]
    decide(over, [drawn], "confirmed", "没看错")
    assert twins(over) == [("noted", "proctor", "confirmed")]


def twins(room: Room) -> list[tuple[str, str, str]]:
    with room.database.reading() as db:
        rows = db.exec(select(Incident).where(Incident.origin != "blind"))
        return [(row.kind, row.origin, row.state) for row in rows]


def waits(room: Room) -> str:
    with room.database.reading() as db:
        found = held(db, [room.sitting]).get(room.sitting)
    return found.until if found else ""


def make_incident(room: Room, kind: str) -> int:
    with room.database.transaction() as db:
        row = incident(room, kind=kind)
        db.add(row)
        db.flush()
        return row.id or 0


def frame(room: Room, number: int, at: Any, seen: Any) -> Frame:
    return Frame(
        sitting_id=room.sitting,
        number=number,
        at=micros(at),
        picture=f"{number:064}",
        size=30_000,
        observation=seen,
        detector="yunet-test" if seen else "",
    )


def test_requests_are_what_the_hall_performs(over: Room) -> None:
    """The sitting of these tests really is over."""
    outcome = over.hall.do(requests.Sync(over.sitting, over.person, over.hall.at(), 1, [], [], "zh"))[0]
    assert outcome.status == 409


def test_unsettled_ones_are_found_when_their_time_has_come(over: Room) -> None:
    with over.database.reading() as db:
        assert service_settling.unsettled(db, over.clock.now(), 10) == []
        assert service_settling.unsettled(db, over.clock.now() + service_settling.SETTLE, 10) == [over.sitting]
