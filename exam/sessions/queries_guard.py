"""Reads about Safe Exam Browser in sittings: what pages show of a requirement, of locks and of excuses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.scheduling.models import Exam
from exam.seb import config, links
from exam.seb.models import SebExcuse, SebFile, SebLock, SebRequirement
from exam.sessions import guard
from exam.sessions.models import Sitting
from exam.sessions.states import RUNNING, State


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock of a sitting, with the names of people."""

    at: datetime
    why: str
    unlocked_at: datetime | None
    unlocked_by: str | None
    reason: str


def requires(db: Session, exam_id: int) -> bool:
    """Whether an exam requires SEB, as of now."""
    row = db.get(SebRequirement, exam_id)
    return row is not None and row.required


def locked(db: Session, ids: Collection[int]) -> frozenset[int]:
    """Those of the sittings that are under way and wait for a supervisor."""
    query = (
        select(SebLock.sitting_id)
        .join(Sitting, col(Sitting.id) == col(SebLock.sitting_id))
        .join(SebRequirement, col(SebRequirement.exam_id) == col(Sitting.exam_id))
        .where(col(SebLock.sitting_id).in_(ids), col(SebLock.unlocked_at).is_(None))
        .where(col(SebRequirement.required), col(Sitting.state).in_(RUNNING))
    )
    return frozenset(db.exec(query))


def locks(db: Session, sitting_id: int) -> list[Lock]:
    """Every lock of a sitting, the newest first."""
    by = aliased(Person)
    query = (
        select(SebLock, by.name)
        .join(by, col(by.id) == col(SebLock.unlocked_by), isouter=True)
        .where(SebLock.sitting_id == sitting_id)
        .order_by(col(SebLock.id).desc())
    )
    return [Lock(row.at, row.why, row.unlocked_at, name, row.reason) for row, name in db.exec(query)]


def watch(db: Session, who: Caller, sitting: Sitting) -> dict[str, Any] | None:
    """What a sitting's watch page shows of SEB; None where there is nothing to show."""
    found, excuse = locks(db, sitting.id or 0), db.get(SebExcuse, sitting.id)
    required = requires(db, sitting.exam_id)
    if not required and not found and excuse is None:
        return None
    going = sitting.state in RUNNING
    return {
        "locks": found,
        "locked": required and going and any(lock.unlocked_at is None for lock in found),
        "excuse": excuse,
        "may_unlock": going and who.can(Permission.SITTING_SUPERVISE),
        "may_excuse": required
        and excuse is None
        and (going or sitting.state == State.PREPARED)
        and who.can(Permission.SITTING_ADJUST),
    }


def start(db: Session, request: Request, sitting: Sitting) -> dict[str, Any] | None:
    """What the start page says of SEB: where its configuration is, or that this candidate may do without."""
    if not requires(db, sitting.exam_id):
        return None
    excused = guard.standings(db, [sitting.id or 0])[sitting.id or 0].excused
    ticket = links.ticket(request.app.state.secret, sitting.exam_id, web.now(request))
    path = str(request.app.url_path_for("seb_file", token=ticket))
    site = request.app.state.settings.public_url.rstrip("/")
    return {
        "excused": excused,
        "file_url": path,
        "launch_url": links.launching(f"{site}{path}"),
        "check_url": str(request.app.url_path_for("sitting_seb", sitting_id=sitting.id)),
    }


def paper_part(db: Session, exam: Exam) -> tuple[str, dict[str, Any]] | None:
    """What lies over the paper of an exam that requires SEB, for when a sitting is locked."""
    return ("seb/_paper.html", {"script": ""}) if requires(db, exam.id or 0) else None


def quit_url(db: Session, exam_id: int) -> str:
    """The address that ends SEB, as the exam's configuration has it; "" where there is none."""
    file = db.get(SebFile, exam_id) if requires(db, exam_id) else None
    found = config.read(file.content).get("quitURL", "") if file is not None else ""
    return found if isinstance(found, str) and found.startswith(("http://", "https://")) else ""
