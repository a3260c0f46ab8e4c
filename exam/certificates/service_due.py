"""Makes certificates due when an outcome is posted, takes them back before their issue; their days and corrections."""

import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.certificates import rules
from exam.certificates.models import Certificate, WorkdayCorrection
from exam.certificates.service_issue import kind_of, locked, move
from exam.core import audit
from exam.credits.models import Outcome
from exam.schemes.kinds import Scheme, certificates_for, rows_at
from exam.schemes.rows import CertificateKind

INSTANT = timedelta(microseconds=1)


def corrections(db: Session, institution_id: int) -> dict[date, bool]:
    """The office's corrected days; the latest for a day counts."""
    rows = db.exec(
        select(WorkdayCorrection)
        .where(WorkdayCorrection.institution_id == institution_id)
        .order_by(col(WorkdayCorrection.id))
    )
    return {row.day: row.working for row in rows}


def outcome_posted(db: Session, outcome: Outcome, now: datetime) -> None:
    """Make due what the outcome leads to."""
    audit.hold(db, outcome.institution_id)
    scheme = schemes.get(outcome.scheme)
    day = outcome.at.astimezone(ZoneInfo(scheme.zone)).date()
    for rule in certificates_for(scheme, day, outcome.kind, outcome.track or None, outcome.delivery or None):
        _make_due(db, scheme, rule.value, outcome, day, now)


def outcome_undone(db: Session, outcome: Outcome, now: datetime) -> None:
    """Withdraw what was not issued yet; what was issued is marked for the office to decide about."""
    audit.hold(db, outcome.institution_id)
    rows = db.exec(select(Certificate.id).where(Certificate.outcome_id == outcome.id)).all()
    for found in rows:
        take_back(db, locked(db, found or 0), now)


def _make_due(db: Session, scheme: Scheme, kind: CertificateKind, outcome: Outcome, day: date, now: datetime) -> None:
    basis = f"outcome:{outcome.id}"
    if _live(db, kind.key, basis):
        return
    last = (outcome.window_closes - INSTANT).astimezone(ZoneInfo(scheme.zone)).date() if outcome.window_closes else None
    batches = [rule.value for rule in rows_at(scheme.batches, day)]
    start = rules.counted_from(kind.issue, day, last, batches)
    hours = outcome.fields.get("hours")
    insert(
        db,
        Certificate(
            institution_id=outcome.institution_id,
            person_id=outcome.person_id,
            scheme=scheme.key,
            scheme_version=scheme.version_at(day),
            kind=kind.key,
            track=outcome.track,
            basis=basis,
            outcome_id=outcome.id,
            title=kind.title,
            subject=outcome.title,
            hours=None if hours is None else Decimal(str(hours)),
            fields=dict(outcome.fields),
            counted_from=start,
            due_on=start,
            token=secrets.token_urlsafe(24),
            created_at=now,
        ),
        kind,
    )


def insert(db: Session, certificate: Certificate, kind: CertificateKind) -> None:
    """Put in a new certificate with its day, in its turn among those of the same basis."""
    counted = rules.due(kind.issue, certificate.counted_from, corrections(db, certificate.institution_id))
    certificate.due_on, certificate.provisional = counted.day, counted.provisional
    earlier = db.exec(
        select(Certificate.turn).where(Certificate.kind == kind.key, Certificate.basis == certificate.basis)
    ).all()
    certificate.turn = max(earlier, default=0) + 1
    db.add(certificate)
    db.flush()


def _live(db: Session, kind: str, basis: str) -> list[Certificate]:
    """What stands for a basis: due or issued. A withdrawn or revoked one makes room for another."""
    query = select(Certificate).where(Certificate.kind == kind, Certificate.basis == basis)
    live = query.where(col(Certificate.state).in_(("due", "issued"))).with_for_update()
    return list(db.exec(live.execution_options(populate_existing=True)))


def take_back(db: Session, certificate: Certificate, now: datetime) -> None:
    """What it rests on is gone: one that is due is withdrawn, an issued one is marked for the office."""
    if certificate.state == "due":
        move(certificate, "withdraw")
        certificate.ended_at = now
    elif certificate.state == "issued":
        certificate.problem = "basis-undone"
    db.add(certificate)
    db.flush()


def work_out_again(db: Session, institution_id: int, now: datetime) -> int:
    """Count every due day of an institution again, after a correction; returns how many moved."""
    corrected, moved = corrections(db, institution_id), 0
    audit.hold(db, institution_id)
    query = select(Certificate).where(Certificate.institution_id == institution_id, Certificate.state == "due")
    rows = db.exec(query.with_for_update().execution_options(populate_existing=True))
    for certificate in rows:
        counted = rules.due(kind_of(certificate).issue, certificate.counted_from, corrected)
        if (counted.day, counted.provisional) != (certificate.due_on, certificate.provisional):
            certificate.due_on, certificate.provisional = counted.day, counted.provisional
            db.add(certificate)
            moved += 1
    db.flush()
    return moved


def correct_day(
    db: Session, institution_id: int, day: date, working: bool, reason: str, by: int | None, now: datetime
) -> int:
    """Record whether people work on a day, and count all due days again; returns how many certificates moved."""
    db.add(
        WorkdayCorrection(
            institution_id=institution_id, day=day, working=working, reason=reason, recorded_at=now, recorded_by=by
        )
    )
    db.flush()
    moved = work_out_again(db, institution_id, now)
    audit.record(
        db,
        at=now,
        action="workday.correct",
        subject=("workday", day.isoformat()),
        institution_id=institution_id,
        actor_id=by,
        detail={"working": working, "reason": reason, "moved": moved},
    )
    return moved
