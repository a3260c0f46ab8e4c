"""What the pages of learning show: the player's own data, chapters with their progress, words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.requests import Request

from exam.accounts.access import caller
from exam.core import i18n
from exam.courses.models import Course
from exam.courseware import queries as content
from exam.courseware.models import CourseChapter, Courseware
from exam.itembank.view import prepare
from exam.learning import loading, queries
from exam.learning.models import LearningRun, Quiz
from exam.learning.states import Run


def chapter_title(chapter: CourseChapter) -> str:
    """A chapter's title in the reader's language."""
    return chapter.title_en if i18n.current_locale.get() == "en" and chapter.title_en else chapter.title


def clock_text(ms: int) -> str:
    """A length or position as minutes and seconds: 3:05, 1:02:09."""
    seconds = ms // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def chapter_rows(db: Session, course_id: int, run: LearningRun | None) -> list[dict[str, Any]]:
    """The chapters of a course with how far a run has come in each; locked ones follow the first that is not whole."""
    rows, open_ = [], True
    for chapter in content.chapters_of(db, course_id):
        over = run is None or run.state in (Run.RESET, Run.UNDONE, Run.CANCELLED)
        verified = 0 if over or run is None else run.verified.get(str(chapter.id), 0)
        whole = verified >= chapter.length_ms
        rows.append(
            {
                "chapter": chapter,
                "verified": verified,
                "points": len(chapter.points),
                "passed": sum(verified >= at for at in chapter.points),
                "whole": whole,
                "open": open_,
            }
        )
        open_ = open_ and whole
    return rows


def player_data(
    request: Request,
    db: Session,
    selection_id: int,
    course: Course,
    ware: Courseware,
    chapter: CourseChapter,
    began: datetime,
) -> dict[str, Any]:
    """What the player's script gets: addresses, the chapter's content, numbers; nothing of where quizzes come.

    `began`: when the run began, by whose day the scheme's speed is taken.
    """
    address = request.app.url_path_for
    chapters = content.chapters_of(db, course.id or 0)
    at = next(place for place, each in enumerate(chapters) if each.id == chapter.id)
    after = chapters[at + 1] if at + 1 < len(chapters) else None
    return {
        "selection": selection_id,
        "person": caller(request).person_id,
        "chapter": chapter.id,
        "kind": chapter.kind,
        "length": chapter.length_ms,
        "idle": ware.idle_seconds * 1000,
        "exercise": ware.exercise_items > 0,
        "fastest": float(loading.fastest(course, began)),
        "urls": {
            "open": str(address("learn_open", selection_id=selection_id)),
            "beat": str(address("learn_beat")),
            "quiz": str(address("learn_quiz", quiz_id=0))[:-1],
            "package": str(address("learn_package", selection_id=selection_id)),
            "course": str(address("learn", selection_id=selection_id)),
            "play": str(address("learn_play", selection_id=selection_id)),
            "exercise": str(address("learn_exercise", selection_id=selection_id)),
        },
        "slides": [slide.ms for slide in content.slides_of(db, chapter.id or 0)],
        "next": after.id if after else None,
        "points": list(chapter.points),
    }


def quiz_lines(db: Session, quiz: Quiz, seed: str) -> list[dict[str, Any]]:
    """The items of a quiz as the learner sees them, in order; nothing of the keys."""
    lines = []
    for slot, version in enumerate(queries.quiz_items(db, quiz), 1):
        lines.append(prepare(version.kind, version.content).view(f"{seed}:{quiz.id}", slot))
    return lines


HELPERS: Mapping[str, Any] = {"chapter_title": chapter_title, "clock_text": clock_text}
