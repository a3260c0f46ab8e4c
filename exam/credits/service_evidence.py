"""Evidence of a claim: added and taken away by its maker while it is a draft."""

from datetime import datetime

from sqlmodel import Session, func, select

from exam.accounts import deeds
from exam.accounts.access import Caller
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.core.objects import ObjectStore
from exam.credits import claim_rows
from exam.credits.evidence import MOST_FILES, Clean
from exam.credits.models_claims import Claim, ClaimEvidence
from exam.credits.service_claims import own


def add(
    db: Session, objects: ObjectStore, who: Caller, claim_id: int, kind: str, name: str, file: Clean, now: datetime
) -> ClaimEvidence:
    """Put a file to one's draft. Raises NotFound, Refused, Invalid."""
    claim = _draft(db, who, claim_id)
    if kind not in claim_rows.of(claim).evidence:
        raise Invalid([Problem("kind", "required")])
    count = db.exec(select(func.count()).select_from(ClaimEvidence).where(ClaimEvidence.claim_id == claim.id)).one()
    if count >= MOST_FILES:
        raise Refused(Refusal("claim-too-many-files", params={"most": MOST_FILES}))
    row = ClaimEvidence(
        claim_id=claim.id or 0,
        kind=kind,
        name=name[:200] or kind,
        sha256=objects.put(file.data),
        media_type=file.media_type,
        size=len(file.data),
        added_at=now,
        added_by=who.person_id,
    )
    db.add(row)
    db.flush()
    deeds.record_by(db, who, now, "claim.evidence-add", ("claim", claim.id), {"evidence": kind, "sha256": row.sha256})
    return row


def remove(db: Session, who: Caller, claim_id: int, evidence_id: int, now: datetime) -> None:
    """Take a file away from one's draft. Raises NotFound, Refused."""
    claim = _draft(db, who, claim_id)
    row = of_claim(db, claim, evidence_id)
    db.delete(row)
    detail = {"evidence": row.kind, "sha256": row.sha256}
    deeds.record_by(db, who, now, "claim.evidence-remove", ("claim", claim.id), detail)


def of_claim(db: Session, claim: Claim, evidence_id: int) -> ClaimEvidence:
    """One file of a claim. Raises NotFound."""
    row = db.get(ClaimEvidence, evidence_id)
    if row is None or row.claim_id != claim.id:
        raise NotFound(str(evidence_id))
    return row


def _draft(db: Session, who: Caller, claim_id: int) -> Claim:
    claim = own(db, who, claim_id, lock=True)
    if claim.state != "draft":
        raise Refused(Refusal("claim-state", params={"state": claim.state}))
    return claim
