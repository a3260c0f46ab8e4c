"""The shared look: every component in every state, in both languages, light and dark, wide and narrow."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from exam.accounts.access import PUBLIC
from exam.app import create_app, page_context
from exam.core import i18n, web
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.core.decisions import Refusal
from exam.core.errors import Problem
from exam.core.failures import error_page
from exam.settings import Settings

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ERRORS = ("forbidden", "not-found", "csrf-expired", "sign-in-needed", "too-large", "too-many", "invalid", "internal")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium where there is one; it needs --no-sandbox when root runs the tests."""
    found = {"executable_path": str(CHROMIUM)} if CHROMIUM.exists() else {}
    return {**found, "args": ["--no-sandbox"]}


def _gallery(request: Request) -> Response:
    problems = [Problem("id_number", "required"), Problem("chapter", "required")]
    return web.render(request, "gallery.html", {"sample_problems": problems})


def _error(request: Request) -> Response:
    code = request.path_params["code"]
    extra: dict[str, Any] = {"problems": [Problem("name", "required")]} if code == "invalid" else {}
    if code == "refused":
        extra = {"refusal": Refusal("window-not-open", request.app.state.clock.now())}
    return error_page(request, 400, as_json=False, code=code, **extra)


def _context(request: Request) -> dict[str, Any]:
    names = ["首页", "题库", "试卷", "考试与窗口", "考生", "成绩", "审计日志"]
    zh = i18n.current_locale.get() == "zh"
    links = [
        SimpleNamespace(label=name if zh else f"Section {number}", url=f"#section-{number}", current=number == 0)
        for number, name in enumerate(names)
    ]
    person = SimpleNamespace(name="王芳", institution_name="甲", institutions=[(1, "甲"), (2, "乙")])
    return {**page_context(request), "caller": person, "navigation": links, "demo_banner": names[3]}


@pytest.fixture
def address(settings: Settings, database: Database, clock: FrozenClock) -> Iterator[str]:
    """The application with the gallery and the error pages, served on a free port."""
    app = create_app(settings, clock=clock, database=database)
    app.state.page_context = _context
    added = [
        web.page_route("/_gallery", _gallery, access=PUBLIC, name="gallery"),
        web.page_route("/_error/{code}", _error, access=PUBLIC, name="error"),
    ]
    app.router.routes[:0] = added
    assert all(isinstance(route, (Route, Mount)) for route in app.router.routes)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Any]:
    """A function that opens a page of the gallery in a browser of the given kind and returns it with its complaints."""
    contexts = []

    def visit(path: str, width: int = 1280, scheme: Any = "light", locale: str = "zh") -> tuple[Page, list[str]]:
        context = browser.new_context(
            reduced_motion="reduce", viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        contexts.append(context)
        context.add_cookies([{"name": "lang", "value": locale, "url": address}])
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        return page, complaints

    yield visit
    for context in contexts:
        context.close()


def _assert_sound(page: Page, complaints: list[str]) -> None:
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"scrolls sideways by {wider} px"
    found = Axe().run(page, options=AXE).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
    # What the Content-Security-Policy refuses, scripts that fail and files that are missing all end up here.
    assert [text for text in complaints if "status of 4" not in text] == []


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_every_component(opened: Any, width: int, scheme: str, locale: str) -> None:
    page, complaints = opened("/_gallery", width, scheme, locale)
    page.locator(".math.drawn .katex").nth(3).wait_for(state="attached")
    page.locator("figure.chart canvas").nth(1).wait_for()
    _assert_sound(page, complaints)


@pytest.mark.parametrize("code", ERRORS)
def test_error_pages(opened: Any, code: str) -> None:
    page, complaints = opened(f"/_error/{code}", 360, "light", "en")
    assert page.locator("h1").inner_text() != "Not possible now"
    assert page.get_by_role("link", name="Back to the start page").is_visible()
    _assert_sound(page, complaints)


def test_refusal_says_from_when(opened: Any) -> None:
    page, complaints = opened("/_error/refused", 360)
    assert "2026-11-06 12:00" in page.locator(".notice").inner_text()
    _assert_sound(page, complaints)


def test_formulas_keep_their_source_when_wrong(opened: Any) -> None:
    page, _ = opened("/_gallery")
    assert page.locator(".math.wrong").inner_text() == r"\frac{1"
    assert page.locator(".math .katex [style]").count() > 0  # set through the CSSOM, so the policy let it pass
    height = page.locator(".math.display .katex-html").first.bounding_box()
    assert height is not None and height["height"] > 40


def test_error_summary_has_the_focus_and_leads_to_the_field(opened: Any) -> None:
    page, _ = opened("/_gallery")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.locator(".error-summary a").first.click()
    assert page.evaluate("document.activeElement.id") == "f-id_number"


def test_destructive_form_asks_and_cancelling_sends_nothing(opened: Any) -> None:
    page, _ = opened("/_gallery")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    form = page.locator("form[data-confirm]")
    form.locator("select").select_option("1")
    form.locator("[type=file]").evaluate("field => { field.required = false }")
    form.get_by_role("button", name="保存").click()
    assert page.evaluate("document.activeElement.textContent") == "取消"
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert sent == []
    form.get_by_role("button", name="保存").click()
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("dialog").get_by_role("button", name="提交").click()


def test_menus_close_on_escape_and_on_a_click_elsewhere(opened: Any) -> None:
    page, _ = opened("/_gallery", 360)
    menu, account = page.locator(".tools > details").all()
    menu.locator("summary").click()
    assert menu.get_by_role("link", name="题库").is_visible()
    page.keyboard.press("Escape")
    assert not menu.get_by_role("link", name="题库").is_visible()
    account.locator("summary").click()
    assert account.get_by_role("button", name="退出登录").is_visible()
    page.locator("h1").click()
    assert not account.get_by_role("button", name="退出登录").is_visible()
