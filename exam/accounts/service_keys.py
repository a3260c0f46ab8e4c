"""API keys of an institution: shown once, kept as a hash, made for some scopes, ended by hand or by date."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from exam.accounts.access import Caller, token_hash
from exam.accounts.models import ApiKey
from exam.accounts.permissions import Scope
from exam.core import audit
from exam.core.errors import Invalid, NotFound, Problem

NAME_LENGTH = 100
PREFIX = "exam_"
SHOWN = 10


@dataclass(frozen=True)
class NewKey:
    """A key just made; `secret` is shown once and kept nowhere."""

    id: int
    secret: str


def add_key(
    db: Session, who: Caller, *, name: str, scopes: Collection[str], expires_at: datetime | None, now: datetime
) -> NewKey:
    """Make a key for the caller's institution. Raises `Invalid`."""
    name, problems = name.strip(), []
    if not name:
        problems.append(Problem("name", "key-name-required"))
    if len(name) > NAME_LENGTH:
        problems.append(Problem("name", "too-long", {"most": NAME_LENGTH}))
    if not scopes or not set(scopes) <= set(Scope):
        problems.append(Problem("scopes", "choice"))
    if expires_at is not None and expires_at <= now:
        problems.append(Problem("expires", "date-past"))
    if problems:
        raise Invalid(problems)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        institution_id=who.institution_id,
        name=name,
        prefix=secret[:SHOWN],
        secret_hash=token_hash(secret),
        scopes=sorted(scopes),
        created_at=now,
        created_by=who.person_id,
        expires_at=expires_at,
    )
    db.add(row)
    db.flush()
    assert row.id is not None
    _record(db, now, "api-key.add", row, who)
    return NewKey(row.id, secret)


def revoke_key(db: Session, who: Caller, key_id: int, *, now: datetime) -> None:
    """End a key of the caller's institution at once. Raises `NotFound`."""
    row = db.get(ApiKey, key_id)
    if row is None or row.institution_id != who.institution_id:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        db.add(row)
        _record(db, now, "api-key.revoke", row, who)


def _record(db: Session, now: datetime, action: str, key: ApiKey, who: Caller) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("api-key", key.id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"name": key.name, "scopes": list(key.scopes)},
    )
