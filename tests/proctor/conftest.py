"""A hall whose exam is watched, and pictures drawn for it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest
from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import ROLE_PERMISSIONS, Role
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.proctor import terms
from exam.proctor.detectors import DETECTORS
from exam.proctor.models import CameraConsent, CheckIn, ProctoringPolicy
from exam.proctor.terms import Terms
from exam.sessions import requests
from exam.sessions.models import Sitting
from tests.sessions.conftest import Hall, hall, make_hall

__all__ = ["hall", "make_hall"]


@dataclass
class Room:
    """A candidate who is writing a watched exam, and callers of both sides."""

    hall: Hall
    person: int
    sitting: int
    proctor: Caller
    registrar: Caller

    @property
    def clock(self) -> FrozenClock:
        return self.hall.clock

    @property
    def database(self) -> Database:
        return self.hall.database

    def row(self, db: Session) -> Sitting:
        return db.get_one(Sitting, self.sitting)

    def terms(self) -> Terms:
        with self.database.reading() as db:
            found = terms.watched(db, self.sitting)
        assert found is not None
        return found


def set_policy(hall: Hall, by: int, **values: Any) -> None:
    """Have the hall's exam watched: by camera, every five seconds, with every detector, unless said otherwise."""
    usual: dict[str, Any] = {"level": "camera", "interval_seconds": 5, "detectors": sorted(DETECTORS)}
    with hall.database.transaction() as db:
        row = db.get(ProctoringPolicy, hall.exam_id) or ProctoringPolicy(
            exam_id=hall.exam_id, institution_id=hall.institution_id, changed_at=hall.clock.now(), changed_by=by
        )
        row.sqlmodel_update({**usual, **values})
        db.add(row)


def some_terms(**values: Any) -> Terms:
    """Terms as a camera exam has them, unless said otherwise."""
    usual: dict[str, Any] = {
        "sitting_id": 1,
        "level": "camera",
        "route": "camera",
        "room": 1,
        "interval_seconds": 5,
        "detectors": frozenset(DETECTORS),
        "muted": frozenset(),
        "accommodations": (),
        "identity": "none",
        "hold_results": True,
        "keep_days": 90,
        "appeal_days": 10,
        "blind_share": 2,
    }
    return Terms(**{**usual, **values})


def caller(hall: Hall, role: Role) -> Caller:
    """Somebody of the hall's institution with one role."""
    person = hall.person(role.value)
    return Caller(
        person, role.value, hall.institution_id, "机构", roles=frozenset({role}), permissions=ROLE_PERMISSIONS[role]
    )


def make_room(hall: Hall, **policy: Any) -> Room:
    """A room whose candidate has started."""
    proctor, registrar = caller(hall, Role.PROCTOR), caller(hall, Role.REGISTRAR)
    set_policy(hall, registrar.person_id, **policy)
    person = hall.person()
    sitting_id = hall.prepared(person)
    let_in(hall, sitting_id)
    hall.do(requests.Start(sitting_id, person, hall.at()))
    hall.do(requests.Claim(sitting_id, person, hall.at(), "csrf", "zh"))
    return Room(hall, person, sitting_id, proctor, registrar)


def let_in(hall: Hall, sitting_id: int) -> None:
    """Have done all that stands before a watched sitting's start: its terms, the consent, the check-in."""
    now = hall.clock.now()
    with hall.database.transaction() as db:
        sitting = db.get_one(Sitting, sitting_id)
        if terms.watch(db, sitting, now) is None:
            return
        here: dict[str, Any] = {"institution_id": hall.institution_id, "sitting_id": sitting_id}
        answer: dict[str, Any] = {"answer": "given", "text_version": "test", "locale": "zh", "at": now}
        db.add(CameraConsent(**here, person_id=sitting.person_id, **answer))
        db.add(CheckIn(**here, state="approved", camera_ok_at=now, sent_at=now, decided_at=now))


@pytest.fixture
def room(hall: Hall) -> Room:
    """A camera exam under way."""
    return make_room(hall)


def picture(seed: int = 0, width: int = 640, height: int = 480) -> bytes:
    """A JPEG with something on it, another for each seed; nobody is on it."""
    made = np.random.default_rng(seed)
    rough = made.integers(40, 215, (12, 16, 3), dtype=np.uint8)
    pixels = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return bytes(data.tobytes())
