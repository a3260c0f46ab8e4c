"""The candidate's pages of applications: what can be applied for, the form with its pictures, signing and sending."""

from zoneinfo import ZoneInfo

from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.applications import queries, rules, service, service_retention
from exam.applications.asked import PICTURES
from exam.applications.models import ApplicationPicture
from exam.applications.states import EDITABLE, MOVES, OPEN
from exam.applications.view import picture_response, show
from exam.core import web
from exam.core.errors import Invalid, NotFound, Problem, Refused

OWN = may(Permission.HOURS_OWN)
UPLOAD_MIB = 6
POST = ["POST"]


def my_applications(request: Request) -> Response:
    """`GET /my/applications`: the caller's applications, and what can be applied for."""
    who, now = caller(request), web.now(request)
    with web.reading(request) as db:
        mine = queries.own(db, who)
    open_for = {(row.scheme, row.track) for row in mine if row.state in OPEN}
    offers = []
    for scheme in schemes.SCHEMES.values():
        on = now.astimezone(ZoneInfo(scheme.zone)).date()
        offers += [(scheme, *each) for each in rules.projects(scheme, on) if (scheme.key, each[0]) not in open_for]
    return show(request, "applications/mine.html", {"mine": mine, "offers": offers})


def application_begin(request: Request) -> Response:
    """`POST /my/applications/begin` with `scheme` and `track`."""
    fields = web.text_fields(request)
    with web.transaction(request) as db:
        row = service.begin(db, caller(request), fields.get("scheme", ""), fields.get("track", ""), web.now(request))
    return web.redirect(request, "my_application", application_id=row.id)


def my_application(request: Request) -> Response:
    """`GET /my/applications/{application_id}`; `POST` with `do`: save, consent, picture, send, withdraw, erase."""
    if request.method == "GET":
        with web.reading(request) as db:
            return _page(request, db)
    application_id = request.path_params["application_id"]
    try:
        with web.transaction(request) as db:
            _do(request, db, application_id)
    except (Invalid, Refused) as error:
        _keep_form(request, application_id)
        with web.reading(request) as db:
            return _page(request, db, error)
    return web.redirect(request, "my_application", application_id=application_id)


def _do(request: Request, db: Session, application_id: int) -> None:
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    service.own(db, who, application_id)
    match fields.get("do"):
        case "save":
            service.save(db, who, application_id, service.read_answers(fields))
        case "consent":
            service.consent(db, who, application_id, now)
        case "picture":
            model = request.app.state.settings.face_model
            objects, kind = request.app.state.private, fields.get("kind", "")
            service.add_picture(db, objects, who, application_id, kind, _uploaded(request, kind), model, now)
        case "send":
            service.save(db, who, application_id, service.read_answers(fields))
            service.send(db, who, application_id, fields.get("signed", ""), fields.get("agreed") == "yes", now)
        case "withdraw":
            service.withdraw(db, request.app.state.private, who, application_id, now)
        case "erase":
            service_retention.erase(db, request.app.state.private, who, application_id, now)
        case _:
            raise Invalid([Problem("do", "required")])


def _keep_form(request: Request, application_id: int) -> None:
    """What was typed stays, even where it can't be sent yet."""
    fields = web.text_fields(request)
    if fields.get("do") not in ("save", "send"):
        return
    try:
        with web.transaction(request) as db:
            service.save(db, caller(request), application_id, service.read_answers(fields))
    except Refused:
        return


def _uploaded(request: Request, kind: str) -> bytes:
    file = web.form(request).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid([Problem(kind or "file", "evidence-missing")])
    return file.file.read()


def _page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    row = service.own(db, caller(request), request.path_params["application_id"])
    pictures = {picture.kind: picture for picture in service.pictures_of(db, row)}
    fields = web.text_fields(request)
    context = {
        "application": row,
        "pictures": pictures,
        "editable": row.state in EDITABLE,
        "withdrawable": (row.state, "withdraw") in MOVES,
        "proof_sent": queries.proof_sent(db, row),
        "erasable": [asked for asked in PICTURES if asked.key in pictures and rules.erasable(asked.key, row.state)],
        "signed": fields.get("signed", ""),
        "agreed": fields.get("agreed") == "yes",
        "counts_faces": bool(request.app.state.settings.face_model),
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return show(request, "applications/mine_one.html", context, error.status if error else 200)


def my_application_picture(request: Request) -> Response:
    """`GET /my/applications/{application_id}/pictures/{picture_id}`: a picture of one's own application."""
    with web.reading(request) as db:
        row = service.own(db, caller(request), request.path_params["application_id"])
        picture = db.get(ApplicationPicture, request.path_params["picture_id"])
        if picture is None or picture.application_id != row.id or picture.sha256 is None:
            raise NotFound("picture")
    return picture_response(request, picture.sha256, picture.media_type)


routes: list[BaseRoute] = [
    web.page_route("/my/applications", my_applications, access=OWN, name="my_applications"),
    web.page_route("/my/applications/begin", application_begin, access=OWN, name="application_begin", methods=POST),
    web.page_route(
        "/my/applications/{application_id:int}",
        my_application,
        access=OWN,
        name="my_application",
        methods=["GET", "POST"],
        limit_mib=UPLOAD_MIB,
    ),
    web.page_route(
        "/my/applications/{application_id:int}/pictures/{picture_id:int}",
        my_application_picture,
        access=OWN,
        name="my_application_picture",
    ),
]
