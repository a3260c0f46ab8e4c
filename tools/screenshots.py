"""Take the README's pictures from a running demo: python tools/screenshots.py [http://127.0.0.1:8000]."""

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
IMAGES = Path(__file__).parent.parent / "docs" / "images"
PASSWORD = "kaoshi-2026"  # noqa: S105 - the demo's, known to everybody
ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def sign_in(page: Page, name: str) -> None:
    page.goto(f"{SITE}/sign-in")
    page.fill("input[autocomplete=username]", name)
    page.fill("input[type=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def sitting(page: Page) -> None:
    """A candidate in the middle of a sitting, some questions answered, one flagged."""
    sign_in(page, "candidate1")
    page.click('button:has-text("开始考试"), a:has-text("继续作答"), button:has-text("继续")')
    page.wait_for_load_state("networkidle")
    if page.locator("#read").count():  # the start page; otherwise the sitting is under way already
        page.check("#read")
        page.click("main form button[type=submit]")
        page.wait_for_load_state("networkidle")
    for keys in ("2", "1", "3", "f", "2"):
        page.keyboard.press(keys)
        page.wait_for_timeout(200)
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
    page.wait_for_timeout(2000)
    page.screenshot(path=IMAGES / "sitting.png")


def result_sheet(page: Page) -> None:
    """The sheet of the first institution, as its officer sees it."""
    sign_in(page, "officer1")
    page.goto(f"{SITE}/sheets")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "result-sheet.png")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGS)
    for take in (sitting, result_sheet):
        height = 760 if take is sitting else 1280
        context = browser.new_context(viewport={"width": 1200, "height": height}, locale="zh-CN")
        take(context.new_page())
        context.close()
    browser.close()
