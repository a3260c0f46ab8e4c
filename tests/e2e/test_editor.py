"""An item writer at the editor, by keyboard: preview, rows, a picture, stored script, two who edit at once."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Served, assert_sound, serving
from e2e.seeding import Candidate, Site
from exam.accounts import rules, service
from exam.accounts.passwords import make_hash
from exam.accounts.permissions import Role
from exam.itembank import service as banks
from exam.itembank.actors import Operator

pytestmark = pytest.mark.browser
PASSWORD = "good enough 1"


def _writer(site: Site) -> dict[str, list[Candidate]]:
    details = rules.details({"name": "沈书言", "username": "writer1"})
    hashed = make_hash(PASSWORD)
    writer = service.add_person(site.db, details, now=site.now, home=site.institution_id, password_hash=hashed)
    service.grant(site.db, writer.id or 0, site.institution_id, Role.ITEM_WRITER, now=site.now)
    who = Operator(site.institution_id)
    bank = banks.create_bank(site.db, who, {"code": "EDIT", "title": "编辑练习", "delivery": "online"}, site.now)
    banks.save_chapter(site.db, who, bank.id or 0, {"number": "1", "title": "第一章"}, site.now)
    return {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("editor"), _writer) as site:
        yield site


@pytest.fixture
def writer(browser: Browser, served: Served) -> Iterator[Page]:
    """A signed-in writer's page that fails the test on any script error."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{served.address}/sign-in")
    page.fill("#f-identifier", "writer1")
    page.fill("#f-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("沈书言")
    page.goto(f"{served.address}/banks")
    page.get_by_role("link", name="编辑练习").click()
    yield page
    context.close()
    assert not errors


def start(page: Page, kind: str) -> None:
    page.get_by_role("link", name="写新题").first.click()
    page.get_by_role("link", name=kind, exact=True).click()


def test_a_single_choice_from_an_empty_form_to_a_saved_item(writer: Page, tmp_path: Path) -> None:
    start(writer, "单选题")
    writer.fill("#f-stem", "求 $\\frac{1}{2}+x^2$ 的值")
    expect(writer.locator("#preview .katex")).to_have_count(1)
    for place, text in enumerate("甲乙丙丁"):
        writer.fill(f"#f-options-{place}-text", text)
    writer.locator("input[name=key]").nth(1).check()
    writer.focus("#f-options-1-text")
    writer.keyboard.press("Alt+ArrowUp")
    expect(writer.locator("#f-options-0-text")).to_have_value("乙")
    expect(writer.locator("#f-options-0-text")).to_be_focused()
    expect(writer.locator("input[name=key]").first).to_be_checked()
    writer.keyboard.press("Control+Enter")
    expect(writer.locator("#f-options-4-text")).to_be_focused()
    missing = writer.locator("#preview .missing a")
    expect(missing).to_have_count(1)
    missing.click()
    expect(writer.locator("#f-options-4-text")).to_be_focused()
    writer.keyboard.type("戊")
    picture = tmp_path / "图.png"
    picture.write_bytes(cv2.imencode(".png", np.full((60, 90, 3), 200, np.uint8))[1].tobytes())
    writer.focus("#f-stem")
    writer.set_input_files("#picture-file", picture)
    image = writer.locator("#preview img")
    expect(image).to_have_count(1)
    writer.wait_for_function("document.querySelector('#preview img')?.naturalWidth === 90")
    assert_sound(writer)
    writer.keyboard.press("Control+s")
    expect(writer.locator(".notice.success").first).to_contain_text("已保存")


def test_stored_script_stays_inert(writer: Page) -> None:
    start(writer, "判断题")
    attack = (
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> [x](javascript:alert(1))"
    )
    writer.fill("#f-stem", attack)
    expect(writer.locator("#preview .stem")).to_contain_text("onerror")
    assert writer.locator("#preview .stem img, #preview .stem script, #preview .stem a").count() == 0
    writer.get_by_label("正确", exact=True).first.check()
    writer.keyboard.press("Control+s")
    expect(writer.locator(".notice.success").first).to_contain_text("已保存")
    writer.get_by_role("link", name="查看题目与历史版本").click()
    assert "owned" not in writer.title()
    assert writer.locator(".item .stem img, .item .stem script").count() == 0


def test_two_who_edit_at_once_lose_nothing(writer: Page) -> None:
    start(writer, "判断题")
    writer.fill("#f-stem", "原来的题干")
    writer.get_by_label("正确", exact=True).first.check()
    writer.keyboard.press("Control+s")
    expect(writer.locator(".notice.success").first).to_contain_text("已保存")
    other = writer.context.new_page()
    other.goto(writer.url)
    other.fill("#f-stem", "别人的题干")
    other.keyboard.press("Control+s")
    expect(other.locator(".notice.success").first).to_contain_text("已保存")
    writer.fill("#f-stem", "我的题干")
    writer.keyboard.press("Control+s")
    expect(writer.locator(".notice.warning").first).to_contain_text("别人刚刚保存了第 2 版")
    expect(writer.locator("#f-stem")).to_have_value("我的题干")
    expect(writer.locator("section.preview").first).to_contain_text("别人的题干")
    assert_sound(writer)
    writer.keyboard.press("Control+s")
    expect(writer.locator(".notice.success").first).to_contain_text("已保存")
    writer.get_by_role("link", name="查看题目与历史版本").click()
    expect(writer.get_by_role("link", name="第 3 版")).to_be_visible()
