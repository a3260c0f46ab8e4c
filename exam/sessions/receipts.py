"""Signed receipts: what the server acknowledged of an answer, in a form that can be checked years later.

A receipt is text: `r1.<sitting>.<slot>.<revision>.<at>.<sha256 of the response>.<signature>`; `at` is microseconds
since 1970 UTC. It follows from the stored link alone, so that asking again gives the same receipt.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from exam.core.secrets import derive
from exam.sessions.instants import millis
from exam.sessions.models import Sitting, SittingEvent

_FORM = re.compile(r"r1\.(\d+)\.(\d+)\.(\d+)\.(\d+)\.([0-9a-f]{64})\.([0-9a-f]{64})")


@dataclass(frozen=True)
class Keys:
    """The keys of sittings, derived from the deployment's secret, one a purpose."""

    receipt: bytes
    storage: bytes


@dataclass(frozen=True)
class Receipt:
    """What a genuine receipt says."""

    sitting_id: int
    slot: int
    revision: int
    at: int
    response_hash: str


def keys(secret: bytes) -> Keys:
    """The keys of a deployment."""
    return Keys(receipt=derive(secret, "receipt"), storage=derive(secret, "sitting-storage"))


def response_hash(body: str) -> str:
    """The SHA-256 of a response's canonical JSON."""
    return hashlib.sha256(body.encode()).hexdigest()


def sign(key: bytes, sitting_id: int, slot: int, revision: int, at: int, body: str) -> str:
    """The receipt of one stored answer."""
    said = f"r1.{sitting_id}.{slot}.{revision}.{at}.{hashlib.sha256(body.encode()).hexdigest()}"
    return f"{said}.{hmac.digest(key, said.encode(), 'sha256').hex()}"


def verify(key: bytes, receipt: str) -> Receipt | None:
    """What `receipt` says, if this deployment signed it; None otherwise."""
    match = _FORM.fullmatch(receipt)
    if match is None:
        return None
    said = receipt.rpartition(".")[0]
    if not hmac.compare_digest(hmac.digest(key, said.encode(), "sha256").hex(), match[6]):
        return None
    return Receipt(int(match[1]), int(match[2]), int(match[3]), int(match[4]), match[5])


def storage_key(key: bytes, sitting_id: int) -> bytes:
    """32 bytes with which this sitting's page encrypts what it keeps in the browser."""
    return hmac.digest(key, f"sitting\x1f{sitting_id}".encode(), "sha256")


def download(db: Session, sitting: Sitting, signing: Keys) -> dict[str, Any]:
    """Every receipt of a sitting, for the candidate to keep."""
    links = db.exec(
        select(SittingEvent)
        .where(SittingEvent.sitting_id == sitting.id, SittingEvent.kind == "answer")
        .order_by(col(SittingEvent.seq))
    )
    return {
        "sitting": sitting.id,
        "state": sitting.state,
        "receipts": [
            {
                "slot": link.slot,
                "revision": link.revision,
                "at": millis(link.at),
                "response_sha256": response_hash(link.body),
                "receipt": sign(
                    signing.receipt, link.sitting_id, link.slot or 0, link.revision or 0, link.at, link.body
                ),
                "link": link.hash,
            }
            for link in links
        ],
    }
