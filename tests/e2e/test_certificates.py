"""On the demo: the office issues what is due, the candidate downloads the certificate, a stranger checks it."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from e2e.demo_site import Enter, demo, enter  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_from_what_is_missing_to_a_checked_certificate(enter: Enter) -> None:  # noqa: F811
    candidate = enter("candidate5")
    candidate.click("常州市专业技术人员继续教育公共科目")
    candidate.sees("还差 48 学时")
    assert candidate.sound() == []
    candidate.go("/my/certificates")
    candidate.sees("可发放日期")
    assert candidate.sound() == []

    office = enter("registrar1")
    office.go("/certificates")
    assert office.sound() == []
    office.click("发放到期的证书", role="button")
    expect(office.page.get_by_text("这一批已经处理完")).to_be_visible(timeout=60_000)
    assert office.sound() == []

    candidate.page.reload()
    number = re.search(r"CZ-\d{4}-\d{6}", candidate.page.locator("main").inner_text())
    assert number is not None
    with candidate.page.expect_download() as downloading:
        candidate.click("下载 PDF", exact=False)
    path = downloading.value.path()
    text = PdfReader(io.BytesIO(path.read_bytes())).pages[0].extract_text()
    assert number.group() in text
    name = candidate.page.get_by_role("banner").inner_text()
    holder = re.search(r"刘\w", name)
    assert holder is not None

    stranger = enter("")
    stranger.go("/check")
    stranger.page.fill("[name=number]", number.group())
    stranger.page.fill("[name=name]", "某某")
    stranger.click("查询", role="button")
    stranger.sees("查无此证")
    stranger.page.fill("[name=name]", holder.group())
    stranger.click("查询", role="button")
    stranger.sees("这张证书有效")
    assert stranger.sound() == []
