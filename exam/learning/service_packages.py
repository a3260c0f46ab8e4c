"""What packages report: kept for each launch of a run, each message once, and when a package is completed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courseware.models import CourseChapter
from exam.courseware.packages import Launch, cmi
from exam.learning.loading import COMPLETED
from exam.learning.models import LearningRun, PackageState
from exam.learning.states import OPEN

DONE = ("passed", "completed")
MOST_CHANGES = 2000
MOST_PAGES = 40
MOST_NAME, MOST_VALUE = 255, 70_000


def launch_of(chapter: CourseChapter, identifier: str) -> Launch:
    """A launch of a package by its identifier. Raises NotFound."""
    for stored in chapter.package.get("launches", ()):
        if stored["identifier"] == identifier:
            mastery = stored.get("mastery")
            return Launch(**{**stored, "mastery": Decimal(mastery) if mastery not in (None, "") else None})
    raise NotFound(f"launch {identifier[:40]}")


def state_of(db: Session, run: LearningRun, chapter: CourseChapter, launch: Launch, now: datetime) -> PackageState:
    """What a launch remembers of a run; new where there is nothing yet."""
    found = db.get(PackageState, (run.id, chapter.id, launch.identifier), with_for_update=True, populate_existing=True)
    return found or PackageState(run_id=run.id or 0, chapter_id=chapter.id or 0, launch=launch.identifier, saved_at=now)


def begin(db: Session, run: LearningRun, chapter: CourseChapter, identifier: str, now: datetime) -> bool:
    """A launch is opened anew; returns whether the chapter's package is completed by that: a page that reports nothing
    is, once it was opened."""
    launch = launch_of(chapter, identifier)
    state = state_of(db, run, chapter, launch, now)
    state.values = cmi.begin(state.values)
    if launch.kind == "asset":
        state.outcome = COMPLETED
    state.saved_at = now
    db.add(state)
    db.flush()
    return completed(db, run, chapter)


def take(
    db: Session, run: LearningRun, chapter: CourseChapter, message: Mapping[str, Any], now: datetime
) -> tuple[bool, int]:
    """Take a message of a page, once; returns whether the package is completed, and how many changes were not taken.

    Raises Invalid for what is no such message, Refused once the run is over.
    """
    if run.state not in OPEN:
        raise Refused(Refusal(f"run-{run.state}"))
    identifier, page, number, changes, finished = _read(message)
    launch = launch_of(chapter, identifier)
    state = state_of(db, run, chapter, launch, now)
    if number <= state.seen.get(page, -1):
        return completed(db, run, chapter), 0
    values, rejected = cmi.accept(state.values, changes, finished)
    state.values = values
    state.seen = dict([*state.seen.items(), (page, number)][-MOST_PAGES:])
    if cmi.outcome(values, launch.mastery) in DONE:
        state.outcome = COMPLETED
    state.saved_at = now
    db.add(state)
    db.flush()
    return completed(db, run, chapter), len(rejected)


def _read(message: Mapping[str, Any]) -> tuple[str, str, int, Sequence[tuple[str, str]], bool]:
    identifier, page, number = message.get("launch"), message.get("page"), message.get("number")
    changes = message.get("changes")
    if type(identifier) is not str or type(page) is not str or type(number) is not int or type(changes) is not list:
        raise Invalid([Problem("", "malformed")])
    pairs = []
    for change in changes[:MOST_CHANGES]:
        if type(change) is not list or len(change) != 2 or any(type(part) is not str for part in change):
            raise Invalid([Problem("changes", "malformed")])
        if len(change[0]) > MOST_NAME or len(change[1]) > MOST_VALUE:
            raise Invalid([Problem("changes", "malformed")])
        pairs.append((change[0], change[1]))
    return identifier, page[:80], number, pairs, message.get("finished") is True


def completed(db: Session, run: LearningRun, chapter: CourseChapter) -> bool:
    """Whether every launch of a package is completed in a run."""
    query = select(PackageState).where(PackageState.run_id == run.id, PackageState.chapter_id == chapter.id)
    done = {state.launch for state in db.exec(query) if state.outcome == COMPLETED}
    return all(launch["identifier"] in done for launch in chapter.package.get("launches", ()))
