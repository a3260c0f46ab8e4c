"""The gate every request passes: who calls, by browser session or API key, and whether they may."""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.accounts import signals
from exam.accounts.access import SESSION_COOKIE, Access, Caller, csrf_token
from exam.accounts.access import token_hash as token_hash
from exam.accounts.models import ApiKey, BrowserSession, Institution, Person, RoleGrant
from exam.accounts.permissions import Role, Scope, permissions_of
from exam.accounts.seen import Seen
from exam.accounts.throttle import Throttle
from exam.core import web
from exam.core.errors import FirstGoTo, Forbidden, SignInNeeded
from exam.settings import Settings

VISITOR_COOKIE = "vid"
VISITOR_SECONDS = 365 * 24 * 3600


class AccountsGate:
    """Implements `core.web.Gate`."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self.idle = timedelta(minutes=settings.session_idle_minutes)
        self.secure = settings.secure_cookies
        self.trusted_proxies = frozenset(part.strip() for part in settings.trusted_proxies.split(",") if part.strip())
        self.secret = secret
        self.seen = Seen()
        self.throttle = Throttle()

    @property
    def session_cookie(self) -> str:
        """The name of the cookie: with the prefix by which a browser lets no other host set it, where there is TLS."""
        return f"__Host-{SESSION_COOKIE}" if self.secure else SESSION_COOKIE

    def session_token(self, request: Request) -> str:
        """The session token that the browser sent, or ""."""
        return request.cookies.get(self.session_cookie, "")

    def address(self, request: Request) -> str:
        """Where a request comes from: the peer, or what the proxies we trust say of it, nearest first."""
        peer = request.client.host if request.client else ""
        forwarded = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
        while peer in self.trusted_proxies and forwarded:
            peer = forwarded.pop() or peer
        return peer[:60]

    def identify(self, request: Request) -> Caller | None:
        """The signed-in person or the institution's program behind a request; None when there is neither."""
        token = self.session_token(request)
        header = request.headers.get("authorization", "")
        if not token and not header:
            return None
        now = web.now(request)
        with web.reading(request) as db:
            if header.startswith("Bearer "):
                return self._by_key(db, header.removeprefix("Bearer ").strip(), now)
            return self.by_token(db, token, now) if token else None

    def by_token(self, db: Session, token: str, now: datetime) -> Caller | None:
        """The person whose browser holds `token`, if that sign-in still lives; notes that it was used."""
        found = db.exec(
            select(BrowserSession, Person)
            .join(Person, col(Person.id) == col(BrowserSession.person_id))
            .where(BrowserSession.token_hash == token_hash(token))
        ).one_or_none()
        if found is None:
            return None
        session, person = found
        assert session.id is not None
        if session.ended_at or session.expires_at <= now or person.state != "active":
            return None
        if self.seen.last(session.id, session.last_seen_at) + self.idle <= now:
            return None
        self.seen.session(session.id, now)
        return self._caller(db, session, person)

    def _caller(self, db: Session, session: BrowserSession, person: Person) -> Caller:
        grants = db.exec(
            select(RoleGrant.role, Institution)
            .join(Institution, col(Institution.id) == col(RoleGrant.institution_id))
            .where(RoleGrant.person_id == person.id)
            .order_by(col(Institution.id))
        ).all()
        english = person.locale == "en"
        institutions = {inst.id or 0: (english and inst.name_en) or inst.name for _, inst in grants}
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
            must_change_password=person.must_change_password,
            csrf_token=csrf_token(self.secret, session.token_hash),
        )

    def _by_key(self, db: Session, secret: str, now: datetime) -> Caller | None:
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
        assert key.id is not None
        self.seen.key(key.id, now)
        return Caller(
            person_id=0,
            name=key.name,
            institution_id=institution.id or 0,
            institution_name=institution.name,
            scopes=frozenset(Scope(scope) for scope in key.scopes),
            session_id=key.id,
        )

    def check(self, request: Request, who: Caller | None, access: Access) -> None:
        """Raise `SignInNeeded`, `Forbidden` or, while a one-time password stands, `FirstGoTo` its change."""
        if access.kind == "public":
            return
        if who is None:
            raise SignInNeeded
        if who.must_change_password and not access.before_password_change:
            self._check_password_change(request, who)
        if access.kind == "signed-in" and who.person_id:
            return
        if access.permission is not None and access.permission in who.permissions:
            return
        if access.scope is not None and access.scope in who.scopes:
            return
        raise Forbidden

    def _check_password_change(self, request: Request, who: Caller) -> None:
        with web.reading(request) as db:
            if signals.is_in_exam(db, who.person_id):
                return
        raise FirstGoTo("change_password", "password-change-needed")

    def csrf_valid(self, request: Request, who: Caller | None, token: str) -> bool:
        """Whether `token` belongs to this browser session, or to this visitor when nobody is signed in."""
        expected = who.csrf_token if who else self._visitor_token(request.cookies.get(VISITOR_COOKIE, ""))
        return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())

    def visitor_token(self, request: Request) -> str:
        """The CSRF token of somebody not signed in, bound to a random cookie; the answer sets it if need be."""
        visitor = request.cookies.get(VISITOR_COOKIE, "") or getattr(request.state, "visitor", "")
        if not visitor:
            request.state.visitor = visitor = secrets.token_urlsafe(24)
            self.set_cookie(request, VISITOR_COOKIE, visitor, VISITOR_SECONDS)
        return self._visitor_token(visitor)

    def _visitor_token(self, visitor: str) -> str:
        return csrf_token(self.secret, f"visitor\x1f{visitor}") if visitor else ""

    def set_cookie(self, request: Request, key: str, value: str, max_age: int | None = None) -> None:
        """Have the answer set a cookie that scripts can't read and other sites' forms don't send."""
        web.set_cookie(
            request, key=key, value=value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=self.secure
        )
