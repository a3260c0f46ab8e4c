"""DATA: the states of an application and what moves it."""

from collections.abc import Mapping
from types import MappingProxyType

STATES = ("draft", "sent", "returned", "approved", "refused", "withdrawn")
MOVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("draft", "send"): "sent",
        ("returned", "send"): "sent",
        ("sent", "return"): "returned",
        ("sent", "approve"): "approved",
        ("sent", "refuse"): "refused",
        ("approved", "return"): "returned",
        ("approved", "refuse"): "refused",
        ("draft", "withdraw"): "withdrawn",
        ("returned", "withdraw"): "withdrawn",
        ("sent", "withdraw"): "withdrawn",
        ("approved", "withdraw"): "withdrawn",
    }
)
"""(state, event) → the next state. A refused or withdrawn one is over: a new application is another row."""

OPEN = ("draft", "sent", "returned", "approved")
EDITABLE = ("draft", "returned")
UNDECIDED = (*EDITABLE, "sent")
