"""What candidates answer when asked about camera and face images, and what follows from it.

The newest answer counts. Refusing and withdrawing put a sitting on the way by a human: from then on no picture is
taken.
"""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, func, select

from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused
from exam.proctor.consent import rules as consent_rules
from exam.proctor.consent import texts as consent
from exam.proctor.consent.rules import Stand
from exam.proctor.detectors import CAMERA_LEVELS
from exam.proctor.models import CameraConsent, CheckIn, Proctored
from exam.proctor.terms import Terms, granted_to, terms_of, watch
from exam.sessions import ledger
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.states import State


def consented(db: Session, sitting_ids: Collection[int]) -> set[int]:
    """Those of the sittings whose candidates' newest answer is yes: only of these may pictures be taken."""
    return {sitting_id for sitting_id, answer in answers(db, sitting_ids).items() if answer == "given"}


def answers(db: Session, sitting_ids: Collection[int]) -> dict[int, str]:
    """The newest answer of each sitting that has one."""
    newest = (
        select(func.max(CameraConsent.id))
        .where(col(CameraConsent.sitting_id).in_(set(sitting_ids)))
        .group_by(col(CameraConsent.sitting_id))
    )
    query = select(CameraConsent.sitting_id, CameraConsent.answer).where(col(CameraConsent.id).in_(newest))
    return dict(db.exec(query).all())


def history(db: Session, sitting_ids: Collection[int]) -> dict[int, list[CameraConsent]]:
    """Every answer, oldest first."""
    query = select(CameraConsent).where(col(CameraConsent.sitting_id).in_(set(sitting_ids)))
    found: dict[int, list[CameraConsent]] = {}
    for row in db.exec(query.order_by(col(CameraConsent.id))):
        found.setdefault(row.sitting_id, []).append(row)
    return found


def stand_of(db: Session, terms: Terms) -> Stand:
    """How a watched sitting stands before its start."""
    check_in = db.get(CheckIn, terms.sitting_id)
    answer = answers(db, [terms.sitting_id]).get(terms.sitting_id, "")
    return Stand(terms.level, terms.route, terms.identity, answer, check_in.state if check_in else "")


def bars(db: Session, rows: Collection[Proctored]) -> dict[int, Refusal]:
    """Why watched sittings can't be started yet, as far as consent and the human's check go; in two statements."""
    ids = {row.sitting_id for row in rows if row.terms["level"] in CAMERA_LEVELS}
    if not ids:
        return {}
    said = answers(db, ids)
    checked = dict(db.exec(select(CheckIn.sitting_id, CheckIn.state).where(col(CheckIn.sitting_id).in_(ids))).all())
    found = {}
    for row in rows:
        own = said.get(row.sitting_id, ""), checked.get(row.sitting_id, "")
        step = consent_rules.next_step(Stand(row.terms["level"], row.route, row.terms["identity"], *own))
        if step in consent_rules.BARS:
            found[row.sitting_id] = Refusal(consent_rules.BARS[step])
    return found


def answer(db: Session, person_id: int, sitting_id: int, said: str, locale: str, now: datetime) -> None:
    """Take a candidate's answer ("given", "refused", "withdrawn") for their own sitting. The same again is once.

    Raises NotFound, and Refused for what can't be answered any more.
    """
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.person_id != person_id:
        raise NotFound
    batch = ledger.open_heads(db, {}, [sitting_id])  # from here on nobody else answers for the sitting, or starts it
    db.refresh(sitting)
    row = watch(db, sitting, now)
    if row is None:
        raise NotFound
    kept = history(db, [sitting_id]).get(sitting_id, [])
    if (kept and kept[-1].answer == said) or (not kept and said == "withdrawn"):
        return
    camera = terms_of(row).level in CAMERA_LEVELS
    if refusal := consent_rules.may_answer(said, sitting.state, len(kept), camera=camera):
        raise Refused(refusal)
    db.add(
        CameraConsent(
            institution_id=sitting.institution_id,
            person_id=person_id,
            sitting_id=sitting_id,
            answer=said,
            text_version=consent.CURRENT.version,
            locale=locale,
            at=now,
        )
    )
    body = ledger.as_body({"text": consent.CURRENT.version, "locale": locale})
    ledger.append(batch, batch.lives[sitting_id], f"consent.{said}", micros(now), body)
    ledger.flush(batch)
    if sitting.state not in (State.SUBMITTED, State.VOID):  # else there is nothing left to verify
        _follow(db, sitting, row, said, now)
    db.flush()


def _follow(db: Session, sitting: Sitting, row: Proctored, said: str, now: datetime) -> None:
    """The way that an answer leads to; where the office switched the camera off it stays off."""
    if said != "given":
        to_human(db, row, now)
    elif "camera-off" not in granted_to(db, sitting.enrolment_id):
        to_camera(db, row)


def withdraw(db: Session, person_id: int, sitting_id: int, now: datetime, locale: str = "zh") -> None:
    """Take back a consent, at any time: no picture is taken from now on, and a human verifies instead.

    Raises NotFound. For a sitting whose candidate never answered, and a second time, nothing happens.
    """
    answer(db, person_id, sitting_id, "withdrawn", locale, now)


def to_human(db: Session, row: Proctored, now: datetime) -> None:
    """Put a sitting on the way by a human and have it wait for one; whom a human approved already stays approved."""
    row.route = "human"
    db.add(row)
    check_in = db.get(CheckIn, row.sitting_id)
    if check_in is None:
        check_in = CheckIn(sitting_id=row.sitting_id, institution_id=row.institution_id)
    by_human = check_in.state == "approved" and check_in.decided_by is not None
    if not by_human and check_in.state != "waiting":
        check_in.state, check_in.sent_at = "waiting", now
    db.add(check_in)


def to_camera(db: Session, row: Proctored) -> None:
    """Put a sitting back on the way by the camera: what waited for a human does not any more."""
    if row.route == "camera":
        return
    row.route = "camera"
    db.add(row)
    check_in = db.get(CheckIn, row.sitting_id)
    if check_in is not None and check_in.state != "open":
        check_in.state, check_in.sent_at, check_in.decided_at, check_in.decided_by = "open", None, None, None
        db.add(check_in)


def ask_human(db: Session, person_id: int, sitting_id: int, now: datetime) -> None:
    """A candidate on the way by a human asks to be verified. Twice is once. Raises NotFound."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.person_id != person_id:
        raise NotFound
    row = watch(db, sitting, now)
    if row is None or row.route != "human":
        raise NotFound
    to_human(db, row, now)
    db.flush()
