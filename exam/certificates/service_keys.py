"""The key with which an institution signs: put in, made, replaced; asked for when something is to be signed."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.certificates import keys
from exam.certificates.models import SigningKey
from exam.core import audit
from exam.core.errors import Invalid, Problem, Refused


def current(db: Session, institution_id: int) -> SigningKey | None:
    """The key that an institution signs with now, which may have expired; None where it never had one."""
    query = select(SigningKey).where(SigningKey.institution_id == institution_id, col(SigningKey.replaced_at).is_(None))
    return db.exec(query).one_or_none()


def earlier(db: Session, institution_id: int) -> Sequence[SigningKey]:
    """The keys that an institution signed with before, newest first."""
    query = select(SigningKey).where(
        SigningKey.institution_id == institution_id, col(SigningKey.replaced_at).is_not(None)
    )
    return db.exec(query.order_by(col(SigningKey.id).desc())).all()


def to_sign(db: Session, institution_id: int, secret: bytes, now: datetime) -> tuple[int, keys.Pair] | None:
    """The institution's key and its number; None where it never had one. Raises Refused for one that has expired, is
    not valid yet or can't be opened: nothing of an institution with a key goes out unsigned."""
    found = current(db, institution_id)
    if found is None:
        return None
    if refusal := keys.usable(found.not_before, found.not_after, now):
        raise Refused(refusal)
    return found.id or 0, keys.open_pair(found.sealed, found.chain, secret)


def put(db: Session, who: Caller, pair: keys.Pair, secret: bytes, now: datetime, *, made_here: bool) -> SigningKey:
    """Make a key the institution's current one; the one before is kept for those who check what it signed.

    Raises Invalid for a key that the institution has, or had, already."""
    audit.hold(db, who.institution_id)
    had = select(SigningKey.id).where(
        SigningKey.institution_id == who.institution_id, SigningKey.fingerprint == pair.fingerprint
    )
    if db.exec(had).first() is not None:
        raise Invalid([Problem("file", "signing-key-known")])
    before = current(db, who.institution_id)
    if before is not None:
        before.replaced_at = now
        db.add(before)
        db.flush()
    made = SigningKey(
        institution_id=who.institution_id,
        made_here=made_here,
        subject=pair.subject,
        fingerprint=pair.fingerprint,
        not_before=pair.own.not_valid_before_utc,
        not_after=pair.own.not_valid_after_utc,
        chain=pair.chain,
        sealed=keys.seal(pair.key, secret),
        created_at=now,
        created_by=who.person_id,
    )
    db.add(made)
    db.flush()
    detail = {"fingerprint": made.fingerprint, "made_here": made_here, "until": made.not_after.isoformat()}
    deeds.record_by(db, who, now, "certificate.key", ("signing-key", made.id), detail)
    return made
