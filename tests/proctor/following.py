"""A room whose server follows it, turn by turn, without its loop and its threads."""

from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import col, select

from exam.proctor.incidents import rules as incident_rules
from exam.proctor.incidents import service as service_incidents
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.watching import jobs as jobs_watching
from exam.proctor.watching import service_frames
from exam.proctor.watching.runtime import Watching
from exam.sessions import signals
from tests.proctor.conftest import Room, make_room
from tests.proctor.watching_world import consent, links
from tests.sessions.conftest import Hall


@dataclass
class Followed:
    """A room whose server follows it."""

    room: Room
    state: Any

    def pass_time(self, seconds: float, *, heard: bool = True, frames: bool = True) -> None:
        """Live for some seconds, in turns of three, as pages, frames and jobs do."""
        for _ in range(round(seconds / 3)):
            self.room.clock.advance(timedelta(seconds=3))
            if heard:
                self.state.watching.heard[self.room.sitting] = self.room.hall.at()
            if frames:
                with self.room.database.transaction() as db:
                    db.get_one(Proctored, self.room.sitting).frame_at = self.room.clock.now()
            jobs_watching.follow(self.state)

    def page(self, *kinds: str) -> None:
        """The page reports."""
        n = self.state.n
        events = [{"n": n + i, "kind": kind, "detail": {}} for i, kind in enumerate(kinds, 1)]
        self.state.n += len(kinds)
        outcome = self.room.hall.sync(self.room.sitting, self.room.person, [], events=events)
        assert outcome.status == 200
        self.state.watching.heard[self.room.sitting] = self.room.hall.at()

    def incidents(self) -> list[tuple[str, int | None, int]]:
        """Kind, seconds (None: goes on) and times of each incident."""
        with self.room.database.reading() as db:
            rows = db.exec(select(Incident).order_by(col(Incident.id))).all()
        return [
            (
                row.kind,
                None if row.ended_at is None else round((row.ended_at - row.began_at).total_seconds()),
                row.reason["times"],
            )
            for row in rows
        ]

    def kinds(self) -> list[str]:
        with self.room.database.reading() as db:
            return [kind for kind, _ in links(db, self.room.sitting) if kind.startswith(("incident", "line"))]


@pytest.fixture
def followed(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Followed:
    return follow(make_room(hall), monkeypatch)


def follow(room: Room, monkeypatch: pytest.MonkeyPatch) -> Followed:
    monkeypatch.setitem(signals.noted, service_frames.FRAME, service_frames.heard)
    for kind in (incident_rules.OPENED, incident_rules.CLOSED):
        monkeypatch.setitem(signals.noted, kind, service_incidents.heard)
    watching = Watching(room.database, room.clock, SimpleNamespace())  # type: ignore[arg-type]
    sessions = SimpleNamespace(context=room.hall.context)
    state = SimpleNamespace(database=room.database, clock=room.clock, watching=watching, sessions=sessions, n=0)
    with room.database.transaction() as db:
        consent(db, room.row(db), "given", room.clock.now())
    jobs_watching.follow(state)
    return Followed(room, state)
