"""Who is at the door of the answer path: sign-ins looked up for many requests at once and remembered for a few seconds.

The conditions are those of `accounts.gate` (a test holds the two together). A sign-in is forgotten at once when
accounts tells that something about its person changed (sign-out, a killed sign-in, a role taken away), and after
`TTL` seconds in any case, which bounds what other processes did.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts.access import csrf_token, token_hash
from exam.accounts.models import BrowserSession, Person, RoleGrant
from exam.accounts.permissions import Permission, Role, permissions_of
from exam.sessions.models import Sitting

TTL = 5.0
KEPT = 50_000


@dataclass(slots=True)
class SignIn:
    """A candidate's living sign-in. `until` is on the monotonic clock."""

    person_id: int
    name: str
    locale: str
    csrf: str
    must_change_password: bool
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


@dataclass(slots=True)
class WhichPaper:
    """Asks for what shows a sitting's page."""

    sitting_id: int


@dataclass(slots=True)
class Shown:
    """A sitting as its page needs it."""

    person_id: int
    state: str
    exam_id: int
    paper_id: int
    seed: str
    deadline: datetime | None


Question = WhoIs | WhichPaper
Answer = SignIn | Shown | None


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


def answer(db: Session, questions: Sequence[Question], door: Door) -> list[Answer]:
    """Answer a group of questions in a few statements."""
    asked = {each.token: each.now for each in questions if type(each) is WhoIs}
    sitting_ids = {each.sitting_id for each in questions if type(each) is WhichPaper}
    people = look_up(db, asked, door) if asked else {}
    papers = _papers(db, sitting_ids) if sitting_ids else {}
    return [people.get(each.token) if isinstance(each, WhoIs) else papers.get(each.sitting_id) for each in questions]


def look_up(db: Session, tokens: dict[str, datetime], door: Door) -> dict[str, SignIn]:
    """The living sign-ins of candidates among these tokens, and remember them."""
    generation = door.generation
    hashes = {token_hash(token): token for token in tokens}
    session, person = BrowserSession, Person
    rows = (
        db.connection()
        .execute(
            select(
                *(col(session.token_hash), col(session.id), col(session.institution_id), col(session.expires_at)),
                *(col(session.last_seen_at), col(session.ended_at), col(person.id), col(person.name)),
                *(col(person.state), col(person.locale), col(person.must_change_password)),
            )  # type: ignore[call-overload]
            .join(Person, col(person.id) == col(session.person_id))
            .where(col(session.token_hash).in_(list(hashes)))
        )
        .all()
    )
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
        current = institution_id if institution_id in held else min(held, default=0)
        if Permission.SITTING_TAKE not in permissions_of(frozenset(held.get(current, ()))):
            continue
        door.gate.seen.session(session_id, now)
        found[token] = SignIn(person_id, name, locale, csrf_token(door.gate.secret, hashed), must_change, until)
    if generation == door.generation:
        if len(door.known) > KEPT:
            door.known.clear()
        door.known.update(found)
    return found


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


def _papers(db: Session, ids: set[int]) -> dict[int, Shown]:
    rows = db.connection().execute(
        select(
            *(col(Sitting.id), col(Sitting.person_id), col(Sitting.state), col(Sitting.exam_id)),
            *(col(Sitting.paper_id), col(Sitting.seed), col(Sitting.deadline)),
        ).where(col(Sitting.id).in_(ids))  # type: ignore[call-overload]
    )
    return {row[0]: Shown(*row[1:]) for row in rows}
