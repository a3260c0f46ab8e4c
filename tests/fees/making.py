"""A place with an office and candidates, for the tests of fees."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from exam.accounts.access import Caller
from exam.accounts.permissions import Role
from exam.core.secrets import derive
from exam.credits.service_membership import change, ensure
from exam.fees import service
from exam.fees.gateways import Transfer
from exam.fees.service_payments import settle
from tests.scheduling.making import caller

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 6)
KEY = derive(b"secret", "learning-card")
_serial = count(1)


@dataclass
class Place:
    """An institution with a registrar and two candidates, and somebody of another."""

    institution: int
    office: Caller
    me: Caller
    other: Caller
    stranger: Caller


def place_in(world: Any) -> Place:
    """A new place."""
    here, there = world.institution(), world.institution()
    people = [caller(world.person(here, Role.CANDIDATE), here, Role.CANDIDATE) for _ in range(2)]
    office = caller(world.person(here, Role.REGISTRAR), here, Role.REGISTRAR)
    return Place(here, office, *people, caller(world.person(there, Role.REGISTRAR), there, Role.REGISTRAR))


def charged(db: Any, who: Caller, **changes: Any) -> Any:
    """A due of a person: Changzhou's enrolment unless told otherwise."""
    values: dict[str, Any] = {
        "institution_id": who.institution_id,
        "person_id": who.person_id,
        "scheme_key": "changzhou",
        "per": "enrolment",
        "subject_kind": "enrolment",
        "subject_id": next(_serial),
        "title": "质量管理基础",
        "now": NOON,
    }
    return service.charge(db, **(values | changes))


def by_hour(db: Any, who: Caller, hours: str, category: str = "required", **changes: Any) -> Any:
    """A course of CCIB, paid by the hour."""
    values: dict[str, Any] = {"scheme_key": "ccib", "per": "hour", "subject_kind": "course-enrolment"}
    return charged(db, who, **(values | {"category": category, "hours": Decimal(hours)} | changes))


def transfer(place: Place, yuan: str, **changes: Any) -> Transfer:
    """A transfer to the place's account."""
    values: dict[str, Any] = {
        "institution_id": place.institution,
        "payer": "常州某某有限公司",
        "yuan": Decimal(yuan),
        "paid_on": TODAY,
        "reference": f"R{next(_serial)}",
        "by": place.office.person_id,
    }
    return Transfer(**(values | changes))


def pay(db: Any, place: Place, yuan: str, *dues: Any, **changes: Any) -> Any:
    """The office records a transfer for these dues."""
    return settle(db, place.office, transfer(place, yuan, **changes), [due.id for due in dues], NOON)


def renewer(db: Any, who: Caller, cycle: tuple[date, date] | None = None) -> Any:
    """A member of CCIB who renewed before."""
    member = ensure(db, who.institution_id, who.person_id, "ccib", NOON, facts={"holder": 1, "renewed-before": 1})
    if cycle:
        change(
            db,
            member,
            facts=member.facts,
            cycle_from=cycle[0],
            cycle_until=cycle[1],
            reason="证书",
            by=None,
            now=NOON,
        )
    return member
