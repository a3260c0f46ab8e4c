"""What candidates see of what lies here about them, their requests to delete it, and the exam office's answers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from exam.accounts import messages
from exam.accounts.access import Caller
from exam.accounts.deeds import record_by
from exam.accounts.models import Person
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.core.objects import ObjectStore
from exam.proctor.consent import rules_privacy as privacy_rules
from exam.proctor.consent import service as service_consent
from exam.proctor.consent.rules_privacy import MAX_REASON, Kept
from exam.proctor.evidence import retention
from exam.proctor.models import CameraConsent, CheckIn, ErasureRequest, Frame, Proctored
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting
from exam.sessions.service_adjust import others

SHOWN = 50


@dataclass(frozen=True)
class Mine:
    """A watched sitting as its candidate sees it on the privacy page."""

    sitting: Sitting
    exam: Exam
    row: Proctored
    answers: Sequence[CameraConsent]
    requests: Sequence[ErasureRequest]
    kept: Kept

    @property
    def may_withdraw(self) -> bool:
        """Whether there is a consent to be taken back."""
        return bool(self.answers) and self.answers[-1].answer == "given"

    @property
    def may_ask(self) -> bool:
        """Whether deletion can be asked for now."""
        return privacy_rules.may_ask(self.kept) is None


def mine(db: Session, who: Caller) -> list[Mine]:
    """The caller's watched sittings at their institution, newest first, `SHOWN` at most."""
    query = (
        select(Sitting, Exam, Proctored)
        .join(Proctored, col(Proctored.sitting_id) == col(Sitting.id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(Sitting.person_id == who.person_id, Sitting.institution_id == who.institution_id)
        .order_by(col(Sitting.id).desc())
        .limit(SHOWN)
    )
    rows = [row for row in db.exec(query).all() if row[2].terms["level"] != "none"]
    ids = [sitting.id or 0 for sitting, _, _ in rows]
    answers, asked, counts = service_consent.history(db, ids), _requests(db, ids), _pictures(db, ids)
    found = []
    for sitting, exam, row in rows:
        own = asked.get(row.sitting_id, [])
        kept = _kept(db, sitting, row, counts.get(row.sitting_id, 0), own)
        found.append(Mine(sitting, exam, row, answers.get(row.sitting_id, ()), own, kept))
    return found


def _requests(db: Session, sitting_ids: Collection[int]) -> dict[int, list[ErasureRequest]]:
    query = select(ErasureRequest).where(col(ErasureRequest.sitting_id).in_(sitting_ids))
    found: dict[int, list[ErasureRequest]] = {}
    for row in db.exec(query.order_by(col(ErasureRequest.id))):
        found.setdefault(row.sitting_id, []).append(row)
    return found


def _pictures(db: Session, sitting_ids: Collection[int]) -> dict[int, int]:
    query = select(Frame.sitting_id, func.count()).where(
        col(Frame.sitting_id).in_(sitting_ids), col(Frame.erased).is_(False)
    )
    found = dict(db.exec(query.group_by(col(Frame.sitting_id))).all())
    for row in db.exec(select(CheckIn).where(col(CheckIn.sitting_id).in_(sitting_ids))):
        found[row.sitting_id] = found.get(row.sitting_id, 0) + len(row.pictures)
    return found


def _kept(db: Session, sitting: Sitting, row: Proctored, pictures: int, asked: Sequence[ErasureRequest]) -> Kept:
    there = 0 if row.erased_at else pictures
    states = tuple(each.state for each in asked)
    return Kept(there, retention.ended_at(db, sitting), retention.kept_until(db, row), states)


def ask_erasure(db: Session, person_id: int, sitting_id: int, reason: str, now: datetime) -> None:
    """A candidate asks for the pictures of their own sitting to be deleted. Raises NotFound, Invalid, Refused."""
    # On PostgreSQL the row's lock keeps a second request of the same moment waiting until it can be seen.
    row = db.exec(select(Proctored).where(Proctored.sitting_id == sitting_id).with_for_update()).one_or_none()
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.person_id != person_id or row is None:
        raise NotFound
    if len(reason.strip()) > MAX_REASON:
        raise Invalid([Problem("reason", "too-long", {"most": MAX_REASON})])
    asked = _requests(db, [sitting_id]).get(sitting_id, [])
    kept = _kept(db, sitting, row, _pictures(db, [sitting_id]).get(sitting_id, 0), asked)
    if refusal := privacy_rules.may_ask(kept):
        raise Refused(refusal)
    request = ErasureRequest(
        institution_id=sitting.institution_id,
        person_id=person_id,
        sitting_id=sitting_id,
        reason=reason.strip(),
        asked_at=now,
    )
    db.add(request)
    db.flush()


@dataclass(frozen=True)
class Asked:
    """A request as the exam office sees it; `why_not` is the code of what still needs the pictures, or None."""

    request: ErasureRequest
    candidate: str
    exam: Exam
    why_not: str | None


def requests_of(db: Session, who: Caller) -> tuple[list[Asked], list[Asked]]:
    """The institution's open requests, oldest first, and the newest that were answered."""
    query = (
        select(ErasureRequest, Person.name, Exam)
        .join(Sitting, col(Sitting.id) == col(ErasureRequest.sitting_id))
        .join(Person, col(Person.id) == col(ErasureRequest.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(ErasureRequest.institution_id == who.institution_id)
    )
    waiting = query.where(ErasureRequest.state == "open").order_by(col(ErasureRequest.id)).limit(SHOWN)
    answered = query.where(ErasureRequest.state != "open").order_by(col(ErasureRequest.decided_at).desc()).limit(SHOWN)
    return (
        [Asked(*row, retention.held(db, row[0].sitting_id).why) for row in db.exec(waiting).all()],
        [Asked(*row, None) for row in db.exec(answered).all()],
    )


def waiting(db: Session, institution_id: int) -> int:
    """How many requests wait for the exam office."""
    query = select(func.count()).where(ErasureRequest.institution_id == institution_id, ErasureRequest.state == "open")
    return db.exec(query).one()


def decide(
    db: Session, objects: ObjectStore, who: Caller, request_id: int, granted: bool, answer: str, now: datetime
) -> None:
    """Grant a request, which deletes the pictures at once, or refuse it with a reason; the candidate is told.

    Raises NotFound, Invalid (a refusal without its reason), and Refused where the pictures are still needed.
    """
    query = select(ErasureRequest).where(
        ErasureRequest.id == request_id, ErasureRequest.institution_id == who.institution_id
    )
    request = db.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if request is None:
        raise NotFound
    others(db, who, request.sitting_id)
    answer = answer.strip()
    if not granted and not answer:
        raise Invalid([Problem("answer", "required")])
    if len(answer) > MAX_REASON:
        raise Invalid([Problem("answer", "too-long", {"most": MAX_REASON})])
    if request.state != "open":
        return
    if granted:
        retention.erase(db, objects, request.sitting_id, who, now, answer)
    request.state, request.answer = "done" if granted else "refused", answer
    request.decided_by, request.decided_at = who.person_id, now
    db.add(request)
    db.flush()
    _tell(db, request, now)
    deed = "erasure.grant" if granted else "erasure.refuse"
    record_by(db, who, now, deed, ("sitting", request.sitting_id), {"request": request.id, "reason": answer})


def _tell(db: Session, request: ErasureRequest, now: datetime) -> None:
    query = select(Exam).join(Sitting, col(Sitting.exam_id) == col(Exam.id)).where(Sitting.id == request.sitting_id)
    code = "erasure-done" if request.state == "done" else "erasure-refused"
    params = {"exam": db.exec(query).one().title, "reason": request.answer}
    messages.send(db, request.institution_id, request.person_id, code, params, now)
