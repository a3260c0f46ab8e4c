"""The check of a bank as data and as a command."""

import contextvars
import json
from pathlib import Path

import pytest
from sqlmodel import SQLModel
from typer.testing import CliRunner

from exam.core.db import Database
from exam.itembank.check import check_bank
from exam.itembank.cli import app
from exam.itembank.exchange.template import template_workbook
from exam.itembank.exchange.transfer import import_book, read_path
from tests.itembank import banks
from tests.itembank.banks import NOW

DEMO = Path(__file__).parents[2] / "exam" / "demo" / "content"


def test_the_check_names_what_is_missing(db):
    who = banks.institution(db)
    made = banks.bank(db, who, delivery="online", chapters=1)
    for number in range(9):
        banks.item(db, who, made, f"S{number}", kind=("single-choice", "true-false")[number % 2], stem=f"题 {number}")
    banks.item(db, who, made, "X", kind="essay")
    result = check_bank(db, made, NOW)
    assert (result["met"], result["items"]) == (False, 10)
    assert [(each["code"], each["subject"], each["items"]) for each in result["missing"]] == [
        ("chapter-items", "1", []),
        ("kinds-allowed", "1", ["X"]),
        ("papers", "", []),
    ]
    assert result["missing"][1]["message"] == "第 1 章：不允许的题型 论述题：X"
    face = check_bank(db, made, NOW, "face-to-face")
    assert [each["code"] for each in face["missing"]] == ["papers"]
    json.dumps(result)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The commands on a fresh database with one institution."""
    monkeypatch.setenv("EXAM_DATA_DIR", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'exam.sqlite3'}")
    SQLModel.metadata.create_all(database.write_engine)
    with database.transaction() as db:
        banks.institution(db, "CZ")
    database.close()
    runner = CliRunner()
    # In a context of its own: a command speaks English, the tests after it don't.
    return lambda *arguments: contextvars.copy_context().run(runner.invoke, app, list(map(str, arguments)))


def test_import_export_and_check_on_the_command_line(command, tmp_path):
    result = command("import", DEMO / "QS-WEB", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert (report["written"], report["problems"]) == (True, [])
    count = report["new"]
    assert count >= 30
    again = json.loads(command("import", DEMO / "QS-WEB", "--json").output)
    assert (again["unchanged"], again["new"]) == (count, 0)
    for name in ("bank.xlsx", "bank.json"):
        assert command("export", tmp_path / name, "--bank", "QS-WEB").exit_code == 0
        same = json.loads(command("import", tmp_path / name, "--bank", "QS-WEB", "--dry-run", "--json").output)
        assert (same["unchanged"], same["written"]) == (count, False)
    checked = command("check", "--bank", "QS-WEB", "--for", "online", "--json")
    assert checked.exit_code == 1
    assert [each["code"] for each in json.loads(checked.output)["missing"]] == ["papers"]
    plain = command("check", "--bank", "QS-WEB")
    assert "MISSING 0 of 1 papers" in plain.output
    assert command("check", "--bank", "NONE").exit_code == 2
    assert command("check", "--bank", "QS-WEB", "--for", "mail").exit_code == 2
    assert command("export", tmp_path / "bank.txt", "--bank", "QS-WEB").exit_code == 2


def test_a_workbook_makes_its_bank_when_told_to(command, tmp_path):
    file = tmp_path / "template.xlsx"
    file.write_bytes(template_workbook())
    assert command("import", file, "--bank", "NEW").exit_code == 2
    made = command("import", file, "--bank", "NEW", "--create", "online", "--title", "新题库", "--json")
    assert (made.exit_code, json.loads(made.output)["new"]) == (0, 8)
    missing = json.loads(command("check", "--bank", "NEW", "--json").output)["missing"]
    assert [each["code"] for each in missing] == ["chapter-items", "kinds-allowed", "papers"]


def test_a_bad_file_writes_nothing_and_ends_with_status_1(command, tmp_path):
    bad = tmp_path / "bad.json"
    document = {"bank": {"code": "N", "title": "新", "delivery": "online"}, "items": [{"code": "A", "kind": "essay"}]}
    bad.write_text(json.dumps(document))
    result = command("import", bad, "--json")
    assert result.exit_code == 1
    assert [each["column"] for each in json.loads(result.output)["problems"]][:1] == ["chapter"]
    assert command("check", "--bank", "N").exit_code == 2


def test_the_demo_content_meets_the_rules(db):
    who = banks.institution(db)
    from exam.itembank import service

    papers = json.loads((DEMO / "papers.json").read_text("utf-8"))["papers"]
    for code in ("QS-F2F", "QS-WEB"):
        assert import_book(db, who, read_path(DEMO / code), "", NOW).problems == ()
        made = service.bank_by_code(db, who.institution_id, code)
        for paper in papers:
            if paper["bank"] == code:
                published = service.paper_from_definition(db, who, made.id or 0, paper, NOW)
                service.publish(db, who, published.id or 0, NOW)
        assert check_bank(db, made, NOW)["missing"] == []
