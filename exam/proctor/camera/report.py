"""Frames from files, told in plain values: one line a frame, and for an ordered row of them the stretches it has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exam.proctor.camera.files import read
from exam.proctor.camera.rules import MICRO, Seen, Stretch, fold
from exam.vision.advice import advise
from exam.vision.frames import decode_frame
from exam.vision.observation import FINDINGS, Baseline, Observation
from exam.vision.observe import Observer, baseline_of
from exam.vision.pictures import BadPicture
from exam.vision.pose import AVERAGE
from exam.vision.thresholds import YUNET

AVERAGE_HEAD = Baseline(YUNET, AVERAGE, (), 0.0)
WORDS = {True: "present", False: "absent", None: "unknown"}


@dataclass(frozen=True)
class Looked:
    """A file and what was seen on it, or the code of why it is no frame."""

    path: Path
    seen: Observation | None
    error: str | None = None
    params: tuple[tuple[str, int], ...] = ()


def look(observer: Observer, path: Path, baseline: Baseline | None) -> Looked:
    """Look at one file; what can't be read or is no frame becomes an error, never an exception."""
    try:
        return Looked(path, observer.look(decode_frame(read(path)), baseline))
    except BadPicture as error:
        return Looked(path, None, error.code, tuple(error.params.items()))
    except OSError:
        return Looked(path, None, "file-unreadable")


def singly(observer: Observer, files: Iterable[Path]) -> Iterator[Looked]:
    """Files that have nothing to do with one another; angles are against an average head."""
    return (look(observer, path, AVERAGE_HEAD) for path in files)


def in_order(observer: Observer, files: Sequence[Path], check_ins: int) -> tuple[list[Looked], Baseline | None]:
    """Files in the order in which they were taken; the first `check_ins` of them are the baseline of all."""
    first = [look(observer, path, None).seen for path in files[:check_ins]]
    baseline = baseline_of([seen for seen in first if seen is not None])
    return [look(observer, path, baseline) for path in files], baseline


def stretches(looked: Sequence[Looked], interval: float, muted: frozenset[str] = frozenset()) -> list[Stretch]:
    """The stretches of frames taken `interval` seconds apart; numbers are places in the row, time begins at 0."""
    return fold(
        (
            Seen(number, round(number * interval * MICRO), one.seen, interval)
            for number, one in enumerate(looked)
            if one.seen is not None
        ),
        muted,
    )


def line(one: Looked, angles_from: str | None) -> dict[str, Any]:
    """A frame's line: JSON-able."""
    if one.seen is None:
        return {"file": str(one.path), "error": one.error, **dict(one.params)}
    seen, quality = one.seen, one.seen.quality
    found = {name: getattr(quality, name) for name in FINDINGS}
    return {
        "file": str(one.path),
        "faces": seen.faces,
        "count": seen.count,
        "scores": {"face": seen.score, "second": seen.second, "unlike": seen.unlike},
        "quality": {
            **{name: {"found": WORDS[each.found], "value": each.value} for name, each in found.items()},
            "region": quality.region,
        },
        "yaw": seen.yaw,
        "pitch": seen.pitch,
        "angles_from": angles_from if seen.yaw is not None else None,
        "box": None if seen.box is None else list(seen.box),
        "advice": list(advise(seen)),
        "detector": seen.detector,
    }


def incident(stretch: Stretch, looked: Sequence[Looked]) -> dict[str, Any]:
    """A stretch's part of the last line: JSON-able; times in seconds from the first frame."""
    return {
        "kind": stretch.kind,
        "severity": stretch.severity,
        "began": stretch.began / MICRO,
        "ended": stretch.ended / MICRO,
        "first": str(looked[stretch.first].path),
        "last": str(looked[stretch.last].path),
        "hits": stretch.hits,
        "of": stretch.of,
        "scores": {name: list(span) for name, span in stretch.scores.items()},
        "detector": stretch.detector,
    }
