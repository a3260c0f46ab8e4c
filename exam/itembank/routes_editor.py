"""The editor: a form for each kind, changed row by row, previewed as it is typed, saved against the version it began
with."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem
from exam.itembank import forms, service, types
from exam.itembank import page_parts as parts
from exam.itembank.drafts import Draft, content_problems, surroundings
from exam.itembank.models import Bank, Item
from exam.itembank.routes_items import key_context
from exam.itembank.rows import change_rows
from exam.itembank.service_items import EditClash
from exam.itembank.view import candidate_view
from exam.vision.pictures import MOST_MIB

WRITE = may(Permission.BANK_WRITE)


def new_item(request: Request) -> Response:
    """An empty editor; without a kind, the choice of one."""
    kind = request.query_params.get("kind", "")
    chapter = request.query_params.get("chapter", "")
    with web.reading(request) as db:
        bank = service.get_bank(db, caller(request), request.path_params["bank"])
        chapters = service.chapters_of(db, bank.id or 0)
        if kind not in types.TYPES or not chapters:
            context = {**parts.bank_context(request, bank, "items"), "chapters": chapters, "chapter": chapter}
            return web.render(request, "itembank/item_kind.html", context)
        number = int(chapter) if chapter.isdecimal() and len(chapter) < 5 else chapters[0].number
        code = service.next_code(db, bank, number)
        draft = Draft(code, kind, number, 3, (), forms.new_content(kind))
        before = request.query_params.get("after", "")
        after = service.get_item(db, caller(request), int(before))[0].code if _is_id(before) else ""
        return _editor(request, db, bank, draft, None, after=after)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def edit_item(request: Request) -> Response:
    """The editor on the current version of an item."""
    with web.reading(request) as db:
        item, bank = service.get_item(db, caller(request), request.path_params["item"])
        draft = service.draft_of(db, item, service.get_version(db, item))
        saved = request.query_params.get("saved", "")
        return _editor(request, db, bank, draft, item, saved=saved if saved in ("draft", "ready") else "")


def _draft(request: Request, kind: str) -> Draft:
    """What the editor's form says. Raises `Invalid` for an unknown kind."""
    fields = [(name, value) for name, value in web.form(request).multi_items() if isinstance(value, str)]
    given = dict(fields)

    def whole(name: str) -> int:
        text = given.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0

    points = tuple(dict.fromkeys(value for name, value in fields if name == "points"))
    content = forms.read_content(kind, fields)
    return Draft(given.get("code", "").strip(), kind, whole("chapter"), whole("difficulty"), points, content)


def _editor(
    request: Request,
    db: Session,
    bank: Bank,
    draft: Draft,
    item: Item | None,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
    **more: Any,
) -> Response:
    context = {
        **parts.bank_context(request, bank, "items"),
        "draft": draft,
        "item": item,
        "action": _action(request, bank, item),
        "content": draft.content,
        "based_on": item.version_number if item else 0,
        "chapter_choices": parts.chapter_choices(service.chapters_of(db, bank.id or 0)),
        "points": service.points_of(db, bank.id or 0),
        "policies": parts.named(parts.POLICY_NAMES),
        "part_kinds": types.PART_KINDS,
        "problems": problems,
        "picture_mib": MOST_MIB,
        "focus": "",
        "saved": "",
        "after": "",
        "theirs": None,
        **more,
    }
    return web.render(request, "itembank/editor.html", context, status)


def _action(request: Request, bank: Bank, item: Item | None) -> str:
    """Where the form is posted."""
    if item is None:
        return str(request.app.url_path_for("item_create", bank=bank.id))
    return str(request.app.url_path_for("item_save", item=item.id))


def save_new(request: Request) -> Response:
    """Save a new item, or only change a row of its form."""
    kind = str(web.form(request).get("kind", ""))
    draft, deed = _draft(request, kind), str(web.form(request).get("do", ""))
    if ":" in deed:
        return _with_deed(request, draft, deed, None)
    try:
        with web.transaction(request) as db:
            bank_id, ready = request.path_params["bank"], deed != "draft"
            item, _ = service.create_item(db, caller(request), bank_id, draft, web.now(request), ready=ready)
    except Invalid as invalid:
        with web.reading(request) as db:
            bank = service.get_bank(db, caller(request), request.path_params["bank"])
            return _editor(request, db, bank, draft, None, problems=invalid.problems, status=422)
    if deed == "next":
        given = {"kind": kind, "chapter": draft.chapter, "after": item.id}
        return parts.redirect_to(request, "item_new", given, bank=bank_id)
    return parts.redirect_to(request, "item_edit", {"saved": item.state}, item=item.id)


def save_edit(request: Request) -> Response:
    """Save an edit; a clash shows what the other saved beside what was typed."""
    item_id, deed = request.path_params["item"], str(web.form(request).get("do", ""))
    with web.reading(request) as db:
        item, bank = service.get_item(db, caller(request), item_id)
    draft = _draft(request, item.kind)
    if ":" in deed:
        return _with_deed(request, draft, deed, item)
    based_on = str(web.form(request).get("based_on", ""))
    try:
        with web.transaction(request) as db:
            version = int(based_on) if based_on.isdecimal() else 0
            who, now = caller(request), web.now(request)
            item, _ = service.save_item(db, who, item_id, draft, version, now, ready=deed != "draft")
    except Invalid as invalid:
        with web.reading(request) as db:
            # The form goes on from where it began, or a clash would be lost on the way.
            kept = int(based_on) if based_on.isdecimal() else 0
            return _editor(request, db, bank, draft, item, problems=invalid.problems, status=422, based_on=kept)
    except EditClash as clash:
        return _clash(request, item_id, draft, clash)
    return parts.redirect_to(request, "item_edit", {"saved": item.state}, item=item_id)


def _clash(request: Request, item_id: int, draft: Draft, clash: EditClash) -> Response:
    with web.reading(request) as db:
        item, bank = service.get_item(db, caller(request), item_id)
        current = service.get_version(db, item)
        theirs = {
            "version": current,
            "view": candidate_view(current.kind, current.content, "preview", 1, shuffle=False),
            **key_context(current.kind, current.content),
        }
        return _editor(request, db, bank, draft, item, status=clash.status, theirs=theirs)


def _with_deed(request: Request, draft: Draft, deed: str, item: Item | None) -> Response:
    """The form after a row was added, removed or moved: only the fields for a partial request, else the page."""
    content, focus = change_rows(draft.content, deed)
    changed = Draft(draft.code, draft.kind, draft.chapter, draft.difficulty, draft.points, content)
    if request.headers.get("hx-request"):
        context = {
            "content": content,
            "draft": changed,
            "action": request.url.path,
            "focus": focus,
            "problems": (),
            "kinds": parts.kind_names(),
            "policies": parts.named(parts.POLICY_NAMES),
            "part_kinds": types.PART_KINDS,
        }
        return web.render(request, "itembank/editor/_fields.html", context)
    with web.reading(request) as db:
        if item is None:
            bank = service.get_bank(db, caller(request), request.path_params["bank"])
            return _editor(request, db, bank, changed, None, focus=focus)
        bank = service.get_bank(db, caller(request), item.bank_id)
        based_on = str(web.form(request).get("based_on", ""))
        kept = int(based_on) if based_on.isdecimal() else 0
        return _editor(request, db, bank, changed, item, focus=focus, based_on=kept)


def preview(request: Request) -> Response:
    """What a candidate would see of the form as it stands, and what is still missing."""
    draft = _draft(request, str(web.form(request).get("kind", "")))
    with web.reading(request) as db:
        bank = service.get_bank(db, caller(request), request.path_params["bank"])
        around = surroundings(db, bank)
    context: dict[str, Any]
    try:
        view = candidate_view(draft.kind, draft.content, "preview", 1, shuffle=False)
    except Invalid as invalid:
        context = {"view": None, "missing": invalid.problems}
    else:
        context = {"view": view, "missing": content_problems(draft, around)}
    return web.render(request, "itembank/editor/_preview.html", context)


routes: list[BaseRoute] = [
    web.page_route("/banks/{bank:int}/items/new", new_item, access=WRITE, name="item_new"),
    web.page_route("/banks/{bank:int}/items/preview", preview, access=WRITE, name="item_preview", methods=["POST"]),
    web.page_route("/banks/{bank:int}/items", save_new, access=WRITE, name="item_create", methods=["POST"]),
    web.page_route("/items/{item:int}/edit", edit_item, access=WRITE, name="item_edit"),
    web.page_route("/items/{item:int}/edit", save_edit, access=WRITE, name="item_save", methods=["POST"]),
]
