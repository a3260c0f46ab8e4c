"""The demo's data: whole or not at all, everybody where their sign-in should show them, the same each time."""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, func, select

from exam.accounts import passwords, rules
from exam.accounts.id_number import wrong_with
from exam.accounts.models import ApiKey, BrowserSession, Institution, Person
from exam.applications.models import Application
from exam.certificates.models import Certificate
from exam.core import audit
from exam.core.clock import SHANGHAI
from exam.core.db import Database
from exam.courses.models import Course, CourseEnrolment
from exam.demo import banks, content, exams, moment, parts, seed
from exam.fees.models import Due
from exam.grading.models import MarkingTask, Result
from exam.itembank.models import Paper
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Appeal, Incident
from exam.proctor.review.holds import held
from exam.scheduling import service as scheduling
from exam.scheduling.models import Accommodation, Booking, Enrolment, Exam
from exam.sessions import service as sessions
from exam.sessions.models import Beat, Sitting
from exam.settings import Settings

REAL = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def upgrade(database: Database) -> None:
    """The tables as the models have them; migrations have tests of their own."""
    SQLModel.metadata.create_all(database.write_engine)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        ("2026-11-20T23:00:00", "2026-12-06T09:30:00"),
        ("2026-12-04T23:59:59", "2026-12-06T09:30:00"),
        ("2026-12-06T09:29:59", "2026-12-06T09:30:00"),
        ("2026-12-06T09:30:00", "2026-12-06T09:30:00"),
        ("2026-12-06T09:30:01", "2027-01-06T09:30:00"),
        ("2026-12-10T23:59:59", "2027-01-06T09:30:00"),
        ("2026-12-31T23:59:59", "2027-01-06T09:30:00"),
    ],
)
def test_the_demo_begins_on_the_second_day_of_a_window(real: str, expected: str) -> None:
    assert moment.first_moment(shanghai(real)) == shanghai(expected)


def test_the_offset_is_kept_inside_a_window_and_grows_after_it() -> None:
    real = shanghai("2026-11-20T23:00:00")
    first = moment.offset(real)
    assert real + first == shanghai("2026-12-06T09:30:00")
    for later in (timedelta(hours=1), timedelta(days=4)):
        assert moment.offset(real + later, first) == first
    for later, expected in ((5, "2027-01-06T09:30:00"), (40, "2027-02-06T09:30:00")):
        now = real + timedelta(days=later)
        grown = moment.offset(now, first)
        assert grown > first
        assert now + grown == shanghai(expected)


def test_the_offset_has_whole_seconds_and_is_never_short() -> None:
    real = datetime(2026, 11, 20, 15, 0, 0, 250_000, tzinfo=UTC)
    offset = moment.offset(real)
    assert offset.microseconds == 0
    assert timedelta(0) <= real + offset - shanghai("2026-12-06T09:30:00") < timedelta(seconds=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo, made once for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("demo")
    seed.ready(Settings(data_dir=folder), REAL, upgrade, lambda _: None)
    return folder


@pytest.fixture
def look(made: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{made / seed.DATABASE}")
    with database.reading() as db:
        yield db
    database.close()


NOW = REAL + moment.offset(REAL)


def enrolment(db: Session, who: str, exam: str) -> Enrolment:
    person = select(Person.id).where(Person.username == who)
    found = select(Enrolment).join(Exam, col(Exam.id) == col(Enrolment.exam_id))
    return db.exec(found.where(col(Enrolment.person_id).in_(person), Exam.code == exam)).one()


@pytest.mark.parametrize(
    ("who", "exam", "state", "step"),
    [
        ("candidate1", "CZ-QS", "active", "start"),
        ("candidate1", "PRACTICE", "active", "book"),
        ("candidate1", "CZ-F2F", "passed", "passed"),
        ("candidate2", "CZ-QS", "active", "book"),
        ("candidate3", "CZ-QS", "active", "finish-course"),
        ("candidate4", "CZ-QS", "active", "start"),
        ("candidate5", "CZ-QS", "passed", "passed"),
        ("candidate6", "CZ-QS", "exhausted", "select-anew"),
        ("candidate7", "CZ-QS", "forfeited", "select-anew"),
        ("candidate8", "CZ-QS", "active", "start"),
        ("candidate9", "CZ-QS", "active", "started"),
        ("candidate10", "CZ-QS", "passed", "passed"),
        ("candidate12", "CZ-QS", "active", "book"),
        ("candidate13", "CZ-F2F", "active", "started"),
        ("candidate1b", "JN-QS", "active", "start"),
        ("candidate2b", "JN-QS", "active", "book"),
    ],
)
def test_everybody_is_where_their_sign_in_should_show(
    look: Session, who: str, exam: str, state: str, step: str
) -> None:
    found = enrolment(look, who, exam)
    next_step = scheduling.next_steps(look, found.id or 0, NOW)
    assert (found.state, next_step.step) == (state, step)
    assert next_step.retake == (who in ("candidate2", "candidate6", "candidate7", "candidate2b"))


def test_a_retake_comes_with_another_paper(look: Session) -> None:
    found = enrolment(look, "candidate6", "CZ-QS")
    papers = look.exec(select(Sitting.paper_id).where(Sitting.enrolment_id == found.id)).all()
    assert len(set(papers)) == 2


def test_the_window_cut_the_late_starter(look: Session) -> None:
    found = enrolment(look, "candidate11", "CZ-QS")
    sitting = look.exec(select(Sitting).where(Sitting.enrolment_id == found.id)).one()
    assert sitting.submitted_by == "deadline"
    assert sitting.submitted_at == sitting.window_closes == shanghai("2026-11-11T00:00:00")


def test_extra_time_is_granted(look: Session) -> None:
    found = enrolment(look, "candidate8", "CZ-QS")
    grant = look.exec(select(Accommodation).where(Accommodation.enrolment_id == found.id)).one()
    assert grant.factor == Decimal("1.25")
    booking = look.exec(select(Booking.id).where(Booking.enrolment_id == found.id)).one()
    assert scheduling.terms(look, booking or 0).extra_seconds == 15 * 60


def test_results_fill_four_windows(look: Session) -> None:
    changzhou = select(Exam.id).where(Exam.scheme == "changzhou")
    rows = look.exec(select(Result).where(col(Result.current), col(Result.exam_id).in_(changzhou))).all()
    assert len(rows) >= 60
    windows = {row.window_opens for row in rows if row.window_opens}
    assert len(windows) == 4
    finished = [row for row in rows if row.state == "final"]
    assert 0.5 < sum(bool(row.passed) for row in finished) / len(finished) < 0.9
    assert all(row.released_at is not None and row.released_at <= NOW for row in finished)
    assert all(row.marks <= row.out_of == 100 for row in rows)


def test_some_answers_wait_for_the_marker_and_some_are_marked(look: Session) -> None:
    tasks = Counter(look.exec(select(MarkingTask.open)).all())
    assert tasks[True] >= 10
    assert tasks[False] >= 50
    waiting = look.exec(select(Result).where(col(Result.current), Result.state == "awaiting-marking")).all()
    assert {row.window_opens for row in waiting} == {shanghai("2026-12-05T00:00:00")}


def test_one_sitting_of_a_window_is_under_way(look: Session) -> None:
    running = select(Sitting).where(Sitting.state == "in-progress", col(Sitting.window_closes).is_not(None))
    sitting = look.exec(running).one()
    assert sitting.deadline is not None and sitting.deadline > NOW
    assert 5 < len(sessions.answers(look, sitting.id or 0)) < 30


def test_a_watched_exam_is_under_way_waits_and_is_appealed(look: Session) -> None:
    rows = {row.sitting_id: look.get_one(Sitting, row.sitting_id) for row in look.exec(select(Proctored))}
    running = [each for each in rows.values() if each.state == "in-progress"]
    assert len(running) == 3 and len(rows) == 6
    newest = {row.sitting_id: row.frame_at for row in look.exec(select(Proctored))}
    assert all(NOW - (newest[each.id or 0] or NOW) < timedelta(seconds=20) for each in running)
    states = Counter((row.kind, row.state) for row in look.exec(select(Incident)))
    assert states == {
        ("several-faces", "open"): 2,
        ("hidden", "open"): 1,
        ("unfocused", "open"): 1,
        ("no-face", "confirmed"): 1,
    }
    appeal = look.exec(select(Appeal)).one()
    assert appeal.state == "open"
    over = {each.id or 0 for each in rows.values() if each.state == "submitted"}
    waiting = held(look, over)
    undecided = {row.sitting_id for row in look.exec(select(Incident).where(Incident.state == "open"))}
    assert set(waiting) == {appeal.sitting_id, *undecided} & over
    released = set(look.exec(select(Result.sitting_id).where(col(Result.released_at).is_not(None))))
    assert over - released == set(waiting) and over & released


def test_every_log_is_whole_and_nothing_happened_after_the_present(look: Session) -> None:
    for sitting_id in look.exec(select(Sitting.id)):
        assert sessions.check_log(look, sitting_id or 0) is None
    for institution in look.exec(select(Institution.id)):
        assert audit.check(look, institution or 0) is None
        times = look.exec(
            select(audit.AuditEvent.at).where(audit.AuditEvent.institution_id == institution).order_by("seq")
        ).all()
        assert times[-1] <= NOW
        assert max((a - b for a, b in itertools.pairwise(times)), default=timedelta(0)) < timedelta(hours=3)


def test_papers_are_published_and_every_institution_has_its_own(look: Session) -> None:
    rows = look.exec(select(Paper, Institution).join(Institution, col(Institution.id) == col(Paper.institution_id)))
    found = Counter((home.code, paper.state) for paper, home in rows)
    assert found == {("CZ-DEMO", "published"): 5, ("JN-DEMO", "published"): 3}
    drawn = look.exec(select(Paper).where(Paper.code == "QS-WEB-1")).all()
    assert {paper.total_marks for paper in drawn} == {Decimal(100)}


def test_somebody_waits_at_each_institution(look: Session) -> None:
    waiting = look.exec(select(Person).where(Person.state == "registered")).all()
    assert {person.name for person in waiting} == {row["name"] for row in content.people()["registrations"]}
    numbers = [person.id_number or "" for person in waiting]
    assert [wrong_with(number, NOW.date()) for number in numbers] == [None, None]


def test_nothing_secret_is_made_beforehand(look: Session) -> None:
    assert look.exec(select(func.count()).select_from(ApiKey)).one() == 0
    assert look.exec(select(func.count()).select_from(BrowserSession)).one() == 0


def test_the_password_opens_every_active_account_and_would_pass_the_rules(look: Session) -> None:
    hashes = set(look.exec(select(Person.password_hash)))
    assert len(hashes) == 1
    assert passwords.right(seed.PASSWORD, hashes.pop())
    details = [rules.details(row) for row in content.people()["people"]]
    assert not any(rules.password_problem(seed.PASSWORD, seed.PASSWORD, each) for each in details)


def _story(folder: Path) -> list[Any]:
    database = Database(f"sqlite:///{folder / seed.DATABASE}")
    try:
        with database.reading() as db:
            # Drawn anew each time: the order in which answers are marked, and which items the late starter never saw.
            rows = db.exec(
                select(Result, Sitting)
                .join(Sitting, col(Sitting.id) == col(Result.sitting_id))
                .where(col(Result.current), Sitting.submitted_by == "candidate")
                .order_by(col(Result.sitting_id))
            ).all()
            return [(row.person_id, row.exam_id, row.submitted_at, row.marks, row.passed) for row, _ in rows]
    finally:
        database.close()


def test_the_same_story_every_time(made: Path, tmp_path: Path) -> None:
    seed.ready(Settings(data_dir=tmp_path), REAL, upgrade, lambda _: None)
    assert _story(tmp_path) == _story(made)


def test_a_second_start_finds_the_demo_as_it_was(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    said: list[str] = []
    again = seed.ready(Settings(data_dir=folder), REAL + timedelta(hours=2), upgrade, said.append)
    assert (again.fresh, again.moved_on, said) == (False, False, [])
    assert again.offset == moment.offset(REAL)


def test_after_its_window_the_clock_moves_on_and_no_time_is_given_back(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    settings = Settings(data_dir=folder)
    database = Database(settings.effective_database_url)
    with database.transaction() as db:
        db.add(Beat(id=1, at=NOW))
    later = seed.ready(settings, REAL + timedelta(days=6), upgrade, lambda _: None)
    assert later.moved_on
    assert REAL + timedelta(days=6) + later.offset == shanghai("2027-01-06T09:30:00")
    with database.reading() as db:
        assert db.get(Beat, 1) is None
    database.close()


def test_a_half_made_demo_is_made_anew(made: Path, tmp_path: Path) -> None:
    (tmp_path / seed.UNFINISHED).mkdir()
    (tmp_path / seed.UNFINISHED / seed.DATABASE).write_bytes(b"half")
    (tmp_path / seed.MARK).write_text('{"offset_seconds": 5}')
    demo = seed.ready(Settings(data_dir=tmp_path), REAL, upgrade, lambda _: None)
    assert demo.fresh
    assert not (tmp_path / seed.UNFINISHED).exists()
    assert _story(tmp_path) == _story(made)


def test_an_interruption_leaves_no_demo_behind(tmp_path: Path) -> None:
    def fail(_database: Database) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed.ready(Settings(data_dir=tmp_path), REAL, fail, lambda _: None)
    assert not (tmp_path / seed.DATABASE).exists()
    assert not seed.is_demo(tmp_path)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / seed.DATABASE).write_bytes(b"precious")
    with pytest.raises(seed.NotADemo):
        seed.ready(Settings(data_dir=tmp_path), REAL, upgrade, lambda _: None)
    with pytest.raises(seed.NotADemo):
        seed.clear(tmp_path)
    assert (tmp_path / seed.DATABASE).read_bytes() == b"precious"


def test_the_parts_name_people_and_exams_that_exist() -> None:
    names = {row["username"] for row in content.people()["people"]}
    cast = {part.who for part in parts.CAST} | {who for _, people, _ in parts.CROWD for who in people}
    assert cast | set(parts.PRACTISED) <= names
    assert {part.exam for part in parts.CAST} <= {code for _, code in exams.EXAMS}
    assert {code for code, _ in exams.EXAMS} == set(banks.LIBRARIES)


@pytest.mark.parametrize(
    ("who", "code", "step", "refusal"),
    [
        ("candidate22", "PTP-QSO", "wait-window", "window-not-open"),  # applied, proved, paid, booked
        ("candidate24", "PTP-QSO", "prepare", "application-waits"),
        ("candidate25", "PTP-QSO", "passed", None),
        ("candidate28", "PTP-QSO", "select-anew", "enrolment-exhausted"),
    ],
)
def test_verification_at_its_stages(look: Session, who: str, code: str, step: str, refusal: str | None) -> None:
    found = scheduling.next_steps(look, enrolment(look, who, code).id or 0, NOW)
    assert (found.step, found.refusal.code if found.refusal else None) == (step, refusal)


def test_people_stand_at_the_stages_of_each_scheme(look: Session) -> None:
    selections = Counter(
        (course.scheme, row.state)
        for row, course in look.exec(
            select(CourseEnrolment, Course).join(Course, col(Course.id) == col(CourseEnrolment.course_id))
        )
    )
    assert {scheme for scheme, _ in selections} == {"ccaa", "ccib", "changzhou", "ptp"}
    assert all(selections[scheme, "active"] for scheme in ("ccaa", "ccib", "changzhou"))
    issued = Counter(look.exec(select(Certificate.kind).where(Certificate.state == "issued")))
    assert {"hour-proof", "continuing-education", "online"} <= set(issued)
    dues = Counter(look.exec(select(Due.state)))
    assert dues["unpaid"] >= 2 and dues["paid"] == 1
    assert set(look.exec(select(Application.state))) == {"approved", "sent", "draft"}
    assert not look.exec(
        select(Enrolment.state).join(Exam).where(Exam.code == "F03-02", Enrolment.state == "active")
    ).all()
