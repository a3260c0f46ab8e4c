"""The office's pages of what is due: the queue, one due, charging by hand, how the institution is paid."""

from decimal import Decimal, InvalidOperation

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.candidates import candidates_by_name
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem, Refused
from exam.fees import queries, queries_pages, service_dues
from exam.fees.allocating import open_yuan
from exam.fees.models import PERS
from exam.fees.view import charging, show, today

MANAGE = may(Permission.FEES_MANAGE)
GET_POST = ["GET", "POST"]


def fees(request: Request) -> Response:
    """`GET /fees?q=&state=&scheme=&page=`: what is due at the institution; unpaid ones unless asked otherwise."""
    who = caller(request)
    filters = {name: request.query_params.get(name, "") for name in ("q", "state", "scheme", "page")}
    if "state" not in request.query_params:
        filters["state"] = "unpaid"
    with web.reading(request) as db:
        context = {
            "filters": filters,
            "page": queries_pages.dues(db, who, {**filters, "page": filters["page"] or "1"}),
            "waiting": queries_pages.waiting(db, who),
            "collects": queries.collects(db, who.institution_id),
            "schemes": charging(today(request)),
        }
        return show(request, "fees/fees.html", context)


def fee(request: Request) -> Response:
    """`GET /fees/{due_id}`: one due with what came in for it. `POST` with `do` (waive, unwaive, void) and `reason`."""
    who, due_id = caller(request), request.path_params["due_id"]
    if request.method == "GET":
        with web.reading(request) as db:
            return _fee_page(request, db)
    fields, now = web.text_fields(request), web.now(request)
    deeds = {"waive": service_dues.waive, "unwaive": service_dues.unwaive, "void": service_dues.make_void}
    try:
        with web.transaction(request) as db:
            service_dues.of_institution(db, who, due_id)
            deed = deeds.get(fields.get("do", ""))
            if deed is None:
                raise Invalid([Problem("do", "required")])
            deed(db, who, due_id, fields.get("reason", ""), now)
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _fee_page(request, db, error)
    return web.redirect(request, "fee", due_id=due_id)


def _fee_page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    due = service_dues.of_institution(db, caller(request), request.path_params["due_id"])
    context = {
        "due": due,
        "person": db.get_one(Person, due.person_id),
        "open": open_yuan(db, due),
        "done": web.text_fields(request).get("do", "") if error else "",
        "settled": queries_pages.settled_by(db, due),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "fees/fee.html", context, error.status if error else 200)


def fee_charge(request: Request) -> Response:
    """`GET` and `POST /fees/charge`: charge a candidate by hand."""
    if request.method == "GET":
        return _charge_page(request, {})
    who, fields = caller(request), web.text_fields(request)
    try:
        with web.transaction(request) as db:
            name = fields.get("person", "").strip()
            found = candidates_by_name(db, who, [name.upper() if len(name) == 18 else name, name])
            if not found:
                raise Invalid([Problem("person", "fee-nobody")])
            due = service_dues.charge_by_hand(db, who, next(iter(found.values())), _by_hand(fields), web.now(request))
    except Invalid as error:
        return _charge_page(request, fields, error)
    except Refused as error:
        return _charge_page(request, fields, error)
    return web.redirect(request, "fee", due_id=due.id)


def _by_hand(fields: dict[str, str]) -> service_dues.ByHand:
    scheme, _, rest = fields.get("fee", "").partition(":")
    per, _, rest = rest.partition(":")
    track, _, category = rest.partition(":")
    hours = None
    if fields.get("hours", "").strip():
        try:
            hours = Decimal(fields["hours"].strip())
        except InvalidOperation as error:
            raise Invalid([Problem("hours", "exam-not-a-number")]) from error
        if not hours.is_finite():
            raise Invalid([Problem("hours", "exam-not-a-number")])
    return service_dues.ByHand(
        scheme, per if per in PERS else "", track or None, category or None, fields.get("title", "")[:200], hours
    )


def _charge_page(request: Request, values: dict[str, str], error: Invalid | Refused | None = None) -> Response:
    on = today(request)
    context = {
        "values": values,
        "options": [(scheme, rule.value) for scheme in charging(on) for rule in scheme.fees if rule.holds(on)],
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "fees/charge.html", context, error.status if error else 200)


def fee_settings(request: Request) -> Response:
    """`GET` and `POST /fees/settings`: how the institution is paid."""
    who = caller(request)
    names = ("payee", "bank", "account", "note", "note_en")
    if request.method == "GET":
        with web.reading(request) as db:
            row = queries.instructions(db, who.institution_id)
            given = {name: getattr(row, name) if row else "" for name in names}
            return show(request, "fees/settings.html", {"given": given, "problems": (), "saved": row is not None})
    fields = web.text_fields(request)
    given = {name: fields.get(name, "") for name in names}
    try:
        with web.transaction(request) as db:
            service_dues.instruct(db, who, **given, now=web.now(request))
    except Invalid as error:
        context = {"given": given, "problems": error.problems, "saved": False}
        return show(request, "fees/settings.html", context, error.status)
    return web.redirect(request, "fees")


routes: list[BaseRoute] = [
    web.page_route("/fees", fees, access=MANAGE, name="fees"),
    web.page_route("/fees/charge", fee_charge, access=MANAGE, name="fee_charge", methods=GET_POST),
    web.page_route("/fees/settings", fee_settings, access=MANAGE, name="fee_settings", methods=GET_POST),
    web.page_route("/fees/{due_id:int}", fee, access=MANAGE, name="fee", methods=GET_POST),
]
