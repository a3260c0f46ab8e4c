"""What this package tells others, without knowing them: an outcome was posted, or taken back.

Each function runs in the transaction of the posting, after the outcome and its hours were written, under the lock that
keeps two postings of an institution apart; it must not commit.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlmodel import Session

from exam.credits.effects import Concern, Touched
from exam.credits.models import Outcome

Hook = Callable[[Session, Outcome, datetime], None]

posted: list[Hook] = []
"""Called with the outcome that was posted."""
undone: list[Hook] = []
"""Called with the outcome that was taken back (the one that had been posted, not the row that undoes it)."""

touching: list[Callable[[Session, int, Concern], Iterable[Touched]]] = []
"""Asked before something is changed: which certificates of an institution rest on what would change."""


def tell(hooks: list[Hook], db: Session, outcome: Outcome, now: datetime) -> None:
    """Call each of the hooks."""
    for hook in hooks:
        hook(db, outcome, now)
