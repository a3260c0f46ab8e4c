"""Addresses of an exam's configuration: SEB fetches it itself, without a sign-in, so the address is a ticket."""

from datetime import datetime, timedelta

from exam.core import tokens
from exam.core.errors import NotFound

FILE = "seb-file"
VALID = timedelta(hours=12)  # as long as a sign-in: from opening the start page to the start


def ticket(secret: bytes, exam_id: int, now: datetime) -> str:
    """What lets its holder fetch the configuration of an exam for some hours; candidates get it on their page."""
    return tokens.make(secret, FILE, exam_id, now)


def exam_of_ticket(secret: bytes, token: str, now: datetime) -> int:
    """The exam of a ticket. Raises NotFound for one that is none, or too old."""
    try:
        return int(tokens.read(secret, FILE, token, VALID, now))
    except (tokens.BadToken, TypeError, ValueError) as error:
        raise NotFound from error


def launching(url: str) -> str:
    """The address that has the computer open SEB with the configuration: `sebs:` for `https:`, `seb:` for `http:`.

    Source: SEB, Developer Documentation, "Integration".
    """
    return "seb" + url.removeprefix("http") if url.startswith("http") else url
