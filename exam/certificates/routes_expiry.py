"""The office's list of certificates that end, its file, and the next cycle; the holder's reminder on the first page."""

from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import deeds
from exam.accounts.access import Caller, caller, may
from exam.accounts.permissions import Permission
from exam.certificates import expiry
from exam.certificates.queries import managed_issued
from exam.certificates.routes_own import today
from exam.certificates.service_issue import managed
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.i18n import N_
from exam.core.web import Panel
from exam.core.xlsx import make_book
from exam.credits import confirm_page
from exam.credits.effects_shown import Unseen, confirmed

MANAGE = may(Permission.CERTIFICATE_MANAGE)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = (N_("姓名"), N_("证书"), N_("证书编号"), N_("有效期至"), N_("剩余天数"), N_("续发的证书"))


def expiring(request: Request) -> Response:
    """`GET /certificates/expiring?within=&page=` (name `expiring`): what ends within so many days; `within=over`."""
    within, over, page = _asked(request)
    with web.reading(request) as db:
        rows, total = expiry.expiring(db, caller(request), today(request), within, over=over, page=page)
    context = {
        "rows": rows,
        "total": total,
        "within": "over" if over else str(within),
        "choices": expiry.WITHIN,
        "page": page,
        "pages": max(1, -(-total // expiry.PAGE)),
    }
    return web.render(request, "certificates/expiring.html", context)


def _asked(request: Request) -> tuple[int, bool, int]:
    given, page = request.query_params.get("within", ""), request.query_params.get("page", "1")
    number = int(page) if page.isdecimal() and 0 < len(page) < 6 else 1
    within = int(given) if given.isdecimal() and len(given) < 5 and int(given) in expiry.WITHIN else 180
    return within, given == "over", max(1, number)


def expiring_file(request: Request) -> Response:
    """`GET /certificates/expiring/file?within=` (name `expiring_file`): the list as a workbook; who took it is kept."""
    who, (within, over, _) = caller(request), _asked(request)
    lines: list[list[Any]] = []
    with web.transaction(request) as db:
        page, total = 1, 1
        while (page - 1) * expiry.PAGE < total:
            rows, total = expiry.expiring(db, who, today(request), within, over=over, page=page)
            lines += [_line(row) for row in rows]
            page += 1
        subject = ("institution", who.institution_id)
        deeds.record_by(db, who, web.now(request), "certificate.expiring-file", subject, {"n": len(lines)})
    title = i18n.gettext("即将到期的证书")
    body = make_book(title, [i18n.gettext(text) for text in HEADINGS], lines)
    name = quote(f"{title}-{today(request):%Y%m%d}.xlsx")
    disposition = f"attachment; filename=\"expiring-{today(request):%Y%m%d}.xlsx\"; filename*=UTF-8''{name}"
    return Response(body, media_type=XLSX, headers={"Content-Disposition": disposition})


def _line(row: expiry.Expiring) -> list[Any]:
    one = row.certificate
    until = one.valid_until.isoformat() if one.valid_until else ""
    following = (row.successor.number or "") if row.successor else ""
    return [one.name, i18n.gettext(one.title), one.number, until, row.days, following]


def begin_cycle(request: Request) -> Response:
    """`POST /certificates/{certificate_id}/next-cycle` (name `begin_cycle`): shows first what it does to the holder's
    eligibility; the form then brings its `seen` token."""
    who, number, now = caller(request), int(request.path_params["certificate_id"]), web.now(request)
    try:
        with web.transaction(request) as db:
            row = managed(db, who, number)
            begin = partial(expiry.begin_cycle, db, who, number, now)
            confirmed(db, who.institution_id, [row.person_id], confirm_page.seen(request), now, begin)
    except Unseen as unseen:
        with web.reading(request) as db:
            row = managed_issued(db, who, number)
            told = [(N_("姓名"), row.name), (N_("证书"), i18n.gettext(row.title)), (N_("证书编号"), row.number or "")]
            told.append((N_("有效期至"), row.valid_until.isoformat() if row.valid_until else ""))
        back = str(request.app.url_path_for("expiring"))
        return confirm_page.ask(request, unseen, title=N_("确认开始下一周期"), told=told, back=back)
    return web.redirect(request, "expiring")


def holder_panels(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """Certificates of the caller's that end soon."""
    if Permission.HOURS_OWN not in who.permissions:
        return []
    day: date = now.astimezone(SHANGHAI).date()
    found = expiry.own_reminders(db, who, day)
    return [Panel(9, "certificates/_home_expiring.html", {"rows": found})] if found else []


routes: list[BaseRoute] = [
    web.page_route("/certificates/expiring", expiring, access=MANAGE, name="expiring"),
    web.page_route("/certificates/expiring/file", expiring_file, access=MANAGE, name="expiring_file"),
    web.page_route(
        "/certificates/{certificate_id:int}/next-cycle",
        begin_cycle,
        access=MANAGE,
        name="begin_cycle",
        methods=["POST"],
    ),
]
