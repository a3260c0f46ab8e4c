"""The demo's story: everything that has happened up to its present, each deed done by the service a page would call."""

import random
from datetime import datetime, timedelta

from sqlmodel import select

from exam.demo import banks, exams, marking, parts, people, sitting
from exam.demo.parts import Chance, Part
from exam.demo.world import Deed, World, minutes
from exam.scheduling import service as scheduling
from exam.scheduling.loading import load
from exam.scheduling.models import Booking, Exam
from exam.scheduling.service_lapses import due_after, settle
from exam.sessions.models import Sitting

SEED = 20110301
FIRST_MONTH = -5
RETAKE_BOOKED = timedelta(hours=26)


def tell(world: World) -> None:
    """Do all of it."""
    dice = random.Random(SEED)  # noqa: S311 - the same story every time
    people.add_people(world, world.day(FIRST_MONTH, 10, "09:00:00"))
    for institution in banks.LIBRARIES:
        banks.add_library(world, institution, world.day(FIRST_MONTH, 12, "10:00:00"))
    world.at(world.day(FIRST_MONTH, 20, "14:00:00"), exams.open_exams)
    world.at(world.day(FIRST_MONTH, 21, "10:00:00"), exams.enrol_for_practice)
    for part in (*parts.CAST, *parts.crowd(dice)):
        enrolled = part.enrolled
        world.at(world.day(enrolled.month, enrolled.day, f"09:{dice.randint(0, 59):02d}:00"), _enrolling(part))
        _plan_chances(world, part)
    for month in range(-4, 0):
        world.at(world.day(month, 11, "00:00:05"), _lapse)
        world.at(world.day(month, 12, "14:00:00"), marking.mark_all)
    world.at(world.day(0, 6, "08:40:00"), marking.mark_some)
    for who in parts.PRACTISED:
        day = dice.choice([1, 2, 3, 4, 5])
        world.at(world.day(0, day, f"{dice.randint(18, 21)}:{dice.randint(0, 59):02d}:00"), _practising(who, dice))
    world.at(world.day(0, 5, "21:14:00"), people.register)
    world.play()


def _enrolling(part: Part) -> Deed:
    def enrol(world: World, at: datetime) -> None:
        exams.enrol(world, part, at)

    return enrol


def _lapse(world: World, at: datetime) -> None:
    for enrolment_id in due_after(world.db, at, 0, 1000):
        settle(world.db, load(world.db, enrolment_id, lock=True), at)


def _plan_chances(world: World, part: Part) -> None:
    """Book the first chance after the course, a later one the day before it, and come when planned."""
    for number, chance in enumerate(part.chances):
        planned = world.day(chance.planned.month, chance.planned.day, chance.planned.clock)
        booked = planned - RETAKE_BOOKED
        if number == 0 and part.finished is not None:
            booked = world.day(part.finished.month, part.finished.day, "20:30:00")
        world.at(booked, _booking(part, chance, planned))


def _booking(part: Part, chance: Chance, planned: datetime) -> Deed:
    """Book, unless the chance is not needed any more."""

    def book(world: World, at: datetime) -> None:
        exam_id = world.exams[exams.institution_of(part.exam), part.exam]
        enrolment = exams.enrolment_of(world, exam_id, part.who)
        if scheduling.next_steps(world.db, enrolment.id or 0, at).step != "book":
            return
        booking = scheduling.book(world.db, world.who(part.who), enrolment.id or 0, planned, at)
        if chance.minutes:
            world.at(planned, _sitting(booking.id or 0, part.skill, chance))

    return book


def _sitting(booking_id: int, skill: float, chance: Chance) -> Deed:
    """Start, answer, and hand in; what would be later than the present is left undone."""

    def sit(world: World, at: datetime) -> None:
        row = sitting.begin(world, booking_id, at)
        assert row.deadline is not None
        finished = at + minutes(chance.minutes)
        until = min(finished, row.deadline, world.now)
        sitting.answer(world, row, skill, until, chance.minutes * 60)
        sitting_id = row.id or 0
        if chance.to_the_end:
            world.at(row.deadline, lambda w, when: sitting.end_by_deadline(w, w.db.get_one(Sitting, sitting_id), when))
        else:
            world.at(finished, lambda w, when: sitting.hand_in(w, w.db.get_one(Sitting, sitting_id), when))

    return sit


def _practising(who: str, dice: random.Random) -> Deed:
    takes, skill = dice.randint(5, 12), round(dice.uniform(0.5, 0.95), 3)

    def practise(world: World, at: datetime) -> None:
        person = world.who(who)
        exam = world.db.exec(
            select(Exam.id).where(Exam.institution_id == person.institution_id, Exam.code == "PRACTICE")
        ).one()
        enrolment = exams.enrolment_of(world, exam or 0, who)
        booking: Booking = scheduling.book(world.db, person, enrolment.id or 0, None, at)
        chance = Chance(parts.When(0, 1), takes)
        world.at(at + minutes(1), _sitting(booking.id or 0, skill, chance))

    return practise
