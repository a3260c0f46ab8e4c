"""`exam score` and `exam results`."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from exam.core import i18n
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.grading import cli, jobs
from exam.settings import Settings
from tests.grading.build import NOW, Built, essay, multiple, sat, single
from tests.itembank.samples import RIGHT

Make = Callable[..., Built]
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """`run("score", …, input=…)` → the command's result, on the test's data folder."""
    app = typer.Typer()
    app.command()(cli.score)
    app.command()(cli.results)
    monkeypatch.setenv("EXAM_DATA_DIR", str(settings.data_dir))
    yield lambda *arguments, **more: CliRunner().invoke(app, list(arguments), **more)
    i18n.current_locale.set("zh")


def lines(*given: Any) -> bytes:
    return b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in given)


def item(made: tuple[str, dict[str, Any]], marks: Any = "2") -> dict[str, Any]:
    return {"kind": made[0], "content": made[1], "marks": marks}


def test_every_kind_is_scored(run: Callable[..., Any]) -> None:
    given = [
        {"item": {"kind": kind, "content": content, "marks": "3.5"}, "response": response}
        for kind, (content, response) in RIGHT.items()
    ]
    result = run("score", "-", "--json", input=lines(*given))
    assert result.exit_code == 0
    scored = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["out_of"] for each in scored] == ["3.50"] * len(given)
    for kind, each in zip(RIGHT, scored, strict=True):
        written = kind in ("short-answer", "essay")
        assert (each["marks"], each["verdict"]) == (("0.00", "needs-marking") if written else ("3.50", "correct"))
        assert set(each) == {"marks", "out_of", "verdict", "reasons", "parts"}


def test_bad_lines_are_named_and_the_others_go_on(run: Callable[..., Any]) -> None:
    good = {"item": item(multiple()), "response": {"choices": ["aa"]}}
    bad: list[Any] = [
        b"{",
        {"item": item(single())},
        {"item": item(single(), 2.5), "response": None},
        {"item": item(single(), "1.005"), "response": None},
        {"item": item(single(), "-1"), "response": None},
        {"item": {"kind": "riddle", "content": {}}, "response": None},
        {"item": {"kind": "single-choice", "content": {"stem": "?"}}, "response": None},
        {"item": item(single()), "response": {"choice": "zz"}},
        b"[]",
    ]
    result = run("score", "-", "--json", input=lines(good, b"", *bad, good))
    assert result.exit_code == 1
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each.get("line") for each in out] == [None, *range(3, 3 + len(bad)), None]
    assert all(each["error"] for each in out[1:-1])
    assert (out[0]["marks"], out[-1]["marks"]) == ("1.00", "1.00")
    assert len([line for line in result.stderr.splitlines() if line.startswith("line ")]) == len(bad)


def test_a_file_and_plain_text(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines({"item": item(single()), "response": {"choice": "aa"}}))
    result = run("score", str(file))
    assert (result.exit_code, result.stdout) == (0, "1: 2.00 / 2.00 correct\n")
    assert run("score", str(tmp_path / "none.jsonl")).exit_code == 2


def test_the_documented_line_gives_the_documented_score(run: Callable[..., Any]) -> None:
    section = DOCS.read_text(encoding="utf-8").split("## Scoring format")[1].split("\n## ")[0]
    line, score = (block.split("```")[0].strip() for block in section.split("```json\n")[1:3])
    result = run("score", "-", "--json", input=line.encode())
    assert json.loads(result.stdout) == json.loads(score)


@pytest.fixture
def exam(database: Database, built: Make) -> Built:
    made = built([single(), essay()], cut="2", code="QS-9")
    for answers in ([{"choice": "aa"}], [{"choice": "bb"}], [{"choice": "aa"}, {"text": "作答"}]):
        sat(database, made, answers)
    jobs.grade_pending(database, FrozenClock(NOW))
    return made


def test_results_of_an_exam(run: Callable[..., Any], exam: Built) -> None:
    rows = json.loads(run("results", "--exam", "QS-9", "--json").stdout)
    assert [(row["status"], row["marks"], row["passed"]) for row in rows] == [
        ("released", "2.00", True),
        ("released", "0.00", False),
        ("marking", None, None),
    ]
    assert all("*" in row["id_number"] for row in rows)
    since = run("results", "--exam", "QS-9", "--since", "2026-11-06T12:00:00+08:00", "--json")
    assert len(json.loads(since.stdout)) == 2
    assert json.loads(run("results", "--exam", "QS-9", "--since", "2027-01-01T00:00:00Z", "--json").stdout) == []
    printed = run("results", "--exam", "QS-9", "--csv").stdout_bytes.decode("utf-8-sig")
    assert [row[10] for row in csv.reader(io.StringIO(printed))] == ["结果", "合格", "不合格", "待阅卷"]
    assert "2.00 / 4.00" in run("results", "--exam", "QS-9").stdout


def test_results_need_an_exam_that_is_there(run: Callable[..., Any], exam: Built, built: Make) -> None:
    assert run("results", "--exam", "NONE").exit_code == 2
    assert run("results", "--exam", "QS-9", "--since", "tomorrow").exit_code == 2
    other = built([single()], cut="2", code="QS-9")
    both = run("results", "--exam", "QS-9", "--json")
    assert both.exit_code == 2
    with other.db as db:
        from exam.accounts.models import Institution

        code = db.get_one(Institution, other.institution_id).code
    assert run("results", "--exam", "QS-9", "--institution", code, "--json").exit_code == 0
