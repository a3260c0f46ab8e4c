"""When a result may be seen by its candidate: pure; `now` is handed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Waiting = Literal["", "marking", "others-marking", "held", "date", "office", "withdrawn", "void"]


@dataclass(frozen=True)
class Release:
    """Whether a result is due to be released; if not, what it waits for and, where known, until or since when (UTC)."""

    due: bool
    waits_for: Waiting = ""
    at: datetime | None = None
    since: datetime | None = None


def release(
    rule: str,
    release_at: datetime | None,
    state: str,
    others_open: bool,
    withdrawn: bool,
    now: datetime,
    held_since: datetime | None = None,
) -> Release:
    """What an exam's release rule says about a result.

    `at-once`: as soon as it is final. `when-marked`: as soon as it is final and no other result of the same exam and
    window waits for a marker (`others_open`), so that candidates learn together. `on-date`: from `release_at` on;
    without a date, when the exam office releases. A withdrawn one waits for the office, whatever the rule. One that is
    held since `held_since`, as a human has yet to decide about its sitting, waits for that whatever the rule.
    """
    if state == "void":
        return Release(False, "void")
    if withdrawn:
        return Release(False, "withdrawn")
    if state != "final":
        return Release(False, "marking", release_at if rule == "on-date" else None)
    if held_since is not None:
        return Release(False, "held", since=held_since)
    if rule == "at-once":
        return Release(True)
    if rule == "when-marked":
        return Release(False, "others-marking") if others_open else Release(True)
    if release_at is None:
        return Release(False, "office")
    return Release(True) if now >= release_at else Release(False, "date", release_at)
