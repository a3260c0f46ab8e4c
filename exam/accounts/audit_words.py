"""The details of a deed in plain words: labels in place of field names, texts in place of codes, local time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from exam.core import i18n
from exam.core.texts import localtime


def in_words(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known of a deed, as label and text in the request's language; what is unknown or empty is left out."""
    return [
        (known(f"detail.{name}") or name, _value(value))
        for name, value in detail.items()
        if value not in (None, "", [])
    ]


def known(code: str) -> str:
    """The text of a code in the request's language; "" where none is known."""
    text = i18n.gettext(code)
    return "" if text == code else text


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return i18n.gettext("是") if value else i18n.gettext("否")
    if isinstance(value, list):
        return i18n.gettext("、").join(map(_value, value))
    text = str(value)
    return _instant(text) or known(f"detail-value.{text}") or text


def _instant(text: str) -> str:
    """An instant as the log keeps it, in Shanghai; "" for any other text."""
    if len(text) < 20 or "T" not in text:
        return ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return localtime(at) if at.tzinfo else ""
