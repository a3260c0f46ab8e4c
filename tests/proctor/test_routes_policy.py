"""The pages of policy, accommodations, consent and privacy, played by office and candidate."""

from dataclasses import dataclass

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.proctor.models import CheckIn, ProctoringAccommodation, ProctoringPolicy
from exam.proctor.policy.rules import default
from exam.sessions.models import Sitting
from tests.conftest import Client
from tests.proctor.conftest import Hall


@dataclass
class Two:
    """A registrar's and a candidate's browser, and the candidate's sitting."""

    hall: Hall
    office: Client
    own: Client
    sitting: int
    enrolment: int

    def save(self, level: str, **changed: str):
        fields = {name: str(value) for name, value in default(level).values().items() if name != "detectors"}
        fields |= {"hold_results": "yes", "csrf_token": self.office.csrf, **changed}
        detectors = list(default(level).detectors)
        return self.office.post(f"/exams/{self.hall.exam_id}/proctoring", data={**fields, "detectors": detectors})

    def grant(self, kind: str, do: str = "grant"):
        form = {"do": do, "accommodation": kind, "accommodation_reason": "证明", "csrf_token": self.office.csrf}
        return self.office.post(f"/exams/enrolments/{self.enrolment}/accommodations", data=form)

    def say(self, what: str, **more: str):
        form = {"do": what, "csrf_token": self.own.csrf, **more}
        return self.own.post(f"/sittings/{self.sitting}/consent", data=form)


@pytest.fixture
def two(hall: Hall, world) -> Two:
    person = hall.person()
    sitting_id = hall.prepared(person)
    with hall.database.reading() as db:
        enrolment_id = db.get_one(Sitting, sitting_id).enrolment_id
    office = world.signed_in(Role.REGISTRAR, institution_id=hall.institution_id)
    return Two(hall, office, world.client(person, hall.institution_id), sitting_id, enrolment_id)


def test_the_office_sets_the_policy_and_sees_it_on_the_exam(two: Two) -> None:
    assert "不监考" in two.office.get(f"/exams/{two.hall.exam_id}").text
    page = two.office.get(f"/exams/{two.hall.exam_id}/proctoring?level=live").text
    assert "建议设置" in page
    assert two.save("live").status_code == 303
    assert "摄像头加实时监考" in two.office.get(f"/exams/{two.hall.exam_id}").text
    with two.hall.database.reading() as db:
        assert db.get_one(ProctoringPolicy, two.hall.exam_id).level == "live"


def test_what_was_typed_comes_back_with_what_is_wrong(two: Two) -> None:
    answer = two.save("camera", interval_seconds="2", keep_days="77")
    assert answer.status_code == 422 and 'value="77"' in answer.text and "3 到 30" in answer.text
    with two.hall.database.reading() as db:
        assert db.get(ProctoringPolicy, two.hall.exam_id) is None


def test_grants_are_made_and_refused_on_the_enrolment(two: Two) -> None:
    two.save("camera")
    refused = two.grant("breaks")
    assert refused.status_code == 409 and "暂停和恢复" in refused.text
    assert two.grant("").status_code == 422
    assert two.grant("head-movement").status_code == 303
    page = two.office.get(f"/exams/enrolments/{two.enrolment}").text
    assert "长时间看向别处" in page and "证明" in page
    assert "头部活动" in two.office.get(f"/exams/{two.hall.exam_id}/enrolments").text
    start = two.own.get(f"/sittings/{two.sitting}").text
    assert "头部活动" in start and "证明" not in start
    assert two.grant("head-movement", "revoke").status_code == 303
    assert two.grant("x", "dance").status_code == 422
    with two.hall.database.reading() as db:
        (row,) = db.exec(select(ProctoringAccommodation)).all()
        assert row.revoked_at is not None


def test_who_else_looks_does_not_see_what_was_granted(two: Two, world) -> None:
    two.save("live")
    two.grant("breaks")
    for role in (Role.OFFICER, Role.PROCTOR):
        reader = world.signed_in(role, institution_id=two.hall.institution_id)
        for path in (f"/exams/{two.hall.exam_id}", f"/exams/{two.hall.exam_id}/enrolments"):
            page = reader.get(path)
            assert page.status_code == 200 and "休息" not in page.text and "证明" not in page.text


def test_no_script_is_needed_to_answer_and_to_wait(two: Two) -> None:
    two.save("camera")
    start = two.own.get(f"/sittings/{two.sitting}").text
    assert "阅读并答复" in start and "form" in start and f"/sittings/{two.sitting}/start" not in start
    page = two.own.get(f"/sittings/{two.sitting}/consent").text
    assert "90 天" in page and "/proctoring/about" in page
    assert two.say("refused").status_code == 303
    assert "监考人员正在处理" in two.own.get(f"/sittings/{two.sitting}").text
    state = two.own.get(f"/sittings/{two.sitting}/consent/state").json()
    assert state == {"answer": "refused", "route": "human", "step": "wait"}
    with two.hall.database.transaction() as db:
        row = db.get_one(CheckIn, two.sitting)
        row.state, row.note = "again", "请带身份证"
        db.add(row)
    assert "请带身份证" in two.own.get(f"/sittings/{two.sitting}").text
    assert "请带身份证" in two.own.get(f"/sittings/{two.sitting}/consent").text
    assert two.say("ask").status_code == 303
    assert two.say("nonsense").status_code == 422
    assert two.say("withdrawn", back="privacy").headers["location"] == "/me/privacy"


def test_an_exam_without_a_camera_has_no_such_page(two: Two) -> None:
    assert two.own.get(f"/sittings/{two.sitting}/consent").status_code == 404
    assert two.say("given").status_code == 404
    empty = two.own.get(f"/sittings/{two.sitting}/consent/state").json()
    assert empty == {"answer": "", "route": "", "step": ""}
    two.save("focus")
    assert "本场考试有监考" in two.own.get(f"/sittings/{two.sitting}").text
    assert two.own.get(f"/sittings/{two.sitting}/consent").status_code == 404
    assert two.say("given").status_code in (404, 409)


def test_the_privacy_page_is_linked_and_lists_what_is_there(two: Two) -> None:
    assert "/me/privacy" in two.own.get("/me").text
    assert "没有有监考的考试" in two.own.get("/me/privacy").text
    two.save("camera")
    two.say("given")
    page = two.own.get("/me/privacy").text
    assert "撤回同意" in page and "申请提前删除照片" not in page
    asked = two.own.post(f"/sittings/{two.sitting}/erasure", data={"csrf_token": two.own.csrf, "reason": ""})
    assert asked.status_code == 409 and "没有保存照片" in asked.text
    assert "没有等待答复" in two.office.get("/proctoring/erasures").text
