"""`exam evidence` on the server and elsewhere: whole or nothing, and a sentence for what can't be."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from exam.cli import app
from exam.proctor.evidence import export as evidence_export
from exam.proctor.evidence import zips as evidence_zip
from exam.settings import Settings
from tests.proctor.conftest import Room
from tests.proctor.evidence_story import Story, tell


@pytest.fixture
def story(room: Room, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv("EXAM_DATA_DIR", str(settings.data_dir))
    return tell(room, settings.data_dir, step=300, signs=True)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["evidence", *map(str, words)])


def test_exported_and_verified(story: Story, tmp_path: Path) -> None:
    file = tmp_path / "e.zip"
    assert "7 pictures (0 lost)" in run("export", story.sitting, file).output
    again = run("export", story.sitting, file)
    assert again.exit_code == 2 and "there already" in again.output
    key = tmp_path / "key.pem"
    key.write_text(run("key").output)
    for given in (key, story.keys.public.hex(), story.keys.key_id):
        told = json.loads(run("verify", file, "--key", given, "--json").output)
        assert told["ok"] and told["key_given"] and told["findings"] == [] and told["pictures"] == 7
    alone = run("verify", file)
    assert alone.exit_code == 0 and story.keys.key_id in alone.output and "Compare" in alone.output
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    wrong = run("verify", file)
    assert wrong.exit_code == 1 and "WRONG" in wrong.output and "NOT what was recorded" in wrong.output


@pytest.mark.parametrize("error", [OSError("disk full"), evidence_zip.BadFile("too-large")])
def test_an_export_that_fails_leaves_nothing(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_about: Any) -> None:
        raise error

    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr(evidence_export, "export", fails)
    assert run("export", story.sitting, folder / "e.zip").exit_code != 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "9999", "{new}"), "NotFound"),
        (("verify", "nothing.zip"), "No such file"),
        (("verify", "{file}", "--key", "nonsense"), "no public key"),
    ],
)
def test_what_can_t_be_is_said(story: Story, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    there = tmp_path / "some.zip"
    there.write_bytes(b"")
    answer = run(*(word.format(file=there, new=tmp_path / "new.zip") for word in words))
    assert answer.exit_code == 2 and said in answer.output
