"""What the pages of courses show: the office's courses with their people, a candidate's own and what can be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, or_, select

from exam import schemes
from exam.accounts.access import Caller
from exam.accounts.models import Person
from exam.core.decisions import Refusal
from exam.core.errors import NotFound
from exam.courses import signals
from exam.courses.models import Course, CourseEnrolment
from exam.courses.service_selecting import FEES, SUBJECT, why_not
from exam.fees import queries as fees
from exam.fees.models import Due
from exam.schemes.kinds import fee_at

PAGE = 50


@dataclass(frozen=True)
class CourseRow:
    """A course with how many have it selected and how many finished it."""

    course: Course
    active: int
    finished: int


@dataclass(frozen=True)
class SelectionRow:
    """A person's selection of a course, with what is due for it (None: nothing)."""

    selection: CourseEnrolment
    person: Person
    due: Due | None


@dataclass(frozen=True)
class Page:
    """A page of a list; `number` from 1."""

    rows: Sequence[SelectionRow]
    total: int
    number: int

    @property
    def first(self) -> int:
        """The number of its first row."""
        return (self.number - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of its last row."""
        return min(self.number * PAGE, self.total)


@dataclass(frozen=True)
class Mine:
    """A candidate's selection, with what is due and where its exam stands."""

    course: Course
    selection: CourseEnrolment
    due: Due | None
    exam: signals.ExamState | None
    again: Refusal | None
    """Why the course can't be selected anew now; None where it can."""
    learnable: signals.Learnable | None = None
    """How far it is learned, where it has content here."""


@dataclass(frozen=True)
class Offer:
    """A course that can be chosen, with what it would cost here (None: nothing)."""

    course: Course
    yuan: Decimal | None


def course_rows(db: Session, institution_id: int) -> list[CourseRow]:
    """The institution's courses: open ones first, then by code."""
    counted = db.exec(
        select(CourseEnrolment.course_id, CourseEnrolment.state, func.count())
        .where(CourseEnrolment.institution_id == institution_id)
        .group_by(col(CourseEnrolment.course_id), col(CourseEnrolment.state))
    ).all()
    counts = {(course_id, state): number for course_id, state, number in counted}
    courses = db.exec(select(Course).where(Course.institution_id == institution_id).order_by(col(Course.code)))
    rows = [
        CourseRow(course, counts.get((course.id or 0, "active"), 0), counts.get((course.id or 0, "finished"), 0))
        for course in courses
    ]
    return sorted(rows, key=lambda row: ("open", "draft", "closed").index(row.course.state))


def selection_page(db: Session, course: Course, filters: Mapping[str, str]) -> Page:
    """Who selected a course, newest first; `filters` are `q`, `state`, `page`."""
    query = (
        select(CourseEnrolment, Person)
        .join(Person, col(Person.id) == col(CourseEnrolment.person_id))
        .where(CourseEnrolment.course_id == course.id)
    )
    if state := filters.get("state"):
        query = query.where(CourseEnrolment.state == state)
    if asked := filters.get("q", "").strip():
        like = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(
            or_(
                col(Person.name).like(f"%{like}%", escape="\\"),
                col(Person.username) == asked,
                col(Person.id_number) == asked.upper(),
            )
        )
    total = db.exec(select(func.count()).select_from(query.subquery())).one()
    asked_page = filters.get("page", "1")
    number = int(asked_page) if asked_page.isdecimal() and len(asked_page) < 7 else 1
    number = max(1, min(number, (total + PAGE - 1) // PAGE))
    found = db.exec(query.order_by(col(CourseEnrolment.id).desc()).limit(PAGE).offset((number - 1) * PAGE)).all()
    dues = dues_of(db, [selection.id or 0 for selection, _ in found])
    return Page([SelectionRow(one, person, dues.get(one.id or 0)) for one, person in found], total, number)


def selection_of(db: Session, who: Caller, selection_id: int) -> CourseEnrolment:
    """A selection at the caller's institution, to be read. Raises NotFound."""
    found = db.get(CourseEnrolment, selection_id)
    if found is None or found.institution_id != who.institution_id:
        raise NotFound(f"course selection {selection_id}")
    return found


def dues_of(db: Session, selection_ids: Sequence[int]) -> dict[int, Due]:
    """Selection → what stands due for it, in whatever state but void."""
    query = select(Due).where(Due.subject_kind == SUBJECT, col(Due.subject_id).in_(selection_ids), Due.state != "void")
    return {due.subject_id: due for due in db.exec(query)}


def my_courses(db: Session, who: Caller, now: datetime) -> list[Mine]:
    """The caller's selections at their institution, those under way first."""
    found = db.exec(
        select(CourseEnrolment, Course)
        .join(Course, col(Course.id) == col(CourseEnrolment.course_id))
        .where(CourseEnrolment.person_id == who.person_id, CourseEnrolment.institution_id == who.institution_id)
        .order_by(col(CourseEnrolment.id).desc())
    ).all()
    ids = [selection.id or 0 for selection, _ in found]
    dues, exams = dues_of(db, ids), signals.exam_states_of(db, ids)
    learnables = signals.learnable_of(db, ids)
    newest: set[int] = set()
    mine = []
    for selection, course in found:
        again: Refusal | None = Refusal("course-selected-already")
        if course.id not in newest and selection.state != "active":
            again = why_not(db, course, who.person_id, selection, False, now)
        newest.add(course.id or 0)
        key = selection.id or 0
        mine.append(Mine(course, selection, dues.get(key), exams.get(key), again, learnables.get(key)))
    return sorted(mine, key=lambda one: ("active", "finished", "cancelled").index(one.selection.state))


def offers(db: Session, who: Caller, now: datetime) -> list[Offer]:
    """The courses that the caller has never selected and can select now, by scheme and code."""
    taken = select(CourseEnrolment.course_id).where(
        CourseEnrolment.person_id == who.person_id, CourseEnrolment.institution_id == who.institution_id
    )
    query = (
        select(Course)
        .where(Course.institution_id == who.institution_id, Course.state == "open", col(Course.id).not_in(taken))
        .order_by(col(Course.scheme), col(Course.code))
    )
    return [
        Offer(course, price(db, course, now))
        for course in db.exec(query)
        if why_not(db, course, who.person_id, None, False, now) is None
    ]


def price(db: Session, course: Course, now: datetime) -> Decimal | None:
    """What selecting a course costs today, in yuan, before any free hours; None where nothing is charged here."""
    if not fees.collects(db, course.institution_id):
        return None
    scheme = schemes.get(course.scheme)
    on = now.astimezone(ZoneInfo(scheme.zone)).date()
    for per in FEES:
        rule = fee_at(scheme, on, per, course.track or None, course.category or None)
        if rule is not None:
            return rule.value.yuan * course.hours if per == "hour" else rule.value.yuan
    return None
