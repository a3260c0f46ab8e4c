"""The codes of learning cards: 80 random bits in characters that can't be mistaken for each other.

A code is made from the card's random salt and a key of the deployment, so that it need not be kept: a copy of the
database is worth no hours, and the office can still print the cards. Who redeems is found by the code's hash.
"""

import hashlib
import hmac
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FULL_WIDTH = 0xFEE0
PURPOSE = "learning-card"


def new_salt() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def code_of(key: bytes, salt: str) -> str:
    """The code of a card."""
    digest = hmac.new(key, salt.encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:10])
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))


def shown(code: str) -> str:
    """In groups of four, as it is printed."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def read(text: str) -> str | None:
    """A code as typed: with or without dashes and spaces, in any case, O for 0 and I or L for 1; None for no code."""
    plain = "".join(chr(ord(char) - _FULL_WIDTH) if 0xFF01 <= ord(char) <= 0xFF5E else char for char in text)
    plain = "".join(char for char in plain.upper() if not char.isspace() and char not in "-－—–").translate(_ALIKE)
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else None


def hash_of(code: str) -> str:
    """What is kept to find a card by its code: its SHA-256, as the code itself is random."""
    return hashlib.sha256(code.encode()).hexdigest()
