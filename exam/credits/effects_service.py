"""Shows, before anything is changed, what it would do: facts as they are and as they would be, judged side by side."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count

from sqlmodel import Session

from exam import schemes
from exam.core.clock import SHANGHAI
from exam.credits import queries_eligibility, signals
from exam.credits.effects import Change, Concern, Effect, Move, Touched, moves
from exam.credits.facts import Entry, Reached
from exam.credits.models import Outcome
from exam.credits.service_posting import credit_of

_new = count(-1, -1)


@dataclass(frozen=True)
class Would:
    """An outcome that would be posted; the fields are those of `service_posting.post_outcome`."""

    person_id: int
    scheme_key: str
    kind: str
    subject: str
    title: str
    source_kind: str
    source_ref: int
    at: datetime
    track: str = ""
    delivery: str = ""
    category: str | None = None
    hours: Decimal | None = None


def effect(db: Session, institution_id: int, changes: Sequence[Change], now: datetime) -> Effect:
    """What changes to an institution's people would do to their eligibility today and in the years concerned."""
    if not changes:
        return Effect()
    today = now.astimezone(SHANGHAI).date()
    by_scheme: dict[str, dict[int, list[Change]]] = defaultdict(lambda: defaultdict(list))
    for change in changes:
        by_scheme[change.scheme][change.person_id].append(change)
    found: list[Move] = []
    names: dict[int, str] = {}
    for key, theirs in sorted(by_scheme.items()):
        if key not in schemes.SCHEMES:
            continue
        known = queries_eligibility.measured(db, institution_id, key, list(theirs))
        for one in known:
            names[one.person_id] = one.name
            found += moves(schemes.get(key), one.person_id, one.facts, theirs[one.person_id], today)
        for person in sorted(theirs.keys() - {one.person_id for one in known}):  # their first hours
            facts = queries_eligibility.facts_of(db, institution_id, person, key)
            found += moves(schemes.get(key), person, facts, theirs[person], today)
    sources = frozenset(source for change in changes for source in change.lose)
    concern = Concern(sources, tuple(move for move in found if move.loses))
    touched = [one for ask in signals.touching for one in ask(db, institution_id, concern)]
    missing = {move.person_id for move in found} - names.keys()
    names |= queries_eligibility.names(db, missing)
    return Effect(tuple(found), _once(touched), names)


def _once(touched: Iterable[Touched]) -> tuple[Touched, ...]:
    found = {one.certificate_id: one for one in touched}
    return tuple(found[number] for number in sorted(found))


def outcome_undone(db: Session, institution_id: int, sources: Iterable[tuple[str, int]]) -> list[Change]:
    """The changes if the outcomes that stand for these sources were taken back, with the hours they earned."""
    found = []
    for outcome, entry in queries_eligibility.standing_outcomes(db, institution_id, list(sources)):
        found.append(
            Change(
                outcome.person_id,
                outcome.scheme,
                take=frozenset({entry} if entry is not None else ()),
                lose=frozenset({(outcome.source_kind, outcome.source_ref)}),
            )
        )
    return found


def outcome_posted(would: Would) -> Change:
    """The change if an outcome were posted, with the hours that the scheme gives for it."""
    outcome = Outcome(
        institution_id=0,
        person_id=would.person_id,
        scheme=would.scheme_key,
        scheme_version="",
        kind=would.kind,
        track=would.track,
        delivery=would.delivery,
        subject=would.subject,
        title=would.title,
        source_kind=would.source_kind,
        source_ref=would.source_ref,
        at=would.at,
        posted_at=would.at,
    )
    credit = credit_of(schemes.get(would.scheme_key), outcome, would.hours, would.category)
    reached = Reached(
        "passed" if would.kind == "passed" else "finished",
        would.subject,
        would.title,
        would.at,
        would.track,
        would.delivery,
        would.source_kind,
        would.source_ref,
    )
    entries: tuple[Entry, ...] = ()
    if credit is not None:
        entries = (
            Entry(
                id=next(_new),
                category=credit.category,
                hours=credit.hours,
                on=credit.on,
                source_kind=would.kind,
                source_ref=0,
                subject=would.subject,
                title=would.title,
                at=would.at,
                year=credit.year,
                track=would.track,
            ),
        )
    return Change(would.person_id, would.scheme_key, add=entries, reach=(reached,))
