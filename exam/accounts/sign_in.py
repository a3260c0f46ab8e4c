"""The two ways of signing in, as requests see them: throttle, judge, open a sign-in, set its cookies.

`POST /sign-in` is the form. `POST /sign-in/again` is for a page whose sign-in has ended under it, in the middle of an
exam: it takes the person's password and says who they were by one of two proofs, either of which also proves that the
request comes from our own page and not from another site:

- `token` in the JSON: made by `again_token` for that person when the page was made; it outlives the sign-in, and the
  loss of every cookie;
- the header `X-CSRF-Token` of the page together with the ended sign-in's cookie, which the browser still holds.

Another site has neither, and can't send JSON without the browser asking us first (CORS), which we never allow.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlmodel import Session, select
from starlette.requests import Request

from exam.accounts import rules
from exam.accounts.access import csrf_token, token_hash
from exam.accounts.gate import AccountsGate
from exam.accounts.models import BrowserSession, Person
from exam.accounts.service_sessions import Opened, Place, open_session
from exam.accounts.service_sign_in import Judged, find, judge, known_address
from exam.accounts.throttle import Attempt
from exam.core import i18n, tokens, web
from exam.core.errors import SignInNeeded, TooMany

log = structlog.get_logger()
AGAIN = "sign-in-again"
AGAIN_AGE = timedelta(days=2)
DEVICE, DEVICE_COOKIE = "known-device", "device"
DEVICE_AGE = timedelta(days=180)
DEVICE_PEOPLE = 20


def gate_of(request: Request) -> AccountsGate:
    """The app's gate."""
    gate: AccountsGate = request.app.state.gate
    return gate


def attempt(request: Request, typed: str, password: str) -> Judged:
    """Judge what was typed into the form. Raises `TooMany`."""
    with web.reading(request) as db:
        person = find(db, typed)
        tried = _attempt(request, db, rules.throttle_key(typed), person)
    return _judged(request, person, password, tried)


def attempt_for(request: Request, person: Person, password: str) -> Judged:
    """Judge a password for a person who is known already. Raises `TooMany`."""
    with web.reading(request) as db:
        tried = _attempt(request, db, f"person {person.id}", person)
    return _judged(request, person, password, tried)


def _attempt(request: Request, db: Session, account: str, person: Person | None) -> Attempt:
    address = gate_of(request).address(request)
    device, people = _device(request)
    if person is None or person.id is None:
        return Attempt(account, address)
    if person.id in people:
        return Attempt(account, address, device=device, known=True)
    return Attempt(account, address, known=known_address(db, person.id, address, web.now(request)))


def _judged(request: Request, person: Person | None, password: str, tried: Attempt) -> Judged:
    throttle = gate_of(request).throttle
    wait = throttle.begin(tried)
    if wait:
        log.warning("sign-in.throttled", person=person.id if person else None, address=tried.address, wait=wait)
        raise TooMany(wait)
    judged = judge(person, password)
    if judged.outcome == "wrong":
        log.info("sign-in.failed", person=person.id if person else None, address=tried.address)
    else:
        throttle.succeeded(tried)
    return judged


def enter(request: Request, judged: Judged, *, institution_id: int | None = None) -> Opened:
    """Open a sign-in for whom `judged` let in, with a new token; the one this browser had ends."""
    gate, now = gate_of(request), web.now(request)
    assert judged.person is not None and judged.person.id is not None
    lifetime = timedelta(hours=request.app.state.settings.session_hours)
    place = Place(gate.address(request), request.headers.get("user-agent", ""), lifetime)
    with web.transaction(request) as db:
        person = db.get(Person, judged.person.id)
        if person is None or person.state != "active" or person.password_hash != judged.person.password_hash:
            raise SignInNeeded
        if judged.new_hash:
            person.password_hash = judged.new_hash
            db.add(person)
        if request.cookies.get("lang") in i18n.LOCALES:
            person.locale = request.cookies["lang"]  # chosen before signing in: it goes with the person from now on
            db.add(person)
        opened = open_session(
            db, person, place, now=now, replaces=gate.session_token(request), institution_id=institution_id
        )
    gate.set_cookie(request, gate.session_cookie, opened.token, int(lifetime.total_seconds()))
    _remember_device(request, judged.person.id)
    return opened


def leave(request: Request) -> None:
    """Have the browser forget the session cookie."""
    gate = gate_of(request)
    gate.set_cookie(request, gate.session_cookie, "", 0)


def _device(request: Request) -> tuple[str, list[int]]:
    """The id of this browser and who has signed in from it: from its signed cookie."""
    try:
        token = request.cookies.get(DEVICE_COOKIE, "")
        device, people = tokens.read(request.app.state.secret, DEVICE, token, DEVICE_AGE, web.now(request))
    except (tokens.BadToken, TypeError, ValueError):
        return secrets.token_urlsafe(12), []
    return str(device), [int(person) for person in people]


def _remember_device(request: Request, person_id: int) -> None:
    device, people = _device(request)
    kept = [person_id, *_others(people, person_id)][:DEVICE_PEOPLE]
    token = tokens.make(request.app.state.secret, DEVICE, [device, kept], web.now(request))
    gate_of(request).set_cookie(request, DEVICE_COOKIE, token, int(DEVICE_AGE.total_seconds()))


def _others(people: Iterable[int], person_id: int) -> list[int]:
    return [person for person in people if person != person_id]


@dataclass(frozen=True)
class Known:
    """Who a page belonged to before its sign-in ended."""

    person: Person
    institution_id: int | None


def again_token(request: Request, person_id: int, institution_id: int | None = None) -> str:
    """What a page keeps, to sign the same person in again in place (`token` of `POST /sign-in/again`), for two days."""
    return tokens.make(request.app.state.secret, AGAIN, [person_id, institution_id], web.now(request))


def known_from(request: Request, token: str) -> Known:
    """Whose page asks for signing in again, by either proof. Raises `SignInNeeded`."""
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise SignInNeeded
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise SignInNeeded
    with web.reading(request) as db:
        person_id, institution_id = _from_token(request, token) if token else _from_ended(request, db)
        person = db.get(Person, person_id)
    if person is None:
        raise SignInNeeded
    return Known(person, institution_id)


def _from_token(request: Request, token: str) -> tuple[int, int | None]:
    try:
        person_id, institution_id = tokens.read(request.app.state.secret, AGAIN, token, AGAIN_AGE, web.now(request))
    except (tokens.BadToken, TypeError, ValueError) as error:
        raise SignInNeeded from error
    return int(person_id), institution_id


def _from_ended(request: Request, db: Session) -> tuple[int, int | None]:
    gate = gate_of(request)
    hashed = token_hash(gate.session_token(request))
    row = db.exec(select(BrowserSession).where(BrowserSession.token_hash == hashed)).first()
    sent = request.headers.get("x-csrf-token", "")
    if row is None or not hmac.compare_digest(sent.encode(), csrf_token(gate.secret, hashed).encode()):
        raise SignInNeeded
    return row.person_id, row.institution_id


def new_csrf(request: Request, opened: Opened) -> str:
    """The CSRF token of a sign-in just opened."""
    return csrf_token(gate_of(request).secret, token_hash(opened.token))
