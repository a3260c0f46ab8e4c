"""Who calls, and whether they may: the declared access of routes, the caller, and the gate every request passes."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import Request

from exam.accounts.permissions import Permission, Role, Scope
from exam.core.errors import SignInNeeded

SESSION_COOKIE = "sid"


@dataclass(frozen=True)
class Access:
    """Who may call a route: everybody, whoever is signed in, the holders of a permission, or of an API key's scope."""

    kind: Literal["public", "signed-in", "permission", "scope"]
    permission: Permission | None = None
    scope: Scope | None = None
    before_password_change: bool = False


PUBLIC = Access("public")
# Also for those who have yet to replace a one-time password.
SIGNED_IN_ALWAYS = Access("signed-in", before_password_change=True)
SIGNED_IN = Access("signed-in")


def may(permission: Permission) -> Access:
    """Only people who hold `permission` at the institution they are working for."""
    return Access("permission", permission=permission)


def key_with(scope: Scope) -> Access:
    """Only programs with an API key made for `scope`."""
    return Access("scope", scope=scope)


@dataclass(frozen=True)
class Caller:
    """Who is asking. Every query is bounded to `institution_id`; a candidate's to `person_id` as well.

    For an API key `person_id` is 0 and `permissions` is empty.
    """

    person_id: int
    name: str
    institution_id: int
    institution_name: str
    institutions: tuple[tuple[int, str], ...] = ()
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    scopes: frozenset[Scope] = frozenset()
    session_id: int = 0
    locale: str = "zh"
    must_change_password: bool = False
    csrf_token: str = field(default="", repr=False)

    def can(self, permission: str) -> bool:
        """Whether the caller holds a permission, by its name; for templates."""
        return Permission(permission) in self.permissions


def caller(request: Request) -> Caller:
    """The caller of a route that is not public."""
    found: Caller | None = request.state.caller
    if found is None:
        raise SignInNeeded
    return found


def token_hash(token: str) -> str:
    """What is kept of a session token or an API key: its SHA-256, as the token itself is 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(secret: bytes, binding: str) -> str:
    """The CSRF token of a browser session (bound to its token's hash) or of an anonymous visitor's cookie."""
    return hmac.new(secret, f"csrf\x1f{binding}".encode(), hashlib.sha256).hexdigest()
