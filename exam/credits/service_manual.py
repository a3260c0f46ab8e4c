"""Hours that the office enters by hand, with the reason and the evidence, and takes back again."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, func, select

from exam import schemes
from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.queries import here
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.credits.ledger import Credit, post_entry, undo_entry, year_of
from exam.credits.models import HourEntry
from exam.credits.service_membership import ensure
from exam.credits.signals import Moved, tell_moved
from exam.schemes.kinds import rows_at

MOST_HOURS = 1000
BY_HAND = frozenset({"manual", "grant", "proof"})
"""Entries that the office may take back by themselves; the others go with their result, course or claim."""


@dataclass(frozen=True)
class ByHand:
    """What the office enters: hours in a category, earned on a day, and on what grounds."""

    scheme: str
    category: str
    hours: Decimal
    on: date
    subject: str
    title: str
    reason: str
    reference: str
    track: str = ""


def person_here(db: Session, who: Caller, person_id: int) -> Person:
    """Somebody of the caller's institution. Raises NotFound."""
    found = db.exec(select(Person).where(Person.id == person_id, here(who.institution_id))).one_or_none()
    if found is None:
        raise NotFound(str(person_id))
    return found


def enter(
    db: Session, who: Caller, person_id: int, entry: ByHand, now: datetime, file: dict[str, Any] | None = None
) -> HourEntry:
    """Enter hours by hand. `file` names the uploaded evidence, if any. Raises NotFound, Invalid, Refused."""
    person_here(db, who, person_id)
    if person_id == who.person_id:
        raise Refused(Refusal("claim-own"))
    if problems := _problems(entry, now):
        raise Invalid(problems)
    scheme = schemes.get(entry.scheme)
    audit.hold(db, who.institution_id)
    ensure(db, who.institution_id, person_id, entry.scheme, now, track=entry.track, by=who.person_id)
    query = select(func.max(HourEntry.source_ref)).where(
        HourEntry.institution_id == who.institution_id, HourEntry.source_kind == "manual"
    )
    last = db.exec(query).one()
    credit = Credit(
        institution_id=who.institution_id,
        person_id=person_id,
        scheme=entry.scheme,
        scheme_version=scheme.version_at(entry.on),
        track=entry.track,
        category=entry.category,
        hours=entry.hours,
        year=year_of(scheme, entry.on),
        on=entry.on,
        subject=entry.subject.strip()[:80],
        title=entry.title.strip()[:200],
        source_kind="manual",
        source_ref=(last or 0) + 1,
        evidence={"reference": entry.reference.strip()[:200], **(file or {})},
        reason=entry.reason.strip(),
    )
    posted = post_entry(db, credit, now=now, by=who.person_id)
    tell_moved(db, Moved(who.institution_id, person_id, entry.scheme, entry.on), now)
    return posted


def take_back(db: Session, who: Caller, person_id: int, entry_id: int, reason: str, now: datetime) -> HourEntry:
    """Take back hours of a person that were entered by hand.

    Raises NotFound, Invalid, Refused for hours that something else posted.
    """
    entry = db.exec(
        select(HourEntry).where(HourEntry.id == entry_id, HourEntry.institution_id == who.institution_id)
    ).one_or_none()
    if entry is None or entry.person_id != person_id:
        raise NotFound(str(entry_id))
    if entry.source_kind not in BY_HAND or entry.undoes_id is not None:
        raise Refused(Refusal("entry-not-by-hand"))
    if entry.person_id == who.person_id:
        raise Refused(Refusal("claim-own"))
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    undo = undo_entry(db, entry, reason.strip(), now=now, by=who.person_id)
    tell_moved(db, Moved(who.institution_id, entry.person_id, entry.scheme, entry.on), now)
    return undo


def _problems(entry: ByHand, now: datetime) -> list[Problem]:
    if entry.scheme not in schemes.SCHEMES:
        return [Problem("scheme", "required")]
    scheme = schemes.get(entry.scheme)
    problems = [
        Problem(name, "required") for name in ("title", "reason", "reference") if not getattr(entry, name).strip()
    ]
    if entry.category not in {rule.value.key for rule in rows_at(scheme.categories, entry.on)}:
        problems.append(Problem("category", "required"))
    if not 0 < entry.hours <= MOST_HOURS or entry.hours % Decimal("0.5"):
        problems.append(Problem("hours", "hours-not-half", {"most": MOST_HOURS}))
    if entry.on > now.astimezone(ZoneInfo(scheme.zone)).date():
        problems.append(Problem("on", "day-in-future"))
    return problems
