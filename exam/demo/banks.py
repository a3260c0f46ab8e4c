"""The demo's banks and papers, put in by their item writers and published by their reviewers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from exam.accounts.access import Caller
from exam.demo import content
from exam.demo.world import World
from exam.itembank import service_publish
from exam.itembank.exchange.json_form import read_folder
from exam.itembank.exchange.transfer import import_book
from exam.itembank.models import Bank
from exam.itembank.service_banks import bank_by_code

# Who writes and who publishes at which institution, which banks it has and which papers are drawn from them. A seed
# stands for the draw of a blueprint: two seeds, two papers.
LIBRARIES: Mapping[str, Mapping[str, Any]] = {
    "CZ-DEMO": {
        "writer": "writer1",
        "reviewer": "reviewer1",
        "banks": ("QS-F2F", "QS-WEB"),
        "papers": (
            ("QS-F2F-A", "QS-F2F-A", "A 卷", ""),
            ("QS-F2F-B", "QS-F2F-B", "B 卷", ""),
            ("QS-WEB-1", "QS-WEB-1", "在线试卷一", "demo-1"),
            ("QS-WEB-1", "QS-WEB-2", "在线试卷二", "demo-2"),
            ("QS-WEB-P", "QS-WEB-P", "练习卷", ""),
        ),
    },
    "JN-DEMO": {
        "writer": "writer1b",
        "reviewer": "reviewer1b",
        "banks": ("QS-WEB",),
        "papers": (
            ("QS-WEB-1", "QS-WEB-1", "在线试卷一", "demo-1"),
            ("QS-WEB-1", "QS-WEB-2", "在线试卷二", "demo-2"),
            ("QS-WEB-P", "QS-WEB-P", "练习卷", ""),
        ),
    },
}
REVIEW_TAKES = timedelta(days=3)


def add_library(world: World, institution: str, at: datetime) -> None:
    """The banks of an institution at `at`, its papers published some days later."""
    library = LIBRARIES[institution]
    writer = world.who(library["writer"])
    banks = {code: add_bank(world, writer, code, at) for code in library["banks"]}
    for definition, code, name, seed in library["papers"]:
        given = content.paper(definition)
        bank = banks[given["bank"]]
        title = f"{bank.title} {name}"
        paper = service_publish.paper_from_definition(
            world.db, writer, bank.id or 0, {**given, "code": code, "title": title, "seed": seed}, at
        )
        world.at(at + REVIEW_TAKES, _publishing(library["reviewer"], paper.id or 0))


def _publishing(reviewer: str, paper_id: int) -> Any:
    def publish(world: World, at: datetime) -> None:
        service_publish.publish(world.db, world.who(reviewer), paper_id, at)

    return publish


def add_bank(world: World, writer: Caller, code: str, at: datetime) -> Bank:
    """One bank with its chapters, knowledge points and items, all ready for papers."""
    book = read_folder(content.FOLDER / code)
    report = import_book(world.db, writer, book, code, at)
    if not report.written:
        raise RuntimeError(f"the demo's bank {code} has problems: {report.problems[:3]}")
    return bank_by_code(world.db, writer.institution_id, code)
