"""The candidate's page of fees: what is due and how to pay it, learning cards, invoices."""

from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.accounts.sign_in import gate_of
from exam.accounts.throttle import Attempt
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, Refused
from exam.fees import grants, queries, queries_pages, service_cards, service_invoices
from exam.fees.invoicing import invoiceable
from exam.fees.view import numbers, show, today

OWN = may(Permission.HOURS_OWN)


def my_fees(request: Request) -> Response:
    """`GET /my/fees` (name `my_fees`)."""
    with web.reading(request) as db:
        return _page(request, db)


def _page(request: Request, db: Session, error: Invalid | Refused | None = None, **given: Any) -> Response:
    who, on = caller(request), today(request)
    dues = queries_pages.own_dues(db, who)
    free = [
        (scheme, rule.value, rest)
        for scheme in schemes.SCHEMES.values()
        for rule, rest in grants.left(db, who.institution_id, who.person_id, scheme, on)
    ]
    context = {
        "unpaid": [(due, rest) for due, rest in dues if due.state == "unpaid"],
        "others": [(due, rest) for due, rest in dues if due.state != "unpaid"],
        "total": sum((rest for _, rest in dues), 0),
        "instructions": queries.instructions(db, who.institution_id),
        "free": free,
        "refunds": queries_pages.own_refunds(db, who),
        "cards": queries_pages.own_cards(db, who),
        "invoices": queries_pages.own_invoices(db, who),
        "invoiceable": invoiceable(db, who.institution_id, who.person_id),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
        "given": {},
        "chosen": (),
        **given,
    }
    return show(request, "fees/my_fees.html", context, error.status if error else 200)


def redeem_card(request: Request) -> Response:
    """`POST /my/fees/card` with `code`: a learning card is redeemed for the caller.

    Codes that are none are counted for the person, wherever they try, as wrong passwords are at one place.
    """
    who, code = caller(request), web.text_fields(request).get("code", "")
    throttle, tried = gate_of(request).throttle, Attempt(f"card {who.person_id}", "", device="card", known=True)
    if wait := throttle.begin(tried):
        with web.reading(request) as db:
            answer = _page(request, db, Refused(Refusal("card-too-many", params={"seconds": wait})))
        answer.status_code, answer.headers["Retry-After"] = 429, str(wait)
        return answer
    try:
        with web.transaction(request) as db:
            service_cards.redeem(db, who, code[:100], web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, error)
    throttle.succeeded(tried)
    return web.redirect(request, "my_fees")


def use_card(request: Request) -> Response:
    """`POST /my/fees/cards/{payment_id}/use`: what is left of an own card settles what is due now."""
    who = caller(request)
    try:
        with web.transaction(request) as db:
            service_cards.use_rest_own(db, who, request.path_params["payment_id"], web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, error)
    return web.redirect(request, "my_fees")


def ask_invoice(request: Request) -> Response:
    """`POST /my/fees/invoice`: ask for an invoice over paid dues."""
    who, fields = caller(request), web.text_fields(request)
    picked = numbers(web.form(request).getlist("due"))
    try:
        with web.transaction(request) as db:
            service_invoices.ask(db, who, service_invoices.read_wanted(fields), picked, web.now(request))
    except Invalid as error:
        with web.reading(request) as db:
            return _page(request, db, error, given=fields, chosen=picked)
    return web.redirect(request, "my_fees")


def withdraw_invoice(request: Request) -> Response:
    """`POST /my/invoices/{invoice_id}/withdraw`: while it is not issued."""
    try:
        with web.transaction(request) as db:
            service_invoices.withdraw_own(db, caller(request), request.path_params["invoice_id"], web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _page(request, db, error)
    return web.redirect(request, "my_fees")


POST = ["POST"]
routes: list[BaseRoute] = [
    web.page_route("/my/fees", my_fees, access=OWN, name="my_fees"),
    web.page_route("/my/fees/card", redeem_card, access=OWN, name="redeem_card", methods=POST),
    web.page_route("/my/fees/cards/{payment_id:int}/use", use_card, access=OWN, name="use_card", methods=POST),
    web.page_route("/my/fees/invoice", ask_invoice, access=OWN, name="ask_invoice", methods=POST),
    web.page_route(
        "/my/invoices/{invoice_id:int}/withdraw", withdraw_invoice, access=OWN, name="withdraw_invoice", methods=POST
    ),
]
