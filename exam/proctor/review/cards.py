"""Stretches as those who review see them: what was noticed in words, or nothing of it; pictures; what was decided."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from exam.accounts.models import Person
from exam.core.i18n import gettext
from exam.proctor.incidents.words import BLIND, meaning_of, name_of, when_of, words
from exam.proctor.models import Frame
from exam.proctor.models_incidents import Incident
from exam.proctor.review import rules_blind as blind_rules
from exam.proctor.review.rules import UNDECIDED
from exam.proctor.review.service import histories
from exam.sessions.instants import instant

MOST_PICTURES = 6
"""Beside one stretch (settled): as many as fit beside each other, spread over it."""


@dataclass(frozen=True)
class Past:
    """One decision about an incident, by whom."""

    state: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Card:
    """A stretch to be looked at. `masked`: what was noticed is not said before somebody has decided, so that stretches
    drawn blindly look like others; `pictures` are numbers of frames."""

    incident: Incident
    masked: bool
    title: str
    amount: str
    when: str
    meaning: str
    pictures: tuple[int, ...]
    history: tuple[Past, ...]

    @property
    def undecided(self) -> bool:
        """Whether it waits for a human."""
        return self.incident.state in UNDECIDED

    @property
    def drawn(self) -> bool:
        """Whether it was drawn blindly; to be said only when it is decided."""
        return self.incident.origin == "blind"


def card(
    incident: Incident, seed: str, share: int, frames: Sequence[tuple[int, datetime]], past: Sequence[Past]
) -> Card:
    """A stretch as it is shown."""
    hidden = incident.state in UNDECIDED and blind_rules.masked(seed, incident.id or 0, incident.origin, share)
    pictures = spread([number for number, at in frames if _inside(incident, number, at)], MOST_PICTURES)
    if hidden:
        why = gettext("先看画面再判定。判定以后才显示当时提示了什么，也可能什么都没有。")
        return Card(incident, True, name_of(BLIND), "", when_of(incident), why, pictures, tuple(past))
    said = words(incident)
    meaning = meaning_of(incident.kind)
    return Card(incident, False, said.title, said.amount, said.when, meaning, pictures, tuple(past))


def _inside(incident: Incident, number: int, at: datetime) -> bool:
    if incident.first_frame is not None and incident.last_frame is not None:
        return incident.first_frame <= number <= incident.last_frame
    return incident.began_at <= at <= (incident.ended_at or at)


def spread(numbers: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many of the numbers, evenly spread, the first and the last among them."""
    if len(numbers) <= most:
        return tuple(numbers)
    return tuple(numbers[round(place * (len(numbers) - 1) / (most - 1))] for place in range(most))


def past_of(db: Session, ids: Collection[int]) -> dict[int, list[Past]]:
    decided = histories(db, ids)
    names = names_of(db, {row.by for rows in decided.values() for row in rows})
    return {
        incident: [Past(row.state, row.note, names.get(row.by, ""), row.at) for row in rows]
        for incident, rows in decided.items()
    }


def names_of(db: Session, ids: Iterable[int]) -> dict[int, str]:
    query = select(Person.id, Person.name).where(col(Person.id).in_(set(ids)))
    return {each: name for each, name in db.exec(query) if each is not None}


def frames_of(db: Session, incidents: Mapping[int, Sequence[Incident]]) -> dict[int, list[tuple[int, datetime]]]:
    """Number and arrival of the pictures of these sittings that are still there."""
    query = sa.select(col(Frame.sitting_id), col(Frame.number), col(Frame.at)).where(
        col(Frame.sitting_id).in_(incidents), sa.not_(col(Frame.erased))
    )
    found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for sitting_id, number, at in db.connection().execute(query.order_by(col(Frame.sitting_id), col(Frame.number))):
        found[sitting_id].append((number, instant(at)))
    return found
