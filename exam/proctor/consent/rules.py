"""What a candidate has to do about the camera before a sitting can be started, and what may be answered when.

Consent to face images is asked for by itself and may be refused or withdrawn at any time; whoever refuses is verified
by a human instead and is never kept from the exam for it (Personal Information Protection Law of the PRC, articles 15,
16 and 29).
"""

from dataclasses import dataclass

from exam.core.decisions import Refusal
from exam.proctor.detectors import CAMERA_LEVELS

MAX_ANSWERS = 40
"""Answers kept of a sitting; more than anybody changes their mind, few enough that nobody fills the log with them."""


@dataclass(frozen=True)
class Stand:
    """How a sitting stands before its start. `answer` is the newest of `models.CONSENTS`, `check_in` one of
    `models.CHECK_IN_STATES`; "" where there is none."""

    level: str
    route: str
    identity: str
    answer: str = ""
    check_in: str = ""


def next_step(stand: Stand) -> str:
    """What comes next: "consent" (answer first), "ask" (ask a human), "wait" (until they have approved), "later" (they
    verify during the exam or after it), "on" (nothing here; the camera check has steps of its own).

    A human approves before the start unless the policy says that identity is checked afterwards.
    """
    if stand.level not in CAMERA_LEVELS:
        return "on"
    if stand.route == "camera":
        return "on" if stand.answer == "given" else "consent"
    if stand.check_in == "approved":
        return "on"
    if stand.check_in != "waiting":
        return "ask"
    return "later" if stand.identity == "after" else "wait"


BARS = {"consent": "camera-consent-needed", "ask": "human-check-needed", "wait": "human-check-waiting"}
"""Step → the code of the refusal to start while it is open."""


def may_answer(answer: str, state: str, kept: int, *, camera: bool) -> Refusal | None:
    """Whether an answer can be taken in a state of the sitting, `kept` answers being there already.

    Before the start anything; from then on only withdrawing, at any time. `camera`: whether the exam uses one.
    """
    if not camera:
        return Refusal("consent-not-asked")
    if answer == "withdrawn":
        return None
    if state != "prepared":
        return Refusal("consent-too-late")
    return Refusal("consent-too-often") if kept >= MAX_ANSWERS else None
