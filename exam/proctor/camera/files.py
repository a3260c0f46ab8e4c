"""Pictures on disk as frames: which files a path stands for, and their bytes, never more than a frame may have."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from exam.vision.frames import MOST_BYTES

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"})
"""What a folder's pictures are called; those that are no JPEG are refused one by one, visibly."""


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of the paths in order; a folder stands for its pictures (not those of folders inside) by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS and file.is_file())
        else:
            yield path


def read(path: Path) -> bytes:
    """A file's bytes, one more than a frame may have at most. Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
