"""Reads lines that a registrar pasted: who (ID number, user name or phone) and, if given, a date. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

MAX_LINES = 2000
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True)
class Line:
    """One pasted line: its number from 1, who it names, the date on it, or the code of what can't be read."""

    number: int
    who: str
    on: date | None = None
    problem: str | None = None


def read_lines(text: str) -> Iterator[Line]:
    """The lines that say anything, in order. Columns are parted by tabs, commas, semicolons or spaces."""
    for number, raw in enumerate(text.splitlines(), start=1):
        plain = unicodedata.normalize("NFKC", raw).strip()
        parts = [part for part in re.split(r"[\s,;、|]+", plain) if part]
        if parts:
            yield _line(number, parts)


def _line(number: int, parts: list[str]) -> Line:
    who = parts[0].upper() if re.fullmatch(r"\d{17}[\dXx]", parts[0]) else parts[0]
    if len(parts) == 1:
        return Line(number, who)
    match = _DATE.fullmatch(parts[1])
    if len(parts) > 2 or match is None:
        return Line(number, who, problem="line-not-understood")
    try:
        return Line(number, who, date(*map(int, match.groups())))
    except ValueError:
        return Line(number, who, problem="line-date")
