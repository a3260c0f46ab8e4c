"""Pages of papers: lists, a paper with its lines and meter, publishing and retiring, the proof."""

from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.clock import SHANGHAI
from exam.core.errors import Forbidden, Invalid, Problem
from exam.itembank import page_parts as parts
from exam.itembank import queries, rules, service, types
from exam.itembank.blueprint import draw, read_rows
from exam.itembank.content import render
from exam.itembank.models import Bank, Paper
from exam.itembank.queries_items import short_stem
from exam.itembank.service_papers import drawable
from exam.itembank.view import prepare
from exam.schemes.ccaa_items import item_bank_rules

READ, WRITE = may(Permission.PAPER_READ), may(Permission.PAPER_WRITE)
PUBLISH = may(Permission.PAPER_PUBLISH)


def papers(request: Request) -> Response:
    """Every paper of the institution."""
    who = caller(request)
    with web.reading(request) as db:
        context = {
            "rows": queries.list_papers(db, who.institution_id),
            "called": parts.called,
            "paper_state_names": parts.PAPER_STATE_NAMES,
            "paper_state_tags": parts.PAPER_STATE_TAGS,
            "method_names": parts.METHOD_NAMES,
        }
        return web.render(request, "itembank/papers.html", context)


def bank_papers(request: Request) -> Response:
    """The papers of a bank, and the form of a new one."""
    return _bank_papers(request, (), {"method": "fixed"})


def _bank_papers(request: Request, problems: Any, given: dict[str, str]) -> Response:
    who = caller(request)
    with web.reading(request) as db:
        bank = service.get_bank(db, who, request.path_params["bank"])
        report = queries.meter(db, bank, web.now(request))
        context = {
            **parts.bank_context(request, bank, "papers"),
            "rows": queries.list_papers(db, who.institution_id, bank.id),
            "overlaps": rules.overlaps(queries.paper_facts(db, bank.id or 0)),
            "report": report,
            "problems": problems,
            "given": parts.typed(given),
            "methods": parts.named(parts.METHOD_NAMES),
        }
        return web.render(request, "itembank/bank_papers.html", context, 422 if problems else 200)


def create_paper(request: Request) -> Response:
    """Make a draft."""
    given = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            bank_id = request.path_params["bank"]
            paper_id = service.create_paper(db, caller(request), bank_id, given, web.now(request)).id
    except Invalid as invalid:
        return _bank_papers(request, invalid.problems, given)
    return web.redirect(request, "paper", paper=paper_id)


def paper(request: Request) -> Response:
    """A paper: settings, lines, meter; what keeps it from being published."""
    return paper_page(request)


def paper_page(request: Request, **more: Any) -> Response:
    """The page of a paper, with what a form that came back brings along."""
    with web.reading(request) as db:
        found = service.get_paper(db, caller(request), request.path_params["paper"])
        bank = service.bank_of(db, found)
        lines = queries.read_lines(db, found.id or 0, pinned=found.published_at is not None)
        fact = queries.facts_of(found, lines)
        report = rules.paper_report(bank.delivery, item_bank_rules(web.now(request).astimezone(SHANGHAI).date()), fact)
        others = [each for each in queries.paper_facts(db, bank.id or 0) if each.code != found.code]
        context = {
            **parts.bank_context(request, bank, "papers"),
            "paper": found,
            "lines": [(line, short_stem(line.content)) for line in lines],
            "by_kind": _by_kind(lines),
            "by_kind_choices": [(kind, parts.kind_names()[kind]) for kind, _, _ in _by_kind(lines)],
            "points": _coverage(db, bank, lines),
            "meter": parts.meter_lines(report),
            "report": report,
            "overlaps": [each for each in rules.overlaps([fact, *others]) if found.code in (each.first, each.second)],
            "hindrances": service.publish_problems(db, found) if found.state == "draft" else [],
            **_blueprint_context(db, found, bank),
            "refused": None,
            "copy_problems": (),
            **more,
        }
        return web.render(request, "itembank/paper.html", context, 422 if context["problems"] else 200)


def _by_kind(lines: tuple[queries.PaperLine, ...]) -> list[tuple[str, int, Any]]:
    kinds = dict.fromkeys(line.kind for line in lines)
    return [
        (kind, sum(line.kind == kind for line in lines), sum(line.marks for line in lines if line.kind == kind))
        for kind in kinds
    ]


def _coverage(db: Session, bank: Bank, lines: tuple[queries.PaperLine, ...]) -> list[tuple[str, str, int]]:
    points = service.points_of(db, bank.id or 0)
    counts = rules.coverage([row.code for row in points], [code for line in lines for code in line.points])
    return [(row.code, parts.called(row), counts[row.code]) for row in points]


def _blueprint_context(db: Session, found: Paper, bank: Bank) -> dict[str, Any]:
    if found.method != "blueprint":
        return {}
    pool = drawable(db, bank.id or 0)
    stock: dict[str, int] = {}
    for item in pool:
        key = f"{item.chapter}/{item.kind}"
        stock[key] = stock.get(key, 0) + 1
    drawn = draw(read_rows(found.blueprint), pool, found.seed)
    return {
        "chapter_choices": parts.chapter_choices(service.chapters_of(db, bank.id or 0)),
        "shortages": drawn.shortages,
        "stock": stock,
        "rows": found.blueprint,
    }


def publish(request: Request) -> Response:
    """Freeze a draft."""
    try:
        with web.transaction(request) as db:
            service.publish(db, caller(request), request.path_params["paper"], web.now(request))
    except Invalid as invalid:
        return paper_page(request, problems=invalid.problems)
    return web.redirect(request, "paper", paper=request.path_params["paper"])


def retire(request: Request) -> Response:
    """Take a published paper out of use."""
    with web.transaction(request) as db:
        service.retire_paper(db, caller(request), request.path_params["paper"], web.now(request))
    return web.redirect(request, "paper", paper=request.path_params["paper"])


def copy(request: Request) -> Response:
    """A new draft from a paper."""
    code = web.text_fields(request).get("code", "").strip()
    try:
        with web.transaction(request) as db:
            copied = service.copy_paper(db, caller(request), request.path_params["paper"], code, web.now(request))
    except Invalid as invalid:
        problems = [Problem(f"copy_{problem.field}", problem.code, problem.params) for problem in invalid.problems]
        given = parts.typed({"copy_code": code})
        return paper_page(request, problems=problems, copy_problems=invalid.problems, given=given)
    return web.redirect(request, "paper", paper=copied.id)


def delete(request: Request) -> Response:
    """Throw a draft away."""
    with web.transaction(request) as db:
        found = service.get_paper(db, caller(request), request.path_params["paper"])
        bank_id = found.bank_id
        service.delete_draft(db, caller(request), found.id or 0, web.now(request))
    return web.redirect(request, "bank_papers", bank=bank_id)


def proof(request: Request) -> Response:
    """The paper for proofreading and print; with its key only for those who may read the bank."""
    who = caller(request)
    with_key = request.query_params.get("key") == "yes"
    if with_key and not who.can("bank.read"):
        raise Forbidden
    with web.reading(request) as db:
        found = service.get_paper(db, who, request.path_params["paper"])
        bank = service.bank_of(db, found)
        lines = queries.read_lines(db, found.id or 0, pinned=found.published_at is not None)
    context = {
        **parts.bank_context(request, bank, "papers"),
        "paper": found,
        "with_key": with_key,
        "lines": [
            {
                "line": line,
                "view": prepare(line.kind, line.content).view("proof", line.position, shuffle=False),
                "key": types.key_text(line.kind, line.content) if with_key else "",
                "explanation": render(line.content.get("explanation", "")) if with_key else "",
            }
            for line in lines
        ],
    }
    return web.render(request, "itembank/proof.html", context)


routes: list[BaseRoute] = [
    web.page_route("/papers", papers, access=READ, name="papers"),
    web.page_route("/banks/{bank:int}/papers", bank_papers, access=READ, name="bank_papers"),
    web.page_route("/banks/{bank:int}/papers", create_paper, access=WRITE, name="paper_create", methods=["POST"]),
    web.page_route("/papers/{paper:int}", paper, access=READ, name="paper"),
    web.page_route("/papers/{paper:int}/proof", proof, access=READ, name="paper_proof"),
    web.page_route("/papers/{paper:int}/publish", publish, access=PUBLISH, name="paper_publish", methods=["POST"]),
    web.page_route("/papers/{paper:int}/retire", retire, access=PUBLISH, name="paper_retire", methods=["POST"]),
    web.page_route("/papers/{paper:int}/copy", copy, access=WRITE, name="paper_copy", methods=["POST"]),
    web.page_route("/papers/{paper:int}/delete", delete, access=WRITE, name="paper_delete", methods=["POST"]),
]
