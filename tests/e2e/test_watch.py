"""Proctors and the exam office watch candidates in a real browser, while these sit their exam."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from e2e.conftest import FLAGS, Served, Visit, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from exam.accounts.access import SESSION_COOKIE
from exam.accounts.models import Person, RoleGrant
from exam.accounts.permissions import Role

pytestmark = pytest.mark.browser
LIVE = re.compile(r"/sittings/live")


def _hall(site: Site) -> dict[str, list[Candidate]]:
    exam = site.exam(site.paper(EACH_KIND))
    other = site.exam(site.paper(EACH_KIND))
    return {
        "hall": [site.candidate(exam) for _ in range(8)],
        "other": [site.candidate(other)],
        "office": [_staff(site, Role.REGISTRAR, "钱老师")],
        "proctor": [_staff(site, Role.PROCTOR, "唐老师")],
    }


def _staff(site: Site, role: Role, name: str) -> Candidate:
    person_id = site.add(Person(name=name, username=f"e2e-{role}", state="active", created_at=site.now))
    grant = {"person_id": person_id, "institution_id": site.institution_id, "role": role, "granted_at": site.now}
    site.db.add(RoleGrant(**grant))
    return Candidate(person_id, name, 0, site._signed_in(person_id))


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with candidates of two exams, somebody of the exam office and a proctor."""
    with serving(tmp_path_factory.mktemp("watch"), _hall) as served:
        yield served


@pytest.fixture
def begin(hall: Served, visit: Visit) -> Any:
    """`begin()` → a candidate who has started, and their open paper."""

    def start() -> tuple[Candidate, Page]:
        candidate = hall.candidate("hall")
        page = visit(hall, candidate)
        page.locator("#read").check()
        page.locator("main form button[type=submit]").click()
        expect(page.locator("#answers")).not_to_have_attribute("disabled", "", timeout=10_000)
        return candidate, page

    return start


def watch(hall: Served, visit: Visit, path: str = "/sittings", who: str = "office", **more: Any) -> Page:
    """A watch page that notes what the browser complains of."""
    page = visit(hall, hall.candidates[who][0], "/sign-in", **more)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: said.type in ("error", "warning") and page.complaints.append(said.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    page.goto(hall.address + path)
    return page


def row(page: Page, candidate: Candidate) -> Any:
    """A candidate's row."""
    return page.locator(f"[data-sitting='{candidate.sitting_id}']")


def ask_now(page: Page) -> None:
    """What the page does by itself every few seconds."""
    with page.expect_response(LIVE):
        page.evaluate("dispatchEvent(new Event('online'))")


def test_the_list_follows_a_candidate_without_moving(hall: Served, visit: Visit) -> None:
    candidate = hall.candidate("hall")
    page = watch(hall, visit)
    shown = row(page, candidate)
    expect(shown.locator("[data-cell=state]")).to_have_text("未开始")
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")
    before, places = int(page.locator("[data-total=in-progress]").inner_text()), boxes(page)
    paper = visit(hall, candidate)
    paper.locator("#read").check()
    paper.locator("main form button[type=submit]").click()
    paper.locator("#q-1 label").first.click()
    expect(paper.locator("#save")).to_have_attribute("data-state", "saved", timeout=10_000)
    expect(shown.locator("[data-cell=state]")).to_have_text("进行中", timeout=10_000)
    expect(shown.locator("[data-cell=answered]")).to_have_text(re.compile(r"^1 / \d+$"), timeout=10_000)
    expect(shown.locator("[data-cell=claim]")).to_have_text("1")
    expect(shown.locator("[data-cell=started]")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d$"))
    expect(shown.locator("[data-cell=left]")).to_have_text(re.compile(r"^59:\d\d$"))
    expect(shown.locator("[data-cell=saved]")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"))
    assert int(page.locator("[data-total=in-progress]").inner_text()) == before + 1
    assert boxes(page) == places, "nothing moved"
    ticking = shown.locator("[data-cell=left]").inner_text()
    expect(shown.locator("[data-cell=left]")).not_to_have_text(ticking)
    assert page.locator("[data-announce]").inner_text() == "", "nothing of it is spoken"
    assert page.complaints == []  # type: ignore[attr-defined]


def boxes(page: Page) -> list[list[float]]:
    """Where every cell of the list is."""
    return page.eval_on_selector_all(
        ".watch-list :is(th, td)",
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.x, b.y, b.width, b.height].map(Math.round))",
    )


def test_a_candidate_who_leaves_the_filter_is_said(hall: Served, visit: Visit, begin: Any) -> None:
    candidate, paper = begin()
    page = watch(hall, visit, "/sittings?state=in-progress")
    expect(row(page, candidate)).to_be_visible()
    paper.locator("#submit-open").click()
    paper.locator("[data-submit=confirm]").click()
    expect(row(page, candidate).locator("[data-cell=state]")).to_have_text("已不在此列", timeout=10_000)
    expect(page.locator("[data-changed]")).to_be_visible()
    page.locator("[data-refresh]").click()
    expect(row(page, candidate)).to_have_count(0)
    assert "state=in-progress" in page.url, "the filter stays"


def test_a_lost_line_is_said_and_so_is_its_return(hall: Served, visit: Visit) -> None:
    page = watch(hall, visit)
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-lost]")).to_contain_text("连不上服务器", timeout=10_000)
    expect(page.locator("[data-announce]")).to_contain_text("连不上服务器")
    assert_sound(page)
    page.context.set_offline(False)
    expect(page.locator("[data-lost]")).to_be_hidden(timeout=10_000)
    expect(page.locator("[data-announce]")).to_have_text("已恢复更新。")


def test_an_ended_sign_in_is_said_and_nothing_is_asked_any_more(hall: Served, visit: Visit) -> None:
    page = watch(hall, visit)
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")
    page.context.clear_cookies(name=SESSION_COOKIE)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-lost]")).to_contain_text("登录已失效", timeout=10_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(300)
    assert asked == []


def test_a_hidden_page_asks_nothing(hall: Served, visit: Visit) -> None:
    page = visit(hall, hall.candidates["office"][0], "/sign-in")
    page.clock.install()
    page.goto(hall.address + "/sittings")
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hide(page, True)
    page.clock.run_for(60_000)
    assert asked == []
    expect(page.locator("[data-live]")).to_have_text("页面不在前台，暂停更新")
    with page.expect_response(LIVE):
        hide(page, False)
    with page.expect_response(LIVE):
        page.clock.run_for(6000)
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")


def hide(page: Page, hidden: bool) -> None:
    """As if the tab were put behind another."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_time_for_everybody_of_an_exam_reaches_the_candidate(hall: Served, visit: Visit, begin: Any) -> None:
    candidate, paper = begin()
    page = watch(hall, visit)
    exam = page.locator("#f-exam option", has_text=re.compile("^X")).first.get_attribute("value")
    page.goto(f"{hall.address}/sittings?exam={exam}")
    page.locator("summary", has_text="给这门考试进行中的全部考生加时").click()
    page.fill("#f-minutes", "0")
    page.fill("#f-reason", "考场停电")
    assert_sound(page)
    send_and_confirm(page, "给全部考生加时", "加时")
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("#f-minutes")).to_have_value("0")
    expect(page.locator("#f-reason")).to_have_value("考场停电")
    assert_sound(page)
    page.fill("#f-minutes", "20")
    send_and_confirm(page, "给全部考生加时", "加时")
    expect(page.locator(".notice.success")).to_contain_text("名考生加时")
    expect(row(page, candidate).locator("[data-cell=added]")).to_have_text("20 分钟")
    expect(row(page, candidate).locator("[data-cell=left]")).to_have_text(re.compile(r"^1:19:\d\d$"))
    expect(paper.get_by_text("考场停电").first).to_be_visible(timeout=15_000)


def send_and_confirm(page: Page, button: str, action: str) -> None:
    """Send a form that asks twice."""
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()


def test_one_candidate_from_writing_to_void(hall: Served, visit: Visit, begin: Any) -> None:
    candidate, _paper = begin()
    page = watch(hall, visit)
    page.get_by_role("link", name=candidate.name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(candidate.name)
    page.locator("summary", has_text="给这名考生加时").click()
    page.fill("#f-extra-minutes", "15")
    page.fill("#f-extra-reason", "换机")
    page.get_by_role("button", name="加时", exact=True).click()
    expect(page.locator("table", has_text="换机")).to_contain_text("15 分钟")
    expect(page.locator("[data-cell=left]")).to_have_text(re.compile(r"^1:14:\d\d$"))
    page.locator("summary", has_text="作废这次考试").click()
    assert_sound(page)
    page.fill("#f-void-reason", "设备故障")
    page.get_by_role("button", name="作废这次考试", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)  # first the box has to be ticked
    page.check("#f-void-sure")
    page.get_by_role("button", name="作废这次考试", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    expect(page.locator("[data-cell=state]")).to_have_text("进行中")
    send_and_confirm(page, "作废这次考试", "作废")
    expect(page.locator("[data-cell=state]")).to_have_text("已作废")
    expect(page.locator(".timeline")).to_contain_text("这次考试被作废，钱老师：设备故障")
    assert_sound(page)


def test_new_records_are_said_on_the_page_of_one(hall: Served, visit: Visit, begin: Any) -> None:
    candidate, paper = begin()
    page = watch(hall, visit, f"/sittings/{candidate.sitting_id}/watch", "proctor")
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")
    expect(page.locator("[data-changed]")).to_be_hidden()
    paper.locator("#q-1 label").first.click()
    expect(paper.locator("#save")).to_have_attribute("data-state", "saved", timeout=10_000)
    expect(page.locator("[data-changed]")).to_have_text("有新的记录，刷新后可见。", timeout=10_000)
    ask_now(page)
    expect(page.locator("[data-changed]")).to_be_visible()
    page.locator("[data-refresh]").click()
    expect(page.locator(".timeline")).to_contain_text("保存答案：第 1 题")


def test_a_reply_of_the_server_in_trouble_is_a_lost_line(hall: Served, visit: Visit) -> None:
    page = watch(hall, visit)
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")

    def trouble(route: Route) -> None:
        route.fulfill(status=503, body="{}")

    page.route(LIVE, trouble)
    ask_now(page)
    expect(page.locator("[data-lost]")).to_contain_text("正在重试")
    page.unroute(LIVE, trouble)
    ask_now(page)
    expect(page.locator("[data-lost]")).to_be_hidden()


def test_without_script_the_list_is_whole(hall: Served, launch_browser: Any) -> None:
    browser: Browser = launch_browser(args=FLAGS.split())
    context = browser.new_context(reduced_motion="reduce", java_script_enabled=False)
    token = hall.candidates["proctor"][0].token
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": hall.address}])
    page = context.new_page()
    page.goto(f"{hall.address}/sittings")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.get_by_role("link", name="刷新").click()
    page.locator("tbody th a").first.click()
    expect(page.locator(".timeline")).to_contain_text("试卷备好")
    expect(page.locator("[name=reason]")).to_have_count(0)
    browser.close()


@pytest.mark.parametrize("who", ["office", "proctor"])
@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_every_state_is_sound(hall: Served, visit: Visit, who: str, locale: str, width: int, scheme: str) -> None:
    page = watch(hall, visit, "/sittings", who, locale=locale, width=width, scheme=scheme)
    assert_sound(page)
    addresses = [f"{hall.address}/sittings?q=nobody", f"{hall.address}/sittings?exam=1"]
    states = {}
    for each in page.locator("tr[data-sitting]").all():
        states[each.get_attribute("data-state")] = each.get_by_role("link").get_attribute("href")
    for address in [*addresses, *(f"{hall.address}{path}" for path in states.values())]:
        page.goto(address)
        for summary in page.locator("main summary").all():
            summary.click()
        assert_sound(page)
        if locale == "en":
            labels = page.locator("main :is(h2, dt, label, legend, thead th, button, summary, .hint)").all_inner_texts()
            assert [label for label in labels if re.search(r"[\u4e00-\u9fff]", label)] == []
    assert page.complaints == []  # type: ignore[attr-defined]
