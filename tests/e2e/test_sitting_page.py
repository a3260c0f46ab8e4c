"""A candidate sits an exam in a real browser, and loses nothing whatever happens."""

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from e2e.conftest import FLAGS, Served, Visit, assert_sound
from e2e.seeding import PASSWORD, Candidate
from exam.accounts.access import SESSION_COOKIE

pytestmark = pytest.mark.browser
REQUESTS, KILOBYTES = 15, 250


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


def test_one_of_each_kind_from_start_to_receipts(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    expect(page.get_by_role("heading", level=1)).to_have_text("质量工程师（中级）公共科目考试")
    start(page)
    expected = answer_each_kind(page)
    saved(page)
    assert on_the_server(site, candidate) == expected
    page.reload()
    opened(page)
    expect(page.locator("#q-8")).to_be_visible()  # where one was
    expect(page.locator("#card-summary")).to_contain_text("8 / 8")
    expect(page.locator("#q-8 textarea")).to_have_value("第一段\n第二段")
    go(page, 6)
    expect(page.locator("#q-6 [data-part='2']").get_by_label("错误")).to_be_checked()
    page.locator("#submit-open").click()
    expect(page.locator("[data-submit=all-answered]")).to_be_visible()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已交卷")
    expect(page.locator("main")).to_contain_text("8 题中的 8 题")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载保存回执").click()
    kept = json.loads(download.value.path().read_text())
    assert {receipt["slot"] for receipt in kept["receipts"]} >= set(expected)
    assert page.evaluate(KEPT_COUNT) == 0  # wiped at submission


KEPT_COUNT = """() => new Promise((done) => {
  const request = indexedDB.open("exam-sitting");
  request.onsuccess = () => {
    const all = request.result.transaction("answers").objectStore("answers").count();
    all.onsuccess = () => done(all.result);
  };
})"""


def test_offline_answers_flow_when_the_line_is_back(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    page.context.set_offline(True)
    option(page, 1, "持续改进").check()
    expect(page.locator("#save")).to_contain_text("未保存")
    expect(page.locator("#save")).to_have_attribute("data-state", "retrying", timeout=10_000)
    expect(page.locator("[data-banner=retry]")).to_contain_text("1 题的答案还没有保存", timeout=20_000)
    page.keyboard.press("ArrowRight")
    option(page, 2, "质量培训").check()
    page.context.set_offline(False)
    saved(page)
    expect(page.locator("[data-banner=retry]")).to_have_count(0)
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}, 2: {"choices": ["e7"]}}


def test_answers_made_offline_survive_a_crash_of_the_tab(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    option(page, 1, "持续改进").check()
    saved(page)
    page.context.set_offline(True)
    go(page, 7)
    page.locator("#q-7 textarea").fill("断网时写下的答案")
    option_two = page.locator("#card [data-go='2']")
    option_two.click()
    option(page, 2, "供方评价").check()
    expect(page.locator("#save")).to_contain_text("未保存")
    page.wait_for_timeout(300)
    crash(page)
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"{site.address}/sittings/{candidate.sitting_id}")
    opened(again)
    expect(again.locator("#q-7 textarea")).to_have_value("断网时写下的答案")
    assert on_the_server(site, candidate) == {
        1: {"choice": "k3f9a1"},
        2: {"choices": ["f8"]},
        7: {"text": "断网时写下的答案"},
    }
    again.locator("#q-1 input:checked").wait_for(state="attached")


def crash(page: Page) -> None:
    """Kill the tab's process, without any farewell of the page."""
    with page.expect_event("crash", timeout=10_000), contextlib.suppress(Error):
        page.goto("chrome://crash", wait_until="commit", timeout=5_000)
    page.close()


def test_a_crashed_tab_resumes_with_the_true_time(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    option(page, 1, "持续改进").check()
    saved(page)
    before = seconds_left(page)
    crash(page)
    again = page.context.new_page()
    again.goto(f"{site.address}/sittings/{candidate.sitting_id}")
    expect(again.locator("#answers")).not_to_have_attribute("disabled", "", timeout=5_000)
    expect(option(again, 1, "持续改进")).to_be_checked()
    assert before - 30 < seconds_left(again) <= before


def seconds_left(page: Page) -> int:
    """What the clock shows."""
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"\d\d:\d\d$"))
    parts = [int(part) for part in page.locator("[data-clock]").inner_text().split(":")]
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def test_a_clock_set_wrong_on_the_computer_changes_nothing(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    true = seconds_left(page)
    page.add_init_script("const real = Date; Date = class extends real { static now() { return 0; } };")
    page.reload()
    opened(page)
    assert true - 20 < seconds_left(page) <= true


def test_the_newest_tab_takes_over_and_can_be_taken_back(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    first = visit(site, candidate)
    start(first)
    option(first, 1, "持续改进").check()
    saved(first)
    second = first.context.new_page()
    second.goto(f"{site.address}/sittings/{candidate.sitting_id}")
    opened(second)
    expect(option(second, 1, "持续改进")).to_be_checked()
    second.keyboard.press("ArrowRight")
    option(second, 2, "质量培训").check()
    saved(second)
    option(first, 1, "把检验的次数").check()  # the old tab does not know yet; its answer must not count
    expect(first.locator("[data-banner=superseded]")).to_be_visible(timeout=12_000)
    expect(first.locator("#answers")).to_have_attribute("disabled", "")
    assert on_the_server(site, candidate)[1] == {"choice": "k3f9a1"}
    first.get_by_role("button", name="改回在这里作答").click()
    opened(first)
    go(first, 2)
    expect(option(first, 2, "质量培训")).to_be_checked()
    expect(second.locator("[data-banner=superseded]")).to_be_visible(timeout=12_000)
    # What was chosen here while the other tab had the paper grew from the same saved answer: it counts, being newer.
    assert on_the_server(site, candidate)[1] == {"choice": "b5t4d2"}


def test_by_keyboard_alone(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    page.locator("#read").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    opened(page)
    page.keyboard.press("2")
    expect(page.locator("#q-1 input[data-letter=B]")).to_be_checked()
    page.keyboard.press("a")
    expect(page.locator("#q-1 input[data-letter=A]")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q-1 input[data-letter=B]")).to_be_checked()
    page.keyboard.press("f")
    expect(page.locator("#go-flag")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#q-2 h2")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("6")
    expect(page.locator("#q-2 input:checked")).to_have_count(2)
    page.keyboard.press("1")
    expect(page.locator("#q-2 input:checked")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("f1?2")  # typing is typing
    expect(page.get_by_label("第 1 空")).to_have_value("f1?2")
    expect(page.locator("#help-dialog")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    page.locator("#q-4 h2").focus()
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    page.locator("#keys-enabled").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#q-4")).to_be_visible()  # single keys are off now
    page.locator("#submit-open").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#submit-dialog")).to_be_visible()
    page.locator("[data-submit=confirm]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("已交卷")


def test_the_summary_leads_to_what_is_missing(site: Served, visit: Visit) -> None:
    page = visit(site, site.candidate())
    start(page)
    option(page, 1, "持续改进").check()
    page.locator("#go-flag").click()
    expect(page.locator("#card [data-go='1']")).to_have_attribute("aria-label", "第 1 题，已作答，已标记")
    page.locator("#submit-open").click()
    dialog = page.get_by_role("dialog", name="交卷前检查")
    expect(dialog).to_contain_text("共 8 题，已作答 1 题")
    expect(dialog.locator("[data-submit=empty] button")).to_have_count(7)
    expect(dialog.locator("[data-submit=flagged] button")).to_have_text(["第 1 题"])
    dialog.get_by_role("button", name="第 5 题").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#q-5 h2")).to_be_focused()


def test_clearing_an_answer_can_be_taken_back(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    option(page, 1, "持续改进").check()
    page.get_by_role("button", name="清除本题答案").click()
    expect(page.locator("#q-1 input:checked")).to_have_count(0)
    saved(page)
    assert on_the_server(site, candidate) == {1: None}
    page.get_by_role("button", name="恢复刚才的答案").click()
    expect(option(page, 1, "持续改进")).to_be_checked()
    saved(page)
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}}


def test_a_server_in_trouble_is_said_loudly_and_never_hides_a_loss(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    trouble = [503, 507, 500, 503]

    def refuse(route: Route) -> None:
        if trouble:
            body = json.dumps({"error": "not-saved"})
            route.fulfill(status=trouble.pop(0), body=body, headers={"Content-Type": "application/json"})
        else:
            route.continue_()

    page.route("**/sync", refuse)
    option(page, 1, "持续改进").check()
    expect(page.locator("#save")).to_contain_text("未保存，正在重试", timeout=5_000)
    expect(page.locator("[data-banner=retry]")).to_have_attribute("role", "alert", timeout=20_000)
    expect(page.locator("#save")).to_have_attribute("data-state", "saved", timeout=30_000)
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}}


def test_handing_in_waits_for_the_last_save(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    page.context.set_offline(True)
    option(page, 1, "持续改进").check()
    page.locator("#submit-open").click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.locator("[data-submit=problem]")).to_contain_text("还没有交卷", timeout=15_000)
    page.context.set_offline(False)
    page.get_by_role("button", name="再试一次").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已交卷")
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}}


def test_an_ended_sign_in_is_renewed_in_place(site: Served, visit: Visit) -> None:
    candidate = site.candidate("password")
    page = visit(site, candidate)
    start(page)
    page.evaluate(
        """() => fetch("/sign-out", {method: "POST", redirect: "manual",
             headers: {"X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content}})"""
    )
    option(page, 1, "持续改进").check()
    dialog = page.get_by_role("dialog", name="请重新登录")
    expect(dialog).to_be_visible(timeout=12_000)
    expect(page.locator("#save")).to_contain_text("未保存")
    assert_sound(page)
    dialog.locator("input[type=password]").fill("wrong password")
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-problem]")).not_to_be_empty()
    dialog.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    saved(page)
    expect(option(page, 1, "持续改进")).to_be_checked()
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}}


def test_somebody_else_signing_in_on_the_computer_loses_nothing(site: Served, visit: Visit) -> None:
    candidate, other = site.candidate("password"), site.candidate()
    page = visit(site, candidate)
    start(page)
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": other.token, "url": site.address}])
    option(page, 1, "持续改进").check()
    dialog = page.get_by_role("dialog", name="请重新登录")
    expect(dialog).to_be_visible(timeout=12_000)
    expect(dialog).to_contain_text(candidate.name)
    dialog.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    saved(page)
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}}
    assert on_the_server(site, other) == {}


def claim_with_seconds_left(page: Page, seconds: float) -> None:
    """Let the page believe, until its first exchange, that the sitting ends so soon."""

    def nearly_over(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        route.fulfill(response=response, json={**body, "deadline": body["server_time"] + round(seconds * 1000)})

    page.route("**/claim", nearly_over)


def test_the_last_minute_is_said_once_and_shown(site: Served, visit: Visit) -> None:
    page = visit(site, site.candidate())
    claim_with_seconds_left(page, 62)
    start(page)
    expect(page.locator("#announcer")).to_have_text("还剩 1 分钟")
    expect(page.locator("[data-banner=time]")).to_contain_text("还剩 1 分钟")
    expect(page.locator("[data-clock]")).to_have_attribute("aria-live", "off")
    assert_sound(page)


def test_time_given_back_at_the_last_moment_is_not_lost(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    claim_with_seconds_left(page, 4)
    page.locator("#read").check()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("#answers")).not_to_have_attribute("disabled", "", timeout=10_000)
    page.context.set_offline(True)
    expect(page.locator("#end-dialog")).to_be_visible(timeout=10_000)
    expect(page.locator("[data-end]")).to_contain_text("连不上服务器")
    assert_sound(page)
    page.context.set_offline(False)
    expect(page.locator("#end-dialog")).to_be_hidden(timeout=15_000)
    assert seconds_left(page) > 3000
    option(page, 1, "持续改进").check()
    saved(page)
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}}


def test_a_notice_is_shown_until_it_is_read(site: Served, visit: Visit) -> None:
    page = visit(site, site.candidate())
    start(page)
    before = seconds_left(page)

    def add_time(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        body["deadline"] += 600_000
        body["notices"] = [{"id": 7, "kind": "outage", "text": "服务器中断 10 分钟，已补时 10 分钟。"}]
        route.fulfill(response=response, json=body)

    page.route("**/sync", add_time)
    option(page, 1, "持续改进").check()
    notice = page.locator("[data-banner=notice-7]")
    expect(notice).to_contain_text("已补时 10 分钟")
    assert seconds_left(page) > before + 500
    notice.get_by_role("button").click()
    option(page, 1, "把检验的次数").check()
    saved(page)
    page.wait_for_timeout(500)
    expect(notice).to_have_count(0)


def test_the_calculator_computes_and_touches_no_answer(site: Served, visit: Visit) -> None:
    candidate = site.candidate()
    page = visit(site, candidate)
    start(page)
    page.locator("#calculator-open").click()
    page.keyboard.type("2.5/√25")
    page.keyboard.press("Enter")
    expect(page.locator("[data-calculator-result]")).to_have_text("= 0.5")
    for key in ["+", "1", "="]:
        page.locator("#calculator").get_by_role(
            "button", name={"+": "加", "=": "等于"}.get(key, key), exact=True
        ).click()
    expect(page.locator("[data-calculator-result]")).to_have_text("= 1.5")
    page.locator("[data-calculator-line]").focus()
    page.keyboard.type("*4")
    page.keyboard.press("Enter")
    expect(page.locator("[data-calculator-result]")).to_have_text("= 6")
    assert_sound(page)
    page.keyboard.press("Escape")
    expect(page.locator("#calculator-open")).to_be_focused()
    saved(page)
    assert on_the_server(site, candidate) == {}


def test_without_script_the_paper_is_a_plain_form(site: Served, launch_browser: Callable[..., Browser]) -> None:
    candidate = site.candidate()
    browser = launch_browser(args=[*FLAGS.split(), "--blink-settings=scriptEnabled=false"])
    page = browser.new_page()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": candidate.token, "url": site.address}])
    page.goto(f"{site.address}/sittings/{candidate.sitting_id}")
    page.locator("#read").check()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("noscript .notice")).to_be_visible()
    expect(page.locator("#submit-open")).to_be_hidden()
    for slot in range(1, 9):
        expect(page.locator(f"#q-{slot}")).to_be_visible()
    option(page, 1, "持续改进").check()
    page.locator("#q-7 textarea").fill("没有脚本")
    page.locator("noscript button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已交卷")
    assert on_the_server(site, candidate) == {1: {"choice": "k3f9a1"}, 7: {"text": "没有脚本"}}
    browser.close()


def test_the_cold_page_is_light(site: Served, visit: Visit) -> None:
    candidate = site.candidate("long")
    page = visit(site, candidate)
    start(page)
    cold = page.context.browser.new_context()  # type: ignore[union-attr]
    cold.add_cookies(page.context.cookies())
    page.context.clear_cookies()
    page = cold.new_page()
    sizes: dict[str, int] = {}
    devtools = cold.new_cdp_session(page)
    devtools.send("Network.enable")
    names: dict[str, str] = {}
    devtools.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    devtools.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
    page.goto(f"{site.address}/sittings/{candidate.sitting_id}")
    opened(page)
    page.locator(".math.drawn").first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    listing = {names[each]: size for each, size in sizes.items()}
    total = sum(sizes.values()) / 1000
    print(f"cold sitting page: {len(names)} requests, {total:.0f} kB", listing)
    assert len(names) <= REQUESTS, listing
    assert total < KILOBYTES, listing
    cold.close()


@pytest.mark.parametrize(("group", "said"), [("extra", "另批准延长 20 分钟"), ("closed", "可以办理的时间")])
def test_the_start_page_tells_what_awaits(site: Served, visit: Visit, group: str, said: str) -> None:
    candidate = site.candidates[group][0]
    page = visit(site, candidate)
    expect(page.locator("main")).to_contain_text(said)
    expect(page.locator("main form button")).to_have_count(1 if group == "extra" else 0)
    assert_sound(page)


@pytest.mark.parametrize(
    ("width", "height", "scheme", "locale"),
    [
        (1280, 800, "light", "en"),
        (360, 740, "dark", "zh"),
        (320, 256, "light", "en"),  # 1280 × 1024 at 400 % zoom
        (1280, 800, "dark", "zh"),
    ],
)
def test_every_page_is_sound(site: Served, visit: Visit, width: int, height: int, scheme: str, locale: str) -> None:
    page = visit(site, site.candidate(), width=width, height=height, scheme=scheme, locale=locale)
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    assert_sound(page)
    start(page)
    for slot in range(1, 9):
        go(page, slot)
        assert_sound(page)
    expect(page.locator("[data-clock]")).to_be_in_viewport()
    expect(page.locator("#save")).to_be_in_viewport()
    if locale == "en":
        assert re.search("[\u4e00-\u9fff]", page.locator("#card-summary").inner_text()) is None
    page.locator("#submit-open").click()
    assert_sound(page)
    page.locator("[data-submit=confirm]").click()
    expect(page.locator("main a[download]")).to_be_visible()
    assert_sound(page)
    assert complaints == []


def test_the_size_of_type_and_the_hidden_clock_are_remembered(site: Served, visit: Visit) -> None:
    page = visit(site, site.candidate())
    start(page)
    for _ in range(3):
        page.locator("#font-larger").click()
    expect(page.locator("#font-larger")).to_be_disabled()
    page.locator("#clock-toggle").click()
    expect(page.locator("[data-clock]")).to_be_hidden()
    option(page, 1, "持续改进").check()
    saved(page)
    assert_sound(page)
    page.reload()
    opened(page)
    expect(page.locator("#paper")).to_have_attribute("data-font", "4")
    expect(page.locator("[data-clock]")).to_be_hidden()
