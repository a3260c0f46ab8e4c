"""Whether what was granted to a candidate can be kept under an exam's policy; an exam opens only when all of it can.

An accommodation is a promise. Where nobody or nothing is there to keep it, the office hears of it before the exam
opens, not the candidate in the middle of it.
"""

from collections.abc import Collection
from dataclasses import dataclass

from exam.proctor.detectors import active


@dataclass(frozen=True)
class Misfit:
    """An accommodation that does not fit; `code` keys why and what to do."""

    kind: str
    code: str


def misfits(level: str, identity: str, chosen: Collection[str], granted: Collection[str]) -> list[Misfit]:
    """What of one candidate's accommodations does not fit a policy; nothing where all of it does.

    - An exam that is not watched asks nothing of anybody: everything fits.
    - Breaks need somebody who stops the clock and starts it again, and knows why the seat is empty. Only the level with
      a live proctor has one. Elsewhere extra time does what a break would.
    - Camera off needs a human in its place: a live proctor, or an identity check that a human makes. A camera exam with
      neither would not see this candidate at all. Where no camera is used there is nothing to switch off.
    - Head movement and reading aid only mute. They fit wherever something is left that counts, or somebody watches
      live: else the sitting would not be watched, though its exam says so.
    """
    if level == "none":
        return []
    found = []
    if "breaks" in granted and level != "live":
        found.append(Misfit("breaks", "accommodation-breaks-nobody"))
    if "camera-off" in granted and level == "camera" and identity == "none":
        found.append(Misfit("camera-off", "accommodation-camera-off-nobody"))
    if level != "live":
        left = active(level, frozenset(chosen), frozenset(granted) - {"camera-off"})
        muting = [kind for kind in ("head-movement", "reading-aid") if kind in granted]
        if muting and not left:
            found.append(Misfit(muting[0], "accommodation-nothing-left"))
    return found
