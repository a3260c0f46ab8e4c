"""What `exam demo` does before it serves: makes or finds the demo's data and says how to look round."""

import sys
from datetime import timedelta
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from exam.core.cli import fail
from exam.core.clock import SHANGHAI, SystemClock
from exam.demo import content, seed
from exam.demo.seed import Demo, NotADemo, Upgrade
from exam.settings import Settings

FOLDER = Path("var") / "demo"
HERE = ("127.0.0.1", "localhost", "::1")

# Whose sign-in shows what; the four main kinds of user first.
SIGN_INS: tuple[tuple[str, str, str], ...] = (
    ("candidate1", "考生 Candidate", "an exam to start now, a practice exam, a result"),
    ("writer1", "命题员 Item writer", "three banks, papers, a course with short films"),
    ("registrar1", "考务员 Exam office", "exams, enrolments, windows, results to release"),
    ("officer1", "机构负责人 Institution officer", "result sheets of four windows, charts, downloads"),
    ("proctor1", "监考员 Proctor", "sittings under way with pictures, one to decide, an appeal"),
    ("marker1", "阅卷员 Marker", "written answers waiting to be marked"),
    ("reviewer1", "审题员 Reviewer", "items and papers to look at"),
    ("admin1", "管理员 Administrator", "a person waiting to be activated, the audit log"),
    ("candidate2", "考生 Candidate", "failed last month, may retake now"),
)


def its_settings() -> Settings:
    """Where the demo's data is: the data folder that was named, or one of its own."""
    given = Settings()
    return Settings(data_dir=given.data_dir if "data_dir" in given.model_fields_set else FOLDER)


def make_ready(upgrade: Upgrade, *, fresh: bool) -> Settings:
    """Find the demo's data or make it (`fresh`: in any case); returns the settings to serve it with, its clock set.

    `upgrade` as in `seed.ready`.
    """
    given = Settings()
    if given.database_url:
        fail("The demo keeps its data in a file of its own. Unset EXAM_DATABASE_URL to run it.")
    folder = its_settings().data_dir
    public = given.public_url if "public_url" in given.model_fields_set else f"http://127.0.0.1:{given.port}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if fresh:
            seed.clear(folder)
        demo = seed.ready(Settings(data_dir=folder), SystemClock().now(), upgrade, typer.echo)
    except NotADemo:
        fail(f"{folder} holds a database that is not the demo's. Set EXAM_DATA_DIR to another folder.")
    offset = int(demo.offset / timedelta(seconds=1))
    settings = Settings(data_dir=folder, public_url=public, clock_offset_seconds=offset)
    show(settings, demo)
    return settings


def show(settings: Settings, demo: Demo) -> None:
    """Say where the demo is, what time it is in it, and with which names to sign in."""
    console = Console(width=None if sys.stdout.isatty() else 110)  # a pipe has no width of its own
    people = {row["username"]: row for row in content.people()["people"]}
    table = Table(title=f"Sign-ins, all with the password {seed.PASSWORD}", title_justify="left")
    for heading in ("User name", "Name", "Role", "What is there"):
        table.add_column(heading)
    for username, role, there in SIGN_INS:
        table.add_row(username, people[username]["name"], role, there)
    console.print(table)
    others = ", ".join(name for name in content.people()["sign_in_list"] if name.endswith("b"))
    now = (SystemClock().now() + demo.offset).astimezone(SHANGHAI)
    moved = "was moved on to" if demo.moved_on else "stands at"
    lines = [
        f"At the second institution: {others}.",
        f"The demo's clock {moved} {now:%Y-%m-%d %H:%M} in Shanghai, inside an exam window, and keeps ticking.",
    ]
    if demo.moved_on:
        lines.append("To begin anew with results of the last months: exam demo --fresh")
    if settings.host in HERE:
        lines.append("Only this computer can reach it: it listens on 127.0.0.1.")
    else:
        lines.append(f"Careful: everybody who can reach {settings.host} can sign in with the password above.")
    lines += [f"Its data is in {settings.data_dir}.", "", f"Open {settings.public_url}"]
    typer.echo("\n".join(lines))
