"""Signing in again in place with what no keyboard types: refused in words, never an error of the server."""

import pytest

from exam.accounts import sign_in
from exam.accounts.permissions import Role
from exam.core import tokens
from tests.conftest import World

JSON = {"Content-Type": "application/json"}
BODIES = [b'{"password":"\\ud842"}', b'{"token":"\\ud842"}', b'{"token":{},"password":[1]}', b"[]", b"null"]


@pytest.mark.parametrize("body", BODIES)
def test_half_a_character_is_no_password(world: World, body: bytes) -> None:
    institution = world.institution()
    client = world.client(world.person(institution, Role.CANDIDATE), institution)
    assert client.post("/sign-in/again", content=body, headers=JSON).status_code in (401, 422)


def test_another_purpose_s_token_is_none(world: World) -> None:
    person = world.person(world.institution(), Role.CANDIDATE)
    token = tokens.make(world.app.state.secret, sign_in.DEVICE, [person, None], world.clock.now())
    client = world.client(person, 1)
    client.cookies.clear()
    assert client.post("/sign-in/again", json={"token": token, "password": "x"}).status_code == 401
