"""Reads for the pages of sittings: the candidate's own, and the lists that proctors and the exam office watch."""

from typing import Any

import orjson
from sqlalchemy import func
from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.accounts.models import Person
from exam.core import web
from exam.core.errors import NotFound
from exam.scheduling import service as scheduling
from exam.scheduling.models import Exam
from exam.scheduling.view import end_text, is_practice
from exam.sessions import queries_guard, rules, service, signals
from exam.sessions.instants import SECOND, instant, micros
from exam.sessions.models import Sitting, SittingEvent
from exam.sessions.paper import kinds
from exam.sessions.plan import plan
from exam.sessions.states import RUNNING, Event, State


def own_sitting(db: Session, sitting_id: int, person_id: int) -> Sitting:
    """A candidate's own sitting. Raises NotFound for anybody else's."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.person_id != person_id:
        raise NotFound
    return sitting


def newest_of_exam(db: Session, exam_id: int, person_id: int) -> int | None:
    """A person's sitting of an exam: one that waits or is under way, else the newest; None where there is none."""
    going = col(Sitting.state).in_((State.PREPARED, *RUNNING))
    query = select(Sitting.id).where(Sitting.exam_id == exam_id, Sitting.person_id == person_id)
    return db.exec(query.order_by(going.desc(), col(Sitting.id).desc())).first()


def newest_revisions(db: Session, sitting_id: int) -> dict[int, int]:
    """The highest revision of each slot."""
    query = (
        select(SittingEvent.slot, func.max(SittingEvent.revision))
        .where(SittingEvent.sitting_id == sitting_id, col(SittingEvent.slot).is_not(None))
        .group_by(col(SittingEvent.slot))
    )
    return {slot: revision for slot, revision in db.exec(query) if slot is not None and revision is not None}


def start_context(db: Session, request: Request, sitting: Sitting) -> dict[str, Any]:
    """What `sessions/start.html` gets."""
    now = web.now(request)
    terms = scheduling.terms(db, sitting.booking_id)
    paper = plan(db, sitting.paper_id)
    closes = None if terms.window_closes is None else micros(terms.window_closes)
    full = terms.duration_seconds + terms.extra_seconds
    ends = rules.deadline(micros(now), terms.duration_seconds, terms.extra_seconds, closes)
    left = max(0, (ends - micros(now)) // SECOND)
    person = db.get_one(Person, sitting.person_id)
    steps = [step for asked in signals.steps for step in asked(db, request, sitting, now)]
    return {
        "sitting": sitting,
        "exam": terms.exam,
        "candidate": person.name,
        "chance": terms.booking.chance,
        "practice": is_practice(terms.exam),
        "count": len(paper.lines),
        "total_marks": paper.total_marks,
        "kinds": kinds(paper),
        "minutes": full // 60,
        "extra_minutes": terms.extra_seconds // 60,
        "window_closes": end_text(terms.window_closes),
        "deadline": instant(ends),
        "minutes_if_now": left // 60,
        "cut_short": left < full,
        "late_grace_seconds": terms.late_grace_seconds,
        "refusal": scheduling.may_start(db, sitting.booking_id, now),
        "steps": steps,
        "seb": queries_guard.start(db, request, sitting),
        "ready": all(step.state in ("done", "note") for step in steps),
        "start_url": str(request.app.url_path_for("start_sitting", sitting_id=sitting.id)),
    }


def submitted_context(db: Session, request: Request, sitting: Sitting) -> dict[str, Any]:
    """What `sessions/submitted.html` gets."""
    paper = plan(db, sitting.paper_id)
    found = service.answers(db, sitting.id or 0)
    return {
        "sitting": sitting,
        "exam": db.get_one(Exam, sitting.exam_id),
        "count": len(paper.lines),
        "answered": sum(answer.response is not None for answer in found.values()),
        "receipts_url": str(request.app.url_path_for("sitting_receipts", sitting_id=sitting.id)),
        "result_url": str(request.app.url_path_for("result", sitting_id=sitting.id)),
        "void_reason": _void_reason(db, sitting),
        "end_reason": _end_reason(db, sitting),
        "quit_url": queries_guard.quit_url(db, sitting.exam_id),
        "log_hash": service.log_hash(db, sitting.id or 0),
        "parts": [part for asked in signals.over_parts if (part := asked(db, sitting, web.now(request))) is not None],
    }


def _end_reason(db: Session, sitting: Sitting) -> str:
    newest = service.newest_links(db, sitting.id or 0, Event.SUBMIT, 1)
    return str(newest[0].get("reason", "")) if newest else ""


def paused_context(db: Session, request: Request, sitting: Sitting) -> dict[str, Any]:
    """What `sessions/paused.html` gets."""
    newest = service.newest_links(db, sitting.id or 0, Event.PAUSE, 1)
    deadline, since = sitting.deadline, sitting.paused_at
    return {
        "sitting": sitting,
        "exam": db.get_one(Exam, sitting.exam_id),
        "reason": newest[0].get("reason", "") if newest else "",
        "minutes_left": int((deadline - since).total_seconds() // 60) if deadline and since else None,
    }


def _void_reason(db: Session, sitting: Sitting) -> str | None:
    body = db.exec(
        select(SittingEvent.body).where(SittingEvent.sitting_id == sitting.id, SittingEvent.kind == Event.VOID)
    ).first()
    return None if body is None else orjson.loads(body).get("reason")
