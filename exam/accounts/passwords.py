"""Passwords are kept as argon2id; how many are worked on at once is bounded, so that a hall signing in stalls nothing.

One hash takes about 20 ms and 19 MiB (OWASP's second recommended setting). More than one a core at a time would only
take memory and time from those who are writing their exam.
"""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19 * 1024, 1
AT_ONCE = 2
# One-time passwords are 14 of 31 symbols from the system's random source, 69 bits: too many to try, however cheap the
# hash. Twenty thousand of them take seconds; the first real password replaces them with a full hash.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
ONE_TIME_LENGTH = 14

_full = PasswordHasher(TIME_COST, MEMORY_KIB, PARALLELISM)
_light = PasswordHasher(1, 8, 1)
_slots = threading.BoundedSemaphore(AT_ONCE)
_NOBODY = _full.hash(secrets.token_urlsafe(24))


def make_hash(password: str) -> str:
    """What is kept of a password that a person chose."""
    with _slots:
        return _full.hash(password)


def one_time() -> tuple[str, str]:
    """A random password to be changed at the first sign-in (no letters or digits that look alike), and its hash."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(ONE_TIME_LENGTH))
    return password, _light.hash(password)


def right(password: str, kept: str | None) -> bool:
    """Whether a password is the one kept. Without any (`None`: nobody by that name) it takes as long and is False.

    A light hash of a one-time password is padded to the time of a full one, so that it can't be told from outside.
    """
    password = password[:1024]
    with _slots:
        if kept is None or not _matches(kept, password):
            if kept is None or stale(kept):
                _matches(_NOBODY, password)
            return False
        return True


def stale(kept: str) -> bool:
    """Whether a hash was made with other settings than today's and should be made anew at the next sign-in."""
    try:
        return _full.check_needs_rehash(kept)
    except InvalidHashError:
        return True


def _matches(kept: str, password: str) -> bool:
    try:
        return _full.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
