"""DATA: the states of a certificate and what moves it; `service_issue.move` changes a state only through this table."""

from collections.abc import Mapping
from types import MappingProxyType

STATES = ("due", "issued", "revoked", "withdrawn")

MOVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {("due", "issue"): "issued", ("due", "withdraw"): "withdrawn", ("issued", "revoke"): "revoked"}
)
