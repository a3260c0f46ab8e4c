"""An institution with an open Changzhou exam and a candidate who has finished the course."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Role
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.scheduling.models import Enrolment, Exam
from tests.scheduling.making import caller, enrolled, open_exam


@dataclass
class Case:
    """Who and what a test begins with."""

    database: Database
    clock: FrozenClock
    institution: int
    registrar: Caller
    candidate: Caller
    exam: Exam
    enrolment: Enrolment

    @property
    def enrolment_id(self) -> int:
        return self.enrolment.id or 0

    @property
    def exam_id(self) -> int:
        return self.exam.id or 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def at(self, instant: datetime) -> datetime:
        """Set the clock."""
        self.clock.at = instant
        return self.clock.now()

    def saved(self, db: Session) -> Enrolment:
        """The enrolment as the database has it."""
        db.expire_all()
        return db.get_one(Enrolment, self.enrolment_id)


@pytest.fixture
def case(database, world, clock) -> Case:
    institution = world.institution()
    registrar = caller(world.person(institution, Role.REGISTRAR), institution, Role.REGISTRAR)
    candidate = caller(world.person(institution, Role.CANDIDATE, name="欧阳静怡"), institution, Role.CANDIDATE)
    with database.transaction() as db:
        exam = open_exam(db, registrar, clock.now())
        enrolment = enrolled(db, registrar, exam, candidate.person_id, clock.now())
    return Case(database, clock, institution, registrar, candidate, exam, enrolment)
