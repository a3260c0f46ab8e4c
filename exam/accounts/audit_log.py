"""The audit log as people read it: filters, names in place of ids, sentences in place of codes. Nobody edits it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from exam.accounts.audit_words import in_words
from exam.accounts.models import Person
from exam.accounts.queries import here
from exam.core import i18n
from exam.core.audit import AuditEvent
from exam.core.clock import SHANGHAI

PAGE = 50
BATCH = 1000


@dataclass(frozen=True)
class Filters:
    """What to show: a part of the name of who did it, an action, civil days in Shanghai (both inclusive), a subject."""

    who: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    subject: str = ""


@dataclass(frozen=True)
class Entry:
    """One deed, ready to be shown."""

    seq: int
    at: datetime
    actor: str
    action: str
    text: str
    subject_kind: str
    subject_kind_text: str
    subject_id: str
    subject: str
    detail: Mapping[str, Any]
    hash: str

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The details in plain words."""
        return in_words(self.detail)


def actions(db: Session, institution_id: int) -> list[str]:
    """Every action that stands in an institution's log."""
    found = select(AuditEvent.action).where(AuditEvent.institution_id == institution_id).distinct()
    return sorted(db.exec(found))


def entries(
    db: Session, institution_id: int, filters: Filters, *, before: int | None = None, limit: int = PAGE
) -> list[Entry]:
    """Deeds with a number below `before`, the newest first."""
    wanted = _wanted(institution_id, filters)
    if before is not None:
        wanted.append(col(AuditEvent.seq) < before)
    rows = db.exec(select(AuditEvent).where(*wanted).order_by(col(AuditEvent.seq).desc()).limit(limit)).all()
    return _named(db, institution_id, rows)


def batches(open_db: Any, institution_id: int, filters: Filters) -> Iterator[list[Entry]]:
    """All deeds in batches, the newest first, each read in a transaction of its own."""
    before: int | None = None
    while True:
        with open_db() as db:
            found = entries(db, institution_id, filters, before=before, limit=BATCH)
        if not found:
            return
        yield found
        before = found[-1].seq


def action_text(action: str, detail: Mapping[str, Any] | None = None) -> str:
    """What was done, as a sentence in the request's language; the code itself where no text is known."""
    text = _text(f"audit.{action}")
    if not text:
        return action
    try:
        return text % {**(detail or {})} if "%(" in text else text
    except (KeyError, TypeError, ValueError):
        return text.partition("%(")[0].rstrip("：:（( ") or action


def _text(code: str) -> str:
    """The text of a code in the request's language; "" where none is known."""
    text = i18n.gettext(code)
    return "" if text == code else text


def _wanted(institution_id: int, filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [col(AuditEvent.institution_id) == institution_id]
    if filters.action:
        wanted.append(col(AuditEvent.action) == filters.action)
    if filters.who:
        part = "%" + filters.who.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        named = select(Person.id).where(col(Person.name).like(part, escape="\\"))
        wanted.append(col(AuditEvent.actor_id).in_(named))
    if filters.subject:
        kind, _, number = filters.subject.rpartition(" ")
        wanted.append(col(AuditEvent.subject_id) == number)
        if kind:
            wanted.append(col(AuditEvent.subject_kind) == kind)
    if filters.since:
        wanted.append(col(AuditEvent.at) >= _midnight(filters.since))
    if filters.until:
        wanted.append(col(AuditEvent.at) < _midnight(filters.until + timedelta(days=1)))
    return wanted


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def _named(db: Session, institution_id: int, rows: Sequence[AuditEvent]) -> list[Entry]:
    """Names for ids: of whoever acted here, and of subjects who are people of this institution."""
    actors = {row.actor_id for row in rows if row.actor_id}
    subjects = {int(row.subject_id) for row in rows if row.subject_kind == "person" and row.subject_id.isdecimal()}
    names = {row.id: row.name for row in db.exec(select(Person).where(col(Person.id).in_(actors)))}
    own = {
        row.id: row.name for row in db.exec(select(Person).where(col(Person.id).in_(subjects), here(institution_id)))
    }
    return [
        Entry(
            seq=row.seq,
            at=row.at,
            actor=names.get(row.actor_id, "") if row.actor_id else i18n.gettext("系统"),
            action=row.action,
            text=action_text(row.action, row.detail),
            subject_kind=row.subject_kind,
            subject_kind_text=_text(f"subject.{row.subject_kind}") or row.subject_kind,
            subject_id=row.subject_id,
            subject=own.get(int(row.subject_id), "")
            if row.subject_kind == "person" and row.subject_id.isdecimal()
            else "",
            detail=row.detail,
            hash=row.hash,
        )
        for row in rows
    ]
