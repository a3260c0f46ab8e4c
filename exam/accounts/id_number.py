"""The citizen's ID number by GB 11643-1999: area (6), date of birth (8), order (3), check character (1)."""

import unicodedata
from datetime import date

LENGTH = 18
OLDEST_YEARS = 120
# GB/T 2260 codes of provinces and the like: the first two digits. 81-83 stand on residence permits (GB 11643 form).
_BLOCKS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
PROVINCES = frozenset(str(code) for first, last in _BLOCKS for code in range(first, last + 1))
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643, annex: 2^(18-i) mod 11
CHECKS = "10X98765432"


def normalised(text: str) -> str:
    """As typed → as kept: full-width characters folded, blanks and hyphens dropped, a small x made X."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if not char.isspace() and char not in "-‐–—").upper()


def check_character(first17: str) -> str:
    """The last character that belongs to the first seventeen digits (ISO 7064 MOD 11-2)."""
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True)) % 11]


def born(number: str) -> date | None:
    """The date of birth in a number of 18 characters; None when it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def wrong_with(number: str, today: date) -> str | None:
    """What is wrong with a normalised number: the code of a problem, or None. `today` is the civil date in Shanghai."""
    digits = number[:17]
    if len(number) != LENGTH:
        return "id-number-length"
    if not (digits.isascii() and digits.isdigit() and (number[17].isdigit() or number[17] == "X")):
        return "id-number-characters"
    if number[:2] not in PROVINCES or number[14:17] == "000":
        return "id-number-area"
    birth = born(number)
    if birth is None or birth > today or birth.year < today.year - OLDEST_YEARS:
        return "id-number-date"
    if check_character(digits) != number[17]:
        return "id-number-check"
    return None


def masked(number: str | None) -> str:
    """First six and last four (the account name rule of S0); the date of birth stays hidden. "" for None."""
    if not number:
        return ""
    return number[:6] + "*" * (len(number) - 10) + number[-4:] if len(number) > 10 else "*" * len(number)
