"""What to tell a candidate about their picture, gently: codes whose texts are `advice.<code>`.

Advice is never an accusation and is given as soon as one frame shows the trouble.
"""

from exam.vision.observation import Observation
from exam.vision.thresholds import YUNET, at

CODES = (
    "covered",
    "too-dark",
    "too-bright",
    "blurred",
    "no-face",
    "several-faces",
    "too-far",
    "too-near",
    "off-centre",
    "no-model",
)
"""All of them; the most urgent first, which is also the order in which they are given."""


def advise(seen: Observation) -> tuple[str, ...]:
    """The codes that fit an observation, the most urgent first; none when the picture is good.

    A covered camera hides everything else. `no-model` says that faces are only looked for roughly (or not at all), so
    that nobody takes missing advice for praise.
    """
    quality = seen.quality
    rough = () if seen.detector == YUNET else ("no-model",)
    if quality.covered.found is True:
        return ("covered", *rough)
    light = {"too-dark": quality.dark.found, "too-bright": quality.overexposed.found, "blurred": quality.blurred.found}
    found = [code for code, present in light.items() if present is True]
    return tuple(sorted([*found, *_faces(seen), *rough], key=CODES.index))


def _faces(seen: Observation) -> list[str]:
    if seen.faces == "none":
        return ["no-face"]
    if seen.faces == "several":
        return ["several-faces"]
    return _place(seen.box, seen.whole) if seen.faces == "one" and seen.box is not None else []


def _place(box: tuple[float, float, float, float], whole: bool | None) -> list[str]:
    left, top, width, height = box
    found = []
    if height < at("face-small"):
        found.append("too-far")
    elif height > at("face-large"):
        found.append("too-near")
    if whole is False or max(abs(left + width / 2 - 0.5), abs(top + height / 2 - 0.5)) > at("off-centre"):
        found.append("off-centre")
    return found
