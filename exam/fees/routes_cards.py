"""The office's pages of learning cards and invoices, and their files."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import deeds
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.errors import Invalid, Problem, Refused
from exam.core.i18n import N_
from exam.core.secrets import derive
from exam.core.xlsx import make_book
from exam.fees import codes, queries_pages, service_cards, service_invoices
from exam.fees.view import INVOICE_FILTERS, charging, local, money, numbers, scheme_title, show, today

MANAGE = may(Permission.FEES_MANAGE)
GET_POST = ["GET", "POST"]
CARD_HEADINGS = (N_("序号"), N_("学习卡号"), N_("面值"), N_("单位"), N_("适用规则"))
INVOICE_HEADINGS = (
    *(N_("编号"), N_("抬头"), N_("税号"), N_("种类"), N_("邮箱"), N_("地址"), N_("电话")),
    *(N_("金额（元）"), N_("内容"), N_("申请人"), N_("申请日期")),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cards(request: Request) -> Response:
    """`GET /fees/cards`: batches of learning cards; `POST` with `scheme`, `value`, `count`, `note` makes one."""
    who, fields = caller(request), web.text_fields(request)
    if request.method == "GET":
        with web.reading(request) as db:
            return _cards_page(request, db, {})
    try:
        value = money(fields.get("value", ""), "value")
        count = next(iter(numbers([fields.get("count", "")])), 0)
        with web.transaction(request) as db:
            scheme, note = fields.get("scheme", ""), fields.get("note", "")
            batch = service_cards.make(db, who, _key(request), scheme, value, count, note, web.now(request))
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _cards_page(request, db, fields, error)
    return web.redirect(request, "card_batch", batch_id=batch.id)


def _cards_page(
    request: Request, db: Session, given: dict[str, str], error: Invalid | Refused | None = None
) -> Response:
    context = {
        "given": given,
        "batches": queries_pages.batches(db, caller(request)),
        "schemes": charging(today(request)),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
        "waiting": queries_pages.waiting(db, caller(request)),
    }
    return show(request, "fees/cards.html", context, error.status if error else 200)


def card_batch(request: Request) -> Response:
    """`GET /fees/cards/{batch_id}`: the cards, without their codes; `POST` with `card` and `reason` makes some void."""
    who, batch_id = caller(request), request.path_params["batch_id"]
    if request.method == "GET":
        with web.reading(request) as db:
            return _batch_page(request, db)
    try:
        with web.transaction(request) as db:
            own = {card.id for card in service_cards.cards_of(db, service_cards.batch_of(db, who, batch_id))}
            picked = [one for one in numbers(web.form(request).getlist("card")) if one in own]
            if not picked:
                raise Invalid([Problem("card", "nothing-chosen")])
            service_cards.void(db, who, picked, web.text_fields(request).get("reason", ""), web.now(request))
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _batch_page(request, db, error)
    return web.redirect(request, "card_batch", batch_id=batch_id)


def _batch_page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    batch = service_cards.batch_of(db, caller(request), request.path_params["batch_id"])
    context = {
        "batch": batch,
        "cards": service_cards.cards_of(db, batch),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "fees/card_batch.html", context, error.status if error else 200)


def card_file(request: Request) -> Response:
    """`POST /fees/cards/{batch_id}/file`: the codes of the unused cards as a workbook; who took them is kept."""
    with web.transaction(request) as db:
        batch, rows = service_cards.export(
            db, caller(request), _key(request), request.path_params["batch_id"], web.now(request)
        )
    unit = i18n.gettext("学时") if batch.unit == "hours" else i18n.gettext("元")
    headings = [i18n.gettext(text) for text in CARD_HEADINGS]
    body: list[list[Any]] = [
        [card.number, code, _plain(batch.value), unit, scheme_title(batch.scheme)] for card, code in rows
    ]
    return _book(request, i18n.gettext("学习卡"), f"cards-{batch.id}", headings, body)


def invoices(request: Request) -> Response:
    """`GET /fees/invoices?state=&page=`; `POST` with `invoice`, `do` (issue, take-back), `number` or `reason`."""
    who, fields = caller(request), web.text_fields(request)
    if request.method == "GET":
        with web.reading(request) as db:
            return _invoices_page(request, db)
    invoice_id = next(iter(numbers([fields.get("invoice", "")])), 0)
    try:
        with web.transaction(request) as db:
            if fields.get("do") == "issue":
                service_invoices.issue(db, who, invoice_id, fields.get("number", ""), web.now(request))
            else:
                service_invoices.take_back(db, who, invoice_id, fields.get("reason", ""), web.now(request))
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _invoices_page(request, db, error)
    return web.redirect(request, "invoices")


def _invoices_page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    who, state = caller(request), request.query_params.get("state", "asked")
    state = state if state in INVOICE_FILTERS else ""
    page = queries_pages.invoices(db, who, state, request.query_params.get("page", "1"))
    context = {
        "page": page,
        "state": state,
        "covered": queries_pages.covered(db, [invoice.id or 0 for invoice, _ in page.rows]),
        "waiting": queries_pages.waiting(db, who),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "fees/invoices.html", context, error.status if error else 200)


def invoice_file(request: Request) -> Response:
    """`GET /fees/invoices/file`: the invoices that wait to be made out, as a workbook; who took it is kept."""
    who = caller(request)
    rows: list[list[Any]] = []
    with web.transaction(request) as db:
        number, pages = 1, 1
        while number <= pages:
            page = queries_pages.invoices(db, who, "asked", str(number))
            pages = (page.total + queries_pages.PAGE - 1) // queries_pages.PAGE
            covered = queries_pages.covered(db, [invoice.id or 0 for invoice, _ in page.rows])
            rows += [_invoice_line(invoice, person, covered.get(invoice.id or 0, [])) for invoice, person in page.rows]
            number += 1
        deeds.record_by(
            db, who, web.now(request), "invoice.export", ("institution", who.institution_id), {"n": len(rows)}
        )
    headings = [i18n.gettext(text) for text in INVOICE_HEADINGS]
    return _book(request, i18n.gettext("待开发票"), "invoices", headings, rows)


def _invoice_line(invoice: Any, person: Any, dues: Iterable[Any]) -> list[Any]:
    kind = i18n.gettext("电子发票") if invoice.kind == "electronic" else i18n.gettext("纸质发票")
    about = "；".join(due.title for due in dues)
    contact = [invoice.email, invoice.address, invoice.phone]
    asked = local(invoice.asked_at)
    amount = float(invoice.amount)
    return [invoice.id, invoice.title, invoice.tax_number, kind, *contact, amount, about, person.name, asked]


def _plain(value: Decimal) -> float:
    return float(value)


def _book(request: Request, title: str, name: str, headings: Sequence[str], rows: list[list[Any]]) -> Response:
    stamp = f"{today(request):%Y%m%d}"
    pretty = quote(f"{title}-{stamp}.xlsx")
    disposition = f"attachment; filename=\"{name}-{stamp}.xlsx\"; filename*=UTF-8''{pretty}"
    return Response(make_book(title, headings, rows), media_type=XLSX, headers={"Content-Disposition": disposition})


def _key(request: Request) -> bytes:
    return derive(request.app.state.secret, codes.PURPOSE)


routes: list[BaseRoute] = [
    web.page_route("/fees/cards", cards, access=MANAGE, name="cards", methods=GET_POST),
    web.page_route("/fees/cards/{batch_id:int}", card_batch, access=MANAGE, name="card_batch", methods=GET_POST),
    web.page_route("/fees/cards/{batch_id:int}/file", card_file, access=MANAGE, name="card_file", methods=["POST"]),
    web.page_route("/fees/invoices", invoices, access=MANAGE, name="invoices", methods=GET_POST),
    web.page_route("/fees/invoices/file", invoice_file, access=MANAGE, name="invoice_file"),
]
