"""What this package tells others, and asks them, without knowing them."""

from collections.abc import Callable
from decimal import Decimal

from sqlmodel import Session

over: list[Callable[[int], None]] = []
"""Called with a run's id once its end is on disk."""

extra_time: list[Callable[[Session, int], Decimal]] = []
"""Asked for the factor of extra time that somebody has in the exam of a selection; 1: none. The greatest holds."""


def tell_over(run_id: int) -> None:
    """Tell everybody that a run is over."""
    for tell in over:
        tell(run_id)
