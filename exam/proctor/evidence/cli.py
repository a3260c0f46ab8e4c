"""`exam evidence …`: what there is of a sitting in one file, and the check of such a file on any machine."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from exam.core.cli import clock, emit, fail, open_database
from exam.core.objects import ObjectStore
from exam.proctor.evidence import check as evidence_check
from exam.proctor.evidence import export as evidence_export
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence.report import Report
from exam.proctor.evidence.zips import BadFile
from exam.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Evidence of a sitting: export it, verify it.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("export")
def export(
    sitting: Annotated[int, typer.Argument(help="Number of the sitting.")],
    file: Annotated[Path, typer.Argument(help="The file to be made; it must not be there yet.")],
    as_json: AsJson = False,
) -> None:
    """Write everything that there is of a sitting into FILE, with answers and pictures: it is confidential.

    May run while the site is being served."""
    if file.exists():
        fail(f"{file} is there already.")
    settings = Settings()
    store = ObjectStore(settings.data_dir / "private")
    with open_database() as database, database.reading() as db:
        handle, name = tempfile.mkstemp(dir=file.absolute().parent, prefix=".evidence-")
        try:
            with os.fdopen(handle, "w+b") as out:
                keys = evidence_keys.load(settings)
                done = evidence_export.export(db, store, keys, sitting, out, clock().now(), "command line")
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(file)
        except BadFile as bad:
            fail(f"Sitting {sitting} can't be exported: {bad}")
        finally:
            Path(name).unlink(missing_ok=True)
    data = {"file": str(file), "links": done.links, "pictures": done.pictures, "missing": done.missing}
    sentence = f"{file}: {done.links} links, {done.pictures} pictures ({done.missing} lost). Key {done.key_id}"
    emit({**data, "key_id": done.key_id}, as_json, lambda _: typer.echo(sentence))


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="The file of evidence.")],
    key: Annotated[
        str, typer.Option(help="The institution's public key: a file (PEM), 64 hex digits, or its id.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check a file of evidence; needs no database, no settings and no network. Exit code 1: something is wrong."""
    try:
        trusted = read_key(key)
        with file.open("rb") as opened:
            report = evidence_check.verify(opened, trusted)
    except (OSError, ValueError) as error:
        fail(str(error))
    emit(report.to_json(), as_json, lambda _: show(report))
    if not report.ok:
        raise typer.Exit(1)


@app.command("key")
def public_key() -> None:
    """Print the public key that signs evidence here, with those that did before."""
    typer.echo(evidence_keys.published(evidence_keys.load(Settings())), nl=False)


def read_key(text: str) -> list[bytes]:
    """What `--key` names: nothing, public keys in a file, a public key or its id in hex. Raises ValueError, OSError."""
    if not text:
        return []
    path = Path(text)
    return evidence_keys.read_public(path.read_text() if path.is_file() else text)


def show(report: Report) -> None:
    """Print a report for people."""
    facts = report.facts
    if facts:
        typer.echo(f"Sitting {facts.get('sitting')} ({facts.get('exam')}), exported {facts.get('exported_at')}")
    if "links" in facts:
        told = f"{facts['links']} links, {facts['checkpoints']} checkpoints, {facts['pictures']} pictures"
        typer.echo(told)
        for each in facts["erased"]:
            typer.echo(f"Pictures were erased on {each['at']} by rule {each['rule']} (link {each['link']}).")
    for finding in report.findings:
        typer.echo(("WRONG     " if finding.wrong else "unproven  ") + finding.sentence)
    if report.more:
        typer.echo("… and more.")
    if report.key_id and not report.trusted:
        typer.echo("Only the file's own key was used. Compare its id with what the institution publishes:")
        typer.echo(f"  {report.key_id}")
    typer.echo("Whole: this is what was recorded." if report.ok else "NOT what was recorded.")
