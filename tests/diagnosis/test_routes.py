"""The pages: one's own diagnosis after the release, nobody else's; the cohorts of one's own institution."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.grading import service
from exam.grading.models import Result
from exam.grading.service_release import release_due
from exam.scheduling.models import Exam
from tests.grading.build import NOW, build, multiple, single

RIGHT = {"choice": "aa"}
WRONG = {"choice": "bb"}
OPENED = datetime(2026, 9, 25, 16, 0, tzinfo=UTC)


@pytest.fixture
def verified(database, world):
    """A verification exam sat by twelve people, of whom the last got one item of six right; all released."""
    home = world.institution()
    with database.transaction() as db:
        built = build(db, [single() for _ in range(6)], cut="6", institution_id=home, scheme="ptp", duration_minutes=60)
        built.exam.release_rule = "at-once"
        me = world_person(db, world, home)
        sittings = []
        for n in range(12):
            right = 1 if n == 11 else 4 + n % 3
            answers = [RIGHT] * right + [WRONG] * (6 - right)
            sittings.append(built.sit(answers, person=me if n == 11 else None))
        for sitting in sittings:
            service.grade_if_needed(db, sitting.id, NOW)
        release_due(db, NOW)
        return home, me.id, built.exam_id, sittings[-1].id, sittings[0].id


def world_person(db, world, home):
    person = Person(name="赵验", username=f"verified-{home}", state="active", created_at=NOW)
    db.add(person)
    db.flush()
    return person


@pytest.fixture
def me(world, database, verified):
    from exam.accounts.models import RoleGrant

    home, person, *_ = verified
    with database.transaction() as db:
        db.add(RoleGrant(person_id=person, institution_id=home, role=Role.CANDIDATE, granted_at=NOW))
    return world.client(person, home)


def test_ones_own_diagnosis_says_where_one_stands_and_what_to_train(me, verified):
    _, _, _, sitting, _ = verified
    page = me.get(f"/results/{sitting}/diagnosis")
    assert page.status_code == 200
    assert "同场共 12 份成绩" in page.text and "需要采取措施" in page.text
    assert (
        page.text.count('<polygon class="ring"') == 4 and 'class="own"' in page.text and 'class="cohort"' in page.text
    )
    assert "未归入章节的知识点" in page.text and "这是您的第一次验证" in page.text
    assert f"/results/{sitting}/diagnosis" in me.get(f"/results/{sitting}").text


def test_nobody_sees_anothers_diagnosis(me, signed_in, verified):
    _, _, _, _, other = verified
    assert me.get(f"/results/{other}/diagnosis").status_code == 404
    stranger = signed_in(Role.CANDIDATE)
    assert stranger.get(f"/results/{verified[3]}/diagnosis").status_code == 404


def test_a_withdrawn_result_has_no_diagnosis(me, database, verified):
    with database.transaction() as db:
        row = db.exec(select(Result).where(Result.sitting_id == verified[3], Result.current)).one()
        row.withdrawn_at = NOW
    assert me.get(f"/results/{verified[3]}/diagnosis").status_code == 404


def test_a_scheme_that_does_not_compare_has_no_diagnosis(me, database, verified):
    with database.transaction() as db:
        db.get_one(Exam, verified[2]).scheme = "changzhou"
    assert me.get(f"/results/{verified[3]}/diagnosis").status_code == 404


def test_the_next_verification_shows_the_change(me, database, verified):
    _, person, exam_id, sitting, _ = verified
    with database.transaction() as db:
        from exam.sessions.models import Sitting

        first = db.get_one(Result, db.exec(select(Result.id).where(Result.sitting_id == sitting)).one())
        first.submitted_at = first.submitted_at - timedelta(days=90)
        first.window_opens = OPENED
        paper = db.get_one(Sitting, sitting).paper_id
        assert paper
    with database.transaction() as db:
        built = build(db, [single(), multiple()], institution_id=verified[0], scheme="ptp")
        again = _sit_again(db, built, exam_id, paper, person)
        service.grade_if_needed(db, again, NOW)
        release_due(db, NOW)
    page = me.get(f"/results/{again}/diagnosis").text
    assert "变化（百分点）" in page and "+" in page


def _sit_again(db, built, exam_id, paper_id, person):
    """The same person sits the first exam's paper once more, with everything right."""
    from exam.itembank.models import Paper

    exam = db.get_one(Exam, exam_id)
    built.exam, built.paper = exam, db.get_one(Paper, paper_id)
    old = db.get_one(Person, person)
    from exam.scheduling.models import Enrolment

    first = db.exec(select(Enrolment).where(Enrolment.person_id == person)).one()
    first.number = 9
    db.flush()
    return built.sit([RIGHT] * 6, person=old).id


def test_the_office_sees_its_own_cohorts_only(signed_in, verified):
    home, _, exam_id, *_ = verified
    office = signed_in(Role.REGISTRAR, institution_id=home)
    listed = office.get("/cohorts").text
    address = re.search(rf"/cohorts/{exam_id}/\w+", listed)
    assert address is not None
    page = office.get(address.group())
    assert page.status_code == 200 and "稳健平均值" in page.text and "z 比分数的分布" in page.text
    elsewhere = signed_in(Role.REGISTRAR)
    assert "还没有可以比对的成绩" in elsewhere.get("/cohorts").text
    assert elsewhere.get(address.group()).status_code == 404
