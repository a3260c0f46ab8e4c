"""The key that signs evidence: made once, kept for its owner alone, read strictly, its public halves never lost."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from exam.app import create_app
from exam.proctor.evidence import keys as evidence_keys
from exam.settings import Settings

SEED = "11" * 32


def settings(folder: Path, key: str = "") -> Settings:
    return Settings(data_dir=folder, evidence_key=key)  # type: ignore[arg-type]


def private_pem(key: object) -> str:
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, none).decode()  # type: ignore[attr-defined]


def test_a_key_is_made_once_for_nobody_else_to_read(tmp_path: Path) -> None:
    first, second = (evidence_keys.load(settings(tmp_path)) for _ in range(2))
    assert first.key_id == second.key_id
    file = tmp_path / evidence_keys.FOLDER / evidence_keys.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.glob("*.pem*")] == [evidence_keys.FILE]
    assert "PRIVATE" not in repr(first) and evidence_keys.verify(first.public, first.sign(b"x"), b"x")


def test_a_key_of_the_settings_is_never_written_down(tmp_path: Path) -> None:
    made = Ed25519PrivateKey.generate()
    for text in (private_pem(made), private_pem(made).replace("\n", "\\n")):
        keys = evidence_keys.load(settings(tmp_path, text))
        assert keys.public == made.public_key().public_bytes_raw()
    assert [each.suffix for each in (tmp_path / evidence_keys.FOLDER).iterdir()] == [".pub"]


def test_the_public_half_of_an_old_key_stays(tmp_path: Path) -> None:
    old = evidence_keys.load(settings(tmp_path, SEED))
    new = evidence_keys.load(settings(tmp_path, "22" * 32))
    assert new.key_id != old.key_id and new.known[old.key_id] == old.public
    told = evidence_keys.published(new)
    assert evidence_keys.read_public(told) == [new.public, old.public], "the one in use first"
    assert "PRIVATE" not in told


@pytest.mark.parametrize(
    "text", ["nonsense", "12" * 31, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_key_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="EXAM_EVIDENCE_KEY"):
        evidence_keys.load(settings(tmp_path, text))


def test_a_key_of_another_kind_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        evidence_keys.load(settings(tmp_path, private_pem(generate_private_key(65537, 2048))))


@pytest.mark.parametrize("text", ["", "xyz", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(ValueError):
        evidence_keys.read_public(text)


@pytest.mark.parametrize(
    ("signature", "statement", "holds"),
    [("", b"x", False), ("zz", b"x", False), ("00" * 64, b"x", False), ("good", b"y", False), ("good", b"x", True)],
)
def test_a_signature_holds_for_its_statement_alone(
    tmp_path: Path, signature: str, statement: bytes, holds: bool
) -> None:
    keys = evidence_keys.load(settings(tmp_path))
    made = keys.sign(b"x") if signature == "good" else signature
    assert evidence_keys.verify(keys.public, made, statement) is holds


def test_a_site_with_a_key_that_is_none_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="EXAM_EVIDENCE_KEY"):
        create_app(settings(tmp_path, "nonsense"))
