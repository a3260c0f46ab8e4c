"""A candidate in Safe Exam Browser, played by Chromium: by the headers that SEB sends, or by what it tells the page."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from e2e.conftest import Served, Visit, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from e2e.sitting import crash, go, on_the_server, opened, option, saved
from exam.accounts.access import SESSION_COOKIE, Caller
from exam.accounts.models import Person, RoleGrant
from exam.accounts.permissions import Role
from exam.seb import service
from exam.seb.service import Wanted

pytestmark = pytest.mark.browser

# What SEB for macOS gives a page: empty keys until it is asked, then a call of a function that it knows by name only.
PAGE_API = """() => {
  const security = { configKey: "", browserExamKey: "", updateKeys(callback) {
    window.playedSeb(location.href.split("#")[0]).then((hash) => {
      security.configKey = hash;
      window[callback.name]();
    });
  } };
  window.SafeExamBrowser = { version: "SEB_macOS_3.6", security };
}"""


@dataclass
class Played:
    """SEB as this test plays it; `key` is the one of the configuration that it was opened with."""

    key: str

    def hashed(self, url: str) -> str:
        return hashlib.sha256(f"{url.partition('#')[0]}{self.key}".encode()).hexdigest()

    def headers(self, context: BrowserContext) -> None:
        """Send the header with every request from now on."""

        def with_header(route: Route) -> None:
            more = {"X-SafeExamBrowser-ConfigKeyHash": self.hashed(route.request.url)}
            route.continue_(headers={**route.request.headers, **more})

        context.route("**/*", with_header)

    def page(self, context: BrowserContext) -> None:
        """Tell every page opened from now on."""
        context.expose_function("playedSeb", self.hashed)
        context.add_init_script(f"({PAGE_API})()")


def _hall(site: Site) -> dict[str, list[Candidate]]:
    exam = site.exam(site.paper(EACH_KIND))
    staff = {}
    for role, name in ((Role.REGISTRAR, "钱老师"), (Role.PROCTOR, "唐老师")):
        person_id = site.add(Person(name=name, username=f"seb-{role}", state="active", created_at=site.now))
        grant = {"person_id": person_id, "institution_id": site.institution_id, "role": role, "granted_at": site.now}
        site.db.add(RoleGrant(**grant))
        staff[role] = [Candidate(person_id, name, exam, site._signed_in(person_id))]
    office = Caller(staff[Role.REGISTRAR][0].person_id, "", site.institution_id, "")
    service.save(site.db, office, exam, Wanted(required=True, mode="ours"), "http://127.0.0.1", site.now)
    hall = [site.candidate(exam) for _ in range(6)]
    return {"hall": hall, "office": staff[Role.REGISTRAR], "proctor": staff[Role.PROCTOR]}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with an exam that requires SEB, its candidates, the exam office and a proctor."""
    with serving(tmp_path_factory.mktemp("seb"), _hall) as served:
        yield served


@pytest.fixture
def key(hall: Served) -> str:
    """The exam's Config Key."""
    with contextlib.closing(sqlite3.connect(f"file:{hall.database}?mode=ro", uri=True)) as connection:
        return str(connection.execute("SELECT key FROM seb_key WHERE kind = 'config'").fetchone()[0])


Enter = Callable[[Candidate, Played, str], Page]


@pytest.fixture
def enter(hall: Served, visit: Visit) -> Enter:
    """`enter(candidate, seb, how)` → the start page, opened in SEB."""

    def open_page(candidate: Candidate, seb: Played, how: str) -> Page:
        page = visit(hall, candidate, "/seb/quit")
        getattr(seb, how)(page.context)
        page.goto(f"{hall.address}/sittings/{candidate.sitting_id}")
        return page

    return open_page


def start(page: Page) -> None:
    expect(page.locator("[data-seb=inside]")).to_be_visible(timeout=10_000)
    expect(page.locator("[data-seb=outside]")).to_be_hidden()
    page.locator("#read").check()
    page.locator("main form button[type=submit]").click()
    opened(page)


def unlock(hall: Served, visit: Visit, candidate: Candidate) -> None:
    """The proctor sees the lock in the list and takes it away."""
    page = visit(hall, hall.candidates["proctor"][0], "/sittings")
    expect(page.locator(f"[data-sitting='{candidate.sitting_id}'] [data-cell=state]")).to_have_text("已锁定")
    page.get_by_role("link", name=candidate.name).click()
    expect(page.get_by_role("heading", name="答卷已锁定，等待解锁")).to_be_visible()
    assert_sound(page)
    page.get_by_label("看到了什么").fill("SEB 崩溃后重新打开，桌面没有其他程序")
    page.get_by_role("button", name="解锁").click()
    expect(page.get_by_text("没有锁定。")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("答卷解锁")
    page.context.close()


@pytest.mark.parametrize("how", ["headers", "page"])
def test_in_seb_from_the_start_to_the_end(hall: Served, enter: Enter, key: str, how: str) -> None:
    candidate = hall.candidate("hall")
    page = enter(candidate, Played(key), how)
    start(page)
    option(page, 1, "以顾客为关注焦点").check()
    saved(page)
    page.reload()
    opened(page)
    expect(option(page, 1, "以顾客为关注焦点")).to_be_checked()
    page.locator("#submit-open").click()
    page.locator("[data-submit=confirm]").click()
    leave = page.get_by_role("link", name="退出 SEB")
    expect(leave).to_have_attribute("href", "http://127.0.0.1/seb/quit")
    assert_sound(page)
    assert on_the_server(hall, candidate) == {1: {"choice": "p2m7b4"}}


def test_outside_seb_there_is_a_way_in_and_no_question(hall: Served, visit: Visit, enter: Enter, key: str) -> None:
    candidate = hall.candidate("hall")
    page = visit(hall, candidate)
    way = page.get_by_role("link", name="在 SEB 中打开")
    expect(way).to_be_visible()
    assert str(way.get_attribute("href")).startswith(f"seb://{hall.address.removeprefix('http://')}/seb/files/")
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载配置文件").click()
    assert download.value.suggested_filename == "exam.seb"
    page.locator("#read").check()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("必须在安全考试浏览器（SEB）里开始")
    inside = enter(candidate, Played(key), "page")
    start(inside)
    page.goto(f"{hall.address}/sittings/{candidate.sitting_id}")
    expect(page.locator("[data-seb=outside]")).to_be_visible(timeout=10_000)
    assert page.locator("#q-1").count() == 0
    assert_sound(page)
    option(inside, 1, "持续改进").check()  # it goes on in SEB as if nothing were
    saved(inside)


@pytest.mark.parametrize("how", ["headers", "page"])
def test_another_configuration_in_the_middle(hall: Served, visit: Visit, enter: Enter, key: str, how: str) -> None:
    candidate, seb = hall.candidate("hall"), Played(key)
    page = enter(candidate, seb, how)
    start(page)
    option(page, 1, "持续改进").check()
    saved(page)
    seb.key = "0" * 64
    if how == "page":
        page.evaluate("SafeExamBrowser.security.configKey = '0'.repeat(64)")
    go(page, 7)
    page.locator("#q-7 textarea").fill("换配置时写下的答案")
    dialog = page.locator("#seb-lock-dialog")
    expect(dialog).to_be_visible(timeout=10_000)
    expect(dialog).to_contain_text("请求来自另一种配置或版本的 SEB")
    expect(page.locator("#q-7")).to_be_hidden()
    assert_sound(page)
    assert on_the_server(hall, candidate) == {1: {"choice": "k3f9a1"}, 7: {"text": "换配置时写下的答案"}}
    seb.key = key
    if how == "page":
        page.reload()
        expect(page.get_by_role("heading", name="答卷已锁定")).to_be_visible()
        assert_sound(page)
    unlock(hall, visit, candidate)
    opened(page)
    expect(dialog).to_be_hidden()
    page.locator("#q-7 textarea").fill("解锁以后接着写")
    saved(page)
    assert on_the_server(hall, candidate)[7] == {"text": "解锁以后接着写"}


def test_what_a_lost_tab_had_kept_is_sent_even_while_the_sitting_is_locked(
    hall: Served, enter: Enter, key: str
) -> None:
    candidate, seb = hall.candidate("hall"), Played(key)
    page = enter(candidate, seb, "page")
    start(page)
    page.context.set_offline(True)
    option(page, 1, "持续改进").check()
    expect(page.locator("#save")).to_have_attribute("data-state", "retrying", timeout=10_000)
    page.wait_for_timeout(300)
    context, token = page.context, page.locator("meta[name=csrf-token]").get_attribute("content")
    crash(page)
    context.set_offline(False)
    told = context.request.post(
        f"{hall.address}/sittings/{candidate.sitting_id}/sync",
        data={"claim": 1, "answers": [], "events": []},
        headers={
            "X-CSRF-Token": str(token),
            "X-Exam-Seb": f"{'0' * 64};",
            "Cookie": f"{SESSION_COOKIE}={candidate.token}",
        },
    )
    assert told.json()["locked"]["why"] == "other-config"
    assert on_the_server(hall, candidate) == {}
    again = context.new_page()
    again.goto(f"{hall.address}/sittings/{candidate.sitting_id}")
    expect(again.get_by_role("heading", name="答卷已锁定")).to_be_visible()
    with again.expect_response("**/sync"):
        pass
    assert on_the_server(hall, candidate) == {1: {"choice": "k3f9a1"}}


def test_the_offices_page(hall: Served, visit: Visit) -> None:
    exam_id = hall.candidates["office"][0].sitting_id
    for locale, width in (("zh", 1280), ("en", 360)):
        page = visit(hall, hall.candidates["office"][0], f"/exams/{exam_id}/seb", locale=locale, width=width)
        expect(page.locator("h1")).to_contain_text("SEB")
        assert_sound(page)
