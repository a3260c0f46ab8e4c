"""Incidents, appeals and proposals to void stand in the log too: changed in the database alone, they are found."""

from dataclasses import replace
from pathlib import Path

import pytest

from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models_incidents import Incident
from exam.proctor.review import service_appeals, service_voiding
from exam.proctor.wall import service as service_wall
from exam.proctor.wall.rules_deeds import Asked
from exam.sessions import signals
from exam.sessions.instants import SECOND
from tests.proctor.conftest import Room
from tests.proctor.evidence_files import check, exported
from tests.proctor.evidence_story import Story, begin
from tests.proctor.reviewing import decide


def notice(room: Room, kind: str, began: int, seconds: int = 10) -> None:
    """Software opens a stretch and closes it."""
    one = Noticed("opened", kind, "camera", began, began, 1, 4, {"hits": 4, "of": 6}, {"yaw": (31, 40)}, "test 1")
    ended = replace(one, what="closed", ended=began + seconds * SECOND)
    for note in service_incidents.notes_of(room.terms(), [one, ended], room.hall.at()):
        assert room.hall.do(note)[0].status == 200


@pytest.fixture
def story(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Noticed by software (twice, the second time going on with the first), noted by hand, decided, appealed."""
    for kind in ("incident.opened", "incident.closed"):
        monkeypatch.setitem(signals.noted, kind, service_incidents.heard)
    story = begin(room, tmp_path / "story", signs=True)
    at = room.hall.at()
    notice(room, "away", at)
    notice(room, "away", at + 20 * SECOND)
    notice(room, "no-face", at)
    now = room.clock.now
    with room.database.transaction() as db:
        service_wall.note(db, room.proctor, room.sitting, Asked("有人递纸条", severity=2), now())
    story.later(minutes=5)
    story.submit()
    story.sign()
    decide(room, [1, 3], "confirmed", "看了")
    decide(room, [2], "dismissed")
    with room.database.transaction() as db:
        service_appeals.appeal(db, room.person, room.sitting, "不是我", now())
        service_appeals.refuse_appeal(db, room.registrar, 1, "看得很清楚", now())
    with room.database.transaction() as db:
        proposal = service_voiding.propose(db, room.registrar, room.sitting, "替考", now())
        service_voiding.refuse(db, room.registrar, proposal.id or 0, now())
        service_voiding.propose(db, room.registrar, room.sitting, "还是替考", now())
    story.later(minutes=1)
    return story


def test_what_the_site_writes_agrees(story: Story) -> None:
    with story.room.database.reading() as db:
        assert db.get_one(Incident, 1).reason["times"] == 2, "the second stretch went on with the first"
    report = check(exported(story), story.keys.public)
    assert report.findings == [], report.to_json()


EDITS = {
    "an incident's kind": ("UPDATE incident SET kind = 'several' WHERE id = 2", {"row-unknown", "row-missing"}),
    "its begin": ("UPDATE incident SET began_at = '2026-11-06 04:00:09' WHERE id = 1", {"row-unknown"}),
    "its first frame": ("UPDATE incident SET first_frame = 3 WHERE id = 1", {"row-unknown"}),
    "the version of its detector": ("UPDATE incident SET detector = 'test 2' WHERE id = 1", {"row-unknown"}),
    "software's made a human's": ("UPDATE incident SET origin = 'proctor' WHERE id = 2", {"row-unknown"}),
    "its state": ("UPDATE incident SET state = 'dismissed' WHERE id = 1", {"incident-differs"}),
    "a decided one open again": ("UPDATE incident SET state = 'open' WHERE id = 2", {"incident-differs"}),
    "words of a note": (
        'UPDATE incident SET reason = \'{"text":"没事"}\' WHERE id = 3',
        {"row-unknown", "row-missing"},
    ),
    "how heavy a note is": ("UPDATE incident SET severity = 3 WHERE id = 3", {"row-unknown", "row-missing"}),
    "who noted it": ("UPDATE incident SET noted_by = 2 WHERE id = 3", {"row-unknown", "row-missing"}),
    "an appeal's text": ("UPDATE appeal SET text = '是我'", {"row-unknown", "row-missing"}),
    "an appeal's answer": ("UPDATE appeal SET state = 'upheld'", {"row-unknown", "row-missing"}),
    "the words of an answer": ("UPDATE appeal SET answer = '不清楚'", {"row-unknown", "row-missing"}),
    "an appeal": ("DELETE FROM appeal", {"row-missing"}),
    "an appeal made open": ("UPDATE appeal SET state = 'open'", {"row-missing"}),
    "a proposal's reason": ("UPDATE void_proposal SET reason = '错了' WHERE id = 2", {"row-unknown", "row-missing"}),
    "a refused proposal": ("UPDATE void_proposal SET carried_out = NULL WHERE id = 1", {"row-missing"}),
    "a proposal": ("DELETE FROM void_proposal WHERE id = 2", {"row-missing"}),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_row_changed_in_the_database_is_found(story: Story, what: str) -> None:
    statement, codes = EDITS[what]
    with story.room.database.transaction() as db:
        db.connection().exec_driver_sql(statement)
    report = check(exported(story), story.keys.public)
    assert not report.ok and codes <= report.codes(), report.to_json()
