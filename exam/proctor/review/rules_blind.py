"""Stretches that nobody flagged go into review as well, so that what the software misses is known: pure functions.

What is drawn depends on the sitting's seed alone, which its candidate never sees: nobody can tell beforehand, and
drawing twice draws the same.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

STRETCH_SECONDS = 60
"""Length of a piece. Settled: a dozen pictures at the usual interval, looked over in a few seconds."""
FEWEST_FRAMES = 3
"""A piece with fewer pictures can't be judged (settled)."""
MOST_OF_A_SITTING = 5
"""Settled: a long exam does not bury those who review."""
MASKED_PERCENT = 25
"""So many flagged stretches are shown without saying what was noticed, so that such a card is no sign of a blind one.
Settled: with a blind share of 2 % of an hour, about one of them for each drawn one."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a sitting and its pictures: the numbers of the first and the last, and how many there are."""

    began: datetime
    ended: datetime
    first: int
    last: int
    count: int


def pieces(
    began: datetime,
    ended: datetime,
    frames: Sequence[tuple[int, datetime]],
    flagged: Iterable[tuple[datetime, datetime]],
) -> list[Piece]:
    """A sitting cut into pieces, without those that touch a flagged stretch and those with too few pictures.

    `frames`: number and arrival of each picture. The last piece is left out where it is shorter.
    """
    length, taken = timedelta(seconds=STRETCH_SECONDS), list(flagged)
    found: list[Piece] = []
    start = began
    while start + length <= ended:
        end = start + length
        inside = [number for number, at in frames if start <= at < end]
        touched = any(first < end and last >= start for first, last in taken)
        if not touched and len(inside) >= FEWEST_FRAMES:
            found.append(Piece(start, end, min(inside), max(inside), len(inside)))
        start = end
    return found


def drawn(seed: str, found: Sequence[Piece], share: int) -> list[Piece]:
    """The pieces that go into review: each with a chance of `share` percent, at most `MOST_OF_A_SITTING`."""
    ranked = sorted(
        ((_draw(seed, f"blind:{piece.began.isoformat()}"), piece) for piece in found), key=lambda one: one[0]
    )
    chosen = [piece for chance, piece in ranked if chance < share / 100]
    return sorted(chosen[:MOST_OF_A_SITTING], key=lambda piece: piece.began)


def masked(seed: str, incident_id: int, origin: str, share: int) -> bool:
    """Whether an undecided stretch is shown without saying what was noticed: a blind one always, and some of those that
    the camera flagged where blind ones are drawn."""
    if origin == "blind":
        return True
    return bool(share) and origin == "camera" and _draw(seed, f"mask:{incident_id}") < MASKED_PERCENT / 100


def light_of(dark: int, looked: int) -> str:
    """How light a stretch was: "dark" where at least half of the pictures looked at were, "unknown" where none was."""
    if not looked:
        return "unknown"
    return "dark" if dark * 2 >= looked else "ok"


def _draw(seed: str, about: str) -> float:
    """A number in [0, 1) that is the same for the same seed and subject."""
    digest = hashlib.sha256(f"{about}:{seed}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
