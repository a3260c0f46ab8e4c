"""A site whose candidate sits a watched exam with the camera on, with somebody who looks that tests can steer."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlmodel import Session, col, select

from exam.accounts.permissions import Role
from exam.proctor.models import CameraConsent, Frame
from exam.sessions import requests
from exam.sessions.models import Sitting, SittingEvent
from exam.vision.observation import Finding, Observation, Quality
from exam.vision.thresholds import YUNET
from tests.conftest import Client, World
from tests.proctor.conftest import let_in, picture, set_policy
from tests.sessions.conftest import Hall, make_hall

GOOD = Quality(*(Finding(False, 1.0) for _ in range(5)), region="face")


def seen(faces: Any = "one", count: int | None = None, **more: Any) -> Observation:
    """An observation of a good picture, with no fingerprint (nothing is frozen)."""
    number = {"none": 0, "one": 1, "several": 2}.get(faces) if count is None else count
    score = 0.1 if faces == "none" else 0.95
    second = 0.9 if faces == "several" else None
    return Observation(YUNET, faces, GOOD, count=number, score=score, second=second, **more)


@dataclass
class Steered:
    """Stands in for `Observer`: says what it is told, one after another; waits while `gate` is closed."""

    said: list[Observation] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    detector: str = YUNET

    def look(self, pixels: Any, baseline: Any) -> Observation:
        self.gate.wait(20)
        return self.said.pop(0) if self.said else seen()


def consent(db: Session, sitting: Sitting, answer: str, at: Any) -> None:
    """What the candidate answers about the camera."""
    db.add(
        CameraConsent(
            institution_id=sitting.institution_id,
            person_id=sitting.person_id,
            sitting_id=sitting.id or 0,
            answer=answer,
            text_version="1",
            locale="zh",
            at=at,
        )
    )


def watched_sitting(hall: Hall, by: int, person: int, *, start: bool = True, answer: bool = True, **policy: Any) -> int:
    """A sitting of `person` under a policy (by `by`), consented, begun and claimed."""
    set_policy(hall, by, **policy)
    sitting_id = hall.prepared(person)
    if answer:
        let_in(hall, sitting_id)
    if start:
        hall.do(requests.Start(sitting_id, person, hall.at()))
        hall.do(requests.Claim(sitting_id, person, hall.at(), "csrf", "zh"))
    return sitting_id


def links(db: Session, sitting_id: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The log of a sitting: kind and what it says, in its order."""
    query = select(SittingEvent.kind, SittingEvent.body).where(SittingEvent.sitting_id == sitting_id)
    for kind, body in db.exec(query.order_by(col(SittingEvent.seq))):
        yield kind, orjson.loads(body)


@dataclass
class Post:
    """A candidate's browser on a watched sitting."""

    world: World
    hall: Hall
    client: Client
    person: int
    sitting: int
    eyes: Steered

    def frame(self, number: Any = 1, data: bytes | None = None, **headers: str) -> Any:
        about = {"X-Frame-Number": str(number), "Content-Type": "image/jpeg", **headers}
        body = picture(hash(number) % 1000) if data is None else data
        return self.client.post(f"/sittings/{self.sitting}/frames", content=body, headers=about)

    def later(self, seconds: float = 5) -> None:
        """Time passes; what is remembered for a moment is asked anew."""
        self.world.clock.advance(timedelta(seconds=seconds))
        for line in self.world.app.state.watching.lines.values():
            line.until = 0.0

    def frames(self) -> list[Frame]:
        with self.world.database.reading() as db:
            query = select(Frame).where(Frame.sitting_id == self.sitting)
            return list(db.exec(query.order_by(col(Frame.number))).all())


@pytest.fixture
def eyes() -> Steered:
    steered = Steered()
    steered.gate.set()
    return steered


@pytest.fixture
def post(world: World, eyes: Steered) -> Iterator[Post]:
    yield from at_post(world, eyes)


def at_post(world: World, eyes: Steered, **policy: Any) -> Iterator[Post]:
    institution = world.institution()
    hall = make_hall(world.database, world.clock, institution)
    person = world.person(institution, Role.CANDIDATE)
    sitting = watched_sitting(hall, world.person(institution, Role.REGISTRAR), person, **policy)
    world.app.state.watching.eyes.observer = lambda model: eyes
    client = world.client(person, institution)
    with client:
        yield Post(world, hall, client, person, sitting, eyes)
        eyes.gate.set()
