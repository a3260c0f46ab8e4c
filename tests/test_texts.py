"""Both languages are whole: every Chinese text has its English, every code its text in both."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from exam.core import i18n

ROOT = Path(__file__).parent.parent
HAN = re.compile(r"[\u4e00-\u9fff]")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.i18n,jinja2.ext.do"}}
CODE = {
    "refusal": re.compile(r'Refusal\(\s*"([a-z0-9-]+)"'),
    "problem": re.compile(r'Problem\([^"()]*(?:"[^"]*"|f"[^"]*"|[\w.]+),\s*"([a-z0-9-]+)"'),
    "audit": re.compile(r'action="([a-z0-9.-]+)"'),
}


def _messages() -> dict[str, str]:
    found = {}
    for folder in ("exam", "templates"):
        for filename, line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder), METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True
        ):
            for text in message if isinstance(message, tuple) else (message,):
                if text:
                    found.setdefault(text, f"{folder}/{filename}:{line}")
    return found


def test_every_chinese_text_has_english() -> None:
    missing = {
        text: place
        for text, place in _messages().items()
        if HAN.search(text) and not i18n.has(text, "en") and "static/vendor" not in place
    }
    assert not missing, "\n".join(f"{place}: {text}" for text, place in missing.items())


@pytest.mark.parametrize("kind", CODE)
def test_every_code_has_a_text_in_both_languages(kind: str) -> None:
    missing = []
    for path in (ROOT / "exam").rglob("*.py"):
        for code in CODE[kind].findall(path.read_text(encoding="utf-8")):
            missing += [
                f"{path.name}: {kind}.{code} ({locale})"
                for locale in i18n.LOCALES
                if not i18n.has(f"{kind}.{code}", locale)
            ]
    assert not missing, "\n".join(sorted(set(missing)))


def test_english_texts_keep_the_chinese_parameters() -> None:
    pattern = re.compile(r"%\((\w+)\)")
    wrong = [
        text
        for text, english in i18n.catalogue("en").items()
        if HAN.search(text)
        and any(set(pattern.findall(e)) - set(pattern.findall(text)) - {"num"} for e in english if e)
    ]
    assert not wrong, "\n".join(wrong)
