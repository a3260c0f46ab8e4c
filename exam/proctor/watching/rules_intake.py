"""What a frame must pass before anything of it is decoded: pure functions, and the numbers as data.

Instants are microseconds, rates are counted on the server's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from exam.sessions.instants import SECOND
from exam.sessions.states import RUNNING


@dataclass(frozen=True)
class Limit:
    """A number, its unit and where it comes from."""

    value: float
    unit: str
    source: str


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "rate": Limit(
            2.0, "times the rate of the terms", "settled: what a dropped line held up comes in beside the new"
        ),
        "burst": Limit(10, "frames", "settled: half a minute at 3 seconds is there at once"),
        "most-frames": Limit(20_000, "frames of one sitting", "settled: sixteen hours at 3 seconds"),
        "at-once": Limit(4, "frames of one sitting that are being taken in", "settled: a page sends one after another"),
        "least-interval": Limit(3, "seconds", "the policy's own least interval"),
    }
)


def limit(name: str) -> int:
    """The value of a row, whole. Raises KeyError for a name that is not in the table."""
    return int(LIMITS[name].value)


@dataclass(frozen=True)
class Bucket:
    """What a sitting may still send at once: `tokens` as of `at`."""

    tokens: float
    at: int


def full(now: int) -> Bucket:
    """The bucket of a sitting that has sent nothing yet."""
    return Bucket(LIMITS["burst"].value, now)


def refill(bucket: Bucket, interval: float, now: int) -> Bucket:
    """The bucket at `now`; `interval` is the seconds between frames of the terms. A clock set back gives nothing."""
    gained = max(0, now - bucket.at) / SECOND * LIMITS["rate"].value / interval
    return Bucket(min(LIMITS["burst"].value, bucket.tokens + gained), now)


def draw(bucket: Bucket, interval: float, now: int) -> tuple[Bucket, int]:
    """Take a token: the bucket that is left, and the seconds to wait where there is none (0: taken)."""
    filled = refill(bucket, interval, now)
    if filled.tokens >= 1:
        return replace(filled, tokens=filled.tokens - 1), 0
    seconds = (1 - filled.tokens) * interval / LIMITS["rate"].value
    return filled, max(1, -int(-seconds // 1))


def refuse(
    *, state: str, camera: bool, consented: bool, number: int, frames: int, elsewhere: bool = False
) -> str | None:
    """Why a frame of this sitting is not taken, as a code; None where it may be.

    `camera`: its terms ask for frames. `consented`: the newest answer of the candidate is yes. `frames`: how many
    there are already. `elsewhere`: it is not of the camera that the sitting has now; a phone takes over with its first
    frame, the computer's own camera only when the candidate says so.
    """
    if state not in RUNNING:
        return "not-in-progress"
    if not camera:
        return "camera-not-asked"
    if not consented:
        return "camera-consent-missing"
    if elsewhere:
        return "camera-elsewhere"
    if not 1 <= number <= limit("most-frames"):
        return "frame-number"
    if frames >= limit("most-frames"):
        return "frames-enough"
    return None


STATUS: Mapping[str, int] = MappingProxyType(
    {
        "not-found": 404,
        "not-in-progress": 409,
        "camera-not-asked": 409,
        "camera-consent-missing": 403,
        "camera-elsewhere": 409,
        "frame-number": 400,
        "frame-source": 400,
        "frames-enough": 409,
        "frames-too-fast": 429,
        "busy": 503,
        "not-saved": 507,
        "frame-empty": 400,
        "frame-too-large": 413,
    }
)
"""The HTTP status of each code; what is wrong with a picture itself is 422."""
OURS = frozenset({503, 507})
"""The statuses of a frame that came in time and that the server had no room for."""


class Numbers:
    """Which frame numbers of a sitting are there: a bit each, so that memory stays flat whatever is sent."""

    def __init__(self) -> None:
        self._bits = bytearray(limit("most-frames") // 8 + 1)
        self.count = 0

    def add(self, number: int) -> None:
        """Note a number (1 to the limit). Twice is once."""
        if number not in self:
            self._bits[number >> 3] |= 1 << (number & 7)
            self.count += 1

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and bool(self._bits[number >> 3] >> (number & 7) & 1)

    @property
    def newest(self) -> int:
        """The highest number; 0 for none."""
        for place in range(len(self._bits) - 1, -1, -1):
            if self._bits[place]:
                return place * 8 + self._bits[place].bit_length() - 1
        return 0
