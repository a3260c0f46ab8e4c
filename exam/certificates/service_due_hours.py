"""Certificates that rest on the hours of a cycle: due when they are complete, one for each cycle, taken back when not.

Heard whenever hours change, or what a person is measured by: an outcome, an entry of the office, a claim, the cycle.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.certificates import rules
from exam.certificates.models import Certificate
from exam.certificates.service_due import insert, take_back
from exam.core import audit
from exam.credits.eligibility import Standing
from exam.credits.eligibility_terms import Span
from exam.credits.models import Membership, Outcome
from exam.credits.service_eligibility import complete_since, day_of_year, measures, standing
from exam.credits.signals import Moved
from exam.schemes.kinds import Scheme, rows_at
from exam.schemes.rows import CertificateKind


@dataclass(frozen=True)
class Cycle:
    """A member's cycle as it stands: judged on a day, complete since another (None: it is not)."""

    member: Membership
    standing: Standing
    complete: date | None

    @property
    def track(self) -> str:
        """The track that the person is measured in."""
        return self.standing.track or self.member.track

    @property
    def basis(self) -> str:
        """What a certificate of the cycle rests on."""
        until = self.member.cycle_until.isoformat() if self.member.cycle_until else "open"
        return f"member:{self.member.id}:{self.standing.cycle.year or until}"


def outcome_heard(db: Session, outcome: Outcome, now: datetime) -> None:
    """An outcome was posted or taken back, with its hours."""
    day = outcome.at.astimezone(ZoneInfo(schemes.get(outcome.scheme).zone)).date()
    moved_heard(db, Moved(outcome.institution_id, outcome.person_id, outcome.scheme, day), now)


def moved_heard(db: Session, moved: Moved, now: datetime) -> None:
    """Make due, or take back, what rests on the hours of the cycle concerned."""
    scheme = schemes.get(moved.scheme)
    on = day_of_year(moved.scheme, now.astimezone(ZoneInfo(scheme.zone)).date(), moved.on.year)
    kinds = [rule.value for rule in rows_at(scheme.certificates, on) if rule.value.basis == "hours"]
    if not kinds or not measures(moved.scheme, on):
        return
    audit.hold(db, moved.institution_id)
    for member in _members(db, moved):
        whose = (moved.institution_id, moved.person_id, moved.scheme, on, member.track or None)
        cycle = Cycle(member, standing(db, *whose), complete_since(db, *whose))
        for kind in kinds:
            _follow(db, scheme, kind, cycle, on, now)


def _members(db: Session, moved: Moved) -> Iterable[Membership]:
    query = select(Membership).where(
        Membership.institution_id == moved.institution_id,
        Membership.person_id == moved.person_id,
        Membership.scheme == moved.scheme,
        col(Membership.ended_at).is_(None),
    )
    return db.exec(query.order_by(col(Membership.id))).all()


def _follow(db: Session, scheme: Scheme, kind: CertificateKind, cycle: Cycle, on: date, now: datetime) -> None:
    """Have a kind's certificate of a cycle be as the cycle stands: what is due follows, what is issued is marked."""
    live = _of_cycle(db, kind, cycle)
    if cycle.complete is None or (kind.tracks and cycle.track not in kind.tracks):
        for row in live:
            take_back(db, row, now)
        return
    start = _counted_from(scheme, kind, cycle, cycle.complete, on)
    for row in live:
        if row.state == "issued":
            row.problem = "" if row.problem == "basis-undone" else row.problem
            db.add(row)
        elif (row.basis, row.counted_from) != (cycle.basis, start):
            take_back(db, row, now)
    if not any(row.state in ("due", "issued") for row in live):
        _make(db, scheme, kind, cycle, start, on, now)
    db.flush()


def _of_cycle(db: Session, kind: CertificateKind, cycle: Cycle) -> list[Certificate]:
    """What stands of a kind for a cycle, whichever dates it was made under: due or issued. A withdrawn or revoked one
    makes room for another."""
    member = cycle.member
    query = select(Certificate).where(
        Certificate.institution_id == member.institution_id,
        Certificate.person_id == member.person_id,
        Certificate.scheme == member.scheme,
        Certificate.kind == kind.key,
        col(Certificate.outcome_id).is_(None),
        col(Certificate.state).in_(("due", "issued")),
    )
    if member.track:
        query = query.where(Certificate.track == member.track)
    rows = db.exec(query.order_by(col(Certificate.id)).with_for_update().execution_options(populate_existing=True))
    return [row for row in rows if belongs(row, cycle.standing.cycle)]


def belongs(row: Certificate, span: Span) -> bool:
    """Whether a certificate is that of a cycle. A cycle that begins after the one it was made for ended, or after the
    day that it is counted from, is the next; one that overlaps is the same with corrected dates."""
    end = row.basis.rpartition(":")[2]
    if span.year is not None:
        return end == str(span.year)
    if span.since is None:
        return True
    try:
        until = date.fromisoformat(end)
    except ValueError:
        until = row.counted_from
    return span.since <= min(until, row.counted_from)


def _counted_from(scheme: Scheme, kind: CertificateKind, cycle: Cycle, complete: date, on: date) -> date:
    batches = [rule.value for rule in rows_at(scheme.batches, on)]
    # Only a batch waits for the old certificate's end (S0 §3.1); hours that are complete are certified at once (§3.3).
    until = cycle.member.cycle_until or complete
    return rules.counted_from(
        kind.issue, max(complete, until) if kind.issue.after == "batch" else complete, None, batches
    )


def _make(
    db: Session, scheme: Scheme, kind: CertificateKind, cycle: Cycle, start: date, on: date, now: datetime
) -> None:
    names = {rule.value.key: rule.value.title for rule in scheme.tracks}
    insert(
        db,
        Certificate(
            institution_id=cycle.member.institution_id,
            person_id=cycle.member.person_id,
            scheme=scheme.key,
            scheme_version=scheme.version_at(on),
            kind=kind.key,
            track=cycle.track,
            basis=cycle.basis,
            title=kind.title,
            subject=names.get(cycle.track, ""),
            counted_from=start,
            due_on=start,
            token=secrets.token_urlsafe(24),
            created_at=now,
        ),
        kind,
    )
