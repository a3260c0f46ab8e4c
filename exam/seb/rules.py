"""When a sitting is locked for want of Safe Exam Browser, when an exam's requirement may be changed: pure functions.

Instants are microseconds, as on the answer path.
"""

from dataclasses import dataclass
from typing import Literal

from exam.core.decisions import Refusal
from exam.seb.keys import Finding

SECOND = 1_000_000
TOLERATED_SECONDS = 30  # three of the page's heartbeats; ours: a single request may lose its headers on its way out

Change = Literal["on", "off", "config", "key-first", "key-more", "key-last", "key-less"]
LOOSENS: frozenset[Change] = frozenset({"off", "key-more", "key-last"})
"""What can never lock out somebody who is writing: asking for less, or taking one more version of SEB."""


@dataclass(frozen=True)
class Heard:
    """What follows from a request: since when nothing proves SEB (None: proven), and why to lock, if so."""

    silent: int | None
    lock: Literal["other-config", "silent"] | None = None


def hear(finding: Finding, silent: int | None, at: int) -> Heard:
    """What a request of a sitting under way means. `silent`: the first of the unproven requests before it.

    A wrong hash locks at once: SEB itself says that it is configured otherwise. Silence can have many reasons (an old
    version, a request while the page goes away) and locks only when it lasts.
    """
    if finding is Finding.PRESENT:
        return Heard(None)
    if finding is Finding.ABSENT:
        return Heard(silent, "other-config")
    since = at if silent is None else silent
    return Heard(since, "silent" if at - since >= TOLERATED_SECONDS * SECOND else None)


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
