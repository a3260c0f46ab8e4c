"""What the documents name is there: commands with their options, files, routes."""

import re
from pathlib import Path

import click
import pytest
import typer

from exam.app import all_routes
from exam.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
# Folders in which a path may be named by its end: `accounts/throttle.py` is `exam/accounts/throttle.py`.
BASES = (ROOT, ROOT / "exam", ROOT / "docs", ROOT / "tests", ROOT / "exam" / "static", ROOT / "exam" / "locale")
PATH = re.compile(r"`([\w./-]+/[\w.-]*\.(?:py|md|js|json|svg|html)|[\w-]+(?:/[\w-]+)*/)`")
LINK = re.compile(r"\]\((?!https?:|picture:|#)([^)#]+)\)")
DECISION = re.compile(r"`decisions/(\d{4})")
# Of the data folder or the wheel, not of the tree.
ELSEWHERE = {"objects/", "private/", "imports/", "evidence-keys/", "exam/templates/"}


def commands() -> dict[str, click.Command]:
    """Every command by its words."""
    found: dict[str, click.Command] = {}

    def walk(name: str, command: click.Command) -> None:
        found[name] = command
        for inner, each in getattr(command, "commands", {}).items():
            walk(f"{name} {inner}", each)

    walk("exam", typer.main.get_command(app))
    return found


COMMANDS = commands()
NAMED = [
    (page, line.strip())
    for page, text in TEXTS.items()
    for line in re.findall(r"(?:`|^)(exam [a-z][^`\n]*)", text, re.MULTILINE)
]


def test_documents_name_commands():
    assert len(NAMED) > 15


@pytest.mark.parametrize(("document", "line"), NAMED)
def test_a_named_command_is_there(document: str, line: str):
    words = line.partition("  ")[0].split()  # what follows two spaces is an explanation
    names = ["exam"]
    for word in words[1:]:
        if not re.fullmatch(r"[a-z|]+", word):
            break
        names = [f"{name} {part}" for name in names for part in word.split("|") if part]
    for name in names:
        assert name in COMMANDS, f"{document}: {line}"
    options = {option for name in names for each in COMMANDS[name].params for option in each.opts}
    assert set(re.findall(r"--[a-z-]+", " ".join(words))) <= options, f"{document}: {line}"


@pytest.mark.parametrize("document", TEXTS)
def test_named_files_are_there(document: str):
    text = TEXTS[document]
    named = {path for path in PATH.findall(text) if path not in ELSEWHERE and "<" not in path}
    missing = [path for path in named if not any((base / path).exists() for base in BASES)]
    missing += [link for link in LINK.findall(text) if not ((ROOT / document).parent / link).exists()]
    missing += [number for number in DECISION.findall(text) if not list((ROOT / "docs/decisions").glob(f"{number}-*"))]
    assert missing == []


def test_named_addresses_are_routes():
    routes = {re.sub(r"\{\w+(?::\w+)?\}", "{}", route.path) for route in all_routes() if hasattr(route, "path")}
    named = re.findall(r"`(?:GET|POST) (/[\w/{}.-]*)", TEXTS["docs/api.md"] + TEXTS["docs/access.md"])
    assert len(named) > 8
    assert [path for path in named if re.sub(r"\{\w+\}", "{}", path) not in routes] == []
