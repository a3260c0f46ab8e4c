"""How a sitting is watched: the policy of its exam and what its candidate was granted, fixed when it is made ready."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from exam.proctor.detectors import MUTES, active
from exam.proctor.models import Proctored, ProctoringAccommodation, ProctoringPolicy
from exam.sessions.models import Sitting


@dataclass(frozen=True)
class Terms:
    """A watched sitting's terms. `detectors` are those that count, `muted` those that accommodations took away."""

    sitting_id: int
    level: str
    route: str
    room: int
    interval_seconds: int
    detectors: frozenset[str]
    muted: frozenset[str]
    accommodations: tuple[str, ...]
    identity: str
    hold_results: bool
    keep_days: int
    appeal_days: int
    blind_share: int

    @property
    def camera(self) -> bool:
        """Whether frames are taken and looked at."""
        return self.level in ("camera", "live") and self.route == "camera"


def watch(db: Session, sitting: Sitting, now: datetime) -> Proctored | None:
    """The row of a watched sitting, made the first time; None for a sitting of an exam that is not watched.

    Until the start the terms follow the policy and the accommodations; from the start on they stay.
    """
    row = db.get(Proctored, sitting.id)
    if row is not None and sitting.started_at is not None:
        return row
    policy = db.get(ProctoringPolicy, sitting.exam_id)
    if policy is None or policy.level == "none":
        return row
    if row is None:
        there = db.exec(select(func.count()).where(Proctored.exam_id == sitting.exam_id)).one()
        row = Proctored(
            sitting_id=sitting.id or 0,
            institution_id=sitting.institution_id,
            exam_id=sitting.exam_id,
            room=there // max(1, policy.room_size) + 1,
            made_at=now,
        )
    granted = granted_to(db, sitting.enrolment_id)
    row.terms = {
        "level": policy.level,
        "interval_seconds": policy.interval_seconds,
        "chosen": sorted(policy.detectors),
        "accommodations": sorted(granted),
        "identity": policy.identity,
        "hold_results": policy.hold_results,
        "keep_days": policy.keep_days,
        "appeal_days": policy.appeal_days,
        "blind_share": policy.blind_share,
    }
    if "camera-off" in granted:
        row.route = "human"
    db.add(row)
    db.flush()
    return row


def granted_to(db: Session, enrolment_id: int) -> frozenset[str]:
    """The accommodations that hold for an enrolment."""
    query = select(ProctoringAccommodation.kind).where(
        ProctoringAccommodation.enrolment_id == enrolment_id, col(ProctoringAccommodation.revoked_at).is_(None)
    )
    return frozenset(db.exec(query))


def terms_of(row: Proctored) -> Terms:
    """The terms of a watched sitting as plain values."""
    kept = row.terms
    granted = frozenset(kept["accommodations"])
    chosen = frozenset(kept["chosen"])
    counting = active(kept["level"], chosen, granted)
    if row.route == "human":
        counting -= MUTES["camera-off"]
    return Terms(
        sitting_id=row.sitting_id,
        level=kept["level"],
        route=row.route,
        room=row.room,
        interval_seconds=kept["interval_seconds"],
        detectors=counting,
        muted=active(kept["level"], chosen, frozenset()) - counting,
        accommodations=tuple(kept["accommodations"]),
        identity=kept["identity"],
        hold_results=kept["hold_results"],
        keep_days=kept["keep_days"],
        appeal_days=kept["appeal_days"],
        blind_share=kept["blind_share"],
    )


def watched(db: Session, sitting_id: int) -> Terms | None:
    """The terms of a sitting; None when it is not watched."""
    row = db.get(Proctored, sitting_id)
    return None if row is None else terms_of(row)
