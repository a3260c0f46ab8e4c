"""The exam office's page of an exam's SEB settings; the configuration as a file; where SEB ends."""

import re
from typing import Any

from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import AppError, Invalid, NotFound, Refused
from exam.scheduling.loading import exam_of
from exam.scheduling.view import show
from exam.seb import config, links, service, signals
from exam.seb.models import SebFile, SebRequirement

MANAGE = may(Permission.EXAM_MANAGE)
MEDIA_TYPE = "application/seb"
NOTHING = {"required": "", "mode": "", "camera": "", "keep_password": ""}


def exam_seb(request: Request) -> Response:
    """`GET /exams/{exam_id}/seb`: what the exam asks for; `POST` (form `required`, `mode`, `camera`, `password`,
    `keep_password`, `file`) changes it.
    """
    if request.method == "GET":
        return _page(request)
    exam_id, fields = int(request.path_params["exam_id"]), web.text_fields(request)
    try:
        wanted = service.read_wanted(fields, _uploaded(request))
        public_url = request.app.state.settings.public_url
        with web.transaction(request) as db:
            service.save(db, caller(request), exam_id, wanted, public_url, web.now(request))
            request.app.state.seb.forget_after(db)
    except (Invalid, Refused) as error:
        return _page(request, error, fields)
    return web.redirect(request, "exam_seb", exam_id=exam_id)


def _uploaded(request: Request) -> tuple[str, bytes] | None:
    """The file of the form, read no further than to see that it is too large."""
    file = web.form(request).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    return file.filename.rsplit("/", 1)[-1], file.file.read(config.MAX_FILE + 1)


def _page(request: Request, error: AppError | None = None, fields: dict[str, str] | None = None) -> Response:
    with web.reading(request) as db:
        exam = exam_of(db, caller(request), int(request.path_params["exam_id"]))
        context = {"exam": exam, **_standing(request, db, exam.id or 0)}
    typed = fields or {}
    context |= {
        "values": {**NOTHING, **(typed if "mode" in typed else _values(context["row"]))},
        "key_values": typed if "key" in typed else {},
        "problems": error.problems if isinstance(error, Invalid) else (),
        "refusal": error.refusal if isinstance(error, Refused) else None,
        "most_kib": config.MAX_FILE // 1024,
        "least_password": service.LEAST_PASSWORD,
    }
    return show(request, "seb/exam.html", context, error.status if error else 200)


def _standing(request: Request, db: Session, exam_id: int) -> dict[str, Any]:
    row = db.get(SebRequirement, exam_id)
    here = service.start_address(request.app.state.settings.public_url, exam_id)
    file = db.get(SebFile, exam_id)
    return {
        "row": row,
        "file_name": file.name if file else "",
        "config_keys": service.keys_of(db, exam_id, "config"),
        "browser_keys": service.keys_of(db, exam_id, "browser"),
        "running": signals.are_running(db, exam_id),
        "elsewhere": bool(row and row.mode == "ours" and row.start_url != here),
        "here": here,
    }


def _values(row: SebRequirement | None) -> dict[str, str]:
    """What the form shows at first."""
    if row is None:
        return {"mode": "ours", "camera": "yes"}
    flags = {"required": row.required, "camera": row.camera, "keep_password": row.quit_password}
    return {"mode": row.mode, **{name: "yes" for name, set_ in flags.items() if set_}}


def exam_seb_key(request: Request) -> Response:
    """`POST /exams/{exam_id}/seb/keys` (form `key`, `note`): one more Browser Exam Key that will do."""
    exam_id, fields = int(request.path_params["exam_id"]), web.text_fields(request)
    try:
        with web.transaction(request) as db:
            service.add_key(db, caller(request), exam_id, fields, web.now(request))
            request.app.state.seb.forget_after(db)
    except (Invalid, Refused) as error:
        return _page(request, error, fields)
    return web.redirect(request, "exam_seb", exam_id=exam_id)


def exam_seb_key_remove(request: Request) -> Response:
    """`POST /exams/{exam_id}/seb/keys/{key_id}/remove`: that key will not do any more."""
    exam_id, key_id = int(request.path_params["exam_id"]), int(request.path_params["key_id"])
    try:
        with web.transaction(request) as db:
            service.remove_key(db, caller(request), exam_id, key_id, web.now(request))
            request.app.state.seb.forget_after(db)
    except Refused as error:
        return _page(request, error)
    return web.redirect(request, "exam_seb", exam_id=exam_id)


def exam_seb_file(request: Request) -> Response:
    """`GET /exams/{exam_id}/seb/file`: the configuration, for the office."""
    with web.reading(request) as db:
        exam = exam_of(db, caller(request), int(request.path_params["exam_id"]))
        return _file(service.file_of(db, exam.id or 0), exam.code)


def seb_file(request: Request) -> Response:
    """`GET /seb/files/{token}/exam.seb`: the configuration, for whoever holds the ticket."""
    exam_id = links.exam_of_ticket(request.app.state.secret, request.path_params["token"], web.now(request))
    with web.reading(request) as db:
        row = db.get(SebRequirement, exam_id)
        if row is None or not row.required:
            raise NotFound
        return _file(service.file_of(db, exam_id), "exam")


def _file(file: SebFile, name: str) -> Response:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "exam"
    headers = {"Content-Disposition": f'attachment; filename="{plain}.seb"'}
    return Response(file.content, media_type=MEDIA_TYPE, headers=headers)


def seb_quit(request: Request) -> Response:
    """`GET /seb/quit`: the address at which SEB ends; who sees the page is not in SEB."""
    return web.render(request, "seb/quit.html")


_EXAM = "/exams/{exam_id:int}/seb"
routes: list[BaseRoute] = [
    web.page_route(_EXAM, exam_seb, access=MANAGE, name="exam_seb", methods=["GET", "POST"], limit_mib=2),
    web.page_route(f"{_EXAM}/keys", exam_seb_key, access=MANAGE, name="exam_seb_key", methods=["POST"]),
    web.page_route(
        f"{_EXAM}/keys/{{key_id:int}}/remove",
        exam_seb_key_remove,
        access=MANAGE,
        name="exam_seb_key_remove",
        methods=["POST"],
    ),
    web.page_route(f"{_EXAM}/file", exam_seb_file, access=MANAGE, name="exam_seb_file"),
    web.page_route("/seb/files/{token}/exam.seb", seb_file, access=PUBLIC, name="seb_file"),
    web.page_route(service.QUIT_PATH, seb_quit, access=PUBLIC, name="seb_quit"),
]
