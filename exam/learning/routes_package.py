"""Packages: their files in a frame without an origin, and what they report."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.core.templating import STATIC_DIR
from exam.courseware.models import CourseChapter, PackageFile
from exam.courseware.packages import cmi
from exam.courseware.packages.media_types import is_page
from exam.courseware.packages.paths import finder
from exam.learning import loading, runtime, service_packages, tickets
from exam.learning.models import LearningRun, PackageState
from exam.learning.routes_media import may_learn
from exam.learning.states import OPEN

OWN = may(Permission.HOURS_OWN)
SCRIPT: Path = STATIC_DIR / "learning" / "scorm-api.js"
# The frame's content has no origin, no cookie and no way out; old content needs inline script and eval.
POLICY = "; ".join(
    [
        "sandbox allow-scripts allow-forms",
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)
MOST_PAGE = 8 * 1024 * 1024
"""A page beyond this is sent as it is: what is that large is no lesson's page."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


def package_file(request: Request) -> Response:
    """`GET /packages/{ticket}/{launch}/{path}`: a file of a package, to whoever holds a ticket for it."""
    ticket = tickets.read(request, request.path_params["ticket"])
    number, path = request.path_params["number"], request.path_params["path"]
    if path == "__run/api.js":
        return Response(SCRIPT.read_bytes(), media_type="text/javascript", headers=HEADERS)
    with web.reading(request) as db:
        chapter = db.get(CourseChapter, ticket.chapter_id)
        if chapter is None or not may_learn(db, ticket.person_id, chapter):
            raise NotFound("package")
        if path == "__run/cmi.js":
            return Response(_model(db, ticket, chapter, number), media_type="text/javascript", headers=HEADERS)
        found = _file(db, chapter, path)
    store, headers = request.app.state.objects, {**HEADERS, "Content-Type": found.media_type}
    if not is_page(found.path) or found.size > MOST_PAGE:
        return FileResponse(store.path(found.sha256), headers=headers)
    page = with_scripts(store.get(found.sha256), f"/packages/{request.path_params['ticket']}/{number}/__run")
    return Response(page, media_type=None, headers=headers)


def _file(db: Session, chapter: CourseChapter, path: str) -> PackageFile:
    found = db.get(PackageFile, (chapter.id, path))
    if found is None:  # names differ in case or escapes, as they may on the author's machine
        names = db.exec(select(PackageFile.path).where(col(PackageFile.chapter_id) == chapter.id)).all()
        name = finder(names)(unquote(path))
        found = db.get(PackageFile, (chapter.id, name)) if name else None
    if found is None:
        raise NotFound("package file")
    return found


def with_scripts(page: bytes, address: str) -> bytes:
    """A page with our two scripts first: right behind `<head>`, short, so that its encoding is still found."""
    tags = f'<script src="{address}/cmi.js"></script><script src="{address}/api.js"></script>'.encode()
    lower = page.lower()
    for tag in (b"<head", b"<html", b"<!doctype"):
        start = lower.find(tag)
        end = lower.find(b">", start)
        if (
            start >= 0
            and end >= 0
            and lower[start + len(tag) : start + len(tag) + 1] in (b">", b" ", b"\n", b"\r", b"\t")
        ):
            return page[: end + 1] + tags + page[end + 1 :]
    return tags + page


def _model(db: Session, ticket: tickets.Ticket, chapter: CourseChapter, number: int) -> bytes:
    """The data that a launch begins with, as a script."""
    launches = chapter.package.get("launches", ())
    if number >= len(launches):
        raise NotFound("launch")
    launch = service_packages.launch_of(chapter, launches[number]["identifier"])
    query = select(LearningRun.id).where(
        LearningRun.person_id == ticket.person_id,
        LearningRun.course_id == chapter.course_id,
        col(LearningRun.state).in_(OPEN),
    )
    run_id = db.exec(query).first()
    state = db.get(PackageState, (run_id, chapter.id, launch.identifier)) if run_id else None
    name = db.get_one(Person, ticket.person_id).name
    values = cmi.initial(launch, str(ticket.person_id), name, state.values if state else {})
    given = {"launch": launch.identifier, "values": values, "readonly": cmi.READONLY, "writeonly": cmi.WRITEONLY}
    return b"window.__cmi=" + orjson.dumps(given).replace(b"<", b"\\u003c") + b";"


def package(request: Request) -> Response:
    """`POST /learn/{selection_id}/package`: a launch is opened (`{"chapter", "begin"}`), or its page reports."""
    asked: Any = web.json_body(request)
    now, who = web.now(request), caller(request)
    with web.transaction(request) as db:
        _, course, _ = loading.own_selection(db, who, request.path_params["selection_id"])
        if not isinstance(asked, dict) or type(asked.get("chapter")) is not int:
            raise Invalid([Problem("", "malformed")])
        run = loading.going(db, request.path_params["selection_id"], lock=True)
        chapter = db.get(CourseChapter, asked["chapter"])
        if chapter is None or chapter.course_id != course.id:
            raise NotFound("chapter")
        if run is None:
            raise Refused(Refusal("run-reset"))
        if isinstance(asked.get("begin"), str):
            done, rejected = service_packages.begin(db, run, chapter, asked["begin"], now), 0
        else:
            done, rejected = service_packages.take(db, run, chapter, asked, now)
        run_id = run.id or 0
    if done:
        runtime.of(request).desk.completed(run_id, chapter.id or 0)
    return JSONResponse({"completed": done, "rejected": rejected})


routes: list[BaseRoute] = [
    web.page_route("/packages/{ticket}/{number:int}/{path:path}", package_file, access=PUBLIC, name="package_file"),
    web.fetch_route("/learn/{selection_id:int}/package", package, access=OWN, name="learn_package"),
]
