"""Who is at the door of the short ways round the router: sign-ins looked up many at once and remembered for seconds.

The conditions are those of `accounts.gate` (a test holds the two together). A sign-in is forgotten at once when
something about its person changed (sign-out, a killed sign-in, a role taken away), and after `TTL` seconds in any case,
which bounds what other processes did.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts import signals
from exam.accounts.access import csrf_token, token_hash
from exam.accounts.models import BrowserSession, Person, RoleGrant
from exam.accounts.permissions import Permission, Role, permissions_of
from exam.core.db import Database
from exam.core.writer import NotSaved, QueueFull, Writer

TTL = 5.0
KEPT = 50_000
READER_QUEUE = 50_000


@dataclass(slots=True)
class SignIn:
    """A living sign-in with what it may do where it is. `until` is on the monotonic clock."""

    person_id: int
    institution_id: int
    name: str
    locale: str
    csrf: str
    must_change_password: bool
    permissions: frozenset[Permission]
    until: float


@dataclass(slots=True)
class Door:
    """What is remembered; `generation` counts the changes, so that an answer read before one is not kept after it."""

    gate: Any
    known: dict[str, SignIn] = field(default_factory=dict)
    generation: int = 0


@dataclass(slots=True)
class WhoIs:
    """Asks for the sign-in of a session token."""

    token: str
    now: datetime


@dataclass
class Doorman:
    """The door of one process, and the reader that looks up who comes; `app.state.doorman`."""

    database: Database
    door: Door
    cookie: bytes
    reader: Writer[WhoIs, SignIn | None] | None = None

    def forget(self, people: Iterable[int]) -> None:
        """Something about these people changed."""
        forget(self.door, people)

    async def who(self, headers: Mapping[bytes, bytes], at: datetime) -> SignIn | None:
        """The living sign-in that a request's cookie names; None for none, and where nobody can tell just now."""
        token = cookie_value(headers.get(b"cookie", b""), self.cookie)
        if not token or self.reader is None:
            return None
        known = remembered(self.door, token)
        if known is None:
            try:
                known = await self.reader.submit(WhoIs(token, at))
            except (QueueFull, NotSaved):
                return None
        return known


def attach(state: Any) -> None:
    """Make the doorman of an app; he works from `start` on."""
    state.doorman = Doorman(state.database, Door(state.gate), f"{state.gate.session_cookie}=".encode())


def start(state: Any) -> None:
    """Begin, on the event loop's thread."""
    doorman: Doorman = state.doorman

    def read(db: Session, group: Sequence[WhoIs]) -> list[SignIn | None]:
        found = look_up(db, {each.token: each.now for each in group}, doorman.door)
        return [found.get(each.token) for each in group]

    doorman.reader = Writer(doorman.database.reading, read, READER_QUEUE, name="doorman")
    doorman.reader.start(asyncio.get_running_loop())
    signals.changed.append(doorman.forget)


def stop(state: Any) -> None:
    """Answer who still waits, then end."""
    doorman: Doorman = state.doorman
    if doorman.reader is not None:
        doorman.reader.stop()
        signals.changed.remove(doorman.forget)
    doorman.reader = None


def cookie_value(cookies: bytes, prefix: bytes) -> str:
    """The value of the cookie whose name and "=" are `prefix`; empty for none."""
    for cookie in cookies.split(b";"):
        cookie = cookie.strip()
        if cookie.startswith(prefix):
            return cookie[len(prefix) :].decode("latin-1")
    return ""


def remembered(door: Door, token: str) -> SignIn | None:
    """The sign-in of a token, if it was looked up in the last few seconds."""
    found = door.known.get(token)
    return found if found is not None and found.until > time.monotonic() else None


def forget(door: Door, people: Iterable[int]) -> None:
    """Something about these people changed."""
    door.generation += 1
    ids = frozenset(people)
    for token in [token for token, known in list(door.known.items()) if known.person_id in ids]:
        door.known.pop(token, None)


def look_up(db: Session, tokens: dict[str, datetime], door: Door) -> dict[str, SignIn]:
    """The living sign-ins among these tokens, and remember them."""
    generation = door.generation
    hashes = {token_hash(token): token for token in tokens}
    rows = _rows(db, list(hashes))
    roles = _roles(db, [row[6] for row in rows])
    found: dict[str, SignIn] = {}
    until = time.monotonic() + TTL
    for hashed, session_id, institution_id, expires_at, seen_at, ended_at, *about in rows:
        person_id, name, state, locale, must_change = about
        token = hashes[hashed]
        now = tokens[token]
        if ended_at or expires_at <= now or state != "active":
            continue
        if door.gate.seen.last(session_id, seen_at) + door.gate.idle <= now:
            continue
        held = roles.get(person_id, {})
        here = institution_id if institution_id in held else min(held, default=0)
        permissions = permissions_of(frozenset(held.get(here, ())))
        if not permissions:
            continue
        door.gate.seen.session(session_id, now)
        csrf = csrf_token(door.gate.secret, hashed)
        found[token] = SignIn(person_id, here, name, locale, csrf, must_change, permissions, until)
    if generation == door.generation:
        if len(door.known) > KEPT:
            door.known.clear()
        door.known.update(found)
    return found


def _rows(db: Session, hashes: list[str]) -> Sequence[Any]:
    session, person = BrowserSession, Person
    return (
        db.connection()
        .execute(
            select(
                *(col(session.token_hash), col(session.id), col(session.institution_id), col(session.expires_at)),
                *(col(session.last_seen_at), col(session.ended_at), col(person.id), col(person.name)),
                *(col(person.state), col(person.locale), col(person.must_change_password)),
            )  # type: ignore[call-overload]
            .join(Person, col(person.id) == col(session.person_id))
            .where(col(session.token_hash).in_(hashes))
        )
        .all()
    )


def _roles(db: Session, people: list[int]) -> dict[int, dict[int, set[Role]]]:
    rows = db.connection().execute(
        select(RoleGrant.person_id, RoleGrant.institution_id, RoleGrant.role).where(
            col(RoleGrant.person_id).in_(people)
        )
    )
    held: dict[int, dict[int, set[Role]]] = {}
    for person_id, institution_id, role in rows:
        held.setdefault(person_id, {}).setdefault(institution_id, set()).add(Role(role))
    return held
