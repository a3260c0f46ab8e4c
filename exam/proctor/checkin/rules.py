"""What a check-in asks for next, what is tried when a camera fails, when a picture will do, when a head has turned.

Pure: plain values in, plain values out. Nothing here refuses anybody for good: every way ends with a human.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from exam.core.decisions import Refusal
from exam.proctor.detectors import CAMERA_LEVELS

RUNGS = ("retry", "device", "resolution", "phone", "human")
HERE = "here"
"""A step of a sitting under way: back from the phone to the computer's own camera."""
"""DATA: what is tried when a camera fails, in this order; the last always helps."""

_ALL = RUNGS
HELPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "denied": ("retry", "phone", "human"),  # no other device is allowed either
        "missing": ("retry", "phone", "human"),
        "busy": _ALL,
        "unsuitable": ("device", "resolution", "phone", "human"),
        "insecure": ("human",),  # the same address would not do on a phone either
        "unsupported": ("phone", "human"),
        "lost": _ALL,
        "picture": ("retry", "device", "phone", "human"),  # a picture came, and it will not do
        "unknown": _ALL,
    }
)
"""DATA: what is wrong (the codes of `static/proctor/camera.js`, and `picture`) → the rungs that can help against it."""

MOST_STEPS = 60
"""Steps of the ladder that are written down; more are tried, but tell nobody anything new. Settled."""
BURST = (3, 8)
"""Pictures of one look into the camera: three make a baseline (`exam.vision`), more than eight tell nothing more."""
NOT_YET = frozenset({"covered", "no-face", "several-faces"})
"""Advice with which the camera's test is not passed; with any other it is: light and place are the candidate's own."""
TURN_LEAST, TURN_STILL = 15.0, 8.0
"""Degrees to the side asked for from which a head has turned, and up to which it has not. Between them nobody can tell.

Settled so that the detector's error (6 degrees at most is asked of it) makes neither of the other."""
SIDES = ("left", "right")


@dataclass(frozen=True)
class Standing:
    """Where a check-in stands. `consent` is the newest answer ("" for none), `state` one of `CHECK_IN_STATES`."""

    level: str
    route: str
    identity: str
    consent: str
    state: str = "open"
    camera_ok: bool = False


def next_step(at: Standing) -> str:
    """What comes next: "nothing" (no camera here), "consent", "ask" (a human, who was not asked yet), "camera",
    "identity", "waiting" (for a human before the start), "later" (a human looks at it, the start is free), "done".
    """
    if at.level not in CAMERA_LEVELS:
        return "nothing"
    if at.route == "human":
        return {"approved": "done", "waiting": _waiting(at)}.get(at.state, "ask")
    if at.consent != "given":
        return "consent"
    if not at.camera_ok:
        return "camera"
    if at.identity == "none" or at.state == "approved":
        return "done"
    return _waiting(at) if at.state == "waiting" else "identity"


def _waiting(at: Standing) -> str:
    return "later" if at.identity == "after" else "waiting"


BARS: Mapping[str, str] = MappingProxyType(
    {"camera": "check-in-camera", "identity": "check-in-identity", "waiting": "check-in-waiting"}
)
"""DATA: the step that is open → the code of the refusal to start. Consent and the way by a human have their own."""


def bar(at: Standing) -> Refusal | None:
    """Why a sitting on the way by the camera can't be started yet."""
    code = BARS.get(next_step(at)) if at.route == "camera" else None
    return Refusal(code) if code else None


def next_rung(error: str, tried: Collection[str], cameras: int) -> str:
    """What to try next against an error, `cameras` being how many there are to choose from."""
    for rung in HELPS.get(error, _ALL):
        if rung not in tried and (rung != "device" or cameras > 1):
            return rung
    return "human"


def good_enough(looks: Sequence[Sequence[str]]) -> bool:
    """Whether the camera's test is passed, given the advice on each picture of a look: most of them show what they
    have to, or can't tell."""
    good = sum(1 for advice in looks if not NOT_YET.intersection(advice))
    return len(looks) >= BURST[0] and 2 * good > len(looks)


def turned(side: str, yaw: float | None) -> bool | None:
    """Whether a head has turned to the candidate's `side`; None where that can't be told.

    `yaw` (degrees, positive towards the picture's right edge) is of the picture as the camera gave it, where the
    candidate's left is on the right.
    """
    if yaw is None:
        return None
    towards = yaw if side == "left" else -yaw
    if towards >= TURN_LEAST:
        return True
    return False if towards <= TURN_STILL else None


def may_try(state: str, started: bool) -> Refusal | None:
    """Whether a camera may be tried, or a way changed: until the sitting begins, and not after it was approved."""
    if started:
        return Refusal("check-in-over")
    return Refusal("check-in-approved") if state == "approved" else None


def may_send(at: Standing, started: bool) -> Refusal | None:
    """Whether the pictures of the identity may be sent now."""
    if started:
        return Refusal("check-in-over")
    if at.state == "waiting":
        return Refusal("check-in-sent")
    step = next_step(at)
    return None if step == "identity" else Refusal(BARS.get(step, "check-in-not-asked"))


def may_decide(state: str, decision: str, started: bool) -> Refusal | None:
    """Whether somebody may decide: of what waits, once. Asking again helps only before the start."""
    if state != "waiting":
        return Refusal("check-in-decided")
    return Refusal("check-in-begun") if decision == "again" and started else None
