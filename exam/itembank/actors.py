"""Who does something to a bank: a signed-in person, or a command run by the operator for an institution."""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """What the services need to know of whoever calls them; `accounts.access.Caller` is one."""

    @property
    def person_id(self) -> int: ...

    @property
    def institution_id(self) -> int: ...


@dataclass(frozen=True)
class Operator:
    """The command line at work for an institution: nobody's person id."""

    institution_id: int
    person_id: int = 0


def author_of(who: Actor) -> int | None:
    """The person to write down as the author; `None` for the operator."""
    return who.person_id or None
