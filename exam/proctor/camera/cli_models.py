"""`exam models …`: the face detector's model file, fetched from its publisher or taken from a file, never believed."""

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import typer

from exam.core.cli import emit, fail
from exam.settings import Settings
from exam.vision.model import FILE_NAME, MOST_BYTES, SHA256, find_model, is_known, place
from exam.vision.observe import Observer
from exam.vision.thresholds import YUNET

app = typer.Typer(no_args_is_help=True, help="The face detector's model file.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PUBLISHER = f"https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/master/onnx/{FILE_NAME}"
"""Where the model's author keeps it."""
SECONDS = 30


class CannotFetch(Exception):
    """The model could not be had; the message says why, in a sentence."""


@app.command()
def install(
    source: Annotated[
        str, typer.Option("--from", help="A file, or an https address; else the publisher's.")
    ] = PUBLISHER,
) -> None:
    """Put the model into the data folder, if its content is exactly the one everything was measured with."""
    goal = place(Settings().data_dir)
    try:
        data = fetch(source)
        check(data, source)
    except CannotFetch as error:
        fail(f"{error}\n{by_hand(goal)}")
        return
    write(goal, data)
    typer.echo(f"{goal}: {len(data)} bytes, as expected (sha256 {SHA256}).")


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """What is there, and who will look at frames."""
    settings = Settings()
    found = find_model(settings.face_model, settings.data_dir)
    mode = Observer(found).detector
    data: dict[str, Any] = {
        "model": FILE_NAME,
        "path": None if found is None else str(found),
        "from": "EXAM_FACE_MODEL" if settings.face_model is not None else "data folder",
        "as_expected": found is not None and is_known(found),
        "sha256": SHA256,
        "publisher": PUBLISHER,
        "mode": mode,
        "degraded": mode != YUNET,
    }
    emit(data, as_json, _print)


def _print(data: dict[str, Any]) -> None:
    if data["path"] is None:
        wanted = Settings().face_model or place(Settings().data_dir)
        typer.echo(f"{wanted}: not there")
    elif data["as_expected"]:
        typer.echo(f"{data['path']}: as expected")
    else:
        typer.echo(f"{data['path']}: another file than the one everything was measured with")
    doing = "degraded: advice only, nothing is flagged from faces" if data["degraded"] else "faces are looked for"
    typer.echo(f"{data['mode']} ({doing})")


def fetch(source: str) -> bytes:
    """The bytes of a file or of an https address, never more than a model may have. Raises `CannotFetch`."""
    try:
        if "://" not in source:
            with Path(source).open("rb") as file:
                return _bounded(file.read(MOST_BYTES + 1), source)
        if not source.startswith("https://"):
            raise CannotFetch(f"{source}: only https addresses are fetched.")
        with urllib.request.urlopen(source, timeout=SECONDS) as answer:  # noqa: S310  (https, see above)
            return _bounded(answer.read(MOST_BYTES + 1), source)
    except urllib.error.URLError as error:
        raise CannotFetch(f"{source} can't be reached: {error.reason}.") from error
    except OSError as error:
        raise CannotFetch(f"{source} can't be read: {error.strerror or error}.") from error


def _bounded(data: bytes, source: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise CannotFetch(f"{source} is larger than {MOST_BYTES} bytes: that is not the model.")
    return data


def check(data: bytes, source: str) -> None:
    """Raise `CannotFetch` unless the bytes are exactly the model."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise CannotFetch(f"{source} is not the expected file: sha256 {found}, expected {SHA256}. Nothing was kept.")


def write(goal: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=goal.parent, prefix=goal.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(goal)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def by_hand(goal: Path) -> str:
    """What to do without a line to the publisher."""
    return (
        f"Fetch {PUBLISHER} on another machine and run: exam models install --from FILE\n"
        f"(it goes to {goal}), or name a file of your own with EXAM_FACE_MODEL.\n"
        "Until then faces are only looked for roughly: candidates get advice, nobody is flagged for what it sees."
    )
