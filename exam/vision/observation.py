"""What is seen on one frame, in plain values: three-valued throughout, small, JSON-able, each naming who saw it.

No pixels here and no OpenCV: rules, queues and databases handle observations without knowing how they came about.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

Faces = Literal["none", "one", "several", "unknown"]
Point = tuple[float, float]
KINDS: tuple[str, ...] = get_args(Faces)


@dataclass(frozen=True)
class Finding:
    """Present (True), absent (False) or can't tell (None), with the number it was judged by."""

    found: bool | None
    value: float


@dataclass(frozen=True)
class Quality:
    """The five findings; `region` says whether darkness, burning and blur were judged on the face or the frame."""

    covered: Finding
    black: Finding
    dark: Finding
    overexposed: Finding
    blurred: Finding
    region: Literal["face", "frame"] = "frame"


FINDINGS = ("covered", "black", "dark", "overexposed", "blurred")


@dataclass(frozen=True)
class Observation:
    """One frame as it was seen.

    `detector` names model and version. `count`, `score` (best, 0 to 1, also where it is too low for a face) and
    `second` are None where nothing counted. `box`: left, top, width, height of the largest face as shares of the frame;
    `points`: its eyes, nose and corners of the mouth in frame widths. `yaw` (positive: nose towards the frame's right
    edge) and `pitch` (positive: down) are degrees from the baseline, `unlike` the distance to the nearest check-in
    face; None without a baseline or where they can't be told. `whole`: whether the face lies inside the frame; one that
    is cut off has no angles. `fingerprint` and `likeness` are bytes for comparing, not for keeping.
    """

    detector: str
    faces: Faces
    quality: Quality
    count: int | None = None
    score: float | None = None
    second: float | None = None
    box: tuple[float, float, float, float] | None = None
    points: tuple[Point, ...] | None = None
    yaw: float | None = None
    pitch: float | None = None
    unlike: float | None = None
    whole: bool | None = None
    fingerprint: bytes | None = None
    likeness: bytes | None = None

    def to_json(self, *, compact: bool = False) -> dict[str, Any]:
        """A JSON-able dict; `compact` leaves out what only serves comparing (about 0.4 kB instead of 5)."""
        data = asdict(self)
        data["quality"] = {name: [f.found, f.value] for name, f in findings(self.quality).items()}
        data["quality"]["region"] = self.quality.region
        for name in ("fingerprint", "likeness"):
            raw = data.pop(name)
            if raw is not None and not compact:
                data[name] = _pack(raw)
        return data


def from_json(data: Mapping[str, Any]) -> Observation:
    """The observation of `to_json`. Raises `ValueError` for anything else."""
    try:
        quality = data["quality"]
        if data["faces"] not in KINDS:
            raise ValueError("faces")
        return Observation(
            detector=str(data["detector"]),
            faces=data["faces"],
            quality=_quality(quality),
            **{name: data.get(name) for name in ("count", "score", "second", "yaw", "pitch", "unlike", "whole")},
            box=_tuple(data.get("box")),
            points=None if data.get("points") is None else tuple((x, y) for x, y in data["points"]),
            fingerprint=_unpack(data.get("fingerprint")),
            likeness=_unpack(data.get("likeness")),
        )
    except (KeyError, TypeError, zlib.error) as error:
        raise ValueError("not an observation") from error


def _quality(data: Mapping[str, Any]) -> Quality:
    return Quality(**{name: Finding(*data[name]) for name in FINDINGS}, region=data["region"])


def findings(quality: Quality) -> dict[str, Finding]:
    """The five findings by name."""
    return {name: getattr(quality, name) for name in FINDINGS}


def without_bytes(observation: Observation) -> Observation:
    """The same without what only serves comparing."""
    return replace(observation, fingerprint=None, likeness=None)


@dataclass(frozen=True)
class Baseline:
    """How a candidate looked at check-in: what later frames are held against.

    `shape`: eyes, nose, corners of the mouth, upright, in distances between the eyes; empty where the faces were cut
    off by the frame, so that angles can't be told. `likenesses`: one a check-in face; `brightness` of the face (99th
    percentile, 0 to 255).
    """

    detector: str
    shape: tuple[Point, ...]
    likenesses: tuple[bytes, ...]
    brightness: float

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return {
            "detector": self.detector,
            "shape": [list(point) for point in self.shape],
            "likenesses": [_pack(one) for one in self.likenesses],
            "brightness": self.brightness,
        }


def baseline_from_json(data: Mapping[str, Any]) -> Baseline:
    """The baseline of `to_json`. Raises `ValueError` for anything else."""
    try:
        return Baseline(
            str(data["detector"]),
            tuple((float(x), float(y)) for x, y in data["shape"]),
            tuple(_bytes(one) for one in data["likenesses"]),
            float(data["brightness"]),
        )
    except (KeyError, TypeError, zlib.error) as error:
        raise ValueError("not a baseline") from error


MOST_UNPACKED = 64 * 1024


def _pack(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 1)).decode("ascii")


def _unpack(text: str | None) -> bytes | None:
    return None if text is None else _bytes(text)


def _bytes(text: str) -> bytes:
    return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MOST_UNPACKED)


def _tuple(values: Any) -> tuple[float, float, float, float] | None:
    if values is None:
        return None
    left, top, width, height = values
    return left, top, width, height
