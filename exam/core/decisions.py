"""What a rule answers: nothing when it allows, a `Refusal` when it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Refusal:
    """Why something is not allowed.

    `code` keys the tests, the log line and the text in both languages (`refusal.<code>` in the catalogues).
    `allowed_from` is the instant (UTC) from which the same request would be allowed, where waiting helps.
    `params` fill the text.
    """

    code: str
    allowed_from: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS)
