"""What other packages may listen to, and what they tell this one, without this one knowing them."""

from collections.abc import Callable, Iterable

from sqlmodel import Session

from exam.core.db import after_commit

# Called after the commit with the ids of people whose sign-ins, roles or state changed: caches of callers drop them.
changed: list[Callable[[frozenset[int]], None]] = []

# Asked whether a person is sitting an exam right now: such a person is not sent away to change a password.
in_exam: list[Callable[[Session, int], bool]] = []


def people_changed(db: Session, people: Iterable[int]) -> None:
    """Tell the listeners once the transaction of `db` is on disk."""
    ids = frozenset(people)

    def tell() -> None:
        for listener in changed:
            listener(ids)

    after_commit(db, tell)


def is_in_exam(db: Session, person_id: int) -> bool:
    """Whether any package knows of an exam that the person is in the middle of."""
    return any(ask(db, person_id) for ask in in_exam)
