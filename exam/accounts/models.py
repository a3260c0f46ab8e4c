"""Institutions, people, the roles they hold, their sign-ins and the keys of institutions."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from exam.accounts.permissions import Role
from exam.core.db import one_of

PERSON_STATES = ("registered", "refused", "active", "disabled")


class Institution(SQLModel, table=True):
    """A training body, exam office or employer. Everything else belongs to one."""

    __tablename__ = "institution"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    name: str = Field(max_length=200)
    name_en: str = Field(default="", max_length=200)
    created_at: datetime


class Person(SQLModel, table=True):
    """A natural person, once on the platform, whatever institutions they belong to.

    `registered`: filled in the form, waits for an administrator (S3); `refused`: an administrator said no, for
    `state_reason`, and the person may register again; `active`: may sign in; `disabled`: may not.
    `applied_to` is the institution that the person registered with or that brought them in: its administrators
    manage the account.
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint(one_of("state", PERSON_STATES), name="state"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=100)
    id_number: str | None = Field(default=None, unique=True, max_length=18)
    username: str | None = Field(default=None, unique=True, max_length=60)
    phone: str | None = Field(default=None, unique=True, max_length=20)
    email: str | None = Field(default=None, max_length=200)
    password_hash: str | None = Field(default=None, max_length=200)
    must_change_password: bool = False
    state: str = Field(default="registered", index=True)
    state_reason: str = Field(default="", max_length=300)
    locale: str = Field(default="zh", max_length=5)
    applied_to: int | None = Field(default=None, foreign_key="institution.id", index=True)
    created_at: datetime
    activated_at: datetime | None = None
    activated_by: int | None = Field(default=None, foreign_key="person.id")
    import_id: int | None = Field(default=None, foreign_key="people_import.id", index=True)


class PeopleImport(SQLModel, table=True):
    """A sheet of people that was taken in: what it brought, and when its one-time passwords were last made."""

    __tablename__ = "people_import"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    file_name: str = Field(max_length=200)
    at: datetime
    by: int | None = None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    passwords_at: datetime | None = None


class RoleGrant(SQLModel, table=True):
    """A person holds a role at an institution."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("person_id", "institution_id", "role"),
        CheckConstraint(one_of("role", Role), name="role"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    role: str
    granted_at: datetime
    granted_by: int | None = Field(default=None, foreign_key="person.id")


class BrowserSession(SQLModel, table=True):
    """A sign-in, kept on the server so that it can be ended; the browser holds the token, here is its hash."""

    __tablename__ = "browser_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True, max_length=64)
    person_id: int = Field(foreign_key="person.id", index=True)
    institution_id: int | None = Field(default=None, foreign_key="institution.id")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str = Field(max_length=60)
    user_agent: str = Field(max_length=200)
    ended_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="person.id")


class ApiKey(SQLModel, table=True):
    """A key with which an institution's software reads from the API; only its hash is kept."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institution.id", index=True)
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=12)
    secret_hash: str = Field(unique=True, max_length=64)
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
