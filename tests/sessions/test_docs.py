"""The examples of docs/api.md have the members that the server sends."""

import json
import re
from pathlib import Path
from typing import Any

from exam.accounts.permissions import Role
from exam.sessions import adjusting
from sessions.conftest import Hall, answer
from tests.conftest import World

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def examples(heading: str) -> list[dict[str, Any]]:
    """The JSON under one heading."""
    part = re.split(r"^#+ ", PAGE.partition(f"### {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", part, re.DOTALL)]


def members(value: dict[str, Any], *lists: str) -> dict[str, list[str]]:
    """The names in an object, and those in the first object of each of its lists."""
    inner = {name: sorted(value[name][0]) for name in lists}
    return {"": sorted(value), **inner}


def test_the_examples_are_what_is_sent(world: World, hall: Hall) -> None:
    person = world.person(hall.institution_id, Role.CANDIDATE)
    client, sitting = world.client(person, hall.institution_id), hall.prepared(person)
    token = {"X-CSRF-Token": client.csrf}
    address = f"/sittings/{sitting}"
    client.post(f"{address}/start", data={"csrf_token": client.csrf})
    (paper,) = examples("Paper")
    shown = client.get(f"{address}/paper").json()
    # Each sitting has its own order: the example is compared with an item of its kind.
    shown["items"].sort(key=lambda item: item["kind"] != paper["items"][0]["kind"])
    assert members(shown, "items") == members(paper, "items")

    with world.database.transaction() as db:
        adjusting.adjust(db, [sitting], adjusting.Given("extra-time", 600, "…", person), world.clock.now())
    client.post(f"{address}/claim", json={}, headers=token)
    sent, told = examples("Sync")
    saved = client.post(f"{address}/sync", json={"claim": 1, "answers": [answer(1, 1, None)]}, headers=token).json()
    assert members(saved, "accepted", "notices") == members(told, "accepted", "notices")
    kept = client.post(f"{address}/sync", json={**sent, "claim": 1, "answers": []}, headers=token).json()
    assert kept["events_upto"] == sent["events"][0]["n"]

    (claim,) = examples("Claim")
    again = client.post(f"{address}/claim", json={}, headers=token).json()
    assert members(again, "answers") == members(claim, "answers")
