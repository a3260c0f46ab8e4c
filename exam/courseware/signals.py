"""What this package asks of higher ones, without knowing them."""

from collections.abc import Callable

from sqlmodel import Session

Count = Callable[[Session, int], int]

learners: list[Count] = []
"""How many people are in the middle of a course, by its id."""

learned_from: list[Count] = []
"""How many runs have gone through a chapter, by its id: it must stay, since their history names it."""
