"""How many frames a core looks at, beside the bare loop of decoding and looking for faces, measured in the same run."""

import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exam.proctor.camera.report import AVERAGE_HEAD
from exam.vision import bare
from exam.vision.frames import clean_frame, decode_frame
from exam.vision.observe import Observer


def run(frames: Sequence[bytes], model: Path | None, seconds: float) -> dict[str, Any]:
    """Look at the frames over and over for so many seconds; figures are frames a second of one core's time.

    Every frame goes through every part before the next one comes, in turning order, so that a busy machine slows all
    parts alike. Raises `ValueError` without frames.
    """
    if not frames:
        raise ValueError("no frames")
    observer = Observer(model)
    parts = _parts(observer, model)
    names = list(parts)
    spent = dict.fromkeys(names, 0.0)
    for frame in frames[:5]:  # loads what is only loaded once
        for part in parts.values():
            part(frame)
    until, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < until or not rounds:
        frame = frames[rounds % len(frames)]
        for turn in range(len(names)):
            name = names[(turn + rounds) % len(names)]
            spent[name] += parts[name](frame)
        rounds += 1
    return _figures(spent, rounds, len(frames), observer)


def _parts(observer: Observer, model: Path | None) -> dict[str, Callable[[bytes], float]]:
    """Each part takes a frame's bytes and gives the seconds of processor time it took."""
    bare_detector = bare.detector(model) if model is not None else None

    def observe(data: bytes) -> float:
        began = time.thread_time()
        observer.look(decode_frame(data), AVERAGE_HEAD)
        return time.thread_time() - began

    def decode(data: bytes) -> float:
        began = time.thread_time()
        bare.decode(data)
        return time.thread_time() - began

    def encode(data: bytes) -> float:
        pixels = decode_frame(data)
        began = time.thread_time()
        clean_frame(pixels)
        return time.thread_time() - began

    parts: dict[str, Callable[[bytes], float]] = {"observe": observe, "decode": decode, "encode": encode}
    if bare_detector is not None:
        found = bare_detector

        def detect(data: bytes) -> float:
            small = bare.shrink(bare.decode(data))
            began = time.thread_time()
            found(small)
            return time.thread_time() - began

        def loop(data: bytes) -> float:
            began = time.thread_time()
            found(bare.shrink(bare.decode(data)))
            return time.thread_time() - began

        parts |= {"detect": detect, "bare": loop}
    return parts


def _figures(spent: dict[str, float], rounds: int, different: int, observer: Observer) -> dict[str, Any]:
    rates = {f"{name}_fps": round(rounds / took, 1) for name, took in spent.items()}
    bare_time = spent.get("bare")
    return {
        "frames": rounds,
        "different": different,
        "detector": observer.detector,
        **rates,
        "stored_fps": round(rounds / (spent["observe"] + spent["encode"]), 1),
        "of_bare": None if bare_time is None else round(bare_time / spent["observe"], 3),
        "unit": "frames a second of one core's processor time",
        "opencv": bare.VERSION,
        "python": platform.python_version(),
    }
