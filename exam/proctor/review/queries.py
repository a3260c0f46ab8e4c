"""What those who review see: sittings with something undecided, oldest first, each stretch with its pictures."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Appeal, CandidateComment, Incident, VoidProposal
from exam.proctor.review.cards import Card, card, frames_of, names_of, past_of
from exam.proctor.review.holds import held
from exam.proctor.review.rules import UNDECIDED, Hold
from exam.proctor.review.service_comments import comments_of
from exam.proctor.terms import Terms, terms_of
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

PAGE = 10


@dataclass(frozen=True)
class Chosen:
    """What the queue shows: of one exam or all, of one severity or all, which page (from 1)."""

    exam_id: int | None = None
    severity: int | None = None
    page: int = 1


@dataclass(frozen=True)
class Reviewed:
    """A sitting under review; `since`: its oldest undecided stretch, or None. `held`: what its result waits for."""

    sitting: Sitting
    candidate: str
    exam: Exam
    terms: Terms
    cards: tuple[Card, ...]
    since: datetime | None
    comments: tuple[CandidateComment, ...]
    held: Hold | None
    proposal: VoidProposal | None
    appeal: Appeal | None


@dataclass(frozen=True)
class Queue:
    """The queue's page: sittings, how many there are in all with how many stretches, and how many wait elsewhere."""

    rows: tuple[Reviewed, ...]
    sittings: int
    incidents: int
    oldest: datetime | None
    with_office: int
    page: int
    pages: int


def office(who: Caller) -> bool:
    """Whether the caller decides what was sent on."""
    return Permission.RESULT_RELEASE in who.permissions


def _waiting(who: Caller, chosen: Chosen) -> list[Any]:
    states = UNDECIDED if office(who) else ("open",)
    found = [
        col(Incident.institution_id) == who.institution_id,
        col(Incident.state).in_(states),
        col(Incident.ended_at).is_not(None),
        col(Sitting.state) == "submitted",
    ]
    if not office(who):  # what an appeal was answered about stays with whoever answered it
        found.append(sa.not_(sa.exists().where(Appeal.sitting_id == Sitting.id, Appeal.state != "open")))  # type: ignore[arg-type]
    if chosen.exam_id is not None:
        found.append(col(Sitting.exam_id) == chosen.exam_id)
    if chosen.severity is not None:
        found += [col(Incident.severity) == chosen.severity, col(Incident.origin) != "blind"]
    return found


@dataclass(frozen=True)
class Counts:
    """How many sittings with how many stretches wait, and since when the oldest does."""

    sittings: int
    incidents: int
    oldest: datetime | None


def _grouped(who: Caller, chosen: Chosen) -> Any:
    return (
        sa.select(col(Incident.sitting_id), _OLDEST, sa.func.count())
        .join(Sitting, col(Sitting.id) == col(Incident.sitting_id))
        .where(*_waiting(who, chosen))
        .group_by(col(Incident.sitting_id))
    )


_OLDEST = sa.func.min(col(Incident.noted_at))


def counts(db: Session, who: Caller, chosen: Chosen) -> Counts:
    """What waits for a decision that the caller may make."""
    whole = _grouped(who, chosen).subquery()
    columns = list(whole.c)
    totals: Any = db.connection().execute(
        sa.select(sa.func.count(), sa.func.sum(columns[2]), sa.func.min(columns[1])).select_from(whole)
    )
    sittings, incidents, first = totals.one()
    return Counts(sittings, incidents or 0, first)


def queue(db: Session, who: Caller, chosen: Chosen) -> Queue:
    """The sittings with something that the caller may decide, whose oldest stretch waits longest first."""
    found = counts(db, who, chosen)
    pages = max(1, -(-found.sittings // PAGE))
    page = min(max(1, chosen.page), pages)
    order = _grouped(who, chosen).order_by(_OLDEST, col(Incident.sitting_id)).limit(PAGE).offset((page - 1) * PAGE)
    ids = [row[0] for row in db.connection().execute(order)]
    elsewhere = 0 if office(who) else _sent_on(db, who)
    rows = tuple(reviewed(db, who, ids, undecided_only=True))
    return Queue(rows, found.sittings, found.incidents, found.oldest, elsewhere, page, pages)


def _sent_on(db: Session, who: Caller) -> int:
    query = select(sa.func.count()).where(Incident.institution_id == who.institution_id, Incident.state == "sent-on")
    return db.exec(query).one()


def reviewed(db: Session, who: Caller, ids: Sequence[int], *, undecided_only: bool = False) -> list[Reviewed]:
    """Sittings with their stretches, in the order of `ids`; those that are not the caller's institution's left out."""
    found = db.exec(
        select(Sitting, Person.name, Exam, Proctored)
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .join(Proctored, col(Proctored.sitting_id) == col(Sitting.id))
        .where(col(Sitting.id).in_(ids), Sitting.institution_id == who.institution_id)
    ).all()
    rows = {row[0].id or 0: row for row in found}
    incidents = _incidents(db, rows, undecided_only)
    past = past_of(db, [each.id or 0 for group in incidents.values() for each in group])
    frames = frames_of(db, incidents)
    comments = comments_of(db, list(rows))
    waiting, proposals, appeals = held(db, rows), _proposals(db, rows), _appeals(db, rows)
    made = []
    for sitting_id in ids:
        if sitting_id not in rows:
            continue
        sitting, name, exam, watched = rows[sitting_id]
        terms = terms_of(watched)
        own = incidents.get(sitting_id, [])
        cards = tuple(
            card(each, sitting.seed, terms.blind_share, frames.get(sitting_id, ()), past.get(each.id or 0, ()))
            for each in own
        )
        since = min((each.noted_at for each in own if each.state in UNDECIDED), default=None)
        made.append(
            Reviewed(
                *(sitting, name, exam, terms, cards, since, tuple(comments.get(sitting_id, ()))),
                *(waiting.get(sitting_id), proposals.get(sitting_id), appeals.get(sitting_id)),
            )
        )
    return made


def _incidents(db: Session, ids: Collection[int], undecided_only: bool) -> dict[int, list[Incident]]:
    query = select(Incident).where(col(Incident.sitting_id).in_(ids))
    if undecided_only:
        query = query.where(col(Incident.state).in_(UNDECIDED), col(Incident.ended_at).is_not(None))
    found: dict[int, list[Incident]] = defaultdict(list)
    for row in db.exec(query.order_by(col(Incident.began_at), col(Incident.id))):
        found[row.sitting_id].append(row)
    return found


def _proposals(db: Session, ids: Collection[int]) -> dict[int, VoidProposal]:
    query = select(VoidProposal).where(col(VoidProposal.sitting_id).in_(ids)).order_by(col(VoidProposal.id))
    return {row.sitting_id: row for row in db.exec(query)}


def _appeals(db: Session, ids: Collection[int]) -> dict[int, Appeal]:
    query = select(Appeal).where(col(Appeal.sitting_id).in_(ids)).order_by(col(Appeal.id))
    return {row.sitting_id: row for row in db.exec(query)}


def people_of(db: Session, rows: Iterable[Reviewed]) -> dict[int, str]:
    """The names of whoever proposed and decided something about these sittings."""
    people = [(row.proposal.proposed_by, row.proposal.decided_by) for row in rows if row.proposal]
    return names_of(db, {each for pair in people for each in pair if each is not None})


def undecided_exams(db: Session, who: Caller) -> list[Exam]:
    """The exams in which something waits, for the filter."""
    ids = (
        select(Sitting.exam_id)
        .join(Incident, col(Incident.sitting_id) == col(Sitting.id))
        .where(*_waiting(who, Chosen()))
        .distinct()
    )
    return list(db.exec(select(Exam).where(col(Exam.id).in_(ids)).order_by(col(Exam.code))))


def open_proposals(db: Session, who: Caller) -> list[tuple[VoidProposal, str, str]]:
    """Proposals to void that wait for another person, oldest first: with the candidate's and the proposer's name."""
    proposer = aliased(Person)
    query = (
        select(VoidProposal, Person.name, proposer.name)
        .join(Sitting, col(Sitting.id) == col(VoidProposal.sitting_id))
        .join(Person, col(Person.id) == col(Sitting.person_id))
        .join(proposer, col(proposer.id) == col(VoidProposal.proposed_by))
        .where(VoidProposal.institution_id == who.institution_id, col(VoidProposal.decided_at).is_(None))
        .order_by(col(VoidProposal.proposed_at))
    )
    return [(row[0], row[1], row[2]) for row in db.exec(query)]


def open_appeals(db: Session, who: Caller) -> int:
    """How many appeals wait for an answer."""
    query = select(sa.func.count()).where(Appeal.institution_id == who.institution_id, Appeal.state == "open")
    return db.exec(query).one()
