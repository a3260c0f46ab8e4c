"""What was decided about claims, as far as eligibility needs it: full waivers of a year, and forged claims."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col

from exam import schemes
from exam.credits.models_claims import Claim


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim that was approved as a waiver of all the year's hours, or found to be forged."""

    claim_id: int
    kind: Literal["full-waiver", "forged"]
    year: int
    title: str
    source: str
    reason: str
    on: date


def judged(
    db: Session, institution_id: int, scheme_key: str, people: Collection[int] | None = None
) -> Mapping[int, list[Judged]]:
    """The judged claims of an institution's people in a scheme, by person."""
    full = sa.and_(col(Claim.kind) == "waiver", col(Claim.state) == "approved", col(Claim.hours).is_(None))
    query = sa.select(
        *(col(Claim.person_id), col(Claim.id), col(Claim.state), col(Claim.year), col(Claim.title), col(Claim.row)),
        *(col(Claim.reason), col(Claim.decided_at), col(Claim.on)),
    ).where(
        col(Claim.institution_id) == institution_id,
        col(Claim.scheme) == scheme_key,
        full | col(Claim.bars).is_(True),
    )
    if people is not None:
        query = query.where(col(Claim.person_id).in_(people))
    scheme = schemes.get(scheme_key)
    sources = {rule.value.key: rule.source for rule in scheme.waivers}
    zone = ZoneInfo(scheme.zone)
    found: dict[int, list[Judged]] = defaultdict(list)
    rows: Any = db.connection().execute(query)
    for person, number, state, year, title, row, reason, decided, on in rows:
        day = decided.astimezone(zone).date() if decided else on
        kind: Literal["full-waiver", "forged"] = "forged" if state == "forged" else "full-waiver"
        found[person].append(Judged(number, kind, year, title, sources.get(row, ""), reason, day))
    return found
