"""Evidence of a sitting, out of either database: whole as it was written; what was done to the database shows in it."""

import hashlib
import io
import json
from pathlib import Path

import pytest

from exam.core.db import Database
from exam.core.errors import NotFound
from exam.proctor.evidence import export as evidence_export
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import retention
from exam.proctor.evidence.report import UNPROVEN
from exam.sessions.models import SittingEvent, SittingHead
from exam.settings import Settings
from tests.proctor.conftest import Hall, Room, make_room, picture
from tests.proctor.evidence_files import change, check, exported, extra, lines, members, packed, rechain
from tests.proctor.evidence_story import Story, tell


@pytest.fixture
def story(room: Room, tmp_path: Path) -> Story:
    """A sitting that was signed at its start, in between and at its end."""
    return tell(room, tmp_path / "story", step=300, signs=True)


def test_what_is_exported_is_whole(database: Database, story: Story) -> None:
    data = exported(story)
    assert exported(story) == data, "the same sitting at the same instant is the same file"
    report = check(data, story.keys.public)
    assert report.ok and report.findings == [] and report.trusted and report.key_id == story.keys.key_id
    assert report.facts["pictures"] == 7 and report.facts["erased"] == [] and report.facts["checkpoints"] > 3
    found = members(data)
    said = [json.loads(row["body"]) for row in lines(found, "log.jsonl") if row["slot"] == 0]
    assert said[-1]["odd"] == "\u2028 中文 <>", "answers are in it as they were given"
    assert (
        "likeness" not in found["tables/frames.jsonl"].decode()
        and "shape" not in found["tables/check-in.jsonl"].decode()
    )
    names = json.loads(found["manifest.json"])["people"]
    assert {str(story.room.person), str(story.room.proctor.person_id)} <= set(names)
    assert check(data).ok and not check(data).trusted
    assert check(data, bytes.fromhex(story.keys.key_id)).ok, "the id of the key will do"


def test_a_sitting_under_way_and_one_that_is_not_watched(database: Database, hall: Hall, tmp_path: Path) -> None:
    person = hall.person()
    plain = hall.started(person)
    story = Story(
        make_room(hall),
        tell(make_room(hall), tmp_path / "other").store,
        evidence_keys.load(Settings(data_dir=tmp_path)),
    )
    for sitting in (story.sitting, plain):
        file = io.BytesIO()
        with database.reading() as db:
            evidence_export.export(db, story.store, story.keys, sitting, file, hall.clock.now(), "test")
        assert check(file.getvalue(), story.keys.public).findings == []
    with database.reading() as db, pytest.raises(NotFound):
        evidence_export.export(db, story.store, story.keys, 9999, io.BytesIO(), hall.clock.now(), "test")


TABLE_EDITS = {
    "an answer": ("UPDATE sitting_event SET body = '{}' WHERE seq = 6", {"link-changed"}),
    "the end": ("DELETE FROM sitting_event WHERE kind = 'submitted'", {"log-cut"}),
    "a frame's picture": (
        "UPDATE frame SET picture = '" + "ab" * 32 + "' WHERE number = 1",
        {"frame-differs", "picture-missing"},
    ),
    "a frame": ("DELETE FROM frame WHERE number = 1", {"frame-differs"}),
    "a message": ("UPDATE sitting_message SET text = 'x'", {"row-unknown"}),
    "extra time": ("DELETE FROM adjustment", {"row-missing"}),
    "a checkpoint": ("DELETE FROM checkpoint WHERE seq = (SELECT min(seq) FROM checkpoint)", {"checkpoint-missing"}),
    "a checkpoint's hash": (
        "UPDATE checkpoint SET hash = 'ab' WHERE previous = 0",
        {"checkpoint-signature", "checkpoint-other"},
    ),
}


@pytest.mark.parametrize("what", TABLE_EDITS)
def test_what_is_done_to_the_database_is_in_the_export(database: Database, story: Story, what: str) -> None:
    statement, codes = TABLE_EDITS[what]
    with database.transaction() as db:
        db.connection().exec_driver_sql(statement)
    report = check(exported(story), story.keys.public)
    assert not report.ok and codes <= report.codes(), report.to_json()


def test_whoever_rewrites_a_whole_log_is_caught_by_the_signatures(database: Database, story: Story) -> None:
    """All links after the fifth made anew, as somebody can who has the database but not the key."""
    found = members(exported(story))
    rows = lines(found, "log.jsonl")
    rows[5]["body"] = '{"choice":"c3"}'
    rechain(rows)
    with database.transaction() as db:
        db.connection().exec_driver_sql(f"DELETE FROM sitting_event WHERE sitting_id = {story.sitting}")
        db.add_all(SittingEvent(sitting_id=story.sitting, **row) for row in rows)
        head = db.get_one(SittingHead, story.sitting)
        head.hash = rows[-1]["hash"]
        db.add(head)
    assert "checkpoint-other" in check(exported(story), story.keys.public).codes()


def test_pictures_changed_or_lost_in_the_store(story: Story) -> None:
    names = sorted(path for path in story.store.folder.glob("??/*"))
    names[0].unlink()
    report = check(exported(story), story.keys.public)
    assert report.ok and report.codes() == {"picture-lost"} <= set(UNPROVEN), "a lost file proves nothing"
    names[1].write_bytes(picture(5))
    assert "picture-changed" in check(exported(story), story.keys.public).codes()


def test_signed_late_is_said_and_accuses_nobody(room: Room, tmp_path: Path) -> None:
    story = tell(room, tmp_path / "unsigned")
    story.later(minutes=20)
    report = check(exported(story), story.keys.public)
    assert report.ok and report.codes() == {"unsigned-stretch"}


@pytest.mark.parametrize("way", ["keep-days", "request"])
def test_after_the_pictures_are_erased(database: Database, story: Story, way: str) -> None:
    """The log still verifies, says when they went and by which rule; and pretending that they went is found."""
    room = story.room
    if way == "request":
        with database.transaction() as db:
            retention.erase(db, story.store, story.sitting, room.registrar, room.clock.now(), "考生请求")
    else:
        story.later(days=90)
        assert retention.erase_due(database, story.store, room.clock.now()) == 1
    story.sign()
    data = exported(story)
    report = check(data, story.keys.public)
    assert report.ok and report.findings == [] and report.facts["pictures"] == 0
    (told,) = report.facts["erased"]
    assert (told["rule"], told["frames"], told["check_in"]) == (way, 4, ["face", "id-card", "turn"])
    assert told["at"] == room.clock.now().isoformat(timespec="seconds")
    found = members(data)
    change("tables/frames.jsonl", 0, erased=False)(found)
    assert "erased-differs" in check(packed(found)).codes()
    found = members(data)
    extra(f"pictures/{hashlib.sha256(picture(1)).hexdigest()}.jpg")(found)
    assert "picture-unknown" in check(packed(found)).codes()
