"""Hears of outcomes for as long as the process lives."""

from collections.abc import Callable

from sqlmodel import Session

from exam.certificates.models import Certificate
from exam.certificates.service_due import outcome_posted, outcome_undone
from exam.certificates.service_due_hours import moved_heard, outcome_heard
from exam.certificates.touching import standing_of, touched
from exam.credits import signals

photo_for: list[Callable[[Session, Certificate], str | None]] = []
"""Asked when a certificate is drawn whose kind shows a photo: the hash of the holder's approved photo, a PNG or JPEG in
the private store, or None. Packages above register here; the first that answers is heard."""


def listen() -> None:
    """Have certificates follow outcomes. Doing it twice is doing it once."""
    for hooks, heard in ((signals.posted, outcome_posted), (signals.undone, outcome_undone)):
        for hear in (heard, outcome_heard):
            if hear not in hooks:
                hooks.append(hear)
    if moved_heard not in signals.moved:
        signals.moved.append(moved_heard)
    if touched not in signals.touching:
        signals.touching.append(touched)
    if standing_of not in signals.certificates:
        signals.certificates.append(standing_of)
