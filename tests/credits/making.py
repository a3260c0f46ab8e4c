"""Posts outcomes for the tests of credits."""

import re
from datetime import UTC, datetime
from typing import Any

from exam.credits.service_posting import post_outcome

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)


def passed(db: Any, institution_id: int, person_id: int, ref: int = 1, **changes: Any) -> Any:
    """A passed public subject of Changzhou."""
    values: dict[str, Any] = {
        "institution_id": institution_id,
        "person_id": person_id,
        "scheme_key": "changzhou",
        "kind": "passed",
        "subject": "QM",
        "title": "质量管理基础",
        "source_kind": "sitting",
        "source_ref": ref,
        "at": NOON,
        "now": NOON,
    }
    return post_outcome(db, **(values | changes))


def confirmed(client: Any, address: str, data: dict[str, Any]) -> Any:
    """A form whose deed is shown before it is done: sent, its effect seen, sent again."""
    shown = client.post(address, data=data)
    assert shown.status_code == 200, shown.text
    return client.post(address, data={**data, "seen": token(shown.text)})


def token(page: str) -> str:
    """The token of the effect that a page shows."""
    found = re.search(r'name="seen" value="([0-9a-f]{32})"', page)
    assert found is not None, page
    return found[1]
