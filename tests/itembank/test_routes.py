"""Pages of the bank: who may see what, chapters and points, import in two steps, export."""

import io
import re
import zipfile

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.db import Database
from exam.core.errors import NotFound
from exam.itembank import queries, service
from exam.itembank.exchange.template import template_workbook
from exam.itembank.models import Item
from exam.settings import Settings
from tests.itembank.place import Place


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


def test_the_largest_upload_is_a_setting(place: Place, settings: Settings):
    settings.upload_limit_mib = 1
    client = place.client(Role.ITEM_WRITER)
    page = client.get(f"/banks/{place.bank}/import").text
    assert "不超过 1 MB" in page
    for size, status in ((1024 * 1024, 422), (1024 * 1024 + 1, 422), (2 * 1024 * 1024, 413)):
        answer = client.post(f"/banks/{place.bank}/import", files={"file": ("x.xlsx", b"PK" + b"x" * (size - 2))})
        assert answer.status_code == status
        assert ("1 MB" in answer.text.partition("error-summary")[2].partition("</div>")[0]) is (size == 1024 * 1024 + 1)


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
