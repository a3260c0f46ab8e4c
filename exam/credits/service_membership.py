"""By which rules a person is measured: made when first needed, corrected by the office."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from exam import schemes
from exam.core import audit
from exam.core.errors import Invalid, Problem
from exam.credits.models import Membership
from exam.credits.signals import Moved, tell_moved
from exam.schemes.rows import MEMBER_FACTS

MOST = 99


def ensure(
    db: Session,
    institution_id: int,
    person_id: int,
    scheme_key: str,
    now: datetime,
    track: str | None = None,
    facts: Mapping[str, int] | None = None,
    by: int | None = None,
) -> Membership:
    """The current membership of a person in a scheme and chosen track, made when there is none.

    `facts` are what is known when it is made; they never change one that is there. Raises LookupError for a scheme
    that is not declared, Invalid for a track that cannot be chosen.
    """
    scheme = schemes.get(scheme_key)
    chosen = track or ""
    if chosen and chosen not in {rule.value.key for rule in scheme.tracks if rule.value.chosen}:
        if chosen not in {rule.value.key for rule in scheme.tracks}:
            raise Invalid([Problem("track", "no-such-track")])
        chosen = ""  # follows from the facts
    audit.hold(db, institution_id)
    found = current(db, institution_id, person_id, scheme_key, chosen)
    if found is not None:
        return found
    member = Membership(
        institution_id=institution_id,
        person_id=person_id,
        scheme=scheme_key,
        track=chosen,
        facts=dict(facts or {}),
        created_at=now,
        created_by=by,
    )
    db.add(member)
    db.flush()
    _record(db, member, "membership.make", now, by)
    _tell(db, member, now)
    return member


def current(
    db: Session, institution_id: int, person_id: int, scheme_key: str, track: str | None = None
) -> Membership | None:
    """The current membership in a scheme: in that chosen track, or (None) the latest whatever its track."""
    query = select(Membership).where(
        Membership.institution_id == institution_id,
        Membership.person_id == person_id,
        Membership.scheme == scheme_key,
        col(Membership.ended_at).is_(None),
    )
    if track is not None:
        query = query.where(Membership.track == track)
    return db.exec(query.order_by(col(Membership.id).desc())).first()


def change(
    db: Session,
    member: Membership,
    *,
    facts: Mapping[str, int],
    cycle_from: date | None,
    cycle_until: date | None,
    reason: str,
    by: int | None,
    now: datetime,
) -> None:
    """Correct what is known of a person. `cycle_from` and `cycle_until` are inclusive days. Raises Invalid."""
    problems = [
        Problem(f"fact-{name}", "fact-out-of-range", {"most": MOST})
        for name, value in facts.items()
        if name not in MEMBER_FACTS or not 0 <= value <= MOST
    ]
    if (cycle_from is None) != (cycle_until is None):
        problems.append(Problem("cycle_until", "cycle-half-given"))
    elif cycle_from and cycle_until and cycle_until < cycle_from:
        problems.append(Problem("cycle_until", "cycle-backwards"))
    if not reason.strip():
        problems.append(Problem("reason", "required"))
    if problems:
        raise Invalid(problems)
    before = {**member.facts, "cycle": f"{member.cycle_from}/{member.cycle_until}"}
    member.facts = dict(facts)
    member.cycle_from, member.cycle_until, member.changed_at = cycle_from, cycle_until, now
    db.add(member)
    db.flush()
    after = {**member.facts, "cycle": f"{cycle_from}/{cycle_until}"}
    changed = [f"{name}: {before.get(name, 0)} → {after[name]}" for name in after if after[name] != before.get(name, 0)]
    _record(db, member, "membership.change", now, by, {"changes": changed, "reason": reason})
    _tell(db, member, now)


def end(db: Session, member: Membership, reason: str, by: int | None, now: datetime) -> None:
    """Stop measuring a person by a scheme (or chosen track); what they earned stays. Raises Invalid."""
    if not reason.strip():
        raise Invalid([Problem("reason", "required")])
    member.ended_at = now
    db.add(member)
    db.flush()
    _record(db, member, "membership.end", now, by, {"reason": reason})
    _tell(db, member, now)


def _tell(db: Session, member: Membership, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(schemes.get(member.scheme).zone)).date()
    tell_moved(db, Moved(member.institution_id, member.person_id, member.scheme, today), now)


def _record(
    db: Session,
    member: Membership,
    action: str,
    now: datetime,
    by: int | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("membership", member.id),
        institution_id=member.institution_id,
        actor_id=by,
        detail={"person": member.person_id, "scheme": member.scheme, "track": member.track, **(detail or {})},
    )
