"""Signed tokens for one purpose each. Age is judged by the program's own clock.

A token from the future is taken: a clock that was set back must not sign everyone out (itsdangerous' own timed
serializer refuses negative ages).
"""

from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer


class BadToken(ValueError):
    """Forged, made for another purpose, or too old."""


def make(secret: bytes, purpose: str, payload: Any, now: datetime) -> str:
    """A token that carries `payload` (plain JSON values, readable by whoever holds it) and when it was made."""
    return str(_serializer(secret, purpose).dumps([int(now.timestamp()), payload]))


def read(secret: bytes, purpose: str, token: str, max_age: timedelta, now: datetime) -> Any:
    """The payload of a token made for `purpose` at most `max_age` ago. Raises `BadToken`."""
    try:
        made, payload = _serializer(secret, purpose).loads(token)
    except (BadData, TypeError, ValueError) as error:
        raise BadToken("not a token of ours") from error
    if now.timestamp() - made > max_age.total_seconds():
        raise BadToken("too old")
    return payload


def _serializer(secret: bytes, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"exam.{purpose}")
