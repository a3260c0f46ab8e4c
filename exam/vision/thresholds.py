"""Every number the eyes judge by: one table, each row with its unit, where it comes from and whose it is.

"Measured" means: on the labelled frames and on changes made to them (darkened, blurred, made noisy, moved by parts of a
pixel); `docs/vision.md` says how and what came out. A row that changes changes its detector's version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

YUNET = "yunet-320/1"
"""The YuNet model with 320 pixels on the longest side, and the first version of what is judged around it."""
HAAR = "haar/1"
"""OpenCV's cascade: degraded mode, never more than advice."""
BLIND = "none/1"
"""Neither model nor cascade: quality only."""
PIXELS = "pixels/1"
"""What is judged from pixels alone, whoever looks for faces."""


@dataclass(frozen=True)
class Threshold:
    """A limit, its unit, its source, and the version of the detector it belongs to."""

    value: float
    unit: str
    source: str
    detector: str


def _pixels(value: float, unit: str, source: str) -> Threshold:
    return Threshold(value, unit, source, PIXELS)


def _yunet(value: float, unit: str, source: str) -> Threshold:
    return Threshold(value, unit, source, YUNET)


THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "face": _yunet(
            0.7,
            "detector score",
            "issue; measured: 0.9 misses a third of the faces, at 0.6 dogs pass, at 0.7 one dog of ten pictures",
        ),
        "hint": _yunet(
            0.5, "detector score", "measured: what scores between this and a face is no proof that nobody is there"
        ),
        "overlap": _yunet(0.3, "shared area of two boxes", "OpenCV's default"),
        "gain-below": _pixels(
            130, "99th percentile of brightness", "settled: a lit frame of the labelled ones has at least 160"
        ),
        "gain-to": _pixels(200, "99th percentile of brightness", "settled: bright, with room for highlights"),
        "gain-most": _pixels(12, "times", "settled: beyond, noise is all there is"),
        "blind": _pixels(
            30,
            "99th percentile of brightness",
            "measured with noise of 4 levels: at 35 96 of 100 faces are found with gain, at 19 86, at 13 48",
        ),
        "black": _pixels(
            10, "99th percentile of brightness", "measured: covered black lenses 2 to 8, dark rooms from 23"
        ),
        "not-black": _pixels(20, "99th percentile of brightness", "measured, as above"),
        "structure-none": _pixels(
            3,
            "98th percentile of steps between neighbours of 80 x 60 blocks",
            "measured: covered lenses 1 to 2, the darkest room 8, everything lit at least 44",
        ),
        "structure-some": _pixels(6, "the same", "measured, as above; between the two nothing is said"),
        "dark": _pixels(60, "99th percentile of brightness, of the face where there is one", "settled; see `blind`"),
        "not-dark": _pixels(90, "the same", "settled: the darkest lit face of the labelled frames has more"),
        "burnt": _pixels(
            0.6, "share of pixels of 250 and more, of the face where there is one", "measured on brightened frames"
        ),
        "not-burnt": _pixels(0.25, "the same", "measured on brightened frames: below, faces are found"),
        "blurred": _pixels(
            0.13,
            "99th percentile of the Laplacian as share of the range, at 320 pixels, of the face where there is one",
            "measured: 2 in 3 faces blurred by 4 pixels of 640, 1 in 14 blurred by 2",
        ),
        "sharp": _pixels(0.18, "the same", "measured: the least of 74 originals has 0.187"),
        "nothing-sharp": _pixels(
            0.035, "the same, of a frame without a face", "measured: blurring by 8 pixels, from where faces are missed"
        ),
        "something-sharp": _pixels(
            0.05, "the same, of a frame without a face", "measured: rooms blurred by 3 pixels or less have more"
        ),
        "pose-residual": _yunet(
            0.12, "share of the distance between the eyes", "measured: faces that fit have 0.005 to 0.05"
        ),
        "whole": _yunet(
            0.18,
            "distance between the eyes, from the nearest of the five points to the frame's edge",
            "measured: with mouths at the edge pitch is 15 to 28 degrees wrong; well placed faces have 0.2 to 2.2",
        ),
        "nose-depth": _yunet(
            0.46,
            "distance between the eyes",
            "measured: fitted together with the poses to 116 faces of the labelled frames",
        ),
        "unlike": _yunet(
            0.235,
            "1 - cosine of gradient histograms, to the nearest check-in face",
            "measured: the same person in one sitting at most 0.17 through fifteen changes of light and place; "
            "41 pictures of others against a well placed check-in at least this",
        ),
        "alike": _yunet(0.2, "the same", "measured, as above; between the two nothing is said"),
        "same-picture": _pixels(
            2,
            "levels, the largest difference of 80 x 60 blocks",
            "measured: frozen pictures compressed anew 0 to 2, a person who keeps still at least 4",
        ),
        "face-small": _yunet(0.14, "height of the face as share of the frame", "settled: two arm's lengths away"),
        "face-large": _yunet(
            0.85, "height of the face as share of the frame", "settled: the chin leaves the frame next"
        ),
        "off-centre": _yunet(
            0.3,
            "distance of the face's middle from the frame's, as share of its side",
            "settled: half a face from the edge",
        ),
    }
)


def at(name: str) -> float:
    """The value of a row. Raises `KeyError` for a name that is not in the table."""
    return THRESHOLDS[name].value
