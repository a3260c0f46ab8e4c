"""`exam items import|export|check`: banks on the command line."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from exam.accounts.models import Institution
from exam.core import i18n
from exam.core.cli import clock, console, emit, fail, open_database
from exam.itembank.actors import Operator
from exam.itembank.check import check_bank
from exam.itembank.exchange.export import export_json, export_workbook
from exam.itembank.exchange.transfer import Report, import_book, read_path
from exam.itembank.models import Bank

app = typer.Typer(help="Item banks: import, export, check.", no_args_is_help=True)

BankCode = Annotated[str, typer.Option("--bank", help="Code of the bank")]
InstitutionCode = Annotated[str, typer.Option("--institution", help="Code of the institution; needed when several")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


def _institution(db: Session, code: str) -> int:
    rows = db.exec(select(Institution).order_by(Institution.code)).all()
    chosen = [row for row in rows if not code or row.code == code]
    if len(chosen) != 1:
        listed = ", ".join(row.code for row in rows) or "none yet"
        fail(f"Name one institution with --institution (there are: {listed}).")
    return chosen[0].id or 0


def _bank(db: Session, institution: str, code: str) -> Bank:
    """The bank of that code; the institution needs naming only when several have one."""
    query = select(Bank, Institution).where(Bank.institution_id == Institution.id, Bank.code == code)
    found = [(bank, owner) for bank, owner in db.exec(query) if not institution or owner.code == institution]
    if not found:
        fail(f"There is no bank {code}.")
    if len(found) > 1:
        fail(f"Several institutions have a bank {code}; name one with --institution.")
    return found[0][0]


@app.command("import")
def import_items(
    file: Annotated[Path, typer.Argument(exists=True, help="XLSX, JSON, or a folder of JSON files")],
    bank: BankCode = "",
    institution: InstitutionCode = "",
    create: Annotated[str, typer.Option(help="Make the bank when it is missing: face-to-face or online")] = "",
    title: Annotated[str, typer.Option(help="Title of a bank that is made")] = "",
    good_rows_only: Annotated[bool, typer.Option("--good-rows-only", help="Take good rows, leave the others")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen")] = False,
    as_json: AsJson = False,
) -> None:
    """Take items into a bank. A JSON file that describes its bank makes it when it is missing."""
    i18n.current_locale.set("en")
    with open_database(writing=True) as database:
        book = read_path(file)
        if create:
            book = replace(book, bank={"title": title or bank, **book.bank, "code": bank, "delivery": create})
        now = clock().now()
        with database.transaction() as db:
            owner = Operator(_institution(db, institution))
            report = import_book(db, owner, book, bank, now, good_rows_only=good_rows_only, dry_run=dry_run)
        emit(report.json(), as_json, lambda _: _show_report(report))
    if not report.written and not dry_run:
        raise typer.Exit(1)


def _show_report(report: Report) -> None:
    counts = ", ".join(f"{number} {action}" for action, number in report.counts.items())
    console.print(f"{report.bank}: {counts}{'' if report.written else ' (nothing was written)'}", markup=False)
    for line in report.json()["problems"]:
        console.print(f"  {line['sheet']} {line['row']} {line['column']}: {line['message']}", markup=False)


@app.command("export")
def export_items(
    file: Annotated[Path, typer.Argument(help="Where to write: a name ending in .xlsx or .json")],
    bank: BankCode,
    institution: InstitutionCode = "",
) -> None:
    """Write a bank, with its keys, as a workbook or JSON that can be taken in again."""
    i18n.current_locale.set("en")
    if file.suffix not in (".xlsx", ".json"):
        fail("The file's name must end in .xlsx or .json.")
    with open_database() as database, database.reading() as db:
        found = _bank(db, institution, bank)
        file.write_bytes(export_workbook(db, found) if file.suffix == ".xlsx" else export_json(db, found))
    typer.echo(f"{file} written")


@app.command("check")
def check(
    bank: BankCode,
    delivery: Annotated[str, typer.Option("--for", help="face-to-face or online; the bank's own when left out")] = "",
    institution: InstitutionCode = "",
    as_json: AsJson = False,
) -> None:
    """Say whether a bank meets the CCAA rules (S2 annex 5) and name what is missing. Status 1 when something is."""
    i18n.current_locale.set("en")
    if delivery not in ("", "face-to-face", "online"):
        fail("--for takes face-to-face or online.")
    with open_database() as database, database.reading() as db:
        result = check_bank(db, _bank(db, institution, bank), clock().now(), delivery)
    emit(result, as_json, _show_check)
    if not result["met"]:
        raise typer.Exit(1)


def _show_check(result: dict[str, Any]) -> None:
    verdict = "meets" if result["met"] else "does not meet"
    console.print(f"{result['bank']} ({result['for']}) {verdict} the rules: {result['source']}", markup=False)
    for each in result["checks"]:
        console.print(f"  {'ok     ' if each['met'] else 'MISSING'} {each['message']}", markup=False)
