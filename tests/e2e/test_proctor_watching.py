"""The camera on the paper's page: pictures arrive, trouble is told gently, and no answer ever waits for one."""

import contextlib
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from e2e import cameras
from e2e.conftest import Served, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from e2e.sitting import go, opened, saved, start
from exam.accounts.access import SESSION_COOKIE
from exam.proctor import terms
from exam.proctor.detectors import DETECTORS
from exam.proctor.models import CameraConsent, CheckIn, ProctoringPolicy
from exam.sessions.models import Sitting

pytestmark = pytest.mark.browser
SECONDS = 20_000


def _watched(site: Site) -> dict[str, list[Candidate]]:
    """Candidates who are let in to an exam watched every three seconds."""
    exam_id = site.exam(site.paper(EACH_KIND))
    candidates = [site.candidate(exam_id) for _ in range(12)]
    policy: dict[str, Any] = {"level": "camera", "interval_seconds": 3, "detectors": sorted(DETECTORS)}
    here: dict[str, Any] = {"institution_id": site.institution_id}
    site.db.add(
        ProctoringPolicy(
            **here,
            exam_id=exam_id,
            changed_at=site.now,
            changed_by=candidates[0].person_id,
            hold_results=False,
            **policy,
        )
    )
    site.db.flush()
    for each in candidates:
        terms.watch(site.db, site.db.get_one(Sitting, each.sitting_id), site.now)
        own = {**here, "sitting_id": each.sitting_id}
        answer: dict[str, Any] = {"answer": "given", "text_version": "1", "locale": "zh", "at": site.now}
        site.db.add(CameraConsent(**own, person_id=each.person_id, **answer))
        site.db.add(CheckIn(**own, state="approved", camera_ok_at=site.now, decided_at=site.now))
    return {"let-in": candidates}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with a watched exam; it looks with the real model where that is here."""
    folder = tmp_path_factory.mktemp("watching")
    if cameras.MODEL.is_file():
        (folder / "models").mkdir()
        shutil.copy(cameras.MODEL, folder / "models")
    with serving(folder, _watched) as served:
        yield served


@pytest.fixture(scope="module")
def filmed(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path_factory: Any
) -> Iterator[Browser]:
    """A browser whose camera shows somebody, or a room where no labelled face is here."""
    face = cameras.face()
    film = cameras.film(
        Path(tmp_path_factory.mktemp("film")) / "camera.mjpeg", [cameras.room() if face is None else face]
    )
    with cameras.with_camera(browser_type, browser_type_launch_args, film) as browser:
        yield browser


Enter = Callable[..., tuple[Page, Candidate]]


@pytest.fixture
def enter(filmed: Browser, watched: Served) -> Iterator[Enter]:
    """A candidate's page, the exam begun."""
    contexts = []

    def begin(width: int = 1280, locale: str = "zh") -> tuple[Page, Candidate]:
        candidate = watched.candidate("let-in")
        context = filmed.new_context(reduced_motion="reduce", viewport={"width": width, "height": 800})
        contexts.append(context)
        cookies = {SESSION_COOKIE: candidate.token, "lang": locale}
        context.add_cookies([{"name": name, "value": value, "url": watched.address} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(f"{watched.address}/sittings/{candidate.sitting_id}")
        start(page)
        return page, candidate

    yield begin
    for context in contexts:
        context.close()


def rows(served: Served, query: str, *values: Any) -> list[Any]:
    with contextlib.closing(sqlite3.connect(f"file:{served.database}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()


def wait_for(found: Callable[[], Any], seconds: float = 20) -> Any:
    """What `found` finds, as soon as it does."""
    until = time.monotonic() + seconds
    while not (seen := found()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.2)
    return seen


def frames(served: Served, candidate: Candidate) -> list[int]:
    return [
        n for (n,) in rows(served, "SELECT number FROM frame WHERE sitting_id=? ORDER BY number", candidate.sitting_id)
    ]


def said(served: Served, candidate: Candidate) -> list[str]:
    """What the page reported."""
    query = "SELECT kind FROM sitting_event WHERE sitting_id=? AND kind LIKE 'page.%' ORDER BY seq"
    return [kind.removeprefix("page.") for (kind,) in rows(served, query, candidate.sitting_id)]


def state(page: Page, name: str) -> None:
    expect(page.locator("#camera")).to_have_attribute("data-state", name, timeout=SECONDS)


def test_pictures_arrive_and_the_camera_is_always_seen(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    state(page, "on")
    expect(page.locator("#camera video")).to_be_visible()
    wait_for(lambda: len(frames(watched, candidate)) >= 3)
    assert frames(watched, candidate)[:3] == [1, 2, 3]
    size, seen = rows(
        watched, "SELECT size, observation FROM frame WHERE sitting_id=? AND number=1", candidate.sitting_id
    )[0]
    assert 5_000 < size < 64 * 1024
    if cameras.face() is not None:
        assert json.loads(seen)["faces"] == "one"
    page.get_by_role("button", name="画面", exact=True).click()
    expect(page.locator("#camera")).to_contain_text("摄像头已开启")
    folded = page.locator("#camera-view").bounding_box()
    assert folded and folded["width"] <= 1
    before = len(frames(watched, candidate))
    wait_for(lambda: len(frames(watched, candidate)) > before)  # folded it goes on
    assert_sound(page)


def test_small_screen_and_english(enter: Enter, watched: Served) -> None:
    page, _ = enter(360, "en")
    state(page, "on")
    expect(page.locator("#camera")).to_contain_text("Camera is on")
    strip, question = page.locator("#camera").bounding_box(), page.locator("#q-1").bounding_box()
    assert strip and question and strip["y"] + strip["height"] <= question["y"], "it covers the question"
    assert strip["height"] <= 120
    assert_sound(page)


def test_the_line_drops_answers_come_first_and_frames_are_sent_again(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    wait_for(lambda: frames(watched, candidate))
    page.context.set_offline(True)
    go(page, 1)
    page.locator("#q-1 input").first.check()
    page.wait_for_timeout(10_000)
    last = max(frames(watched, candidate))
    assert not [slot for slot in watched.saved(candidate.sitting_id) if slot]
    page.context.set_offline(False)
    saved(page)
    assert 1 in watched.saved(candidate.sitting_id)
    wait_for(lambda: set(range(1, last + 4)) <= set(frames(watched, candidate)), 30)
    wait_for(lambda: "online" in said(watched, candidate))
    kinds = rows(watched, "SELECT kind FROM sitting_event WHERE sitting_id=? ORDER BY seq", candidate.sitting_id)
    told = [kind for (kind,) in kinds]
    held_up = told.index("answer")
    assert "frame" not in told[told.index("page.offline") : held_up], "a frame went before the answer"


def test_a_camera_that_is_gone_comes_back_by_itself_or_by_the_ladder(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    state(page, "on")
    page.evaluate("""() => {
        window.real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
        document.querySelector('#camera video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'));
    }""")
    state(page, "lost")
    expect(page.locator("#camera")).to_contain_text("没有找到摄像头")
    wait_for(lambda: "camera-lost" in said(watched, candidate))
    go(page, 1)
    page.locator("#q-1 input").first.check()
    saved(page)
    assert_sound(page)
    page.get_by_role("button", name="不用摄像头，继续考试").click()
    state(page, "without")
    wait_for(lambda: "camera-without" in said(watched, candidate))
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.real; }")
    page.get_by_role("button", name="再试一次").click()
    state(page, "on")
    wait_for(lambda: "camera-back" in said(watched, candidate))


def test_a_phone_in_the_middle_and_back_to_the_computers_own_camera(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    state(page, "on")
    page.evaluate("""() => {
        window.real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
        document.querySelector('#camera video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'));
    }""")
    state(page, "lost")
    with page.expect_response("**/check-in/phone") as answer:
        page.get_by_role("button", name="用手机当摄像头").click()
    expect(page.get_by_role("img", name="给手机用的二维码")).to_be_visible()
    assert_sound(page)
    phone = page.context.new_page()
    phone.goto(answer.value.json()["url"])
    state(page, "phone")
    sources = "SELECT DISTINCT source FROM frame WHERE sitting_id=? ORDER BY number DESC LIMIT 1"
    assert rows(watched, sources, candidate.sitting_id) == [("phone",)]
    page.reload()  # and after a reload the way back is still there
    opened(page)
    state(page, "phone")
    before = max(frames(watched, candidate))
    page.get_by_role("button", name="改用这台电脑的摄像头").click()
    state(page, "on")
    wait_for(lambda: max(frames(watched, candidate)) >= before + 2)
    assert rows(watched, sources, candidate.sitting_id) == [("camera",)]
    assert_sound(page)


def test_what_the_page_reports_and_what_it_does_not(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    state(page, "on")
    page.evaluate("""() => {
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    wait_for(lambda: "hidden" in said(watched, candidate))
    wait_for(
        lambda: rows(watched, "SELECT 1 FROM incident WHERE sitting_id=? AND kind='hidden'", candidate.sitting_id), 40
    )
    page.evaluate("""() => {
        delete document.visibilityState;
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    wait_for(lambda: "visible" in said(watched, candidate))
    ended = "SELECT reason FROM incident WHERE sitting_id=? AND kind='hidden' AND ended_at IS NOT NULL"
    wait_for(lambda: rows(watched, ended, candidate.sitting_id))
    go(page, 1)
    page.locator("#q-1").dispatch_event("contextmenu")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    wait_for(lambda: {"context-menu", "print"} <= set(said(watched, candidate)))


def test_a_question_of_the_browser_and_a_slip_are_no_offence(enter: Enter, watched: Served) -> None:
    """The focus that a question takes, and one that comes back at once, are not told; one that stays away is."""
    page, candidate = enter()
    state(page, "on")
    away = "document.hasFocus = () => false; dispatchEvent(new Event('blur'));"
    back = "delete document.hasFocus; dispatchEvent(new Event('focus'));"
    ask = "document.dispatchEvent(new CustomEvent('sitting-asking', { detail: { open: %s } }));"
    page.evaluate("() => {" + ask % "true" + away + "}")
    page.wait_for_timeout(2500)
    page.evaluate("() => {" + back + ask % "false" + away + back + "}")
    page.wait_for_timeout(2500)
    assert "blur" not in said(watched, candidate)
    page.evaluate("() => {" + away + "}")
    wait_for(lambda: "blur" in said(watched, candidate))
    page.evaluate("() => {" + back + "}")
    wait_for(lambda: "focus" in said(watched, candidate))


def test_paste_tells_what_was_copied_elsewhere(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    state(page, "on")
    pasted = """(text) => {
        const data = new DataTransfer();
        data.setData('text/plain', text);
        document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    }"""
    page.evaluate("""() => {
        const range = document.createRange();
        range.selectNodeContents(document.querySelector('#q-1 h2'));
        document.getSelection().removeAllRanges();
        document.getSelection().addRange(range);
        document.dispatchEvent(new ClipboardEvent('copy'));
    }""")
    page.evaluate(pasted, page.locator("#q-1 h2").inner_text())
    page.wait_for_timeout(2500)
    page.evaluate(pasted, "从别处来的文字")
    query = "SELECT body FROM sitting_event WHERE sitting_id=? AND kind='page.paste' ORDER BY seq"
    wait_for(lambda: len(rows(watched, query, candidate.sitting_id)) == 2)
    bodies = rows(watched, query, candidate.sitting_id)
    details = [json.loads(body)["detail"] for (body,) in bodies]
    assert [each["foreign"] for each in details] == [False, True]
    assert not any(re.search("别处", body) for (body,) in bodies), "what was pasted is nobody's business"


def test_a_page_opened_again_goes_on_numbering(enter: Enter, watched: Served) -> None:
    page, candidate = enter()
    wait_for(lambda: len(frames(watched, candidate)) >= 2)
    page.reload()
    opened(page)
    state(page, "on")
    before = len(frames(watched, candidate))
    wait_for(lambda: len(frames(watched, candidate)) >= before + 2)
    numbers = frames(watched, candidate)
    assert numbers == sorted(set(numbers)) and max(numbers) - len(numbers) <= 2
