"""`exam score` and `exam results`, mounted by `exam.cli`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table
from sqlmodel import Session, col, select

from exam.accounts.models import Institution
from exam.core import i18n
from exam.core.cli import console, fail, open_database
from exam.grading import queries_sheet, sheet_files
from exam.grading.queries_feed import read_instant
from exam.grading.scoring_lines import score_lines
from exam.scheduling.models import Exam

ScoreFile = Annotated[
    Path, typer.Argument(help="Lines of JSON; - reads standard input.", allow_dash=True, dir_okay=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def score(file: ScoreFile, as_json: AsJson = False) -> None:
    """Score responses: lines {"item": {"kind", "content", "marks"?}, "response": …} in, one result a line out.

    A line that can't be scored is reported by its number and the others go on; the exit status is 1 then.
    """
    i18n.current_locale.set("en")
    bad = 0
    try:
        lines = sys.stdin.buffer if str(file) == "-" else file.open("rb")
    except OSError as error:
        fail(f"{file}: {error.strerror}")
        return
    with lines:
        for number, scored in score_lines(lines):
            if "error" in scored:
                bad += 1
                typer.echo(f"line {number}: {scored['error']}", err=True)
            if as_json:
                typer.echo(orjson.dumps(scored).decode())
            elif "error" not in scored:
                typer.echo(f"{number}: {scored['marks']} / {scored['out_of']} {scored['verdict']}")
    if bad:
        raise typer.Exit(1)


def results(
    exam: Annotated[str, typer.Option("--exam", help="Code of the exam.")],
    institution: Annotated[
        str, typer.Option("--institution", help="Code of the institution, if several have it.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Only released at or after this instant (ISO 8601).")] = "",
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """The result sheet of an exam: one row a sitting. Marks only where the result is released."""
    start = read_instant(since) if since else None
    if since and start is None:
        fail("--since is an instant with its offset, such as 2026-11-06T12:00:00+08:00")
    i18n.current_locale.set("en")
    with open_database() as database:
        with database.reading() as db:
            chosen = _exam(db, exam, institution)
        batches = (
            [row for row in rows if start is None or (row.released_at is not None and row.released_at >= start)]
            for rows in queries_sheet.batches(database, chosen)
        )
        if as_csv:
            for piece in sheet_files.as_csv(batches, "zh"):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        elif as_json:
            for piece in sheet_files.as_json((rows for rows in batches if rows), sheet_files.record):
                typer.echo(piece.decode(), nl=False)
        else:
            _print(batches)


def _exam(db: Session, code: str, institution: str) -> queries_sheet.Filter:
    """The exam called `code`, as a filter; ends the command when there is none or several."""
    query = select(Exam, Institution).join(Institution, col(Institution.id) == col(Exam.institution_id))
    found = db.exec(query.where(Exam.code == code)).all()
    if institution:
        found = [row for row in found if row[1].code == institution]
    if not found:
        fail(f"There is no exam {code}" + (f" at {institution}." if institution else "."))
    if len(found) > 1:
        fail(
            f"Several institutions have an exam {code}: choose one with --institution: "
            + ", ".join(sorted(row[1].code for row in found))
        )
    exam = found[0][0]
    return queries_sheet.Filter(exam.institution_id, exam_id=exam.id)


def _print(batches: Any) -> None:
    table = Table("Name", "Handed in", "Chance", "Marks", "Cut", "Result")
    for rows in batches:
        for row in rows:
            cells = sheet_files.cells(row, "en", full_id=False)
            marks = f"{row.marks} / {row.out_of}" if row.marks is not None else ""
            table.add_row(row.name, str(cells[6]), str(row.chance), marks, str(row.cut_marks or ""), str(cells[10]))
    console.print(table)
