"""Whatever happens to the line, the tab, the sign-in or the server, a candidate loses nothing."""

import json

import pytest
from playwright.sync_api import Route, expect

from e2e.conftest import Served, Visit, assert_sound
from e2e.seeding import PASSWORD
from e2e.sitting import claim_with_seconds_left, crash, go, on_the_server, opened, option, saved, seconds_left, start
from exam.accounts.access import SESSION_COOKIE

pytestmark = pytest.mark.browser


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
