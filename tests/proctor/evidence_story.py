"""A watched sitting with a bit of everything in its log and its tables, as the site itself writes them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from exam.core.objects import ObjectStore
from exam.proctor.checkin.service import note
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import service_checkpoints
from exam.proctor.evidence.keys import Keys
from exam.proctor.models import CheckIn
from exam.proctor.watching import service_frames
from exam.sessions import requests, service_adjust, service_supervise, signals
from exam.sessions.instants import micros
from exam.sessions.service_adjust import ExtraTime
from exam.settings import Settings
from exam.vision.observation import Finding, Observation, Quality
from tests.proctor.conftest import Room, picture
from tests.sessions.conftest import answer

NO = Finding(False, 0.1)
FACE = Observation(
    "test 1",
    "one",
    Quality(NO, NO, NO, NO, NO, "face"),
    count=1,
    score=0.9,
    box=(0.4, 0.3, 0.2, 0.3),
    points=((0.45, 0.4), (0.55, 0.4), (0.5, 0.5), (0.46, 0.55), (0.54, 0.55)),
    yaw=1.5,
    pitch=-2.0,
    fingerprint=b"for comparing",
    likeness=b"for comparing",
)


@dataclass
class Story:
    """A room, the store of its pictures, and the key that signs."""

    room: Room
    store: ObjectStore
    keys: Keys
    signs: bool = False
    """Whether its log is signed whenever time passes, as a server does."""

    @property
    def sitting(self) -> int:
        return self.room.sitting

    def frame(self, number: int, seed: int | None = None) -> str:
        """A frame of this number, taken in; returns its hash."""
        digest = self.store.put(picture(number if seed is None else seed))
        values = {"number": number, "source": "camera", "taken": None, "picture": digest, "size": 1000}
        link = service_frames.link_of(self.sitting, self.room.hall.at(), values, FACE.to_json(compact=True), ())
        assert self.room.hall.do(link)[0].status == 200
        return digest

    def later(self, **span: float) -> None:
        self.room.clock.advance(timedelta(**span))
        if self.signs:
            self.sign()

    def sign(self) -> None:
        service_checkpoints.sign_due(self.room.database, self.keys, self.room.clock.now(), everything=True)

    def submit(self) -> None:
        hall = self.room.hall
        asked = requests.Submit(self.sitting, self.room.person, hall.at(), 1, [], [], "zh")
        assert hall.do(asked)[0].status == 200


def begin(room: Room, folder: Path, *, signs: bool = False) -> Story:
    """A sitting that has shown itself at check-in, with nothing else yet."""
    signals.noted[service_frames.FRAME] = service_frames.heard
    story = Story(room, ObjectStore(folder / "private"), evidence_keys.load(Settings(data_dir=folder)), signs)
    shown = {name: story.store.put(picture(seed)) for seed, name in enumerate(("id-card", "face", "turn"), 1000)}
    with room.database.transaction() as db:
        check_in = db.get_one(CheckIn, room.sitting)
        check_in.pictures, check_in.baseline, check_in.seen = shown, {"shape": [[0, 0]]}, {"faces": "one"}
        db.add(check_in)
        note(db, room.row(db), {"step": "identity", "number": 1, "pictures": shown}, room.clock.now())
    return story


def tell(room: Room, folder: Path, frames: int = 4, *, step: float = 5.0, signs: bool = False) -> Story:
    """The whole story: answers, frames (`step` seconds apart), a message, extra time, a pause, the end."""
    story = begin(room, folder, signs=signs)
    hall, now = room.hall, room.clock.now
    for number in range(1, frames + 1):
        story.later(seconds=step)
        story.frame(number)
        said: Any = {"choice": "a1", "n": number, "odd": "\u2028 中文 <>"}
        assert hall.sync(room.sitting, room.person, [answer(0, number, said)]).status == 200
    with room.database.transaction() as db:
        message = service_supervise.send(db, room.proctor, room.sitting, "message", "请坐正", now())
    with room.database.transaction() as db:
        service_supervise.acknowledge(db, room.person, room.sitting, message, now())
        service_adjust.extra_time(db, room.registrar, [room.sitting], ExtraTime(5, "停电"), now())
    with room.database.transaction() as db:
        service_supervise.pause(db, room.proctor, room.sitting, "消防警报", now())
    story.later(minutes=2)
    with room.database.transaction() as db:
        service_supervise.resume(db, room.proctor, room.sitting, now())
    story.later(minutes=1)
    story.submit()
    if signs:
        story.sign()
    return story


__all__ = ["FACE", "Story", "begin", "micros", "tell"]
