"""DATA: the states of courses and selections, and what moves them."""

from collections.abc import Mapping
from types import MappingProxyType

COURSE_STATES = ("draft", "open", "closed")
COURSE_MOVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {("draft", "open"): "open", ("open", "close"): "closed", ("closed", "open"): "open"}
)
"""A closed course can't be selected; who had selected it goes on."""

SELECTION_STATES = ("active", "finished", "cancelled")
SELECTION_MOVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("active", "finish"): "finished",
        ("finished", "unfinish"): "active",
        ("active", "cancel"): "cancelled",
    }
)
