"""Files that people upload as evidence: pictures are written anew, PDFs are measured, kept as they are, and never shown
within a page, only given out as a download."""

import re
from dataclasses import dataclass

from exam.core.errors import Invalid, Problem
from exam.vision.pictures import BadPicture, clean

PDF_MIB = 5
MOST_FILES = 12
_END = re.compile(rb"%%EOF\s*\Z")


@dataclass(frozen=True)
class Clean:
    """A file that may be kept."""

    data: bytes
    media_type: str


def take(data: bytes) -> Clean:
    """A picture (PNG, JPEG, WebP; at most 5 MiB) written anew, or a PDF (at most 5 MiB). Raises Invalid."""
    if data.startswith(b"%PDF-"):
        if len(data) > PDF_MIB * 1024 * 1024:
            raise Invalid([Problem("file", "evidence-pdf-too-large", {"most": PDF_MIB})])
        if not _END.search(data[-1024:]):
            raise Invalid([Problem("file", "evidence-pdf-damaged")])
        return Clean(data, "application/pdf")
    try:
        picture = clean(data)
    except BadPicture as error:
        code = "evidence-not-accepted" if error.code == "picture-not-a-picture" else error.code
        raise Invalid([Problem("file", code, error.params)]) from error
    return Clean(picture.data, picture.media_type)
