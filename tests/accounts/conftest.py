"""People with passwords, and browsers that sign in by the form as a person would."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import Session, select
from starlette.testclient import TestClient

from exam.accounts import passwords
from exam.accounts.access import SESSION_COOKIE
from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.core.audit import AuditEvent

PASSWORD = "correct horse battery"
_HASH = passwords.make_hash(PASSWORD)


@dataclass
class Browser:
    """A browser on the site: keeps its cookies, and sends with each form the token its last page carried."""

    http: TestClient
    page: str = ""

    def get(self, url: str) -> Any:
        return self._shown(self.http.get(url))

    def post(self, url: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        return self._shown(self.http.post(url, data={"csrf_token": self.csrf, **(data or {})}, **kwargs))

    def _shown(self, answer: Any) -> Any:
        """Keep the page; after a redirection or a download the one before is still there."""
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    @property
    def token(self) -> str:
        """The session cookie."""
        return str(self.http.cookies[SESSION_COOKIE])

    @token.setter
    def token(self, value: str) -> None:
        self.http.cookies.set(SESSION_COOKIE, value, domain="127.0.0.1", path="/")

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf-token" content="([0-9a-f]*)"', self.page)
        return found[1] if found else ""

    def sign_in(self, identifier: str, password: str = PASSWORD, onward: str = "/") -> Any:
        self.get("/sign-in")
        return self.post("/sign-in", {"identifier": identifier, "password": password, "next": onward})


@pytest.fixture
def visitor(app) -> Callable[[], Browser]:
    """`visitor()` → a new browser, nobody signed in."""
    return lambda: Browser(TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False))


@pytest.fixture
def somebody(world, database) -> Callable[..., int]:
    """`somebody(Role.CANDIDATE, username="zhang")` → the id of a person with a password."""

    def make(*roles: Role, institution_id: int = 0, **values: Any) -> int:
        institution_id = institution_id or world.institution()
        person_id = world.person(institution_id, *roles)
        with database.transaction() as db:
            person = db.get(Person, person_id)
            values.setdefault("password_hash", _HASH)
            values.setdefault("applied_to", institution_id)
            for name, value in values.items():
                setattr(person, name, value)
            db.add(person)
        return int(person_id)

    return make


@pytest.fixture
def person_of(database) -> Callable[[int], Person]:
    """`person_of(id)` → the person as on file."""

    def read(person_id: int) -> Person:
        with database.reading() as db:
            person = db.get(Person, person_id)
            assert person is not None
            return person

    return read


def actions(db: Session, institution_id: int) -> list[str]:
    """What stands in an institution's log."""
    found = select(AuditEvent.action).where(AuditEvent.institution_id == institution_id).order_by("seq")
    return list(db.exec(found))
