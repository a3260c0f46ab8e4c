"""What a proctor does to a sitting is done, recorded in both logs, and taken back where it can be."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.proctor.models_incidents import Incident
from exam.proctor.wall import deeds
from exam.proctor.wall import rules_deeds as deed_rules
from exam.proctor.wall import service as service_wall
from exam.proctor.wall.rules_deeds import Asked
from exam.sessions import service
from exam.sessions.models import SittingEvent, SittingMessage
from tests.proctor.conftest import Room


def do(room: Room, key: str, *, who: Caller | None = None, **asked: Any) -> None:
    with room.database.transaction() as db:
        by = who or room.proctor
        service_wall.do(db, by, room.sitting, service_wall.deed_of(key), Asked(**asked), room.clock.now())


def kinds(db: Session, room: Room) -> list[str]:
    query = select(SittingEvent.kind).where(SittingEvent.sitting_id == room.sitting).order_by(col(SittingEvent.seq))
    return list(db.exec(query))


def test_a_message_a_pause_and_what_follows(room: Room) -> None:
    with room.database.reading() as db:
        before = room.row(db).deadline
    do(room, "message", words="请坐正")
    do(room, "room", words="请照一圈")
    do(room, "pause", words="请稍候")
    room.clock.advance(timedelta(seconds=90))
    do(room, "resume")
    do(room, "note", words="桌上有手机", severity=2)
    with room.database.reading() as db:
        row = room.row(db)
        assert row.state == "in-progress" and row.deadline == before + timedelta(seconds=90)
        assert [each.kind for each in db.exec(select(SittingMessage).order_by(col(SittingMessage.id)))] == [
            "message",
            "room",
        ]
        assert kinds(db, room)[-5:] == ["message", "message", "paused", "resumed", "incident.noted"]
        noted = db.exec(select(Incident)).one()
        assert (noted.kind, noted.origin, noted.severity, noted.noted_by) == (
            "noted",
            "proctor",
            2,
            room.proctor.person_id,
        )
        assert service.check_log(db, room.sitting) is None
        deeds_done = db.exec(select(AuditEvent.action).order_by(col(AuditEvent.seq))).all()
        assert deeds_done[-5:] == [
            "sitting.message",
            "sitting.message",
            "sitting.pause",
            "sitting.resume",
            "proctor.note",
        ]


def test_extra_time_is_bounded_and_can_be_taken_back_for_a_moment(room: Room) -> None:
    with room.database.reading() as db:
        before = room.row(db).deadline
    do(room, "extra", words="换了键盘", minutes=15)
    do(room, "extra", words="又换了一次", minutes=15)
    with pytest.raises(Refused) as refused:
        do(room, "extra", words="还要", minutes=1)
    assert refused.value.refusal.code == "extra-time-spent"
    do(room, "extra", words="考务批准", minutes=15, who=room.registrar)
    do(room, "take-back")
    with room.database.reading() as db:
        assert room.row(db).deadline == before + timedelta(minutes=30)
        assert service.check_log(db, room.sitting) is None
    with pytest.raises(Refused) as refused:
        do(room, "take-back")
    assert refused.value.refusal.code == "nothing-to-take-back"


def test_the_end_has_its_reason_in_the_log(room: Room) -> None:
    do(room, "end", code="help", words="有人在旁边念答案")
    with room.database.reading() as db:
        row = room.row(db)
        assert (row.state, row.submitted_by) == ("submitted", "proctor")
        said = service.newest_links(db, room.sitting, "submitted", 1)[0]
        assert said["code"] == "help" and said["reason"] == "有他人协助 – 有人在旁边念答案"
    for key in ("message", "pause", "note", "extra", "take-back", "end"):
        with pytest.raises(Refused):
            do(room, key, words="晚了", minutes=1, severity=1, code="other")


def test_another_institution_has_nothing_here(room: Room) -> None:
    stranger = dataclasses.replace(room.proctor, institution_id=room.proctor.institution_id + 1)
    for key in deeds.DEEDS:
        with pytest.raises(NotFound):
            do(room, key, who=stranger, words="x", minutes=1, severity=1, code="other")


T0 = timedelta(0)


@pytest.mark.parametrize(
    ("age", "seconds", "left", "code"),
    [
        (T0, 300, timedelta(minutes=30), None),
        (timedelta(seconds=120), 300, timedelta(minutes=30), None),
        (timedelta(seconds=120, microseconds=1), 300, timedelta(minutes=30), "too-late-to-take-back"),
        (T0, 300, timedelta(minutes=10), None),
        (T0, 300, timedelta(minutes=10) - timedelta(microseconds=1), "too-little-left"),
        (T0, -300, timedelta(minutes=30), "nothing-to-take-back"),
        (None, 0, timedelta(minutes=30), "nothing-to-take-back"),
    ],
)
def test_when_extra_time_may_be_taken_back(
    age: timedelta | None, seconds: int, left: timedelta, code: str | None, clock: Any
) -> None:
    now = clock.now()
    found = deed_rules.may_take_back(None if age is None else now - age, seconds, now + left, now)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("given", "minutes", "unbounded", "left"),
    [(0, 15, False, None), (900, 15, False, None), (901, 15, False, 14), (1800, 1, False, 0), (9000, 15, True, None)],
)
def test_how_much_extra_time_proctors_give(given: int, minutes: int, unbounded: bool, left: int | None) -> None:
    found = deed_rules.may_give(given, minutes, unbounded=unbounded)
    assert (found.params["left"] if found else None) == left


@pytest.mark.parametrize(
    ("key", "fields", "problems"),
    [
        ("message", {"words": "请坐正"}, []),
        ("message", {"usual": "0"}, []),
        ("message", {"usual": "99"}, ["words"]),
        ("message", {"usual": "٣", "words": "  "}, ["words"]),
        ("message", {"words": "x" * 301}, ["words"]),
        ("resume", {}, []),
        ("extra", {"words": "换键盘", "minutes": "15"}, []),
        ("extra", {"words": "换键盘", "minutes": "16"}, ["minutes"]),
        ("extra", {"words": "换键盘", "minutes": "0"}, ["minutes"]),
        ("extra", {"minutes": "a"}, ["words", "minutes"]),
        ("note", {"words": "x", "severity": "3"}, []),
        ("note", {"words": "x", "severity": "4"}, ["severity"]),
        ("end", {"words": "x", "code": "help"}, []),
        ("end", {"words": "", "code": "because"}, ["words", "code"]),
    ],
)
def test_the_forms(key: str, fields: dict[str, str], problems: list[str]) -> None:
    try:
        deed_rules.read(deeds.DEEDS[key], fields, "zh")
        found = []
    except Invalid as invalid:
        found = [each.field for each in invalid.problems]
    assert found == problems


def test_usual_words_come_in_the_candidates_language() -> None:
    said = deed_rules.read(deeds.DEEDS["message"], {"usual": "2", "words": "Thanks."}, "en").words
    assert said == "Please put your phone away, out of reach. Thanks."
    assert deed_rules.read(deeds.DEEDS["message"], {"usual": "2"}, "zh").words == "请把手机收起来，放到够不着的地方。"


def test_what_is_offered() -> None:
    assert [deed.key for deed in deeds.offered("in-progress")] == [
        *("message", "room", "face", "pause", "extra", "note", "end")
    ]
    assert "take-back" in [deed.key for deed in deeds.offered("in-progress", taken_back=True)]
    assert [deed.key for deed in deeds.offered("paused")] == [
        "message",
        "room",
        "face",
        "resume",
        "extra",
        "note",
        "end",
    ]
    assert deeds.offered("submitted", taken_back=True) == ()
