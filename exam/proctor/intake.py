"""Frames coming in: what one must pass before anything of it is decoded, and what becomes of it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Taken:
    """What a frame is answered with: an HTTP status, a JSON body, and the seconds to wait where it comes too soon.

    200 means that the picture and its link in the sitting's log are committed; a number that was there before is 200
    as well, with `known`. `body` has `number` and `advice` (codes whose texts are `advice.<code>`), else `error`.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: int = 0


async def take(
    state: Any,
    sitting_id: int,
    number: int,
    data: bytes,
    taken_ms: int | None,
    source: str,
    *,
    person_id: int | None = None,
) -> Taken:
    """Take a frame (JPEG `data`) of a sitting under its `number`; on the loop's thread.

    `taken_ms`: the page's word of when it was taken (milliseconds since 1970). `source`: "camera" or "phone".
    `person_id`: whoever sends it must be this sitting's candidate; None where that is proved otherwise (a phone's
    link). Never raises for what a candidate can cause.
    """
    return Taken(503, {"error": "busy"}, 2)
