"""What was decided about claims, as far as eligibility needs it: full waivers of a year, and forged claims."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim that was approved as a full waiver, or found to be forged."""

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
    found: dict[int, list[Judged]] = defaultdict(list)
    return found
