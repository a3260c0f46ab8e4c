"""`exam user …`: the first people of an installation, made by whoever operates it."""

from datetime import datetime
from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from exam.accounts import passwords, rules, service
from exam.accounts.models import Institution
from exam.accounts.permissions import Role
from exam.core.cli import clock, emit, open_database
from exam.core.errors import Invalid, Problem

app = typer.Typer(no_args_is_help=True, help="People who may sign in.")


@app.callback()
def _group() -> None:
    """People who may sign in."""


@app.command("add")
def add(
    institution: Annotated[str, typer.Option(help="Code of the institution.")],
    name: Annotated[str, typer.Option(help="Real name.")],
    username: Annotated[str, typer.Option(help="Name to sign in with.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    institution_name: Annotated[str, typer.Option(help="Makes the institution if there is none with the code.")] = "",
    id_number: Annotated[str, typer.Option(help="ID number (GB 11643).")] = "",
    phone: Annotated[str, typer.Option(help="Mobile number.")] = "",
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Ask for a password instead of making a one-time one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Add a person with their roles at an institution. The one-time password is printed once and kept nowhere."""
    person = rules.details({"name": name, "username": username, "id_number": id_number, "phone": phone})
    with open_database(writing=True) as database:
        shown, hashed = _password(person, ask_password)
        now = clock().now()
        with database.transaction() as db:
            home = _institution(db, institution, institution_name, now)
            row = service.add_person(
                db,
                person,
                now=now,
                home=home.id,
                password_hash=hashed,
                must_change=shown is not None,
                required=("name", "username"),
            )
            for each in role:
                service.grant(db, row.id or 0, home.id or 0, each, now=now)
            data = {
                "id": row.id,
                "name": row.name,
                "username": row.username,
                "institution": home.code,
                "roles": [each.value for each in role],
                "one_time_password": shown,
            }
    emit(data, as_json, _show)


def _password(person: rules.Details, ask: bool) -> tuple[str | None, str]:
    """The one-time password to show (None for one that was typed) and the hash to keep. Raises `Invalid`."""
    if not ask:
        return passwords.one_time()
    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if problem := rules.password_problem(typed, typed, person):
        raise Invalid([problem])
    return None, passwords.make_hash(typed)


def _institution(db: Session, code: str, name: str, now: datetime) -> Institution:
    found = db.exec(select(Institution).where(Institution.code == code.strip())).one_or_none()
    if found is not None:
        return found
    if not name.strip():
        raise Invalid([Problem("institution", "institution-unknown", {"code": code.strip()[:40]})])
    return service.add_institution(db, code=code, name=name, now=now)


def _show(data: dict[str, Any]) -> None:
    typer.echo(f"{data['name']} ({data['username']}) at {data['institution']}: {', '.join(data['roles'])}")
    if data["one_time_password"]:
        typer.echo(f"One-time password, shown only now: {data['one_time_password']}")
