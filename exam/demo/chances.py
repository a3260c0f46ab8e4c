"""A chance in the demo's story: booked, come to when planned, answered, handed in."""

from datetime import datetime

from exam.demo import exams, sitting
from exam.demo.parts import Chance, Part
from exam.demo.world import Deed, World, minutes
from exam.scheduling import service as scheduling
from exam.sessions.models import Sitting


def booking_of(part: Part, chance: Chance, planned: datetime) -> Deed:
    """Book, unless the chance is not needed any more."""

    def book(world: World, at: datetime) -> None:
        exam_id = world.exams[exams.institution_of(part.exam), part.exam]
        enrolment = exams.enrolment_of(world, exam_id, part.who)
        if scheduling.next_steps(world.db, enrolment.id or 0, at).step != "book":
            return
        booking = scheduling.book(world.db, world.who(part.who), enrolment.id or 0, planned, at)
        if chance.minutes:
            world.at(planned, sitting_of(booking.id or 0, part.skill, chance))

    return book


def sitting_of(booking_id: int, skill: float, chance: Chance) -> Deed:
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
