"""Judging the answers and events of a request, one by one, and writing down what is kept."""

import hashlib
import hmac
from typing import Any

import orjson
from sqlmodel import select

from exam.sessions import ledger, rules
from exam.sessions.ledger import Batch
from exam.sessions.lives import Live
from exam.sessions.models import SittingEvent
from exam.sessions.plan import Plan
from exam.sessions.requests import Sync
from exam.sessions.states import PAGE_EVENT, Event

ANSWER = Event.ANSWER.value
_SORTED = orjson.OPT_SORT_KEYS
_KIND_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz-")


def save_answers(batch: Batch, live: Live, plan: Plan, request: Sync, key: bytes) -> list[dict[str, Any]]:
    """Judge each answer and append those that are kept; what is returned tells the page about each, in its order."""
    return [_save(batch, live, plan, request.at, answer, key) for answer in request.answers[: rules.MAX_ANSWERS]]


def _save(batch: Batch, live: Live, plan: Plan, at: int, answer: Any, key: bytes) -> dict[str, Any]:
    if type(answer) is not dict:
        return _refused(None, None, "not-an-answer")
    slot: Any = answer.get("slot")
    revision: Any = answer.get("revision")
    code = rules.misshapen(slot, revision, len(plan.lines))
    if code is None:
        code = rules.untimely(at, live.deadline or 0, live.stopped, answer.get("made"))
    if code is not None:
        return _refused(slot, revision, code, "later" if code == "paused" else "refused")
    response = answer.get("response")
    body = _body(response)
    if body is None:
        return _refused(slot, revision, "malformed")
    top = live.top.get(slot, 0)
    if revision <= top:
        known = _stored(batch, live, slot, revision)
        if known is not None:
            return _known(live, slot, revision, body, known, key)
    if live.seq >= rules.MAX_LINKS:
        return _refused(slot, revision, "too-many-saves")
    code = _unfit(live, plan, slot, response, body)
    if code is not None:
        return _refused(slot, revision, code)
    ledger.append(batch, live, ANSWER, at, body, slot, revision)
    batch.answers[live.id, slot, revision] = (at, body)
    if revision > top:
        live.top[slot] = revision
    return _saved("saved" if revision > top else "stale", live.id, slot, revision, at, body, key)


def _body(response: Any) -> str | None:
    """The canonical JSON of a response; None for one nested so deeply that it can't be written."""
    if response is None:
        return "null"
    try:
        return orjson.dumps(response, option=_SORTED).decode()
    except orjson.JSONEncodeError:
        return None


def _known(
    live: Live, slot: int, revision: int, body: str | None, known: tuple[int, str], key: bytes
) -> dict[str, Any]:
    """The same revision again: the same receipt for the same content, a refusal for any other."""
    at, stored = known
    if stored != body:
        return _refused(slot, revision, "revision-conflict")
    return _saved("duplicate", live.id, slot, revision, at, stored, key)


def known_answers(batch: Batch, live: Live, request: Sync, key: bytes) -> list[dict[str, Any]]:
    """After the end nothing is saved any more, but what had been is told again with its receipt."""
    told = []
    for answer in request.answers[: rules.MAX_ANSWERS]:
        slot, revision = (answer.get("slot"), answer.get("revision")) if type(answer) is dict else (None, None)
        known = None
        if type(slot) is int and type(revision) is int and 0 < revision <= live.top.get(slot, 0):
            known = _stored(batch, live, slot, revision)
        if known is None or slot is None or revision is None:
            told.append(_refused(slot, revision, "submitted"))
        else:
            told.append(_known(live, slot, revision, _body(answer.get("response")), known, key))
    return told


def _stored(batch: Batch, live: Live, slot: int, revision: int) -> tuple[int, str] | None:
    pending = batch.answers.get((live.id, slot, revision))
    if pending is not None:
        return pending
    row = batch.db.connection().execute(
        select(SittingEvent.at, SittingEvent.body).where(
            SittingEvent.sitting_id == live.id, SittingEvent.slot == slot, SittingEvent.revision == revision
        )
    )
    found = row.first()
    return None if found is None else (found[0], found[1])


def _unfit(live: Live, plan: Plan, slot: int, response: Any, body: str) -> str | None:
    """Why a response can't be kept. A cleared answer (null) always can."""
    if response is None:
        return None
    if body.count("{") + body.count("[") > rules.MAX_DEPTH and rules.too_deep(response):
        return "malformed"
    if len(body) > rules.MAX_RESPONSE // 4 and len(body.encode()) > rules.MAX_RESPONSE:
        return "response-too-large"
    if slot == rules.WORKSPACE:
        return None if type(response) is dict else "malformed"
    if live.order is None:
        live.order = plan.order(live.seed)
    return plan.lines[live.order[slot - 1]].check(response)


def _saved(status: str, sitting_id: int, slot: int, revision: int, at: int, body: str, key: bytes) -> dict[str, Any]:
    said = f"r1.{sitting_id}.{slot}.{revision}.{at}.{hashlib.sha256(body.encode()).hexdigest()}"  # receipts.sign
    return {
        "slot": slot,
        "revision": revision,
        "status": status,
        "code": None,
        "at": at // 1000,
        "receipt": f"{said}.{hmac.digest(key, said.encode(), 'sha256').hex()}",
    }


def _refused(slot: Any, revision: Any, code: str, status: str = "refused") -> dict[str, Any]:
    return {
        "slot": slot if type(slot) is int else None,
        "revision": revision if type(revision) is int else None,
        "status": status,
        "code": code,
        "at": None,
        "receipt": None,
    }


def save_events(batch: Batch, live: Live, request: Sync) -> None:
    """Append a page's own events, each once by its number; one that makes no sense is passed over for good."""
    wanted = [each for each in request.events[: rules.MAX_EVENTS] if type(each) is dict and type(each.get("n")) is int]
    for event in sorted(wanted, key=lambda each: each["n"]):
        n, kind = event["n"], event.get("kind")
        if not live.events_upto < n <= rules.MAX_REVISION or live.seq >= rules.MAX_LINKS:
            continue
        detail = event.get("detail")
        if type(kind) is str and 0 < len(kind) <= 24 and _KIND_LETTERS.issuperset(kind):
            said: dict[str, Any] = {"claim": live.claim, "n": n, "detail": detail if _bounded(detail) else None}
            ledger.append(batch, live, PAGE_EVENT + kind, request.at, orjson.dumps(said, option=_SORTED).decode())
        live.events_upto = n


def _bounded(detail: Any) -> bool:
    if not isinstance(detail, dict) or rules.too_deep(detail):
        return False
    return len(orjson.dumps(detail)) <= rules.MAX_DETAIL
