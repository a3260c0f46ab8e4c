"""People in a real browser: registering, being let in, a sheet of people with its one-time passwords."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Served, assert_sound, serving
from e2e.seeding import Candidate, Site
from exam.accounts import rules, service
from exam.accounts.passwords import make_hash
from exam.accounts.permissions import Role
from exam.core.xlsx import make_book, read_rows

pytestmark = pytest.mark.browser
PASSWORD = "good enough 1"
REGISTERED, IMPORTED, WRONG = "320411197710049982", "11010519491231002X", "320411199710269991"


def _people(site: Site) -> dict[str, list[Candidate]]:
    details = rules.details({"name": "唐管理", "username": "admin1"})
    hashed = make_hash(PASSWORD)
    admin = service.add_person(site.db, details, now=site.now, home=site.institution_id, password_hash=hashed)
    service.grant(site.db, admin.id or 0, site.institution_id, Role.ADMINISTRATOR, now=site.now)
    return {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("people"), _people) as site:
        yield site


@pytest.fixture
def newcomer(browser: Browser, served: Served) -> Iterator[Page]:
    """A page nobody is signed in on, on a phone."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{served.address}/sign-in")
    yield page
    context.close()


@pytest.fixture
def admin(browser: Browser, served: Served) -> Iterator[Page]:
    """An administrator's page, signed in by keyboard alone."""
    context = browser.new_context(reduced_motion="reduce", accept_downloads=True)
    page = context.new_page()
    page.goto(f"{served.address}/sign-in")
    sign_in(page, "admin1", PASSWORD)
    expect(page.locator("h1")).to_contain_text("唐管理")
    yield page
    context.close()


def sign_in(page: Page, identifier: str, password: str) -> None:
    page.locator("#f-identifier").focus()
    page.keyboard.type(identifier)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def test_registering_waiting_and_being_let_in(newcomer: Page, admin: Page) -> None:
    newcomer.get_by_role("link", name="登记个人信息").click()
    assert_sound(newcomer)
    fields = {"name": "王芳", "id_number": REGISTERED[:-1] + "3", "phone": "13800000001"}
    for name, value in {**fields, "password": PASSWORD, "password_again": PASSWORD}.items():
        newcomer.fill(f"#f-{name}", value)
    newcomer.select_option("#f-institution", index=1)
    newcomer.locator("main button[type=submit]").click()
    expect(newcomer.locator(".error-summary")).to_be_focused()
    assert_sound(newcomer)
    newcomer.locator(".error-summary a").click()
    expect(newcomer.locator("#f-id_number")).to_be_focused()
    expect(newcomer.locator("#f-name")).to_have_value("王芳")
    for name, value in (("id_number", REGISTERED), ("password", PASSWORD), ("password_again", PASSWORD)):
        newcomer.fill(f"#f-{name}", value)
    newcomer.locator("main button[type=submit]").click()
    newcomer.get_by_role("link", name="去登录").click()
    sign_in(newcomer, REGISTERED, PASSWORD)
    expect(newcomer.locator("h1")).to_have_text("正在等待管理员审核")
    assert_sound(newcomer)

    admin.reload()
    admin.get_by_role("link", name="去审核").click()
    assert_sound(admin)
    admin.get_by_label("选择 王芳").check()
    admin.get_by_role("button", name="激活选中的人").click()
    expect(admin.get_by_text("已激活 1 人")).to_be_visible()
    newcomer.get_by_role("link", name="回到登录页").click()
    sign_in(newcomer, REGISTERED, PASSWORD)
    expect(newcomer.locator("h1")).to_contain_text("王芳")


def test_a_sheet_of_people_and_its_one_time_passwords(admin: Page, newcomer: Page, tmp_path: Path) -> None:
    sheet = tmp_path / "people.xlsx"
    sheet.write_bytes(make_book("人员", ["姓名", "证件号码"], [["赵新人", IMPORTED], ["钱错误", WRONG]]))
    admin.get_by_role("link", name="人员").first.click()
    admin.get_by_role("link", name="从表格导入").first.click()
    for mode in ("all", "good"):
        admin.set_input_files("#f-file", sheet)
        admin.locator(f"input[value={mode}]").check()
        admin.get_by_role("button", name="检查并导入").click()
        expect(admin.get_by_text("校验码不对")).to_be_visible()
        assert_sound(admin)
    with admin.expect_download() as made:
        admin.get_by_role("button", name="生成并下载密码表").click()
    rows = read_rows(Path(made.value.path()).read_bytes())
    assert rows[1].cells[:2] == ("赵新人", IMPORTED) and len(rows) == 2

    sign_in(newcomer, IMPORTED, str(rows[1].cells[4]))
    expect(newcomer.locator("h1")).to_have_text("修改密码")
    assert_sound(newcomer)
    newcomer.goto(re.sub(r"/me/password$", "/me", newcomer.url))
    expect(newcomer.locator("h1")).to_have_text("修改密码")
    for name in ("password", "password_again"):
        newcomer.fill(f"#f-{name}", PASSWORD)
    newcomer.get_by_role("button", name="保存新密码").click()
    expect(newcomer.locator("h1")).to_contain_text("赵新人")
    newcomer.goto(newcomer.url + "me")
    assert_sound(newcomer)

    admin.goto(re.sub(r"/people/.*", "/people?q=" + IMPORTED, admin.url))
    admin.get_by_role("link", name="赵新人").click()
    assert_sound(admin)
    admin.get_by_role("button", name="强制退出").click()
    expect(admin.get_by_text("现在没有登录")).to_be_visible()
    newcomer.reload()
    expect(newcomer.locator("h1")).to_have_text("登录")
