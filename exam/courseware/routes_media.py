"""Files that come into a chapter: a film, slides, a package, captions.

Who may is asked first, the file is read while nobody waits for the database, and only then is anything written.
"""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller
from exam.core import web
from exam.core.errors import Invalid, Problem, Refused
from exam.core.lanes import Lane
from exam.courseware import service_media, uploads
from exam.courseware.routes_chapter import ONE, WRITE, on_chapter, refused_page
from exam.courseware.uploads import Upload

LIMIT = "media_limit_mib"
FILES = Lane("courseware-files", at_once=2, waiting=8)
DRAWN = Lane("courseware-slides", at_once=1, waiting=4)  # a PDF may be made to be slow
CAPTIONS_MIB = 2


def film(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/film` with the file `film`."""
    who, now, store = caller(request), web.now(request), request.app.state.objects
    try:
        _ask(request)
        taken = uploads.take_film(store, _sent(request, "film")[0], _limit(request))
    except (Invalid, Refused) as error:
        return refused_page(request, error)
    return on_chapter(
        request, "content", lambda db, chapter_id: service_media.put_film(db, who, chapter_id, taken, now)
    )


def slides(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/slides` with the files `slides`, `each` (seconds) and `mode`."""
    who, now, store = caller(request), web.now(request), request.app.state.objects
    fields = web.text_fields(request)
    try:
        _ask(request)
        service_media.read_seconds(fields)
        taken = uploads.take_slides(store, _sent(request, "slides"))
    except (Invalid, Refused) as error:
        return refused_page(request, error)
    return on_chapter(
        request, "content", lambda db, chapter_id: service_media.put_slides(db, who, chapter_id, taken, fields, now)
    )


def package(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/package` with `minutes` and the file `package`; without: the time."""
    who, now, store = caller(request), web.now(request), request.app.state.objects
    try:
        _ask(request)
        minutes = service_media.read_minutes(web.text_fields(request))
        sent = _files(request, "package")
        taken = uploads.take_package(store, sent[0], _limit(request)) if sent else None
    except (Invalid, Refused) as error:
        return refused_page(request, error)
    return on_chapter(
        request, "content", lambda db, chapter_id: service_media.put_package(db, who, chapter_id, taken, minutes, now)
    )


def caption(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/caption` with `language` and the file `caption`, or `do`: remove."""
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    language = fields.get("language", "")
    if fields.get("do") == "remove":
        return on_chapter(
            request, "captions", lambda db, chapter_id: service_media.remove_caption(db, who, chapter_id, language, now)
        )
    try:
        _ask(request)
        text = uploads.take_captions(_sent(request, "caption")[0])
    except (Invalid, Refused) as error:
        return refused_page(request, error)
    return on_chapter(
        request, "captions", lambda db, chapter_id: service_media.put_caption(db, who, chapter_id, language, text, now)
    )


def _ask(request: Request) -> None:
    """Whether the chapter may be filled. Raises NotFound, Refused."""
    with web.reading(request) as db:
        service_media.may_fill(db, caller(request), request.path_params["chapter_id"])


def _sent(request: Request, name: str) -> list[Upload]:
    """The files of a field. Raises Invalid when none was chosen."""
    found = _files(request, name)
    if not found:
        raise Invalid([Problem(name, "file-not-chosen")])
    return found


def _files(request: Request, name: str) -> list[Upload]:
    sent = web.form(request).getlist(name)
    return [Upload(file.filename, file.file) for file in sent if isinstance(file, UploadFile) and file.filename]


def _limit(request: Request) -> int:
    limit: int = request.app.state.settings.media_limit_mib
    return limit


POST = ["POST"]
routes: list[BaseRoute] = [
    web.page_route(
        f"{ONE}/film", film, access=WRITE, name="courseware_film", methods=POST, limit_mib=LIMIT, lane=FILES
    ),
    web.page_route(
        f"{ONE}/slides", slides, access=WRITE, name="courseware_slides", methods=POST, limit_mib=LIMIT, lane=DRAWN
    ),
    web.page_route(
        f"{ONE}/package", package, access=WRITE, name="courseware_package", methods=POST, limit_mib=LIMIT, lane=FILES
    ),
    web.page_route(
        f"{ONE}/caption", caption, access=WRITE, name="courseware_caption", methods=POST, limit_mib=CAPTIONS_MIB
    ),
]
