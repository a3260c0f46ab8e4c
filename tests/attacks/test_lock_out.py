"""Somebody who types another's name wrong on the hall's machines can't keep them out when an administrator helps."""

import re
from collections.abc import Callable

from exam.accounts.permissions import Role
from exam.accounts.throttle import Attempt, Throttle
from tests.conftest import Client, World

HALL = "203.0.113.7"


def test_pardon_opens_every_place_of_that_account_only() -> None:
    throttle = Throttle()
    for account in ("victim", "other"):
        for address in (HALL, "203.0.113.8"):
            for _ in range(6):
                throttle.begin(Attempt(account, address))
    assert throttle.begin(Attempt("victim", HALL)) > 0
    throttle.pardon("victim", "never tried")
    assert throttle.begin(Attempt("victim", HALL)) == 0
    assert throttle.begin(Attempt("victim", "203.0.113.8")) == 0
    assert throttle.begin(Attempt("other", HALL)) > 0


def test_signing_in_elsewhere_gives_a_guesser_no_new_tries() -> None:
    throttle = Throttle()
    for _ in range(6):
        throttle.begin(Attempt("victim", HALL))
    home = Attempt("victim", "198.51.100.1")
    assert throttle.begin(home) == 0
    throttle.succeeded(home)
    assert throttle.begin(Attempt("victim", HALL)) > 0


def test_a_one_time_password_lets_a_locked_out_candidate_in(world: World, signed_in: Callable[..., Client]) -> None:
    institution = world.institution()
    admin = signed_in(Role.ADMINISTRATOR, institution_id=institution)
    victim = world.person(institution, Role.CANDIDATE)
    name = f"victim-{victim}"
    with world.database.transaction() as db:
        db.connection().exec_driver_sql(
            f"UPDATE person SET username = '{name}', applied_to = {institution} WHERE id = {victim}"
        )
    hall = Client(world.app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    hall.csrf = token(hall)

    def enter(password: str) -> int:
        return hall.post("/sign-in", data={"identifier": name, "password": password}).status_code

    assert [enter(f"wrong {n}") for n in range(6)][-1] == 429
    shown = admin.post(f"/people/{victim}/password")
    assert shown.status_code == 200
    password = re.search("<code>([^<]+)</code>", shown.text)
    assert password and enter(password[1]) == 303


def token(client: Client) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert found
    return found[1]
