"""The exam office's certificates: list, orders with their progress, revocation, issuer's numbers, corrected days."""

from datetime import date

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.certificates import queries, service_due, service_issue
from exam.certificates.jobs import NAME
from exam.certificates.models import Issuer, WorkdayCorrection
from exam.certificates.routes_own import pdf, today
from exam.certificates.states import STATES
from exam.core import web
from exam.core.errors import Invalid, Problem

BLANK = dict.fromkeys(("what", "name", "body", "approval", "day", "working", "reason"), "")
MANAGE = may(Permission.CERTIFICATE_MANAGE)


def certificates(request: Request) -> Response:
    """`GET /certificates` (name `certificates`)."""
    who, query = caller(request), request.query_params
    state = query.get("state", "") if query.get("state", "") in STATES else ""
    page = int(query["page"]) if query.get("page", "").isdecimal() and 0 < len(query["page"]) < 6 else 1
    with web.reading(request) as db:
        rows, total = queries.listed(
            db, who.institution_id, state=state, q=query.get("q", "").strip()[:60], page=max(1, page)
        )
        context = {
            "rows": rows,
            "total": total,
            "state": state,
            "q": query.get("q", "").strip()[:60],
            "page": max(1, page),
            "pages": max(1, -(-total // queries.PAGE)),
            "due": len(service_issue.due_ids(db, who.institution_id, today(request))),
            "orders": queries.orders(db, who.institution_id),
        }
        return web.render(request, "certificates/certificates.html", context)


def order_certificates(request: Request) -> Response:
    """`POST /certificates/orders` (name `order_certificates`)."""
    with web.transaction(request) as db:
        order = service_issue.order(db, caller(request), today(request), web.now(request))
        order_id = order.id
    request.app.state.jobs.wake(NAME)
    return web.redirect(request, "certificate_order", order_id=order_id)


def certificate_order(request: Request) -> Response:
    """`GET /certificates/orders/{order_id}` (name `certificate_order`): how far it is."""
    with web.reading(request) as db:
        found = queries.progress(db, caller(request), int(request.path_params["order_id"]))
        return web.render(request, "certificates/order.html", {"found": found})


def certificate_file(request: Request) -> Response:
    """`GET /certificates/{certificate_id}/file` (name `certificate_file`)."""
    with web.reading(request) as db:
        found = queries.managed_issued(db, caller(request), int(request.path_params["certificate_id"]))
    return pdf(request, found.id or 0, found.number or "")


def revoke_certificate(request: Request) -> Response:
    """`GET, POST /certificates/{certificate_id}/revoke` (name `revoke_certificate`): asks why, then revokes."""
    certificate_id = int(request.path_params["certificate_id"])
    problems: list[Problem] = []
    reason = web.text_fields(request).get("reason", "")
    if request.method == "POST":
        try:
            with web.transaction(request) as db:
                service_issue.revoke(db, caller(request), certificate_id, reason, web.now(request))
            return web.redirect(request, "certificates")
        except Invalid as error:
            problems = list(error.problems)
    with web.reading(request) as db:
        found = queries.managed_issued(db, caller(request), certificate_id)
        context = {"found": found, "reason": reason, "problems": problems}
        return web.render(request, "certificates/revoke.html", context, 422 if problems else 200)


def certificate_settings(request: Request) -> Response:
    """`GET, POST /certificates/settings` (name `certificate_settings`): the issuer's numbers, corrected days."""
    who, given = caller(request), {**BLANK, **web.text_fields(request)}
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            with web.transaction(request) as db:
                if given.get("what") == "day":
                    day, working, reason = _day(given)
                    service_due.correct_day(
                        db, who.institution_id, day, working, reason, who.person_id, web.now(request)
                    )
                else:
                    service_issue.save_issuer(
                        db,
                        who,
                        given["name"],
                        given["body"],
                        given["approval"],
                        web.now(request),
                    )
            return web.redirect(request, "certificate_settings")
        except Invalid as error:
            problems = list(error.problems)
    with web.reading(request) as db:
        issuer = db.get(Issuer, who.institution_id) or Issuer(institution_id=who.institution_id)
        days = db.exec(
            select(WorkdayCorrection)
            .where(WorkdayCorrection.institution_id == who.institution_id)
            .order_by(col(WorkdayCorrection.day).desc(), col(WorkdayCorrection.id).desc())
        ).all()
        known = {"name": issuer.name, "body": issuer.body, "approval": issuer.approval}
        shown = given if problems and given["what"] != "day" else {**given, **known}
        context = {"given": shown, "problems": problems, "days": days}
        return web.render(request, "certificates/settings.html", context, 422 if problems else 200)


def _day(given: dict[str, str]) -> tuple[date, bool, str]:
    """A corrected day from a form; raises Invalid."""
    reason = " ".join(given.get("reason", "").split())
    problems = []
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        day = date.min
        problems.append(Problem("day", "not-a-date"))
    if not reason:
        problems.append(Problem("reason", "reason-missing"))
    if len(reason) > service_issue.MOST_REASON:
        problems.append(Problem("reason", "reason-too-long", {"most": service_issue.MOST_REASON}))
    if problems:
        raise Invalid(problems)
    return day, given.get("working") == "yes", reason


routes: list[BaseRoute] = [
    web.page_route("/certificates", certificates, access=MANAGE, name="certificates"),
    web.page_route(
        "/certificates/settings",
        certificate_settings,
        access=MANAGE,
        name="certificate_settings",
        methods=("GET", "POST"),
    ),
    web.page_route(
        "/certificates/orders", order_certificates, access=MANAGE, name="order_certificates", methods=("POST",)
    ),
    web.page_route("/certificates/orders/{order_id:int}", certificate_order, access=MANAGE, name="certificate_order"),
    web.page_route("/certificates/{certificate_id:int}/file", certificate_file, access=MANAGE, name="certificate_file"),
    web.page_route(
        "/certificates/{certificate_id:int}/revoke",
        revoke_certificate,
        access=MANAGE,
        name="revoke_certificate",
        methods=("GET", "POST"),
    ),
]
