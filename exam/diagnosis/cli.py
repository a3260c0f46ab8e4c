"""`exam stats`, mounted by `exam.cli`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from exam.core.cli import emit, fail
from exam.diagnosis.columns import BadColumn, read_column
from exam.diagnosis.robust import algorithm_a

app = typer.Typer(no_args_is_help=True, help="Statistics of a cohort.")


@app.callback()
def stats() -> None:
    """Statistics of a cohort."""


@app.command("robust")
def robust(
    file: Annotated[Path, typer.Argument(help="CSV: a header line, one number a line.", dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Robust mean and standard deviation by Algorithm A of ISO 13528."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found = algorithm_a(read_column(lines))
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"{file}: not a UTF-8 text file")
    except BadColumn as error:
        fail(f"{file}: {error}")
    else:
        emit(asdict(found), as_json, _show)


def _show(data: dict[str, Any]) -> None:
    typer.echo(f"n {data['n']}, mean {data['mean']:.6g}, sd {data['sd']:.6g}, {data['iterations']} iterations")
