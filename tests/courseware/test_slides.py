"""A PDF's pages become pictures within bounds; what is no PDF, locked, too much or broken is refused."""

import io

import cv2
import numpy as np
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from exam.courseware import slides
from exam.courseware.slides import MOST_BYTES, MOST_PAGES, BadSlides, pages_of_pdf
from exam.vision.pictures import PLAIN_BYTES, BadPicture, encode


def pdf(*sizes, password=None):
    writer = PdfWriter()
    for width, height in sizes:
        writer.add_blank_page(width, height)
    if password is not None:
        writer.encrypt(password, "owner")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def drawn():
    """One page of 160 × 90 points, its left half red."""
    content = b"1 0 0 rg 0 0 80 90 re f"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 160 90] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF\n"


def pixels(picture):
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)


def refused(data):
    with pytest.raises(BadSlides) as caught:
        pages_of_pdf(data)
    return caught.value.code, caught.value.params


def test_a_page_is_drawn_in_its_colours():
    (page,) = pages_of_pdf(drawn())
    found = pixels(page)
    assert found.shape == (900, 1600, 3)
    assert tuple(found[450, 400]) == (0, 0, 255)
    assert tuple(found[450, 1200]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("size", "most"),
    [
        ((960, 540), (900, 1600)),
        ((595, 842), (2265, 1600)),
        ((100, 1000), (2400, 240)),
        ((14_400, 18), (2, 1600)),
        ((3201, 777), (389, 1600)),
    ],
)
def test_a_page_fills_the_box_and_never_more(size, most):
    (page,) = pages_of_pdf(pdf(size))
    assert pixels(page).shape[:2] == most


@pytest.mark.parametrize("size", [(17, 100), (100, 17), (14_401, 100), (100, 10**9)])
def test_the_size_of_each_page_is_checked_before_any_is_drawn(size, monkeypatch):
    monkeypatch.setattr(pypdfium2.PdfPage, "render", lambda *_, **__: pytest.fail("drawn"))
    assert refused(pdf((960, 540), size)) == ("slides-damaged", {"page": 2})


def test_the_most_pages(monkeypatch):
    monkeypatch.setattr(slides, "WIDTH", 16)
    assert len(pages_of_pdf(pdf(*[(160, 90)] * MOST_PAGES))) == MOST_PAGES
    data = pdf(*[(160, 90)] * (MOST_PAGES + 1))
    assert refused(data) == ("slides-too-many", {"pages": MOST_PAGES + 1, "most": MOST_PAGES})


def test_what_is_locked_is_refused_with_or_without_a_password():
    assert refused(pdf((160, 90), password="secret")) == ("slides-encrypted", {})
    assert refused(pdf((160, 90), password="")) == ("slides-encrypted", {})


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(100), b" " * 1024 + drawn()])
def test_what_is_no_pdf(data):
    assert refused(data) == ("slides-not-pdf", {})


def test_what_is_damaged():
    assert refused(b"%PDF-1.7\nnothing") == ("slides-damaged", {"page": 1})
    assert refused(pdf()) == ("slides-damaged", {"page": 1})


def test_the_largest():
    assert refused(b"%PDF-" + bytes(MOST_BYTES)) == ("slides-too-large", {"most": 50})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, len(drawn()) - 1), piece=st.binary(min_size=1, max_size=6))
def test_a_damaged_file_is_drawn_or_refused(at, piece):
    data = bytearray(drawn())
    data[at : at + len(piece)] = piece
    try:
        pages_of_pdf(bytes(data))
    except BadSlides as error:
        assert error.code.startswith("slides-")


def test_what_is_large_as_png_becomes_jpeg():
    noise = np.random.default_rng(1).integers(0, 256, (500, 500, 3), np.uint8)
    assert len(cv2.imencode(".png", noise)[1]) > PLAIN_BYTES
    assert encode(noise).startswith(b"\xff\xd8\xff")
    assert encode(noise[:50]).startswith(b"\x89PNG")
    assert encode(noise[:50, :, 0]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("shape", "kind"), [((2, 2), np.uint16), ((0, 2), np.uint8), ((2, 2, 4), np.uint8), ((4,), np.uint8)]
)
def test_what_is_no_picture_is_not_encoded(shape, kind):
    with pytest.raises(BadPicture):
        encode(np.zeros(shape, kind))
