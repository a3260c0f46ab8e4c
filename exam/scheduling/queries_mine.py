"""What a candidate's pages show: only their own enrolments, at the institution they are at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from exam import schemes
from exam.accounts.access import Caller
from exam.scheduling.gates import Gate, barriers, gates_of, gates_of_many
from exam.scheduling.loading import Loaded, notices_of, owned
from exam.scheduling.models import Enrolment, Exam
from exam.scheduling.queries import bookings_of, grants_of
from exam.scheduling.rules import extra_seconds, full_time_until
from exam.scheduling.signals import are_handed_in
from exam.scheduling.standing import bookable_windows
from exam.scheduling.steps import OFFERED_WINDOWS, NextSteps, next_step
from exam.scheduling.windows import Window, local_date
from exam.schemes.kinds import Scheme, value_at

URGENCY = (
    *("start", "started", "book", "wait-window", "prepare", "finish-course", "wait", "select-anew", "passed"),
    "cancelled",
)


@dataclass(frozen=True)
class Mine:
    """One of the candidate's enrolments, with what comes next."""

    loaded: Loaded
    next: NextSteps
    extra_minutes: int = 0
    extra_reason: str = ""
    handed_in: bool = False
    """Whether the chance that is started has been handed in and waits for its result."""
    gates: tuple[Gate, ...] = ()
    """What the scheme asks for before a sitting."""

    @property
    def exam(self) -> Exam:
        """Its exam."""
        return self.loaded.exam

    @property
    def enrolment(self) -> Enrolment:
        """The enrolment itself."""
        return self.loaded.enrolment

    @property
    def scheme(self) -> Scheme:
        """The scheme it is under."""
        return schemes.get(self.loaded.exam.scheme)

    @property
    def minutes(self) -> int:
        """How long a sitting lasts for this candidate."""
        return self.exam.duration_minutes + self.extra_minutes

    def latest_full_start(self, window: Window | None) -> datetime | None:
        """The latest start in a window that leaves the whole time; None without a window that ends the sitting."""
        if window is None or not value_at(self.scheme.cut_at_window_end, local_date(self.scheme, window.opens)):
            return None
        return full_time_until(
            window, timedelta(minutes=self.exam.duration_minutes), timedelta(minutes=self.extra_minutes)
        )

    def needs_course(self, now: datetime) -> bool:
        """Whether the scheme asks for the finished course before any chance."""
        return value_at(self.scheme.course_first, local_date(self.scheme, now))

    def windows(self, now: datetime) -> list[Window]:
        """The windows that may be chosen for the next chance, or for moving the booking there is."""
        return bookable_windows(self.loaded.standing, now, OFFERED_WINDOWS)


def my_enrolments(db: Session, who: Caller, now: datetime) -> list[Mine]:
    """The caller's enrolments at their institution, the most urgent first."""
    query = (
        select(Enrolment, Exam)
        .join(Exam, col(Exam.id) == col(Enrolment.exam_id))
        .where(Enrolment.person_id == who.person_id, Enrolment.institution_id == who.institution_id)
        .order_by(col(Enrolment.id).desc())
    )
    found = db.exec(query).all()
    bookings = bookings_of(db, [enrolment.id for enrolment, _ in found])
    gates = gates_of_many(db, [(exam, enrolment) for enrolment, exam in found], now)
    notices = {exam.scheme: notices_of(db, who.institution_id, exam.scheme) for _, exam in found}
    mine = []
    for enrolment, exam in found:
        own = gates[enrolment.id or 0]
        loaded = Loaded(
            exam, enrolment, tuple(bookings.get(enrolment.id or 0, ())), barriers(own), notices[exam.scheme]
        )
        mine.append(Mine(loaded, next_step(loaded.standing, now), gates=own))
    handed_in = _handed_in(db, (one.next for one in mine))
    mine = [replace(one, handed_in=one.next.booking_id in handed_in) for one in mine]
    # Practice waits for nobody: it comes after everything that has a date.
    return sorted(mine, key=lambda one: (_free(one), _urgency(one)))


def _handed_in(db: Session, steps: Iterable[NextSteps]) -> frozenset[int]:
    """Which of the started bookings that steps are about wait for their result."""
    return are_handed_in(db, [step.booking_id for step in steps if step.step == "started" and step.booking_id])


def _urgency(one: Mine) -> int:
    # Whoever has handed in has nothing to do: what can be done comes before it.
    return URGENCY.index("wait" if one.handed_in else one.next.step)


def _free(one: Mine) -> bool:
    return not one.next.windowed and one.next.step == "book"


def my_enrolment(db: Session, who: Caller, enrolment_id: int, now: datetime) -> Mine:
    """One of the caller's enrolments, with the extra time they were granted. Raises NotFound."""
    loaded = owned(db, who, enrolment_id)
    gates = gates_of(db, loaded.exam, loaded.enrolment, now)
    loaded = replace(loaded, barriers=barriers(gates))
    current = next((grant for grant, _ in grants_of(db, enrolment_id) if grant.revoked_at is None), None)
    step = next_step(loaded.standing, now)
    handed_in = step.booking_id in _handed_in(db, [step])
    if current is None:
        return Mine(loaded, step, handed_in=handed_in, gates=gates)
    seconds = extra_seconds(loaded.exam.duration_minutes * 60, current.factor, current.extra_minutes)
    return Mine(loaded, step, -(-seconds // 60), current.reason, handed_in, gates)
