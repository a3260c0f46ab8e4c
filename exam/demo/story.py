"""The demo's story: everything that has happened up to its present, each deed done by the service a page would call."""

import random
from datetime import datetime, timedelta

from sqlmodel import select

from exam.certificates import runtime as certificates_runtime
from exam.demo import banks, careers, exams, lessons, marking, parts, people, watched
from exam.demo.chances import booking_of, sitting_of
from exam.demo.parts import Chance, Part
from exam.demo.world import Deed, World, minutes
from exam.scheduling import course_link
from exam.scheduling import service as scheduling
from exam.scheduling.loading import load
from exam.scheduling.models import Booking, Exam
from exam.scheduling.service_lapses import due_after, settle

SEED = 20110301
FIRST_MONTH = -5
RETAKE_BOOKED = timedelta(hours=26)


def tell(world: World) -> None:
    """Do all of it."""
    certificates_runtime.listen()
    course_link.listen()
    dice = random.Random(SEED)  # noqa: S311 - the same story every time
    people.add_people(world, world.day(FIRST_MONTH, 10, "09:00:00"))
    for institution in banks.LIBRARIES:
        banks.add_library(world, institution, world.day(FIRST_MONTH, 12, "10:00:00"))
    world.at(world.day(FIRST_MONTH, 20, "14:00:00"), exams.open_exams)
    world.at(world.day(FIRST_MONTH, 21, "09:00:00"), watched.watch)
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
    careers.plan(world)
    lessons.plan(world)
    watched.plan(world)
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
        world.at(booked, booking_of(part, chance, planned))


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
        world.at(at + minutes(1), sitting_of(booking.id or 0, skill, chance))

    return practise
