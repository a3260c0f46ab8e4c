"""How sittings stand towards the camera, read for many at once: whose they are, their terms, consent, baseline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from exam.proctor.models import CameraConsent, CheckIn, Frame, Proctored
from exam.proctor.terms import Terms, terms_of
from exam.sessions.models import Sitting


@dataclass(frozen=True)
class Standing:
    """A sitting as a frame finds it. `consented`: the newest answer about the camera is yes; `baseline`: JSON of the
    check-in's, if there was one; `source`: which camera was shown there."""

    sitting_id: int
    institution_id: int
    person_id: int
    state: str
    terms: Terms
    consented: bool
    baseline: dict[str, Any] | None
    source: str = "camera"


def standings(db: Session, ids: Iterable[int]) -> dict[int, Standing]:
    """The watched sittings among these."""
    wanted = sorted(set(ids))
    rows = db.exec(
        select(Sitting, Proctored, CheckIn)
        .join(Proctored, col(Proctored.sitting_id) == col(Sitting.id))
        .join(CheckIn, col(CheckIn.sitting_id) == col(Sitting.id), isouter=True)
        .where(col(Sitting.id).in_(wanted))
    ).all()
    given = consented(db, wanted)
    return {
        sitting.id or 0: Standing(
            sitting_id=sitting.id or 0,
            institution_id=sitting.institution_id,
            person_id=sitting.person_id,
            state=sitting.state,
            terms=terms_of(watched),
            consented=sitting.id in given,
            baseline=None if check_in is None else check_in.baseline,
            source="camera" if check_in is None else check_in.source,
        )
        for sitting, watched, check_in in rows
    }


def consented(db: Session, ids: Sequence[int]) -> frozenset[int]:
    """The sittings whose candidate's newest answer about the camera is yes."""
    newest = (
        select(func.max(CameraConsent.id))
        .where(col(CameraConsent.sitting_id).in_(ids))
        .group_by(col(CameraConsent.sitting_id))
    )
    found = select(CameraConsent.sitting_id).where(col(CameraConsent.id).in_(newest), CameraConsent.answer == "given")
    return frozenset(db.exec(found))


def frame_numbers(db: Session, sitting_id: int) -> list[int]:
    """The numbers of all frames of a sitting."""
    return list(db.exec(select(Frame.number).where(Frame.sitting_id == sitting_id)))
