"""What the editor's pages show in words and figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.errors import Problem
from exam.core.headers import POLICY
from exam.core.i18n import N_
from exam.core.texts import problem_text
from exam.courses.view import course_title
from exam.courseware import queries, rules, signals
from exam.courseware.models import CourseChapter, Courseware, Cue
from exam.courseware.rules import ChapterFact
from exam.courseware.times import clock_text
from exam.schemes.ccaa_courseware import courseware_rules

KIND_NAMES = {"video": N_("视频"), "slides": N_("幻灯片"), "package": N_("课件包")}
CUE_NAMES = {"fixed": N_("固定位置"), "random": N_("随机位置")}
LANGUAGE_NAMES = {"zh": N_("中文字幕"), "en": N_("英文字幕")}
PACKAGE_NAMES = {"scorm-1.2": "SCORM 1.2", "aicc": "AICC"}
# Which params of which problems are seconds, to be shown as times.
SECONDS = {
    "cue-outside": ("at",),
    "cues-too-close": ("at",),
    "cue-too-many-items": ("at",),
    "cue-where": ("least", "most"),
}


def in_words(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as people read them: seconds as times, and of several files which one it is."""
    found = []
    for problem in problems:
        params = dict(problem.params)
        for name in SECONDS.get(problem.code, ()):
            params[name] = clock_text(int(params[name]) * rules.SECOND)
        shown = replace(problem, params=params)
        if "file" in params:
            why = {"file": params["file"], "why": problem_text(shown)}
            shown = Problem(problem.field, "one-of-the-files", why)
        found.append(shown)
    return found


def chapter_title(chapter: CourseChapter) -> str:
    """A chapter's title in the reader's language."""
    return chapter.title_en if i18n.current_locale.get() == "en" and chapter.title_en else chapter.title


def kind_name(kind: str) -> str:
    """A kind of chapter in words."""
    return i18n.gettext(KIND_NAMES[kind])


def cue_name(kind: str) -> str:
    """A kind of cue in words."""
    return i18n.gettext(CUE_NAMES[kind])


def cue_times(cue: Cue) -> str:
    """Where a cue stands: one time, or from when to when."""
    times = [clock_text(cue.from_ms)] + ([clock_text(cue.until_ms)] if cue.kind == "random" else [])
    return "–".join(times)


def size_text(size: int) -> str:
    """A size as people read it."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, size // 1024)} KB"


@dataclass(frozen=True)
class ChapterRow:
    """A chapter on the course's page. `begins_ms` is its place along the course, `runs` how long its bank lasts."""

    chapter: CourseChapter
    begins_ms: int
    cues: Sequence[Cue]
    problems: Sequence[Problem]
    runs: int


@dataclass(frozen=True)
class Mark:
    """Something along the course, for the drawn bar and its table: where, in percent too, and what it is."""

    what: str
    at_ms: int
    percent: float
    row: ChapterRow
    wide: float = 0.0
    text: str = ""


@dataclass(frozen=True)
class Overview:
    """A course's content as its page shows it."""

    rows: Sequence[ChapterRow]
    length_ms: int
    problems: Sequence[Problem]
    wanted: tuple[int, int, int]
    """Progress points: how many at least, at most, and minutes between them."""

    @property
    def points(self) -> int:
        """How many progress points there are."""
        return sum(len(row.chapter.points) for row in self.rows)


def overview(db: Session, content: Courseware, now: datetime) -> Overview:
    """The chapters of a course, and everything that keeps it from being published."""
    facts = queries.chapter_facts(db, content.course_id, now)
    on = courseware_rules(now.astimezone(SHANGHAI).date())
    problems = in_words(rules.course_problems(facts, content.exercise_items, on))
    length = sum(fact.length_ms for fact in facts)
    least, between = rules.points_wanted(length, len(facts), on)
    wanted = (least, on.most_points, between // rules.SECOND // 60)
    return Overview(_rows(db, content.course_id, facts, problems), length, problems, wanted)


def _rows(db: Session, course_id: int, facts: Sequence[ChapterFact], problems: Sequence[Problem]) -> list[ChapterRow]:
    chapters = queries.chapters_of(db, course_id)
    cues = queries.cues_of(db, [chapter.id or 0 for chapter in chapters])
    found, begins = [], 0
    for chapter, fact in zip(chapters, facts, strict=True):
        own = [problem for problem in problems if problem.field == f"chapter.{chapter.number}"]
        found.append(ChapterRow(chapter, begins, cues.get(chapter.id or 0, ()), own, queries.fresh_runs(fact)))
        begins += chapter.length_ms
    return found


def marks(over: Overview) -> list[Mark]:
    """Chapters, progress points and cues along the course, in order."""
    if not over.length_ms:
        return []

    def percent(ms: int) -> float:
        return round(100 * ms / over.length_ms, 3)

    found = []
    for row in over.rows:
        begins = row.begins_ms
        found.append(Mark("chapter", begins, percent(begins), row, percent(row.chapter.length_ms)))
        found += [Mark("point", begins + at, percent(begins + at), row) for at in row.chapter.points]
        for cue in row.cues:
            at, wide = begins + cue.from_ms, percent(cue.until_ms - cue.from_ms)
            found.append(Mark("cue", at, percent(at), row, wide, cue_times(cue)))
    return sorted(found, key=lambda mark: (mark.at_ms, mark.what != "point"))


def figures(db: Session, course_id: int) -> Any:
    """How the quizzes of a course went; None where nobody knows."""
    return next((ask(db, course_id) for ask in signals.figures), None)


HELPERS: Mapping[str, Any] = {
    "course_title": course_title,
    "chapter_title": chapter_title,
    "clock_text": clock_text,
    "cue_name": cue_name,
    "cue_times": cue_times,
    "kind_name": kind_name,
    "language_names": LANGUAGE_NAMES,
    "package_names": PACKAGE_NAMES,
    "size_text": size_text,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module, which may show films of this site."""
    response = web.render(request, template, {**HELPERS, **context}, status)
    response.headers["Content-Security-Policy"] = f"{POLICY}; media-src 'self'"
    return response
