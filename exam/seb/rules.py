"""When a sitting is locked for want of Safe Exam Browser, when an exam's requirement may be changed: pure functions.

Instants are microseconds, as on the answer path.
"""

from dataclasses import dataclass
from typing import Literal

from exam.core.decisions import Refusal
from exam.seb.keys import Finding

SECOND = 1_000_000
MOST_OUTSIDE = 3  # ours: a page that goes away may lose its headers once or twice; a second hand goes on and on
TOLERATED_SECONDS = 30  # three of the page's heartbeats; ours: a single request may lose its headers on its way out

Change = Literal["on", "off", "config", "key-first", "key-more", "key-last", "key-less"]
LOOSENS: frozenset[Change] = frozenset({"off", "key-more", "key-last"})
"""What can never lock out somebody who is writing: asking for less, or taking one more version of SEB."""


@dataclass(frozen=True)
class Heard:
    """What follows from a request: since when nothing proves SEB (None: proven), and why to lock, if so.

    `proven`: whether the next answers without a proof come beside requests with one; `outside`: these did.
    """

    silent: int | None
    lock: Literal["other-config", "silent", "outside"] | None = None
    proven: bool = False
    outside: bool = False


def hear(
    finding: Finding, silent: int | None, at: int, *, answers: bool = False, proven: bool = False, outside: int = 0
) -> Heard:
    """What a request of a sitting under way means. `silent`: the first of the unproven requests before it; `answers`:
    whether it brings any; `proven`: whether SEB was proven since answers last came without; `outside`: how often
    they did.

    A wrong hash locks at once: SEB itself says that it is configured otherwise. Silence can have many reasons (an old
    version, a request while the page goes away) and locks only when it lasts. It does not last where somebody writes in
    another program while SEB goes on proving itself: such answers are counted, those up to the next proof as one.
    """
    if finding is Finding.PRESENT:
        return Heard(None, proven=True)
    if finding is Finding.ABSENT:
        return Heard(silent, "other-config", proven)
    since = at if silent is None else silent
    beside = answers and proven
    if at - since >= TOLERATED_SECONDS * SECOND:
        return Heard(since, "silent", proven and not beside, beside)
    return Heard(since, "outside" if beside and outside + 1 >= MOST_OUTSIDE else None, proven and not beside, beside)


def may_start(finding: Finding) -> Refusal | None:
    """A start needs the proof: nothing is lost yet, and the page says how to get it."""
    if finding is Finding.PRESENT:
        return None
    return Refusal("seb-other-config" if finding is Finding.ABSENT else "seb-needed")


def may_change(change: Change, running: int) -> Refusal | None:
    """Whether the requirement may be changed while `running` sittings of the exam are under way."""
    if running and change not in LOOSENS:
        return Refusal("seb-sittings-running", params={"n": running})
    return None
