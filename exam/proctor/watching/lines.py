"""What a process remembers of each sitting whose frames come to it: how it stands, its numbers, its track."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from exam.proctor.camera import rules as camera_rules
from exam.proctor.camera.rules import Seen, Track
from exam.proctor.camera.table import REMEMBERED
from exam.proctor.camera.votes import reliable
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import Frame
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.rules_intake import Bucket, Numbers
from exam.proctor.watching.standing import Standing, frame_numbers, standings
from exam.sessions.instants import SECOND
from exam.vision.observation import Baseline, Observation, baseline_from_json, from_json
from exam.vision.observe import baseline_of

TTL = 2.0
"""Seconds for which a sitting's state, terms and consent are believed: a consent withdrawn counts after that."""
KEPT, IDLE_SECONDS = 4000, 900.0
FIRST_CLEAR = 5


@dataclass(frozen=True)
class Ask:
    """Asks how a sitting stands; `whole`: with its numbers and last frames, the first time."""

    sitting_id: int
    whole: bool


@dataclass(frozen=True)
class Found:
    """What was read; `standing` is None for a sitting that is not watched."""

    standing: Standing | None
    numbers: Sequence[int] = ()
    last: Sequence[tuple[int, int, dict[str, Any]]] = ()


@dataclass
class Line:
    """A sitting's frames as this process knows them. `taking`: those that are being taken in just now; `marks`: the
    newest number at instants past, `checked` the number up to which missing ones were told. `source`: the camera whose
    frames `track`, `baseline` and `clear` are of."""

    standing: Standing | None
    until: float
    bucket: Bucket
    numbers: Numbers = field(default_factory=Numbers)
    taking: set[int] = field(default_factory=set)
    track: Track = field(default_factory=Track)
    baseline: Baseline | None = None
    clear: list[Observation] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    checked: int = 0
    used: float = 0.0
    source: str = "camera"


def look_up(db: Session, asked: Sequence[Ask]) -> list[Found]:
    """How these sittings stand; asked for many at once."""
    known = standings(db, [each.sitting_id for each in asked])
    found = []
    for each in asked:
        standing = known.get(each.sitting_id)
        if standing is None or not each.whole:
            found.append(Found(standing))
            continue
        last = _last(db, each.sitting_id, standing.source)
        found.append(Found(standing, frame_numbers(db, each.sitting_id), last))
    return found


def _last(db: Session, sitting_id: int, source: str) -> list[tuple[int, int, dict[str, Any]]]:
    query = (
        select(Frame.number, Frame.at, Frame.observation)
        .where(Frame.sitting_id == sitting_id, Frame.source == source, col(Frame.observation).is_not(None))
        .order_by(col(Frame.number).desc())
        .limit(REMEMBERED)
    )
    return [(number, at, seen) for number, at, seen in reversed(db.exec(query).all()) if seen is not None]


def make(found: Found, now: int) -> Line:
    """The line of a sitting that comes for the first time; its track is made again from its last frames."""
    line = Line(found.standing, time.monotonic() + TTL, intake_rules.full(now))
    for number in found.numbers:
        line.numbers.add(number)
    if found.standing is None:
        return line
    line.source = found.standing.source
    for number, at, seen in found.last:
        line.track, _ = camera_rules.step(line.track, _seen(found.standing, number, at, from_json(seen)))
    if found.standing.baseline is not None:
        line.baseline = baseline_from_json(found.standing.baseline)
    return line


def renew(line: Line, found: Found) -> None:
    """What was read anew of a sitting that is known."""
    line.standing, line.until = found.standing, time.monotonic() + TTL


def put_away(lines: dict[int, Line]) -> None:
    """Forget whom nothing was heard of for long, or everybody who is not in the middle of something."""
    if len(lines) <= KEPT:
        return
    oldest = time.monotonic() - IDLE_SECONDS
    for sitting_id in [n for n, line in lines.items() if line.used < oldest and not line.taking]:
        del lines[sitting_id]
    if len(lines) > KEPT:
        for sitting_id in [n for n, line in lines.items() if not line.taking][: len(lines) - KEPT]:
            del lines[sitting_id]


def baseline_for(line: Line, source: str) -> Baseline | None:
    """What a frame of this camera is held against: another one stands elsewhere, and sees the same face turned."""
    return line.baseline if source == line.source else None


def step(
    line: Line, standing: Standing, number: int, at: int, observation: Observation, source: str = "camera"
) -> list[Noticed]:
    """Take a frame of a camera (`source`) that was looked at into its sitting's track; what changed.

    Paused sittings are not judged: what is open is closed. Without a check-in the first clear frames are what later
    ones are held against; so it is with another camera, before which nothing goes on that the first one saw.
    """
    if source != line.source:
        return _turn_to(line, source) + step(line, standing, number, at, observation, source)
    if standing.state == "paused":
        line.track, changes = camera_rules.end(line.track)
        return [noticed(each) for each in changes]
    if line.baseline is None:
        line.clear = [*line.clear, observation][-FIRST_CLEAR:] if _clear(observation) else line.clear
        line.baseline = baseline_of(line.clear) if len(line.clear) >= FIRST_CLEAR else None
    line.track, changes = camera_rules.step(line.track, _seen(standing, number, at, observation))
    return [noticed(each) for each in changes]


def _turn_to(line: Line, source: str) -> list[Noticed]:
    _, changes = camera_rules.end(line.track)
    line.track, line.baseline, line.clear, line.source = Track(), None, [], source
    return [noticed(each) for each in changes]


def _clear(observation: Observation) -> bool:
    return observation.faces == "one" and observation.likeness is not None and reliable(observation)


def _seen(standing: Standing, number: int, at: int, observation: Observation) -> Seen:
    return Seen(number, at, observation, float(standing.terms.interval_seconds))


def noticed(change: camera_rules.Change) -> Noticed:
    """A change of the camera's rules in the words that all origins share."""
    stretch = change.stretch
    faces = {"faces": round(stretch.scores["count"][1])} if "count" in stretch.scores else {}
    scores: Mapping[str, Any] = {name: list(span) for name, span in stretch.scores.items()}
    return Noticed(
        what=change.what,
        kind=stretch.kind,
        origin="camera",
        began=stretch.began,
        ended=stretch.ended,
        first=stretch.first,
        last=stretch.last,
        reason={"hits": stretch.hits, "of": stretch.of, "seconds": (stretch.ended - stretch.began) // SECOND, **faces},
        scores=scores,
        detector=stretch.detector,
    )
