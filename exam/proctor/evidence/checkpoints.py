"""Checkpoints: what a sitting's log was at an instant, signed. Pure: statements, their check, and when one is due.

A hash chain shows that nothing in it was changed; whoever can write the database could make a whole new chain. A
signature over its head, made with a key that lies elsewhere, fixes what the chain was then.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from exam.core.events import canonical
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence.keys import Keys

DOMAIN = "exam-evidence-checkpoint-v1"
"""Stands before what is signed, so that a signature of another kind is worth nothing here."""
EVERY = timedelta(minutes=5)
"""Settled: of a log that goes on, at most this much can be changed without a signature speaking against it."""


@dataclass(frozen=True)
class Signed:
    """A signature over link `seq` (`hash`) of a sitting's log at `at`, with the id of the key.

    `previous` is the link that the checkpoint before it signed, 0 for the first."""

    sitting_id: int
    seq: int
    hash: str
    previous: int
    at: datetime
    key_id: str = ""
    signature: str = ""


def statement(point: Signed) -> bytes:
    """The bytes that are signed: the domain, a line break, canonical JSON. One form only, on every machine."""
    at = point.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = {"at": at, "hash": point.hash, "previous": point.previous, "seq": point.seq, "sitting": point.sitting_id}
    return f"{DOMAIN}\n{canonical(said)}".encode()


def sign(keys: Keys, sitting_id: int, seq: int, link_hash: str, previous: int, at: datetime) -> Signed:
    """Sign a link of a log."""
    plain = Signed(sitting_id, seq, link_hash, previous, at, keys.key_id)
    return replace(plain, signature=keys.sign(statement(plain)))


def holds(point: Signed, public: bytes) -> bool:
    """Whether a checkpoint was signed with the private half of `public`, whose id it names."""
    matches = evidence_keys.key_id(public) == point.key_id
    return matches and evidence_keys.verify(public, point.signature, statement(point))


def due(*, head: int, running: bool, last_seq: int | None, last_at: datetime | None, now: datetime) -> bool:
    """Whether a log whose newest link is `head` is to be signed now; `last_*` of its newest checkpoint.

    The first time at once, while it goes on every five minutes, and once more at its end and after anything that is
    added later. Nothing new is never signed again."""
    if last_seq is None or last_at is None:
        return True
    return head > last_seq and (not running or now - last_at >= EVERY)
