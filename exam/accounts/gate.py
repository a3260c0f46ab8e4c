"""The gate every request passes: who calls, by browser session or API key, and whether they may."""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.accounts.access import SESSION_COOKIE, Access, Caller, csrf_token
from exam.accounts.models import ApiKey, BrowserSession, Institution, Person, RoleGrant
from exam.accounts.permissions import Role, Scope, permissions_of
from exam.core import web
from exam.core.errors import Forbidden, SignInNeeded
from exam.settings import Settings

VISITOR_COOKIE = "vid"


def token_hash(token: str) -> str:
    """What is kept of a session token or an API key: its SHA-256, as the token itself is 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccountsGate:
    """Implements `core.web.Gate`."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self.idle = timedelta(minutes=settings.session_idle_minutes)
        self.secret = secret

    def identify(self, request: Request) -> Caller | None:
        """The signed-in person or the institution's program behind a request; None when there is neither."""
        token = request.cookies.get(SESSION_COOKIE)
        header = request.headers.get("authorization", "")
        if not token and not header:
            return None
        now = web.now(request)
        with web.reading(request) as db:
            if header.startswith("Bearer "):
                return _by_key(db, header.removeprefix("Bearer ").strip(), now)
            return self.by_token(db, token, now) if token else None

    def by_token(self, db: Session, token: str, now: datetime) -> Caller | None:
        """The person whose browser holds `token`, if that sign-in still lives."""
        found = db.exec(
            select(BrowserSession, Person)
            .join(Person, col(Person.id) == col(BrowserSession.person_id))
            .where(BrowserSession.token_hash == token_hash(token))
        ).one_or_none()
        if found is None:
            return None
        session, person = found
        if session.ended_at or session.expires_at <= now or session.last_seen_at + self.idle <= now:
            return None
        return self._caller(db, session, person) if person.state == "active" else None

    def _caller(self, db: Session, session: BrowserSession, person: Person) -> Caller:
        grants = db.exec(
            select(RoleGrant.role, Institution)
            .join(Institution, col(Institution.id) == col(RoleGrant.institution_id))
            .where(RoleGrant.person_id == person.id)
            .order_by(col(Institution.id))
        ).all()
        institutions = {inst.id or 0: inst.name for _, inst in grants}
        current = session.institution_id if session.institution_id in institutions else next(iter(institutions), 0)
        roles = frozenset(Role(role) for role, inst in grants if inst.id == current)
        return Caller(
            person_id=person.id or 0,
            name=person.name,
            institution_id=current or 0,
            institution_name=institutions.get(current or 0, ""),
            institutions=tuple(institutions.items()),
            roles=roles,
            permissions=permissions_of(roles),
            session_id=session.id or 0,
            locale=person.locale,
            csrf_token=csrf_token(self.secret, session.token_hash),
        )

    def check(self, request: Request, who: Caller | None, access: Access) -> None:
        """Raise `SignInNeeded` or `Forbidden` unless `who` has `access`."""
        if access.kind == "public":
            return
        if who is None:
            raise SignInNeeded
        if access.kind == "signed-in" and who.person_id:
            return
        if access.permission is not None and access.permission in who.permissions:
            return
        if access.scope is not None and access.scope in who.scopes:
            return
        raise Forbidden

    def csrf_valid(self, request: Request, who: Caller | None, token: str) -> bool:
        """Whether `token` belongs to this browser session, or to this visitor when nobody is signed in."""
        expected = who.csrf_token if who else self.visitor_token(request)
        return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())

    def visitor_token(self, request: Request) -> str:
        """The CSRF token of somebody not signed in, bound to a random cookie; "" when they have none yet."""
        visitor = request.cookies.get(VISITOR_COOKIE, "")
        return csrf_token(self.secret, f"visitor\x1f{visitor}") if visitor else ""


def _by_key(db: Session, secret: str, now: datetime) -> Caller | None:
    found = db.exec(
        select(ApiKey, Institution)
        .join(Institution, col(Institution.id) == col(ApiKey.institution_id))
        .where(ApiKey.secret_hash == token_hash(secret))
    ).one_or_none()
    if found is None:
        return None
    key, institution = found
    if key.revoked_at or (key.expires_at and key.expires_at <= now):
        return None
    return Caller(
        person_id=0,
        name=key.name,
        institution_id=institution.id or 0,
        institution_name=institution.name,
        scopes=frozenset(Scope(scope) for scope in key.scopes),
        session_id=key.id or 0,
    )
