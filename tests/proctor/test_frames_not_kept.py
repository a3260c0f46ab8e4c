"""A frame that is being looked at when the consent is taken back, or the sitting ends, is not kept."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import Session, col, select

from exam.proctor.consent import service as service_consent
from exam.proctor.models_incidents import Incident
from exam.proctor.watching import service_frames
from exam.sessions.models import Sitting
from tests.proctor.conftest import picture
from tests.proctor.watching_world import Post, consent, eyes, links, post, seen

__all__ = ["eyes", "post"]


def while_looked_at(post: Post, happens: Any, number: int = 1) -> Any:
    """Send a frame; when somebody looks at it, something happens; the answer."""
    post.eyes.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(post.frame, number)
        until = time.monotonic() + 10
        taking = post.world.app.state.watching.lines
        while not (post.sitting in taking and taking[post.sitting].taking) and time.monotonic() < until:
            time.sleep(0.01)
        happens()
        post.eyes.gate.set()
        return waits.result(20)


def withdraw(post: Post) -> None:
    with post.world.database.transaction() as db:
        service_consent.withdraw(db, post.person, post.sitting, post.world.clock.now())


def hand_in(post: Post) -> None:
    sent = {"claim": 1, "answers": [], "events": []}
    assert post.client.post(f"/sittings/{post.sitting}/submit", json=sent).status_code == 200


@pytest.mark.parametrize(
    ("happens", "status", "code", "last"),
    [
        (withdraw, 403, "camera-consent-missing", "consent.withdrawn"),
        (hand_in, 409, "not-in-progress", "submitted"),
    ],
    ids=["consent taken back", "handed in"],
)
def test_what_happened_before_it_was_written_counts(
    post: Post, happens: Any, status: int, code: str, last: str
) -> None:
    post.eyes.said = [seen(), seen("none"), seen("none"), seen("none")]
    for number in range(1, 4):
        assert post.frame(number).status_code == 200
        post.later()
    before = set(post.world.app.state.private.folder.rglob("*"))
    answer = while_looked_at(post, lambda: happens(post), 4)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert [row.number for row in post.frames()] == [1, 2, 3]
    with post.world.database.reading() as db:
        assert [kind for kind, _ in links(db, post.sitting)][-1] == last
        assert db.exec(select(Incident).where(col(Incident.ended_at).is_not(None))).all() == []
    if happens is withdraw:
        assert {each for each in post.world.app.state.private.folder.rglob("*") if each.is_file()} <= before


def test_a_file_that_another_frame_needs_stays(post: Post) -> None:
    assert post.frame(1, picture(5)).status_code == 200
    kept = post.frames()[0].picture
    service_frames.drop(post.world.database, post.world.app.state.private, kept)
    assert post.world.app.state.private.get(kept)


def test_the_newest_answer_counts_for_each_sitting(post: Post) -> None:
    def barred(db: Session) -> dict[int, str]:
        return service_frames.barred(db, [post.sitting, 9999])

    with post.world.database.transaction() as db:
        assert barred(db) == {9999: "camera-consent-missing"}
        consent(db, db.get_one(Sitting, post.sitting), "withdrawn", post.world.clock.now())
        db.flush()
        assert barred(db).keys() == {post.sitting, 9999}
        consent(db, db.get_one(Sitting, post.sitting), "given", post.world.clock.now())
        db.flush()
        assert barred(db).keys() == {9999}
