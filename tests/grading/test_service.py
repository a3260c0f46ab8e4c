"""From submitted sittings to results, on both databases."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlmodel import Session, col, select

from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.grading import jobs, queries, service
from exam.grading.models import MarkingTask, Result, ResultFeed
from exam.grading.service_release import release_due
from exam.scheduling.models import Booking, Enrolment
from exam.sessions.models import Sitting
from tests.grading.build import NOW, OPENS, build, multiple, sat, single, write_log

RIGHT = [{"choice": "aa"}, {"choices": ["aa", "bb"]}, {"choice": "bb"}]
OBJECTIVE = [single(), multiple(), single("bb")]


def current(db: Session, sitting_id: int) -> Result:
    return db.exec(select(Result).where(Result.sitting_id == sitting_id, col(Result.current))).one()


def test_a_sitting_is_graded_and_its_outcome_told(db: Session) -> None:
    built = build(db, OBJECTIVE, cut="6")
    good, bad = built.sit(RIGHT), built.sit({0: {"choice": "aa"}})
    assert service.grade_sittings(db, [good.id or 0, bad.id or 0], NOW) == 2
    result = current(db, good.id or 0)
    assert (result.marks, result.out_of, result.cut_marks, result.passed) == (6, 6, 6, True)
    assert (result.state, result.released_at, result.number, result.cause) == ("final", NOW, 1, "graded")
    assert current(db, bad.id or 0).passed is False
    states = dict(db.exec(select(Booking.id, Booking.state)).all())
    assert (states[good.booking_id], states[bad.booking_id]) == ("passed", "failed")
    assert db.get_one(Enrolment, good.enrolment_id).state == "passed"


def test_grading_twice_is_grading_once(database: Database) -> None:
    with database.transaction() as db:
        built = build(db, OBJECTIVE)
        sitting = built.sit(RIGHT).id or 0
    clock = FrozenClock(NOW)
    assert jobs.grade_pending(database, clock) == 1
    assert jobs.grade_pending(database, clock) == 0
    assert jobs.grade_new(database, clock, [sitting]) == 0
    with database.transaction() as db:
        service.grade_if_needed(db, sitting, NOW)
        assert len(db.exec(select(Result)).all()) == 1


def test_what_changed_since_it_was_prepared_is_left_for_later(db: Session) -> None:
    sitting = build(db, OBJECTIVE).sit(RIGHT).id or 0
    first = service.prepare(db, [sitting])
    assert service.write(db, first, NOW) == 1
    assert service.write(db, first, NOW) == 0  # it has a result by now


def test_sittings_under_way_are_not_graded(db: Session) -> None:
    sitting = build(db, OBJECTIVE).sit(RIGHT, state="in-progress").id or 0
    assert service.grade_sittings(db, [sitting], NOW) == 0


def test_the_highest_revision_counts_and_the_workspace_does_not(db: Session) -> None:
    built = build(db, [single()], cut="2")
    sitting = built.sit({}).id or 0
    event = "answer"
    for model in ("sitting_event", "sitting_head"):
        db.connection().exec_driver_sql(f"DELETE FROM {model}")
    write_log(
        db,
        db.get_one(Sitting, sitting),
        [
            (event, 1, 1, {"choice": "aa"}),
            (event, 1, 3, {"choice": "aa"}),
            (event, 1, 2, {"choice": "bb"}),  # stale: kept, never counted
            (event, 0, 9, {"flags": [1]}),
            ("page.hidden", None, None, {}),
        ],
    )
    service.grade_sittings(db, [sitting], NOW)
    result = current(db, sitting)
    assert (result.marks, result.detail["slots"][0]["revision"]) == (2, 3)
    evidence = queries.evidence(db, result)
    assert (evidence.problem, evidence.links, evidence.answered) == (None, 5, 1)


def test_a_cleared_answer_is_no_answer(db: Session) -> None:
    sitting = build(db, [single()], cut="2").sit({0: None}).id or 0
    service.grade_sittings(db, [sitting], NOW)
    assert current(db, sitting).detail["slots"][0]["scored"]["verdict"] == "unanswered"


def test_evidence_finds_what_was_tampered_with(db: Session) -> None:
    built = build(db, OBJECTIVE)
    whole, edited, cut = (built.sit(RIGHT).id or 0 for _ in range(3))
    service.grade_sittings(db, [whole, edited, cut], NOW)
    db.connection().exec_driver_sql(f"UPDATE sitting_event SET body = '{{}}' WHERE sitting_id = {edited} AND seq = 2")
    db.connection().exec_driver_sql(f"DELETE FROM sitting_event WHERE sitting_id = {cut} AND seq = 3")
    db.expire_all()
    problems = [queries.evidence(db, current(db, sitting)).problem for sitting in (whole, edited, cut)]
    assert problems == [None, "changed at 2", "gap before 4"]


@pytest.mark.parametrize("seed", [f"s{n}" for n in range(12)])
def test_shuffled_items_and_options_score_alike(db: Session, seed: str) -> None:
    """The same answers to the same items, shown in another order to each: the same marks by chapter and in all."""
    sitting = build(db).sit([*RIGHT[:2], {"choice": "aa"}], seed=seed).id or 0
    service.grade_sittings(db, [sitting], NOW)
    result = current(db, sitting)
    assert (result.marks, result.out_of) == (4, 10)
    assert sorted(Decimal(chapter["marks"]) for chapter in result.detail["chapters"]) == [2, 2]


@pytest.mark.parametrize(("rule", "released"), [("at-once", True), ("when-marked", True), ("on-date", False)])
def test_release_by_rule(db: Session, rule: str, released: bool) -> None:
    built = build(db, OBJECTIVE, release_rule=rule, release_at=NOW + timedelta(days=1))
    sitting = built.sit(RIGHT)
    service.grade_sittings(db, [sitting.id or 0], NOW)
    assert (current(db, sitting.id or 0).released_at is not None) is released
    assert db.get_one(Booking, sitting.booking_id).state == ("passed" if released else "started")


def test_a_result_is_released_on_its_date_and_not_before(db: Session) -> None:
    date = NOW + timedelta(days=1)
    sitting = build(db, OBJECTIVE, release_rule="on-date", release_at=date).sit(RIGHT)
    service.grade_sittings(db, [sitting.id or 0], NOW)
    assert release_due(db, date - timedelta(microseconds=1)) == 0
    assert release_due(db, date) == 1
    assert release_due(db, date) == 0
    assert current(db, sitting.id or 0).released_at == date
    assert db.get_one(Booking, sitting.booking_id).state == "passed"


def test_a_window_is_released_together_when_all_is_marked(db: Session) -> None:
    built = build(db, release_rule="when-marked", cut="1")
    done, waiting = built.sit(RIGHT), built.sit([*RIGHT, {"text": "作答"}])
    other = built.sit(RIGHT, windowed=False)
    service.grade_sittings(db, [each.id or 0 for each in (done, waiting, other)], NOW)
    assert current(db, done.id or 0).released_at is None
    assert current(db, other.id or 0).released_at == NOW  # another window waits for nobody
    assert release_due(db, NOW) == 0
    task = db.exec(select(MarkingTask)).one()
    task.open = False
    waited = current(db, waiting.id or 0)
    waited.current = False
    db.flush()
    assert release_due(db, NOW) == 1


def test_marking_tasks_are_made_and_closed(db: Session) -> None:
    built = build(db)
    parts = {"parts": {"1": {"choice": "bb"}, "2": {"text": "作答"}}}
    sitting = built.sit([*RIGHT, {"text": "作答"}, parts])
    service.grade_sittings(db, [sitting.id or 0], NOW)
    tasks = db.exec(select(MarkingTask).order_by(col(MarkingTask.part))).all()
    assert [(task.part, task.out_of, task.open) for task in tasks] == [("", 2, True), ("2", Decimal("1.50"), True)]
    result = current(db, sitting.id or 0)
    assert (result.state, result.passed, result.released_at) == ("awaiting-marking", None, None)
    assert len({task.number for task in tasks} & {task.id for task in tasks}) == 0


def test_a_voided_sitting_takes_its_result_along(database: Database) -> None:
    with database.transaction() as db:
        sitting = build(db, OBJECTIVE).sit(RIGHT)
        service.grade_sittings(db, [sitting.id or 0], NOW)
        sitting.state = "void"
        db.add(sitting)
    later = FrozenClock(NOW + timedelta(hours=1))
    assert jobs.grade_pending(database, later) == 1
    assert jobs.grade_pending(database, later) == 0
    with database.reading() as db:
        result = current(db, sitting.id or 0)
        assert (result.state, result.number, result.passed, result.cause) == ("void", 2, None, "voided")


def test_changes_are_stamped_in_the_order_of_their_commits(db: Session) -> None:
    institution = build(db, OBJECTIVE).institution_id
    stamps = [
        service.stamp(db, institution, at) for at in (NOW, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1))
    ]
    assert stamps == sorted(set(stamps))  # also when the clock was set back
    assert db.get_one(ResultFeed, institution).changed_at == stamps[-1]


def test_a_sitting_that_cannot_be_graded_does_not_stop_the_others(database: Database) -> None:
    with database.transaction() as db:
        built = build(db, OBJECTIVE)
        good = built.sit(RIGHT).id or 0
        broken = build(db, [single()])
        bad = broken.sit({0: {"choice": "aa"}}).id or 0
        version = broken.versions[0]
        version.content = {**version.content, "key": None}
        db.add(version)
    assert jobs.grade_pending(database, FrozenClock(NOW)) == 1
    with database.reading() as db:
        graded = set(db.exec(select(Result.sitting_id)))
    assert graded == {good}
    assert bad not in graded


def test_the_job_grades_what_was_handed_in_and_releases(database: Database) -> None:
    with database.transaction() as db:
        built = build(db, OBJECTIVE)
    ids = [sat(database, built, RIGHT) for _ in range(3)]
    woken: list[str] = []
    from exam.grading.runtime import Inbox

    inbox = Inbox(lambda: woken.append("grading"))
    for each in ids[:2]:
        inbox.put(each)
    state = SimpleNamespace(
        database=database, clock=FrozenClock(NOW), grading=inbox, jobs=SimpleNamespace(wake=woken.append)
    )
    jobs.run(state)
    with database.reading() as db:
        rows = db.exec(select(Result)).all()
    assert len(rows) == 3  # the third was found by looking round
    assert all(row.released_at == NOW and row.window_opens == OPENS for row in rows)
    assert woken == ["grading", "grading"]
