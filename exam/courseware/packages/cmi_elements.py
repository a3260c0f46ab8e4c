"""The data model of SCORM 1.2 as a table: which elements there are, who may read and write them, and what they take.

`n` stands for a place in a list. `exam/static/learning/scorm-api.js` holds the same table; a test compares them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from exam.courseware.packages.model import Launch

MAX_ITEMS = 250
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # no database takes them
_DECIMAL = re.compile(r"-?[0-9]{0,3}(\.[0-9]{0,20})?")
_INTEGER = re.compile(r"-?[0-9]{1,3}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,2})?")
_SPAN = re.compile(r"[0-9]{2,4}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,2})?")
_STATUS = frozenset({"passed", "completed", "failed", "incomplete", "browsed"})
_TYPES = frozenset({"true-false", "choice", "fill-in", "matching", "performance", "sequencing", "likert", "numeric"})
_RESULTS = frozenset({"correct", "wrong", "unanticipated", "neutral"})

Check = Callable[[str], bool]
Access = Literal["r", "w", "rw"]


def _string(most: int) -> Check:
    return lambda value: len(value) <= most and not _UNSTORABLE.search(value)


def _one_of(words: frozenset[str]) -> Check:
    return lambda value: value in words


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: pattern.fullmatch(value) is not None


def _identifier(value: str) -> bool:
    # The standard wants ASCII; tools made in China name questions in Chinese.
    return 0 < len(value) <= 255 and value.isprintable() and not any(character.isspace() for character in value)


def is_decimal(value: str) -> bool:
    """Whether a value is a decimal number as the data model writes it."""
    return _DECIMAL.fullmatch(value) is not None and any(character.isdigit() for character in value)


def _score(value: str) -> bool:
    return value == "" or (is_decimal(value) and 0 <= float(value) <= 100)


def _between(least: int, most: int) -> Check:
    return lambda value: _INTEGER.fullmatch(value) is not None and least <= int(value) <= most


def _result(value: str) -> bool:
    return value in _RESULTS or is_decimal(value)


def _never(value: str) -> bool:
    return False


@dataclass(frozen=True)
class Element:
    """An element: who may read and write it as the content sees it, and which values it takes."""

    access: Access
    takes: Check = _never


# Texts may be longer than the standard says (255 and 4096 characters): widespread authoring tools exceed that.
ELEMENTS: dict[str, Element] = {
    "cmi._version": Element("r"),
    "cmi.core._children": Element("r"),
    "cmi.core.student_id": Element("r"),
    "cmi.core.student_name": Element("r"),
    "cmi.core.lesson_location": Element("rw", _string(1000)),
    "cmi.core.credit": Element("r"),
    "cmi.core.lesson_status": Element("rw", _one_of(_STATUS)),
    "cmi.core.entry": Element("r"),
    "cmi.core.score._children": Element("r"),
    "cmi.core.score.raw": Element("rw", _score),
    "cmi.core.score.min": Element("rw", _score),
    "cmi.core.score.max": Element("rw", _score),
    "cmi.core.total_time": Element("r"),
    "cmi.core.lesson_mode": Element("r"),
    "cmi.core.exit": Element("w", _one_of(frozenset({"time-out", "suspend", "logout", ""}))),
    "cmi.core.session_time": Element("w", _matches(_SPAN)),
    "cmi.suspend_data": Element("rw", _string(65_536)),
    "cmi.launch_data": Element("r"),
    "cmi.comments": Element("rw", _string(4096)),
    "cmi.comments_from_lms": Element("r"),
    "cmi.objectives._children": Element("r"),
    "cmi.objectives._count": Element("r"),
    "cmi.objectives.n.id": Element("rw", _identifier),
    "cmi.objectives.n.score._children": Element("r"),
    "cmi.objectives.n.score.raw": Element("rw", _score),
    "cmi.objectives.n.score.min": Element("rw", _score),
    "cmi.objectives.n.score.max": Element("rw", _score),
    "cmi.objectives.n.status": Element("rw", _one_of(_STATUS | {"not attempted"})),
    "cmi.student_data._children": Element("r"),
    "cmi.student_data.mastery_score": Element("r"),
    "cmi.student_data.max_time_allowed": Element("r"),
    "cmi.student_data.time_limit_action": Element("r"),
    "cmi.student_preference._children": Element("r"),
    "cmi.student_preference.audio": Element("rw", _between(-1, 100)),
    "cmi.student_preference.language": Element("rw", _string(255)),
    "cmi.student_preference.speed": Element("rw", _between(-100, 100)),
    "cmi.student_preference.text": Element("rw", _between(-1, 1)),
    "cmi.interactions._children": Element("r"),
    "cmi.interactions._count": Element("r"),
    "cmi.interactions.n.id": Element("w", _identifier),
    "cmi.interactions.n.objectives._count": Element("r"),
    "cmi.interactions.n.objectives.n.id": Element("w", _identifier),
    "cmi.interactions.n.time": Element("w", _matches(_TIME)),
    "cmi.interactions.n.type": Element("w", _one_of(_TYPES)),
    "cmi.interactions.n.correct_responses._count": Element("r"),
    "cmi.interactions.n.correct_responses.n.pattern": Element("w", _string(4096)),
    "cmi.interactions.n.weighting": Element("w", is_decimal),
    "cmi.interactions.n.student_response": Element("w", _string(4096)),
    "cmi.interactions.n.result": Element("w", _result),
    "cmi.interactions.n.latency": Element("w", _matches(_SPAN)),
}
READONLY = tuple(name for name, element in ELEMENTS.items() if element.access == "r")
WRITEONLY = tuple(name for name, element in ELEMENTS.items() if element.access == "w")
CHILDREN = {
    "cmi.core._children": "student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,"
    "lesson_mode,exit,session_time",
    "cmi.core.score._children": "raw,min,max",
    "cmi.objectives._children": "id,score,status",
    "cmi.student_data._children": "mastery_score,max_time_allowed,time_limit_action",
    "cmi.student_preference._children": "audio,language,speed,text",
    "cmi.interactions._children": "id,objectives,time,type,correct_responses,weighting,student_response,result,latency",
}


def pattern_of(name: str) -> str:
    """An element's name with `n` for each place in a list: the key of `ELEMENTS`."""
    return ".".join("n" if _is_place(part) else part for part in name.split("."))


def places(name: str) -> list[tuple[str, int]]:
    """The lists that a name goes through, each with the place in it: `cmi.interactions.2.id` is in the list
    `cmi.interactions` at 2."""
    parts = name.split(".")
    return [(".".join(parts[:at]), int(part)) for at, part in enumerate(parts) if _is_place(part)]


def limits_of(launch: Launch) -> dict[str, str]:
    """What the content is told of a launch's mastery score and time limit."""
    seconds = launch.max_time_seconds
    return {
        "cmi.student_data.mastery_score": "" if launch.mastery is None else f"{launch.mastery:f}",
        "cmi.student_data.max_time_allowed": "" if seconds is None else span_of(seconds * 100),
        "cmi.student_data.time_limit_action": launch.time_limit_action,
    }


def span_of(hundredths: int) -> str:
    """A length of time as HHHH:MM:SS.SS; what is longer than that can say stays at its end."""
    seconds, rest = divmod(min(hundredths, 9999 * 360_000 + 359_999), 100)
    return f"{seconds // 3600:04d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"


def hundredths_of(span: str) -> int:
    """HHHH:MM:SS.SS in hundredths of a second; 0 for anything else."""
    if not _SPAN.fullmatch(span):
        return 0
    hours, minutes, seconds = span.split(":")
    whole, _, rest = seconds.partition(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 100 + int(rest.ljust(2, "0") or 0)


def _is_place(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= 4
