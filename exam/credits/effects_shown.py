"""A deed that moves somebody's eligibility is carried out only once its effect was shown.

The deed is done, what it did is read, and unless nothing moved or just that was confirmed, `Unseen` ends the
transaction, so that nothing of it stays. What is shown is therefore what happens, and what changed meanwhile is shown
anew.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from exam import schemes
from exam.core import audit
from exam.core.clock import SHANGHAI
from exam.credits import queries_eligibility, signals
from exam.credits.effects import Effect, Touched, moved
from exam.credits.facts import Facts

T = TypeVar("T")


class Unseen(Exception):
    """A deed has an effect that was not shown yet; raised within its transaction, which is thereby undone."""

    def __init__(self, effect: Effect) -> None:
        super().__init__("its effect was not shown yet")
        self.effect = effect


@dataclass(frozen=True)
class _Picture:
    """What is so about some people: their facts by scheme, person and chosen track, and their certificates."""

    facts: Mapping[tuple[str, int, str], Facts]
    certificates: Mapping[int, Touched]


def confirmed(
    db: Session,
    institution_id: int,
    people: Collection[int],
    seen: str,
    now: datetime,
    deed: Callable[[], T],
    *,
    hold: bool = True,
) -> T:
    """Do something that concerns these people of an institution. `seen` is the token of the effect that was shown.

    `hold`: keep other deeds of the institution waiting from the beginning; without it the deed takes its own locks
    first. Raises Unseen when it moves eligibility or certificates otherwise than was shown, and what the deed raises.
    """
    if hold:
        audit.hold(db, institution_id)
    before = _picture(db, institution_id, people)
    done = deed()
    db.flush()
    effect = _between(db, before, _picture(db, institution_id, people), now)
    if effect.nothing or effect.token == seen:
        return done
    raise Unseen(effect)


def _picture(db: Session, institution_id: int, people: Collection[int]) -> _Picture:
    facts = {
        (key, one.person_id, one.facts.track): one.facts
        for key, scheme in schemes.SCHEMES.items()
        if scheme.requirements
        for one in queries_eligibility.measured(db, institution_id, key, people)
    }
    found = [one for ask in signals.certificates for one in ask(db, institution_id, people)]
    return _Picture(facts, {one.certificate_id: one for one in found})


def _between(db: Session, before: _Picture, after: _Picture, now: datetime) -> Effect:
    today = now.astimezone(SHANGHAI).date()
    moves = []
    for key in sorted(before.facts.keys() | after.facts.keys()):
        scheme, person_id, track = key
        nobody = Facts(track=track)
        old, new = before.facts.get(key, nobody), after.facts.get(key, nobody)
        found = moved(schemes.get(scheme), person_id, old, new, today)
        # Whoever is no longer measured loses only what they had.
        moves += found if key in after.facts else [move for move in found if move.before.met]
    names = queries_eligibility.names(db, {move.person_id for move in moves})
    return Effect(tuple(moves), tuple(_touched(before.certificates, after.certificates)), names)


def _touched(before: Mapping[int, Touched], after: Mapping[int, Touched]) -> list[Touched]:
    found = []
    for number in sorted(before.keys() | after.keys()):
        old, new = before.get(number), after.get(number)
        if new is None and old is not None:
            found.append(replace(old, becomes="withdrawn"))
        elif old is None and new is not None:
            found.append(replace(new, becomes="due"))
        elif old is not None and new is not None and old.doubted != new.doubted:
            found.append(replace(new, becomes="doubted" if new.doubted else "sound"))
    return found
