"""How long pictures and observations of a sitting are kept: pure rules. Numbers come from the policy."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exam.proctor.review.rules import Against, appeal_until
from exam.sessions.states import RUNNING, State

ON_TIME, ON_REQUEST = "keep-days", "request"
"""Why pictures were deleted: the policy's days were over, or the candidate's request was granted."""


@dataclass(frozen=True)
class Held:
    """What still needs the pictures, counted. `appeal_until`: until when what was decided can be appealed; `unseen`: an
    identity that is looked at afterwards still waits for somebody to do so."""

    incidents: int = 0
    appeals: int = 0
    proposals: int = 0
    appeal_until: datetime | None = None
    unseen: bool = False

    @property
    def why(self) -> str | None:
        """The code of the first thing that holds them; None when nothing does."""
        if self.incidents:
            return "evidence-incidents-undecided"
        if self.appeals:
            return "evidence-appeal-open"
        if self.proposals:
            return "evidence-void-proposed"
        return "evidence-identity-waiting" if self.unseen else None


def ended_at(
    state: str, submitted_at: datetime | None, closes: datetime | None, newest: datetime | None
) -> datetime | None:
    """When a sitting was over; None while it may still go on.

    `newest`: its newest link. One that never began ends with its window (`closes`), or with what happened last in it
    where it has none; one that was voided under way ends with its newest link.
    """
    if state in RUNNING:
        return None
    if submitted_at is not None:
        return submitted_at
    if state == State.PREPARED and closes is not None:
        return closes if newest is None else max(closes, newest)
    return newest


def open_to_appeal_until(against: Against, earlier: Collection[datetime], days: int) -> datetime | None:
    """Until when the newest decision against a candidate can still be appealed; None: nothing can, or it was appealed.

    `earlier`: when each appeal was made before; `days` of the policy (`review.rules.may_appeal`)."""
    decided = against.newest
    if decided is None or any(made >= decided for made in earlier):
        return None
    return appeal_until(decided, days)


def delete_from(ended: datetime | None, keep_days: int, held_until: datetime | None) -> datetime | None:
    """The instant from which the pictures are to go: whole days of 24 hours after the end, and never while the
    candidate may still appeal. The days to appeal count from the decision, which may be made long after the end."""
    if ended is None:
        return None
    since = ended + timedelta(days=keep_days)
    return since if held_until is None else max(since, held_until)


def due(ended: datetime | None, keep_days: int, held: Held, now: datetime) -> bool:
    """Whether the time is over and nobody still needs them: an open appeal, an undecided incident or a proposal to void
    waits for its answer, however long that takes; a decision waits for the appeal that it may still get."""
    since = delete_from(ended, keep_days, held.appeal_until)
    return since is not None and now >= since and held.why is None


def refuse_request(ended: datetime | None, held: Held) -> str | None:
    """Why a granted request for deletion can't be carried out now, as a code; None where it can.

    The days to appeal don't stand against it: they are the candidate's, whose wish it is, and a human granted it."""
    return "evidence-sitting-not-over" if ended is None else held.why


def frames_digest(frames: Iterable[tuple[int, str]]) -> tuple[int, str]:
    """How many frames these are, and one hash for all: SHA-256 of the lines "number hash", ascending by number."""
    summed, count = hashlib.sha256(), 0
    for number, picture in frames:
        summed.update(f"{number} {picture}\n".encode())
        count += 1
    return count, summed.hexdigest()
