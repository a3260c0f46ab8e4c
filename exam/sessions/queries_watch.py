"""Reads for the lists that proctors and the exam office watch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func
from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import NotFound
from exam.itembank.models import PaperItem
from exam.scheduling.models import Exam
from exam.scheduling.view import end_text, exam_title
from exam.sessions import queries_guard, queries_log, service, service_adjust
from exam.sessions.instants import instant, micros
from exam.sessions.models import SITTING_STATES, Adjustment, Sitting, SittingEvent
from exam.sessions.states import RUNNING


@dataclass(frozen=True, slots=True)
class Watched:
    """A row of the watch list."""

    id: int
    candidate: str
    exam_id: int
    exam_title: str
    state: str
    started_at: datetime | None
    deadline: datetime | None
    remaining_seconds: int | None
    last_saved_at: datetime | None
    answered: int
    count: int
    claim: int
    added_seconds: int
    submitted_by: str | None
    locked: bool = False
    """Waits for a supervisor, for want of Safe Exam Browser."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to."""

    exam: int | None
    state: str
    q: str
    after: int = 0
    only: int | None = None
    past: bool = False
    """Whether `after` lies behind the sittings under way, which come first."""

    def query(self) -> str:
        """The query string that narrows a list to this; "" or one that begins with a question mark."""
        parts = {"exam": self.exam, "state": self.state, "q": self.q, "after": self.after, "only": self.only}
        parts["past"] = int(self.past)
        given = {name: value for name, value in parts.items() if value}
        return f"?{urlencode(given)}" if given else ""


def read_filter(request: Request) -> Filter:
    """The filter of a query string (or of an exam's own address); what makes no sense is passed over."""
    given = request.query_params

    def number(name: str) -> int:
        text = given.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0

    state = given.get("state", "")
    return Filter(
        number("exam") or request.path_params.get("exam_id"),
        state if state in SITTING_STATES else "",
        given.get("q", "").strip()[:100],
        number("after"),
        number("only") or None,
        bool(number("past")),
    )


def watched(db: Session, institution_id: int, chosen: Filter, now: datetime, limit: int) -> list[Watched]:
    """Sittings of an institution: those under way, then the others, each newest first."""
    if chosen.state or chosen.only:
        return _rows(db, _found(db, institution_id, chosen, limit), now)
    running, others = col(Sitting.state).in_(RUNNING), col(Sitting.state).not_in(RUNNING)
    found = [] if chosen.past else _found(db, institution_id, chosen, limit, running)
    if len(found) < limit:
        rest = chosen if chosen.past else replace(chosen, after=0)
        found += _found(db, institution_id, rest, limit - len(found), others)
    return _rows(db, found, now)


def _found(db: Session, institution_id: int, chosen: Filter, limit: int, *more: Any) -> list[tuple[Sitting, str, Exam]]:
    query = (
        select(Sitting, Person.name, Exam)
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(Sitting.institution_id == institution_id, *more)
        .order_by(col(Sitting.id).desc())
        .limit(limit)
    )
    if chosen.exam:
        query = query.where(Sitting.exam_id == chosen.exam)
    if chosen.state:
        query = query.where(Sitting.state == chosen.state)
    if chosen.q:
        query = query.where(col(Person.name).contains(chosen.q, autoescape=True))
    if chosen.only:
        query = query.where(Sitting.id == chosen.only)
    if chosen.after:
        query = query.where(col(Sitting.id) < chosen.after)
    return list(db.exec(query))


def _rows(db: Session, found: Sequence[tuple[Sitting, str, Exam]], now: datetime) -> list[Watched]:
    ids = [sitting.id or 0 for sitting, _, _ in found]
    saved = _last_saved(db, ids)
    answered = _answered(db, ids)
    locked = queries_guard.locked(db, ids)
    counts = _counts(db, {sitting.paper_id for sitting, _, _ in found})
    given = select(Adjustment.sitting_id, func.sum(Adjustment.seconds)).where(col(Adjustment.sitting_id).in_(ids))
    added = dict(db.exec(given.group_by(col(Adjustment.sitting_id))).all())
    rows = []
    for sitting, name, exam in found:
        sitting_id = sitting.id or 0
        left = None
        if sitting.state in RUNNING and sitting.deadline is not None:
            left = max(0, int((sitting.deadline - (sitting.paused_at or now)).total_seconds()))
        rows.append(
            Watched(
                id=sitting_id,
                candidate=name,
                exam_id=sitting.exam_id,
                exam_title=exam_title(exam),
                state=sitting.state,
                started_at=sitting.started_at,
                deadline=sitting.deadline,
                remaining_seconds=left,
                last_saved_at=saved.get(sitting_id),
                answered=answered.get(sitting_id, 0),
                count=counts.get(sitting.paper_id, 0),
                claim=sitting.claim,
                added_seconds=int(added.get(sitting_id, 0)),
                submitted_by=sitting.submitted_by,
                locked=sitting_id in locked,
            )
        )
    return rows


def _last_saved(db: Session, ids: list[int]) -> dict[int, datetime]:
    query = select(SittingEvent.sitting_id, func.max(SittingEvent.at)).where(
        col(SittingEvent.sitting_id).in_(ids), col(SittingEvent.slot).is_not(None)
    )
    return {each: instant(at) for each, at in db.exec(query.group_by(col(SittingEvent.sitting_id))) if at}


def _answered(db: Session, ids: list[int]) -> dict[int, int]:
    newest = (
        select(SittingEvent.sitting_id, SittingEvent.slot, func.max(SittingEvent.revision).label("revision"))
        .where(col(SittingEvent.sitting_id).in_(ids), col(SittingEvent.slot) > 0)
        .group_by(col(SittingEvent.sitting_id), col(SittingEvent.slot))
        .subquery()
    )
    query = (
        select(SittingEvent.sitting_id, func.count())
        .join(
            newest,
            (newest.c.sitting_id == col(SittingEvent.sitting_id))
            & (newest.c.slot == col(SittingEvent.slot))
            & (newest.c.revision == col(SittingEvent.revision)),
        )
        .where(SittingEvent.body != "null")
        .group_by(col(SittingEvent.sitting_id))
    )
    return dict(db.exec(query).all())


def _counts(db: Session, paper_ids: set[int]) -> dict[int, int]:
    query = select(PaperItem.paper_id, func.count()).where(col(PaperItem.paper_id).in_(paper_ids))
    return dict(db.exec(query.group_by(col(PaperItem.paper_id))).all())


def totals(db: Session, institution_id: int, exam_id: int | None) -> dict[str, int]:
    """How many sittings are in each state."""
    query = select(Sitting.state, func.count()).where(Sitting.institution_id == institution_id)
    if exam_id:
        query = query.where(Sitting.exam_id == exam_id)
    found = dict(db.exec(query.group_by(col(Sitting.state))).all())
    return {state: found.get(state, 0) for state in SITTING_STATES}


def watch_context(db: Session, request: Request, who: Caller, limit: int) -> dict[str, Any]:
    """What `sessions/sittings.html` gets."""
    chosen, now = read_filter(request), web.now(request)
    rows = watched(db, who.institution_id, chosen, now, limit)
    exams = db.exec(select(Exam).where(Exam.institution_id == who.institution_id).order_by(Exam.title, Exam.code))
    known = {each.id or 0: f"{each.code} {exam_title(each)}" for each in exams}
    may_adjust, address = who.can(Permission.SITTING_ADJUST), request.app.url_path_for
    past = bool(rows) and rows[-1].state not in RUNNING and not chosen.state

    def list_url(**other: Any) -> str:
        narrowed = replace(chosen, **{"past": past and bool(other.get("after")), **other})
        return f"{address('sittings')}{narrowed.query()}"

    return {
        "rows": rows,
        "exams": list(known.items()),
        "chosen": chosen,
        "totals": totals(db, who.institution_id, chosen.exam),
        "more": rows[-1].id if len(rows) == limit else None,
        "live_url": f"{address('sittings_live')}{chosen.query()}",
        "list_url": list_url,
        "may_adjust": may_adjust,
        "all_url": address("exam_extra_time", exam_id=chosen.exam) if may_adjust and chosen.exam in known else None,
        "most_minutes": service_adjust.MOST_MINUTES,
        "states": SITTING_STATES,
        "server_time": micros(now) // 1000,
    }


def live_rows(db: Session, request: Request, who: Caller, limit: int) -> dict[str, Any]:
    """The same list for polling."""
    chosen, now = read_filter(request), web.now(request)
    return {
        "server_time": micros(now) // 1000,
        "totals": totals(db, who.institution_id, chosen.exam),
        "rows": [
            {
                "id": row.id,
                "state": row.state,
                "locked": row.locked,
                "started_at": None if row.started_at is None else micros(row.started_at) // 1000,
                "remaining_seconds": row.remaining_seconds,
                "last_saved_at": None if row.last_saved_at is None else micros(row.last_saved_at) // 1000,
                "answered": row.answered,
                "count": row.count,
                "claim": row.claim,
                "added_seconds": row.added_seconds,
                "deadline": None if row.deadline is None else micros(row.deadline) // 1000,
            }
            for row in watched(db, who.institution_id, chosen, now, limit)
        ],
    }


def watch_one(db: Session, request: Request, who: Caller, sitting_id: int) -> dict[str, Any]:
    """What `sessions/sitting_watch.html` gets. Raises NotFound for another institution's."""
    query = (
        select(Sitting, Person.name, Exam)
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(Sitting.id == sitting_id, Sitting.institution_id == who.institution_id)
    )
    found = list(db.exec(query))
    if not found:
        raise NotFound
    may_adjust, address = who.can(Permission.SITTING_ADJUST), request.app.url_path_for
    now = web.now(request)
    events, older = queries_log.happenings(db, sitting_id)
    return {
        "row": _rows(db, found, now)[0],
        "end_text": end_text,
        "sitting": found[0][0],
        "adjustments": queries_log.adjustments(db, sitting_id),
        "events": events,
        "older": older,
        "counts": queries_log.counts(db, sitting_id),
        "seb": queries_guard.watch(db, who, found[0][0]),
        "chain_problem": service.check_log(db, sitting_id),
        "may_adjust": may_adjust,
        "extra_url": address("sitting_extra_time", sitting_id=sitting_id) if may_adjust else None,
        "void_url": address("void_sitting", sitting_id=sitting_id) if may_adjust else None,
        "most_minutes": service_adjust.MOST_MINUTES,
        "live_url": f"{address('sittings_live')}?only={sitting_id}",
        "server_time": micros(now) // 1000,
    }
