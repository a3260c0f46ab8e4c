"""Frames on their way in: who may send what, how fast, and what is written down of it."""

import hashlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import col, select

from exam.accounts.permissions import Role
from exam.core.events import link
from exam.core.writer import QueueFull
from exam.proctor.models import Proctored
from exam.proctor.watching import jobs as jobs_watching
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.analysis import CAPACITY, CROWDED, MOST_THINNED, RELAXED, thin
from exam.proctor.watching.rules_intake import Numbers
from exam.sessions.instants import SECOND
from exam.sessions.models import Sitting, SittingEvent
from tests.proctor.conftest import picture
from tests.proctor.watching_world import Post, consent, eyes, links, post, seen

__all__ = ["eyes", "post"]


def test_a_frame_is_kept_anew_and_linked(post: Post) -> None:
    sent = picture(7) + b""
    answer = post.frame(1, sent, **{"X-Frame-Taken": "1762401600000"})
    assert (answer.status_code, answer.json()) == (200, {"number": 1, "advice": [], "thinned": False})
    row = post.frames()[0]
    stored = post.world.app.state.private.get(row.picture)
    assert hashlib.sha256(stored).hexdigest() == row.picture
    assert row.size == len(stored)
    assert (row.number, row.source, row.taken, row.thinned) == (1, "camera", 1762401600000000, False)
    assert row.observation is not None and row.observation["faces"] == "one" and row.detector == "yunet-320/1"
    with post.world.database.reading() as db:
        kind, said = list(links(db, post.sitting))[-1]
        watched = db.get_one(Proctored, post.sitting)
    assert kind == "frame" and said["picture"] == row.picture and said["seen"]["faces"] == "one"
    assert (watched.frame_number, watched.frame_at) == (1, post.world.clock.now())


def test_a_number_that_is_there_is_known_and_not_taken_twice(post: Post) -> None:
    assert post.frame(3).status_code == 200
    again = post.frame(3, picture(99))
    assert again.status_code == 200 and again.json()["known"] is True
    assert len(post.frames()) == 1


def test_late_frames_are_kept_and_accuse_nobody(post: Post) -> None:
    post.eyes.said = [seen(), *(seen("none") for _ in range(6))]
    assert post.frame(10).status_code == 200
    for number in range(9, 3, -1):
        post.later()
        assert post.frame(number).status_code == 200
    with post.world.database.reading() as db:
        assert [kind for kind, _ in links(db, post.sitting) if kind.startswith("incident")] == []
    assert [row.number for row in post.frames()] == [4, 5, 6, 7, 8, 9, 10]


HOSTILE: list[tuple[str, Any, int, str]] = [
    ("no number", {"number": "x"}, 400, "frame-number"),
    ("number 0", {"number": 0}, 400, "frame-number"),
    ("the last number", {"number": 20_000}, 200, ""),
    ("a number beyond", {"number": 20_001}, 400, "frame-number"),
    ("a huge number", {"number": "9" * 40}, 400, "frame-number"),
    ("a negative number", {"number": -1}, 400, "frame-number"),
    ("digits of another script", {"number": "١"}, 400, "frame-number"),
    ("nothing", {"data": b""}, 400, "frame-empty"),
    ("no JPEG", {"data": b"GIF89a" + b"x" * 300}, 422, "frame-not-jpeg"),
    ("half a JPEG", {"data": picture(1)[:3000]}, 422, "frame-cut-off"),
    ("something behind", {"data": picture(1) + b"<script>"}, 422, "frame-trailing"),
    ("too large", {"data": picture(1) + b"x" * 300_000}, 413, "frame-too-large"),
    ("too many pixels", {"data": picture(1, 2000, 1500)}, 422, "frame-dimensions"),
]


@pytest.mark.parametrize(("what", "sent", "status", "code"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_what_is_no_frame_is_refused_in_words(
    post: Post, what: str, sent: dict[str, Any], status: int, code: str
) -> None:
    number = sent.get("number", 1)
    headers = {"X-Frame-Number": str(number).encode()}
    data = sent.get("data", picture(2))
    answer = post.client.post(f"/sittings/{post.sitting}/frames", content=data, headers=headers)
    assert answer.status_code == status, what
    if code:
        assert answer.json()["error"] == code
        assert answer.json()["message"] != f"error.{code}" and "problem." not in answer.json()["message"]
        assert post.frames() == []


def test_others_and_strangers_find_nothing(post: Post) -> None:
    other = post.world.client(post.world.person(post.hall.institution_id, Role.CANDIDATE), post.hall.institution_id)
    own, csrf = dict(post.client.cookies), post.client.csrf
    post.client.cookies.update(other.cookies)
    post.client.csrf = other.csrf
    assert post.frame().status_code == 404
    post.client.cookies.update(own)
    post.client.csrf = csrf
    assert post.frame().status_code == 200
    post.client.csrf = "wrong"
    assert post.frame(2).status_code == 403
    post.client.cookies.clear()
    assert post.frame(2).status_code == 401
    assert [row.number for row in post.frames()] == [1]


def test_only_a_consented_sitting_under_way_is_seen(post: Post) -> None:
    def answered(answer: str) -> None:
        with post.world.database.transaction() as db:
            consent(db, db.get_one(Sitting, post.sitting), answer, post.world.clock.now())
        post.later()

    assert post.frame(1).status_code == 200
    answered("withdrawn")
    refused = post.frame(2)
    assert (refused.status_code, refused.json()["error"]) == (403, "camera-consent-missing")
    answered("given")
    assert post.frame(2).status_code == 200
    post.client.post(f"/sittings/{post.sitting}/submit", json={"claim": 1, "answers": [], "events": []})
    post.later()
    ended = post.frame(3)
    assert (ended.status_code, ended.json()["error"]) == (409, "not-in-progress")


def test_the_way_by_a_human_takes_no_pictures(post: Post) -> None:
    with post.world.database.transaction() as db:
        db.get_one(Proctored, post.sitting).route = "human"
    refused = post.frame()
    assert (refused.status_code, refused.json()["error"]) == (409, "camera-not-asked")
    told = post.client.get(f"/sittings/{post.sitting}/proctoring").json()
    assert (told["camera"], told["route"], told["next"]) == (False, "human", 1)


def test_the_page_is_told_how_it_is_watched(post: Post) -> None:
    post.frame(4)
    told = post.client.get(f"/sittings/{post.sitting}/proctoring").json()
    assert told == {
        "level": "camera",
        "route": "camera",
        "camera": True,
        "source": "camera",
        "interval": 5,
        "next": 5,
        "csrf": post.client.csrf,
    }


def test_thousands_a_second_from_one_candidate(post: Post) -> None:
    """The burst is taken, then nothing until time passes; what is refused costs no look and no memory."""
    data = picture(1)
    answers = [post.frame(number, data) for number in range(1, 300)]
    taken = [answer for answer in answers if answer.status_code == 200]
    assert len(taken) == intake_rules.limit("burst")
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 299 - len(taken)
    assert {answer.json()["error"] for answer in refused} == {"frames-too-fast"}
    assert all(int(answer.headers["Retry-After"]) == 3 for answer in refused)  # half of the five seconds, rounded up
    assert post.world.app.state.watching.eyes.figures.looked == len(taken)
    post.later(2.5)
    assert post.frame(300, data).status_code == 200
    assert post.frame(301, data).status_code == 429


def test_the_rate_round_its_boundary() -> None:
    bucket = intake_rules.full(0)
    for _ in range(10):
        bucket, wait = intake_rules.draw(bucket, 5, 0)
        assert wait == 0
    bucket, wait = intake_rules.draw(bucket, 5, 0)
    assert wait == 3
    for at, expected in ((2 * SECOND, 1), (2_499_999, 1), (2_500_000, 0)):
        _, wait = intake_rules.draw(bucket, 5, at)
        assert wait == expected, at
    assert intake_rules.refill(bucket, 5, -SECOND).tokens == bucket.tokens  # a clock set back gives nothing
    assert intake_rules.refill(bucket, 5, 10**12).tokens == 10


def test_numbers_stay_small() -> None:
    numbers = Numbers()
    assert numbers.newest == 0 and 1 not in numbers
    for number in (1, 8, 8, 20_000):
        numbers.add(number)
    assert numbers.count == 3 and 8 in numbers and 7 not in numbers and numbers.newest == 20_000


@pytest.mark.parametrize(
    ("every", "waiting", "after"),
    [
        (1, CROWDED, 1),
        (1, CROWDED + 1, 2),
        (MOST_THINNED, CAPACITY, MOST_THINNED),
        (3, RELAXED, 3),
        (3, RELAXED - 1, 2),
        (1, 0, 1),
    ],
)
def test_thinning_follows_what_waits(every: int, waiting: int, after: int) -> None:
    assert thin(every, waiting) == after


def test_thinned_frames_are_kept_say_so_and_are_no_absence(post: Post) -> None:
    post.world.app.state.watching.eyes.every = 4
    post.eyes.said = [seen("none") for _ in range(3)]
    thinned = 0
    for number in range(1, 9):
        post.world.app.state.watching.eyes._adapted = 1e18  # as if it had just been decided
        answer = post.frame(number)
        assert answer.status_code == 200
        thinned += answer.json()["thinned"]
        post.later(1)
    assert thinned == 6
    rows = post.frames()
    assert [row.thinned for row in rows].count(True) == 6
    assert all(row.observation is None and row.detector == "" for row in rows if row.thinned)
    with post.world.database.reading() as db:
        said = [body for kind, body in links(db, post.sitting) if kind == "frame"]
        assert [kind for kind, _ in links(db, post.sitting) if kind.startswith("incident")] == []
    assert sum(body.get("thinned", False) for body in said) == 6


@pytest.mark.parametrize(("error", "status"), [(QueueFull(), 503), (OSError(28, "no space left"), 507)])
def test_a_frame_that_there_is_no_room_for_is_noted(
    post: Post, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """The camera is there, which the record has to know; what is refused for another reason says nothing of it."""
    watching = post.world.app.state.watching
    jobs_watching.follow(post.world.app.state)

    async def full(_sight: Any) -> Any:
        raise error

    monkeypatch.setattr(watching.eyes, "submit", full)
    assert post.frame(1, b"GIF").status_code == 422
    assert post.sitting not in watching.held
    assert post.frame(1).status_code == status
    jobs_watching.follow(post.world.app.state)
    with post.world.database.reading() as db:
        assert db.get_one(Proctored, post.sitting).held_at == post.world.clock.now()
        assert [kind for kind, _ in links(db, post.sitting)][-1] == "frames.held-up"


def test_answers_are_saved_while_the_eyes_are_stuck(post: Post) -> None:
    """Nobody looks at frames any more: answers don't notice."""
    post.eyes.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        stuck = pool.submit(post.frame, 1)
        body = {"claim": 1, "answers": [{"slot": 1, "revision": 1, "response": {"value": True}}], "events": []}
        saved = [
            post.client.post(f"/sittings/{post.sitting}/sync", json={**body, "answers": []}).status_code
            for _ in range(20)
        ]
        assert saved == [200] * 20 and not stuck.done()
        post.eyes.gate.set()
        assert stuck.result(20).status_code == 200


def test_the_chain_holds_under_frames_and_answers_at_once(post: Post) -> None:
    """Eight writers at once, frames and syncs; every link continues the one before."""
    barrier = threading.Barrier(8)

    def frames(first: int) -> list[int]:
        barrier.wait()
        return [post.frame(number).status_code for number in (first, first + 100)]

    def syncs(_n: int) -> list[int]:
        barrier.wait()
        event = {"claim": 1, "answers": [], "events": []}
        return [post.client.post(f"/sittings/{post.sitting}/sync", json=event).status_code for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(frames, n) for n in range(1, 5)] + [pool.submit(syncs, n) for n in range(4)]
        statuses = [status for each in done for status in each.result(60)]
    assert set(statuses) <= {200, 429}
    with post.world.database.reading() as db:
        rows = db.exec(
            select(SittingEvent).where(SittingEvent.sitting_id == post.sitting).order_by(col(SittingEvent.seq))
        ).all()
    for before, row in itertools.pairwise(rows):
        assert row.previous == before.hash
        slot, revision = row.slot or "", row.revision or ""
        assert row.hash == link(row.previous, row.seq, row.kind, row.at, slot, revision, row.body)
    assert len([row for row in rows if row.kind == "frame"]) == len(post.frames()) == statuses[:8].count(200)
