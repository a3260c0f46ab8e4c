"""What no request asks for in watched sittings: heartbeats written down, pages judged, lost lines and cameras noted."""

import time
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from exam.core.jobs import Job
from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.terms import Terms
from exam.proctor.watching import rules_server as server_rules
from exam.proctor.watching import service as service_watching
from exam.proctor.watching import service_gaps
from exam.proctor.watching.runtime import Watching
from exam.proctor.watching.service import Watched
from exam.sessions import perform
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.requests import Note
from exam.sessions.states import RUNNING, State

FOLLOW, CLOSE, GAPS = "proctor.follow", "proctor.close", "proctor.gaps"
SLICE = 50
"""So many sittings are written in one transaction; then others who wait for the database have their turn."""


def follow(state: Any) -> None:
    """Write down who was heard; judge the pages that were; note lines and cameras that are lost or back.

    A standstill of our own (this job did not run for long, or could not read or write) is nobody's lost line: it is
    reckoned from its end.
    """
    watching: Watching = state.watching
    now = micros(state.clock.now())
    if now - watching.followed > server_rules.after("standstill"):
        watching.settled = now
    heard, watching.heard = watching.heard, {}
    held, watching.held = watching.held, {}
    try:
        _turn(state, heard, held, now)
    except Exception:
        for sitting_id, at in heard.items():  # nothing that was heard is lost; what came since is newer
            watching.heard.setdefault(sitting_id, at)
        for sitting_id, at in held.items():
            watching.held.setdefault(sitting_id, at)
        raise
    watching.followed = now


def _turn(state: Any, heard: dict[int, int], held: dict[int, int], now: int) -> None:
    watching: Watching = state.watching
    if heard or held:
        with state.database.transaction() as db:
            service_watching.write_heard(db, heard)
            if notes := service_watching.write_held(db, held) if held else []:
                perform.perform(db, notes, state.sessions.context)
    with state.database.reading() as db:
        going = service_watching.under_way(db)
        judged = service_watching.read_pages(
            db, [each for each in going if _due(watching, each, heard)], watching.pages
        )
    for each in going:
        if each.state == State.PAUSED:
            watching.pages[each.terms.sitting_id].pass_over(now)
    changed = {each.terms.sitting_id: changes for each, changes in judged}
    due = [each for each in going if changed.get(each.terms.sitting_id) or _server_has_news(watching, each, now)]
    for start in range(0, len(due), SLICE):
        if start:
            time.sleep(0.01)
        some = due[start : start + SLICE]
        try:
            with state.database.transaction() as db:
                _write(db, state, [(each, changed.get(each.terms.sitting_id, [])) for each in some], now)
        except Exception:
            for each in some:  # what was not written is judged anew
                watching.pages.pop(each.terms.sitting_id, None)
            raise
    _forget(watching, going)


def _due(watching: Watching, each: Watched, heard: dict[int, int]) -> bool:
    """Whether its page was heard, by this process or another, or its state has changed."""
    memory = watching.pages.get(each.terms.sitting_id)
    return (
        memory is None
        or each.terms.sitting_id in heard
        or memory.heard != each.heard
        or memory.state != each.state
        or memory.seq < each.seen_seq
    )


def _settled(watching: Watching, each: Watched) -> int:
    known = watching.pages.get(each.terms.sitting_id)
    return max(watching.settled, known.settled if known is not None else 0)


def _server_has_news(watching: Watching, each: Watched, now: int) -> bool:
    settled = _settled(watching, each)
    if each.lost_since is not None:
        return each.heard > each.lost_since
    return server_rules.line_is_lost(max(each.heard, settled), now) or bool(
        service_watching.camera_changes(each, settled)
    )


def _write(db: Session, state: Any, due: Sequence[tuple[Watched, list[Noticed]]], now: int) -> None:
    watching: Watching = state.watching
    notes: list[Note] = []
    seen: dict[int, int] = {}
    for each, changes in due:
        settled = _settled(watching, each)
        told = [*changes, *service_watching.camera_changes(each, settled)]
        notes += service_incidents.notes_of(each.terms, told, now)
        notes += service_watching.line_notes(db, each, settled, now)
        service_incidents.extend(db, each.terms, changes, now)
        if each.terms.sitting_id in watching.pages:
            seen[each.terms.sitting_id] = watching.pages[each.terms.sitting_id].seq
    service_watching.mark_seen(db, seen)
    if notes:
        perform.perform(db, notes, state.sessions.context)


def _forget(watching: Watching, going: Sequence[Watched]) -> None:
    """Forget the pages of sittings that are over."""
    ids = {each.terms.sitting_id for each in going}
    for sitting_id in [n for n in watching.pages if n not in ids]:
        del watching.pages[sitting_id]


def close(state: Any) -> None:
    """Stretches still open in sittings that are over end with them."""
    with state.database.reading() as db:
        ended = service_watching.ended_with_open(db)
    for sitting_id, terms, at in ended:
        with state.database.transaction() as db:
            changes = service_incidents.close_all(db, sitting_id, at)
            notes = service_incidents.closing_notes(terms, changes, micros(state.clock.now()))
            perform.perform(db, notes, state.sessions.context)


def gaps(state: Any) -> None:
    """Numbers of frames that are missing for good: so long after the next one came, nothing is on its way any more."""
    watching: Watching = state.watching
    now = micros(state.clock.now())
    for line in list(watching.lines.values()):
        if line.standing is None:
            continue
        line.marks.append((line.numbers.newest, now))
        settled = 0
        while line.marks and now - line.marks[0][1] >= server_rules.after("missing-after"):
            settled = line.marks.pop(0)[0]
        if settled <= line.checked:
            continue
        found = server_rules.missing(line.numbers, line.checked, settled)
        line.checked = settled
        if found:
            _tell_missing(state, line.standing.terms, found, now)


def _tell_missing(state: Any, terms: Terms, found: Sequence[tuple[int, int]], now: int) -> None:
    """Of a sitting that is over nothing more is told here: its end has done so (`review.service_settling`)."""
    with state.database.transaction() as db:
        if db.get_one(Sitting, terms.sitting_id).state not in RUNNING:
            return
        for first, last in found:
            if notes := service_gaps.notes_of(db, terms, first, last, now):
                perform.perform(db, notes, state.sessions.context)


jobs: tuple[Job, ...] = (
    Job(FOLLOW, 3.0, follow),
    Job(CLOSE, 10.0, close),
    Job(GAPS, 60.0, gaps),
)
