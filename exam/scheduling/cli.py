"""`exam schemes` and `exam calendar`, mounted by `exam.cli`. Neither needs a database."""

import json
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.table import Table

from exam import schemes
from exam.core import i18n
from exam.core.cli import clock, console, emit, fail
from exam.scheduling.calendar import LONGEST, entries, line
from exam.scheduling.windows import local_date
from exam.schemes.kinds import Rule, Scheme

Key = Annotated[str, typer.Argument(help="Key of the scheme: exam schemes list.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

schemes_app = typer.Typer(no_args_is_help=True, help="The schemes: every rule with its source and dates.")


@schemes_app.command("list")
def list_schemes(as_json: AsJson = False) -> None:
    """Every scheme with the version that is in force today."""
    today = clock().now()
    rows = [
        {"key": scheme.key, "title": scheme.title, "version": _version(scheme, local_date(scheme, today))}
        for scheme in schemes.SCHEMES.values()
    ]
    emit(rows, as_json, _show_list)


@schemes_app.command("show")
def show_scheme(
    key: Key,
    at: Annotated[str, typer.Option("--at", help="The day whose rules are shown (YYYY-MM-DD); today otherwise.")] = "",
    as_json: AsJson = False,
) -> None:
    """The rules of a scheme that are in force on a day, each with its source and dates."""
    scheme = _scheme(key)
    on = _date("--at", at) if at else local_date(scheme, clock().now())
    version = _version(scheme, on)
    if version is None:
        fail(f"{key} has no rules on {on.isoformat()} yet")
    data = {
        "key": scheme.key,
        "title": scheme.title,
        "summary": scheme.summary,
        "zone": scheme.zone,
        "at": on.isoformat(),
        "version": version,
        "rules": [_rule(name, rule) for name, rule in scheme.in_force(on)],
    }
    emit(data, as_json, _show_one)


def calendar(
    key: Key,
    start: Annotated[str, typer.Option("--from", help="First day (YYYY-MM-DD).")],
    end: Annotated[str, typer.Option("--to", help="Last day, inclusive (YYYY-MM-DD).")],
    as_json: AsJson = False,
) -> None:
    """The exam windows or verification days of a scheme from one day to another, both inclusive.

    With --json one JSON object a line; `closes` is the first instant that is outside.
    """
    scheme = _scheme(key)
    first, last = _date("--from", start), _date("--to", end)
    if last < first:
        fail("--to is before --from")
    if last - first > LONGEST:
        fail("from --from to --to are more than 50 years")
    for entry in entries(scheme, first, last):
        found = line(scheme, entry)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        else:
            typer.echo(f"{found['opens']}  {found['closes']}  {found['kind']}  {found['source']}")


def _scheme(key: str) -> Scheme:
    try:
        return schemes.get(key)
    except LookupError as error:
        fail(str(error.args[0]))
        raise


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} is a day such as 2026-11-05, not {text!r}")
        raise


def _version(scheme: Scheme, on: date) -> str | None:
    try:
        return scheme.version_at(on)
    except LookupError:
        return None


def _rule(name: str, rule: Rule[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "value": plain(rule.value),
        "source": rule.source,
        "since": rule.since.isoformat(),
        "until": rule.until.isoformat() if rule.until else None,
    }


def plain(value: Any) -> Any:
    """A rule's value as JSON has it: a row as an object that names its kind (`row`), decimals as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"row": type(value).__name__, **plain(asdict(value))}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _show_list(rows: list[dict[str, Any]]) -> None:
    table = Table("Key", "Scheme", "Version")
    for row in rows:
        table.add_row(row["key"], row["title"], row["version"] or "")
    console.print(table)


def _show_one(data: dict[str, Any]) -> None:
    console.print(f"{data['title']} ({data['key']}), version {data['version']}")
    table = Table("Rule", "Value", "Source", "Since", "Until")
    for row in data["rules"]:
        value = row["value"] if isinstance(row["value"], str) else json.dumps(row["value"], ensure_ascii=False)
        name = i18n.gettext(f"scheme-rule.{row['name']}", "en")
        table.add_row(name, value, row["source"], row["since"], row["until"] or "")
    console.print(table)
