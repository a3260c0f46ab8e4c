"""`exam frames`: lines of JSON, what is no frame, incidents of a row of frames, figures beside the bare loop."""

import json

import pytest
from typer.testing import CliRunner

from exam.cli import app
from tests.vision.making import LABELS, MODEL, jpeg, needs_frames, needs_model, plain, room, sequence


@pytest.fixture(autouse=True)
def no_model_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("EXAM_FACE_MODEL", raising=False)
    monkeypatch.setenv("EXAM_DATA_DIR", str(tmp_path / "data"))


def frames(*arguments):
    return CliRunner().invoke(app, ["frames", *map(str, arguments)])


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def write(folder, names, content):
    for name, data in zip(names, content, strict=True):
        (folder / name).write_bytes(data)


def test_a_line_a_frame_a_folder_in_name_order_and_what_is_no_frame_is_said(tmp_path) -> None:
    write(tmp_path, ["b.jpg", "a.jpg", "c.png", "d.txt"], [jpeg(room()), jpeg(plain(0)), b"\x89PNG\r\n\x1a\n", b"text"])
    result = frames("analyse", tmp_path, tmp_path / "none.jpg", "--json")
    found = lines(result)
    assert result.exit_code == 1
    assert [line["file"].rsplit("/", 1)[-1] for line in found] == ["a.jpg", "b.jpg", "c.png", "none.jpg"]
    assert [line.get("error") for line in found] == [None, None, "frame-not-jpeg", "file-unreadable"]
    assert found[0]["quality"]["covered"]["found"] == "present" and found[0]["advice"] == ["covered", "no-model"]
    assert (found[1]["faces"], found[1]["detector"], found[1]["yaw"]) == ("unknown", "haar/1", None)


def test_a_file_too_large_says_how_large_it_may_be(tmp_path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(room()) + bytes(300_000))
    [line] = lines(frames("analyse", tmp_path / "a.jpg", "--json"))
    assert (line["error"], line["most"]) == ("frame-too-large", 256)


@pytest.mark.parametrize("arguments", [["analyse", "."], ["bench", "."], ["analyse", "x.jpg", "--model", "none.onnx"]])
def test_what_can_not_be_begun_ends_with_a_sentence(tmp_path, monkeypatch, arguments) -> None:
    monkeypatch.chdir(tmp_path)
    result = frames(*arguments)
    assert result.exit_code == 2 and result.stderr.strip()


def test_covered_frames_in_a_row_are_an_incident_at_the_interval_that_is_named(tmp_path) -> None:
    write(tmp_path, [f"{n}.jpg" for n in range(6)], [jpeg(plain(0) if n in (2, 3) else room()) for n in range(6)])
    result = frames("analyse", tmp_path, "--sequence", "--interval", "10", "--json")
    assert result.exit_code == 0
    *each, last = lines(result)
    assert len(each) == 6
    assert (last["frames"], last["interval"], last["baseline"]) == (6, 10.0, 0)
    [incident] = last["incidents"]
    assert (incident["kind"], incident["began"], incident["ended"], incident["hits"]) == ("covered", 20.0, 30.0, 2)
    assert incident["first"].endswith("2.jpg") and incident["last"].endswith("3.jpg")
    assert incident["detector"] == "pixels/1"


def test_people_can_read_it_too(tmp_path) -> None:
    write(tmp_path, [f"{n}.jpg" for n in range(3)], [jpeg(plain(0))] * 3)
    result = frames("analyse", tmp_path, "--sequence")
    assert "0.jpg: unknown" in result.stdout
    assert "covered: 0 s to 6 s, 3 of 3 frames" in result.stdout


@needs_frames
@pytest.mark.parametrize(
    ("name", "kinds"),
    [("live_a", []), ("frozen_reencoded", ["frozen"]), ("loop_a", ["loop"]), ("swap", ["other-person"])],
)
def test_labelled_sequences(tmp_path, name, kinds) -> None:
    content = sequence(name)
    write(tmp_path, [f"{n:02}.jpg" for n in range(len(content))], content)
    result = frames("analyse", tmp_path, "--sequence", "--model", MODEL, "--json")
    last = lines(result)[-1]
    assert [incident["kind"] for incident in last["incidents"]] == kinds
    assert last["baseline"] == 3


@needs_frames
def test_single_frames_have_angles_from_an_average_head() -> None:
    [line] = lines(frames("analyse", LABELS.parent / "frames/f197.jpg", "--model", MODEL, "--json"))
    assert (line["faces"], line["count"], line["angles_from"]) == ("one", 1, "average head")
    assert abs(line["yaw"]) > 30 and line["scores"]["face"] > 0.9


@needs_model
def test_the_bench_measures_the_whole_beside_the_bare_loop(tmp_path) -> None:
    write(tmp_path, ["a.jpg", "b.jpg", "c.jpg"], [jpeg(room()), jpeg(room(2)), b"no frame"])
    result = frames("bench", tmp_path, "--seconds", "0.2", "--model", MODEL, "--json")
    figures = json.loads(result.stdout)
    assert figures["different"] == 2 and figures["detector"] == "yunet-320/1"
    names = ("observe_fps", "decode_fps", "encode_fps", "detect_fps", "bare_fps", "stored_fps", "of_bare")
    assert all(figures[name] > 0 for name in names)


def test_without_a_model_the_bench_has_no_bare_loop(tmp_path) -> None:
    write(tmp_path, ["a.jpg"], [jpeg(room())])
    figures = json.loads(frames("bench", tmp_path, "--seconds", "0.1", "--json").stdout)
    assert (figures["detector"], figures["of_bare"]) == ("haar/1", None)


def test_a_table_of_labels_is_held_against_what_is_seen(tmp_path) -> None:
    write(tmp_path, ["a.jpg", "b.jpg"], [jpeg(room()), jpeg(plain(0))])
    labels = tmp_path / "labels.csv"
    labels.write_text("file,faces,kind,ambiguous,conditions\na.jpg,0,original,0,\nb.jpg,0,synthetic,0,covered black\n")
    figures = json.loads(frames("score", labels, "--rough", "--json").stdout)
    assert figures["groups"]["original"] == {"frames": 1, "right": 0, "share": 0.0, "unknown": 1}
    assert figures["covered"] == {"frames": 1, "found": 1, "others_found": 0}
    labels.write_text("name,count\n")
    assert frames("score", labels).exit_code == 2
