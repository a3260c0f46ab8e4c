"""Watched sittings followed on both databases: heartbeats, lost lines and cameras, pages judged once, the end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.watching import jobs as jobs_watching
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.lines import Line
from exam.proctor.watching.standing import standings
from exam.sessions import requests, service_supervise
from exam.sessions.instants import SECOND
from tests.proctor.conftest import make_room
from tests.proctor.following import Followed, follow, followed
from tests.sessions.conftest import Hall

__all__ = ["followed"]


def test_an_ordinary_exam_leaves_nothing(followed: Followed) -> None:
    followed.page("opened", "blur", "focus", "hidden", "visible", "copy")
    followed.pass_time(120)
    assert followed.incidents() == [] and followed.kinds() == []
    with followed.room.database.reading() as db:
        assert db.get_one(Proctored, followed.room.sitting).heard_at == followed.room.clock.now()


def test_a_hidden_page_is_noted_while_it_lasts_and_closed_once(followed: Followed) -> None:
    followed.page("hidden")
    followed.pass_time(3)
    assert followed.incidents() == []
    followed.pass_time(3)
    assert followed.incidents() == [("hidden", None, 1)]
    followed.pass_time(30)
    followed.page("visible")
    followed.pass_time(30)
    assert followed.incidents() == [("hidden", 36, 1)]
    assert followed.kinds() == ["incident.opened", "incident.closed"]


def test_the_same_again_within_a_minute_is_one_incident(followed: Followed) -> None:
    for gap in (30, 57, 70):
        followed.page("hidden")
        followed.pass_time(9)
        followed.page("visible")
        followed.pass_time(gap)
    assert [times for _, _, times in followed.incidents()] == [3]
    followed.page("hidden")
    followed.pass_time(9)
    followed.page("visible")
    followed.pass_time(3)
    assert [times for _, _, times in followed.incidents()] == [3, 1]


def test_a_restart_forgets_nothing_and_tells_nothing_twice(followed: Followed) -> None:
    followed.page("hidden")
    followed.pass_time(9)
    followed.state.watching.pages.clear()
    followed.pass_time(9)
    followed.page("visible")
    followed.state.watching.pages.clear()
    followed.pass_time(9)
    followed.state.watching.pages.clear()
    followed.pass_time(9)
    assert followed.incidents() == [("hidden", 18, 1)]


def test_a_lost_line_is_noted_and_nothing_else(followed: Followed) -> None:
    followed.page("hidden")
    followed.pass_time(3)
    followed.pass_time(72, heard=False, frames=False)
    assert followed.incidents() == []
    followed.pass_time(3, heard=False, frames=False)
    assert followed.incidents() == [("line-lost", None, 1)]
    followed.pass_time(90, heard=False, frames=False)
    followed.page("visible")
    followed.pass_time(6)
    assert followed.incidents() == [("line-lost", 168, 1)]
    assert followed.kinds() == ["line.lost", "incident.opened", "line.back", "incident.closed"]
    with followed.room.database.reading() as db:
        row = db.exec(select(Incident)).one()
        assert (row.severity, row.origin) == (1, "server")
        assert db.get_one(Proctored, followed.room.sitting).lost_since is None


def test_a_server_that_slept_accuses_nobody(followed: Followed) -> None:
    followed.pass_time(30)
    followed.room.clock.advance(timedelta(minutes=10))
    jobs_watching.follow(followed.state)
    assert followed.incidents() == []
    followed.pass_time(60)
    assert followed.incidents() == []


def test_a_camera_that_stops_while_the_page_is_heard(followed: Followed) -> None:
    followed.pass_time(42, frames=False)
    assert followed.incidents() == []
    followed.pass_time(3, frames=False)
    assert followed.incidents() == [("camera-lost", None, 1)]
    followed.pass_time(30, frames=False)
    assert len(followed.incidents()) == 1
    followed.pass_time(6)
    assert [(kind, times) for kind, seconds, times in followed.incidents() if seconds] == [("camera-lost", 1)]


def test_a_lost_line_is_no_lost_camera(followed: Followed) -> None:
    followed.pass_time(120, heard=False, frames=False)
    followed.pass_time(3, frames=False)
    followed.pass_time(30)
    assert [kind for kind, _, _ in followed.incidents()] == ["line-lost"]


def test_frames_held_up_by_a_short_silence_are_no_lost_camera(followed: Followed) -> None:
    followed.pass_time(30)
    followed.pass_time(66, heard=False, frames=False)
    followed.pass_time(9, frames=False)
    followed.pass_time(30)
    assert followed.incidents() == []


def test_during_a_pause_nothing_counts(
    followed: Followed,
) -> None:
    room = followed.room
    with room.database.transaction() as db:
        service_supervise.pause(db, room.proctor, room.sitting, "上厕所", room.clock.now())
    followed.page("hidden")
    followed.pass_time(180, frames=False)
    followed.pass_time(180, heard=False, frames=False)
    with room.database.transaction() as db:
        service_supervise.resume(db, room.proctor, room.sitting, room.clock.now())
    followed.pass_time(30)
    assert followed.incidents() == []


def test_what_was_granted_is_counted_and_no_incident(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = follow(make_room(hall), monkeypatch)
    with followed.room.database.transaction() as db:
        row = db.get_one(Proctored, followed.room.sitting)
        row.terms = {**row.terms, "accommodations": ["breaks"]}
    followed.page("hidden")
    followed.pass_time(60)
    followed.page("visible", "print")
    followed.pass_time(6)
    assert [kind for kind, _, _ in followed.incidents()] == ["print"]
    assert followed.kinds() == ["incident.muted", "incident.opened", "incident.closed"]


def test_what_the_policy_did_not_choose_is_nothing(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = follow(make_room(hall, detectors=["print"]), monkeypatch)
    followed.page("hidden")
    followed.pass_time(60)
    followed.page("visible")
    followed.pass_time(6)
    assert followed.incidents() == [] and followed.kinds() == []


def test_the_end_closes_what_is_open(followed: Followed) -> None:
    room = followed.room
    followed.page("hidden")
    followed.pass_time(9)
    room.hall.do(requests.Submit(room.sitting, room.person, room.hall.at(), 1, [], [], "zh"))
    room.clock.advance(timedelta(seconds=30))
    jobs_watching.close(followed.state)
    jobs_watching.close(followed.state)
    assert followed.incidents() == [("hidden", 9, 1)]
    assert followed.kinds() == ["incident.opened", "incident.closed"]


def noticed(what: Any, began: int, ended: int, **more: Any) -> Noticed:
    reason = {"hits": 3, "of": 4, "seconds": ended - began}
    scores = {"score": [0.1, 0.2]}
    return Noticed(
        what, "no-face", "camera", began * SECOND, ended * SECOND, began, ended, reason, scores, "yunet", **more
    )


MERGES = [
    ("one stretch", [("opened", 0, 9), ("extended", 0, 12), ("closed", 0, 15)], [(0, 15, 1)]),
    (
        "again within the gap",
        [("opened", 0, 9), ("closed", 0, 15), ("opened", 45, 50), ("closed", 45, 60)],
        [(0, 60, 2)],
    ),
    (
        "again beyond it",
        [("opened", 0, 9), ("closed", 0, 15), ("opened", 46, 50), ("closed", 46, 60)],
        [(0, 15, 1), (46, 60, 1)],
    ),
    ("opened twice", [("opened", 0, 9), ("opened", 0, 9), ("closed", 0, 15), ("closed", 0, 15)], [(0, 15, 1)]),
    (
        "closed, then it went on",
        [("opened", 0, 9), ("closed", 0, 15), ("extended", 0, 18), ("closed", 0, 21)],
        [(0, 21, 1)],
    ),
    ("never opened", [("extended", 0, 12), ("closed", 0, 15)], []),
]


@pytest.mark.parametrize(("what", "changes", "rows"), MERGES, ids=[row[0] for row in MERGES])
def test_changes_become_incidents(followed: Followed, what: str, changes: list[Any], rows: list[Any]) -> None:
    start = followed.room.hall.at() // SECOND
    with followed.room.database.transaction() as db:
        for each, began, ended in changes:
            change = noticed(each, start + began, start + ended)
            service_incidents.note_change(db, followed.room.sitting, change, change.ended)
            db.flush()
        found = db.exec(select(Incident).order_by(col(Incident.id))).all()
        told = [
            (round(row.began_at.timestamp()) - start, round(row.ended_at.timestamp()) - start, row.reason["times"])
            for row in found
            if row.ended_at
        ]
    assert told == rows, what


def test_what_a_human_decided_stays(followed: Followed) -> None:
    start = followed.room.hall.at() // SECOND
    with followed.room.database.transaction() as db:
        row = service_incidents.note_change(
            db, followed.room.sitting, noticed("opened", start, start + 3), start * SECOND
        )
        assert row is not None
        row.state = "dismissed"
        db.flush()
        assert service_incidents.note_change(db, followed.room.sitting, noticed("closed", start, start + 9), 0) is None
        again = service_incidents.note_change(db, followed.room.sitting, noticed("opened", start + 5, start + 9), 0)
        assert again is not row


def test_missing_numbers_are_told_once_and_only_for_good(followed: Followed) -> None:
    room, at = followed.room, followed.room.hall.at()
    here = [1, 2, 3, 9, 10, 15]
    with room.database.transaction() as db:
        for number in here:
            db.add(Frame(sitting_id=room.sitting, number=number, at=at + number, picture="0" * 64, size=1))
        standing = standings(db, [room.sitting])[room.sitting]
    line = Line(standing, 0.0, intake_rules.full(at))
    for number in here:
        line.numbers.add(number)
    followed.state.watching.lines[room.sitting] = line
    jobs_watching.gaps(followed.state)
    room.clock.advance(timedelta(seconds=599))
    jobs_watching.gaps(followed.state)
    assert followed.incidents() == []
    room.clock.advance(timedelta(seconds=1))
    jobs_watching.gaps(followed.state)
    jobs_watching.gaps(followed.state)
    with room.database.reading() as db:
        row = db.exec(select(Incident)).one()
    assert (row.kind, row.first_frame, row.last_frame, row.reason["missing"]) == ("frames-missing", 4, 8, 5)
