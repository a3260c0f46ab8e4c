"""Addresses that nobody types: days without a neighbour, numbers no column holds. Never an error of the server."""

from collections.abc import Callable

import pytest

from exam.accounts.permissions import Role
from tests.conftest import Client
from tests.sessions.conftest import Hall

SignedIn = Callable[..., Client]
DAYS = ["0001-01-01", "9999-12-31"]
INSTANTS = ["0001-01-01T00:00:00%2B08:00", "9999-12-31T23:59:59-12:00"]


@pytest.mark.parametrize("day", DAYS)
def test_days_at_the_ends_of_the_calendar(signed_in: SignedIn, day: str) -> None:
    office, admin = signed_in(Role.REGISTRAR), signed_in(Role.ADMINISTRATOR)
    asked = [f"month={day[:7]}", f"start={day}", f"end={day}", f"start={day}&end={day}"]
    for query in asked:
        for address in ("/sheets", "/sheets/download/csv", "/sheets/download/json", "/sheets/download/xlsx"):
            assert office.get(f"{address}?{query}").status_code == 200
    for query in (f"since={day}", f"until={day}"):
        for address in ("/audit", "/audit.csv"):
            assert admin.get(f"{address}?{query}").status_code == 200


@pytest.mark.parametrize("instant", INSTANTS)
def test_instants_at_the_ends_of_the_calendar(signed_in: SignedIn, hall: Hall, instant: str) -> None:
    office = signed_in(Role.REGISTRAR, institution_id=hall.institution_id)
    assert office.get(f"/exams/{hall.exam_id}/enrolments?window={instant}").status_code == 200
    window = instant.replace("%2B", "+")
    answer = office.post(f"/releases/{hall.exam_id}/release", data={"window": window})
    assert answer.status_code == 409


@pytest.mark.parametrize("number", [2**31, 2**63, 10**20, 10**30])
def test_numbers_beyond_every_column(signed_in: SignedIn, number: int) -> None:
    writer, marker = signed_in(Role.ITEM_WRITER), signed_in(Role.MARKER)
    for address in (f"/banks/{number}", f"/items/{number}", f"/papers/{number}", f"/banks/{number}/items"):
        assert writer.get(address).status_code == 404
    assert marker.get(f"/marking/{number}").status_code == 404
    assert writer.get(f"/items/1/versions/{number}").status_code == 404
