"""The `exam` command."""

from typing import Annotated

import typer
import uvicorn

from exam import migrate
from exam.accounts import cli as accounts
from exam.app import create_app
from exam.bench import cli as bench
from exam.core.cli import alone, emit, fail, open_database
from exam.core.serving import GatheringProtocol
from exam.demo import cli as demonstration
from exam.demo import seed
from exam.diagnosis import cli as diagnosis
from exam.grading import cli as grading
from exam.itembank import cli as items
from exam.proctor.camera import cli_frames, cli_models
from exam.proctor.evidence import cli as cli_evidence
from exam.scheduling import cli as scheduling
from exam.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Examination platform."
)
db_app = typer.Typer(no_args_is_help=True, help="The database's schema.")
app.add_typer(db_app, name="db")
app.add_typer(accounts.app, name="user")
app.add_typer(items.app, name="items")
app.add_typer(bench.app, name="bench")
app.add_typer(diagnosis.app, name="stats")
app.add_typer(scheduling.schemes_app, name="schemes")
app.add_typer(cli_frames.app, name="frames")
app.add_typer(cli_evidence.app, name="evidence")
app.add_typer(cli_models.app, name="models")
app.command("score")(grading.score)
app.command("results")(grading.results)
app.command("calendar")(scheduling.calendar)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def serve() -> None:
    """Serve the site. Settings come from EXAM_* variables (docs/operations.md)."""
    settings = Settings()
    if seed.is_demo(settings.data_dir):
        fail("This folder holds the demo, whose passwords are known to everybody. Run: exam demo")
    with open_database() as database:
        if migrate.current(database) != migrate.newest():
            fail("The database is not up to date. Run: exam db upgrade")
    with alone(settings):
        run_server(settings)


@app.command()
def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the demo's data away and make it anew.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make the data, but don't serve it.")] = False,
) -> None:
    """Serve a demonstration with people, items, exams and results, its clock inside an exam window."""
    with alone(demonstration.its_settings()):
        settings = demonstration.make_ready(migrate.upgrade, fresh=fresh)
        if not no_serve:
            run_server(settings)


def run_server(settings: Settings) -> None:
    """Run the site in this process until it is told to stop."""
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=GatheringProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=16384,
        timeout_keep_alive=30,  # longer than the pause between two heartbeats of a sitting
        timeout_graceful_shutdown=10,
    )


@db_app.command("upgrade")
def db_upgrade(as_json: AsJson = False) -> None:
    """Bring the database up to date."""
    with open_database(writing=True) as database:
        before = migrate.current(database)
        migrate.upgrade(database)
        data = {"from": before, "to": migrate.current(database)}
    emit(data, as_json, lambda d: typer.echo(f"Database at {d['to']}" + (" (was there)" if before == d["to"] else "")))


@db_app.command("revise", hidden=True)
def db_revise(message: str) -> None:
    """Write a new migration from what the models have and the database has not (for developers)."""
    with open_database(writing=True) as database:
        migrate.revise(database, message)


def main() -> None:
    """Entry point."""
    app()
