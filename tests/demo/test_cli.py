"""`exam demo` and `exam user add` as somebody types them."""

import json
from pathlib import Path

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from exam import migrate
from exam.accounts import passwords
from exam.accounts.models import Institution, Person, RoleGrant
from exam.cli import app
from exam.core.db import Database
from exam.demo import seed
from exam.settings import Settings

RUN = CliRunner()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the commands."""
    monkeypatch.setenv("EXAM_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("EXAM_DATABASE_URL", raising=False)
    return tmp_path


def test_the_demo_is_made_once_and_says_how_to_get_in(folder: Path) -> None:
    first = RUN.invoke(app, ["demo", "--no-serve"])
    assert first.exit_code == 0, first.output
    for said in (
        "candidate1",
        "writer1",
        "registrar1",
        "officer1",
        seed.PASSWORD,
        "http://127.0.0.1:8000",
        "Only this",
    ):
        assert said in first.output
    made = (folder / seed.DATABASE).stat().st_ino
    again = RUN.invoke(app, ["demo", "--no-serve"])
    assert "Making" in first.output and "Making" not in again.output
    assert (folder / seed.DATABASE).stat().st_ino == made
    fresh = RUN.invoke(app, ["demo", "--fresh", "--no-serve"])
    assert "Making" in fresh.output
    database = Database(Settings().effective_database_url)
    assert migrate.drift(database) == []
    database.close()


def test_a_demo_is_never_served_as_the_real_thing(folder: Path) -> None:
    (folder / seed.MARK).write_text('{"offset_seconds": 5}')
    refused = RUN.invoke(app, ["serve"])
    assert refused.exit_code == 2
    assert "exam demo" in refused.output


def test_the_demo_keeps_off_other_databases(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / seed.DATABASE).write_bytes(b"precious")
    for options in ([], ["--fresh"]):
        refused = RUN.invoke(app, ["demo", "--no-serve", *options])
        assert refused.exit_code == 2
        assert "not the demo's" in refused.output
    assert (folder / seed.DATABASE).read_bytes() == b"precious"
    monkeypatch.setenv("EXAM_DATABASE_URL", "postgresql://somewhere/real")
    refused = RUN.invoke(app, ["demo", "--no-serve"])
    assert (refused.exit_code, "EXAM_DATABASE_URL" in refused.output) == (2, True)


def test_being_reachable_from_elsewhere_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAM_HOST", "0.0.0.0")
    said = RUN.invoke(app, ["demo", "--no-serve"]).output
    assert "Careful: everybody who can reach 0.0.0.0" in said


@pytest.fixture
def upgraded(folder: Path) -> None:
    """An empty database, up to date."""
    assert RUN.invoke(app, ["db", "upgrade"]).exit_code == 0


ADD = ["user", "add", "--institution", "CZ", "--name", "沈书言", "--username", "shen", "--role", "registrar"]


@pytest.mark.usefixtures("upgraded")
def test_the_first_person_of_an_installation() -> None:
    missing = RUN.invoke(app, ADD)
    assert missing.exit_code == 2
    assert "CZ" in missing.output
    more = ["--role", "administrator", "--institution-name", "常州考试中心", "--json"]
    made = json.loads(RUN.invoke(app, [*ADD, *more]).output)
    assert (made["username"], made["institution"], made["roles"]) == ("shen", "CZ", ["registrar", "administrator"])
    database = Database(Settings().effective_database_url)
    with database.reading() as db:
        person = db.exec(select(Person)).one()
        home = db.exec(select(Institution)).one()
        roles = set(db.exec(select(RoleGrant.role).where(col(RoleGrant.institution_id) == home.id)))
    database.close()
    assert (person.state, person.must_change_password, person.applied_to) == ("active", True, home.id)
    assert roles == {"registrar", "administrator"}
    assert passwords.right(made["one_time_password"], person.password_hash)
    twice = RUN.invoke(app, ADD)
    assert (twice.exit_code, "username" in twice.output) == (2, True)


@pytest.mark.usefixtures("upgraded")
def test_a_typed_password_is_held_to_the_rules_and_not_shown() -> None:
    ask = [*ADD, "--institution-name", "常州考试中心", "--ask-password"]
    weak = RUN.invoke(app, ask, input="password\npassword\n")
    assert weak.exit_code == 2
    good = RUN.invoke(app, ask, input="a long enough one\na long enough one\n")
    assert good.exit_code == 0, good.output
    assert "One-time" not in good.output and "a long enough one" not in good.output


@pytest.mark.usefixtures("upgraded")
@pytest.mark.parametrize(("option", "value"), [("--id-number", "11010519491231002Y"), ("--phone", "12345")])
def test_wrong_details_are_refused(option: str, value: str) -> None:
    refused = RUN.invoke(app, [*ADD, "--institution-name", "常州考试中心", option, value])
    assert refused.exit_code == 2
    assert option.removeprefix("--").replace("-", "_") in refused.output
