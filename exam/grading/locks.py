"""Results that can't be changed any more: a certificate that rests on them is issued (S2 annex 2 §4.3)."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from exam.certificates.queries import locked_results
from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.grading.service import Prepared

SOURCE = "sitting"


def refuse_locked(db: Session, sitting_ids: Iterable[int]) -> None:
    """Raises Refused (`certificate-issued`) when the result of any of these sittings is locked."""
    locked = locked_results(db, SOURCE, sorted(sitting_ids))
    if locked:
        raise Refused(Refusal("certificate-issued", params={"number": "、".join(list(locked.values())[:3])}))


def without_locked(db: Session, prepared: Sequence[Prepared]) -> list[Prepared]:
    """Those whose result may be replaced; the others keep theirs, as its certificate was issued meanwhile."""
    locked = locked_results(db, SOURCE, [each.source.sitting_id for each in prepared])
    return [each for each in prepared if each.source.sitting_id not in locked]
