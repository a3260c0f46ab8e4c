"""What other packages and routes ask of sittings: prepare, end, read what counts. Services never commit."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from secrets import token_hex
from typing import Any

import orjson
from sqlalchemy import func
from sqlmodel import Session, col, select

from exam.core import events
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.core.events import GENESIS
from exam.scheduling import service as scheduling
from exam.scheduling.models import Booking, Enrolment
from exam.sessions import ledger, perform, rules, signals
from exam.sessions.instants import instant, micros
from exam.sessions.ledger import Batch
from exam.sessions.lives import Live
from exam.sessions.models import Sitting, SittingEvent, SittingHead
from exam.sessions.plan import plan
from exam.sessions.states import RUNNING, Event, State

PREPARED_AT_ONCE = 10
ENDED_AT_ONCE = 100
WALKED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a candidate's paper. `slot` counts from 1 as the candidate sees it, `position` as authored."""

    slot: int
    position: int
    item_id: int
    version_id: int
    kind: str
    content: Mapping[str, Any]
    marks: Decimal


@dataclass(frozen=True, slots=True)
class SlotAnswer:
    """The answer of a slot that counts: the highest revision. `hash` is its link's; `response` None when cleared."""

    slot: int
    revision: int
    response: Any
    at: datetime
    hash: str


def prepare(db: Session, booking_id: int, now: datetime) -> Sitting:
    """Give a booking its sitting: a paper (another than in earlier chances where there is one) and a seed. Twice is
    once.

    Raises NotFound, and Refused when the exam has no paper.
    """
    existing = db.exec(select(Sitting).where(Sitting.booking_id == booking_id)).one_or_none()
    if existing is not None:
        return existing
    terms = scheduling.terms(db, booking_id)
    enrolment_id = terms.enrolment.id or 0
    used = set(db.exec(select(Sitting.paper_id).where(Sitting.enrolment_id == enrolment_id)))
    if not terms.paper_ids:
        raise Refused(Refusal("exam-without-paper"))
    sitting = Sitting(
        institution_id=terms.enrolment.institution_id,
        exam_id=terms.exam.id or 0,
        enrolment_id=enrolment_id,
        booking_id=booking_id,
        person_id=terms.enrolment.person_id,
        paper_id=next((each for each in terms.paper_ids if each not in used), terms.paper_ids[0]),
        seed=token_hex(16),
        scheme=terms.scheme,
        scheme_version=terms.scheme_version,
        duration_seconds=terms.duration_seconds,
        extra_seconds=terms.extra_seconds,
        late_grace_seconds=terms.late_grace_seconds,
        window_closes=terms.window_closes,
        prepared_at=now,
    )
    db.add(sitting)
    db.flush()
    assert sitting.id is not None
    db.add(SittingHead(sitting_id=sitting.id, seq=0, hash=GENESIS))
    db.flush()
    said = {"booking": booking_id, "paper": sitting.paper_id, "seed": sitting.seed}
    apply(db, sitting.id, Event.PREPARE, now, said)
    for told in signals.prepared:
        told(db, sitting, now)
    return sitting


def prepare_due(db: Session, now: datetime, limit: int = PREPARED_AT_ONCE) -> int:
    """Prepare some of the bookings whose window is near; how many. An exam without a paper is passed over."""
    due = scheduling.to_prepare(db, now, limit, prepared=select(Sitting.booking_id))
    done = 0
    for booking_id in due:
        if scheduling.terms(db, booking_id).paper_ids:
            prepare(db, booking_id, now)
            done += 1
    return done


def open_for(db: Session, booking_id: int, person_id: int, now: datetime) -> Sitting:
    """The sitting of somebody's own booking, prepared if need be. Raises NotFound, Refused."""
    owner = db.exec(
        select(Enrolment.person_id)
        .join(Booking, col(Booking.enrolment_id) == col(Enrolment.id))
        .where(Booking.id == booking_id)
    ).one_or_none()
    if owner != person_id:
        raise NotFound
    existing = db.exec(select(Sitting).where(Sitting.booking_id == booking_id)).one_or_none()
    if existing is not None:
        return existing
    refusal = scheduling.may_start(db, booking_id, now)
    if refusal is not None and refusal.allowed_from is None:
        raise Refused(refusal)
    return prepare(db, booking_id, now)


def apply(db: Session, sitting_id: int, event: Event, at: datetime, body: Mapping[str, Any]) -> Live:
    """The one gate that changes a sitting's state, with a link in its log. Raises NotFound, Refused.

    What is remembered elsewhere of the sitting is found out of date by its log's new head.
    """
    batch = _open(db, sitting_id)
    live = batch.lives[sitting_id]
    try:
        ledger.apply(batch, live, event, micros(at), dict(body))
    except ledger.Impossible as error:
        raise Refused(Refusal("sitting-over" if live.state != State.PREPARED else "not-started")) from error
    ledger.flush(batch)
    expire(db, sitting_id)
    return live


def _open(db: Session, sitting_id: int) -> Batch:
    batch = ledger.open_heads(db, {}, [sitting_id])
    if sitting_id not in batch.lives:
        raise NotFound
    return batch


def expire(db: Session, sitting_id: int) -> None:
    """Have a sitting that was read before its log moved read again."""
    loaded = db.identity_map.get(db.identity_key(Sitting, sitting_id))
    if loaded is not None:
        db.expire(loaded)


def is_overdue(sitting: Sitting, now: datetime) -> bool:
    """Whether the server is due to submit the sitting."""
    if sitting.state != State.IN_PROGRESS or sitting.deadline is None:
        return False
    return rules.is_over(micros(now), micros(sitting.deadline), sitting.late_grace_seconds)


def submit_if_due(db: Session, sitting_id: int, now: datetime) -> bool:
    """Submit one sitting if its time is over; whether it was."""
    batch = _open(db, sitting_id)
    ended = perform.end_if_over(batch, batch.lives[sitting_id], micros(now))
    ledger.flush(batch)
    expire(db, sitting_id)
    return ended


def submit_due(db: Session, now: datetime, limit: int = ENDED_AT_ONCE) -> int:
    """Submit sittings whose time is over, at most `limit`; how many. What was acknowledged is what counts."""
    due = db.exec(
        select(Sitting)
        .where(Sitting.state == State.IN_PROGRESS, col(Sitting.deadline) <= now)
        .order_by(col(Sitting.deadline))
    )
    ids = [each.id for each in due if each.id is not None and is_overdue(each, now)][:limit]
    if not ids:
        return 0
    batch = ledger.open_heads(db, {}, ids)
    ended = sum(perform.end_if_over(batch, live, micros(now)) for live in batch.lives.values())
    ledger.flush(batch)
    return ended


def in_exam(db: Session, person_id: int) -> bool:
    """Whether a person is in the middle of a sitting."""
    query = select(Sitting.id).where(Sitting.person_id == person_id, col(Sitting.state).in_(RUNNING))
    return db.exec(query.limit(1)).first() is not None


def handed_in(db: Session, bookings: Collection[int]) -> frozenset[int]:
    """Those of the bookings whose sittings are handed in."""
    query = select(Sitting.booking_id).where(col(Sitting.booking_id).in_(bookings), Sitting.state == State.SUBMITTED)
    return frozenset(db.exec(query))


def under_way(db: Session, exam_id: int) -> int:
    """How many sittings of an exam have begun and not ended."""
    running = col(Sitting.state).in_(RUNNING)
    return db.exec(select(func.count()).select_from(Sitting).where(Sitting.exam_id == exam_id, running)).one()


def slots(db: Session, sitting: Sitting) -> list[Slot]:
    """A sitting's paper in the candidate's order."""
    paper = plan(db, sitting.paper_id)
    found = []
    for slot, index in enumerate(paper.order(sitting.seed), 1):
        line = paper.lines[index]
        found.append(Slot(slot, line.position, line.item_id, line.version_id, line.kind, line.content, line.marks))
    return found


def answers(db: Session, sitting_id: int) -> dict[int, SlotAnswer]:
    """What counts of a sitting, by slot (without the workspace, slot 0)."""
    return answers_of(db, [sitting_id]).get(sitting_id, {})


def answers_of(db: Session, sitting_ids: Collection[int]) -> dict[int, dict[int, SlotAnswer]]:
    """What counts of several sittings, in one statement."""
    newest = newest_answers(sitting_ids)
    rows = db.connection().execute(
        select(
            *(col(SittingEvent.sitting_id), col(SittingEvent.slot), col(SittingEvent.revision)),
            *(col(SittingEvent.at), col(SittingEvent.body), col(SittingEvent.hash)),
        ).join(  # type: ignore[call-overload]
            newest,
            (newest.c.sitting_id == col(SittingEvent.sitting_id))
            & (newest.c.slot == col(SittingEvent.slot))
            & (newest.c.revision == col(SittingEvent.revision)),
        )
    )
    found: dict[int, dict[int, SlotAnswer]] = {}
    for sitting_id, slot, revision, at, body, link in rows:
        found.setdefault(sitting_id, {})[slot] = SlotAnswer(slot, revision, orjson.loads(body), instant(at), link)
    return found


def newest_answers(sitting_ids: Collection[int]) -> Any:
    """A subquery of what counts: `sitting_id`, `slot`, `revision`. It reads the index only, never what was answered."""
    return (
        select(col(SittingEvent.sitting_id), col(SittingEvent.slot), func.max(SittingEvent.revision).label("revision"))
        .where(col(SittingEvent.sitting_id).in_(sitting_ids), col(SittingEvent.slot) > rules.WORKSPACE)
        .group_by(col(SittingEvent.sitting_id), col(SittingEvent.slot))
        .subquery()
    )


def log_hash(db: Session, sitting_id: int) -> str:
    """The last link of a sitting's log. Raises NotFound."""
    found = db.exec(select(SittingHead.hash).where(SittingHead.sitting_id == sitting_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def newest_links(db: Session, sitting_id: int, kind: str, limit: int) -> list[dict[str, Any]]:
    """What the newest links of a kind say, newest first."""
    query = select(SittingEvent.body).where(SittingEvent.sitting_id == sitting_id, SittingEvent.kind == kind)
    return [orjson.loads(body) for body in db.exec(query.order_by(col(SittingEvent.seq).desc()).limit(limit))]


def check_log(db: Session, sitting_id: int) -> str | None:
    """Verify a sitting's log; what is wrong with it, or None when it is whole and ends where its head says."""
    last, count = GENESIS, 0

    def links() -> Iterator[events.Link]:
        nonlocal last, count
        for row in walk_log(db, sitting_id):
            last, count = row.hash, count + 1
            yield events.Link(row.seq, row.previous, row.hash, ledger.parts(row))

    return events.verify(links()) or (None if last == log_hash(db, sitting_id) else f"cut off after {count}")


def walk_log(db: Session, sitting_id: int) -> Iterator[SittingEvent]:
    """The links of a sitting's log in order, some at a time: a long log need not fit into memory."""
    query = select(SittingEvent).where(SittingEvent.sitting_id == sitting_id).order_by(col(SittingEvent.seq))
    yield from db.exec(query.execution_options(yield_per=WALKED_AT_ONCE))
