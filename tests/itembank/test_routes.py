"""Pages of the bank: who may see what, the editor's flow, import in two steps, papers to publication."""

import io
import re
import zipfile
from html import unescape
from typing import Any

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.db import Database
from exam.core.errors import NotFound
from exam.itembank import queries, service
from exam.itembank.actors import Operator
from exam.itembank.exchange.template import template_workbook
from exam.itembank.models import Item, ItemVersion, Paper
from exam.settings import Settings
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


@pytest.fixture
def place(world: World, database: Database) -> Place:
    return Place(world, database)


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


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_is_drawn_for_those_who_may(place: Place, locale: str):
    client = place.client(Role.ITEM_WRITER, Role.REVIEWER)
    client.cookies.set("lang", locale)
    for address in place.addresses():
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.headers["content-type"].startswith("text/html"):
            assert not re.search(r"problem\.[a-z-]+|refusal\.[a-z-]+|s2\.[a-z-]+", answer.text), address
            assert answer.headers["cache-control"] == "no-store"
    assert client.get("/").status_code == 200


def test_another_institution_sees_nothing_of_it(place: Place):
    stranger = place.world.signed_in(Role.ITEM_WRITER, Role.REVIEWER)
    for address in place.addresses():
        if address not in ("/banks", "/banks/new", "/banks/template.xlsx", "/papers"):
            assert stranger.get(address).status_code == 404, address
    assert "题库" in stranger.get("/banks").text and "B1" not in stranger.get("/banks").text
    bank, item, paper = place.bank, place.items["essay"], place.papers["DRAFT"]
    for address in (
        f"/banks/{bank}",
        f"/banks/{bank}/chapters",
        f"/banks/{bank}/points",
        f"/banks/{bank}/export.xlsx",
        f"/banks/{bank}/export.json",
        f"/banks/{bank}/papers",
        f"/items/{item}/state",
        f"/papers/{paper}/publish",
        f"/papers/{paper}/delete",
        f"/papers/{paper}/copy",
        f"/papers/{paper}/lines",
    ):
        assert stranger.post(address, data={"title": "x", "delivery": "online", "code": "Z"}).status_code == 404, (
            address
        )


def test_candidates_and_others_are_kept_out(place: Place):
    for role in (Role.CANDIDATE, Role.PROCTOR, Role.MARKER, Role.ADMINISTRATOR, Role.OFFICER):
        client = place.client(role)
        for address in place.addresses():
            assert client.get(address).status_code == 403, (role, address)


def test_the_exam_office_reads_papers_but_no_keys(place: Place):
    office = place.client(Role.REGISTRAR)
    paper = place.papers["PUBLISHED"]
    assert office.get(f"/papers/{paper}").status_code == 200
    assert office.get(f"/papers/{paper}/proof").status_code == 200
    assert office.get(f"/papers/{paper}/proof?key=yes").status_code == 403
    assert office.get(f"/items/{place.items['essay']}").status_code == 403
    proof = office.get(f"/papers/{paper}/proof").text
    assert "H2O" not in proof


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_sent_back_as_it_came_is_the_same_version(place: Place, kind: str):
    client, item = place.client(Role.ITEM_WRITER), place.items[kind]
    page = client.get(f"/items/{item}/edit").text
    answer = post(client, f"/items/{item}/edit", [*fields(page), ("do", "ready")])
    assert answer.status_code == 303, re.findall(r'field-error">.*?</p>', answer.text, re.S)
    with place.database.reading() as db:
        assert [row.number for row in db.exec(select(ItemVersion).where(ItemVersion.item_id == item))] == [1]


def test_a_new_item_through_the_editor(place: Place):
    client = place.client(Role.ITEM_WRITER)
    address = f"/banks/{place.bank}/items"
    sent = fields(client.get(f"{address}/new?kind=single-choice&chapter=2").text)
    ids = [value for name, value in sent if name.endswith(".id")]
    texts = {f"options.{n}.text": text for n, text in enumerate("甲乙丙丁")}
    filled = [(name, texts.get(name, value)) for name, value in sent if name not in ("stem",)]
    lacking = post(client, address, [*filled, ("do", "ready")])
    assert lacking.status_code == 422
    assert "error-summary" in lacking.text and 'href="#f-stem"' in lacking.text
    saved = post(client, address, [*filled, ("stem", "新题干 $x^2$"), ("key", ids[2]), ("do", "ready")])
    assert saved.status_code == 303 and saved.headers["location"].endswith("edit?saved=ready")
    with place.database.reading() as db:
        item = db.exec(select(Item).where(Item.code == "B1-02-001")).one()
        content = service.get_version(db, item).content
        assert [option["text"] for option in content["options"] if option["id"] == content["key"]] == ["丙"]
        assert item.state == "ready"
    assert client.get(saved.headers["location"]).status_code == 200


def test_rows_are_added_moved_and_removed(place: Place):
    client, item = place.client(Role.ITEM_WRITER), place.items["single-choice"]
    sent = fields(client.get(f"/items/{item}/edit").text)

    def texts(page: str) -> list[str]:
        return [value for name, value in fields_of(page) if re.fullmatch(r"options\.\d+\.text", name)]

    def fields_of(page: str) -> list[tuple[str, str]]:
        return fields(page if "item-form" in page else f'<form id="item-form">{page}</form>')

    part = post(client, f"/items/{item}/edit", [*sent, ("do", "down:options.0")], HX_Request="true").text
    assert "<html" not in part and texts(part) == ["乙", "甲", "丙"]
    whole = post(client, f"/items/{item}/edit", [*sent, ("do", "remove:options.0")]).text
    assert "<html" in whole and texts(whole) == ["乙", "丙"]
    assert ("key", "") not in fields(whole) and not [value for name, value in fields(whole) if name == "key"]
    assert len(texts(post(client, f"/items/{item}/edit", [*sent, ("do", "add:options")]).text)) == 4
    for nonsense in (
        "up:options.0",
        "down:options.99",
        "remove:stem",
        "add:nothing",
        "x:y",
        "add:parts.0.content.options",
    ):
        assert texts(post(client, f"/items/{item}/edit", [*sent, ("do", nonsense)]).text) == ["甲", "乙", "丙"]


def test_parts_and_blanks_are_added(place: Place):
    client, case = place.client(Role.ITEM_WRITER), place.items["case-analysis"]
    sent = fields(client.get(f"/items/{case}/edit").text)
    page = post(client, f"/items/{case}/edit", [*sent, ("do", "add:parts:single-choice")]).text
    names = {name for name, _ in fields(page)}
    assert {"parts.1.kind", "parts.1.content.options.3.text"} <= names
    blank = place.items["fill-in-the-blank"]
    sent = fields(client.get(f"/items/{blank}/edit").text)
    typed = [(name, "甲{{3}}乙{{1}}" if name == "stem" else value) for name, value in sent]
    page = post(client, f"/items/{blank}/edit", [*typed, ("do", "sync:")]).text
    found = dict(fields(page))
    # Numbered in reading order; the answers of what was blank 1 stay with it.
    assert found["stem"] == "甲{{1}}乙{{2}}"
    assert (found["blanks.0.accept"], found["blanks.1.accept"]) == ("", "H2O")


def test_a_clash_keeps_what_both_have_written(place: Place):
    client, item = place.client(Role.ITEM_WRITER), place.items["essay"]
    sent = fields(client.get(f"/items/{item}/edit").text)

    def with_stem(text: str, base: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, text if name == "stem" else value) for name, value in base] + [("do", "ready")]

    assert post(client, f"/items/{item}/edit", with_stem("甲的题干", sent)).status_code == 303
    clash = post(client, f"/items/{item}/edit", with_stem("乙的题干", sent))
    assert clash.status_code == 409
    assert "甲的题干" in clash.text
    again = fields(clash.text)
    assert dict(again)["stem"] == "乙的题干" and dict(again)["based_on"] == "2"
    assert post(client, f"/items/{item}/edit", [*again, ("do", "ready")]).status_code == 303
    with place.database.reading() as db:
        rows = db.exec(select(ItemVersion).where(ItemVersion.item_id == item).order_by("number")).all()
    assert [row.content["stem"] for row in rows] == ["题干 essay", "甲的题干", "乙的题干"]
    page = client.get(f"/items/{item}/versions/3").text
    assert "<del>甲的题干</del>" in page and "<ins>乙的题干</ins>" in page


def test_the_preview_shows_what_candidates_see_and_what_is_missing(place: Place):
    client = place.client(Role.ITEM_WRITER)
    address = f"/banks/{place.bank}/items"
    sent = fields(client.get(f"{address}/new?kind=true-false").text)
    typed = [(name, "<script>alert(1)</script> **重点**" if name == "stem" else value) for name, value in sent]
    shown = post(client, f"{address}/preview", typed, HX_Request="true")
    assert shown.status_code == 200
    assert "<strong>重点</strong>" in shown.text and "<script>alert" not in shown.text
    assert 'href="#f-key"' in shown.text
    assert post(client, f"{address}/preview", [("kind", "riddle")]).status_code == 422
    assert post(client, f"{address}/preview", [*typed, *[(f"a.{'b.' * 50}c", "x")]]).status_code == 200


def test_import_is_shown_first_and_written_when_confirmed(place: Place):
    client = place.client(Role.ITEM_WRITER)
    address = f"/banks/{place.bank}/import"
    assert client.post(address, data={"x": "y"}).status_code == 422
    assert client.post(address, files={"file": ("x.xlsx", b"PK nonsense")}).status_code == 422
    shown = client.post(address, files={"file": ("模板.xlsx", template_workbook())})
    assert shown.status_code == 200
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown.text)
    assert digest
    count = _count(place.database)
    stranger = place.client(Role.ITEM_WRITER)
    assert stranger.post(f"{address}/confirm", data={"digest": digest[1]}).status_code == 409
    assert _count(place.database) == count
    done = client.post(f"{address}/confirm", data={"digest": digest[1]})
    assert done.status_code == 200
    assert _count(place.database) == count + 8
    assert client.post(f"{address}/confirm", data={"digest": digest[1]}).status_code == 409
    assert client.post(f"{address}/confirm", data={"digest": "../../secret.key"}).status_code == 409


def _count(database: Database) -> int:
    with database.reading() as db:
        return len(db.exec(select(Item.id)).all())


def test_a_zip_bomb_is_an_honest_error_and_nothing_is_kept(place: Place, settings: Settings):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (200 * 1024 * 1024))
    client = place.client(Role.ITEM_WRITER)
    answer = client.post(f"/banks/{place.bank}/import", files={"file": ("x.xlsx", bomb.getvalue())})
    assert answer.status_code == 422 and "error-summary" in answer.text
    assert not list((settings.data_dir / "imports").glob("*/*/*"))
    too_big = client.post(f"/banks/{place.bank}/import", files={"file": ("x.xlsx", b"x" * (12 * 1024 * 1024))})
    assert too_big.status_code == 413


def test_good_rows_only_is_a_choice(place: Place):
    client = place.client(Role.ITEM_WRITER)
    address = f"/banks/{place.bank}/import"
    document = '[{"code":"N1","chapter":1,"kind":"true-false","stem":"题","key":"对"},{"code":"N2","kind":"essay"}]'
    shown = client.post(address, files={"file": ("x.json", document.encode())})
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown.text)
    assert digest and "good-rows" in shown.text
    refused = client.post(f"{address}/confirm", data={"digest": digest[1], "mode": "all"})
    assert refused.status_code == 409
    done = client.post(f"{address}/confirm", data={"digest": digest[1], "mode": "good-rows"})
    assert done.status_code == 200
    with place.database.reading() as db:
        assert db.exec(select(Item.code).where(Item.code.in_(["N1", "N2"]))).all() == ["N1"]  # type: ignore[attr-defined]


def test_exports_are_downloads_and_written_down(place: Place):
    client = place.client(Role.REVIEWER)
    book = client.post(f"/banks/{place.bank}/export.xlsx")
    assert book.status_code == 200 and book.content.startswith(b"PK")
    assert "attachment" in book.headers["content-disposition"]
    assert client.post(f"/banks/{place.bank}/export.json").json()["bank"]["code"] == "B1"
    assert place.client(Role.CANDIDATE).post(f"/banks/{place.bank}/export.json").status_code == 403


def test_a_paper_from_nothing_to_publication(place: Place):
    writer, reviewer = place.client(Role.ITEM_WRITER), place.client(Role.REVIEWER)
    made = writer.post(f"/banks/{place.bank}/papers", data={"code": "P9", "title": "卷九", "method": "fixed"})
    paper = made.headers["location"]
    assert writer.post(f"/banks/{place.bank}/papers", data={"code": "P9", "title": "x"}).status_code == 422
    ids = [str(place.items["essay"]), str(place.items["true-false"])]
    assert writer.post(f"{paper}/select", data={"marks": "2"}).status_code == 422
    assert writer.post(f"{paper}/select", data={"marks": "2", "item": ids}).status_code == 303
    order = {"line": ids, f"marks.{ids[0]}": "3", f"marks.{ids[1]}": "2"}
    assert writer.post(f"{paper}/lines", data={**order, "do": f"down:{ids[0]}"}).status_code == 303
    assert writer.post(f"{paper}/lines", data={**order, f"marks.{ids[0]}": "x"}).status_code == 422
    assert writer.post(f"{paper}/publish").status_code == 403
    assert reviewer.post(f"{paper}/publish").status_code == 303
    number = int(paper.rsplit("/", 1)[1])
    with place.database.reading() as db:
        lines = queries.paper_lines(db, number)
        assert [(line.kind, str(line.marks)) for line in lines] == [("true-false", "2.00"), ("essay", "3.00")]
    assert writer.post(f"{paper}/lines", data={**order, "do": "save"}).status_code == 409
    assert writer.post(paper, data={"title": "x"}).status_code == 409
    assert "disabled" not in reviewer.get(paper).text
    assert writer.post(f"{paper}/copy", data={"code": "P9"}).status_code == 422
    assert writer.post(f"{paper}/copy", data={"code": "P10"}).status_code == 303
    assert reviewer.post(f"{paper}/retire").status_code == 303


def test_a_blueprint_through_its_page(place: Place):
    writer, paper = place.client(Role.ITEM_WRITER), f"/papers/{place.papers['BP']}"
    row = {"rows.0.chapter": "1", "rows.0.kind": "essay", "rows.0.count": "1", "rows.0.marks": "5"}
    added = writer.post(f"{paper}/blueprint", data={**row, "do": "add"})
    assert added.status_code == 200 and "rows.1.chapter" in added.text
    assert writer.post(f"{paper}/blueprint", data={**row, "rows.0.count": "x", "do": "save"}).status_code == 422
    assert writer.post(f"{paper}/blueprint", data={**row, "do": "save"}).status_code == 303
    with place.database.reading() as db:
        seed = db.get_one(Paper, place.papers["BP"]).seed
        assert len(queries.paper_lines(db, place.papers["BP"])) == 1
    assert writer.post(f"{paper}/blueprint", data={**row, "do": "redraw"}).status_code == 303
    with place.database.reading() as db:
        assert db.get_one(Paper, place.papers["BP"]).seed != seed
    short = writer.post(f"{paper}/blueprint", data={**row, "rows.0.count": "2", "do": "save"})
    assert short.status_code == 303
    assert "需要 2 题，可用的只有 1 题" in writer.get(paper).text


def test_chapters_and_points_through_the_page(place: Place):
    writer, address = place.client(Role.ITEM_WRITER), f"/banks/{place.bank}"
    assert writer.post(f"{address}/chapters", data={"number": "3", "title": "三"}).status_code == 303
    assert writer.post(f"{address}/chapters", data={"number": "3", "title": ""}).status_code == 422
    with place.database.reading() as db:
        first, second, third = service.chapters_of(db, place.bank)
        point = service.points_of(db, place.bank)[0]
    refused = writer.post(f"{address}/chapters", data={"id": str(first.id), "do": "remove"})
    assert "不能删除" in refused.text
    assert writer.post(f"{address}/chapters", data={"id": str(third.id), "do": "remove"}).status_code == 303
    assert (
        writer.post(f"{address}/points", data={"id": str(point.id), "name": "新名", "chapter": "2"}).status_code == 303
    )
    assert writer.post(f"{address}/points", data={"code": "KP-9", "name": ""}).status_code == 422
    assert "新名" in writer.get(address).text
    assert writer.post(address, data={"title": "新题库", "delivery": "online"}).status_code == 303
    assert second.number == 2


def test_unknown_things_are_not_found(place: Place):
    client = place.client(Role.ITEM_WRITER)
    for address in ("/banks/999", "/items/999", "/items/999/edit", "/papers/999", "/items/1/versions/9"):
        assert client.get(address).status_code == 404, address
    with place.database.reading() as db, pytest.raises(NotFound):
        queries.paper_lines(db, 999)
