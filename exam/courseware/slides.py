"""Slides that people upload as a PDF, drawn to pictures: nothing of the file itself reaches a reader.

A page's size is checked before it is drawn. Drawing what was made to be slow can take long: call this from a job.
"""

import math
import threading
from collections.abc import Iterator

import pypdfium2
from pypdfium2 import raw

from exam.core.errors import BadFile
from exam.vision.pictures import BadPicture, encode

MOST_MIB = 50
MOST_BYTES = MOST_MIB * 1024 * 1024
MOST_PAGES = 200
WIDTH, HEIGHT = 1600, 2400
"""The box in pixels that a page is drawn to fill."""
LEAST_SIDE, MOST_SIDE = 18.0, 14_400.0
"""A page's side in points: a quarter of an inch to 200 inches, the format's own limit."""
SIGNATURE_WITHIN = 1024

_one_at_a_time = threading.Lock()  # PDFium is not made for threads


class BadSlides(BadFile):
    """A file that is not taken; `code` says why (`slides-…`), `params` fill its text (`page` counts from 1)."""


def pages_of_pdf(data: bytes) -> list[bytes]:
    """Each page of the PDF in `data` as a PNG or JPEG at most 1600 pixels wide and 2400 high. Raises `BadSlides`."""
    if len(data) > MOST_BYTES:
        raise BadSlides("slides-too-large", most=MOST_MIB)
    if b"%PDF-" not in data[:SIGNATURE_WITHIN]:
        raise BadSlides("slides-not-pdf")
    with _one_at_a_time:
        return list(_pages(data))


def _pages(data: bytes) -> Iterator[bytes]:
    document = _opened(data)
    try:
        pages = len(document)
        if pages > MOST_PAGES:
            raise BadSlides("slides-too-many", pages=pages, most=MOST_PAGES)
        if not pages:
            raise BadSlides("slides-damaged", page=1)
        scales = [_scale(document, index) for index in range(pages)]
        for index, scale in enumerate(scales):
            yield _drawn(document, index, scale)
    finally:
        document.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise (BadSlides("slides-encrypted") if locked else BadSlides("slides-damaged", page=1)) from None
    # Encrypted with an empty password: it opens, but whoever made it did not want it to be taken apart.
    if raw.FPDF_GetSecurityHandlerRevision(document) != -1:
        document.close()
        raise BadSlides("slides-encrypted")
    return document


def _scale(document: pypdfium2.PdfDocument, index: int) -> float:
    """Pixels a point. Looks at the page's size only; raises `BadSlides` when that is out of bounds."""
    try:
        width, height = document.get_page_size(index)
    except pypdfium2.PdfiumError:
        raise BadSlides("slides-damaged", page=index + 1) from None
    if not all(math.isfinite(side) and LEAST_SIDE <= side <= MOST_SIDE for side in (width, height)):
        raise BadSlides("slides-damaged", page=index + 1)
    return float(min(WIDTH / width, HEIGHT / height))


def _drawn(document: pypdfium2.PdfDocument, index: int, scale: float) -> bytes:
    try:
        page = document[index]
        try:
            # PDFium rounds up: a hair less keeps it within the box.
            bitmap = page.render(scale=scale * (1 - 1e-6))
            try:
                return encode(bitmap.to_numpy())
            finally:
                bitmap.close()
        finally:
            page.close()
    except (pypdfium2.PdfiumError, BadPicture):
        raise BadSlides("slides-damaged", page=index + 1) from None
