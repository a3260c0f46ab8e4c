"""What a chapter shows, for its author: the film in ranges, slides, captions."""

from sqlmodel import select
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller
from exam.core import web
from exam.core.errors import NotFound
from exam.courseware import service
from exam.courseware.models import Caption, Slide
from exam.courseware.routes_chapter import ONE, WRITE

# A browser asks again each time: who may see it changes, what it is does not.
ASKED_AGAIN = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


def film(request: Request) -> Response:
    """`GET /courseware/chapters/{chapter_id}/film`: the film, whole or in ranges."""
    with web.reading(request) as db:
        found = service.chapter_of(db, caller(request), request.path_params["chapter_id"])
    if found.kind != "video":
        raise NotFound("film")
    return _file(request, found.sha256, found.media_type)


def slide(request: Request) -> Response:
    """`GET /courseware/chapters/{chapter_id}/slides/{number}`: a slide's picture."""
    with web.reading(request) as db:
        chapter = service.chapter_of(db, caller(request), request.path_params["chapter_id"])
        query = select(Slide).where(Slide.chapter_id == chapter.id, Slide.number == request.path_params["number"])
        found = db.exec(query).one_or_none()
    if found is None:
        raise NotFound("slide")
    return _file(request, found.sha256, found.media_type)


def captions(request: Request) -> Response:
    """`GET /courseware/chapters/{chapter_id}/captions/{language}`: WebVTT."""
    with web.reading(request) as db:
        chapter = service.chapter_of(db, caller(request), request.path_params["chapter_id"])
        found = db.get(Caption, (chapter.id, request.path_params["language"][:10]))
    if found is None:
        raise NotFound("captions")
    return Response(found.text, media_type="text/vtt", headers=ASKED_AGAIN)


def _file(request: Request, digest: str, media_type: str) -> Response:
    path = request.app.state.objects.path(digest)
    if not path.is_file():
        raise NotFound(digest)
    return FileResponse(path, media_type=media_type, headers=ASKED_AGAIN)


routes: list[BaseRoute] = [
    web.page_route(f"{ONE}/film", film, access=WRITE, name="courseware_preview"),
    web.page_route(f"{ONE}/slides/{{number:int}}", slide, access=WRITE, name="courseware_slide_picture"),
    web.page_route(f"{ONE}/captions/{{language}}", captions, access=WRITE, name="courseware_caption_text"),
]
