"""Frames coming in: what one must pass before anything of it is decoded, and what becomes of it.

Everything here runs on the event loop's thread. The order of the questions is the order of their price: what is
remembered first, then the picture's header, then the queue of those who look (`analysis`), then the commit.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from exam.core import i18n
from exam.core.writer import NotSaved, QueueFull
from exam.proctor.incidents import rules as incident_rules
from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import SOURCES
from exam.proctor.watching import lines, service_frames
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.analysis import Looked, Sight
from exam.proctor.watching.lines import Line
from exam.proctor.watching.runtime import Watching
from exam.proctor.watching.standing import Standing
from exam.sessions.instants import micros
from exam.sessions.requests import Note
from exam.vision.advice import advise
from exam.vision.frames import check_frame
from exam.vision.pictures import BadPicture

log = structlog.get_logger()
BUSY_SECONDS = 3


@dataclass(frozen=True)
class Taken:
    """What a frame is answered with: an HTTP status, a JSON body, and the seconds to wait where it comes too soon.

    200 means that the picture and its link in the sitting's log are committed; a number that was there before is 200
    as well, with `known`. `body` has `number` and `advice` (codes whose texts are `advice.<code>`), else `error`.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: int = 0


async def take(
    state: Any,
    sitting_id: int,
    number: int,
    data: bytes,
    taken_ms: int | None,
    source: str,
    *,
    person_id: int | None = None,
) -> Taken:
    """Take a frame (JPEG `data`) of a sitting under its `number`; on the loop's thread.

    `taken_ms`: the page's word of when it was taken (milliseconds since 1970). `source`: "camera" or "phone".
    `person_id`: whoever sends it must be this sitting's candidate; None where that is proved otherwise (a phone's
    link). Never raises for what a candidate can cause. A frame that the server has no room for is noted: it came.
    """
    taken = await _take(state, sitting_id, number, data, taken_ms, source, person_id)
    watching: Watching = state.watching
    if taken.status in intake_rules.OURS and sitting_id in watching.pages:
        watching.held[sitting_id] = micros(watching.clock.now())
    return taken


async def _take(
    state: Any, sitting_id: int, number: int, data: bytes, taken_ms: int | None, source: str, person_id: int | None
) -> Taken:
    watching: Watching = state.watching
    try:
        line = await watching.line(sitting_id)
    except (QueueFull, NotSaved):
        return refused("busy", BUSY_SECONDS)
    standing = line.standing
    if standing is None or (person_id is not None and standing.person_id != person_id):
        return refused("not-found")
    if source not in SOURCES:
        return refused("frame-source")
    code = intake_rules.refuse(
        state=standing.state,
        camera=standing.terms.camera,
        elsewhere=source == "camera" and standing.source != source,
        consented=standing.consented,
        number=number,
        frames=line.numbers.count,
    )
    if code is not None:
        return refused(code)
    if number in line.numbers:
        return Taken(200, {"number": number, "known": True, "advice": []})
    at = micros(watching.clock.now())
    line.bucket, wait = intake_rules.draw(line.bucket, standing.terms.interval_seconds, at)
    if wait or number in line.taking or len(line.taking) >= intake_rules.limit("at-once"):
        return refused("frames-too-fast", max(1, wait))
    try:
        check_frame(data)
    except BadPicture as error:
        return bad(error)
    line.taking.add(number)
    try:
        sight = Sight(data, lines.baseline_for(line, source), sitting_id + number)
        said = {"number": number, "source": source, "taken": taken_ms}
        return await _keep(state, line, standing, sight, at, said)
    finally:
        line.taking.discard(number)


async def _keep(state: Any, line: Line, standing: Standing, sight: Sight, at: int, said: dict[str, Any]) -> Taken:
    """Have a frame looked at, write it down, answer."""
    watching: Watching = state.watching
    try:
        looked = await watching.eyes.submit(sight)
    except QueueFull:
        return refused("busy", BUSY_SECONDS)
    except BadPicture as error:
        return bad(error)
    except OSError:
        log.exception("frames.not-stored")
        return refused("not-saved", BUSY_SECONDS)
    changes: list[Noticed] = []
    if looked.observation is not None:
        changes = lines.step(line, standing, said["number"], at, looked.observation, said["source"])
    code = await _write(
        state, _notes(standing, {**said, "picture": looked.picture, "size": looked.size}, looked, changes, at)
    )
    if code is not None:
        watching.lines.pop(standing.sitting_id, None)  # the track ran ahead of the record: it is made again from it
        if code == "camera-consent-missing":  # whatever else is stored without a row is left to the sweep
            await asyncio.to_thread(service_frames.drop, state.database, state.private, looked.picture)
        return refused(code, BUSY_SECONDS if code in ("busy", "not-saved") else 0)
    line.numbers.add(said["number"])
    advice = list(advise(looked.observation)) if looked.observation is not None else []
    return Taken(200, {"number": said["number"], "advice": advice, "thinned": looked.observation is None})


def _notes(
    standing: Standing, values: dict[str, Any], looked: Looked, changes: Sequence[Noticed], at: int
) -> list[Note]:
    counting = [each for each in changes if incident_rules.way(standing.terms, each.kind) == "incident"]
    going_on = [each for each in counting if each.what == "extended"]
    seen = None if looked.observation is None else looked.observation.to_json(compact=True)
    frame = service_frames.link_of(standing.sitting_id, at, values, seen, going_on)
    told = service_incidents.notes_of(standing.terms, changes, at)
    return [frame, *(replace(each, bar=service_frames.BAR) for each in told)]


async def _write(state: Any, notes: Sequence[Note]) -> str | None:
    """Write a frame's links in one group of the sittings' writer; why not, as a code, or None when it is committed.

    Where it is written the state and the newest answer about the camera are asked once more: a frame that waited to be
    looked at while a consent was taken back, or the sitting ended, is refused.
    """
    writer = state.sessions.writer
    if writer is None:
        return "busy"
    try:
        outcomes = await state.watching.outbox.send(writer, notes)
    except QueueFull:
        return "busy"
    except NotSaved:
        return "not-saved"
    if any(each.status != 200 for each in outcomes):
        state.watching.lines.pop(notes[0].sitting_id, None)
    error = outcomes[0].body.get("error")
    return "frames-enough" if error == "too-many-links" else error


def refused(code: str, retry_after: int = 0) -> Taken:
    """Nothing of a frame was taken."""
    return Taken(intake_rules.STATUS.get(code, 422), {"error": code}, retry_after)


def bad(error: BadPicture) -> Taken:
    """The picture itself is not taken."""
    status = intake_rules.STATUS.get(error.code, 422)
    return Taken(status, {"error": error.code, "params": error.params})


def in_words(taken: Taken, locale: str) -> dict[str, Any]:
    """The body with its texts: `message` of an error, `advice` as {code, text}."""
    body = dict(taken.body)
    if "error" in body:
        params = body.pop("params", {})
        names = [f"{kind}.{body['error']}" for kind in ("problem", "refusal", "error")]
        found = next((name for name in names if i18n.has(name, locale)), names[-1])
        body["message"] = i18n.gettext(found, locale, **params)
    if "advice" in body:
        body["advice"] = [{"code": code, "text": i18n.gettext(f"advice.{code}", locale)} for code in body["advice"]]
    return body
