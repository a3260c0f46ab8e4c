"""The editor's page of a chapter, and the deeds on it that need no file."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, NotFound, Refused
from exam.courses.models import Course
from exam.courseware import queries, rules, service, service_cues, service_media, view
from exam.courseware.models import CourseChapter, Courseware, Cue
from exam.courseware.times import clock_text

WRITE = may(Permission.COURSEWARE_WRITE)


def chapter(request: Request) -> Response:
    """`GET /courseware/chapters/{chapter_id}?cue=`: its content, captions, points and cues; `cue`: one to be changed.
    `POST`: titles and the bank's chapter."""
    if request.method == "GET":
        with web.reading(request) as db:
            return chapter_page(request, db)
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    return on_chapter(request, "", lambda db, chapter_id: service.save_chapter(db, who, chapter_id, fields, now))


def on_chapter(request: Request, part: str, deed: Callable[[Session, int], Any]) -> Response:
    """One deed on the chapter, then its page at `part`; what goes wrong is shown there, with what was typed."""
    chapter_id = request.path_params["chapter_id"]
    try:
        with web.transaction(request) as db:
            deed(db, chapter_id)
    except (Invalid, Refused) as error:
        return refused_page(request, error)
    return to_chapter(request, chapter_id, part)


def refused_page(request: Request, error: Invalid | Refused) -> Response:
    """The chapter's page with what went wrong."""
    with web.reading(request) as db:
        return chapter_page(request, db, error)


def to_chapter(request: Request, chapter_id: int, part: str) -> Response:
    """On to the chapter's page, at one of its parts."""
    address = str(request.app.url_path_for("courseware_chapter", chapter_id=chapter_id))
    return RedirectResponse(f"{address}#{part}" if part else address, status_code=303)


def chapter_page(request: Request, db: Session, error: Invalid | Refused | None = None) -> Response:
    """The chapter's page. Raises NotFound."""
    found = service.chapter_of(db, caller(request), request.path_params["chapter_id"])
    content = db.get(Courseware, found.course_id) or Courseware(
        course_id=found.course_id, institution_id=found.institution_id, created_at=web.now(request)
    )
    over = view.overview(db, content, web.now(request))
    at = next(place for place, row in enumerate(over.rows) if row.chapter.id == found.id)
    given = web.text_fields(request) if error else {}
    editing = _editing(request, found, over.rows[at].cues, given)
    context = {
        "course": db.get_one(Course, found.course_id),
        "content": content,
        "chapter": found,
        "row": over.rows[at],
        "before": over.rows[at - 1].chapter if at else None,
        "after": over.rows[at + 1].chapter if at + 1 < len(over.rows) else None,
        "slides": queries.slides_of(db, found.id or 0),
        "captions": queries.captions_of(db, found.id or 0),
        "bank_chapters": queries.bank_chapters(db, content.bank_id),
        "editing": editing,
        "values": {**_stated(found, editing), **given},
        "bounds": BOUNDS,
        "limit_mib": request.app.state.settings.media_limit_mib,
        "problems": view.in_words(error.problems) if isinstance(error, Invalid) else [],
        "refusal": error.refusal if isinstance(error, Refused) else None,
    }
    return view.show(request, "courseware/chapter.html", context, error.status if error else 200)


BOUNDS = {
    "slide": (service_media.LEAST_SLIDE, service_media.MOST_SLIDE),
    "minutes": service_media.MOST_MINUTES,
    "answer": (rules.LEAST_ANSWER_SECONDS, rules.MOST_ANSWER_SECONDS),
    "items": rules.MOST_QUIZ_ITEMS,
    "files": web.LARGE_FORM["max_files"],
}


def _editing(request: Request, found: CourseChapter, cues: Sequence[Cue], given: dict[str, str]) -> Cue | None:
    """The cue that the form is filled with; None: it is for a new one. Raises NotFound."""
    wanted = given.get("cue", "") or request.query_params.get("cue", "")
    if not wanted:
        return None
    cue = next((cue for cue in cues if str(cue.id) == wanted), None)
    if cue is None:
        raise NotFound(f"cue of chapter {found.id}")
    return cue


def _stated(found: CourseChapter, cue: Cue | None) -> dict[str, Any]:
    """What the forms are filled with before anything is typed."""
    stated: dict[str, Any] = {
        "title": found.title,
        "title_en": found.title_en,
        "bank_chapter": found.bank_chapter_id,
        "each": service_media.SLIDE,
        "mode": "add",
        "minutes": found.length_ms // service_media.MINUTE if found.kind == "package" and found.length_ms else "",
        "language": "zh",
        "points": "\n".join(clock_text(point) for point in found.points),
    }
    if cue is None:
        return {**stated, "kind": "fixed", "from": "", "until": "", "items": 2, "accuracy": 60, "seconds": 120}
    times = {"from": clock_text(cue.from_ms), "until": clock_text(cue.until_ms) if cue.kind == "random" else ""}
    shown = {name: getattr(cue, name) for name in ("kind", "items", "accuracy", "seconds")}
    return {**stated, **times, **shown}


def move(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/move` with `way`: up or down."""
    who, now, way = caller(request), web.now(request), web.text_fields(request).get("way", "")
    with web.transaction(request) as db:
        course_id = service.move_chapter(db, who, request.path_params["chapter_id"], way, now).course_id
    return web.redirect(request, "courseware_course", course_id=course_id)


def remove(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/remove`."""
    try:
        with web.transaction(request) as db:
            course_id = service.remove_chapter(db, caller(request), request.path_params["chapter_id"], web.now(request))
    except Refused as error:
        return refused_page(request, error)
    return web.redirect(request, "courseware_course", course_id=course_id)


def slide(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/slide`: times and texts of all, and `do`."""
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    return on_chapter(
        request, "content", lambda db, chapter_id: service_media.save_slides(db, who, chapter_id, fields, now)
    )


def points(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/points`: the progress points as typed."""
    who, now, text = caller(request), web.now(request), web.text_fields(request).get("points", "")
    return on_chapter(request, "points", lambda db, chapter_id: service_cues.set_points(db, who, chapter_id, text, now))


def cue(request: Request) -> Response:
    """`POST /courseware/chapters/{chapter_id}/cue`: a new one, or `cue`, changed, or taken out (`do`: remove)."""
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    given = fields.get("cue", "")
    cue_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None

    def deed(db: Session, chapter_id: int) -> None:
        if given and not cue_id:
            raise NotFound(f"cue of chapter {chapter_id}")
        if fields.get("do") == "remove":
            service_cues.remove_cue(db, who, chapter_id, cue_id or 0, now)
        else:
            service_cues.save_cue(db, who, chapter_id, cue_id, fields, now)

    return on_chapter(request, "cues", deed)


POST = ["POST"]
ONE = "/courseware/chapters/{chapter_id:int}"
routes: list[BaseRoute] = [
    web.page_route(ONE, chapter, access=WRITE, name="courseware_chapter", methods=["GET", "POST"]),
    web.page_route(f"{ONE}/move", move, access=WRITE, name="courseware_chapter_move", methods=POST),
    web.page_route(f"{ONE}/remove", remove, access=WRITE, name="courseware_chapter_remove", methods=POST),
    web.page_route(f"{ONE}/slide", slide, access=WRITE, name="courseware_slide", methods=POST),
    web.page_route(f"{ONE}/points", points, access=WRITE, name="courseware_points", methods=POST),
    web.page_route(f"{ONE}/cue", cue, access=WRITE, name="courseware_cue", methods=POST),
]
