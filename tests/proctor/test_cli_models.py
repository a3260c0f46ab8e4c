"""`exam models`: the file that is expected or none, whole or not at all, and a sentence that says what to do."""

import hashlib
import json
from urllib.error import URLError

import pytest
from typer.testing import CliRunner

from exam.cli import app
from exam.proctor.camera import cli_models
from exam.vision.model import MOST_BYTES, place
from tests.vision.making import MODEL, needs_model

CONTENT = b"a model"


@pytest.fixture(autouse=True)
def data_dir(monkeypatch, tmp_path):
    monkeypatch.delenv("EXAM_FACE_MODEL", raising=False)
    monkeypatch.setenv("EXAM_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def expected(monkeypatch):
    monkeypatch.setattr(cli_models, "SHA256", hashlib.sha256(CONTENT).hexdigest())


def models(*arguments):
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def test_a_file_is_taken_when_it_is_the_expected_one(tmp_path, data_dir, expected) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    result = models("install", "--from", tmp_path / "file")
    assert result.exit_code == 0
    assert place(data_dir).read_bytes() == CONTENT
    assert [path.name for path in place(data_dir).parent.iterdir()] == [place(data_dir).name]


@pytest.mark.parametrize("content", [b"", b"another model", CONTENT + b"\x00", bytes(MOST_BYTES + 1)])
def test_another_file_is_refused_and_what_was_there_stays(tmp_path, data_dir, expected, content) -> None:
    place(data_dir).parent.mkdir(parents=True)
    place(data_dir).write_bytes(b"what was there")
    (tmp_path / "file").write_bytes(content)
    result = models("install", "--from", tmp_path / "file")
    assert result.exit_code == 2
    assert "EXAM_FACE_MODEL" in result.stderr and "models install --from FILE" in result.stderr
    assert place(data_dir).read_bytes() == b"what was there"
    assert len(list(place(data_dir).parent.iterdir())) == 1


def test_without_a_line_to_the_publisher_it_says_what_to_do(data_dir, monkeypatch) -> None:
    asked = []

    def no_line(address, timeout):
        asked.append((address, timeout))
        raise URLError("no line")

    monkeypatch.setattr(cli_models.urllib.request, "urlopen", no_line)
    result = models("install")
    assert result.exit_code == 2
    assert "can't be reached: no line" in result.stderr and str(place(data_dir)) in result.stderr
    assert asked == [(cli_models.PUBLISHER, cli_models.SECONDS)]
    assert not place(data_dir).exists()


@pytest.mark.parametrize("source", ["http://example.org/model.onnx", "ftp://example.org/m", "file:///etc/passwd"])
def test_only_https_addresses_are_fetched(source, monkeypatch) -> None:
    monkeypatch.setattr(cli_models.urllib.request, "urlopen", lambda *_, **__: pytest.fail("fetched"))
    result = models("install", "--from", source)
    assert result.exit_code == 2 and "only https" in result.stderr


def test_an_answer_without_end_is_read_no_further_than_a_model_goes(monkeypatch) -> None:
    class Endless:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def read(self, most):
            assert most == MOST_BYTES + 1
            return bytes(most)

    monkeypatch.setattr(cli_models.urllib.request, "urlopen", lambda *_, **__: Endless())
    result = models("install", "--from", "https://example.org/model.onnx")
    assert result.exit_code == 2 and "larger than" in result.stderr


def test_a_write_that_fails_leaves_nothing_behind(data_dir, monkeypatch) -> None:
    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(cli_models.os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        cli_models.write(place(data_dir), CONTENT)
    assert list(place(data_dir).parent.iterdir()) == []


def test_without_a_model_the_list_says_that_the_mode_is_degraded(data_dir) -> None:
    found = json.loads(models("list", "--json").stdout)
    assert (found["path"], found["mode"], found["degraded"]) == (None, "haar/1", True)
    said = models("list").stdout
    assert str(place(data_dir)) in said.replace("\n", "") and "degraded" in said


def test_a_damaged_model_is_listed_as_another_file_and_serves_nobody(data_dir) -> None:
    place(data_dir).parent.mkdir(parents=True)
    place(data_dir).write_bytes(CONTENT)
    found = json.loads(models("list", "--json").stdout)
    assert (found["as_expected"], found["mode"]) == (False, "haar/1")
    assert "another file" in models("list").stdout


@needs_model
def test_the_real_model_is_installed_and_listed(data_dir) -> None:
    assert models("install", "--from", MODEL).exit_code == 0
    found = json.loads(models("list", "--json").stdout)
    assert (found["path"], found["as_expected"], found["mode"]) == (str(place(data_dir)), True, "yunet-320/1")
    assert found["from"] == "data folder" and not found["degraded"]


@needs_model
def test_a_model_that_the_settings_name_comes_first(monkeypatch) -> None:
    monkeypatch.setenv("EXAM_FACE_MODEL", str(MODEL))
    found = json.loads(models("list", "--json").stdout)
    assert (found["path"], found["from"], found["mode"]) == (str(MODEL), "EXAM_FACE_MODEL", "yunet-320/1")
