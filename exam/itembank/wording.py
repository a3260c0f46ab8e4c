"""Names and reasons of item types as people read them, in the request's language."""

from collections.abc import Mapping
from typing import Any

from exam.core.i18n import gettext
from exam.itembank import types


def kind_name(kind: str) -> str:
    """A type's name; the kind itself when it isn't known."""
    found = types.TYPES.get(kind)
    return gettext(found.name) if found else kind


def reason_text(code: str, params: Mapping[str, Any]) -> str:
    """One reason of a score in a sentence."""
    return gettext(f"score.{code}", **params)


def verdict_text(verdict: str) -> str:
    """A verdict in a word."""
    return gettext(f"verdict.{verdict}")
