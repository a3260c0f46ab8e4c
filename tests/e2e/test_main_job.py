"""The main job on the demo, in a browser, as each kind of user: from a new item to the institution's sheet."""

import io
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from e2e.demo_site import Enter, demo, enter, sign_in  # noqa: F401
from exam.demo import content
from exam.demo.seed import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG_NAME = "古丽巴哈尔·阿卜杜热西提·买买提伊敏"
RARE_NAMES = ("张𬭎", "刘㛃")


def test_a_wrong_password_is_said_and_the_name_stays(enter: Enter) -> None:  # noqa: F811
    visitor = enter("")
    sign_in(visitor, "candidate1", "not the password")
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    expect(visitor.page.locator("[name=identifier]")).to_have_value("candidate1")
    assert visitor.page.locator("[name=password]").input_value() == ""
    assert visitor.sound() == []
    refused = [complaint for complaint in visitor.complaints if "status of 4" in complaint]
    assert visitor.complaints == refused, "the refused request itself is all the browser may tell"
    visitor.complaints.clear()
    sign_in(visitor, "candidate1", PASSWORD)
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("陈思远")


def test_the_language_is_switched_in_the_header_and_kept(enter: Enter) -> None:  # noqa: F811
    visitor = enter("officer1")
    visitor.page.get_by_role("banner").get_by_role("button", name="English").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    visitor.go("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Hello")
    visitor.page.get_by_role("banner").get_by_role("button", name="中文").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", re.compile("^zh"))


def test_the_demo_says_that_its_clock_is_set(enter: Enter) -> None:  # noqa: F811
    visitor = enter("candidate1")
    expect(visitor.page.get_by_text("演示环境")).to_contain_text(re.compile(r"\d{4}-\d{2}-06 09:3\d"))


def test_an_item_writer_writes_an_item(enter: Enter) -> None:  # noqa: F811
    visitor = enter("writer1")
    page = visitor.page
    page.get_by_role("banner").get_by_role("link", name="题库", exact=True).first.click()
    visitor.click("产品质量安全与认证检验基础", exact=False)
    visitor.sees("符合题库要求")
    assert "s2." not in page.locator("main").inner_text(), "rules are told in words"
    visitor.click("写新题")
    visitor.click("单选题", exact=False)
    stem = "下列哪一项是第三方合格评定活动？其允差为 $\\pm 0.5$。"
    page.fill("[name=stem]", stem)
    options = page.locator("[name$='.text']")
    for place, text in enumerate(("供方自我声明", "顾客对供方的审核", "认证机构的产品认证", "企业内部审核")):
        options.nth(place).fill(text)
    preview = page.locator("#preview")
    expect(preview).to_contain_text("认证机构的产品认证")
    expect(preview.locator(".katex").first).to_be_visible()
    page.locator("form#item-form [name=key]").nth(2).check()
    assert visitor.sound() == []
    page.get_by_role("button", name="保存为可用").click()
    visitor.sees("已保存，题目可用。")
    code = page.locator("[name=code]").input_value()
    visitor.go("/")
    page.get_by_role("banner").get_by_role("link", name="题库", exact=True).first.click()
    visitor.sees("可用 151 题")
    visitor.click("产品质量安全与认证检验基础", exact=False)
    page.get_by_role("link", name="试题", exact=True).first.click()
    page.fill("[name=q]", "第三方合格评定活动")
    page.keyboard.press("Enter")
    visitor.sees(code)


def test_the_exam_office_sets_an_exam_and_enrols(enter: Enter) -> None:  # noqa: F811
    visitor = enter("registrar1")
    page = visitor.page
    page.get_by_role("banner").get_by_role("link", name="考试", exact=True).first.click()
    visitor.click("新建考试", exact=False)
    page.fill("[name=title]", "质量管理专题练习")
    page.fill("[name=title_en]", "Practice on quality management")
    page.fill("[name=code]", "QM-PRACTICE")
    page.locator("[name=scheme][value=practice]").check()
    page.fill("[name=duration_minutes]", "20")
    page.fill("[name=cut_marks]", "60")
    page.get_by_label("QS-WEB-P", exact=False).check()
    page.locator("[name=release_rule][value=at-once]").check()
    assert visitor.sound() == []
    visitor.click("保存", "button")
    visitor.click("开放考试", "button", exact=False)
    confirm = page.get_by_role("dialog")
    if confirm.is_visible():
        confirm.get_by_role("button").last.click()
    visitor.click("登记选课", exact=False)
    page.get_by_label("王芳").first.check()
    visitor.click("登记选中的考生", "button")
    visitor.sees("完成 1 人")


def test_a_candidate_practises_to_the_result(enter: Enter) -> None:  # noqa: F811
    visitor = enter("candidate1")
    page = visitor.page
    visitor.click("练习：质量强国与产品质量安全")  # the other one to practise with is watched
    visitor.click("准备一次练习", "button")
    if page.get_by_role("button", name="开始练习").count() and not page.locator("#read").count():
        visitor.click("开始练习", "button")
    expect(page.locator("#read")).to_be_visible()
    assert visitor.sound() == []
    page.check("#read")
    page.get_by_role("button", name="开始考试").click()
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"1[45]:\d\d"))
    for number in range(1, 9):
        answer_first(page, number)
        if number < 8:
            page.click("#go-next")
    expect(page.locator("[data-save-text]")).to_contain_text("已保存")
    assert visitor.sound() == []
    page.click("#submit-open")
    expect(page.locator("[data-submit=all-answered]")).to_be_visible()
    page.click("[data-submit=confirm]")
    page.wait_for_url(re.compile(r"/(sittings|results)/\d+$"))
    if "/sittings/" in page.url:
        visitor.click("查看成绩")
    visitor.sees("合格线")
    assert visitor.sound() == []


def answer_first(page: Page, number: int) -> None:
    """Choose the first option of a question."""
    question = page.locator(f"#q-{number}")
    question.locator("label").first.click()


def test_a_marker_marks_an_answer(enter: Enter) -> None:  # noqa: F811
    visitor = enter("marker1")
    page = visitor.page
    page.get_by_role("banner").get_by_role("link", name="阅卷", exact=True).first.click()
    assert visitor.sound() == []
    page.locator("main form button").first.click()
    first = page.get_by_role("heading", level=1).inner_text()
    main = page.locator("main").inner_text()
    everybody = [row["name"] for row in content.people()["people"]]
    assert [name for name in everybody if name in main] == [], "the marker sees no name"
    for line in page.locator("main input[name^='marks']").all():
        line.fill("0.5")
    page.fill("textarea[name=comment]", "要点基本完整。")
    assert visitor.sound() == []
    visitor.click("保存，下一份", "button")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    visitor.go("/marking")
    newest = page.locator("main table tbody tr").first
    expect(newest).to_contain_text(first.split()[-1])
    expect(newest.get_by_role("link", name="更正")).to_be_visible()


def test_an_institution_officer_filters_and_downloads(enter: Enter) -> None:  # noqa: F811
    visitor = enter("officer1")
    page = visitor.page
    page.get_by_role("banner").get_by_role("link", name="成绩单", exact=True).first.click()
    visitor.sees(RARE_NAMES[0])
    page.fill("[name=q]", "古丽巴哈尔")
    page.locator("main form[role=search] button").first.click()
    visitor.sees(LONG_NAME)
    assert page.locator("main tbody").last.inner_text().count("古丽巴哈尔") == 3
    visitor.go("/sheets")
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("XLSX|Excel")).first.click()
    rows = workbook(waiting.value.path().read_bytes())
    names = {str(cell) for row in rows for cell in row}
    assert {LONG_NAME, *RARE_NAMES} <= names
    assert len(rows) > 40


def workbook(data: bytes) -> list[list[Any]]:
    """The rows of the first sheet."""
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_an_administrator_activates_somebody_and_finds_it_in_the_log(enter: Enter) -> None:  # noqa: F811
    visitor = enter("admin1")
    page = visitor.page
    visitor.sees("葛新宇")
    visitor.go("/people/waiting")
    page.get_by_label("选择 葛新宇").check()
    visitor.click("激活选中的人", "button")
    visitor.sees("已激活 1 人。")
    page.get_by_role("banner").get_by_role("link", name="操作记录", exact=True).first.click()
    newest = page.locator("main tbody tr").first
    expect(newest).to_contain_text("许志强")
    expect(newest).to_contain_text("葛新宇")
    visitor.sees("记录链完整")
    newcomer = enter("")
    sign_in(newcomer, "32040419900318999X", PASSWORD)
    expect(newcomer.page.get_by_role("heading", level=1)).to_contain_text("葛新宇")


def test_a_proctor_sees_who_is_writing(enter: Enter) -> None:  # noqa: F811
    visitor = enter("proctor1")
    visitor.sees("吴建国")
    visitor.page.get_by_role("banner").get_by_role("link", name="监考", exact=True).first.click()
    visitor.sees("吴建国")
    assert visitor.sound() == []


def test_the_candidate_who_failed_may_retake_now(enter: Enter) -> None:  # noqa: F811
    visitor = enter("candidate2")
    visitor.sees("首次考试没有通过，可以补考")
    visitor.click("预约")
    assert visitor.sound() == []


def test_signing_out_ends_it(enter: Enter) -> None:  # noqa: F811
    visitor = enter("candidate3")
    visitor.sees("学完课程")
    visitor.page.get_by_role("banner").get_by_text("李志伟").click()
    visitor.page.get_by_role("banner").get_by_role("button", name="退出登录").click()
    visitor.go("/my-exams")
    expect(visitor.page.locator("[name=identifier]")).to_be_visible()
