"""Signed tokens: one purpose each, aged by our clock."""

from datetime import UTC, datetime, timedelta

import pytest

from exam.core import tokens

NOW = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
SECRET = b"s" * 40
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("later", [-timedelta(days=400), -HOUR, timedelta(0), HOUR])
def test_read_within_its_age_and_when_the_clock_was_set_back(later: timedelta):
    token = tokens.make(SECRET, "sign-in-again", {"person": 7}, NOW)
    assert tokens.read(SECRET, "sign-in-again", token, HOUR, NOW + later) == {"person": 7}


@pytest.mark.parametrize(
    ("secret", "purpose", "change", "later"),
    [
        (SECRET, "sign-in-again", "", HOUR + timedelta(seconds=1)),
        (SECRET, "known-device", "", timedelta(0)),
        (b"t" * 40, "sign-in-again", "", timedelta(0)),
        (SECRET, "sign-in-again", "x", timedelta(0)),
    ],
)
def test_refused(secret: bytes, purpose: str, change: str, later: timedelta):
    token = tokens.make(SECRET, "sign-in-again", 7, NOW) + change
    with pytest.raises(tokens.BadToken):
        tokens.read(secret, purpose, token, HOUR, NOW + later)


@pytest.mark.parametrize("token", ["", ".", "abc", "é", "a.b.c"])
def test_nonsense_is_refused(token: str):
    with pytest.raises(tokens.BadToken):
        tokens.read(SECRET, "p", token, HOUR, NOW)
