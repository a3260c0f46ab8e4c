"""Where the face detector's model file is, what it is, and where its publisher keeps it."""

import hashlib
from pathlib import Path

FILE_NAME = "yunet_n_320_320.onnx"
FOLDER = "models"
SHA256 = "81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2"
MOST_BYTES = 4 * 1024 * 1024
"""The file has about a third of a megabyte; whatever is sent beyond this is not it."""


def place(data_dir: Path) -> Path:
    """Where `exam models install` puts the file."""
    return data_dir / FOLDER / FILE_NAME


def find_model(settings_path: Path | None, data_dir: Path) -> Path | None:
    """The model file to use: the one that is named, else the one in the data folder, else None (degraded mode).

    A named file that is not there is not silently replaced by another: None.
    """
    found = settings_path if settings_path is not None else place(data_dir)
    return found if found.is_file() else None


def is_known(path: Path) -> bool:
    """Whether a file is, byte for byte, the model everything was measured with."""
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
