"""DATA: who sits which exam in the demo's story, when, and how well they know the subject.

Months count from the present one (0), in which a window is open; the present is its second day, 09:30.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class When:
    """A time in Shanghai, by month from the present one."""

    month: int
    day: int
    clock: str = "09:00:00"


@dataclass(frozen=True)
class Chance:
    """A booked chance: `planned` in its window; it is sat from then for `minutes`, or (0) only booked.

    `to_the_end`: nothing is handed in, the deadline does it.
    """

    planned: When
    minutes: int = 0
    to_the_end: bool = False


@dataclass(frozen=True)
class Part:
    """Somebody's enrolment in an exam. `skill` is the share of items they know, from 0 to 1."""

    exam: str
    who: str
    skill: float
    enrolled: When
    finished: When | None
    chances: tuple[Chance, ...] = ()
    extra_factor: str = ""


# Those whose sign-ins a visitor tries, one for each state that a candidate can be in.
CAST: tuple[Part, ...] = (
    Part("CZ-QS", "candidate1", 0.8, When(-1, 12), When(-1, 27), (Chance(When(0, 6, "10:00:00")),)),
    Part("CZ-QS", "candidate2", 0.36, When(-2, 14), When(-1, 2), (Chance(When(-1, 7, "14:05:00"), 52),)),
    Part("CZ-QS", "candidate3", 0.6, When(-1, 20), None),
    Part("CZ-QS", "candidate4", 0.7, When(-1, 15), When(-1, 29), (Chance(When(0, 7, "14:00:00")),)),
    Part("CZ-QS", "candidate5", 0.9, When(-2, 15), When(-2, 28), (Chance(When(-1, 6, "09:10:00"), 41),)),
    Part(
        "CZ-QS",
        "candidate6",
        0.3,
        When(-3, 12),
        When(-3, 26),
        (Chance(When(-2, 6, "19:20:00"), 47), Chance(When(-1, 9, "20:00:00"), 55)),
    ),
    Part("CZ-QS", "candidate7", 0.34, When(-4, 16), When(-3, 1), (Chance(When(-3, 8, "10:40:00"), 50),)),
    Part("CZ-QS", "candidate8", 0.75, When(-1, 14), When(-1, 28), (Chance(When(0, 6, "13:30:00")),), "1.25"),
    Part("CZ-QS", "candidate9", 0.82, When(-1, 8), When(-1, 22), (Chance(When(0, 6, "09:04:00"), 55),)),
    Part("CZ-QS", "candidate10", 0.85, When(-1, 18), When(-1, 30 - 2), (Chance(When(0, 5, "09:00:00"), 38),)),
    Part("CZ-QS", "candidate11", 0.7, When(-2, 20), When(-1, 1), (Chance(When(-1, 10, "23:22:00"), 60, True),)),
    Part("CZ-QS", "candidate12", 0.7, When(-2, 20), When(-1, 3), (Chance(When(-1, 8, "15:00:00")),)),
    Part("CZ-F2F", "candidate1", 0.85, When(-2, 10), When(-2, 27), (Chance(When(-1, 8, "09:30:00"), 56),)),
    Part("CZ-F2F", "candidate5", 0.8, When(-1, 11), When(-1, 27), (Chance(When(0, 5, "10:10:00"), 57),)),
    Part("CZ-F2F", "candidate2", 0.55, When(-1, 12), When(-1, 28), (Chance(When(0, 5, "13:30:00"), 54),)),
    Part("CZ-F2F", "candidate13", 0.68, When(-1, 12), When(-1, 28), (Chance(When(0, 5, "13:32:00"), 58),)),
    Part("CZ-F2F", "candidate14", 0.74, When(-1, 13), When(-1, 28), (Chance(When(0, 5, "15:05:00"), 49),)),
    Part("CZ-F2F", "candidate15", 0.62, When(-1, 13), When(-1, 28), (Chance(When(0, 5, "18:40:00"), 59),)),
    Part("CZ-F2F", "candidate3", 0.7, When(-1, 14), When(-1, 28), (Chance(When(0, 8, "09:00:00")),)),
    Part("JN-QS", "candidate1b", 0.8, When(-1, 12), When(-1, 27), (Chance(When(0, 6, "10:00:00")),)),
    Part("JN-QS", "candidate2b", 0.35, When(-2, 14), When(-1, 2), (Chance(When(-1, 7, "10:05:00"), 48),)),
    Part("JN-QS", "candidate3b", 0.6, When(-1, 20), None),
)

# Everybody else: who, which exam, in which months' windows; the rest of it is drawn.
CROWD: tuple[tuple[str, Sequence[str], Sequence[int]], ...] = (
    ("CZ-QS", [f"candidate{n}" for n in range(13, 19)], (-3,)),
    ("CZ-QS", [f"candidate{n}" for n in range(19, 25)], (-2,)),
    ("CZ-QS", [f"candidate{n}" for n in range(25, 31)], (-1,)),
    ("CZ-F2F", [f"candidate{n}" for n in range(16, 20)], (-3,)),
    ("CZ-F2F", [f"candidate{n}" for n in range(20, 26)], (-2,)),
    ("CZ-F2F", [f"candidate{n}" for n in range(26, 31)], (-1,)),
    ("JN-QS", [f"candidate{n}b" for n in range(4, 8)], (-3,)),
    ("JN-QS", [f"candidate{n}b" for n in range(8, 12)], (-2,)),
    ("JN-QS", [f"candidate{n}b" for n in range(12, 16)], (-1,)),
)
RETAKES_AT = 0.62
"""Below this skill somebody has a second chance planned; it is only taken when the first one failed."""

PRACTISED = ("candidate4", "candidate8", "candidate13", "candidate20", "candidate27", "candidate4b", "candidate9b")


def crowd(dice: random.Random) -> Iterator[Part]:
    """The parts of everybody else; the same dice, the same parts."""
    for exam, people, months in CROWD:
        for who in people:
            month, skill = dice.choice(list(months)), round(dice.triangular(0.42, 0.97, 0.76), 3)
            chances = [Chance(_time(dice, month), dice.randint(31, 58))]
            if skill < RETAKES_AT and month < -1:
                chances.append(Chance(_time(dice, month + 1), dice.randint(35, 58)))
            enrolled, finished = When(month - 1, dice.randint(8, 16)), When(month - 1, dice.randint(20, 28))
            yield Part(exam, who, skill, enrolled, finished, tuple(chances))


def _time(dice: random.Random, month: int) -> When:
    day = dice.choice([5, 6, 6, 7, 8, 8, 9, 10])
    return When(month, day, f"{dice.randint(8, 20):02d}:{dice.randint(0, 59):02d}:{dice.randint(0, 59):02d}")
