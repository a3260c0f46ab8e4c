"""A bank with everything in it, people of its institution, and a browser's way with the editor's form."""

import re
from html import unescape
from typing import Any

from exam.accounts.permissions import Role
from exam.core.db import Database
from exam.itembank import service
from exam.itembank.actors import Operator
from tests.conftest import Client, World
from tests.itembank import banks
from tests.itembank.banks import NOW

KINDS = [
    "single-choice",
    "multiple-choice",
    "true-false",
    "fill-in-the-blank",
    "calculation",
    "case-analysis",
    "short-answer",
    "essay",
]


CONTROL = r"<input\b([^>]*)>|<textarea\b([^>]*)>\n?([^<]*)</textarea>|<select\b([^>]*)>(.*?)</select>"


class Place:
    """A bank with an item of every kind, a draft and a published paper, and clients of its institution."""

    def __init__(self, world: World, database: Database) -> None:
        self.world, self.database, self.home = world, database, world.institution()
        who = Operator(self.home)
        with database.transaction() as db:
            made = banks.bank(db, who)
            self.bank = made.id or 0
            self.items = {kind: banks.item(db, who, made, f"A{n}", kind=kind).id or 0 for n, kind in enumerate(KINDS)}
            self.papers = {}
            for code in ("DRAFT", "PUBLISHED"):
                lines = [{"code": f"A{n}", "marks": "1"} for n in range(len(KINDS))]
                paper = service.paper_from_definition(
                    db, who, self.bank, {"code": code, "title": code, "items": lines}, NOW
                )
                self.papers[code] = paper.id or 0
            blueprint = {"code": "BP", "title": "BP", "method": "blueprint", "rows": []}
            self.papers["BP"] = service.paper_from_definition(db, who, self.bank, blueprint, NOW).id or 0
            service.publish(db, who, self.papers["PUBLISHED"], NOW)

    def client(self, *roles: Role) -> Client:
        return self.world.signed_in(*roles, institution_id=self.home)

    def addresses(self) -> list[str]:
        bank, item, papers = self.bank, self.items["single-choice"], self.papers.values()
        found = ["/banks", "/banks/new", "/banks/template.xlsx", "/papers", f"/banks/{bank}", f"/banks/{bank}/items"]
        found += [f"/banks/{bank}/items/new", f"/banks/{bank}/import", f"/banks/{bank}/papers"]
        found += [f"/banks/{bank}/items/new?kind={kind}" for kind in KINDS]
        found += [f"/items/{item}{rest}" for item in self.items.values() for rest in ("", "/edit")]
        found += [f"/items/{item}/versions/1", f"/banks/{bank}/items?q=题干&kind=essay&chapter=1&page=2"]
        found += [f"/papers/{paper}{rest}" for paper in papers for rest in ("", "/proof", "/proof?key=yes")]
        return [*found, f"/papers/{self.papers['DRAFT']}/select"]


def fields(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the page's item form, without its buttons."""
    form = re.search(r'<form[^>]*id="item-form".*?</form>', page, re.S)
    assert form
    found: list[tuple[str, str]] = []
    for match in re.finditer(CONTROL, form[0], re.S):
        attributes = match[1] or match[2] or match[4] or ""
        name = re.search(r'\bname="([^"]*)"', attributes)
        if name is None:
            continue
        if match[1] is not None:
            kind = re.search(r'\btype="([^"]*)"', attributes)
            if kind and kind[1] in ("checkbox", "radio") and not re.search(r"\bchecked\b", attributes):
                continue
            value = re.search(r'\bvalue="([^"]*)"', attributes)
            found.append((unescape(name[1]), unescape(value[1]) if value else ""))
        elif match[2] is not None:
            found.append((unescape(name[1]), unescape(match[3])))
        else:
            chosen = re.search(r'<option value="([^"]*)" selected', match[5])
            found.append((unescape(name[1]), unescape(chosen[1]) if chosen else ""))
    return found


def post(client: Client, address: str, sent: list[tuple[str, str]], **headers: str) -> Any:
    body: dict[str, list[str]] = {}
    for name, value in sent:
        body.setdefault(name, []).append(value)
    return client.post(address, data=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
