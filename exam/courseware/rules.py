"""What a course must have before it is published, and where its progress points and cues may stand. Pure.

Positions are milliseconds within a chapter; along the course a chapter begins where the one before it ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from exam.core.decisions import Refusal
from exam.core.errors import Problem
from exam.itembank.rules import Check
from exam.schemes.ccaa_courseware import CoursewareRules

SECOND = 1000
LEAST_ANSWER_SECONDS, MOST_ANSWER_SECONDS = 10, 900
MOST_QUIZ_ITEMS = 20
MOST_CUES = 40
LEAST_IDLE, MOST_IDLE = 60, 3600
CUE_MARGIN = 3 * SECOND
"""A cue stands at least so far from a chapter's ends and from another cue, so that two quizzes never meet."""


@dataclass(frozen=True)
class CueFact:
    """A cue as the rules see it."""

    kind: str
    from_ms: int
    until_ms: int
    items: int
    accuracy: int
    seconds: int


@dataclass(frozen=True)
class ChapterFact:
    """A chapter as the rules see it. `bank` are the checks of its bank's chapter (none: no such chapter is named)."""

    number: int
    kind: str
    length_ms: int
    points: tuple[int, ...]
    cues: tuple[CueFact, ...]
    bank: tuple[Check, ...] = ()
    has_bank: bool = False
    has_content: bool = False
    drawable: int = 0
    """How many items a quiz can draw from."""


def course_problems(chapters: Sequence[ChapterFact], exercise_items: int, rules: CoursewareRules) -> list[Problem]:
    """Everything that keeps a course from being published; fields are `chapter.N` or empty."""
    if not chapters:
        return [Problem("", "courseware-no-chapters")]
    found: list[Problem] = []
    for chapter in chapters:
        found += chapter_problems(chapter, exercise_items)
    if all(chapter.length_ms for chapter in chapters):
        found += point_problems(chapters, rules)
    return found


def chapter_problems(chapter: ChapterFact, exercise_items: int) -> list[Problem]:
    """What is missing or wrong in one chapter."""
    where = f"chapter.{chapter.number}"
    if not chapter.has_content or not chapter.length_ms:
        return [Problem(where, "courseware-no-content")]
    found = list(cue_problems(chapter, where))
    if not chapter.has_bank:
        return [*found, Problem(where, "courseware-no-bank-chapter")]
    # S2: a chapter has its ten items of two kinds, whether or not a quiz pops up in it.
    found += [
        Problem(where, f"courseware-{check.code}", {"have": check.have, "need": check.need})
        for check in chapter.bank
        if not check.met
    ]
    if exercise_items > chapter.drawable:
        found.append(Problem(where, "courseware-exercise-items", {"items": exercise_items, "most": chapter.drawable}))
    return found


def cue_problems(chapter: ChapterFact, where: str) -> Iterable[Problem]:
    """Cues outside the chapter, too close to each other, or asking for more items than there are."""
    ordered = sorted(chapter.cues, key=lambda cue: (cue.from_ms, cue.until_ms))
    for cue in ordered:
        if cue.from_ms < CUE_MARGIN or cue.until_ms > chapter.length_ms - CUE_MARGIN:
            yield Problem(where, "cue-outside", {"at": cue.from_ms // SECOND})
        if chapter.has_bank and cue.items > chapter.drawable:
            params = {"at": cue.from_ms // SECOND, "items": cue.items, "most": chapter.drawable}
            yield Problem(where, "cue-too-many-items", params)
    for before, after in pairwise(ordered):
        if after.from_ms - before.until_ms < CUE_MARGIN:
            yield Problem(where, "cues-too-close", {"at": after.from_ms // SECOND})


def positions(chapters: Sequence[ChapterFact]) -> list[int]:
    """The progress points along the whole course, in ms."""
    found, begins = [], 0
    for chapter in chapters:
        found += [begins + point for point in chapter.points]
        begins += chapter.length_ms
    return found


def points_wanted(length_ms: int, chapters: int, rules: CoursewareRules) -> tuple[int, int]:
    """How many progress points a course needs at least, and how far apart they stand (ms).

    S2 asks for 10 to 20, five minutes apart. Settled, as it says nothing of courses too short for that: as many as five
    minutes fit into it, at least one for each chapter, and then no least time between them.
    """
    between = rules.between_points * SECOND
    if length_ms >= rules.least_points * between:
        return rules.least_points, between
    return min(rules.least_points, max(chapters, length_ms // between)), 0


def point_problems(chapters: Sequence[ChapterFact], rules: CoursewareRules) -> list[Problem]:
    """Progress points that are too few, too many, too close, outside; and a chapter that doesn't end with one."""
    length = sum(chapter.length_ms for chapter in chapters)
    least, between = points_wanted(length, len(chapters), rules)
    along = positions(chapters)
    found = []
    if not least <= len(along) <= rules.most_points:
        params = {"value": len(along), "least": least, "most": rules.most_points}
        found.append(Problem("", "points-number", params))
    for chapter in chapters:
        where = f"chapter.{chapter.number}"
        if any(not 0 < point <= chapter.length_ms for point in chapter.points):
            found.append(Problem(where, "points-outside"))
    close = next((after for before, after in pairwise(along) if after - before < between), None)
    if close is not None or any(a >= b for a, b in pairwise(along)):
        found.append(Problem("", "points-too-close", {"minutes": between // SECOND // 60}))
    if not along or along[-1] != length:
        found.append(Problem("", "points-end"))
    return found


def spread_points(lengths: Sequence[int], rules: CoursewareRules) -> list[list[int]]:
    """Progress points spread evenly over chapters of these lengths (ms), each chapter's own; the last is the end."""
    total = sum(lengths)
    least, between = points_wanted(total, len(lengths), rules)
    number = min(rules.most_points, max(least, total // between if between else len(lengths)))
    if not between and len(lengths) <= number:
        return _per_chapter(lengths, number)
    along = [total * n // number for n in range(1, number + 1)]
    found: list[list[int]] = []
    begins = 0
    for length in lengths:
        found.append([at - begins for at in along if begins < at <= begins + length])
        begins += length
    return found


def _per_chapter(lengths: Sequence[int], number: int) -> list[list[int]]:
    """A short course: every chapter ends with a point, the others are spread where the chapters are longest."""
    counts = [1] * len(lengths)
    for _ in range(number - len(lengths)):
        longest = max(range(len(lengths)), key=lambda at: lengths[at] / (counts[at] + 1))
        counts[longest] += 1
    return [[length * n // count for n in range(1, count + 1)] for length, count in zip(lengths, counts, strict=True)]


def cue_field_problems(cue: CueFact, length_ms: int) -> list[Problem]:
    """What is wrong with a cue as typed."""
    found = []
    if cue.kind == "random" and cue.until_ms <= cue.from_ms:
        found.append(Problem("until", "cue-stretch"))
    if (
        not CUE_MARGIN <= cue.from_ms <= max(CUE_MARGIN, length_ms - CUE_MARGIN)
        or cue.until_ms > length_ms - CUE_MARGIN
    ):
        params = {"least": CUE_MARGIN // SECOND, "most": max(0, length_ms - CUE_MARGIN) // SECOND}
        found.append(Problem("from", "cue-where", params))
    if not 1 <= cue.items <= MOST_QUIZ_ITEMS:
        found.append(Problem("items", "whole-between", {"least": 1, "most": MOST_QUIZ_ITEMS}))
    if not 1 <= cue.accuracy <= 100:
        found.append(Problem("accuracy", "whole-between", {"least": 1, "most": 100}))
    if not LEAST_ANSWER_SECONDS <= cue.seconds <= MOST_ANSWER_SECONDS:
        found.append(Problem("seconds", "whole-between", {"least": LEAST_ANSWER_SECONDS, "most": MOST_ANSWER_SECONDS}))
    return found


def may_change(state: str) -> Refusal | None:
    """Whether chapters and cues may be changed: not while published, as learners rely on them."""
    return Refusal("courseware-published") if state == "published" else None


def may_withdraw(state: str, learners: int) -> Refusal | None:
    """Whether a published course may be taken back into work: not while people are in the middle of it."""
    if state != "published":
        return Refusal("courseware-draft")
    return Refusal("courseware-has-learners", params={"n": learners}) if learners else None


def needed_right(items: int, accuracy: int) -> int:
    """How many of `items` must be right for an accuracy in percent: never less than the percentage asks."""
    return -(-items * accuracy // 100)


def fresh_runs(drawable: int, asked: Sequence[int]) -> int:
    """For how many runs a chapter's bank lasts before a quiz must repeat an item; `asked`: the items of its quizzes."""
    return drawable // sum(asked) if asked else 0
