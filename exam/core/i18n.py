"""Texts in both languages. The Chinese text is its own message id; codes (refusals, problems) have texts in both.

Catalogues are the `.po` files of `exam/locale/<language>/`, one a package, read as they are at start.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LOCALES = ("zh", "en")
DEFAULT = "zh"
LOCALE_DIR = Path(__file__).parent.parent / "locale"

current_locale: ContextVar[str] = ContextVar("current_locale", default=DEFAULT)


@cache
def catalogue(locale: str) -> Mapping[str, tuple[str, ...]]:
    """Message id → its texts (singular, then plural where there is one)."""
    texts: dict[str, tuple[str, ...]] = {}
    for path in sorted((LOCALE_DIR / locale).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale, abort_invalid=True):
                strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
                key = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
                if key and strings[0]:
                    texts[key] = tuple(text or "" for text in strings)
    return texts


def N_(message: str) -> str:
    """Mark a text for translation where it is defined; it is translated where it is shown."""
    return message


def gettext(message: str, locale: str | None = None, **params: Any) -> str:
    """The text in `locale` (default: the request's), with `%(name)s` filled when there are params."""
    text = catalogue(locale or current_locale.get()).get(message, (message,))[0]
    return text % params if params else text


def ngettext(singular: str, plural: str, n: int, **params: Any) -> str:
    """The text for `n` things; `%(num)s` is `n`. Chinese has one form."""
    locale = current_locale.get()
    texts = catalogue(locale).get(singular, (singular, plural))
    text = texts[0] if locale == "zh" or n == 1 else texts[-1]
    return text % {"num": n, **params}


def has(code: str, locale: str) -> bool:
    """Whether a code has a text of its own in `locale`."""
    return code in catalogue(locale)
