"""What whoever watches does to a sitting, each deed by its row of `deeds`; recorded in its log and the audit log."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.core.i18n import gettext
from exam.proctor.incidents.service import write_noted
from exam.proctor.incidents.words import BY_HAND
from exam.proctor.models_incidents import Incident
from exam.proctor.wall import rules_deeds as deed_rules
from exam.proctor.wall.deeds import DEEDS, END_REASONS, Deed
from exam.proctor.wall.rules_deeds import Asked
from exam.sessions import adjusting, service, service_supervise
from exam.sessions.models import Adjustment, Sitting
from exam.sessions.service_adjust import managed, others
from exam.sessions.states import RUNNING

MESSAGES = ("message", "room", "face")


def deed_of(key: str) -> Deed:
    """The deed of an address. Raises NotFound."""
    if key not in DEEDS:
        raise NotFound
    return DEEDS[key]


def candidate_locale(db: Session, sitting: Sitting) -> str:
    """The language in which the candidate is told things."""
    return db.get_one(Person, sitting.person_id).locale


def do(db: Session, who: Caller, sitting_id: int, deed: Deed, asked: Asked, now: datetime) -> None:
    """Do it. Raises NotFound for another institution's sitting, Refused where its state or a rule is against it."""
    sitting = others(db, who, sitting_id)
    if deed.key in MESSAGES:
        service_supervise.send(db, who, sitting_id, deed.key, asked.words, now)
    elif deed.key == "pause":
        service_supervise.pause(db, who, sitting_id, asked.words, now)
    elif deed.key == "resume":
        service_supervise.resume(db, who, sitting_id, now)
    elif deed.key == "end":
        reason = gettext(END_REASONS[asked.code], candidate_locale(db, sitting))
        service_supervise.end(db, who, sitting_id, asked.code, f"{reason} – {asked.words}", now)
    elif deed.key == "note":
        note(db, who, sitting_id, asked, now)
    elif deed.key == "extra":
        give(db, who, sitting_id, asked, now)
    else:
        take_back(db, who, sitting_id, now)


def note(db: Session, who: Caller, sitting_id: int, asked: Asked, now: datetime) -> Incident:
    """Write down what a human saw, as an incident that somebody decides like any other. Raises NotFound, Refused."""
    sitting = _running(db, who, sitting_id, now)
    row = Incident(
        institution_id=sitting.institution_id,
        sitting_id=sitting_id,
        kind=BY_HAND,
        origin="proctor",
        severity=asked.severity,
        began_at=now,
        ended_at=now,
        reason={"text": asked.words},
        noted_at=now,
        noted_by=who.person_id,
    )
    write_noted(db, row)
    _audit(db, who, sitting_id, "proctor.note", {"text": asked.words, "severity": asked.severity}, now)
    return row


def give(db: Session, who: Caller, sitting_id: int, asked: Asked, now: datetime) -> None:
    """Extra time, bounded for those who may not adjust sittings otherwise. Raises NotFound, Refused."""
    _running(db, who, sitting_id, now)
    unbounded = Permission.SITTING_ADJUST in who.permissions
    given = sum(row.seconds for row in _extra(db, sitting_id))
    _allowed(deed_rules.may_give(given, asked.minutes, unbounded=unbounded))
    _adjust(db, who, sitting_id, asked.minutes * 60, asked.words, now)


def take_back(db: Session, who: Caller, sitting_id: int, now: datetime) -> None:
    """Take the newest extra time back, if it was given a moment ago. Raises NotFound, Refused."""
    sitting = _running(db, who, sitting_id, now)
    newest = _newest(db, sitting_id)
    _allowed(may_take_back(sitting, newest, now))
    assert newest is not None
    reason = gettext("更正：刚才的加时给错了", candidate_locale(db, sitting))
    _adjust(db, who, sitting_id, -newest.seconds, reason, now)


def may_take_back(sitting: Sitting, newest: Adjustment | None, now: datetime) -> Refusal | None:
    """Whether the newest extra time of a sitting may be taken back."""
    if newest is None:
        return deed_rules.may_take_back(None, 0, None, now)
    return deed_rules.may_take_back(newest.made_at, newest.seconds, sitting.deadline, now)


def can_take_back(db: Session, sitting: Sitting, now: datetime) -> bool:
    """Whether taking extra time back is offered."""
    return may_take_back(sitting, _newest(db, sitting.id or 0), now) is None


def _newest(db: Session, sitting_id: int) -> Adjustment | None:
    rows = _extra(db, sitting_id)
    return rows[-1] if rows else None


def _extra(db: Session, sitting_id: int) -> list[Adjustment]:
    query = select(Adjustment).where(Adjustment.sitting_id == sitting_id, Adjustment.kind == "extra-time")
    return list(db.exec(query.order_by(col(Adjustment.id))))


def _adjust(db: Session, who: Caller, sitting_id: int, seconds: int, reason: str, now: datetime) -> None:
    adjusting.adjust(db, [sitting_id], adjusting.Given("extra-time", seconds, reason, who.person_id), now)
    service.expire(db, sitting_id)
    _audit(db, who, sitting_id, "proctor.extra-time", {"minutes": seconds // 60, "reason": reason}, now)


def _running(db: Session, who: Caller, sitting_id: int, now: datetime) -> Sitting:
    others(db, who, sitting_id)
    service.submit_if_due(db, sitting_id, now)
    sitting = managed(db, who, sitting_id)
    if sitting.state not in RUNNING:
        raise Refused(Refusal("not-in-progress"))
    return sitting


def _allowed(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal)


def _audit(db: Session, who: Caller, sitting_id: int, action: str, detail: dict[str, Any], now: datetime) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("sitting", sitting_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail=detail,
    )
