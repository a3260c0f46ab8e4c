"""A site whose candidate sits a watched exam with the camera on, with somebody who looks that tests can steer."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlmodel import Session, col, select

from exam.proctor.models import CameraConsent
from exam.sessions import requests
from exam.sessions.models import Sitting, SittingEvent
from exam.vision.observation import Finding, Observation, Quality
from exam.vision.thresholds import YUNET
from tests.proctor.conftest import let_in, set_policy
from tests.sessions.conftest import Hall

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
