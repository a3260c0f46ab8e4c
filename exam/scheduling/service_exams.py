"""The registrar's exams: made, changed, opened, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import distinct, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, select

from exam import schemes
from exam.accounts.access import Caller
from exam.core import audit
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Problem, Refused
from exam.courses.models import Course
from exam.itembank.models import Paper, PaperItem
from exam.scheduling import signals
from exam.scheduling.course_link import enrol_selected
from exam.scheduling.exam_rules import FROZEN, PaperFacts, Settings, opening_problems, settings_problems
from exam.scheduling.loading import exam_of
from exam.scheduling.models import RELEASE_RULES, Exam, ExamPaper
from exam.scheduling.states import EXAM_MOVES
from exam.scheduling.windows import local_date
from exam.schemes.kinds import value_at


def papers_of(db: Session, exam_id: int) -> list[Paper]:
    """The papers of an exam, by code."""
    query = (
        select(Paper)
        .join(ExamPaper, col(ExamPaper.paper_id) == col(Paper.id))
        .where(ExamPaper.exam_id == exam_id)
        .order_by(col(Paper.code), col(Paper.id))
    )
    return list(db.exec(query))


def facts_of(papers: Sequence[Paper]) -> list[PaperFacts]:
    """Papers as the rules see them."""
    return [PaperFacts(paper.id or 0, paper.code, paper.state, paper.total_marks) for paper in papers]


def _check(db: Session, who: Caller, settings: Settings, exam: Exam | None) -> None:
    found = settings_problems(settings)
    if settings.scheme not in schemes.SCHEMES:
        found.append(Problem("scheme", "required"))
    found += _course_problems(db, who, settings)
    if settings.release_rule not in RELEASE_RULES:
        found.append(Problem("release_rule", "required"))
    taken = select(Exam.id).where(Exam.institution_id == who.institution_id, Exam.code == settings.code)
    if db.exec(taken).first() not in (None, exam.id if exam else None):
        found.append(Problem("code", "exam-code-taken"))
    chosen = select(Paper).where(col(Paper.id).in_(settings.paper_ids), Paper.institution_id == who.institution_id)
    papers = list(db.exec(chosen))
    kept = {paper.id for paper in papers_of(db, exam.id or 0)} if exam else set()
    wrong = len(papers) != len(settings.paper_ids)
    if wrong or any(paper.state != "published" and paper.id not in kept for paper in papers):
        found.append(Problem("paper_ids", "exam-unknown-paper"))
    if papers and not wrong:
        found += opening_problems(settings.duration_minutes, settings.cut_marks, facts_of(papers))
    if found:
        raise Invalid(list({(problem.field, problem.code): problem for problem in found}.values()))


def _course_problems(db: Session, who: Caller, settings: Settings) -> list[Problem]:
    """The course must be one of the same scheme; a scheme whose tracks are chosen needs one for the exam."""
    if settings.course_id is not None:
        course = db.get(Course, settings.course_id)
        if course is None or course.institution_id != who.institution_id or course.scheme != settings.scheme:
            return [Problem("course_id", "exam-course-of-other-scheme")]
        if settings.track and course.track not in ("", settings.track):
            return [Problem("track", "exam-track-not-of-course")]
    tracks = (
        [rule.value for rule in schemes.SCHEMES[settings.scheme].tracks] if settings.scheme in schemes.SCHEMES else []
    )
    chosen = {track.key for track in tracks if track.chosen}
    if settings.track not in chosen if chosen else settings.track not in ("", *(track.key for track in tracks)):
        return [Problem("track", "exam-track-needed" if chosen else "no-such-track")]
    return []


def _frozen_change(exam: Exam, paper_ids: Sequence[int], settings: Settings) -> bool:
    before = {name: getattr(exam, name) for name in FROZEN if name != "paper_ids"}
    after = {name: getattr(settings, name) for name in before}
    return before != after or set(paper_ids) != set(settings.paper_ids)


def save_exam(db: Session, who: Caller, exam_id: int | None, settings: Settings, now: datetime) -> Exam:
    """Make an exam (`exam_id` None; it begins as a draft) or change one. Raises NotFound, Invalid, Refused.

    Once an exam has been open, what candidates are judged by no longer changes: only titles and the release do.
    """
    exam = exam_of(db, who, exam_id, lock=True) if exam_id else None
    papers = [paper.id or 0 for paper in papers_of(db, exam_id)] if exam_id else []
    if exam and exam.state != "draft" and _frozen_change(exam, papers, settings):
        raise Refused(Refusal("exam-frozen"))
    _check(db, who, settings, exam)
    values = {name: value for name, value in asdict(settings).items() if name != "paper_ids"}
    if exam is None:
        exam = Exam(institution_id=who.institution_id, created_at=now, created_by=who.person_id, **values)
    exam.sqlmodel_update(values)
    db.add(exam)
    db.flush()
    if set(papers) != set(settings.paper_ids):
        db.exec(delete(ExamPaper).where(col(ExamPaper.exam_id) == exam.id))
        db.add_all(ExamPaper(exam_id=exam.id or 0, paper_id=paper_id) for paper_id in settings.paper_ids)
        db.flush()
    if exam.state == "open" and (problems := shown_items_problems(db, exam, now)):
        raise Invalid(problems)
    detail = {"code": exam.code, "papers": sorted(settings.paper_ids), "release": settings.release_rule}
    _record(db, who, "exam.change" if exam_id else "exam.make", exam, now, detail)
    return exam


def exam_problems(db: Session, exam: Exam) -> list[Problem]:
    """What stands in the way of opening an exam."""
    own = opening_problems(exam.duration_minutes, exam.cut_marks, facts_of(papers_of(db, exam.id or 0)))
    return own + [problem for ask in signals.opening for problem in ask(db, exam)]


def shown_items_problems(db: Session, exam: Exam, now: datetime) -> list[Problem]:
    """Items that an open exam would give away: those of one that shows its answers beside one that counts and doesn't.

    An exam counts where its scheme limits the chances; an exam to practise with gives nothing away.
    """
    own, theirs = aliased(ExamPaper), aliased(ExamPaper)
    line, other_line = aliased(PaperItem), aliased(PaperItem)
    found = db.exec(
        select(Exam, func.count(distinct(col(line.item_id))))
        .join(theirs, col(theirs.exam_id) == col(Exam.id))
        .join(other_line, col(other_line.paper_id) == col(theirs.paper_id))
        .join(line, col(line.item_id) == col(other_line.item_id))
        .join(own, (col(own.paper_id) == col(line.paper_id)) & (col(own.exam_id) == exam.id))
        .where(
            Exam.institution_id == exam.institution_id,
            Exam.id != exam.id,
            Exam.state == "open",
            col(Exam.show_answers).is_not(exam.show_answers),
        )
        .group_by(col(Exam.id))
    )
    return [
        Problem("show_answers", "exam-shown-items", {"exam": other.code, "n": count})
        for other, count in found
        if _counts(other if exam.show_answers else exam, now)
    ]


def _counts(exam: Exam, now: datetime) -> bool:
    scheme = schemes.get(exam.scheme)
    return value_at(scheme.chances, local_date(scheme, now)) is not None


def move_exam(db: Session, who: Caller, exam_id: int, event: str, now: datetime) -> Exam:
    """Open or close an exam (`event` "open" or "close"). Raises NotFound, Refused, and Invalid with what is missing.

    A closed exam takes no bookings and no starts; sittings under way go on. It can be opened again.
    """
    exam = exam_of(db, who, exam_id, lock=True)
    target = EXAM_MOVES.get((exam.state, event))
    if target is None:
        raise Refused(Refusal(f"exam-cannot-{event}"))
    if event == "open" and (problems := exam_problems(db, exam) + shown_items_problems(db, exam, now)):
        raise Invalid(problems)
    exam.state = target
    db.add(exam)
    db.flush()
    if event == "open":
        enrol_selected(db, exam, who.person_id, now)
    _record(db, who, f"exam.{event}", exam, now, {"code": exam.code})
    return exam


def _record(db: Session, who: Caller, action: str, exam: Exam, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(
        db,
        at=now,
        action=action,
        subject=("exam", exam.id),
        institution_id=exam.institution_id,
        actor_id=who.person_id,
        detail=detail,
    )
