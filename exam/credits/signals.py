"""What this package tells others, without knowing them: an outcome was posted, or taken back.

Each function runs in the transaction of the posting, after the outcome and its hours were written, under the lock that
keeps two postings of an institution apart; it must not commit.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from exam.credits.effects import Concern, Touched
from exam.credits.models import Outcome

Hook = Callable[[Session, Outcome, datetime], None]

posted: list[Hook] = []
"""Called with the outcome that was posted."""
undone: list[Hook] = []
"""Called with the outcome that was taken back (the one that had been posted, not the row that undoes it)."""


@dataclass(frozen=True)
class Moved:
    """Somebody's hours in a scheme, or what they are measured by, changed otherwise than by an outcome.

    `on` is a day of the cycle concerned.
    """

    institution_id: int
    person_id: int
    scheme: str
    on: date


moved: list[Callable[[Session, Moved, datetime], None]] = []
"""Called after such a change, in its transaction."""

touching: list[Callable[[Session, int, Concern], Iterable[Touched]]] = []
"""Asked before something is changed: which certificates of an institution rest on what would change."""

certificates: list[Callable[[Session, int, Collection[int]], Iterable[Touched]]] = []
"""Asked before and after a change: the certificates, due or issued, of people of an institution."""


def tell(hooks: list[Hook], db: Session, outcome: Outcome, now: datetime) -> None:
    """Call each of the hooks."""
    for hook in hooks:
        hook(db, outcome, now)


def tell_moved(db: Session, change: Moved, now: datetime) -> None:
    """Tell whoever wants to hear that hours, or what a person is measured by, changed."""
    for hook in moved:
        hook(db, change, now)
