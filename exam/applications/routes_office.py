"""The office's pages of applications: the queue, one application with its pictures, the decision."""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import deeds
from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.applications import queries, rules, service, service_office
from exam.applications.models import ApplicationPicture
from exam.applications.states import MOVES
from exam.applications.view import STATE_NAMES, known_projects, picture_response, show
from exam.core import web
from exam.core.errors import Invalid, NotFound, Refused

MANAGE = may(Permission.APPLICATION_MANAGE)


def applications(request: Request) -> Response:
    """`GET /applications?q=&state=&project=&page=`: applications that were sent; those that wait
    unless asked otherwise."""
    filters = {name: request.query_params.get(name, "") for name in ("q", "state", "project", "page")}
    if "state" not in request.query_params:
        filters["state"] = "sent"
    if filters["state"] not in STATE_NAMES:
        filters["state"] = ""
    with web.reading(request) as db:
        page = queries.queue(db, caller(request), {**filters, "page": filters["page"] or "1"})
        return show(
            request, "applications/queue.html", {"filters": filters, "page": page, "projects": known_projects()}
        )


def application(request: Request) -> Response:
    """`GET /applications/{application_id}`; `POST` with `decision` (approve, return, refuse), `reason`, `proof`."""
    if request.method == "GET":
        with web.reading(request) as db:
            return _page(request, db)
    fields = web.text_fields(request)
    try:
        with web.transaction(request) as db:
            service_office.decide(
                db,
                caller(request),
                request.path_params["application_id"],
                fields.get("decision", ""),
                fields.get("reason", ""),
                fields.get("proof") == "yes",
                web.now(request),
                fields.get("seen", ""),
            )
    except (Invalid, Refused) as error:
        with web.reading(request) as db:
            return _page(request, db, error)
    return web.redirect(request, "applications")


def _page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    row = service_office.managed(db, caller(request), request.path_params["application_id"])
    fields = web.text_fields(request)
    context = {
        "application": row,
        "person": db.get_one(Person, row.person_id),
        "pictures": {picture.kind: picture for picture in service.pictures_of(db, row)},
        "decisions": [each for each in service_office.DECISIONS if (row.state, each) in MOVES],
        "edition": rules.edition(row.state, row.sent_at),
        "given": fields,
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "applications/one.html", context, error.status if error else 200)


def application_picture(request: Request) -> Response:
    """`GET /applications/{application_id}/pictures/{picture_id}`; who looked at an ID card is kept."""
    who = caller(request)
    with web.transaction(request) as db:
        row = service_office.managed(db, who, request.path_params["application_id"])
        picture = db.get(ApplicationPicture, request.path_params["picture_id"])
        if picture is None or picture.application_id != row.id or picture.sha256 is None:
            raise NotFound("picture")
        deeds.record_by(
            db, who, web.now(request), "application.look", ("application", row.id), {"picture": picture.kind}
        )
    return picture_response(request, picture.sha256, picture.media_type)


routes: list[BaseRoute] = [
    web.page_route("/applications", applications, access=MANAGE, name="applications"),
    web.page_route(
        "/applications/{application_id:int}", application, access=MANAGE, name="application", methods=["GET", "POST"]
    ),
    web.page_route(
        "/applications/{application_id:int}/pictures/{picture_id:int}",
        application_picture,
        access=MANAGE,
        name="application_picture",
    ),
]
