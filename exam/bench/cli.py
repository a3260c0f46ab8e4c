"""`exam bench …`: each prints one JSON object, with the floor measured in the same run."""

import json
from typing import Annotated, Any

import typer

from exam.bench import heartbeats as heartbeats_bench
from exam.bench import herd as herd_bench
from exam.bench import proctor as proctor_bench
from exam.bench import sheet as sheet_bench
from exam.bench import submit as submit_bench
from exam.bench import sync as sync_bench

app = typer.Typer(no_args_is_help=True, help="Benchmarks: a real server, load from wrk, one JSON object.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on one line.")]
Candidates = Annotated[int, typer.Option("--candidates", min=1, max=20000, help="How many sit at once.")]


def emit(figures: dict[str, Any], as_json: bool) -> None:
    """Print the figures, on one line or to be read."""
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        typer.echo(f"{name:>14}  {value}")


@app.command()
def sync(
    candidates: Candidates = 500,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=600)] = 20,
    as_json: AsJson = False,
) -> None:
    """Acknowledged answers a second: one answer a request, durable commits."""
    emit(sync_bench.run(candidates, seconds), as_json)


@app.command()
def herd(candidates: Candidates = 10_000, as_json: AsJson = False) -> None:
    """Everybody presses start at once: when has the last one their own paper?"""
    emit(herd_bench.run(candidates), as_json)


@app.command()
def submit(
    candidates: Candidates = 2000,
    items: Annotated[int, typer.Option("--items", min=1, max=200, help="Items of the paper.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Sittings handed in and graded a second, to the last result."""
    emit(submit_bench.run(candidates, items), as_json)


@app.command()
def sheet(
    rows: Annotated[int, typer.Option("--rows", min=1, max=1_000_000, help="Results of the sheet.")] = 100_000,
    as_json: AsJson = False,
) -> None:
    """A result sheet as CSV and XLSX: rows a second, and how memory grows."""
    emit(sheet_bench.run(rows), as_json)


@app.command()
def heartbeats(
    learners: Annotated[int, typer.Option("--learners", min=1, max=20000, help="How many learn at once.")] = 5000,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=600)] = 20,
    as_json: AsJson = False,
) -> None:
    """Reports of learning time judged a second; what was counted is checked afterwards."""
    emit(heartbeats_bench.run(learners, seconds), as_json)


@app.command()
def proctor(
    candidates: Candidates = 200,
    interval: Annotated[int, typer.Option("--interval", min=3, max=30, help="Seconds between frames of one.")] = 3,
    seconds: Annotated[int, typer.Option("--seconds", min=5, max=600)] = 20,
    as_json: AsJson = False,
) -> None:
    """Frames taken and looked at a second beside answers, and what happens to the answers' time."""
    emit(proctor_bench.run(candidates, interval, seconds), as_json)
