"""What is done to a draft paper: its settings, its lines, its blueprint."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem
from exam.itembank import forms, queries, service
from exam.itembank import page_parts as parts
from exam.itembank.blueprint import read_marks
from exam.itembank.routes_items import filter_context
from exam.itembank.routes_papers import paper_page

WRITE = may(Permission.PAPER_WRITE)


def settings(request: Request) -> Response:
    """Title and shuffling of a draft."""
    given = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            service.update_paper(db, caller(request), request.path_params["paper"], given)
    except Invalid as invalid:
        return paper_page(request, problems=invalid.problems, given=parts.typed(given))
    return web.redirect(request, "paper", paper=request.path_params["paper"])


def lines(request: Request) -> Response:
    """Set marks, move or remove lines: whatever button was pressed, typed marks are kept."""
    given, paper_id = web.text_fields(request), request.path_params["paper"]
    order = [int(value) for value in web.form(request).getlist("line") if isinstance(value, str) and value.isdecimal()]
    marks = {item: given.get(f"marks.{item}", "") for item in order}
    verb, _, text = given.get("do", "").partition(":")
    place = int(text) if text.isdecimal() else -1
    remove = [place] if verb == "remove" else []
    if verb in ("up", "down") and place in order:
        at = order.index(place)
        to = at - 1 if verb == "up" else at + 1
        if 0 <= to < len(order):
            order[at], order[to] = order[to], order[at]
    try:
        with web.transaction(request) as db:
            service.edit_lines(db, caller(request), paper_id, marks, order, remove)
            if verb == "kind":
                service.set_marks_by_kind(db, caller(request), paper_id, given.get("kind", ""), given.get("marks", ""))
    except Invalid as invalid:
        return paper_page(request, problems=invalid.problems, given=parts.typed(given))
    # Back to the same button, to press it again, or to the list.
    part = f"{verb}-{place}" if verb in ("up", "down") else "lines"
    return RedirectResponse(f"{request.app.url_path_for('paper', paper=paper_id)}#{part}", status_code=303)


def select_items(request: Request) -> Response:
    """Search the bank for items to put on the paper."""
    return _select(request, ())


def _select(request: Request, problems: object, status: int = 200) -> Response:
    wanted = queries.read_filter(request.query_params)
    with web.reading(request) as db:
        who = caller(request)
        paper = service.draft_paper(db, who, request.path_params["paper"], "fixed")
        bank = service.bank_of(db, paper)
        kept = {name: value for name, value in request.query_params.items() if name != "page" and value}
        context = {
            **parts.bank_context(request, bank, "papers"),
            **filter_context(db, bank, wanted),
            "paper": paper,
            "there": {line.item_id for line in queries.read_lines(db, paper.id or 0, pinned=False)},
            "page": queries.search(db, bank, wanted),
            "page_url": lambda number: f"?{urlencode({**kept, 'page': number})}",
            "problems": problems,
        }
        return web.render(request, "itembank/paper_select.html", context, status)


def add_items(request: Request) -> Response:
    """Put the chosen items on the paper."""
    chosen = [int(value) for value in web.form(request).getlist("item") if isinstance(value, str) and value.isdecimal()]
    marks = read_marks(str(web.form(request).get("marks", "")))
    problems = [] if marks else [Problem("marks", "marks-malformed")]
    if not chosen:
        problems.append(Problem("item", "nothing-chosen"))
    if problems or marks is None:
        return _select(request, problems, 422)
    with web.transaction(request) as db:
        service.add_items(db, caller(request), request.path_params["paper"], chosen, marks)
    return web.redirect(request, "paper", paper=request.path_params["paper"])


def blueprint(request: Request) -> Response:
    """Store the blueprint and draw by it, redraw by a new seed, add or remove a row."""
    form, paper_id = web.form(request), request.path_params["paper"]
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    rows = _rows(forms.nested(fields))
    verb, _, text = str(form.get("do", "")).partition(":")
    if verb == "add":
        return paper_page(request, rows=[*rows, {"chapter": "", "kind": "", "count": "", "marks": ""}])
    if verb == "remove" and text.isdecimal():
        return paper_page(request, rows=[row for place, row in enumerate(rows) if place != int(text)])
    try:
        with web.transaction(request) as db:
            service.set_blueprint(db, caller(request), paper_id, rows)
            if verb == "redraw":
                service.redraw(db, caller(request), paper_id, str(form.get("seed", "")))
    except Invalid as invalid:
        return paper_page(request, problems=invalid.problems, rows=rows)
    return web.redirect(request, "paper", paper=paper_id)


def _rows(tree: forms.Node) -> list[dict[str, str]]:
    given = tree.get("rows")
    if not isinstance(given, dict):
        return []
    places = sorted((step for step in given if step.isdecimal() and len(step) < 4), key=int)
    names = ("chapter", "kind", "count", "marks")
    found = [{name: "".join(given[place].get(name, [""])[-1:]) for name in names} for place in places]
    return [row for row in found if any(row.values())]


routes: list[BaseRoute] = [
    web.page_route("/papers/{paper:int}", settings, access=WRITE, name="paper_update", methods=["POST"]),
    web.page_route("/papers/{paper:int}/lines", lines, access=WRITE, name="paper_lines", methods=["POST"]),
    web.page_route("/papers/{paper:int}/select", select_items, access=WRITE, name="paper_select"),
    web.page_route("/papers/{paper:int}/select", add_items, access=WRITE, name="paper_add", methods=["POST"]),
    web.page_route("/papers/{paper:int}/blueprint", blueprint, access=WRITE, name="paper_blueprint", methods=["POST"]),
]
