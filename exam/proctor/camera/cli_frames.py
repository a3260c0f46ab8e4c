"""`exam frames …`: what the eyes see on pictures from files, how fast they are, how often they are right."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from exam.core.cli import emit, fail
from exam.proctor.camera import bench as frame_bench
from exam.proctor.camera import score as frame_score
from exam.proctor.camera.files import files_of, read
from exam.proctor.camera.report import Looked, in_order, incident, line, singly, stretches
from exam.settings import Settings
from exam.vision.frames import check_frame
from exam.vision.model import find_model
from exam.vision.observe import Observer
from exam.vision.pictures import BadPicture

app = typer.Typer(no_args_is_help=True, help="Frames of a camera: what is seen on them.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line a frame.")]
Model = Annotated[
    Path | None,
    typer.Option("--model", help="File of the YuNet detector; else the one of the settings.", dir_okay=False),
]
Rough = Annotated[bool, typer.Option("--rough", help="Without the model: degraded mode.")]
Paths = Annotated[list[Path], typer.Argument(help="Pictures; a folder stands for its pictures in name order.")]


def the_model(given: Path | None, rough: bool = False) -> Path | None:
    """The model's file: the given one, else the settings' one; a given one that is not there ends the command."""
    if rough:
        return None
    if given is not None and not given.is_file():
        fail(f"{given}: no such file")
    settings = Settings()
    return given or find_model(settings.face_model, settings.data_dir)


@app.command()
def analyse(
    paths: Paths,
    sequence: Annotated[
        bool, typer.Option("--sequence", help="The files follow one another: say what happened.")
    ] = False,
    interval: Annotated[float, typer.Option("--interval", min=0.1, max=600, help="Seconds between frames.")] = 3.0,
    baseline: Annotated[
        int, typer.Option("--baseline", min=0, max=100, help="With --sequence: the first so many are check-in.")
    ] = 3,
    model: Model = None,
    rough: Rough = False,
    as_json: AsJson = False,
) -> None:
    """Say what is seen on pictures. The exit status is 1 when one of them is no frame.

    With --sequence angles are from the first frames and a last line tells the incidents; otherwise angles are from an
    average head.
    """
    observer = Observer(the_model(model, rough))
    files = list(files_of(paths))
    if not files:
        fail("There are no pictures here.")
    if not sequence:
        looked = []
        for one in singly(observer, files):
            looked.append(Looked(one.path, None, one.error))
            _show(line(one, "average head"), as_json)
    else:
        looked, found = in_order(observer, files, baseline)
        for one in looked:
            _show(line(one, "first frames"), as_json)
        _conclude(looked, interval, baseline if found is not None else 0, as_json)
    if any(one.error is not None for one in looked):
        raise typer.Exit(1)


def _show(data: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
    elif "error" in data:
        typer.echo(f"{data['file']}: {data['error']}", err=True)
    else:
        angles = "" if data["yaw"] is None else f"  yaw {data['yaw']:+.0f}° pitch {data['pitch']:+.0f}°"
        poor = [name for name, each in data["quality"].items() if name != "region" and each["found"] == "present"]
        typer.echo(
            f"{data['file']}: {data['faces']} ({data['count']}, {data['scores']['face']}){angles} {' '.join(poor)}"
        )


def _conclude(looked: list[Looked], interval: float, baseline: int, as_json: bool) -> None:
    found = stretches(looked, interval)
    incidents = [incident(each, looked) for each in found if not each.note]
    notes = [incident(each, looked) for each in found if each.note]
    if as_json:
        whole = {"frames": len(looked), "interval": interval, "baseline": baseline}
        typer.echo(json.dumps({"incidents": incidents, "notes": notes, **whole}, ensure_ascii=False))
        return
    for each in incidents + notes:
        where = f"{each['began']:g} s to {each['ended']:g} s, {each['hits']} of {each['of']} frames"
        typer.echo(f"{each['kind']}: {where} {each['scores']}")
    if not incidents:
        typer.echo("No incidents.")


@app.command()
def bench(
    folder: Annotated[Path, typer.Argument(help="Folder with frames.", exists=True, file_okay=False)],
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, max=600, help="How long.")] = 10.0,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Frames a second and core, beside the bare loop (decode and detector) measured in the same run."""
    frames = []
    for path in files_of([folder]):
        data = read(path)
        try:
            check_frame(data)
        except BadPicture:
            continue
        frames.append(data)
    if not frames:
        fail(f"{folder}: no frames in it")
    _emit(frame_bench.run(frames, the_model(model), seconds), as_json)


@app.command()
def score(
    labels: Annotated[Path, typer.Argument(help="Table of labels (CSV).", exists=True, dir_okay=False)],
    model: Model = None,
    rough: Rough = False,
    as_json: AsJson = False,
) -> None:
    """Hold labelled frames against what is seen on them: precision, recall, incidents of sequences."""
    try:
        found = frame_score.run(labels, Observer(the_model(model, rough)))
    except (ValueError, OSError) as error:
        fail(f"{labels}: {error}")
        return
    _emit(found, as_json)


def _emit(data: dict[str, Any], as_json: bool) -> None:
    emit(data, as_json, _print)


def _print(data: dict[str, Any]) -> None:
    for name, value in data.items():
        typer.echo(f"{name:>14}  {value}")
