"""Sign-ins: opened with a new token each time, ended on the server."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from exam.accounts import deeds, signals
from exam.accounts.access import Caller, token_hash
from exam.accounts.models import BrowserSession, Institution, Person, RoleGrant
from exam.core.errors import NotFound


@dataclass(frozen=True)
class Opened:
    """A new sign-in: the token goes into the browser's cookie and is kept nowhere."""

    token: str
    session_id: int


@dataclass(frozen=True)
class Place:
    """Where a sign-in comes from, and how long it may live."""

    address: str
    user_agent: str
    lifetime: timedelta


def open_session(
    db: Session, person: Person, place: Place, *, now: datetime, replaces: str = "", institution_id: int | None = None
) -> Opened:
    """Open a sign-in for `person`, for the institution of their last one; the one whose token is `replaces` ends."""
    assert person.id is not None
    if replaces:
        ended = db.exec(
            select(BrowserSession).where(
                BrowserSession.token_hash == token_hash(replaces), col(BrowserSession.ended_at).is_(None)
            )
        ).first()
        if ended is not None:
            ended.ended_at, ended.ended_by = now, person.id
            db.add(ended)
            signals.people_changed(db, [ended.person_id])
    token = secrets.token_urlsafe(32)
    row = BrowserSession(
        token_hash=token_hash(token),
        person_id=person.id,
        institution_id=institution_id or _last_institution(db, person.id),
        created_at=now,
        last_seen_at=now,
        expires_at=now + place.lifetime,
        address=place.address[:60],
        user_agent=place.user_agent[:200],
    )
    db.add(row)
    db.flush()
    assert row.id is not None
    deeds.record(db, now, "sign-in", person.id, row.institution_id, person.id, {"address": row.address})
    return Opened(token, row.id)


def _last_institution(db: Session, person_id: int) -> int | None:
    grants = db.exec(
        select(RoleGrant.institution_id).where(RoleGrant.person_id == person_id).order_by(col(RoleGrant.institution_id))
    ).all()
    last = db.exec(
        select(BrowserSession.institution_id)
        .where(BrowserSession.person_id == person_id)
        .order_by(col(BrowserSession.id).desc())
        .limit(1)
    ).first()
    return last if last in grants else next(iter(grants), None)


def sign_out(db: Session, who: Caller, *, now: datetime) -> None:
    """End the caller's own sign-in: its token is worth nothing from now on."""
    row = db.get(BrowserSession, who.session_id)
    if row is None or row.ended_at:
        return
    row.ended_at, row.ended_by = now, who.person_id
    db.add(row)
    deeds.record(db, now, "sign-out", who.person_id, row.institution_id, who.person_id)
    signals.people_changed(db, [who.person_id])


def end_session(db: Session, person_id: int, session_id: int, who: Caller, *, now: datetime) -> None:
    """End one live sign-in of a person, by themselves or an administrator. Raises `NotFound`."""
    row = db.get(BrowserSession, session_id)
    if row is None or row.person_id != person_id or row.ended_at:
        raise NotFound
    row.ended_at, row.ended_by = now, who.person_id
    db.add(row)
    deeds.record(db, now, "sign-in.end", person_id, who.institution_id, who.person_id, {"address": row.address})
    signals.people_changed(db, [person_id])


def end_sessions(db: Session, person_id: int, *, now: datetime, by: int | None, but: int = 0) -> int:
    """End every live sign-in of a person except the sign-in `but`; how many there were."""
    ended = db.exec(
        update(BrowserSession)
        .where(
            col(BrowserSession.person_id) == person_id,
            col(BrowserSession.ended_at).is_(None),
            col(BrowserSession.id) != but,
        )
        .values(ended_at=now, ended_by=by)
    )
    signals.people_changed(db, [person_id])
    return int(ended.rowcount)


def end_others(db: Session, who: Caller, *, now: datetime) -> None:
    """End every sign-in of the caller's own but the one at hand."""
    if end_sessions(db, who.person_id, now=now, by=who.person_id, but=who.session_id):
        deeds.record(db, now, "sign-in.end-others", who.person_id, who.institution_id or None, who.person_id)


def switch_institution(db: Session, who: Caller, institution_id: int, *, now: datetime) -> Institution:
    """Work for another institution from now on, in this sign-in. Raises `NotFound` for one without a role there."""
    row = db.get(BrowserSession, who.session_id)
    institution = db.get(Institution, institution_id)
    if row is None or institution is None or institution_id not in {id for id, _ in who.institutions}:
        raise NotFound
    row.institution_id = institution_id
    db.add(row)
    signals.people_changed(db, [who.person_id])
    return institution
