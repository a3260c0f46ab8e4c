"""The check-in of a sitting: the camera tried, what was done when it failed, the way to a human.

Everything that counts is a link of the sitting's log (kind "check-in") in the same transaction; trying a camera is not.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.proctor.checkin import rules
from exam.proctor.checkin.rules import Standing
from exam.proctor.consent import service as service_consent
from exam.proctor.models import SOURCES, CheckIn, Proctored
from exam.proctor.terms import Terms, terms_of, watch
from exam.sessions import ledger
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.states import State
from exam.vision.advice import advise
from exam.vision.observation import Observation
from exam.vision.observe import baseline_of

LINK = "check-in"
ENDED = (State.SUBMITTED, State.VOID)


@dataclass(frozen=True)
class Case:
    """A sitting with its check-in, and where that stands."""

    sitting: Sitting
    row: Proctored
    terms: Terms
    check_in: CheckIn
    at: Standing

    @property
    def started(self) -> bool:
        """Whether the sitting has begun."""
        return self.sitting.started_at is not None

    @property
    def step(self) -> str:
        """What comes next (`checkin_rules.next_step`)."""
        return rules.next_step(self.at)


def find(db: Session, sitting_id: int, person_id: int | None) -> Case:
    """The case of a sitting as it stands, without writing. `person_id`: whose it must be; None: proved otherwise.

    Raises NotFound, also for a sitting that is not watched.
    """
    sitting = db.get(Sitting, sitting_id)
    row = db.get(Proctored, sitting_id)
    if sitting is None or row is None or person_id not in (None, sitting.person_id):
        raise NotFound
    return _case(db, sitting, row, db.get(CheckIn, sitting_id) or _none(row))


def begin(db: Session, sitting_id: int, person_id: int | None, now: datetime) -> Case:
    """The case of a sitting, its check-in made if there is none: the side to turn to is drawn here. Raises NotFound."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or person_id not in (None, sitting.person_id):
        raise NotFound
    ledger.open_heads(db, {}, [sitting_id])  # from here on nobody else writes of this sitting
    row = watch(db, sitting, now)
    if row is None:
        raise NotFound
    check_in = db.get(CheckIn, sitting_id)
    if check_in is None:
        check_in = CheckIn(sitting_id=sitting_id, institution_id=sitting.institution_id, turn=draw_side())
        db.add(check_in)
        db.flush()
    return _case(db, sitting, row, check_in)


def _none(row: Proctored) -> CheckIn:
    return CheckIn(sitting_id=row.sitting_id, institution_id=row.institution_id)


def draw_side() -> str:
    """The side to turn to: not known before, so that no film can be made for it."""
    return secrets.choice(rules.SIDES)


def _case(db: Session, sitting: Sitting, row: Proctored, check_in: CheckIn) -> Case:
    terms = terms_of(row)
    answer = service_consent.answers(db, [row.sitting_id]).get(row.sitting_id, "")
    at = Standing(terms.level, terms.route, terms.identity, answer, check_in.state, check_in.camera_ok_at is not None)
    return Case(sitting, row, terms, check_in, at)


def check_look(case: Case) -> None:
    """Refuse a picture that nobody may send now: without consent, on the way by a human, after the start.

    Raises Refused."""
    refusal = rules.may_try(case.check_in.state, case.started)
    if refusal is None and (case.at.route != "camera" or case.at.consent != "given"):
        refusal = Refusal("check-in-no-camera")
    if refusal:
        raise Refused(refusal)


def check_phone(case: Case) -> None:
    """Refuse a phone as camera without consent, on the way by a human, after the end. A phone may take over in the
    middle of a sitting whose camera broke. Raises Refused."""
    if case.at.route != "camera" or case.at.consent != "given" or case.sitting.state in ENDED:
        raise Refused(Refusal("check-in-no-camera"))


def step(db: Session, case: Case, error: str, rung: str, cameras: int, now: datetime) -> str:
    """Write down a step of the ladder: what was wrong and what was tried against it. Returns what to try next.

    Raises Invalid for words that are none of ours, Refused after the start.
    """
    if error not in rules.HELPS or rung not in ("", *rules.RUNGS):
        raise Invalid([Problem("error", "check-in-unknown")])
    check_look(case)
    tried = {each.get("rung", "") for each in case.check_in.ladder} | {rung}
    if len(case.check_in.ladder) < rules.MOST_STEPS:
        climb(db, case, {"error": error, "rung": rung}, now)
    return rules.next_rung(error, tried, cameras)


def climb(db: Session, case: Case, said: Mapping[str, Any], now: datetime) -> None:
    """Add an entry to the ladder, and a link that says the same."""
    entry = {"at": now.isoformat(timespec="seconds"), **said}
    case.check_in.ladder = [*case.check_in.ladder, entry]
    db.add(case.check_in)
    note(db, case.sitting, {"step": "ladder", **said}, now)


def note(db: Session, sitting: Sitting, said: Mapping[str, Any], now: datetime) -> None:
    """Append a link of the check-in to the sitting's log."""
    sitting_id = sitting.id or 0
    batch = ledger.open_heads(db, {}, [sitting_id])
    ledger.append(batch, batch.lives[sitting_id], LINK, micros(now), ledger.as_body(said))
    db.flush()
    ledger.flush(batch)


def camera_tested(db: Session, case: Case, source: str, seen: Sequence[Observation], now: datetime) -> bool:
    """Take the camera's test: whether it is passed. Several straight faces become the baseline of later signals.

    Raises Refused. A test that is not passed writes nothing.
    """
    check_look(case)
    if source not in SOURCES:
        raise Invalid([Problem("source", "check-in-unknown")])
    advice = [advise(each) for each in seen]
    if not rules.good_enough(advice):
        return False
    check_in, baseline = case.check_in, baseline_of(seen)
    check_in.camera_ok_at, check_in.source = now, source
    check_in.baseline = baseline.to_json() if baseline else None
    told = sorted({code for codes in advice for code in codes})
    check_in.seen = {**check_in.seen, "detector": seen[0].detector, "advice": told}
    db.add(check_in)
    said = {"step": "camera", "source": source, "detector": seen[0].detector, "advice": told}
    note(db, case.sitting, {**said, "baseline": baseline is not None}, now)
    return True


def take_over(db: Session, case: Case, source: str, now: datetime) -> None:
    """Another camera takes the place of the one that was shown at check-in. Twice is once.

    The baseline goes with the camera it was taken by: another one stands elsewhere and sees the same face turned.
    """
    if case.check_in.source != source:
        case.check_in.source, case.check_in.baseline = source, None
        db.add(case.check_in)
        note(db, case.sitting, {"step": "source", "source": source}, now)


def use_here(db: Session, case: Case, now: datetime) -> None:
    """The computer's own camera takes the place of a phone in a sitting under way; the phone's link ends.

    Twice is once. Raises Refused without consent, on the way by a human, before the start and after the end.
    """
    check_phone(case)
    if not case.started:
        raise Refused(Refusal("check-in-no-camera"))
    if case.check_in.source != "camera":
        climb(db, case, {"error": "", "rung": rules.HERE}, now)
        take_over(db, case, "camera", now)


def ask_human(db: Session, case: Case, now: datetime) -> None:
    """The candidate asks a human to decide; no face is looked at by software from here on. Twice is once.

    Raises Refused after the start.
    """
    if case.at.route == "human" and case.check_in.state in ("waiting", "approved"):
        return
    refusal = rules.may_try(case.check_in.state, case.started)
    if refusal:
        raise Refused(refusal)
    service_consent.to_human(db, case.row, now)
    climb(db, case, {"error": "", "rung": "human"}, now)


def back_to_camera(db: Session, case: Case, now: datetime) -> None:
    """The candidate's camera works after all: back from the human's way, as long as nobody has approved. Twice is once.

    Raises Refused where the camera is off by accommodation or consent, and after the start.
    """
    if case.at.route == "camera":
        return
    refusal = rules.may_try(case.check_in.state, case.started)
    if refusal is None and (case.at.consent != "given" or "camera-off" in case.terms.accommodations):
        refusal = Refusal("check-in-no-camera")
    if refusal:
        raise Refused(refusal)
    service_consent.to_camera(db, case.row)
    climb(db, case, {"error": "", "rung": "retry"}, now)
