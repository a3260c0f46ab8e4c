"""Logs are signed at the start, while they go on, and at the end; each signature names the one before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from exam.core.db import Database
from exam.proctor.evidence import checkpoints, service_checkpoints
from exam.proctor.models_incidents import Checkpoint
from exam.sessions import requests, service
from exam.sessions.models import SittingEvent
from tests.proctor.conftest import Room
from tests.proctor.evidence_story import Story, begin
from tests.sessions.conftest import Hall, answer

THREADS, ROUNDS = 8, 6


@pytest.fixture
def story(room: Room, tmp_path: Path) -> Story:
    return begin(room, tmp_path / "story")


def sign(story: Story, everything: bool = False) -> int:
    now = story.room.clock.now()
    return service_checkpoints.sign_due(story.room.database, story.keys, now, everything=everything)


def signed(story: Story) -> list[tuple[int, int]]:
    """The checkpoints (link, the one before), each of which holds and signs a link that there is."""
    with story.room.database.reading() as db:
        rows = db.exec(select(Checkpoint).order_by(col(Checkpoint.seq))).all()
        for row in rows:
            point = checkpoints.Signed(**row.model_dump())
            assert checkpoints.holds(point, story.keys.public)
            assert db.get_one(SittingEvent, (row.sitting_id, row.seq)).hash == row.hash
    return [(row.seq, row.previous) for row in rows]


def test_a_sitting_s_log_is_signed_as_it_goes(database: Database, story: Story, hall: Hall) -> None:
    hall.prepared(hall.person())  # one that has not begun is not signed
    assert sign(story) == 1 and signed(story) == [(4, 0)]
    assert sign(story) == 0, "nothing new"
    story.later(minutes=5, seconds=-1)
    story.frame(1)
    assert sign(story) == 0
    story.later(seconds=1)
    assert sign(story) == 1 and signed(story) == [(4, 0), (5, 4)]
    story.submit()
    assert sign(story) == 1 and signed(story) == [(4, 0), (5, 4), (6, 5)]
    assert sign(story) == 0


def test_what_is_added_long_after_the_end_is_signed_too(database: Database, story: Story) -> None:
    story.submit()
    assert sign(story) == 1
    story.later(days=3)
    story.room.hall.do(requests.Note(story.sitting, story.room.hall.at(), "incident.decided", {}))
    assert sign(story) == 0, "only the walk through everything looks there"
    assert sign(story, everything=True) == 1
    assert [before for _, before in signed(story)] == [0, 5]


def test_eight_writers_and_somebody_who_signs(database: Database, story: Story) -> None:
    """Frames, answers and signatures at once: one log without a fork, and every signature is over a link of it."""
    room, hall = story.room, story.room.hall

    def work(thread: int) -> None:
        own = Hall(database, hall.clock, hall.institution_id, hall.exam_id, hall.paper_ids) if thread % 2 else hall
        for n in range(ROUNDS):
            number = n * THREADS + thread + 1
            mine = Story(Room(own, room.person, room.sitting, room.proctor, room.registrar), story.store, story.keys)
            mine.frame(number, seed=thread)
            assert own.sync(room.sitting, room.person, [answer(0, number, {"by": thread})]).status == 200
            now = hall.clock.now() + timedelta(hours=number)
            service_checkpoints.sign_due(database, story.keys, now, everything=bool(thread % 2))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    with database.reading() as db:
        assert service.check_log(db, room.sitting) is None
        links = db.exec(select(SittingEvent).where(SittingEvent.sitting_id == room.sitting)).all()
    assert sum(link.kind == "frame" for link in links) == THREADS * ROUNDS
    found = signed(story)
    known = {0} | {seq for seq, _ in found}
    assert len(found) > 1 and all(before in known and before < seq for seq, before in found)
