"""What is shown in a player: films with ranges, slides, captions. Only to those who may learn the course."""

from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import NotFound
from exam.courses.models import CourseEnrolment
from exam.courses.service_selecting import SUBJECT
from exam.courseware.models import Caption, CourseChapter, Courseware, Slide
from exam.fees.queries import entry_refusal

OWN = may(Permission.HOURS_OWN)


def own_chapter(request: Request, db: Session) -> CourseChapter:
    """A chapter of a course that the caller has selected, and paid for where it costs something. Raises NotFound."""
    who = caller(request)
    chapter = db.get(CourseChapter, request.path_params["chapter_id"])
    if chapter is None or chapter.institution_id != who.institution_id or not may_learn(db, who.person_id, chapter):
        raise NotFound("chapter")
    return chapter


def may_learn(db: Session, person_id: int, chapter: CourseChapter) -> bool:
    """Whether somebody has selected the chapter's course, under way or finished, and owes nothing for it."""
    ware = db.get(Courseware, chapter.course_id)
    query = select(CourseEnrolment.id).where(
        CourseEnrolment.course_id == chapter.course_id,
        CourseEnrolment.person_id == person_id,
        col(CourseEnrolment.state).in_(("active", "finished")),
    )
    own = [selection_id or 0 for selection_id in db.exec(query)]
    paid = any(entry_refusal(db, SUBJECT, selection_id) is None for selection_id in own)
    return ware is not None and ware.state == "published" and paid


def film(request: Request) -> Response:
    """`GET /learn/chapters/{chapter_id}/film`: the film, whole or in ranges."""
    with web.reading(request) as db:
        chapter = own_chapter(request, db)
    if chapter.kind != "video":
        raise NotFound("film")
    return FileResponse(request.app.state.objects.path(chapter.sha256), media_type=chapter.media_type)


def slide(request: Request) -> Response:
    """`GET /learn/chapters/{chapter_id}/slides/{number}`: a slide's picture."""
    with web.reading(request) as db:
        chapter = own_chapter(request, db)
        query = select(Slide).where(Slide.chapter_id == chapter.id, Slide.number == request.path_params["number"])
        found = db.exec(query).one_or_none()
    if found is None:
        raise NotFound("slide")
    return FileResponse(request.app.state.objects.path(found.sha256), media_type=found.media_type)


def captions(request: Request) -> Response:
    """`GET /learn/chapters/{chapter_id}/captions/{language}`: WebVTT."""
    with web.reading(request) as db:
        chapter = own_chapter(request, db)
        found = db.get(Caption, (chapter.id, request.path_params["language"][:10]))
    if found is None:
        raise NotFound("captions")
    return Response(found.text, media_type="text/vtt")


routes: list[BaseRoute] = [
    web.page_route("/learn/chapters/{chapter_id:int}/film", film, access=OWN, name="learn_film"),
    web.page_route("/learn/chapters/{chapter_id:int}/slides/{number:int}", slide, access=OWN, name="learn_slide"),
    web.page_route("/learn/chapters/{chapter_id:int}/captions/{language}", captions, access=OWN, name="learn_captions"),
]
