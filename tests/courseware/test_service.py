"""Courses in work: settings, chapters, cues, progress points, published and taken back."""

import pytest
from sqlmodel import select

from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.courseware import queries, service, service_cues, signals
from exam.courseware.models import CourseChapter, Courseware, Cue
from exam.itembank.models import Bank
from tests.courses.making import opened
from tests.courseware.making import NOON, chapter, course, cue_form, filled, publish_now, settings

MINUTE = 60_000


@pytest.fixture
def office(place):
    return place.office


@pytest.fixture
def hook():
    """Adds an answer to a list of hooks until the test ends."""
    added = []

    def add(hooks, answer):
        hooks.append(answer)
        added.append((hooks, answer))

    yield add
    for hooks, answer in added:
        hooks.remove(answer)


def fields_of(call, *args):
    with pytest.raises(Invalid) as error:
        call(*args)
    return [(problem.field, problem.code) for problem in error.value.problems]


def refused(call, *args):
    with pytest.raises(Refused) as error:
        call(*args)
    return error.value.refusal.code


def complete(db, office, made):
    """Two chapters with everything."""
    first = filled(db, chapter(db, office, made, "一"), 50 * MINUTE)
    filled(db, chapter(db, office, made, "二"), 50 * MINUTE)
    service_cues.save_cue(db, office, first.id, None, cue_form(), NOON)
    service_cues.spread(db, office, made.course.id, NOON)
    return first


def test_a_course_is_published_when_nothing_is_missing(db, office, made):
    assert fields_of(service.publish, db, office, made.course.id, NOON) == [("", "courseware-no-chapters")]
    complete(db, office, made)
    content = service.publish(db, office, made.course.id, NOON)
    assert (content.state, content.published_at, content.published_by) == ("published", NOON, office.person_id)
    actions = db.exec(select(AuditEvent.action)).all()
    assert {"courseware.chapter.add", "courseware.cue.add", "courseware.points", "courseware.publish"} <= set(actions)


def test_published_it_is_frozen_but_for_titles(db, office, made):
    first = complete(db, office, made)
    cue = db.exec(select(Cue)).one()
    service.publish(db, office, made.course.id, NOON)
    for call, args in (
        (service.publish, (made.course.id,)),
        (service.add_chapter, (made.course.id, {"title": "三"})),
        (service.move_chapter, (first.id, "down")),
        (service.remove_chapter, (first.id,)),
        (service.save_settings, (made.course.id, settings(made.bank))),
        (service_cues.save_cue, (first.id, None, cue_form())),
        (service_cues.remove_cue, (first.id, cue.id)),
        (service_cues.set_points, (first.id, "1:00")),
        (service_cues.spread, (made.course.id,)),
    ):
        assert refused(call, db, office, *args, NOON) == "courseware-published", call
    titles = {"title": "新的 名字", "title_en": "New", "bank_chapter": ""}
    saved = service.save_chapter(db, office, first.id, titles, NOON)
    assert (saved.title, saved.title_en, saved.bank_chapter_id) == ("新的 名字", "New", made.pools[0].id)
    service.withdraw(db, office, made.course.id, NOON)
    assert refused(service.withdraw, db, office, made.course.id, NOON) == "courseware-draft"
    service_cues.remove_cue(db, office, first.id, cue.id, NOON)


def test_it_is_not_withdrawn_from_learners(db, office, made, hook):
    publish_now(db, made)
    hook(signals.learners, lambda db, course_id: 2)
    assert refused(service.withdraw, db, office, made.course.id, NOON) == "courseware-has-learners"


def test_chapters_change_places_and_go(db, office, made, hook):
    ids = [chapter(db, office, made, title).id for title in ("一", "二", "三")]
    service.move_chapter(db, office, ids[2], "up", NOON)
    service.move_chapter(db, office, ids[0], "up", NOON)
    assert [row.id for row in queries.chapters_of(db, made.course.id)] == [ids[0], ids[2], ids[1]]
    service.remove_chapter(db, office, ids[0], NOON)
    assert [(row.id, row.number) for row in queries.chapters_of(db, made.course.id)] == [(ids[2], 1), (ids[1], 2)]
    hook(signals.learned_from, lambda db, chapter_id: 1)
    assert refused(service.remove_chapter, db, office, ids[1], NOON) == "chapter-learned-from"


def test_a_chapter_finds_the_banks_chapter_of_its_number(db, office, made):
    assert [chapter(db, office, made).bank_chapter_id for _ in range(3)] == [*(pool.id for pool in made.pools), None]
    service.save_settings(db, office, made.course.id, settings(None), NOON)
    assert {row.bank_chapter_id for row in queries.chapters_of(db, made.course.id)} == {None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"idle": "59"}, "idle"),
        ({"idle": "60"}, None),
        ({"idle": "3600"}, None),
        ({"idle": "3601"}, "idle"),
        ({"idle": "１００"}, "idle"),
        ({"idle": ""}, "idle"),
        ({"exercise_items": "20"}, None),
        ({"exercise_items": "21"}, "exercise_items"),
        ({"exercise_accuracy": "100"}, None),
        ({"exercise_accuracy": "101"}, "exercise_accuracy"),
        ({"bank": "999999"}, "bank"),
        ({"bank": "x"}, "bank"),
    ],
)
def test_settings(db, office, made, changes, field):
    call = (db, office, made.course.id, settings(made.bank, **changes), NOON)
    if field is None:
        service.save_settings(*call)
    else:
        assert [name for name, _ in fields_of(service.save_settings, *call)] == [field]


def test_everything_stays_within_the_institution(db, place, made):
    found = filled(db, chapter(db, place.office, made))
    theirs = Bank(institution_id=place.stranger.institution_id, code="X", title="X", delivery="online", created_at=NOON)
    db.add(theirs)
    db.flush()
    stranger = place.stranger
    for call, args in (
        (service.content_of, (made.course.id,)),
        (service.save_chapter, (found.id, {"title": "甲"})),
        (service_cues.save_cue, (found.id, None, cue_form())),
        (service_cues.set_points, (found.id, "")),
        (service_cues.spread, (made.course.id,)),
    ):
        with pytest.raises(NotFound):
            call(db, stranger, *args, NOON)
    assert fields_of(service.save_settings, db, place.office, made.course.id, settings(theirs), NOON) == [
        ("bank", "required")
    ]


def test_only_online_courses_have_content(db, office):
    taught = opened(db, office, code="FACE", delivery="face-to-face", class_number="01")
    with pytest.raises(NotFound):
        service.content_of(db, office, taught.id, NOON)


def test_cues_are_added_changed_and_removed(db, office, made, hook):
    found = filled(db, chapter(db, office, made))
    cue = service_cues.save_cue(db, office, found.id, None, cue_form(), NOON)
    assert (cue.kind, cue.from_ms, cue.until_ms, cue.items) == ("fixed", 20_000, 20_000, 2)
    changed = cue_form(kind="random", from_="0:10", until="0:30", items="3")
    assert service_cues.save_cue(db, office, found.id, cue.id, changed, NOON).id == cue.id
    assert (cue.kind, cue.from_ms, cue.until_ms, cue.items) == ("random", 10_000, 30_000, 3)
    hook(signals.asked_at, lambda db, cue_id: int(cue_id == cue.id))
    assert refused(service_cues.remove_cue, db, office, found.id, cue.id, NOON) == "cue-asked-already"
    other = service_cues.save_cue(db, office, found.id, None, cue_form(from_="0:40"), NOON)
    service_cues.remove_cue(db, office, found.id, other.id, NOON)
    assert db.exec(select(Cue.id)).all() == [cue.id]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "often"}, ("kind", "required")),
        ({"from_": "soon"}, ("from", "not-a-time")),
        ({"kind": "random", "until": ""}, ("until", "not-a-time")),
        ({"kind": "random", "until": "0:20"}, ("until", "cue-stretch")),
        ({"from_": "0:02"}, ("from", "cue-where")),
        ({"from_": "0:58"}, ("from", "cue-where")),
        ({"items": "0"}, ("items", "whole-between")),
        ({"accuracy": "101"}, ("accuracy", "whole-between")),
        ({"seconds": "5"}, ("seconds", "whole-between")),
    ],
)
def test_a_wrong_cue(db, office, made, changes, problem):
    found = filled(db, chapter(db, office, made))
    assert fields_of(service_cues.save_cue, db, office, found.id, None, cue_form(**changes), NOON) == [problem]


def test_a_cue_belongs_to_its_chapter(db, office, made):
    first, second = filled(db, chapter(db, office, made)), filled(db, chapter(db, office, made))
    cue = service_cues.save_cue(db, office, first.id, None, cue_form(), NOON)
    for call, args in ((service_cues.save_cue, (cue.id, cue_form())), (service_cues.remove_cue, (cue.id,))):
        with pytest.raises(NotFound):
            call(db, office, second.id, *args, NOON)


def test_a_chapter_has_at_most_forty_cues(db, office, made):
    found = filled(db, chapter(db, office, made), 600_000)
    for n in range(40):
        service_cues.save_cue(db, office, found.id, None, cue_form(from_=f"{n // 6}:{10 + n % 6 * 5:02}"), NOON)
    assert fields_of(service_cues.save_cue, db, office, found.id, None, cue_form(), NOON) == [("from", "too-many-cues")]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("", []),
        ("0:30\n1:00", [30_000, 60_400]),
        ("1:00，0:30 0:30", [30_000, 60_400]),
        ("0:20", [20_250]),
        ("0:21", [21_000]),
    ],
)
def test_points_by_hand(db, office, made, text, points):
    """What is left as shown stays to the millisecond: a point that there was, and the end."""
    found = filled(db, chapter(db, office, made), 60_400, (20_250, 60_400))
    assert service_cues.set_points(db, office, found.id, text, NOON).points == points


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0:00", "points-outside"),
        ("1:01", "points-outside"),
        ("soon", "points-unreadable"),
        ("60", "points-unreadable"),
    ],
)
def test_wrong_points_by_hand(db, office, made, text, code):
    found = filled(db, chapter(db, office, made), 60_400)
    assert fields_of(service_cues.set_points, db, office, found.id, text, NOON) == [("points", code)]


@pytest.mark.parametrize(("number", "right"), [(20, True), (21, False)])
def test_a_chapter_has_no_more_points_than_a_course(db, office, made, number, right):
    found = filled(db, chapter(db, office, made), 600_000)
    text = " ".join(f"0:{n:02}" for n in range(1, number + 1))
    if right:
        assert len(service_cues.set_points(db, office, found.id, text, NOON).points) == number
    else:
        assert fields_of(service_cues.set_points, db, office, found.id, text, NOON) == [("points", "points-number")]


def test_points_are_spread_once_every_chapter_has_content(db, office, made):
    assert fields_of(service_cues.spread, db, office, made.course.id, NOON) == [("", "courseware-no-chapters")]
    filled(db, chapter(db, office, made))
    empty = chapter(db, office, made)
    assert fields_of(service_cues.spread, db, office, made.course.id, NOON) == [("", "points-need-content")]
    filled(db, empty, 30_000)
    service_cues.spread(db, office, made.course.id, NOON)
    assert [row.points for row in queries.chapters_of(db, made.course.id)] == [[60_000], [30_000]]


def test_the_list_of_courses(db, office, made):
    filled(db, chapter(db, office, made))
    other = course(db, office)
    rows = {row.course.id: row for row in queries.content_rows(db, office.institution_id)}
    assert (rows[made.course.id].chapters, rows[made.course.id].length_ms) == (1, 60_000)
    assert (rows[other.course.id].chapters, rows[other.course.id].content.state) == (0, "draft")
    assert db.exec(select(Courseware)).all() and db.exec(select(CourseChapter)).one().kind == "video"
