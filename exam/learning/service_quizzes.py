"""Pop-up quizzes and the exercise: drawn, shown, answered, and what follows. Everything here happens once."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courseware import queries as content
from exam.courseware.models import CourseChapter, Courseware, Cue
from exam.courseware.rules import needed_right
from exam.itembank import types
from exam.itembank.models import ItemVersion
from exam.itembank.types.base import Verdict
from exam.learning import rules, signals
from exam.learning.models import LearningGrant, LearningRun, Quiz
from exam.learning.service_runs import finish, locked_run, move, record
from exam.learning.states import QUIZ_MOVES, QuizState, Run, RunEvent

ONE = Decimal(1)


@dataclass(frozen=True)
class Decided:
    """What became of an answered quiz."""

    state: str
    right: int
    items: int
    needed: int


def own_quiz(db: Session, person_id: int, quiz_id: int) -> tuple[Quiz, LearningRun]:
    """A quiz of the person's own run, both locked. Raises NotFound for anybody else's."""
    quiz = db.get(Quiz, quiz_id)
    run = db.get(LearningRun, quiz.run_id) if quiz else None
    if quiz is None or run is None or run.person_id != person_id:
        raise NotFound(f"quiz {quiz_id}")
    run = locked_run(db, run.id or 0)
    db.refresh(quiz)
    return quiz, run


def reach(db: Session, quiz: Quiz, run: LearningRun, now: datetime) -> None:
    """The learner has come to a quiz: its items are drawn. Twice is once."""
    if quiz.state != QuizState.SET:
        return
    move(db, run, RunEvent.REACH, now)
    chapter, cue = db.get_one(CourseChapter, quiz.chapter_id), db.get_one(Cue, quiz.cue_id)
    _draw(db, quiz, run, [chapter.bank_chapter_id or 0], cue.items, now)
    _move(quiz, "reach")


def _draw(db: Session, quiz: Quiz, run: LearningRun, bank_chapters: Sequence[int], wanted: int, now: datetime) -> None:
    """Draw `wanted` items of each bank chapter, such as this learner has not seen in this course as far as there are
    any. A bank that has shrunk since the course was published gives retired ones: a quiz is never shorter for that."""
    used = _used(db, run)
    chosen: list[content.Drawable] = []
    ready, all_ = (content.drawable(db, bank_chapters, now, retired=retired) for retired in (False, True))
    for named in dict.fromkeys(bank_chapters):
        pool = ready[named] if len(ready.get(named, ())) >= wanted else all_.get(named, [])
        versions = {each.item_id: each for each in pool}
        shuffle = random.Random(secrets.randbits(128)).shuffle  # noqa: S311 - seeded from the system's own
        chosen += [versions[item] for item in rules.choose(list(versions), wanted, used, shuffle)]
    quiz.items = [[each.item_id, each.version_id] for each in chosen]
    quiz.repeated = sum(each.item_id in used for each in chosen)
    quiz.drawn_at = now
    db.add(quiz)


def _used(db: Session, run: LearningRun) -> dict[int, int]:
    """Item → when it was last drawn for this person in this course."""
    query = (
        select(Quiz.id, Quiz.items)
        .join(LearningRun, col(LearningRun.id) == col(Quiz.run_id))
        .where(LearningRun.person_id == run.person_id, LearningRun.course_id == run.course_id)
        .order_by(col(Quiz.drawn_at), col(Quiz.id))
    )
    used: dict[int, int] = {}
    for at, (_, items) in enumerate(db.exec(query)):
        used |= {item_id: at for item_id, _ in items}
    return used


def _move(quiz: Quiz, event: str) -> None:
    target = QUIZ_MOVES.get((QuizState(quiz.state), event))
    if target is None:
        raise Refused(Refusal(f"quiz-{quiz.state}"))
    quiz.state = target.value


def arrive(
    db: Session, quiz: Quiz, run: LearningRun, heard: datetime | None, now: datetime, *, leaving: bool = True
) -> None:
    """A learner comes back to a quiz whose items they were sent, or that was shown: the time left is theirs.

    `heard`: when this learner was last heard of before. Leaving too often counts as not answering; `leaving` is false
    where it was the server that was gone.
    """
    if not begun(quiz) or quiz.cue_id is None:
        return
    quiz.left += leaving
    if quiz.left >= rules.MOST_LEAVES:
        _fail(db, quiz, run, "time-out", now)
        return
    if quiz.deadline is None:
        quiz.fetched_at = None  # never shown: its time begins when it is
    else:
        since = min(max(heard or now, quiz.shown_at or now), now)  # it was there when it was shown, heard of or not
        quiz.deadline, quiz.shown_at = rules.deadline_on_return(quiz.deadline, since, now), now
    db.add(quiz)


def begun(quiz: Quiz) -> bool:
    """Whether a learner has a quiz before them: it is shown, or its items were sent to a page."""
    return quiz.state == QuizState.SHOWN or (quiz.state == QuizState.WAITING and quiz.fetched_at is not None)


def shown(db: Session, quiz: Quiz, run: LearningRun, now: datetime) -> None:
    """The page says that it shows the quiz: from now on its time runs. Said again, nothing changes. Raises Refused."""
    first = quiz.state == QuizState.WAITING
    _move(quiz, "show")
    if first:
        quiz.shown_at = now
        begins = rules.begins(quiz.fetched_at, now)
        quiz.deadline = rules.deadline(begins, quiz.seconds, extra_time(db, run)) if quiz.cue_id else None
    db.add(quiz)
    db.flush()


def fetched(db: Session, quiz: Quiz, now: datetime) -> None:
    """A page is given the items of a quiz; the first time is noted."""
    quiz.fetched_at = quiz.fetched_at or now
    db.add(quiz)


def extra_time(db: Session, run: LearningRun) -> Decimal:
    """The factor of a learner's time: what the office granted for the selection, or for its exam; 1: none."""
    grant = db.get(LearningGrant, run.selection_id)
    asked = [ask(db, run.selection_id) for ask in signals.extra_time]
    return max([ONE, *asked, *([grant.factor] if grant else [])])


def answer(db: Session, quiz: Quiz, run: LearningRun, responses: Sequence[Any], now: datetime) -> Decided:
    """Score what was answered; passed, or back to the beginning. An answer that comes again changes nothing.

    Raises Invalid for what is no response to these items, Refused for a quiz that is not shown.
    """
    if quiz.state in (QuizState.PASSED, QuizState.FAILED, QuizState.TIMED_OUT):
        return decided(quiz)
    if quiz.state != QuizState.SHOWN:
        raise Refused(Refusal(f"quiz-{quiz.state}"))
    marks = _marks(db, quiz, responses)
    quiz.responses, quiz.marks, quiz.right = list(responses), marks, sum(marks)
    if quiz.deadline is not None and (not rules.in_time(quiz.deadline, now) or all(each is None for each in responses)):
        _fail(db, quiz, run, "time-out", now)
    elif not rules.passed(quiz.right, len(quiz.items), quiz.accuracy):
        _fail(db, quiz, run, "fail", now)
    else:
        _move(quiz, "pass")
        quiz.decided_at = now
        db.add(quiz)
        db.flush()
        if quiz.cue_id is None:
            finish(db, run, now)
        else:
            move(db, run, RunEvent.PASS, now)
    return decided(quiz)


def decided(quiz: Quiz) -> Decided:
    """What became of a quiz."""
    return Decided(quiz.state, quiz.right or 0, len(quiz.items), needed_right(len(quiz.items), quiz.accuracy))


def _marks(db: Session, quiz: Quiz, responses: Sequence[Any]) -> list[bool]:
    if len(responses) != len(quiz.items):
        raise Invalid([Problem("", "quiz-answers-number")])
    marks = []
    for (_, version_id), response in zip(quiz.items, responses, strict=True):
        version = db.get_one(ItemVersion, version_id)
        types.check_response(version.kind, version.content, response)
        marks.append(types.score(version.kind, version.content, response, ONE).verdict is Verdict.CORRECT)
    return marks


def time_out(db: Session, quiz: Quiz, run: LearningRun, now: datetime) -> None:
    """Nobody answered in time: once."""
    if quiz.state in (QuizState.WAITING, QuizState.SHOWN):
        _fail(db, quiz, run, "time-out", now)


def _fail(db: Session, quiz: Quiz, run: LearningRun, how: str, now: datetime) -> None:
    """Failed or not answered: the run is over, and the next one begins with nothing counted (S1). An exercise is only
    tried again."""
    _move(quiz, how)
    quiz.decided_at = now
    quiz.right = quiz.right or 0
    db.add(quiz)
    db.flush()
    if quiz.cue_id is None:
        return
    run.ended_by_quiz = quiz.id
    move(db, run, RunEvent.FAIL if how == "fail" else RunEvent.TIME_OUT, now)
    record(db, run, "learning.reset", now, {"quiz": quiz.id, "how": how, "right": quiz.right, "of": len(quiz.items)})


def exercise(db: Session, run: LearningRun, now: datetime) -> Quiz:
    """The post-course exercise of a run: the try under way, or the next one. Raises Refused before all is learned."""
    if run.state != Run.EXERCISE:
        raise Refused(Refusal(f"run-{run.state}"))
    query = select(Quiz).where(Quiz.run_id == run.id, col(Quiz.cue_id).is_(None)).order_by(col(Quiz.number).desc())
    latest = db.exec(query.limit(1)).one_or_none()
    if latest is not None and latest.state in (QuizState.WAITING, QuizState.SHOWN):
        return latest
    ware = db.get_one(Courseware, run.course_id)
    chapters = content.chapters_of(db, run.course_id)
    quiz = Quiz(
        run_id=run.id or 0,
        number=latest.number + 1 if latest else 1,
        state=QuizState.WAITING.value,
        accuracy=ware.exercise_accuracy,
        seconds=0,
    )
    _draw(db, quiz, run, [chapter.bank_chapter_id or 0 for chapter in chapters], ware.exercise_items, now)
    db.flush()
    return quiz
