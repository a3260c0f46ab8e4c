"""What a form of a deed says, and what is allowed of it: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Problem
from exam.core.i18n import gettext
from exam.proctor.wall.deeds import (
    END_REASONS,
    EXTRA_MINUTES,
    EXTRA_TOTAL_MINUTES,
    LEFT_SECONDS,
    MOST_WORDS,
    SEVERITIES,
    TAKE_BACK_SECONDS,
    Deed,
)


@dataclass(frozen=True)
class Asked:
    """A form that was read: `words` in the candidate's language where they were chosen; `minutes`, `code` and
    `severity` where the deed has them.
    """

    words: str = ""
    minutes: int = 0
    code: str = ""
    severity: int = 0


def read(deed: Deed, fields: Mapping[str, str], locale: str) -> Asked:
    """The form of a deed: `usual` (number of the usual words) and `words` (own ones), `minutes`, `code`, `severity`.

    `locale` is the candidate's. Raises Invalid with everything that is wrong.
    """
    problems: list[Problem] = []
    words = _words(deed, fields, locale, problems)
    minutes = _number(fields, "minutes", EXTRA_MINUTES, problems) if deed.key == "extra" else 0
    severity = _number(fields, "severity", max(SEVERITIES), problems) if deed.key == "note" else 0
    code = fields.get("code", "") if deed.key == "end" else ""
    if deed.key == "end" and code not in END_REASONS:
        problems.append(Problem("code", "choose"))
    if problems:
        raise Invalid(problems)
    return Asked(words, minutes, code, severity)


def _words(deed: Deed, fields: Mapping[str, str], locale: str, problems: list[Problem]) -> str:
    if not deed.words:
        return ""
    own = " ".join(fields.get("words", "").split())
    chosen = fields.get("usual", "")
    known = chosen.isascii() and chosen.isdigit() and len(chosen) < 3 and int(chosen) < len(deed.usual)
    parts = [gettext(deed.usual[int(chosen)], locale)] if known else []
    said = " ".join([*parts, own]).strip()
    if not said:
        problems.append(Problem("words", "missing"))
    elif len(said) > MOST_WORDS:
        problems.append(Problem("words", "too-long", {"most": MOST_WORDS}))
    return said


def _number(fields: Mapping[str, str], name: str, most: int, problems: list[Problem]) -> int:
    text = fields.get(name, "").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    if not 1 <= number <= most:
        problems.append(Problem(name, "out-of-range", {"least": 1, "most": most}))
    return number


def may_give(given_seconds: int, minutes: int, *, unbounded: bool) -> Refusal | None:
    """Whether `minutes` more may be given to a sitting that was given `given_seconds` already; `unbounded` for those
    of the exam office, who may give more anyway.
    """
    if unbounded or given_seconds + minutes * 60 <= EXTRA_TOTAL_MINUTES * 60:
        return None
    left = max(0, (EXTRA_TOTAL_MINUTES * 60 - given_seconds) // 60)
    return Refusal("extra-time-spent", params={"most": EXTRA_TOTAL_MINUTES, "left": left})


def may_take_back(
    given_at: datetime | None, seconds: int, deadline: datetime | None, stands: datetime
) -> Refusal | None:
    """Whether extra time given at `given_at` may be taken back at `stands` (now, or when the pause began)."""
    if given_at is None or deadline is None or seconds <= 0:
        return Refusal("nothing-to-take-back")
    if stands - given_at > timedelta(seconds=TAKE_BACK_SECONDS):
        return Refusal("too-late-to-take-back", params={"minutes": TAKE_BACK_SECONDS // 60})
    if deadline - timedelta(seconds=seconds) - stands < timedelta(seconds=LEFT_SECONDS):
        return Refusal("too-little-left", params={"minutes": LEFT_SECONDS // 60})
    return None
