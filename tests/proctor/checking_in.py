"""A candidate before the start of a watched exam, a proctor, and eyes that see what a test says."""

from dataclasses import dataclass, field
from typing import Any

from exam.accounts.permissions import Role
from exam.core.clock import FrozenClock
from exam.proctor import terms
from exam.proctor.checkin import look as checkin_look
from exam.proctor.models import CameraConsent, CheckIn
from exam.sessions import requests
from exam.sessions.models import Sitting
from exam.vision.frames import decode_frame
from exam.vision.observation import Finding, Observation, Quality
from exam.vision.thresholds import YUNET
from tests.conftest import Client, World
from tests.proctor.conftest import Hall, picture, set_policy
from tests.proctor.watching_world import links

FINE = Quality(*(Finding(False, 100.0) for _ in range(5)), region="face")
COVERED = Quality(Finding(True, 1.0), *(Finding(False, 1.0) for _ in range(4)))
POINTS = ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6))
STRAIGHT = Observation(
    YUNET, "one", FINE, count=1, score=0.95, box=(0.35, 0.25, 0.3, 0.45), points=POINTS, likeness=bytes(576)
)
NOBODY = Observation(YUNET, "none", FINE, count=0, score=0.1)


@dataclass
class Eyes:
    """Stands in for `Observer`: decodes like it, then says what it is told, the last over and over."""

    said: list[Observation] = field(default_factory=lambda: [STRAIGHT])
    looked: int = 0

    def observe(self, data: bytes, baseline: Any = None) -> Observation:
        decode_frame(data)
        self.looked += 1
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


@dataclass
class Door:
    """One candidate at the door."""

    world: World
    hall: Hall
    person: int
    sitting: int
    candidate: Client
    proctor: Client
    proctor_id: int
    eyes: Eyes

    @property
    def clock(self) -> FrozenClock:
        return self.hall.clock

    @property
    def base(self) -> str:
        return f"/sittings/{self.sitting}/check-in"

    def row(self) -> CheckIn:
        with self.hall.database.reading() as db:
            return db.get_one(CheckIn, self.sitting)

    def story(self) -> list[dict[str, Any]]:
        """What the sitting's log says of the check-in."""
        with self.hall.database.reading() as db:
            return [said for kind, said in links(db, self.sitting) if kind == "check-in"]

    def answer(self, said: str) -> None:
        with self.hall.database.transaction() as db:
            here = {"institution_id": self.hall.institution_id, "sitting_id": self.sitting, "person_id": self.person}
            db.add(CameraConsent(**here, answer=said, text_version="test", locale="zh", at=self.clock.now()))

    def camera(self, pictures: int = 4) -> Any:
        """The camera's test."""
        return self.candidate.post(f"{self.base}/camera", files=frames(pictures))

    def identity(self, **files: bytes) -> Any:
        """The pictures of the identity; each may be replaced."""
        usual = {"id-card": picture(1), "face": picture(2), "turn": picture(3)}
        sent = {name: (f"{name}.jpg", data, "image/jpeg") for name, data in {**usual, **files}.items() if data}
        return self.candidate.post(f"{self.base}/identity", files=sent)

    def step(self) -> str:
        return str(self.candidate.get(f"{self.base}/state").json()["step"])

    def decide(self, decision: str, note: str = "") -> Any:
        return self.proctor.post(f"/proctoring/check-ins/{self.sitting}", data={"decision": decision, "note": note})

    def start(self) -> str:
        outcome = self.hall.do(requests.Start(self.sitting, self.person, self.hall.at()))[0]
        return outcome.refusal.code if outcome.refusal else "started"


def frames(count: int) -> list[tuple[str, tuple[str, bytes, str]]]:
    """A look into a camera."""
    return [("frame", (f"{n}.jpg", picture(n), "image/jpeg")) for n in range(count)]


def door(world: World, hall: Hall, answer: str = "given", **policy: Any) -> Door:
    """A candidate who has answered about the camera and stands before the check-in."""
    proctor_id = world.person(hall.institution_id, Role.PROCTOR, name="唐老师")
    set_policy(hall, proctor_id, **policy)
    person = hall.person("李明")
    sitting_id = hall.prepared(person)
    with hall.database.transaction() as db:
        terms.watch(db, db.get_one(Sitting, sitting_id), hall.clock.now())
    eyes = Eyes()
    world.app.state.check_in_eyes = checkin_look.eyes(lambda: eyes)
    candidate = world.client(person, hall.institution_id)
    made = Door(
        world, hall, person, sitting_id, candidate, world.client(proctor_id, hall.institution_id), proctor_id, eyes
    )
    if answer:
        made.answer(answer)
    return made
