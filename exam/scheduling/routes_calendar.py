"""The office's pages of schemes and their calendar: every rule with its source, dates, notices about them, files."""

from datetime import date
from hashlib import sha256
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.scheduling import queries_calendar, service_notices
from exam.scheduling.forms import read_instant
from exam.scheduling.ical import calendar_file
from exam.scheduling.scheme_words import said
from exam.scheduling.service_notices import Wanted
from exam.scheduling.view import show
from exam.scheduling.windows import local_date
from exam.schemes.kinds import Scheme

READ, MANAGE, TAKE = may(Permission.SCHEME_READ), may(Permission.EXAM_MANAGE), may(Permission.SITTING_TAKE)
GET_POST = ["GET", "POST"]


def scheme_list(request: Request) -> Response:
    """`GET /schemes`: the schemes with the version in force."""
    now = web.now(request)
    rows = [(scheme, scheme.version_at(local_date(scheme, now))) for scheme in schemes.SCHEMES.values()]
    return show(request, "scheduling/schemes.html", {"rows": rows})


def scheme_page(request: Request) -> Response:
    """`GET /schemes/{scheme}?at=`: every rule in force on a day, in words, with its source and dates."""
    scheme = _scheme(request)
    today = local_date(scheme, web.now(request))
    asked = request.query_params.get("at", "")
    try:
        on = date.fromisoformat(asked) if asked else today
        version = scheme.version_at(on)
    except ValueError:
        on, version, asked = today, scheme.version_at(today), ""
    except LookupError:
        return show(request, "scheduling/scheme.html", {"scheme": scheme, "on": on, "version": "", "groups": []})
    groups: dict[str, list[Any]] = {}
    for name, rule in scheme.in_force(on):
        groups.setdefault(name, []).append((rule, said(scheme, rule)))
    context = {"scheme": scheme, "on": on, "version": version, "groups": list(groups.items())}
    return show(request, "scheduling/scheme.html", context)


def calendar_page(request: Request) -> Response:
    """`GET /calendar` and `/calendar/{scheme}`: a scheme's dates for a year, and what notices made of them."""
    with web.reading(request) as db:
        return _calendar(request, db)


def _calendar(request: Request, db: Session, refusal: Any = None, key: str = "") -> Response:
    who, now = caller(request), web.now(request)
    listed = queries_calendar.with_dates(now)
    key = key or request.path_params.get("scheme", listed[0].key)
    chosen = next((scheme for scheme in listed if scheme.key == key), None)
    if chosen is None:
        raise NotFound(key)
    found = queries_calendar.notices(db, who.institution_id, chosen.key)
    context = {
        "schemes": listed,
        "scheme": chosen,
        "rows": queries_calendar.dates(db, who, chosen, now),
        "recorded": found,
        "names": queries_calendar.names(db, found),
        "refusal": refusal,
    }
    return show(request, "scheduling/calendar.html", context, 409 if refusal else 200)


def notice_new(request: Request) -> Response:
    """`GET /calendar/{scheme}/notice?opens=…`: the form of a notice; `POST` shows what it would do, and with
    `confirmed` (a fingerprint of what was shown) records it. Shown anew when that has changed meanwhile."""
    scheme = _scheme(request)
    if request.method == "GET":
        opens = read_instant(request.query_params.get("opens", ""))
        if opens is None:
            raise NotFound("window")
        return _form(request, scheme, {"opens": opens.isoformat(), "kind": "replace"})
    fields = web.text_fields(request)
    try:
        wanted = _wanted(scheme, fields)
        with web.transaction(request) as db:
            effect = service_notices.effect_of(db, caller(request), wanted, web.now(request))
            done = fields.get("confirmed") == _fingerprint(effect)
            if done:
                service_notices.record(db, caller(request), wanted, web.now(request))
    except (Invalid, Refused) as error:
        return _form(request, scheme, fields, error)
    if not done:
        return _form(request, scheme, fields, effect=effect)
    return web.redirect(request, "calendar_of", scheme=scheme.key)


def _fingerprint(effect: service_notices.Effect) -> str:
    """What was shown, so that a changed situation is shown anew."""
    before = effect.before.opens.isoformat() if effect.before else ""
    shown = " ".join([before, *(str(booking.id) for booking, *_ in effect.bookings)])
    return sha256(shown.encode()).hexdigest()


def _wanted(scheme: Scheme, fields: dict[str, str]) -> Wanted:
    opens = read_instant(fields.get("opens", ""))
    if opens is None:
        raise NotFound("window")
    days: list[date | None] = []
    for name in ("first", "last"):
        text = fields.get(name, "").strip() if fields.get("kind") == "replace" else ""
        try:
            days.append(date.fromisoformat(text) if text else None)
        except ValueError as error:
            raise Invalid([Problem(name, "required")]) from error
    if fields.get("kind") == "replace" and None in days:
        raise Invalid([Problem(name, "required") for name, day in zip(("first", "last"), days, strict=True) if not day])
    return Wanted(scheme.key, opens, days[0], days[1], fields.get("number", ""), fields.get("reason", ""))


def _form(
    request: Request, scheme: Scheme, values: dict[str, str], error: Invalid | Refused | None = None, effect: Any = None
) -> Response:
    opens = read_instant(values.get("opens", ""))
    if opens is None:
        raise NotFound("window")
    context = {
        "scheme": scheme,
        "window": service_notices.original(scheme, opens),
        "values": values,
        "effect": effect,
        "fingerprint": _fingerprint(effect) if effect else "",
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "scheduling/notice.html", context, error.status if error else 200)


def notice_withdraw(request: Request) -> Response:
    """`POST /calendar/notices/{notice_id}/withdraw`: what held before holds again."""
    who, notice_id = caller(request), request.path_params["notice_id"]
    key = ""
    try:
        with web.transaction(request) as db:
            key = service_notices.of_institution(db, who, notice_id).scheme
            service_notices.withdraw(db, who, notice_id, web.now(request))
    except Refused as error:
        with web.reading(request) as db:
            return _calendar(request, db, error.refusal, key)
    return web.redirect(request, "calendar_of", scheme=key)


def calendar_ics(request: Request) -> Response:
    """`GET /calendar/{scheme}/file.ics`: the dates as an iCalendar file."""
    scheme, now = _scheme(request), web.now(request)
    title = i18n.gettext(scheme.title)
    with web.reading(request) as db:
        events = queries_calendar.scheme_events(db, caller(request), scheme, title, now)
    return _ics(calendar_file(title, events, scheme.zone, now), scheme.key)


def my_calendar_ics(request: Request) -> Response:
    """`GET /my/calendar.ics`: the caller's booked chances as an iCalendar file."""
    now = web.now(request)
    with web.reading(request) as db:
        events = queries_calendar.own_events(db, caller(request), now)
    return _ics(calendar_file(i18n.gettext("我的考试"), events, "Asia/Shanghai", now), "exams")


def _ics(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def _scheme(request: Request) -> Scheme:
    key = request.path_params["scheme"]
    if key not in schemes.SCHEMES:
        raise NotFound(key)
    return schemes.get(key)


routes: list[BaseRoute] = [
    web.page_route("/schemes", scheme_list, access=READ, name="schemes"),
    web.page_route("/schemes/{scheme}", scheme_page, access=READ, name="scheme"),
    web.page_route("/calendar", calendar_page, access=READ, name="calendar"),
    web.page_route("/calendar/{scheme}", calendar_page, access=READ, name="calendar_of"),
    web.page_route("/calendar/{scheme}/notice", notice_new, access=MANAGE, name="notice_new", methods=GET_POST),
    web.page_route("/calendar/{scheme}/file.ics", calendar_ics, access=READ, name="calendar_ics"),
    web.page_route(
        "/calendar/notices/{notice_id:int}/withdraw",
        notice_withdraw,
        access=MANAGE,
        name="notice_withdraw",
        methods=["POST"],
    ),
    web.page_route("/my/calendar.ics", my_calendar_ics, access=TAKE, name="my_calendar_ics"),
]
