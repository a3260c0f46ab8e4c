"""Camera and face images in the browser: no leads to a human, yes leads on, a yes is taken back; the office's pages."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Served, Visit, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from exam.accounts.models import Person, RoleGrant
from exam.accounts.permissions import Role
from exam.proctor import terms
from exam.proctor.models import CameraConsent, CheckIn, ErasureRequest, Frame, ProctoringPolicy
from exam.proctor.policy.rules import default
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

pytestmark = pytest.mark.browser


def _staff(site: Site, role: Role, sitting_id: int) -> Candidate:
    person_id = site.add(Person(name=role.value, username=role.value, state="active", created_at=site.now))
    here = {"institution_id": site.institution_id, "granted_at": site.now}
    site.db.add(RoleGrant(person_id=person_id, role=role, **here))
    return Candidate(person_id, role.value, sitting_id, site._signed_in(person_id))


def _watched(site: Site) -> dict[str, list[Candidate]]:
    """Exams with a camera: candidates who have done nothing, who are let in, and whose exam is over."""
    exam_id = site.exam(site.paper(EACH_KIND))
    draft = site.exam(site.paper(EACH_KIND[:1]))
    site.db.get_one(Exam, draft).state = "draft"
    candidates = [site.candidate(exam_id) for _ in range(8)]
    office = _staff(site, Role.REGISTRAR, draft)
    policy = ProctoringPolicy(
        exam_id=exam_id, institution_id=site.institution_id, changed_at=site.now, changed_by=office.person_id
    )
    policy.sqlmodel_update(default("camera").values())
    site.db.add(policy)
    site.db.flush()
    for candidate in candidates:
        terms.watch(site.db, site.db.get_one(Sitting, candidate.sitting_id), site.now)
    let_in, over = candidates[:2], candidates[2:3]
    for candidate in let_in + over:
        _let_in(site, candidate)
    for candidate in over:
        _ended(site, candidate)
    proctor = _staff(site, Role.PROCTOR, let_in[0].sitting_id)
    return {"new": candidates[3:], "let-in": let_in, "over": over, "proctor": [proctor], "office": [office]}


def _let_in(site: Site, candidate: Candidate) -> None:
    here = {"institution_id": site.institution_id, "sitting_id": candidate.sitting_id}
    answer = {"answer": "given", "text_version": "2026-11-21", "locale": "zh", "at": site.now}
    site.db.add(CameraConsent(**here, person_id=candidate.person_id, **answer))
    site.db.add(CheckIn(**here, state="approved", camera_ok_at=site.now, decided_at=site.now))


def _ended(site: Site, candidate: Candidate) -> None:
    sitting = site.db.get_one(Sitting, candidate.sitting_id)
    sitting.state, sitting.started_at, sitting.submitted_at = "submitted", site.now, site.now
    sitting.deadline, sitting.submitted_by = site.now + timedelta(hours=1), "candidate"
    site.db.add(Frame(sitting_id=candidate.sitting_id, number=1, at=0, picture="0" * 64, size=1))
    here = {"institution_id": site.institution_id, "sitting_id": candidate.sitting_id}
    old = {"state": "refused", "answer": "申诉期还没有过", "decided_at": site.now, "asked_at": site.now}
    site.db.add(ErasureRequest(**here, person_id=candidate.person_id, **old))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with watched exams."""
    with serving(tmp_path_factory.mktemp("watched"), _watched) as served:
        yield served


def _press(page: Page, name: str) -> None:
    """By keyboard alone."""
    button = page.get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "locale"), [(1280, "zh"), (360, "en")])
def test_who_says_no_waits_for_a_human_and_then_starts(watched: Served, visit: Visit, width: int, locale: str) -> None:
    words = {
        "zh": ("阅读并答复", "不同意，由监考人员核验", "等待中", "开始考试", "查看进度"),
        "en": ("Read and answer", "No, a proctor shall check me", "Waiting", "Start the exam", "See where it stands"),
    }
    read, no, wait, begin, look = words[locale]
    candidate = watched.candidate("new")
    page = visit(watched, candidate, width=width, locale=locale)
    assert_sound(page)
    expect(page.get_by_role("button", name=begin)).to_have_count(0)
    page.get_by_role("link", name=read).or_(page.get_by_role("button", name=read)).click()
    assert_sound(page)
    expect(page.get_by_role("heading", level=2)).to_have_count(6)
    _press(page, no)
    expect(page.locator("[data-step=waiting]")).to_contain_text(wait)
    assert_sound(page)
    page.get_by_role("button", name=look).or_(page.get_by_role("link", name=look)).click()
    expect(page.locator("#waiting")).to_be_visible()
    assert_sound(page)
    proctor = visit(watched, watched.candidates["proctor"][0], f"/proctoring/check-ins/{candidate.sitting_id}")
    proctor.locator("button[value=approve]").click()
    # The candidate's page goes on by itself.
    expect(page.locator("input[name=read]")).to_be_visible(timeout=15_000)
    page.locator("input[name=read]").check()
    page.get_by_role("button", name=begin).click()
    expect(page.locator("#paper")).to_be_visible()
    expect(page.locator("#camera-consent")).to_be_hidden()


def test_who_says_yes_goes_on_to_the_check_in_and_may_change_their_mind(watched: Served, visit: Visit) -> None:
    page = visit(watched, watched.candidate("new"), path=None)
    page.locator("[data-step=todo] a").first.click()
    _press(page, "同意使用摄像头")
    expect(page.locator("[data-step=done]").first).to_contain_text("您已同意")
    expect(page.locator("[data-step=todo] a")).to_have_attribute("href", _check_in(page))
    page.get_by_role("button", name="查看或更改").or_(page.get_by_role("link", name="查看或更改")).click()
    _press(page, "不同意，由监考人员核验")
    expect(page.locator("[data-step=waiting]")).to_be_visible()


def _check_in(page: Page) -> str:
    return f"/sittings/{page.url.rsplit('/', 1)[1]}/check-in"


@pytest.mark.parametrize(("width", "locale"), [(1280, "zh"), (360, "en")])
def test_a_yes_is_taken_back_in_the_middle_of_the_exam(watched: Served, visit: Visit, width: int, locale: str) -> None:
    page = visit(watched, watched.candidate("let-in"), width=width, locale=locale)
    page.locator("input[name=read]").check()
    page.locator("form[action$='/start'] button").click()
    part = page.locator("#camera-consent")
    expect(part).to_be_visible()
    heard = "window.heard = []; document.addEventListener('sitting', (event) => window.heard.push(event.detail.kind))"
    page.evaluate(heard)
    part.locator("summary").focus()
    page.keyboard.press("Enter")
    part.locator("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # thought better of it
    expect(part.locator("button")).to_be_enabled()
    part.locator("button").click()
    assert_sound(page)
    page.locator("#camera-consent-ask button[value=withdraw]").click()
    expect(part.locator("[role=status]")).not_to_be_empty()
    expect(part.locator("button")).to_be_hidden()
    assert "camera-withdrawn" in page.evaluate("window.heard")
    assert_sound(page)
    page.goto(f"{watched.address}/me/privacy")
    expect(page.locator("main")).to_contain_text("撤回" if locale == "zh" else "Withdraw")
    assert_sound(page)


@pytest.mark.parametrize(("width", "locale"), [(1280, "zh"), (360, "en")])
def test_what_is_kept_is_seen_and_its_deletion_asked_for(
    watched: Served, visit: Visit, width: int, locale: str
) -> None:
    candidate = watched.candidates["over"][0]
    page = visit(watched, candidate, "/me/privacy", width=width, locale=locale)
    assert_sound(page)
    summary = page.locator("details summary", has_text="申请提前删除" if locale == "zh" else "deleted early")
    if locale == "zh":
        summary.click()
        page.locator("textarea").fill("不想留着")
        page.locator("form[action$='/erasure'] button").click()
        expect(page.locator("main")).to_contain_text("等待答复")
        expect(page.locator("form[action$='/erasure']")).to_have_count(0)
    office = visit(watched, watched.candidates["office"][0], "/proctoring/erasures", width=width, locale=locale)
    assert_sound(office)
    if locale == "en":
        office.locator("button[value=refuse]").click()
        assert_sound(office)
        office.locator("textarea").fill("An appeal is open")
        office.locator("button[value=refuse]").click()
        expect(office.locator("textarea")).to_have_count(0)


@pytest.mark.parametrize(("width", "locale"), [(1280, "zh"), (360, "en")])
def test_the_office_sets_how_an_exam_is_watched(watched: Served, visit: Visit, width: int, locale: str) -> None:
    office = watched.candidates["office"][0]
    page = visit(watched, office, f"/exams/{office.sitting_id}/proctoring", width=width, locale=locale)
    page.locator("input[name=level][value=none]").check()
    expect(page.locator("#f-interval_seconds")).to_be_hidden()
    page.locator("input[name=level][value=live]").focus()
    page.keyboard.press("Space")
    expect(page.locator("#f-interval_seconds")).to_be_visible()
    page.locator("#f-keep_days").fill("5")
    page.locator("form#policy button[type=submit]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    assert_sound(page)
    page.locator("#f-keep_days").fill("60")
    page.locator("form#policy button[type=submit]").click()
    expect(page.locator("#proctoring")).to_be_visible()
    assert_sound(page)


@pytest.mark.parametrize(("width", "locale"), [(1280, "zh"), (360, "en")])
def test_the_office_grants_what_the_exam_can_keep(watched: Served, visit: Visit, width: int, locale: str) -> None:
    candidate, office = watched.candidates["new"][0], watched.candidates["office"][0]
    with contextlib.closing(sqlite3.connect(f"file:{watched.database}?mode=ro", uri=True)) as connection:
        wanted = "SELECT enrolment_id FROM sitting WHERE id = ?"
        (enrolment_id,) = connection.execute(wanted, (candidate.sitting_id,)).fetchone()
    page = visit(watched, office, f"/exams/enrolments/{enrolment_id}", width=width, locale=locale)
    form = page.locator("form[action$='/accommodations']").last
    form.locator("input[value=breaks]").check()
    form.locator("textarea").fill("医院证明 2026-11-01")
    form.locator("button").click()
    expect(page.locator(".notice.warning").first).to_be_visible()  # nobody is there to pause and resume
    assert_sound(page)
    form.locator("input[value=head-movement]").check()
    form.locator("button").click()
    expect(page.locator("#accommodations ~ article").first).to_be_visible()
    assert_sound(page)


def test_what_is_recorded_and_why_is_open_to_everybody(watched: Served, visit: Visit) -> None:
    for width, locale in ((1280, "zh"), (360, "en")):
        page = visit(watched, Candidate(0, "", 0, "nobody"), "/proctoring/about", width=width, locale=locale)
        assert_sound(page)
