"""What other packages ask about applications, and what their pages show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.applications import rules
from exam.applications.models import Application, ApplicationPicture
from exam.core.decisions import Refusal

PAGE = 50


@dataclass(frozen=True)
class Page:
    """A page of the queue; `number` from 1."""

    rows: Sequence[tuple[Application, Person, str]]
    """An application, whose it is, and what was found with its photo: `faults`, `uncounted` (nothing, but its faces
    were not counted), `clean`, or empty where there is no photo (any more)."""
    total: int
    number: int

    @property
    def first(self) -> int:
        """The number of its first row."""
        return (self.number - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of its last row."""
        return min(self.number * PAGE, self.total)


def latest(db: Session, institution_id: int, person_id: int, scheme_key: str, track: str | None) -> Application | None:
    """The latest application of a person for a track; None where there is none."""
    query = select(Application).where(
        Application.institution_id == institution_id,
        Application.person_id == person_id,
        Application.scheme == scheme_key,
        Application.track == (track or ""),
    )
    return db.exec(query.order_by(col(Application.id).desc()).limit(1)).first()


def entry_refusal(
    db: Session, institution_id: int, person_id: int, scheme_key: str, track: str | None, now: datetime
) -> Refusal | None:
    """Why somebody is not let in for want of an approved application; None where one is approved (S4 annex 1)."""
    row = latest(db, institution_id, person_id, scheme_key, track)
    return rules.entry(row.state if row else None, row.reason if row else "")


def proof_accepted(db: Session, institution_id: int, person_id: int, scheme_key: str, track: str | None) -> bool:
    """Whether the office accepted another hour proof with an application that is approved (S4 §5)."""
    row = latest(db, institution_id, person_id, scheme_key, track)
    return row is not None and row.state == "approved" and row.proof_accepted


def proof_sent(db: Session, row: Application) -> bool:
    """Whether another hour proof came with an application, whether its picture is still there or not."""
    query = select(ApplicationPicture.id).where(
        ApplicationPicture.application_id == row.id, ApplicationPicture.kind == "proof"
    )
    return db.exec(query.limit(1)).first() is not None


def photo_of(db: Session, institution_id: int, person_id: int, scheme_key: str) -> str | None:
    """The newest photo of an approved application, as the hash of its private object; None where there is none."""
    query = (
        select(ApplicationPicture.sha256)
        .join(Application, col(Application.id) == col(ApplicationPicture.application_id))
        .where(
            Application.institution_id == institution_id,
            Application.person_id == person_id,
            Application.scheme == scheme_key,
            Application.state == "approved",
            ApplicationPicture.kind == "photo",
            col(ApplicationPicture.sha256).is_not(None),
        )
        .order_by(col(ApplicationPicture.id).desc())
        .limit(1)
    )
    return db.exec(query).first()


def own(db: Session, who: Caller) -> list[Application]:
    """The caller's applications at their institution, the newest first."""
    query = select(Application).where(
        Application.person_id == who.person_id, Application.institution_id == who.institution_id
    )
    return list(db.exec(query.order_by(col(Application.id).desc())))


def queue(db: Session, who: Caller, filters: Mapping[str, str]) -> Page:
    """Applications that were sent to the institution, the oldest first; `filters` are `q`, `state`,
    `project` (scheme/track) and `page`."""
    query = (
        select(Application, Person)
        .join(Person, col(Person.id) == col(Application.person_id))
        .where(Application.institution_id == who.institution_id, col(Application.sent_at).is_not(None))
    )
    if state := filters.get("state"):
        query = query.where(Application.state == state)
    if project := filters.get("project"):
        scheme, _, track = project.partition("/")
        query = query.where(Application.scheme == scheme, Application.track == track)
    if asked := filters.get("q", "").strip():
        like = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        named = (col(Person.name).like(f"%{like}%", escape="\\"), col(Person.id_number) == asked.upper())
        query = query.where(or_(*named, col(Person.username) == asked))
    total = db.exec(select(func.count()).select_from(query.subquery())).one()
    asked_page = filters.get("page", "1")
    number = int(asked_page) if asked_page.isdecimal() and len(asked_page) < 7 else 1
    number = max(1, min(number, (total + PAGE - 1) // PAGE))
    rows = db.exec(
        query.order_by(col(Application.sent_at), col(Application.id)).limit(PAGE).offset((number - 1) * PAGE)
    ).all()
    found = _findings(db, [row.id or 0 for row, _ in rows])
    return Page([(row, person, found.get(row.id or 0, "")) for row, person in rows], total, number)


def _findings(db: Session, ids: Sequence[int]) -> dict[int, str]:
    query = select(ApplicationPicture).where(
        col(ApplicationPicture.application_id).in_(ids),
        ApplicationPicture.kind == "photo",
        col(ApplicationPicture.sha256).is_not(None),
    )
    return {row.application_id: rules.photo_verdict([each["code"] for each in row.findings]) for row in db.exec(query)}


def waiting(db: Session, who: Caller) -> int:
    """How many applications wait for the institution's decision."""
    query = select(func.count()).select_from(Application)
    return db.exec(query.where(Application.institution_id == who.institution_id, Application.state == "sent")).one()
