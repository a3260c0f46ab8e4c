"""The eyes of check-in: a few observers that take turns, so that a crowd at the door can't use up the machine."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from exam.core.errors import Busy, Invalid, Problem, TooMany
from exam.vision.frames import check_frame
from exam.vision.model import find_model
from exam.vision.observation import Baseline, Observation
from exam.vision.observe import Observer
from exam.vision.pictures import BadPicture

AT_ONCE = 2
"""Pictures looked at at the same time; each takes some milliseconds of a core."""
PATIENCE_SECONDS = 3.0
OFTEN = parse("150 per 1 minute")
"""Pictures of one sitting: a page sends less than one a second, several pages and a phone some more."""


class Sees(Protocol):
    """Looks at a frame; `exam.vision.observe.Observer`, or what a test puts in its place."""

    def observe(self, data: bytes, baseline: Baseline | None = None) -> Observation:
        """The observation of a frame's bytes. Raises `BadPicture`."""


@dataclass
class Eyes:
    """Observers in a pool, made when they are first needed; `app.state.check_in_eyes`."""

    make: Callable[[], Sees]
    free: "queue.LifoQueue[Sees | None]" = field(default_factory=queue.LifoQueue)
    limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))


_making = threading.Lock()


def eyes_of(state: Any) -> Eyes:
    """The app's eyes."""
    with _making:
        found: Eyes | None = getattr(state, "check_in_eyes", None)
        if found is None:
            model = find_model(state.settings.face_model, state.settings.data_dir)
            found = state.check_in_eyes = eyes(lambda: Observer(model))
        return found


def eyes(make: Callable[[], Sees]) -> Eyes:
    """A pool of observers that `make` makes."""
    made = Eyes(make)
    for _ in range(AT_ONCE):
        made.free.put(None)
    return made


def count(state: Any, sitting_id: int, pictures: int = 1) -> None:
    """Count pictures that somebody sends for a sitting, before anything of them is looked at. Raises TooMany."""
    limiter = eyes_of(state).limiter
    if not limiter.hit(OFTEN, str(sitting_id), cost=pictures):
        raise TooMany(10)


def look(state: Any, pictures: Sequence[bytes], baseline: Baseline | None = None) -> list[Observation]:
    """Look at pictures, one after the other, by whichever observer is free.

    Raises Invalid (field "frame") for what is no frame, before any is decoded; Busy when all have their hands full.
    """
    try:
        for data in pictures:
            check_frame(data)
        return _look(eyes_of(state), pictures, baseline)
    except BadPicture as bad:
        raise Invalid([Problem("frame", bad.code, bad.params)]) from None


def _look(found: Eyes, pictures: Sequence[bytes], baseline: Baseline | None) -> list[Observation]:
    try:
        one = found.free.get(timeout=PATIENCE_SECONDS)
    except queue.Empty:
        raise Busy from None
    try:
        one = one or found.make()
        return [one.observe(data, baseline) for data in pictures]
    finally:
        found.free.put(one)
