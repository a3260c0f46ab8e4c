"""The exam office's form of how an exam is watched: its bounds, its defaults, and what can't go together.

Numbers are data: `LIMITS` has a row for each with its unit and source.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from exam.core.errors import Invalid, Problem
from exam.proctor.detectors import CAMERA_LEVELS, DETECTORS
from exam.proctor.models import IDENTITY, LEVELS


@dataclass(frozen=True)
class Limit:
    """The least and most of a number of the form, both allowed."""

    field: str
    least: int
    most: int
    unit: str
    source: str


_ROWS = (
    Limit(
        "interval_seconds", 3, 30, "seconds", "settled: closer costs the line, further apart a stretch is told too late"
    ),
    Limit("keep_days", 1, 400, "days", "settled: more than a year of objections is never needed"),
    Limit("appeal_days", 1, 60, "days", "settled: a stated time, never none"),
    Limit("blind_share", 0, 100, "percent", "a share; 0 leaves what the software misses unknown"),
    Limit("room_size", 1, 200, "candidates", "a wall shows up to 200 sittings"),
)
LIMITS: Mapping[str, Limit] = MappingProxyType({row.field: row for row in _ROWS})


@dataclass(frozen=True)
class Settings:
    """How an exam is watched, as `models.ProctoringPolicy` says it."""

    level: str = "none"
    interval_seconds: int = 5
    detectors: tuple[str, ...] = ()
    identity: str = "none"
    hold_results: bool = True
    keep_days: int = 90
    appeal_days: int = 10
    blind_share: int = 2
    room_size: int = 40

    def values(self) -> dict[str, Any]:
        """The columns of a policy."""
        return {**asdict(self), "detectors": list(self.detectors)}


def known(level: str) -> tuple[str, ...]:
    """The detectors that can count at a level, in the order of the table."""
    return tuple(key for key, row in DETECTORS.items() if level in row.levels)


USUALLY_OFF = frozenset({"other-person", "context-menu", "full-screen", "line-lost"})
"""Off unless the office wants them: weak, or what happens to most honest candidates."""


def default(level: str) -> Settings:
    """What the form proposes for a level: the detectors that it knows but the weakest."""
    chosen = tuple(key for key in known(level) if key not in USUALLY_OFF)
    return Settings(level=level, detectors=chosen, identity="before" if level == "live" else "none")


def read(fields: Mapping[str, str], chosen: Collection[str]) -> Settings:
    """The form's fields, `chosen` being the ticked detectors. Raises Invalid with everything that is wrong.

    Detectors that the level does not know are left out: they stay visible on the form when the level changes.
    """
    level, identity = fields.get("level", ""), fields.get("identity", "none")
    problems = [Problem("level", "required")] if level not in LEVELS else []
    if identity not in IDENTITY:
        problems.append(Problem("identity", "required"))
    if set(chosen) - set(DETECTORS):
        problems.append(Problem("detectors", "policy-unknown-detector"))
    numbers: dict[str, int] = {}
    for row in LIMITS.values():
        text = fields.get(row.field, "").strip()
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
        numbers[row.field] = value
        if not row.least <= value <= row.most:
            problems.append(Problem(row.field, "policy-number", {"least": row.least, "most": row.most}))
    if problems:
        raise Invalid(problems)
    detectors = tuple(key for key in known(level) if key in chosen)
    hold = fields.get("hold_results") == "yes"
    settings = Settings(level=level, detectors=detectors, identity=identity, hold_results=hold, **numbers)
    if problems := conflicts(settings):
        raise Invalid(problems)
    return settings


def conflicts(settings: Settings) -> list[Problem]:
    """What of the settings can't go together.

    - Face and ID card are compared over the camera, so a level without one checks no identity.
    - A level at which nobody watches live notices by its detectors alone: without any it would take pictures of people
      for nothing.
    - Pictures must outlive the time in which a candidate may appeal: without them an appeal can't be judged.
    """
    found = []
    if settings.level not in CAMERA_LEVELS and settings.identity != "none":
        found.append(Problem("identity", "policy-identity-needs-camera"))
    if settings.level in ("focus", "camera") and not settings.detectors:
        found.append(Problem("detectors", "policy-nothing-noticed"))
    if settings.level in CAMERA_LEVELS and settings.keep_days < settings.appeal_days:
        found.append(Problem("keep_days", "policy-keep-shorter-than-appeal"))
    return found
