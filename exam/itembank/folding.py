"""What counts as the same text or the same number when a candidate types it: widths, spaces, signs, thousands.

Only widths are folded, not Unicode's compatibility forms: those would make `10²` equal to `102`.
"""

import re
import unicodedata
from decimal import Context, Decimal, Inexact, InvalidOperation

MAX_EXPONENT = 99
"""Greatest power of ten accepted in a number, either sign."""
MAX_DIGITS = 100

EXACT = Context(prec=2000, traps=[Inexact, InvalidOperation])
"""Arithmetic that never rounds: with the limits above, nothing computed here needs as many digits."""


def _widths() -> dict[int, str]:
    table = {0x3000: " "}
    for code in range(0xFF00, 0xFFF0):
        form, _, target = unicodedata.decomposition(chr(code)).partition(" ")
        if form in ("<wide>", "<narrow>"):
            table[code] = "".join(chr(int(part, 16)) for part in target.split())
    return table


_WIDTHS = _widths()
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_SIGNS = str.maketrans("−–﹣。×✕·⋅\u00a0\u2009\u202f", "---.****   ")
_NUMBER = re.compile(
    r"""(?P<sign>[+-]?)[ ]?
        (?: (?P<grouped>[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]{0,2}(?:[ ][0-9]{3})+(?![0-9])) (?P<tail>\.[0-9]*)?
          | (?P<plain>[0-9]+\.?[0-9]*|\.[0-9]+) )
        (?: [eE](?P<e>[+-]?[0-9]+) | [ ]?[*xX][ ]?10[ ]?\^[ ]?\(?(?P<power>[+-]?[0-9]+)\)? )?
    """,
    re.VERBOSE | re.ASCII,
)
# What follows a number but is no unit: the number itself goes on, or a sum does (`1/2`, `2×3`, `12:30`).
_UNFINISHED = re.compile(r"[0-9.,^+_-]|[/:=*×xX·][ ]?[0-9]", re.ASCII)
_FINAL_STOP = " \t\r\n.,;。，；．"
_MIDDLE_DOTS = str.maketrans({"⋅": "·", "•": "·", "*": "·", "^": None, "−": "-"})


def fold_width(text: str) -> str:
    """Full-width letters, digits and punctuation as half-width ones; accents composed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_WIDTHS))


def fold(text: str, *, width: bool = True, case: bool = True, space: bool = True) -> str:
    """The form in which typed text is compared.

    `width`: full-width equals half-width. `case`: capitals don't matter. `space`: spaces don't matter at all; otherwise
    only those at the ends. Invisible characters (zero width, soft hyphen) never matter.
    """
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    if width:
        text = fold_width(text)
    if case:
        text = text.casefold()
    return "".join(text.split()) if space else text.strip()


def fold_unit(text: str) -> str:
    """The form in which units are compared: `㎏` is kg, `m²` is m2, `m^2` is m2. Capitals matter (mW is not MW)."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    return "".join(text.translate(_MIDDLE_DOTS).split())


def split_number(text: str) -> tuple[Decimal, str] | None:
    """A number at the beginning of what was typed, and the rest (a unit, or nothing).

    Takes full-width digits, thousands in groups of three (`1,000`, `1 000`), `1e3`, `1.5×10^3`, `1.5×10³`, a Chinese
    full stop as decimal point, any kind of minus. `None` if there is no number, or one out of range (more than 100
    characters, or a power of ten beyond ±99); also for `nan`, `inf`, and `1,5`, which may mean two things.
    """
    if len(text) > MAX_DIGITS:
        return None
    if not text.isascii():
        text = _SUPERSCRIPT_RUN.sub(lambda run: "^" + run[0].translate(_SUPERSCRIPTS), text.translate(_INVISIBLE))
        head = (
            fold_width(text)
            .strip()
            .rstrip(_FINAL_STOP)
            .replace("\u00a0", " ")
            .replace("\u202f", " ")
            .replace("\u2009", " ")
        )
        match = _NUMBER.match(head.translate(_SIGNS))
    else:
        head = text.strip().rstrip(_FINAL_STOP)
        match = _NUMBER.match(head)
    if match is None:
        return None
    rest = head[match.end() :].strip()
    if _UNFINISHED.match(rest):
        return None
    digits = (match["grouped"] or "").replace(",", "").replace(" ", "") + (match["tail"] or "") or match["plain"]
    exponent = int(match["e"] or match["power"] or 0)
    if abs(exponent) > MAX_EXPONENT:
        return None
    return Decimal(f"{match['sign']}{digits}e{exponent}"), rest


def parse_number(text: str) -> Decimal | None:
    """The number that was typed, if nothing else was (see `split_number`)."""
    found = split_number(text)
    return found[0] if found is not None and not found[1] else None


def within(value: Decimal, key: Decimal, tolerance: Decimal, relative: bool) -> bool:
    """Whether `value` is at most `tolerance` (or that fraction of the key) away from `key`. Exact, inclusive."""
    allowed = EXACT.multiply(tolerance, key.copy_abs()) if relative else tolerance
    return EXACT.subtract(value, key).copy_abs() <= allowed
