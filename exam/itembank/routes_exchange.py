"""Import and export pages: upload, see what would happen, confirm; download the template, the bank."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import audit, web
from exam.core.errors import Invalid, NotFound, Problem
from exam.core.xlsx import MIB, Limits
from exam.itembank import page_parts as parts
from exam.itembank import service, uploads
from exam.itembank.exchange.export import export_json, export_workbook
from exam.itembank.exchange.plan import Plan, compile_book, make_plan
from exam.itembank.exchange.template import template_workbook
from exam.itembank.exchange.transfer import import_book, read_bytes

READ, WRITE = may(Permission.BANK_READ), may(Permission.BANK_WRITE)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 300


def _limits(request: Request) -> Limits:
    return Limits(size=request.app.state.settings.upload_limit_mib * MIB)


def import_page(request: Request) -> Response:
    """Where a file is chosen."""
    return _page(request, "itembank/import.html", {})


def _page(request: Request, template: str, more: dict[str, Any], status: int = 200) -> Response:
    limits = _limits(request)
    bounds = {"limit_mib": limits.size // MIB, "limit_rows": limits.rows - 1}
    with web.reading(request) as db:
        bank = service.get_bank(db, caller(request), request.path_params["bank"])
        context = {**parts.bank_context(request, bank, "import"), **bounds, **more}
        return web.render(request, template, context, status)


def preview_import(request: Request) -> Response:
    """Read the uploaded file and show what taking it in would do; nothing is written."""
    file, who = web.form(request).get("file"), caller(request)
    if not isinstance(file, UploadFile) or not file.filename:
        return _page(request, "itembank/import.html", {"problems": [Problem("file", "file-missing")]}, 422)
    data = file.file.read()
    try:
        book = read_bytes(data, _limits(request))
    except Invalid as invalid:
        return _page(request, "itembank/import.html", {"problems": invalid.problems}, invalid.status)
    compiled = compile_book(book)
    store = uploads.waiting(request.app.state.settings.data_dir, who)
    digest = store.put(data)
    with web.reading(request) as db:
        bank = service.get_bank(db, who, request.path_params["bank"])
        plan = make_plan(db, bank, book, compiled)
    context = {**_shown(plan), "digest": digest, "filename": file.filename[:100]}
    return _page(request, "itembank/import_preview.html", context)


def _shown(plan: Plan) -> dict[str, Any]:
    problems = plan.every_problem
    counts = Counter(step.action for step in plan.steps)
    steps = [step for step in plan.steps if step.action not in ("unchanged", "wrong")]
    notes = [note for step in plan.steps for note in step.notes]
    return {
        "plan": plan,
        "counts": counts,
        "steps": steps[:SHOWN],
        "more_steps": max(len(steps) - SHOWN, 0),
        "found": problems[:SHOWN],
        "more_problems": max(len(problems) - SHOWN, 0),
        "notes": notes[:SHOWN],
        "good": counts["new"] + counts["changed"] + counts["state"],
    }


def confirm_import(request: Request) -> Response:
    """Take the file in that was shown. Read and planned anew: the bank may have changed meanwhile."""
    who, given = caller(request), web.text_fields(request)
    store, digest = uploads.waiting(request.app.state.settings.data_dir, who), given.get("digest", "")
    try:
        data = store.get(digest)
    except NotFound:
        problems: Sequence[Problem] = [Problem("file", "file-gone")]
        return _page(request, "itembank/import.html", {"problems": problems}, 409)
    book = read_bytes(data, _limits(request))
    compiled = compile_book(book)
    good_only = given.get("mode") == "good-rows"
    with web.transaction(request) as db:
        bank = service.get_bank(db, who, request.path_params["bank"])
        now = web.now(request)
        report = import_book(db, who, book, bank.code, now, good_rows_only=good_only, compiled=compiled)
    if not report.written:
        with web.reading(request) as db:
            plan = make_plan(db, bank, book, compiled)
        context = {**_shown(plan), "digest": digest, "filename": given.get("filename", "")[:100], "refused": True}
        return _page(request, "itembank/import_preview.html", context, 409)
    store.path(digest).unlink(missing_ok=True)
    return _page(request, "itembank/import_done.html", {"report": report})


def template(request: Request) -> Response:
    """The workbook to begin with."""
    return _download(template_workbook(), XLSX, "试题导入模板.xlsx")


def export_xlsx(request: Request) -> Response:
    """The bank, with its keys, as a workbook."""
    return _export(request, "xlsx")


def export_document(request: Request) -> Response:
    """The bank, with its keys, as JSON."""
    return _export(request, "json")


def _export(request: Request, kind: str) -> Response:
    who = caller(request)
    # A bank leaves the platform here, so it is written down; hence a transaction for a read.
    with web.transaction(request) as db:
        bank = service.get_bank(db, who, request.path_params["bank"])
        data = export_workbook(db, bank) if kind == "xlsx" else export_json(db, bank)
        audit.record(
            db,
            at=web.now(request),
            action="bank.export",
            subject=("bank", bank.id),
            institution_id=bank.institution_id,
            actor_id=who.person_id,
            detail={"code": bank.code, "format": kind},
        )
    return _download(data, XLSX if kind == "xlsx" else "application/json", f"{bank.code}.{kind}")


def _download(data: bytes, media_type: str, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(data, media_type=media_type, headers={"Content-Disposition": disposition})


routes: list[BaseRoute] = [
    web.page_route("/banks/template.xlsx", template, access=READ, name="bank_template"),
    web.page_route("/banks/{bank:int}/import", import_page, access=WRITE, name="bank_import"),
    web.page_route(
        "/banks/{bank:int}/import",
        preview_import,
        access=WRITE,
        name="bank_import_preview",
        methods=["POST"],
        limit_mib=None,
    ),
    web.page_route(
        "/banks/{bank:int}/import/confirm", confirm_import, access=WRITE, name="bank_import_confirm", methods=["POST"]
    ),
    # A POST, since it is written down; also nobody is led to it by a link in a message.
    web.page_route("/banks/{bank:int}/export.xlsx", export_xlsx, access=READ, name="bank_export", methods=["POST"]),
    web.page_route(
        "/banks/{bank:int}/export.json", export_document, access=READ, name="bank_export_json", methods=["POST"]
    ),
]
