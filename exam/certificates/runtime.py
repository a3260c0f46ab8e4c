"""Hears of outcomes for as long as the process lives."""

from exam.certificates.service_due import outcome_posted, outcome_undone
from exam.certificates.touching import touched
from exam.credits import signals


def listen() -> None:
    """Have certificates follow outcomes. Doing it twice is doing it once."""
    for hooks, heard in ((signals.posted, outcome_posted), (signals.undone, outcome_undone)):
        if heard not in hooks:
            hooks.append(heard)
    if touched not in signals.touching:
        signals.touching.append(touched)
