"""The paper as data: the order and the options of the page, nothing of the key, and only while the sitting lasts."""

import json
import re
from datetime import timedelta

import pytest

from exam.accounts.permissions import Role
from sessions.conftest import Hall
from tests.conftest import World

SECRETS = ("key", "explanation", "accept", "tolerance", "answer", "rubric", "model_answer", "weight")


@pytest.fixture
def sat(world: World, hall: Hall):
    """A client of somebody with a prepared sitting, and the sitting's id."""
    person = world.person(hall.institution_id, Role.CANDIDATE)
    return world.client(person, hall.institution_id), hall.prepared(person)


def _names(value) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for inner in value.values() for name in _names(inner)}
    return {name for inner in value for name in _names(inner)} if isinstance(value, list) else set()


def test_the_paper_is_there_from_start_to_end(sat, clock) -> None:
    client, sitting = sat
    address = f"/sittings/{sitting}/paper"
    assert client.get(address).json()["error"] == "not-started"
    client.post(f"/sittings/{sitting}/start")
    assert client.get(address).status_code == 200
    clock.advance(timedelta(hours=3))
    late = client.get(address)
    assert (late.status_code, late.json()["error"]) == (409, "deadline-passed")


def test_the_paper_is_what_the_page_shows(sat) -> None:
    client, sitting = sat
    client.post(f"/sittings/{sitting}/start")
    told = client.get(f"/sittings/{sitting}/paper").json()
    page = client.get(f"/sittings/{sitting}").text
    assert [item["slot"] for item in told["items"]] == list(range(1, told["count"] + 1))
    for item in told["items"]:
        ids = [option["id"] for option in item["options"]]
        shown = re.findall(rf'name="a{item["slot"]}-choices?"[^>]*value="([^"]+)"', page) or re.findall(
            rf'value="([^"]+)"[^>]*name="a{item["slot"]}-choices?"', page
        )
        assert ids == shown or not ids
    assert not _names(told) & set(SECRETS)
    assert "explanation" not in json.dumps(told)


def test_nobody_elses_paper(sat, world: World, hall: Hall) -> None:
    _, sitting = sat
    other = world.client(world.person(hall.institution_id, Role.CANDIDATE), hall.institution_id)
    assert other.get(f"/sittings/{sitting}/paper").status_code == 404
