"""Who wants to hear what happened to sittings. Filled when the app is put together (or by a higher package's
import).
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

submitted: list[Callable[[int], None]] = []
"""Called after the commit with the sitting's id; must be short and must not fail (wake a job, put into a queue)."""

voided: list[Callable[[int], None]] = []
"""The same, for a sitting that does not count any more."""

voided_in: list[Callable[[Session, int, datetime], None]] = []
"""Called in the transaction that voids a sitting, to take back what follows from it (a result)."""
