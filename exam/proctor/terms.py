"""How a sitting is watched: the policy of its exam and what its candidate was granted, fixed when it is made ready."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from exam.proctor.detectors import MUTES, active
from exam.proctor.models import Proctored, ProctoringAccommodation, ProctoringPolicy
from exam.sessions.models import Sitting
from exam.sessions.states import State


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
    return watch_many(db, [sitting], now).get(sitting.id or 0)


def watch_many(db: Session, sittings: Sequence[Sitting], now: datetime) -> dict[int, Proctored]:
    """The same for many sittings, in a few statements: their rows by sitting, without those that are not watched."""
    ids = [sitting.id for sitting in sittings]
    rows = {row.sitting_id: row for row in db.exec(select(Proctored).where(col(Proctored.sitting_id).in_(ids)))}
    ahead = [sitting for sitting in sittings if sitting.started_at is None and sitting.state == State.PREPARED]
    exam_ids = {sitting.exam_id for sitting in ahead}
    if not exam_ids:
        return rows
    policies = {
        row.exam_id: row for row in db.exec(select(ProctoringPolicy).where(col(ProctoringPolicy.exam_id).in_(exam_ids)))
    }
    wanted = [
        sitting
        for sitting in ahead
        if sitting.exam_id in policies and (sitting.id in rows or policies[sitting.exam_id].level != "none")
    ]
    granted = granted_to_many(db, [sitting.enrolment_id for sitting in wanted])
    seats = _seats(db, {sitting.exam_id for sitting in wanted if sitting.id not in rows})
    for sitting in wanted:
        policy, held = policies[sitting.exam_id], granted.get(sitting.enrolment_id, frozenset())
        row = rows.get(sitting.id or 0)
        if row is None:
            seat = seats[sitting.exam_id] = seats.get(sitting.exam_id, -1) + 1
            row = rows[sitting.id or 0] = Proctored(
                sitting_id=sitting.id or 0,
                institution_id=sitting.institution_id,
                exam_id=sitting.exam_id,
                room=seat // max(1, policy.room_size) + 1,
                made_at=now,
            )
        row.terms = _terms(policy, held)
        if "camera-off" in held:
            row.route = "human"
        db.add(row)
    db.flush()
    return rows


def _seats(db: Session, exam_ids: Collection[int]) -> dict[int, int]:
    """By exam, the number of the last place taken in its rooms, counted from 0."""
    query = select(Proctored.exam_id, func.count()).where(col(Proctored.exam_id).in_(exam_ids))
    return {exam_id: count - 1 for exam_id, count in db.exec(query.group_by(col(Proctored.exam_id)))}


def _terms(policy: ProctoringPolicy, granted: frozenset[str]) -> dict[str, Any]:
    return {
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


def granted_to(db: Session, enrolment_id: int) -> frozenset[str]:
    """The accommodations that hold for an enrolment."""
    return granted_to_many(db, [enrolment_id]).get(enrolment_id, frozenset())


def granted_to_many(db: Session, enrolment_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """By enrolment, the accommodations that hold; those without any are left out."""
    query = select(ProctoringAccommodation.enrolment_id, ProctoringAccommodation.kind).where(
        col(ProctoringAccommodation.enrolment_id).in_(set(enrolment_ids)),
        col(ProctoringAccommodation.revoked_at).is_(None),
    )
    found: dict[int, set[str]] = {}
    for enrolment_id, kind in db.exec(query):
        found.setdefault(enrolment_id, set()).add(kind)
    return {enrolment_id: frozenset(kinds) for enrolment_id, kinds in found.items()}


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
