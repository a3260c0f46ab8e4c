"""A candidate sits an exam in a real browser: every kind of question, every page, every way of using it."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Route, expect

from e2e.conftest import FLAGS, Served, Visit, assert_sound
from e2e.sitting import (
    KEPT_COUNT,
    answer_each_kind,
    claim_with_seconds_left,
    go,
    on_the_server,
    opened,
    option,
    saved,
    seconds_left,
    start,
)
from exam.accounts.access import SESSION_COOKIE

pytestmark = pytest.mark.browser
REQUESTS, KILOBYTES = 15, 250


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


def test_the_last_minute_is_said_once_and_shown(site: Served, visit: Visit) -> None:
    page = visit(site, site.candidate())
    claim_with_seconds_left(page, 62)
    start(page)
    expect(page.locator("#announcer")).to_have_text("还剩 1 分钟")
    expect(page.locator("[data-banner=time]")).to_contain_text("还剩 1 分钟")
    expect(page.locator("[data-clock]")).to_have_attribute("aria-live", "off")
    assert_sound(page)


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
    cold = page.context.browser.new_context(reduced_motion="reduce")  # type: ignore[union-attr]
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
