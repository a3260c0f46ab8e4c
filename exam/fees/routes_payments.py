"""The office's pages of payments: transfers recorded with their vouchers, what is left of them, what is paid back."""

from typing import Any

from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import deeds
from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import AppError, Invalid, NotFound, Problem, Refused
from exam.credits.evidence import Clean, take
from exam.fees import queries_pages, service_payments
from exam.fees.allocating import rest_of
from exam.fees.gateways import Transfer
from exam.fees.view import day, money, numbers, show, today

MANAGE = may(Permission.FEES_MANAGE)
GET_POST = ["GET", "POST"]
UPLOAD_MIB = 6
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def payments(request: Request) -> Response:
    """`GET /fees/payments?q=&page=`: what came in, and what is to be paid back."""
    who = caller(request)
    filters = {name: request.query_params.get(name, "") for name in ("q", "page")}
    with web.reading(request) as db:
        page = queries_pages.payments(db, who, {**filters, "page": filters["page"] or "1"})
        noted = queries_pages.refunds(db, who, state="noted")
        context = {"filters": filters, "page": page, "refunds": noted, "waiting": queries_pages.waiting(db, who)}
        return show(request, "fees/payments.html", context)


def payment_new(request: Request) -> Response:
    """`GET /fees/payments/new?due=…`: record a transfer for some dues; `POST` with its voucher."""
    who = caller(request)
    if request.method == "GET":
        with web.reading(request) as db:
            rows = queries_pages.chosen(db, who, numbers(request.query_params.getlist("due"))[:500])
            total = sum((row.open for row in rows), 0)
            values = {"yuan": f"{total:.2f}" if rows else "", "paid_on": today(request).isoformat()}
            return _new_page(request, rows, values)
    fields, ids = web.text_fields(request), numbers(web.form(request).getlist("due"))
    try:
        voucher = _voucher(request)
        stored = request.app.state.objects.put(voucher.data) if voucher else None
        with web.transaction(request) as db:
            transfer = _transfer(request, fields, stored, voucher.media_type if voucher else "")
            made = service_payments.settle(db, who, transfer, ids, web.now(request))
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _new_page(request, queries_pages.chosen(db, who, ids), fields, error)
    return web.redirect(request, "payment", payment_id=made.id)


def _transfer(request: Request, fields: dict[str, str], voucher: str | None, media_type: str) -> Transfer:
    who = caller(request)
    reference = "".join(fields.get("reference", "").split())[:100]
    if not reference:
        raise Invalid([Problem("reference", "required")])
    return Transfer(
        institution_id=who.institution_id,
        payer=" ".join(fields.get("payer", "").split())[:100],
        yuan=money(fields.get("yuan", ""), "yuan"),
        paid_on=day(fields.get("paid_on", ""), "paid_on"),
        reference=reference,
        by=who.person_id,
        voucher=voucher,
        voucher_type=media_type,
    )


def _voucher(request: Request) -> Clean | None:
    file = web.form(request).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    return take(file.file.read())


def _new_page(request: Request, rows: Any, values: dict[str, str], error: Invalid | Refused | None = None) -> Response:
    context = {
        "rows": rows,
        "values": values,
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "fees/payment_new.html", context, error.status if error else 200)


def payment(request: Request) -> Response:
    """`GET /fees/payments/{payment_id}`; `POST` with `do`: undo, refund-rest, use-rest, refund-done, refund-drop."""
    who, payment_id = caller(request), request.path_params["payment_id"]
    if request.method == "GET":
        with web.reading(request) as db:
            return _payment_page(request, db)
    try:
        with web.transaction(request) as db:
            service_payments.of_institution(db, who, payment_id)
            _do(request, db, payment_id)
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _payment_page(request, db, error)
    return web.redirect(request, "payment", payment_id=payment_id)


def _do(request: Request, db: Session, payment_id: int) -> None:
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    reason = fields.get("reason", "")
    refund = next(iter(numbers([fields.get("refund", "")])), 0)
    if fields.get("do", "").startswith("refund-d"):
        of_payment = [row.id for row, _ in queries_pages.refunds(db, who, payment_id)]
        if refund not in of_payment:
            raise NotFound(f"refund {refund}")
    match fields.get("do"):
        case "undo":
            service_payments.undo(db, who, payment_id, reason, now)
        case "refund-rest":
            service_payments.refund_rest(db, who, payment_id, reason, now)
        case "use-rest":
            ids = numbers(web.form(request).getlist("due"))
            service_payments.use_rest(db, who, payment_id, ids, now)
        case "refund-done":
            on = day(fields.get("done_on", ""), "done_on")
            service_payments.refund_done(db, who, refund, on, fields.get("reference", ""), now)
        case "refund-drop":
            service_payments.refund_dropped(db, who, refund, now)
        case _:
            raise Invalid([Problem("do", "required")])


def _payment_page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    who = caller(request)
    found = service_payments.of_institution(db, who, request.path_params["payment_id"])
    rest = rest_of(db, found)
    asked = request.query_params.get("q", "").strip()
    unpaid = []
    if rest > 0 and found.gateway == "transfer" and asked:
        unpaid = list(queries_pages.dues(db, who, {"state": "unpaid", "q": asked}).rows)
    context = {
        "payment": found,
        "rest": rest,
        "asked": asked,
        "unpaid": unpaid,
        "settles": queries_pages.settles(db, found),
        "refunds": queries_pages.refunds(db, who, found.id),
        "today": today(request).isoformat(),
        "holder": db.get(Person, found.person_id) if found.person_id else None,
        "done": _form_of(web.text_fields(request)) if error else "",
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "fees/payment.html", context, error.status if error else 200)


def _form_of(fields: dict[str, str]) -> str:
    """Which of the page's forms was sent."""
    return "-".join(filter(None, (fields.get("do", ""), fields.get("refund", ""))))


def payment_voucher(request: Request) -> Response:
    """`GET /fees/payments/{payment_id}/voucher`: the voucher, as a download; who took it is kept."""
    who = caller(request)
    with web.transaction(request) as db:
        found = service_payments.of_institution(db, who, request.path_params["payment_id"])
        if not found.voucher:
            raise NotFound("voucher")
        deeds.record_by(db, who, web.now(request), "payment.voucher", ("payment", found.id), {})
    try:
        data = request.app.state.objects.get(found.voucher)
    except AppError as error:
        raise NotFound("voucher") from error
    name = f"voucher-{found.id}.{ENDINGS.get(found.voucher_type, 'bin')}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": "sandbox"}
    return Response(data, media_type=found.voucher_type, headers=headers)


routes: list[BaseRoute] = [
    web.page_route("/fees/payments", payments, access=MANAGE, name="payments"),
    web.page_route(
        "/fees/payments/new",
        payment_new,
        access=MANAGE,
        name="payment_new",
        methods=GET_POST,
        limit_mib=UPLOAD_MIB,
    ),
    web.page_route("/fees/payments/{payment_id:int}", payment, access=MANAGE, name="payment", methods=GET_POST),
    web.page_route("/fees/payments/{payment_id:int}/voucher", payment_voucher, access=MANAGE, name="payment_voucher"),
]
