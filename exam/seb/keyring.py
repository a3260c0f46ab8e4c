"""The keys of all exams that ask for SEB, in memory: for the rest, one look into an empty table is all they pay."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlmodel import Session, col, select

from exam.core.db import after_commit
from exam.seb.keys import Required
from exam.seb.models import SebKey, SebRequirement

TTL_SECONDS = 5.0  # bounds how long another process's change goes unseen, as for sign-ins (`accounts.doorman`)
NONE: Mapping[int, Required] = MappingProxyType({})


@dataclass
class Keyring:
    """What one process remembers; `required` by exam. `read_at` is on the monotonic clock."""

    required: Mapping[int, Required] = field(default_factory=lambda: NONE)
    read_at: float | None = None

    def fresh(self, db: Session, *, now: bool = False) -> Mapping[int, Required]:
        """The keys by exam, read anew after `TTL_SECONDS`, or `now`."""
        if now or self.read_at is None or time.monotonic() - self.read_at > TTL_SECONDS:
            read_at = time.monotonic()
            self.required = read(db)
            self.read_at = read_at
        return self.required

    def forget(self) -> None:
        """Something was changed: the next to ask reads anew."""
        self.read_at = None

    def forget_after(self, db: Session) -> None:
        """The same, once the transaction of `db` is committed."""
        after_commit(db, self.forget)


def read(db: Session) -> Mapping[int, Required]:
    """The keys of every exam that asks for SEB."""
    rows = db.connection().execute(
        select(SebKey.exam_id, SebKey.kind, SebKey.key)
        .join(SebRequirement, col(SebRequirement.exam_id) == col(SebKey.exam_id))
        .where(col(SebRequirement.required))
    )
    keys: dict[int, dict[str, set[str]]] = {}
    for exam_id, kind, key in rows:
        keys.setdefault(exam_id, {"config": set(), "browser": set()})[kind].add(key)
    return {
        exam_id: Required(frozenset(found["config"]), frozenset(found["browser"])) for exam_id, found in keys.items()
    }
