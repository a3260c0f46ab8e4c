"""Reads: a person's certificates, the office's list and orders, what locks a result, what the public is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.access import Caller
from exam.accounts.id_number import masked
from exam.accounts.models import Institution, Person
from exam.certificates import rules
from exam.certificates.models import Certificate, CertificateOrder, Issuer
from exam.certificates.service_issue import kind_of
from exam.certificates.view import CertificateView
from exam.core import i18n
from exam.core.decisions import Refusal
from exam.core.errors import NotFound
from exam.credits.models import Outcome

PAGE = 50
PIECE = 500


@dataclass(frozen=True)
class Row:
    """A certificate with whose it is."""

    certificate: Certificate
    person: Person


@dataclass(frozen=True)
class Progress:
    """How far an order is: issued and drawn of all, and those that could not be, with why."""

    order: CertificateOrder
    issued: int
    drawn: int
    stuck: tuple[Row, ...]


def own(db: Session, who: Caller) -> Sequence[Certificate]:
    """The caller's certificates at the institution they are at, newest first; withdrawn ones are not told."""
    query = select(Certificate).where(
        Certificate.person_id == who.person_id,
        Certificate.institution_id == who.institution_id,
        Certificate.state != "withdrawn",
    )
    return db.exec(query.order_by(col(Certificate.due_on).desc(), col(Certificate.id).desc())).all()


def own_issued(db: Session, who: Caller, certificate_id: int) -> Certificate:
    """One of them that may be downloaded. Raises NotFound."""
    found = db.get(Certificate, certificate_id)
    theirs = found is not None and (found.person_id, found.institution_id) == (who.person_id, who.institution_id)
    if found is None or not theirs or found.state != "issued":
        raise NotFound(f"certificate {certificate_id}")
    return found


def managed_issued(db: Session, who: Caller, certificate_id: int) -> Certificate:
    """An issued certificate of the caller's institution. Raises NotFound."""
    found = db.get(Certificate, certificate_id)
    if found is None or found.institution_id != who.institution_id or found.number is None:
        raise NotFound(f"certificate {certificate_id}")
    return found


def listed(
    db: Session, institution_id: int, *, state: str = "", q: str = "", until: date | None = None, page: int = 1
) -> tuple[list[Row], int]:
    """A page of an institution's certificates and how many there are; `q` is part of a name or a whole number,
    `until` leaves only those whose validity ends by that day."""
    where = [col(Certificate.institution_id) == institution_id]
    if state:
        where.append(col(Certificate.state) == state)
    if q:
        where.append(col(Person.name).contains(q, autoescape=True) | (col(Certificate.number) == q))
    if until is not None:
        where.append(col(Certificate.valid_until) <= until)
    joined = select(Certificate, Person).join(Person, col(Person.id) == col(Certificate.person_id)).where(*where)
    total = db.execute(sa.select(sa.func.count()).select_from(joined.subquery())).scalar_one()
    order = (col(Certificate.due_on).desc(), col(Certificate.id).desc())
    rows = db.exec(joined.order_by(*order).offset((page - 1) * PAGE).limit(PAGE))
    return [Row(*row) for row in rows], total


def orders(db: Session, institution_id: int, limit: int = 10) -> Sequence[CertificateOrder]:
    """The institution's latest orders."""
    query = select(CertificateOrder).where(CertificateOrder.institution_id == institution_id)
    return db.exec(query.order_by(col(CertificateOrder.id).desc()).limit(limit)).all()


def progress(db: Session, who: Caller, order_id: int) -> Progress:
    """How far one of the institution's orders is. Raises NotFound."""
    order = db.get(CertificateOrder, order_id)
    if order is None or order.institution_id != who.institution_id:
        raise NotFound(f"order {order_id}")
    counts = sa.select(
        sa.func.count().filter(col(Certificate.number).is_not(None)), sa.func.count(col(Certificate.pdf))
    ).where(col(Certificate.order_id) == order_id)
    issued, drawn = db.execute(counts).one()
    stuck = (
        select(Certificate, Person)
        .join(Person, col(Person.id) == col(Certificate.person_id))
        .where(Certificate.order_id == order_id, Certificate.problem != "")
        .limit(100)
    )
    return Progress(order, issued, drawn, tuple(Row(*row) for row in db.exec(stuck)))


def locks_result(db: Session, source_kind: str, source_ref: int) -> Refusal | None:
    """Why a result can't be changed any more: its certificate is issued and the scheme says so (S2 annex 2 §4.3)."""
    number = locked_results(db, source_kind, [source_ref]).get(source_ref)
    return Refusal("certificate-issued", params={"number": number}) if number else None


def locked_results(db: Session, source_kind: str, source_refs: Sequence[int]) -> dict[int, str]:
    """The results among these that can't be changed any more → the number of the certificate that locks each."""
    found: dict[int, str] = {}
    for start in range(0, len(source_refs), PIECE):
        query = (
            select(Outcome.source_ref, Certificate)
            .join(Outcome, col(Outcome.id) == col(Certificate.outcome_id))
            .where(
                Outcome.source_kind == source_kind,
                col(Outcome.source_ref).in_(source_refs[start : start + PIECE]),
                Certificate.state == "issued",
            )
            .order_by(col(Certificate.id))
        )
        found |= {ref: each.number or "" for ref, each in db.exec(query) if kind_of(each).locks_result}
    return found


@dataclass(frozen=True)
class Answer:
    """What the public is told of a certificate: nothing personal."""

    standing: str
    title: str
    scheme: str
    institution: str
    valid_until: date | None


def by_number(db: Session, number: str, name: str, today: date) -> Answer | None:
    """What is told to somebody who knows number and name; None alike for no such number and another name."""
    found = db.exec(select(Certificate).where(Certificate.number == number.strip().upper())).one_or_none()
    if found is None or rules.name_key(found.name) != rules.name_key(name):
        return None
    return _answer(db, found, today)


def by_token(db: Session, token: str, today: date) -> Answer | None:
    """What is told to somebody who scanned the code; None where there is no such certificate."""
    found = db.exec(select(Certificate).where(Certificate.token == token)).one_or_none()
    return None if found is None else _answer(db, found, today)


def _answer(db: Session, found: Certificate, today: date) -> Answer | None:
    standing = rules.standing(found.state, found.valid_until, today)
    if standing is None:
        return None
    home = db.get_one(Institution, found.institution_id)
    scheme = schemes.SCHEMES.get(found.scheme)
    return Answer(standing, found.title, scheme.title if scheme else "", issuer_name(db, home), found.valid_until)


def issuer_name(db: Session, home: Institution) -> str:
    """The name that an institution's certificates carry."""
    issuer = db.get(Issuer, home.id)
    return issuer.name if issuer and issuer.name else home.name


def view_of(db: Session, found: Certificate, public_url: str) -> CertificateView:
    """What an issued certificate says. Raises NotFound for one without a number."""
    if found.number is None or found.issued_on is None:
        raise NotFound(f"certificate {found.id}")
    person = db.get_one(Person, found.person_id)
    scheme = schemes.get(found.scheme)
    return CertificateView(
        title=found.title,
        title_en=i18n.gettext(found.title, "en"),
        scheme=scheme.title,
        scheme_en=i18n.gettext(scheme.title, "en"),
        number=found.number,
        name=found.name,
        id_number=masked(person.id_number) if person.id_number else "",
        subject=found.subject,
        hours=found.hours,
        issuer=issuer_name(db, db.get_one(Institution, found.institution_id)),
        issued_on=found.issued_on,
        valid_until=found.valid_until,
        check_url=f"{public_url.rstrip('/')}/check/{found.token}",
    )
