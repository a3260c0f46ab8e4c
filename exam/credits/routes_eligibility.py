"""Pages about eligibility: what a candidate still lacks, where an institution's people stand."""

from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts import deeds
from exam.accounts.access import Caller, caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.errors import NotFound
from exam.core.lanes import Lane
from exam.credits import eligibility_table as table
from exam.credits import queries_eligibility, service_eligibility
from exam.credits.eligibility_view import places, show

OWN = may(Permission.HOURS_OWN)
READ = may(Permission.CREDITS_READ)
PAGE = 50
LANE = Lane("eligibility", at_once=2, waiting=20)
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def today(request: Request) -> date:
    """The civil day in Shanghai."""
    return web.now(request).astimezone(SHANGHAI).date()


def my_eligibility(request: Request) -> Response:
    """`GET /my/eligibility?scheme=&track=&year=` (name `my_eligibility`): what the candidate still lacks."""
    who = caller(request)
    return _standing_page(request, who, who.person_id, "credits/eligibility_mine.html")


def eligibility_person(request: Request) -> Response:
    """`GET /eligibility/people/{person_id}?scheme=&track=&year=` (name `eligibility_person`): the same of one of the
    institution's people."""
    return _standing_page(
        request, caller(request), int(request.path_params["person_id"]), "credits/eligibility_one.html"
    )


def _standing_page(request: Request, who: Caller, person_id: int, template: str) -> Response:
    given, on = request.query_params, today(request)
    with web.reading(request) as db:
        keys = queries_eligibility.schemes_of(db, who.institution_id, person_id)
        keys = [key for key in keys if service_eligibility.measures(key, on)]
        own = person_id == who.person_id
        if not keys and not own:
            raise NotFound(f"nobody {person_id} with hours")
        key = given.get("scheme", "") if given.get("scheme", "") in keys else (keys[0] if keys else "")
        tracks = queries_eligibility.chosen_tracks(db, who.institution_id, person_id, key) if key else []
        track = given.get("track", "") if given.get("track", "") in tracks else (tracks[0] if tracks else "")
        year = _year(given.get("year", ""), on)
        day = service_eligibility.day_of_year(key, on, year) if key else on
        found = service_eligibility.standing(db, who.institution_id, person_id, key, day, track) if key else None
        person = db.get(Person, person_id)
    context: dict[str, Any] = {
        "keys": keys,
        "standing": found,
        "scheme": schemes.get(key) if key else None,
        "tracks": tracks,
        "track": track,
        "track_titles": _track_titles(key),
        "years": _years(on) if found and found.cycle.year else [],
        "today": on,
        "person": person,
        "places": places(request),
        "waiver_until": _waiver_until(key, on) if key and found and found.cycle.year == on.year else None,
    }
    return show(request, template, context)


def _track_titles(key: str) -> dict[str, str]:
    rules = schemes.get(key).tracks if key else ()
    return {rule.value.key: i18n.gettext(rule.value.title) for rule in rules}


def _year(text: str, on: date) -> int | None:
    fine = text.isascii() and text.isdecimal() and len(text) == 4 and 2011 <= int(text) <= on.year
    return int(text) if fine else None


def _years(on: date) -> list[int]:
    return list(range(on.year, on.year - 5, -1))


def _waiver_until(scheme_key: str, on: date) -> date | None:
    for rule in schemes.get(scheme_key).waiver_deadline:
        if rule.holds(on):
            return date(on.year, rule.value.month, rule.value.day)
    return None


def eligibility(request: Request) -> Response:
    """`GET /eligibility?scheme=&year=&track=&state=&missing=&q=&page=` (name `eligibility`): where people stand."""
    who, on = caller(request), today(request)
    given = {name: value for name, value in request.query_params.items() if value}
    with web.reading(request) as db:
        usual = {} if given.get("scheme") else {"scheme": queries_eligibility.usual_scheme(db, who.institution_id)}
        chosen = table.read_filter(who.institution_id, {**given, **usual}, on)
        rows = table.lines(db, chosen, on)
    pages = max(1, -(-len(rows) // PAGE))
    text = given.get("page", "1")
    number = min(pages, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
    own = {**given, "scheme": chosen.scheme}
    own.pop("page", None)
    base = str(request.app.url_path_for("eligibility"))
    files = str(request.app.url_path_for("eligibility_file", kind="csv")).removesuffix("csv")
    query = f"?{urlencode(own)}" if own else ""
    first = (number - 1) * PAGE
    context = {
        "chosen": chosen,
        "scheme": schemes.get(chosen.scheme),
        "asking": [key for key in schemes.SCHEMES if service_eligibility.measures(key, on)],
        "rows": rows[first : first + PAGE],
        "count": len(rows),
        "counts": {state: sum(table.state_of(row) == state for row in rows) for state in table.STATES},
        "first": first + 1,
        "page": number,
        "pages": pages,
        "years": _years(on),
        "yearly": any(
            rule.holds(on) and rule.value.kind == "calendar-year" for rule in schemes.get(chosen.scheme).cycle
        ),
        "today": on,
        "states": table.STATE_NAMES,
        "state_of": table.state_of,
        "any": table.ANY,
        "page_url": lambda n: f"{base}?{urlencode({**own, 'page': n})}",
        "file_url": lambda kind: f"{files}{kind}{query}",
        "filtered": bool(set(own) - {"scheme"}),
    }
    return show(request, "credits/eligibility.html", context)


def eligibility_file(request: Request) -> Response:
    """`GET /eligibility/download/{kind}?…` (name `eligibility_file`): the filtered table as csv or xlsx. Who took it
    is kept; names searched for are not."""
    kind, who, on = request.path_params["kind"], caller(request), today(request)
    if kind not in MEDIA:
        raise NotFound(kind)
    chosen = table.read_filter(who.institution_id, dict(request.query_params), on)
    day, locale = service_eligibility.day_of_year(chosen.scheme, on, chosen.year), i18n.current_locale.get()
    with web.reading(request) as db:
        rows = table.lines(db, chosen, on)
    with web.transaction(request) as db:
        detail = {"format": kind, "scheme": chosen.scheme, "year": chosen.year, "state": chosen.state}
        subject = ("institution", who.institution_id)
        deeds.record_by(db, who, web.now(request), "eligibility.download", subject, detail)
    if kind == "csv":
        body = b"".join(table.as_csv(rows, chosen.scheme, day, locale))
    else:
        full_id = Permission.CREDITS_MANAGE in who.permissions
        body = table.as_xlsx(rows, chosen.scheme, day, locale, full_id=full_id)
    pretty = quote(f"{i18n.gettext('学时与资格')}-{on:%Y%m%d}.{kind}")
    disposition = f"attachment; filename=\"eligibility-{on:%Y%m%d}.{kind}\"; filename*=UTF-8''{pretty}"
    return Response(body, media_type=MEDIA[kind], headers={"Content-Disposition": disposition})


routes: list[BaseRoute] = [
    web.page_route("/my/eligibility", my_eligibility, access=OWN, name="my_eligibility"),
    web.page_route("/eligibility", eligibility, access=READ, name="eligibility", lane=LANE),
    web.page_route("/eligibility/download/{kind}", eligibility_file, access=READ, name="eligibility_file", lane=LANE),
    web.page_route("/eligibility/people/{person_id:int}", eligibility_person, access=READ, name="eligibility_person"),
]
