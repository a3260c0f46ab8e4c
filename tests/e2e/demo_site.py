"""`exam demo` in a process of its own, and people who sign in to it in Chromium and complain of what goes wrong."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from e2e.conftest import AXE, _wait_for, free_port
from exam.demo.seed import PASSWORD

COMMAND = [sys.executable, "-m", "exam", "demo"]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's address, as a newcomer gets it from the command."""
    folder, port = tmp_path_factory.mktemp("demo-site"), free_port()
    with serving_demo(folder, port) as address:
        yield address


@contextlib.contextmanager
def serving_demo(folder: Path, port: int) -> Iterator[str]:
    """Make the demo in a folder and serve it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EXAM_")}
    log, address = folder / "demo.log", f"http://127.0.0.1:{port}"
    own = {"EXAM_DATA_DIR": str(folder / "data"), "EXAM_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(COMMAND, env={**kept, **own}, stdout=output, stderr=output)
        try:
            _wait_for(f"{address}/sign-in", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


@dataclass
class Visitor:
    """Somebody at the site: the page, and everything that the browser complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Open a page; its status."""
        response = self.page.goto(self.address + path)
        return response.status if response else 0

    def click(self, name: str, role: Any = "link", exact: bool = True) -> None:
        """Use a link or button by its name, within the page's own part."""
        self.page.locator("main").get_by_role(role, name=name, exact=exact).first.click()

    def sees(self, text: str) -> None:
        """The text is there, now or in a moment."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()

    def sound(self) -> list[str]:
        """What is wrong with the page as it stands: axe, and scrolling sideways on a wide and on a narrow screen."""
        found = Axe().run(self.page, options=AXE).response["violations"]
        wrong = [f"axe {rule['id']}: {[node['target'] for node in rule['nodes']][:4]}" for rule in found]
        return wrong + self.too_wide()

    def too_wide(self) -> list[str]:
        """Where the page scrolls sideways, on a wide and on a narrow screen."""
        wrong = []
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)
            if wider := self._too_wide():
                wrong.append(f"at {size['width']} px it scrolls sideways by {wider} px")
        return wrong

    def _too_wide(self) -> int:
        """By how many pixels the page is wider than the window, once charts have been drawn anew."""
        for _ in range(10):
            wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wider <= 0:
                return 0
            self.page.wait_for_timeout(100)
        return int(wider)


Enter = Callable[..., Visitor]


@pytest.fixture
def enter(browser: Browser, demo: str) -> Iterator[Enter]:
    """`enter("candidate1", locale="zh")` → that person signed in, on the first page; "" stays signed out.

    At the end nothing may have gone wrong in any of their browsers.
    """
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def come(username: str, locale: str = "zh") -> Visitor:
        context = browser.new_context(reduced_motion="reduce", viewport=WIDE, locale="zh-CN", accept_downloads=True)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_cookies([{"name": "lang", "value": locale, "url": demo}])
        visitor = Visitor(context.new_page(), demo)
        visitors.append(visitor)
        _listen(visitor)
        visitor.go("/sign-in")
        if username:
            sign_in(visitor, username, PASSWORD)
            visitor.page.wait_for_url(f"{demo}/")
        return visitor

    yield come
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(visitor: Visitor, username: str, password: str) -> None:
    """Fill in and send the form."""
    visitor.page.fill("[name=identifier]", username)
    visitor.page.fill("[name=password]", password)
    visitor.page.locator("main button[type=submit]").click()


def _listen(visitor: Visitor) -> None:
    def said(message: Any) -> None:
        if message.type in ("error", "warning"):
            visitor.complaints.append(f"{visitor.page.url}: {message.text[:300]}")

    visitor.page.on("console", said)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(f"{visitor.page.url}: {str(error)[:300]}"))
