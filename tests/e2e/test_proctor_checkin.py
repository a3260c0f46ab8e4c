"""Check-in in Chromium with its fake camera: good, covered, forbidden; a phone; a proctor in another browser."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from e2e import cameras
from e2e.conftest import Served, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from e2e.test_watch import _staff
from exam.accounts.access import SESSION_COOKIE
from exam.accounts.permissions import Role
from exam.proctor import terms
from exam.proctor.models import CameraConsent, ProctoringPolicy
from exam.sessions.models import Sitting

pytestmark = pytest.mark.browser
SLOW = 15_000


def _door(site: Site) -> dict[str, list[Candidate]]:
    proctor = _staff(site, Role.PROCTOR, "唐老师")
    plain = {"institution_id": site.institution_id, "interval_seconds": 3, "detectors": ["no-face"]}
    policies = {"camera": {"level": "camera"}, "identity": {"level": "live", "identity": "before"}}
    found = {"proctor": [proctor]}
    for group, policy in policies.items():
        exam_id = site.exam(site.paper(EACH_KIND))
        changed = {"changed_at": site.now, "changed_by": proctor.person_id}
        site.db.add(ProctoringPolicy(exam_id=exam_id, **plain, **policy, **changed))
        site.db.flush()
        found[group] = [_consented(site, site.candidate(exam_id)) for _ in range(6)]
    return found


def _consented(site: Site, candidate: Candidate) -> Candidate:
    terms.watch(site.db, site.db.get_one(Sitting, candidate.sitting_id), site.now)
    here = {"institution_id": site.institution_id, "person_id": candidate.person_id, "at": site.now}
    said = {"answer": "given", "text_version": "1", "locale": "zh"}
    site.db.add(CameraConsent(sitting_id=candidate.sitting_id, **here, **said))
    return candidate


def _served(folder: Path, model: str) -> Iterator[Served]:
    before = os.environ.get("EXAM_FACE_MODEL")
    os.environ["EXAM_FACE_MODEL"] = model
    try:
        with serving(folder, _door) as served:
            yield served
    finally:
        os.environ.pop("EXAM_FACE_MODEL")
        if before is not None:
            os.environ["EXAM_FACE_MODEL"] = before


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site without the face model: it advises roughly and can't tell much."""
    yield from _served(tmp_path_factory.mktemp("door"), "/nowhere/none.onnx")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where films for the camera are made."""
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def lit(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], films: Path) -> Iterator[Browser]:
    """A browser whose camera shows a room."""
    shown = cameras.film(films / "room.mjpeg", [cameras.room(n) for n in range(3)])
    with cameras.with_camera(browser_type, browser_type_launch_args, shown) as browser:
        yield browser


def visit(
    browser: Browser, served: Served, who: Candidate, path: str = "", width: int = 1280, locale: str = "zh"
) -> Page:
    """A page of somebody; without a path their check-in."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": width, "height": 800})
    cookies = {SESSION_COOKIE: who.token, "lang": locale}
    context.add_cookies([{"name": name, "value": value, "url": served.address} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(served.address + (path or f"/sittings/{who.sitting_id}/check-in"))
    return page


def test_a_good_camera_leads_to_the_start(hall: Served, lit: Browser) -> None:
    who = hall.candidate("camera")
    page = visit(lit, hall, who, f"/sittings/{who.sitting_id}")
    expect(page.locator("main form button[type=submit]")).to_have_count(0)
    page.get_by_role("button", name="去检查").click()
    expect(page.locator("#view video")).to_be_visible(timeout=SLOW)
    expect(page.locator("#advice")).to_have_attribute("data-ok", "true", timeout=SLOW)
    assert_sound(page)
    page.locator("#pass").click()
    expect(page.get_by_text("检查完成，可以开始考试。")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="回到开始页面").click()
    expect(page.locator("main form button[type=submit]")).to_be_visible()
    page.context.close()


def test_by_keyboard_on_a_narrow_screen_in_english(hall: Served, lit: Browser) -> None:
    page = visit(lit, hall, hall.candidate("identity"), width=360, locale="en")
    expect(page.locator("#view video")).to_be_visible(timeout=SLOW)
    expect(page.locator("#advice")).to_have_attribute("data-ok", "true", timeout=SLOW)
    assert_sound(page)
    page.locator("#pass").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#identity-title")).to_be_focused(timeout=SLOW)
    assert_sound(page)
    page.locator("#send").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#send-said")).to_have_text("The picture of the ID card is missing.")
    expect(page.locator("[data-shot=id-card] [data-take]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-shot=id-card] canvas")).to_be_visible()
    page.context.close()


def test_a_forbidden_camera_leads_up_the_ladder_to_a_human(
    hall: Served, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], lit: Browser
) -> None:
    who = hall.candidate("camera")
    with cameras.with_camera(browser_type, browser_type_launch_args, None) as browser:
        page = visit(browser, hall, who)
        page.locator("#open").click()
        expect(page.locator("#trouble")).to_be_visible(timeout=SLOW)
        expect(page.locator("#trouble-title")).to_have_text("浏览器没有得到使用摄像头的许可")
        expect(page.locator("#next-rung")).to_have_text("再试一次")
        assert_sound(page)
        page.locator("#next-rung").click()
        expect(page.locator("#next-rung")).to_have_text("用手机当摄像头", timeout=SLOW)
        page.locator("#next-rung").click()
        expect(page.locator("#qr")).to_be_visible(timeout=SLOW)
        expect(page.locator("#phone h3")).to_be_focused()
        assert_sound(page)
        page.get_by_role("button", name="请监考人员核验").click()
        expect(page.locator("#waiting")).to_be_visible(timeout=SLOW)
        assert_sound(page)
        proctor = visit(lit, hall, hall.candidates["proctor"][0], "/proctoring/check-ins")
        proctor.get_by_role("link", name=who.name).click()
        expect(proctor.locator(".timeline")).to_contain_text("用手机当摄像头")
        assert_sound(proctor)
        proctor.get_by_role("button", name="通过核验").click()
        expect(page).to_have_url(re.compile(rf"/sittings/{who.sitting_id}$"), timeout=SLOW)
        expect(page.locator("main form button[type=submit]")).to_be_visible()
        proctor.context.close()


def test_a_covered_camera_is_told_and_no_end(
    hall: Served, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], films: Path
) -> None:
    dark = cameras.film(films / "black.mjpeg", [cameras.black()])
    with cameras.with_camera(browser_type, browser_type_launch_args, dark) as browser:
        page = visit(browser, hall, hall.candidate("camera"))
        expect(page.locator("#advice")).to_have_attribute("data-ok", "false", timeout=SLOW)
        page.locator("#pass").click()
        expect(page.locator("#trouble")).to_be_visible(timeout=SLOW)
        expect(page.get_by_role("button", name="请监考人员核验")).to_be_visible()
        assert_sound(page)


def test_without_script_a_human_lets_in_and_the_proctor_sees_it_come(hall: Served, lit: Browser) -> None:
    who = hall.candidate("camera")
    proctor = visit(lit, hall, hall.candidates["proctor"][0], "/proctoring/check-ins")
    context = lit.new_context(java_script_enabled=False)
    context.add_cookies([{"name": SESSION_COOKIE, "value": who.token, "url": hall.address}])
    page = context.new_page()
    page.goto(f"{hall.address}/sittings/{who.sitting_id}/check-in")
    page.get_by_role("button", name="请监考人员核验").click()
    expect(page.get_by_text("正在等监考人员")).to_be_visible()
    expect(proctor.get_by_role("link", name=who.name)).to_be_visible(timeout=SLOW)
    assert_sound(proctor)
    proctor.context.close()
    context.close()


def test_a_phone_becomes_the_camera_and_sends_pictures(hall: Served, lit: Browser) -> None:
    who = hall.candidate("camera")
    page = visit(lit, hall, who)
    page.locator("[data-rung=phone] button").click()
    expect(page.locator("#qr")).to_be_visible(timeout=SLOW)
    phone = lit.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce").new_page()
    phone.goto(page.locator("#qr-url").inner_text())
    expect(phone.locator("#advice")).to_have_attribute("data-ok", "true", timeout=SLOW)
    assert_sound(phone)
    phone.locator("#pass").click()
    expect(phone.locator("#live-said")).to_contain_text("考试开始后", timeout=SLOW)
    assert_sound(phone)
    page.get_by_role("link", name="回到开始页面").click(timeout=SLOW)
    page.locator("#read").check()
    page.locator("main form button[type=submit]").click()
    expect(phone.locator("#live-said")).to_contain_text(re.compile("已发送 [1-9]"), timeout=30_000)
    phone.context.close()
    page.context.close()


@pytest.mark.skipif(cameras.face() is None, reason="../shared/data is not here: no face for the camera")
def test_the_identity_of_a_face(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    films: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shown = cameras.film(films / "face.mjpeg", [cameras.face()])
    served = _served(tmp_path_factory.mktemp("faces"), str(cameras.MODEL))
    site = next(served)
    with cameras.with_camera(browser_type, browser_type_launch_args, shown) as browser:
        who = site.candidate("identity")
        page = visit(browser, site, who)
        expect(page.locator("#advice")).to_have_attribute("data-ok", "true", timeout=SLOW)
        page.locator("#pass").click()
        expect(page.locator("#identity-title")).to_be_visible(timeout=SLOW)
        for shot in ("id-card", "face", "turn"):
            page.locator(f"[data-shot={shot}] [data-take]").click()
            expect(page.locator(f"[data-shot={shot}] canvas")).to_be_visible(timeout=20_000)
        expect(page.locator("[data-shot=turn] .said")).to_contain_text("看起来没有转头")
        page.locator("#send").click()
        expect(page.locator("#waiting")).to_be_visible(timeout=SLOW)
        proctor = visit(browser, site, site.candidates["proctor"][0], f"/proctoring/check-ins/{who.sitting_id}")
        expect(proctor.locator(".side-by-side img")).to_have_count(3)
        assert proctor.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")
        assert_sound(proctor)
        proctor.locator("[name=note]").fill("请把头转过去")
        proctor.get_by_role("button", name="请考生重来").click()
        expect(page.get_by_text("请把头转过去")).to_be_visible(timeout=SLOW)
    next(served, None)
