"""Reads of one watched sitting for whoever watches: its timeline, its pictures, its incidents, what was said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.core import web
from exam.proctor import terms
from exam.proctor.incidents import words as incident_words
from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import CandidateComment, Incident, IncidentDecision
from exam.proctor.wall import deeds, timeline
from exam.proctor.wall import service as service_wall
from exam.proctor.wall import view as wall_view
from exam.proctor.wall.deeds import Deed
from exam.proctor.wall.timeline import Item
from exam.scheduling.models import Exam
from exam.scheduling.view import exam_title
from exam.sessions import queries_guard, queries_log
from exam.sessions.instants import instant, micros
from exam.sessions.models import Sitting, SittingEvent, SittingMessage
from exam.sessions.service_adjust import managed
from exam.sessions.states import RUNNING

__all__ = ["deed_page", "frame_asked", "managed", "page", "strip"]
STRIP = 9
MOST_LINKS = 20_000
MOST_FRAMES = 20_000
_LINKS = (*timeline.PAIRS, *(ending for _, ending in timeline.PAIRS.values()), *timeline.POINTS)


@dataclass(frozen=True)
class Shown:
    """An incident as the page shows it: its row, its words, what was decided (newest last)."""

    row: Incident
    words: incident_words.Words
    meaning: str
    decisions: list[tuple[IncidentDecision, str]]


def frame_asked(request: Request, name: str) -> int | None:
    """The frame that a query string names."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text[:10]) <= web.MAX_ID else None


def strip(db: Session, sitting_id: int, around: int | None) -> dict[str, Any]:
    """`STRIP` frames round one (or the newest) as JSON: `number`, `at` (ms), `faces` ("none", "one", "several",
    "unknown" where it can't be told, "" where nobody looked yet), `thinned`, `shown` (whether its picture still is);
    `newest`: the newest number, or None.
    """
    mine = select(Frame).where(Frame.sitting_id == sitting_id)
    newest = db.exec(mine.order_by(col(Frame.number).desc()).limit(1)).first()
    if newest is None:
        return {"frames": [], "newest": None}
    middle = newest.number if around is None else around
    before = list(db.exec(mine.where(Frame.number <= middle).order_by(col(Frame.number).desc()).limit(STRIP)))
    after = list(db.exec(mine.where(Frame.number > middle).order_by(col(Frame.number)).limit(STRIP)))
    half = STRIP // 2
    right = after[: max(half, STRIP - len(before))]
    left = before[: STRIP - min(len(right), half)] if len(right) >= half else before[: STRIP - len(right)]
    frames = sorted([*left, *right], key=lambda frame: frame.number)[-STRIP:]
    erased = _erased(db, sitting_id)
    return {"frames": [_frame(frame, erased) for frame in frames], "newest": newest.number}


def _erased(db: Session, sitting_id: int) -> bool:
    row = db.get(Proctored, sitting_id)
    return row is not None and row.erased_at is not None


def _frame(frame: Frame, erased: bool) -> dict[str, Any]:
    seen = frame.observation or {}
    return {
        "number": frame.number,
        "at": frame.at // 1000,
        "faces": str(seen.get("faces", "")),
        "thinned": frame.thinned,
        "shown": not (frame.erased or erased),
    }


def page(db: Session, request: Request, who: Caller, sitting_id: int) -> dict[str, Any]:
    """What `proctor/sitting.html` gets. Raises NotFound for another institution's."""
    sitting, now = managed(db, who, sitting_id), web.now(request)
    row = db.get(Proctored, sitting_id)
    held = None if row is None else terms.terms_of(row)
    exam, person = db.get_one(Exam, sitting.exam_id), db.get_one(Person, sitting.person_id)
    incidents = _incidents(db, sitting_id)
    frame = frame_asked(request, "frame")
    items = _items(db, sitting_id, [each.row for each in incidents], 5 if held is None else held.interval_seconds)
    begins, ends = _limits(sitting, items, now)
    asked = timeline.draw(items, begins, ends)
    return {
        "sitting": sitting,
        "candidate": person.name,
        "exam_name": exam_title(exam),
        "proctored": row,
        "terms": held,
        "offered": deeds.offered(sitting.state, taken_back=service_wall.can_take_back(db, sitting, now)),
        "all_deeds": deeds.DEEDS,
        "incidents": incidents,
        "picture": asked if sitting.started_at else None,
        "lanes": timeline.LANES,
        "lane_height": timeline.LANE_HEIGHT,
        "sums": timeline.sums(items, micros(now)),
        "items": [item for item in items if item.lane not in ("answers", "frames")][-200:],
        "strip": strip(db, sitting_id, frame),
        "frame": frame,
        "messages": _messages(db, sitting_id),
        "comments": _comments(db, sitting_id),
        "adjustments": queries_log.adjustments(db, sitting_id),
        "locked": sitting_id in queries_guard.locked(db, [sitting_id]),
        "remaining": _remaining(sitting, now),
        "instant": instant,
        "span": incident_words.span,
        "view": wall_view,
        "name_of": incident_words.name_of,
        "addresses": wall_view.addresses(request),
        "server_time": micros(now) // 1000,
    }


def _remaining(sitting: Sitting, now: datetime) -> int | None:
    if sitting.state not in RUNNING or sitting.deadline is None:
        return None
    return max(0, int((sitting.deadline - (sitting.paused_at or now)).total_seconds()))


def _limits(sitting: Sitting, items: list[Item], now: datetime) -> tuple[int, int]:
    """From the start to the end, or to now."""
    begins = micros(sitting.started_at or sitting.prepared_at)
    ends = micros(sitting.submitted_at or now)
    return begins, max([ends, begins, *(item.ended or item.began for item in items if item.lane == "incidents")])


def _items(db: Session, sitting_id: int, incidents: list[Incident], interval: int) -> list[Item]:
    links = db.connection().execute(
        select(SittingEvent.kind, SittingEvent.at)
        .where(col(SittingEvent.sitting_id) == sitting_id, col(SittingEvent.kind).in_(_LINKS))
        .order_by(col(SittingEvent.seq))
        .limit(MOST_LINKS)
    )
    found = timeline.pair([(kind, at) for kind, at in links])
    frames = db.connection().execute(
        select(Frame.number, Frame.at)
        .where(col(Frame.sitting_id) == sitting_id)
        .order_by(col(Frame.at))
        .limit(MOST_FRAMES)
    )
    found += timeline.runs([(number, at) for number, at in frames], interval)
    for row in incidents:
        ended = None if row.ended_at is None else micros(row.ended_at)
        found.append(Item("incidents", row.kind, micros(row.began_at), ended, row.severity, row.id))
    return found


def _incidents(db: Session, sitting_id: int) -> list[Shown]:
    """Newest first. Stretches drawn blindly for review are not shown here: who decides them must not know."""
    rows = list(
        db.exec(
            select(Incident)
            .where(Incident.sitting_id == sitting_id, Incident.origin != "blind")
            .order_by(col(Incident.began_at).desc(), col(Incident.id).desc())
        )
    )
    decided: dict[int, list[tuple[IncidentDecision, str]]] = {}
    query = (
        select(IncidentDecision, Person.name)
        .join(Person, col(Person.id) == col(IncidentDecision.by))
        .where(col(IncidentDecision.incident_id).in_([row.id for row in rows]))
        .order_by(col(IncidentDecision.id))
    )
    for decision, name in db.exec(query):
        decided.setdefault(decision.incident_id, []).append((decision, name))
    meaning = incident_words.meaning_of
    return [Shown(row, incident_words.words(row), meaning(row.kind), decided.get(row.id or 0, [])) for row in rows]


def _messages(db: Session, sitting_id: int) -> list[tuple[SittingMessage, str]]:
    query = (
        select(SittingMessage, Person.name)
        .join(Person, col(Person.id) == col(SittingMessage.sent_by))
        .where(SittingMessage.sitting_id == sitting_id)
        .order_by(col(SittingMessage.id).desc())
    )
    return list(db.exec(query))


def _comments(db: Session, sitting_id: int) -> list[CandidateComment]:
    query = select(CandidateComment).where(CandidateComment.sitting_id == sitting_id)
    return list(db.exec(query.order_by(col(CandidateComment.id).desc())))


def deed_page(db: Session, request: Request, who: Caller, deed: Deed) -> dict[str, Any]:
    """What the form of a deed gets. Raises NotFound for another institution's sitting."""
    sitting = managed(db, who, int(request.path_params["sitting_id"]))
    taken_back = service_wall.can_take_back(db, sitting, web.now(request))
    may = deeds.offered(sitting.state, taken_back=taken_back)
    return {
        "deed": deed,
        "sitting": sitting,
        "candidate": db.get_one(Person, sitting.person_id).name,
        "exam_name": exam_title(db.get_one(Exam, sitting.exam_id)),
        "offered": deed in may,
        "undo": next((each for each in may if each.key in UNDO.get(deed.key, ())), None),
        "minutes_most": deeds.EXTRA_MINUTES,
        "words_most": deeds.MOST_WORDS,
        "reasons": deeds.END_REASONS,
        "severities": deeds.SEVERITIES,
        "back": str(request.app.url_path_for("proctor_sitting", sitting_id=sitting.id)),
    }


UNDO = {"pause": ("resume",), "resume": ("pause",), "extra": ("take-back",)}
"""What takes a deed back."""
