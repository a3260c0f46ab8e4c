"""Pages of banks: the list, a bank with its chapters, knowledge points and meter."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.clock import SHANGHAI
from exam.core.errors import Invalid, Problem, Refused
from exam.itembank import page_parts as parts
from exam.itembank import queries, rules, service
from exam.schemes.ccaa_items import item_bank_rules

READ, WRITE = may(Permission.BANK_READ), may(Permission.BANK_WRITE)
MOST_OVERLAPS = 20


def banks(request: Request) -> Response:
    """Every bank of the institution, and what each is short of."""
    who = caller(request)
    with web.reading(request) as db:
        rows = queries.list_banks(db, who.institution_id, web.now(request))
        context = {
            "rows": [(row, parts.meter_lines(row.report)) for row in rows],
            "delivery_names": parts.DELIVERY_NAMES,
            "called": parts.called,
            "may_write": who.can("bank.write"),
        }
        return web.render(request, "itembank/banks.html", context)


def new_bank(request: Request) -> Response:
    """The form of a new bank."""
    return _new_page(request, {"delivery": "face-to-face"})


def _new_page(
    request: Request, given: Mapping[str, str], problems: Sequence[Problem] = (), status: int = 200
) -> Response:
    s2 = item_bank_rules(web.now(request).astimezone(SHANGHAI).date())
    context = {"given": parts.typed(given), "s2": s2, "problems": problems}
    return web.render(request, "itembank/bank_new.html", context, status)


def create_bank(request: Request) -> Response:
    """Make a bank."""
    given = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            bank_id = service.create_bank(db, caller(request), given, web.now(request)).id
    except Invalid as invalid:
        return _new_page(request, given, invalid.problems, invalid.status)
    return web.redirect(request, "bank", bank=bank_id)


def bank(request: Request) -> Response:
    """A bank: the meter, counts by chapter and kind, overlap of its papers, chapters and points."""
    return _bank_page(request)


def _bank_page(request: Request, **more: object) -> Response:
    with web.reading(request) as db:
        found = service.get_bank(db, caller(request), request.path_params["bank"])
        bank_id = found.id or 0
        report = queries.meter(db, found, web.now(request))
        counts = queries.chapter_counts(db, bank_id)
        overlaps = rules.overlaps(queries.paper_facts(db, bank_id))
        context = {
            **parts.bank_context(request, found, "bank"),
            "report": report,
            "meter": parts.meter_lines(report),
            "counts": counts,
            "used_kinds": [kind for kind in parts.kind_names() if any(row.by_kind.get(kind) for row in counts)],
            "points": queries.point_counts(db, bank_id),
            "overlaps": overlaps[:MOST_OVERLAPS],
            "delivery_names": parts.DELIVERY_NAMES,
            "open_form": "",
            **more,
        }
        problems = context["problems"]
        return web.render(request, "itembank/bank.html", context, 422 if problems else 200)


def update_bank(request: Request) -> Response:
    """Change a bank's names and delivery."""
    given = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            service.update_bank(db, caller(request), request.path_params["bank"], given, web.now(request))
    except Invalid as invalid:
        return _bank_page(request, problems=invalid.problems, given=parts.typed(given), open_form="bank")
    return web.redirect(request, "bank", bank=request.path_params["bank"])


def change_chapters(request: Request) -> Response:
    """Add, change or remove a chapter."""
    given, bank_id = web.text_fields(request), request.path_params["bank"]
    chapter = int(given["id"]) if given.get("id", "").isdecimal() else None
    try:
        with web.transaction(request) as db:
            if given.get("do") == "remove" and chapter:
                service.delete_chapter(db, caller(request), bank_id, chapter, web.now(request))
            else:
                service.save_chapter(db, caller(request), bank_id, given, web.now(request), chapter)
    except Invalid as invalid:
        return _bank_page(
            request, problems=invalid.problems, given=parts.typed(given), open_form=f"chapter-{chapter or 'new'}"
        )
    except Refused as refused:
        return _bank_page(request, refused=refused.refusal)
    return _back_to(request, bank_id, "chapters")


def _back_to(request: Request, bank_id: int, part: str) -> Response:
    """The bank's page where the change was made, so that the next one can follow at once."""
    return RedirectResponse(f"{request.app.url_path_for('bank', bank=bank_id)}#{part}", status_code=303)


def change_points(request: Request) -> Response:
    """Add, change or remove a knowledge point."""
    given, bank_id = web.text_fields(request), request.path_params["bank"]
    point = int(given["id"]) if given.get("id", "").isdecimal() else None
    try:
        with web.transaction(request) as db:
            if given.get("do") == "remove" and point:
                service.delete_point(db, caller(request), bank_id, point, web.now(request))
            else:
                service.save_point(db, caller(request), bank_id, given, web.now(request), point)
    except Invalid as invalid:
        return _bank_page(
            request, problems=invalid.problems, given=parts.typed(given), open_form=f"point-{point or 'new'}"
        )
    except Refused as refused:
        return _bank_page(request, refused=refused.refusal)
    return _back_to(request, bank_id, "points")


routes: list[BaseRoute] = [
    web.page_route("/banks", banks, access=READ, name="banks"),
    web.page_route("/banks/new", new_bank, access=WRITE, name="bank_new"),
    web.page_route("/banks", create_bank, access=WRITE, name="bank_create", methods=["POST"]),
    web.page_route("/banks/{bank:int}", bank, access=READ, name="bank"),
    web.page_route("/banks/{bank:int}", update_bank, access=WRITE, name="bank_update", methods=["POST"]),
    web.page_route("/banks/{bank:int}/chapters", change_chapters, access=WRITE, name="bank_chapters", methods=["POST"]),
    web.page_route("/banks/{bank:int}/points", change_points, access=WRITE, name="bank_points", methods=["POST"]),
]
