"""Draws a certificate as a PDF: A4 landscape, Chinese font embedded, a QR code to the public check. Pure and offline.

What varies reaches the template as data, never as its source, so no name can be read as markup. A character that the
font lacks would be drawn as an empty box; it is refused before anything is drawn.
"""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst
from fontTools.ttLib import TTFont

from exam.certificates.view import CertificateView
from exam.core.decisions import Refusal
from exam.core.errors import Refused

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
FONT = FONTS / "NotoSansSC-Regular.ttf"
TEMPLATE = HERE / "pdf" / "certificate.typ"
INVISIBLE = frozenset("\n\r\t ")


def render(view: CertificateView) -> bytes:
    """The PDF of a certificate. Raises Refused (`characters-not-in-font`) naming the characters that can't be drawn."""
    if missing := missing_characters(view):
        raise Refused(Refusal("characters-not-in-font", params={"characters": " ".join(missing)}))
    data = template_data(view)
    return bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(HERE),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    )


def missing_characters(view: CertificateView) -> list[str]:
    """The characters of a certificate that the font can't draw, each once."""
    shown = (view.title, view.title_en, view.number, view.name, view.subject, view.issuer, view.scheme, view.scheme_en)
    found = {character for text in shown for character in text} - INVISIBLE
    return sorted(character for character in found if ord(character) not in _covered())


@cache
def _covered() -> frozenset[int]:
    with TTFont(FONT, lazy=True) as font:
        return frozenset(font.getBestCmap())


def template_data(view: CertificateView) -> dict[str, Any]:
    """What the template is handed."""
    hours = f"{view.hours.normalize():f}" if view.hours is not None else ""
    facts = [["证书编号 No.", view.number], ["依据 Scheme", view.scheme]]
    if view.valid_until is not None:
        facts.append(["有效期至 Valid until", view.valid_until.isoformat()])
    earned = f"，计 {hours} 学时" if hours else ""
    earned_en = f", {hours} credit hours" if hours else ""
    about = f"“{view.subject}”" if view.subject else ""
    about_en = f": {view.subject}" if view.subject else ""
    return {
        "title": view.title,
        "title_en": view.title_en,
        "name": view.name,
        "id_label": "身份证号",
        "id_number": view.id_number,
        "sentence": f"在{view.scheme}中，符合{about}的要求{earned}，特发此证。",
        "sentence_en": f"has met the requirements of {view.scheme_en}{about_en}{earned_en}.",
        "facts": facts,
        "issuer": view.issuer,
        "issued": view.issued_on.isoformat(),
        "check": "扫码核验 Scan to check",
        "qr": list(_qr(view.check_url)),
        "photo": "yes" if view.photo else "frame" if view.photo_wanted else "",
        "photo_bytes": list(view.photo or b""),
    }


def _qr(address: str) -> bytes:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=1, scale=4)
    return drawn.getvalue()
