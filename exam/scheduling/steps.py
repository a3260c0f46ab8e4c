"""What a candidate can do next in an enrolment: one step, by when, and what stands in the way. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from exam.core.decisions import Refusal
from exam.scheduling import rules
from exam.scheduling.standing import Standing, Taken, bookable_windows, has_lapsed, retake_until
from exam.scheduling.windows import Window, has_windows, local_date, window_at
from exam.schemes.kinds import certificates_for, fee_at

Step = Literal[
    "wait", "finish-course", "prepare", "book", "wait-window", "start", "started", "passed", "select-anew", "cancelled"
]
OFFERED_WINDOWS = 4


@dataclass(frozen=True)
class NextSteps:
    """The next step of an enrolment.

    `wait`: the exam is not open; `finish-course`; `prepare`: something else the scheme asks for is missing (fee,
    application, hour proof); `book`: a chance can be booked; `wait-window`: booked, the window is
    not open yet (`refusal.allowed_from` says when); `start`: can be started now; `started`: under way or waiting for
    its result; `passed`; `select-anew`: the chances are used up or the retake is forfeited, the course has to be
    selected (and paid, `fee_yuan`) again; `cancelled`.

    `chance` is the number of the chance it is about, `retake` whether that is one; `until` the first instant too late
    for a retake; `chances_left` None where there is no limit. `certificate_days` are the working days from the end of
    the window of the passed chance (`window`) to the certificate.
    """

    step: Step
    chance: int = 1
    retake: bool = False
    chances_left: int | None = None
    booking_id: int | None = None
    window: Window | None = None
    windows: tuple[Window, ...] = ()
    windowed: bool = True
    until: datetime | None = None
    refusal: Refusal | None = None
    fee_yuan: Decimal | None = None
    certificate: str | None = None
    certificate_days: int | None = None


def next_step(standing: Standing, now: datetime) -> NextSteps:
    """The next step of an enrolment, as of now."""
    day = local_date(standing.scheme, now)
    fee = fee_at(standing.scheme, day, "enrolment")
    certificate = next(iter(certificates_for(standing.scheme, day, "passed")), None)
    known = NextSteps(
        "wait",
        chance=standing.next_chance,
        retake=bool(standing.failed),
        chances_left=standing.chances_left(now),
        windowed=has_windows(standing.scheme, now),
        until=retake_until(standing),
        fee_yuan=fee.value.yuan if fee else None,
        certificate=certificate.value.title if certificate else None,
        certificate_days=certificate.value.issue.working_days if certificate else None,
    )
    match standing.enrolment_state:
        case "cancelled":
            return replace(known, step="cancelled")
        case "passed":
            passed = next((b for b in standing.bookings if b.state == "passed"), None)
            return replace(_about(passed, known) if passed else known, step="passed")
        case "exhausted" | "forfeited":
            return replace(known, step="select-anew", refusal=Refusal(f"enrolment-{standing.enrolment_state}"))
    live = standing.live
    if live and (live.state == "started" or live.window is None or live.window.closes > now):
        return _live(standing, live, _about(live, known), now)
    return _free(standing, known, now)


def _about(booking: Taken, known: NextSteps) -> NextSteps:
    return replace(known, booking_id=booking.booking_id, chance=booking.chance, window=booking.window)


def _refused(standing: Standing, refusal: Refusal, known: NextSteps) -> NextSteps:
    if refusal in standing.barriers:
        return replace(known, step="prepare", refusal=refusal)
    step: Step = "finish-course" if refusal.code == "course-not-finished" else "wait"
    return replace(known, step=step, refusal=refusal)


def _live(standing: Standing, live: Taken, known: NextSteps, now: datetime) -> NextSteps:
    """A chance is booked or started."""
    if live.state == "started":
        return replace(known, step="started")
    refusal = rules.may_start(standing, live.booking_id, now)
    if refusal is None:
        return replace(known, step="start")
    if refusal.code == "window-not-open":
        return replace(known, step="wait-window", refusal=refusal)
    return _refused(standing, refusal, known)


def _free(standing: Standing, known: NextSteps, now: datetime) -> NextSteps:
    """Nothing is booked, or what was booked has been missed without the job having said so yet."""
    if has_lapsed(standing, now):
        return replace(known, step="select-anew", refusal=Refusal("enrolment-forfeited"))
    free = replace(standing, bookings=tuple(b for b in standing.bookings if b.state != "booked"))
    if refusal := rules.may_take_another(free, now):
        return _refused(standing, refusal, known)
    offered = tuple(bookable_windows(free, now, OFFERED_WINDOWS))
    return replace(known, step="book", windows=offered, window=window_at(standing.scheme, now, standing.notices))
