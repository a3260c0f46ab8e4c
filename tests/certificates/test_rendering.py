"""The PDF: text that can be read back, one page, the font inside, refused loudly where the font lacks a character."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from exam.certificates.rendering import missing_characters, render
from exam.certificates.view import CertificateView
from exam.core.errors import Refused

VIEW = CertificateView(
    title="公共科目合格证",
    title_en="Certificate of passing a public subject",
    scheme="常州市专业技术人员继续教育公共科目",
    scheme_en="Changzhou public subjects of continuing education",
    number="CZ-2026-000123",
    name="欧阳明",
    id_number="320402********1234",
    subject="质量强国与产品质量安全",
    hours=Decimal("24.00"),
    issuer="考试中心",
    issued_on=date(2026, 12, 1),
    valid_until=date(2030, 12, 1),
    check_url="https://exam.example/check/abc",
)


def text_of(pdf):
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    return page, page.extract_text()


def test_one_a4_page_that_says_everything():
    page, text = text_of(render(VIEW))
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (842, 595)
    for said in (VIEW.title, VIEW.name, VIEW.number, "24 学时", "2026-12-01", "2030-12-01", VIEW.issuer):
        assert said in text, said


def test_the_font_is_inside_and_the_bytes_are_the_same_again():
    pdf = render(VIEW)
    page = PdfReader(io.BytesIO(pdf)).pages[0]
    fonts = page["/Resources"]["/Font"]
    described = [fonts[name]["/DescendantFonts"][0]["/FontDescriptor"] for name in fonts]
    assert described
    assert all({"/FontFile2", "/FontFile3"} & set(one.get_object()) for one in described)


@pytest.mark.parametrize("name", ["#emph[强]", "*张*", "$x$", '"; #panic()', "\\ #read(1)", "<b>李</b>"])
def test_a_name_is_never_read_as_markup(name):
    _, text = text_of(render(replace(VIEW, name=name)))
    assert name.replace(" ", "") in text.replace(" ", "").replace("\n", "")


def test_rare_characters_are_drawn_or_named():
    assert missing_characters(replace(VIEW, name="王喆淼镕")) == []
    with pytest.raises(Refused) as refused:
        render(replace(VIEW, name="𠮷野"))
    assert refused.value.refusal.code == "characters-not-in-font"
    assert refused.value.refusal.params == {"characters": "𠮷"}


def test_a_photo_is_drawn():
    import cv2
    import numpy as np

    _, picture = cv2.imencode(".png", np.full((490, 350, 3), 200, np.uint8))
    page, _ = text_of(render(replace(VIEW, photo=picture.tobytes())))
    assert len(page.images) == 1
