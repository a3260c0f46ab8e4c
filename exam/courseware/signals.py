"""What this package asks of higher ones, without knowing them."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

Count = Callable[[Session, int], int]

learners: list[Count] = []
"""How many people are in the middle of a course, by its id."""

learned_from: list[Count] = []
"""How many runs have gone through a chapter, by its id: it must stay, since their history names it."""

asked_at: list[Count] = []
"""How many quizzes there have been at a cue, by its id: it must stay, since they name it."""

figures: list[Callable[[Session, int], Any]] = []
"""How the quizzes of a course went, by its id.

The answer has `cues` (a cue's id → `passed`, `failed`, `timed_out`, `asked`, `repeated`) and `items`, worst first (each
`code`, `stem`, `asked`, `right`).
"""
