"""Items in a real browser: hostile texts stay inert even without the policy, every partial is accessible and fits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from markupsafe import Markup
from playwright.sync_api import Browser, Page

from exam.core.templating import STATIC_DIR, environment
from exam.itembank.view import candidate_view
from tests.itembank.samples import OPTIONS, RIGHT
from tests.itembank.test_content import HOSTILE

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
FRAME = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>items</title><style>{style}</style><main><h1>items</h1>{items}</main></html>"
)
SHEETS = ("vendor/pico/pico.classless.min.css", "css/app.css", "itembank/items.css")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium where there is one; it needs --no-sandbox when root runs the tests."""
    found = {"executable_path": str(CHROMIUM)} if CHROMIUM.exists() else {}
    return {**found, "args": ["--no-sandbox"]}


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    """An empty page of its own."""
    page = browser.new_page()
    yield page
    page.close()


def items(contents: list[tuple[str, Any, Any]], readonly: bool = False) -> str:
    shown = []
    for slot, (kind, content, response) in enumerate(contents, 1):
        item = candidate_view(kind, content, "seed", slot)
        template = environment().get_template(item["template"])
        shown.append(template.render(slot=str(slot), item=item, response=response, readonly=readonly))
    style = Markup("\n".join((STATIC_DIR / sheet).read_text(encoding="utf-8") for sheet in SHEETS))
    return str(FRAME.format(style=style, items=Markup("\n".join(shown))))


def test_hostile_texts_do_nothing(opened: Page) -> None:
    """No policy protects this page: what stops the scripts is that there are none."""
    dialogs: list[str] = []
    asked: list[str] = []
    opened.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: asked.append(request.url))
    contents: list[tuple[str, Any, Any]] = []
    for source in HOSTILE:
        options = [{"id": "own", "text": source}, *OPTIONS[1:]]
        contents.append(("single-choice", {"stem": source, "options": options}, None))
        contents.append(("short-answer", {"stem": source}, {"text": source}))
        contents.append(("calculation", {"stem": source, "unit": "kg"}, {"value": source, "unit": source}))
    opened.goto("about:blank")
    opened.set_content(items(contents))
    for element in opened.query_selector_all("main *")[:400]:
        element.dispatch_event("mouseover")
    assert (
        opened.evaluate("document.querySelectorAll('main :is(script, iframe, svg, style, a, object, form)').length")
        == 0
    )
    handlers = (
        "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on|^style$/.test(a.name)))"
    )
    assert opened.evaluate(f"{handlers}.length") == 0
    assert dialogs == []
    assert [url for url in asked if "evil" in url or url.startswith(("data:", "javascript:"))] == []


@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_partial_is_accessible_and_fits(browser: Browser, width: int, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for readonly in (False, True):
        page.set_content(items([(kind, *given) for kind, given in RIGHT.items()], readonly))
        found = Axe().run(page, options=AXE)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_the_keyboard_reaches_every_answer(opened: Page) -> None:
    opened.set_content(items([(kind, given[0], None) for kind, given in RIGHT.items()]))
    opened.focus("[data-slot='1'] input")
    opened.keyboard.press("Space")
    opened.keyboard.press("ArrowDown")
    assert opened.locator("[data-slot='1'] input:checked").get_attribute("data-letter") == "B"
    reached = set()
    for _ in range(40):
        opened.keyboard.press("Tab")
        reached.add(opened.evaluate("document.activeElement.name"))
    names = opened.evaluate("[...document.querySelectorAll('main [name]')].map(e => e.name)")
    assert set(names) - {"a1-choice"} <= reached
