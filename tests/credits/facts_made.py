"""Facts by hand, for tests of eligibility."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from exam.credits.facts import Entry

_ids = count(1)


def entry(category: str, hours: Any, on: str = "2026-03-01", **more: Any) -> Entry:
    """An entry of hours; `at` may be given as a clock time "09:30" (UTC) of that day."""
    number = next(_ids)
    if isinstance(more.get("at"), str):
        more["at"] = datetime.fromisoformat(f"{on}T{more['at']}").replace(tzinfo=UTC)
    values = {"source_kind": "finished", "source_ref": number, "subject": f"C{number}", "title": "课程", **more}
    return Entry(id=number, category=category, hours=Decimal(hours), on=date.fromisoformat(on), **values)
