"""The key that signs evidence (Ed25519). It lies outside the database: who can write there can't sign.

It comes from `EXAM_EVIDENCE_KEY`, or from a file in the data folder that is made once. The public half of every key
that was ever used is kept beside it, so that old signatures can still be checked after a new key was put in place.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exam.settings import Settings

FOLDER = "evidence-keys"
FILE = "signing.pem"
MOST_BYTES = 10_000
_HEX = re.compile(r"[0-9a-f]{64}")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----[^-]{1,400}-----END PUBLIC KEY-----")


@dataclass(frozen=True)
class Keys:
    """The signing key, and the public keys (32 bytes) of all that were used here, by id. Printing shows no key."""

    own: Ed25519PrivateKey = field(repr=False)
    known: dict[str, bytes]

    @property
    def public(self) -> bytes:
        """The public half of the signing key, 32 bytes."""
        return self.own.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """The id of the signing key."""
        return key_id(self.public)

    def sign(self, statement: bytes) -> str:
        """The signature over a statement, 128 hex digits."""
        return self.own.sign(statement).hex()


def key_id(public: bytes) -> str:
    """SHA-256 of a public key's 32 bytes (64 hex digits): what people compare."""
    return hashlib.sha256(public).hexdigest()


def verify(public: bytes, signature: str, statement: bytes) -> bool:
    """Whether the signature (hex) over the statement was made with the private half of `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), statement)
    except (ValueError, InvalidSignature):
        return False
    return True


def load(settings: Settings) -> Keys:
    """The key of the settings, or the data folder's own (made once, mode 600). Raises ValueError for one that is none.

    Nothing but the public half is written for a key of the settings."""
    folder = settings.data_dir / FOLDER
    given = settings.evidence_key.get_secret_value().strip()
    if given:
        own = read_private(given, "EXAM_EVIDENCE_KEY")
    else:
        path = folder / FILE
        if not path.exists():
            _make(path)
        own = read_private(path.read_text(), str(path))
    return Keys(own, _remember(folder, own.public_key()))


def of(state: Any) -> Keys:
    """The keys of an app (`app.state`), read once."""
    found: Keys | None = getattr(state, "evidence_keys", None)
    if found is None:
        found = state.evidence_keys = load(state.settings)
    return found


def read_private(text: str, where: str) -> Ed25519PrivateKey:
    """A private key from PEM (PKCS #8, no passphrase) or 64 hex digits. Raises ValueError naming `where` it stood."""
    text = text.strip()
    if _HEX.fullmatch(text.lower()):
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    try:
        key = serialization.load_pem_private_key(text.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{where} is no Ed25519 private key (PEM, or 64 hex digits)")
    return key


def read_public(text: str) -> list[bytes]:
    """The public keys in a text: PEM, as many as there are, or one of 64 hex digits. Raises ValueError for none."""
    if _HEX.fullmatch(text.strip().lower()):
        return [bytes.fromhex(text.strip())]
    found = []
    for block in _PEM.findall(text[:MOST_BYTES]):
        try:
            key = serialization.load_pem_public_key(block.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("not an Ed25519 public key")
        found.append(key.public_bytes_raw())
    if not found:
        raise ValueError("no public key (PEM, or 64 hex digits)")
    return found


def pem(public: bytes) -> str:
    """A public key as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def published(keys: Keys) -> str:
    """What is told to everybody: the public keys as PEM with their ids, the one in use first."""
    order = [keys.key_id, *sorted(set(keys.known) - {keys.key_id})]
    return "".join(f"key id (SHA-256): {each}\n{pem(keys.known[each])}\n" for each in order)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    made = Ed25519PrivateKey.generate().private_bytes(serialization.Encoding.PEM, form, none)
    fresh = path.with_name(f"{FILE}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):  # of two processes that come at once one makes the key, never half of it
            os.link(fresh, path)
    finally:
        fresh.unlink()


def _remember(folder: Path, public: Ed25519PublicKey) -> dict[str, bytes]:
    raw = public.public_bytes_raw()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key_id(raw)}.pub"
    if not path.exists():
        path.write_text(pem(raw))
    known = {key_id(raw): raw}
    for each in sorted(folder.glob("*.pub")):
        for one in read_public(each.read_text()):
            known[key_id(one)] = one
    return known
