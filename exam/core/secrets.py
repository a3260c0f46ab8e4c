"""The deployment's secret, and the keys derived from it, one a purpose."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from exam.settings import Settings

MIN_LENGTH = 32


def load_secret(settings: Settings) -> bytes:
    """The secret from `EXAM_SECRET_KEY`, or the one kept in the data folder (made once, mode 600)."""
    given = settings.secret_key.get_secret_value()
    if given:
        if len(given) < MIN_LENGTH:
            raise ValueError(f"EXAM_SECRET_KEY needs at least {MIN_LENGTH} characters")
        return given.encode()
    path: Path = settings.data_dir / "secret.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip().encode()


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose, so that a token of one kind is worth nothing as another."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
