"""DATA: what S2 asks of recorded courses: progress points, and pop-up questions within them (CCIB's guide, S1)."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class CoursewareRules:
    """The numbers for the courseware of one online course. Times in seconds."""

    holds_from: date
    source: str
    least_points: int
    most_points: int
    between_points: int
    """The least time between two progress points, along the course as a whole."""


COURSEWARE = (
    CoursewareRules(
        holds_from=date(2013, 1, 1),
        source="S2 附件6：设置 10-20 个进度点，间隔不少于 5 分钟；较短的课程按平台约定",
        least_points=10,
        most_points=20,
        between_points=300,
    ),
)


def courseware_rules(on: date) -> CoursewareRules:
    """The row that holds on a day (Shanghai); the first one for days before it."""
    held = [row for row in COURSEWARE if row.holds_from <= on]
    return max(held, key=lambda row: row.holds_from, default=COURSEWARE[0])
