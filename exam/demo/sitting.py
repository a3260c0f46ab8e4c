"""A simulated sitting, through the same answer path that a browser's requests take, at the instants they would have."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from exam.core.clock import FrozenClock
from exam.demo.answers import response
from exam.demo.world import World
from exam.grading import service as grading
from exam.sessions import service as sessions
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.perform import Context, perform
from exam.sessions.requests import Claim, Request, Start, Submit, Sync

PREPARED_BEFORE = timedelta(minutes=20)
CHANGES_MIND = 0.06
GRADED_AFTER = timedelta(seconds=2)


def begin(world: World, booking_id: int, at: datetime) -> Sitting:
    """Prepare the sitting of a booking and start it. Raises RuntimeError when the rules don't let it."""
    sitting = sessions.prepare(world.db, booking_id, at - PREPARED_BEFORE)
    found, who = sitting.id or 0, sitting.person_id
    perform_all(world, [Start(found, who, micros(at)), Claim(found, who, micros(at) + 400_000, "", "zh")], at)
    return sitting


def answer(world: World, sitting: Sitting, skill: float, until: datetime, seconds: float) -> None:
    """Everything that is answered before `until` by somebody who would need `seconds` for the whole paper."""
    perform_all(world, list(_answers(world, sitting, skill, until, seconds)), until)


def _answers(world: World, sitting: Sitting, skill: float, until: datetime, seconds: float) -> Iterator[Request]:
    paper = sessions.slots(world.db, sitting)
    dice = random.Random(f"{sitting.person_id}:{sitting.exam_id}:pace")  # noqa: S311 - a story, not a secret
    weights = [0.4 + dice.random() for _ in paper]
    spent, began = 0.0, sitting.started_at
    assert began is not None
    for place, slot in enumerate(paper):
        spent += weights[place] / sum(weights) * seconds * 0.97
        at = began + timedelta(seconds=spent)
        if at >= until:
            return
        own = random.Random(f"{sitting.person_id}:{sitting.exam_id}:{slot.item_id}")  # noqa: S311
        first, final = own.random() < CHANGES_MIND, response(slot.kind, slot.content, skill, own)
        if first:
            early = response(slot.kind, slot.content, skill / 2, own)
            yield _saving(sitting, at - timedelta(seconds=2), slot.slot, 1, early)
        if first or final is not None:
            yield _saving(sitting, at, slot.slot, 2 if first else 1, final)


def _saving(sitting: Sitting, at: datetime, slot: int, revision: int, said: Any) -> Sync:
    answers = [{"slot": slot, "revision": revision, "response": said}]
    return Sync(sitting.id or 0, sitting.person_id, micros(at), 1, answers, [], "zh")


def hand_in(world: World, sitting: Sitting, at: datetime) -> None:
    """Submit and grade."""
    perform_all(world, [Submit(sitting.id or 0, sitting.person_id, micros(at), 1, [], [], "zh")], at)
    grading.grade_sittings(world.db, [sitting.id or 0], at + GRADED_AFTER)


def end_by_deadline(world: World, sitting: Sitting, at: datetime) -> None:
    """What the server does when the time is over: submit what was acknowledged, and grade it."""
    if not sessions.submit_if_due(world.db, sitting.id or 0, at):
        raise RuntimeError(f"sitting {sitting.id} is not over at {at.isoformat()}")
    grading.grade_sittings(world.db, [sitting.id or 0], at + GRADED_AFTER)


def perform_all(world: World, requests: Sequence[Request], at: datetime) -> None:
    """Have requests performed as a server would at an instant. Raises RuntimeError for what the rules refuse."""
    if not requests:
        return
    outcomes = perform(world.db, requests, Context(world.keys, {}, FrozenClock(at), _no_page))
    world.db.flush()
    world.db.expire_all()
    for outcome in outcomes:
        refused = [saved for saved in outcome.body.get("accepted", ()) if saved["status"] == "refused"]
        if outcome.status != 200 or refused:
            raise RuntimeError(f"the story's own rules don't allow this: {outcome.refusal or outcome.body}")


def _no_page(_person_id: int, _institution_id: int, _now: datetime) -> str:
    """The token for signing in again in place, which a page would get: here is no page."""
    return ""
