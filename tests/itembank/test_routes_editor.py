"""The editor through its pages: saved, changed row by row, previewed, clashing."""

import re

import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.itembank import service
from exam.itembank.models import Item, ItemVersion
from tests.itembank.place import KINDS, Place, fields, post


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
