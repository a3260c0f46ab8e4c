"""Whether a candidate may ask for pictures to be deleted before their time (Personal Information Protection Law of the
PRC, article 47). The exam office answers; what is still needed for a decision is kept until then."""

from dataclasses import dataclass
from datetime import datetime

from exam.core.decisions import Refusal

MAX_REASON = 500
MAX_REQUESTS = 5
"""Of one sitting: a refused request may be made again, but not for ever."""


@dataclass(frozen=True)
class Kept:
    """What lies here of a sitting. `pictures` counts those not deleted yet; `ended` is None while it may go on;
    `until` the instant from which they are deleted by themselves; `requests` the states of earlier requests, oldest
    first."""

    pictures: int
    ended: datetime | None
    until: datetime | None
    requests: tuple[str, ...] = ()


def may_ask(kept: Kept) -> Refusal | None:
    """Whether deletion can be asked for now: of pictures that are there, after the sitting, one request at a time."""
    if kept.requests and kept.requests[-1] == "open":
        return Refusal("erasure-open")
    if not kept.pictures:
        return Refusal("erasure-nothing-there")
    if kept.ended is None:
        return Refusal("erasure-not-over")
    return Refusal("erasure-too-often") if len(kept.requests) >= MAX_REQUESTS else None
