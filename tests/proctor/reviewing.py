"""What tests of reviewing share: incidents, handing in, deciding."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from exam.accounts.access import Caller
from exam.proctor.models_incidents import Incident
from exam.proctor.review import service as service_review
from exam.proctor.review import service_settling
from exam.sessions import requests
from tests.proctor.conftest import Room


def incident(room: Room, **values: Any) -> Incident:
    """A stretch of the room's sitting, ten seconds long, that the camera flagged."""
    began = room.clock.now() - timedelta(seconds=30)
    usual: dict[str, Any] = {
        "kind": "away",
        "origin": "camera",
        "severity": 2,
        "began_at": began,
        "ended_at": began + timedelta(seconds=10),
        "reason": {"hits": 4, "of": 6, "seconds": 10},
        "detector": "yunet-test",
        "noted_at": began,
    }
    return Incident(institution_id=room.hall.institution_id, sitting_id=room.sitting, **{**usual, **values})


def hand_in(room: Room) -> None:
    """The candidate submits."""
    room.hall.do(requests.Submit(room.sitting, room.person, room.hall.at(), 1, [], [], "zh"))


def settle(room: Room, after: timedelta = timedelta(minutes=6)) -> bool:
    """What the job does after some time; whether the sitting was settled now."""
    room.clock.advance(after)
    with room.database.transaction() as db:
        ids = service_settling.unsettled(db, room.clock.now(), 10)
        return bool(service_settling.settle(db, ids, room.clock.now()))


def decide(room: Room, ids: Sequence[int], state: str, note: str = "", who: Caller | None = None) -> None:
    """The proctor, or somebody else, decides."""
    with room.database.transaction() as db:
        verdict = service_review.read_verdict(list(ids), state, note)
        service_review.decide(db, who or room.proctor, verdict, room.clock.now())
