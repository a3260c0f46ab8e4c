"""Pages of items: search, one item with its versions, the editor with its live preview."""

from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.itembank import diff, queries, service, types
from exam.itembank import page_parts as parts
from exam.itembank.content import render
from exam.itembank.models import Bank, Item, ItemVersion
from exam.itembank.view import candidate_view

READ, WRITE = may(Permission.BANK_READ), may(Permission.BANK_WRITE)


def items(request: Request) -> Response:
    """Search and filters over the items of a bank."""
    wanted = queries.read_filter(request.query_params)
    with web.reading(request) as db:
        bank = service.get_bank(db, caller(request), request.path_params["bank"])
        page = queries.search(db, bank, wanted)
        context = {
            **parts.bank_context(request, bank, "items"),
            **filter_context(db, bank, wanted),
            "page": page,
            "page_url": lambda number: f"?{urlencode({**_kept(request), 'page': number})}",
        }
        return web.render(request, "itembank/items.html", context)


def filter_context(db: Session, bank: Bank, wanted: queries.ItemFilter) -> dict[str, Any]:
    """What the filter's form needs."""
    return {
        "wanted": wanted,
        "chapters": service.chapters_of(db, bank.id or 0),
        "chapter_choices": parts.chapter_choices(service.chapters_of(db, bank.id or 0)),
        "point_choices": [
            (point.code, f"{point.code} {parts.called(point)}") for point in service.points_of(db, bank.id or 0)
        ],
        "state_choices": parts.named(parts.ITEM_STATE_NAMES),
    }


def _kept(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name != "page" and value}


def item(request: Request) -> Response:
    """An item as candidates see it, with its key, its versions and the papers that it is on."""
    with web.reading(request) as db:
        found, bank = service.get_item(db, caller(request), request.path_params["item"])
        version = service.get_version(db, found)
        return web.render(request, "itembank/item.html", _item_context(request, db, bank, found, version))


def _item_context(request: Request, db: Session, bank: Bank, found: Item, version: ItemVersion) -> dict[str, Any]:
    versions = service.versions_of(db, found)
    authors = {row.created_by for row in versions if row.created_by}
    people = {author: person.name for author in authors if (person := db.get(Person, author))}
    chapters = {chapter.id: chapter for chapter in service.chapters_of(db, bank.id or 0)}
    names = {point.code: parts.called(point) for point in service.points_of(db, bank.id or 0)}
    return {
        **parts.bank_context(request, bank, "items"),
        "item": found,
        "version": version,
        "versions": versions,
        "people": people,
        "chapter": chapters[version.chapter_id],
        "point_names": [(code, names.get(code, "")) for code in version.points],
        "papers": queries.papers_with(db, found.id or 0),
        "view": candidate_view(version.kind, version.content, "preview", 1, shuffle=False),
        **key_context(version.kind, version.content),
    }


def key_context(kind: str, content: Any) -> dict[str, Any]:
    """The key and what explains it, for those who may see them."""
    return {
        "key": types.key_text(kind, content),
        "explanation": render(content.get("explanation", "")),
        "missing": types.problems(kind, content),
    }


def version(request: Request) -> Response:
    """One version of an item, and what it changed."""
    number = request.path_params["number"]
    with web.reading(request) as db:
        found, bank = service.get_item(db, caller(request), request.path_params["item"])
        shown = service.get_version(db, found, number)
        before = service.get_version(db, found, number - 1) if number > 1 else None
        chapters = {chapter.id or 0: chapter.number for chapter in service.chapters_of(db, bank.id or 0)}
        context = {
            **_item_context(request, db, bank, found, shown),
            "changes": diff.changes(before, shown, chapters) if before else [],
            "before": before,
            "field_name": diff.field_name,
        }
        return web.render(request, "itembank/version.html", context)


def set_state(request: Request) -> Response:
    """Retire an item or bring it back."""
    act = service.restore_item if web.form(request).get("do") == "restore" else service.retire_item
    with web.transaction(request) as db:
        act(db, caller(request), request.path_params["item"], web.now(request))
    return web.redirect(request, "item", item=request.path_params["item"])


routes: list[BaseRoute] = [
    web.page_route("/banks/{bank:int}/items", items, access=READ, name="items"),
    web.page_route("/items/{item:int}", item, access=READ, name="item"),
    web.page_route("/items/{item:int}/versions/{number:int}", version, access=READ, name="item_version"),
    web.page_route("/items/{item:int}/state", set_state, access=WRITE, name="item_state", methods=["POST"]),
]
