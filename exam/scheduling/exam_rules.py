"""What an exam must have: pure checks of its settings, and of its papers before it opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exam.core.errors import Problem

MAX_DURATION_MINUTES = 600


@dataclass(frozen=True)
class Settings:
    """What a registrar sets about an exam, read from the form. `release_at` only counts with the rule `on-date`."""

    code: str
    title: str
    title_en: str
    scheme: str
    duration_minutes: int
    cut_marks: Decimal
    calculator: bool
    release_rule: str
    release_at: datetime | None
    show_answers: bool
    paper_ids: tuple[int, ...]
    course_id: int | None = None
    track: str = ""


@dataclass(frozen=True)
class PaperFacts:
    """What is asked of a paper."""

    id: int
    code: str
    state: str
    total_marks: Decimal


FROZEN = ("code", "scheme", "course_id", "track", "duration_minutes", "cut_marks", "calculator", "paper_ids")
"""What can't be changed once the exam has been open: candidates are judged by it."""


def settings_problems(settings: Settings) -> list[Problem]:
    """What is wrong with the settings by themselves."""
    found = [Problem(name, "required") for name in ("code", "title") if not getattr(settings, name)]
    if not 1 <= settings.duration_minutes <= MAX_DURATION_MINUTES:
        found.append(Problem("duration_minutes", "exam-duration", {"max": MAX_DURATION_MINUTES}))
    if settings.cut_marks <= 0:
        found.append(Problem("cut_marks", "exam-cut-not-positive"))
    if settings.release_rule == "on-date" and settings.release_at is None:
        found.append(Problem("release_at", "exam-release-date-needed"))
    return found


def opening_problems(duration_minutes: int, cut_marks: Decimal, papers: Sequence[PaperFacts]) -> list[Problem]:
    """What stands in the way of opening: a published paper at least, all with the same total, the cut within it."""
    found = []
    if not papers:
        found.append(Problem("paper_ids", "exam-no-paper"))
    for paper in papers:
        if paper.state != "published":
            found.append(Problem("paper_ids", "exam-paper-not-published", {"code": paper.code}))
    totals = sorted({paper.total_marks for paper in papers})
    if len(totals) > 1:
        listed = "、".join(f"{paper.code} {paper.total_marks}" for paper in papers)
        found.append(Problem("paper_ids", "exam-totals-differ", {"papers": listed}))
    if totals and cut_marks > totals[0]:
        found.append(Problem("cut_marks", "exam-cut-over-total", {"total": totals[0]}))
    if duration_minutes < 1:
        found.append(Problem("duration_minutes", "exam-duration", {"max": MAX_DURATION_MINUTES}))
    return found
