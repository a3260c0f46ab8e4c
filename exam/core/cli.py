"""What every command of `exam` needs: settings, the database, the clock, and one way to print data."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import typer
from rich.console import Console

from exam.core import i18n
from exam.core.clock import Clock, ShiftedClock, SystemClock
from exam.core.db import Database
from exam.core.errors import AppError, Invalid, Refused
from exam.core.sole import InUse, sole_writer
from exam.core.texts import problem_text, refusal_text
from exam.settings import Settings

console = Console()


@contextmanager
def open_database(*, writing: bool = False) -> Iterator[Database]:
    """The database of the settings, closed at the end; expected errors end the command with status 2 and a sentence.

    A command that writes says so: with the embedded database it can't while the site is being served.
    """
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with alone(settings) if writing else nullcontext():
        database = Database(settings.effective_database_url)
        try:
            yield database
        except AppError as error:
            fail(explain(error))
        finally:
            database.close()


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Be the only process that writes while the block lasts, or end the command with a sentence."""
    try:
        with sole_writer(settings):
            yield
    except InUse as error:
        fail(str(error))


def clock() -> Clock:
    """The program's clock, shifted where the settings say so."""
    offset = timedelta(seconds=Settings().clock_offset_seconds)
    return ShiftedClock(offset) if offset else SystemClock()


def fail(sentence: str) -> None:
    """End the command with status 2."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def explain(error: AppError) -> str:
    """An expected error in English, as the command line speaks it."""
    i18n.current_locale.set("en")
    if isinstance(error, Refused):
        return refusal_text(error.refusal.code, error.refusal.params)
    if isinstance(error, Invalid):
        return "\n".join(f"{problem.field}: {problem_text(problem)}" for problem in error.problems)
    return f"{type(error).__name__}: {error}"


def emit(data: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    """Print `data` as one JSON document, or have `show` print it for people."""
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        show(data)
