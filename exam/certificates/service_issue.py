"""Issues certificates: the serial and the number in one transaction; revokes them; orders of the office."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.certificates import rules
from exam.certificates.keys import usable
from exam.certificates.models import Certificate, CertificateOrder, CertificateSeries, Issuer
from exam.certificates.service_keys import current
from exam.certificates.states import MOVES
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.schemes.kinds import Scheme, rows_at
from exam.schemes.rows import CertificateKind

MOST_REASON = 500


def take_number(db: Session, key: str) -> int:
    """The next serial of a series, for the caller alone: its row stays locked until the transaction ends."""
    make = sqlite_insert if db.get_bind().dialect.name == "sqlite" else postgres_insert
    connection = db.connection()
    connection.execute(make(CertificateSeries).values(key=key, last=0).on_conflict_do_nothing())
    bump = update(CertificateSeries).where(col(CertificateSeries.key) == key).values(last=CertificateSeries.last + 1)
    return int(connection.execute(bump.returning(col(CertificateSeries.last))).scalar_one())


def move(certificate: Certificate, event: str) -> None:
    """The one gate that changes a certificate's state. Raises Refused for what the table does not know."""
    following = MOVES.get((certificate.state, event))
    if following is None:
        raise Refused(Refusal(f"certificate-{certificate.state}"))
    certificate.state = following


def kind_of(certificate: Certificate) -> CertificateKind:
    """The kind of a certificate, as its scheme's version says. Raises LookupError."""
    scheme = schemes.get(certificate.scheme)
    on = date.fromisoformat(certificate.scheme_version)
    for rule in rows_at(scheme.certificates, on):
        if rule.value.key == certificate.kind:
            return rule.value
    raise LookupError(f"{certificate.scheme} has no certificate {certificate.kind}")


def number_fields(db: Session, certificate: Certificate, kind: CertificateKind) -> dict[str, Any]:
    """What a number is made of: the outcome's fields, the issuer's numbers, the track's code, the year of issue."""
    issuer = db.get(Issuer, certificate.institution_id)
    hours = certificate.hours
    known: dict[str, Any] = {
        "body": issuer.body if issuer else "",
        "approval": issuer.approval if issuer else "",
        "track_code": track_code(schemes.get(certificate.scheme), certificate.track),
        "hours": int(hours) if hours is not None and hours == int(hours) else None,
        **certificate.fields,
    }
    needed = {name: known.get(name) for name in rules.needed_fields(kind)}
    return {**needed, "year": certificate.due_on.year}


def track_code(scheme: Scheme, key: str) -> str:
    """The short code of a track in numbers: P29 of CCAI-R-P29:2023; the key where the notice gives no code."""
    for rule in scheme.tracks:
        if rule.value.key == key:
            return rule.value.code.split(":")[0].rpartition("-")[2] or key
    return key


def issue(db: Session, certificate_id: int, now: datetime, by: int | None) -> Certificate:
    """Give a certificate its number and make it issued, in this transaction. Issuing twice is issuing once.

    Raises NotFound, Refused (too early, withdrawn, a field of its number missing).
    """
    certificate = held(db, certificate_id)
    if certificate.state == "issued":
        return certificate
    kind, zone = kind_of(certificate), ZoneInfo(schemes.get(certificate.scheme).zone)
    today = now.astimezone(zone).date()
    opens = datetime.combine(certificate.due_on, time.min, zone)
    if refusal := rules.may_issue(certificate.state, certificate.due_on, today, opens):
        raise Refused(refusal)
    fields = number_fields(db, certificate, kind)
    if refusal := rules.may_number(kind, fields):
        raise Refused(refusal)
    serial = take_number(db, rules.series_key(kind, certificate.scheme, fields))
    name = db.get_one(Person, certificate.person_id).name
    move(certificate, "issue")
    certificate.number = rules.number(kind, fields, serial).upper()
    certificate.name = name
    certificate.issued_on, certificate.issued_at, certificate.issued_by = today, now, by
    certificate.valid_until = rules.valid_until(kind, certificate.counted_from)
    certificate.problem = ""
    db.add(certificate)
    db.flush()
    _record(db, certificate, "certificate.issue", now, by, {"number": certificate.number})
    return certificate


def held(db: Session, certificate_id: int) -> Certificate:
    """A certificate of an institution in which nobody else posts, issues, withdraws or revokes until the transaction
    ends: the institution's stream of deeds is locked first, as posting an outcome does. Raises NotFound."""
    home = db.exec(select(Certificate.institution_id).where(Certificate.id == certificate_id)).one_or_none()
    if home is None:
        raise NotFound(f"certificate {certificate_id}")
    audit.hold(db, home)
    return locked(db, certificate_id)


def locked(db: Session, certificate_id: int) -> Certificate:
    """A certificate that nobody else changes until the transaction ends. Raises NotFound."""
    query = select(Certificate).where(Certificate.id == certificate_id).with_for_update()
    found = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(f"certificate {certificate_id}")
    return found


def managed(db: Session, who: Caller, certificate_id: int) -> Certificate:
    """A certificate of the caller's institution, locked. Raises NotFound."""
    found = held(db, certificate_id)
    if found.institution_id != who.institution_id:
        raise NotFound(f"certificate {certificate_id}")
    return found


def revoke(db: Session, who: Caller, certificate_id: int, reason: str, now: datetime) -> Certificate:
    """Revoke an issued certificate for good; its number is never given again. Raises NotFound, Invalid, Refused."""
    certificate = managed(db, who, certificate_id)
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid([Problem("reason", "reason-missing")])
    if len(reason) > MOST_REASON:
        raise Invalid([Problem("reason", "reason-too-long", {"most": MOST_REASON})])
    move(certificate, "revoke")
    certificate.ended_at, certificate.ended_by, certificate.reason = now, who.person_id, reason
    db.add(certificate)
    db.flush()
    _record(db, certificate, "certificate.revoke", now, who.person_id, {"reason": reason})
    return certificate


def order(db: Session, who: Caller, today: date, now: datetime) -> CertificateOrder:
    """Order everything of the institution that is due by today. Raises Refused when nothing is, and when the
    institution's key can't sign now."""
    audit.hold(db, who.institution_id)
    key = current(db, who.institution_id)
    if key is not None and (refusal := usable(key.not_before, key.not_after, now)):
        raise Refused(refusal)
    ids = due_ids(db, who.institution_id, today)
    if not ids:
        raise Refused(Refusal("no-certificate-due"))
    made = CertificateOrder(institution_id=who.institution_id, ordered_at=now, ordered_by=who.person_id, total=len(ids))
    db.add(made)
    db.flush()
    db.connection().execute(
        update(Certificate).where(col(Certificate.id).in_(ids)).values(order_id=made.id, problem="")
    )
    deeds.record_by(db, who, now, "certificate.order", ("certificate-order", made.id), {"count": len(ids)})
    return made


def due_ids(db: Session, institution_id: int, today: date) -> list[int]:
    """What may be issued by a day and is in no order that is still running."""
    running = select(CertificateOrder.id).where(col(CertificateOrder.done_at).is_(None))
    query = select(Certificate.id).where(
        Certificate.institution_id == institution_id,
        Certificate.state == "due",
        Certificate.due_on <= today,
        col(Certificate.order_id).is_(None) | col(Certificate.order_id).not_in(running),
    )
    return [found for found in db.exec(query.order_by(col(Certificate.id))) if found is not None]


def save_issuer(db: Session, who: Caller, name: str, body: str, approval: str, now: datetime) -> Issuer:
    """What the institution's certificates carry. Raises Invalid for numbers that are not in the notice's form."""
    name, body, approval = name.strip(), body.strip().upper(), approval.strip().upper()
    problems = []
    if len(name) > 200:
        problems.append(Problem("name", "too-long", {"max": 200}))
    if body and not rules.BODY.fullmatch(body):
        problems.append(Problem("body", "body-number-form"))
    if approval and (len(approval) > 40 or not rules.APPROVAL.fullmatch(approval)):
        problems.append(Problem("approval", "approval-number-form"))
    if problems:
        raise Invalid(problems)
    issuer = db.get(Issuer, who.institution_id) or Issuer(institution_id=who.institution_id)
    issuer.name, issuer.body, issuer.approval = name, body, approval
    db.add(issuer)
    db.flush()
    deeds.record_by(
        db, who, now, "certificate.issuer", ("institution", who.institution_id), {"body": body, "approval": approval}
    )
    return issuer


def _record(
    db: Session, certificate: Certificate, action: str, now: datetime, by: int | None, detail: dict[str, Any]
) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("certificate", certificate.id),
        institution_id=certificate.institution_id,
        actor_id=by,
        detail={"person": certificate.person_id, "kind": certificate.kind, **detail},
    )
