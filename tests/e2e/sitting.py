"""What the tests of the sitting page do with it."""

import contextlib
import re
from typing import Any

from playwright.sync_api import Error, Page, Route, expect

from e2e.conftest import Served
from e2e.seeding import Candidate


def start(page: Page) -> None:
    """From the start page to the open paper."""
    page.locator("#read").check()
    page.locator("main form button[type=submit]").click()
    opened(page)


def opened(page: Page) -> None:
    """Wait until the paper is open and says so."""
    expect(page.locator("#answers")).not_to_have_attribute("disabled", "", timeout=10_000)
    saved(page)


def saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    expect(page.locator("#save")).to_have_attribute("data-state", "saved", timeout=10_000)


def go(page: Page, slot: int) -> None:
    """Show a question by the card."""
    if not page.locator("#card").is_visible():
        page.locator("#card-open").click()
    page.locator(f"#card [data-go='{slot}']").click()
    expect(page.locator(f"#q-{slot}")).to_be_visible()


def option(page: Page, slot: int, text: str) -> Any:
    """An option's control by its text, wherever it stands for this candidate."""
    return page.locator(f"#q-{slot}").get_by_label(text)


def on_the_server(served: Served, candidate: Candidate) -> dict[int, Any]:
    """What the server's log says counts: the newest answer of each slot, without the workspace."""
    return served.saved(candidate.sitting_id)


def answer_each_kind(page: Page) -> dict[int, Any]:
    """One answer of every kind by mouse and typing; returns what should be saved."""
    option(page, 1, "以顾客为关注焦点").check()
    go(page, 2)
    option(page, 2, "质量培训").check()
    option(page, 2, "供方评价").check()
    go(page, 3)
    option(page, 3, "正确").check()
    go(page, 4)
    page.get_by_label("第 1 空").fill("GB")
    page.get_by_label("第 2 空").fill("GB／T")
    go(page, 5)
    page.locator("#q-5").get_by_label("数值").fill("0.5")
    page.locator("#q-5").get_by_label("单位").fill("kg")
    go(page, 6)
    case = page.locator("#q-6")
    case.locator("[data-part='1']").get_by_label("持续改进").check()
    case.locator("[data-part='2']").get_by_label("错误").check()
    case.locator("[data-part='3'] textarea").fill("涉及人身安全")
    go(page, 7)
    page.locator("#q-7 textarea").fill("策划、实施、检查、处置")
    go(page, 8)
    page.locator("#q-8 textarea").fill("第一段\n第二段")
    return {
        1: {"choice": "p2m7b4"},
        2: {"choices": ["e7", "f8"]},
        3: {"value": True},
        4: {"blanks": {"1": "GB", "2": "GB／T"}},
        5: {"value": "0.5", "unit": "kg"},
        6: {"parts": {"1": {"choice": "k3f9a1"}, "2": {"value": False}, "3": {"text": "涉及人身安全"}}},
        7: {"text": "策划、实施、检查、处置"},
        8: {"text": "第一段\n第二段"},
    }


def crash(page: Page) -> None:
    """Kill the tab's process, without any farewell of the page."""
    with page.expect_event("crash", timeout=10_000), contextlib.suppress(Error):
        page.goto("chrome://crash", wait_until="commit", timeout=5_000)
    page.close()


def seconds_left(page: Page) -> int:
    """What the clock shows."""
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"\d\d:\d\d$"))
    parts = [int(part) for part in page.locator("[data-clock]").inner_text().split(":")]
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def claim_with_seconds_left(page: Page, seconds: float) -> None:
    """Let the page believe, until its first exchange, that the sitting ends so soon."""

    def nearly_over(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        route.fulfill(response=response, json={**body, "deadline": body["server_time"] + round(seconds * 1000)})

    page.route("**/claim", nearly_over)


KEPT_COUNT = """() => new Promise((done) => {
  const request = indexedDB.open("exam-sitting");
  request.onsuccess = () => {
    const all = request.result.transaction("answers").objectStore("answers").count();
    all.onsuccess = () => done(all.result);
  };
})"""
