"""What the deeds of the demo's story share: the database, who does them, and the calendar they happen on."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from exam.accounts.access import Caller
from exam.accounts.models import Institution, Person, RoleGrant
from exam.accounts.permissions import Role, permissions_of
from exam.core.clock import SHANGHAI
from exam.core.objects import ObjectStore
from exam.sessions.receipts import Keys

Deed = Callable[["World", datetime], None]


@dataclass
class World:
    """The story as it goes: `now` is the demo's present; deeds wait in `_due` until their instant comes.

    Deeds are done in the order of time, as they would have been, so that logs and feeds read as real ones do.
    """

    db: Session
    now: datetime
    keys: Keys
    password_hash: str
    private: ObjectStore
    objects: ObjectStore
    exams: dict[tuple[str, str], int] = field(default_factory=dict)
    courses: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    _due: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    def at(self, when: datetime, deed: Deed) -> None:
        """Have a deed done at an instant; later than the present it is not done at all."""
        heapq.heappush(self._due, (when, next(self._serial), deed))

    def play(self) -> None:
        """Do every deed up to the present, those that deeds add included."""
        while self._due and self._due[0][0] <= self.now:
            when, _, deed = heapq.heappop(self._due)
            deed(self, when)

    def day(self, months: int, day: int, clock: str = "00:00:00") -> datetime:
        """A time of day in Shanghai, `months` after the present month."""
        here = self.now.astimezone(SHANGHAI)
        years, month = divmod(here.month - 1 + months, 12)
        text = f"{here.year + years:04d}-{month + 1:02d}-{day:02d}T{clock}"
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)

    def who(self, username: str) -> Caller:
        """Somebody of the demo as the caller of a service, working at the institution that brought them in."""
        person = self.db.get_one(Person, self.people[username])
        home = self.db.get_one(Institution, person.applied_to)
        held = select(RoleGrant.role).where(RoleGrant.person_id == person.id, RoleGrant.institution_id == home.id)
        roles = frozenset(Role(role) for role in self.db.exec(held))
        return Caller(
            person_id=person.id or 0,
            name=person.name,
            institution_id=home.id or 0,
            institution_name=home.name,
            roles=roles,
            permissions=permissions_of(roles),
        )


def minutes(count: float) -> timedelta:
    """A span of minutes."""
    return timedelta(minutes=count)
