"""The learner's pages: a course with its chapters and its history, the player, the exercise at the end."""

from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.headers import POLICY
from exam.courses.signals import exam_states_of
from exam.courses.view import HELPERS as COURSE_HELPERS
from exam.courseware import queries as content
from exam.itembank.view import prepare, response_from_form
from exam.learning import loading, queries, runtime, service_quizzes, service_runs, tickets
from exam.learning.models import LearningRun, Quiz
from exam.learning.states import QuizState, Run
from exam.learning.view import HELPERS, chapter_rows, player_data, quiz_lines

OWN = may(Permission.HOURS_OWN)
PLAYER_POLICY = f"{POLICY}; media-src 'self' blob:; frame-src 'self'"


def learn(request: Request) -> Response:
    """`GET /learn/{selection_id}`: the course, how far it is learned, what happened before."""
    who, selection_id = caller(request), request.path_params["selection_id"]
    with web.reading(request) as db:
        selection, course, ware = loading.own_selection(db, who, selection_id)
        rows = queries.run_rows(db, selection_id)
        run = rows[0].run if rows else None
        _freshen(request, db, run)
        chapters = chapter_rows(db, course.id or 0, run)
        current = next((row for row in chapters if not row["whole"]), chapters[-1] if chapters else None)
        context = {
            "selection": selection,
            "course": course,
            "ware": ware,
            "run": run,
            "runs": rows,
            "chapters": chapters,
            "current": current,
            "passed": sum(row["passed"] for row in chapters),
            "points": sum(row["points"] for row in chapters),
            "refusal": service_runs.why_not(db, selection, ware) if selection.state == "active" else None,
            "exam": exam_states_of(db, [selection_id]).get(selection_id),
            "visits": queries.visits(db, [row.run.id or 0 for row in rows]),
        }
        return _show(request, "learning/course.html", context)


def play(request: Request) -> Response:
    """`GET /learn/{selection_id}/play?chapter=`: the player, at the chapter to learn now or one learned before."""
    who, selection_id = caller(request), request.path_params["selection_id"]
    with web.reading(request) as db:
        selection, course, ware = loading.own_selection(db, who, selection_id)
        if refusal := service_runs.why_not(db, selection, ware):
            raise Refused(refusal)
        run = loading.going(db, selection_id)
        if run is not None and run.state == Run.EXERCISE:
            return web.redirect(request, "learn_exercise", selection_id=selection_id)
        _freshen(request, db, run)
        rows = chapter_rows(db, course.id or 0, run)
        asked = request.query_params.get("chapter", "")
        row = next((row for row in rows if row["open"] and str(row["chapter"].id) == asked), None)
        row = row or next((row for row in rows if not row["whole"]), rows[-1])
        chapter, began = row["chapter"], run.started_at if run else web.now(request)
        context = {
            "selection": selection,
            "course": course,
            "chapter": chapter,
            "chapters": rows,
            "captions": content.captions_of(db, chapter.id or 0),
            "slides": content.slides_of(db, chapter.id or 0),
            "data": player_data(request, db, selection_id, course, ware, chapter, began),
            "points": sum(each["points"] for each in rows),
            "passed": sum(each["passed"] for each in rows),
            "package": None,
        }
    if chapter.kind == "package":
        context["package"] = tickets.launches(request, who.person_id, chapter)
    response = _show(request, "learning/play.html", context)
    response.headers["Content-Security-Policy"] = PLAYER_POLICY
    return response


def _freshen(request: Request, db: Session, run: LearningRun | None) -> None:
    """Show how far a run has come as the judge has it, some moments before it is written down."""
    track = runtime.of(request).desk.track(run.id or 0) if run else None
    if run is not None and track is not None:
        db.expunge(run)  # shown, not written
        run.verified = {str(chapter): ms for chapter, ms in track.verified.items()}
        run.counted_ms = track.counted


def exercise(request: Request) -> Response:
    """`GET /learn/{selection_id}/exercise`: the post-course exercise. `POST`: answered."""
    who, now, selection_id = caller(request), web.now(request), request.path_params["selection_id"]
    with web.transaction(request) as db:
        loading.own_selection(db, who, selection_id)
        run = loading.going(db, selection_id, lock=True)
        if run is None:
            return web.redirect(request, "learn", selection_id=selection_id)
        quiz = service_quizzes.exercise(db, run, now)
        if quiz.state == QuizState.WAITING:
            service_quizzes.shown(db, quiz, run, now)
        if request.method == "GET":
            return _exercise_page(request, db, run, quiz)
        try:
            responses = _from_form(request, db, quiz)
            service_quizzes.answer(db, quiz, run, responses, now)
        except Invalid as error:
            return _exercise_page(request, db, run, quiz, error)
    return web.redirect(request, "learn_exercise_done", selection_id=selection_id, quiz_id=quiz.id)


def exercise_done(request: Request) -> Response:
    """`GET /learn/{selection_id}/exercise/{quiz_id}`: how a try of the exercise went."""
    who, selection_id = caller(request), request.path_params["selection_id"]
    with web.reading(request) as db:
        selection, course, _ = loading.own_selection(db, who, selection_id)
        quiz = db.get(Quiz, request.path_params["quiz_id"])
        run = db.get(LearningRun, quiz.run_id) if quiz else None
        if quiz is None or run is None or run.selection_id != selection_id or quiz.cue_id is not None:
            raise NotFound("exercise")
        context = {"selection": selection, "course": course, "quiz": quiz, "done": service_quizzes.decided(quiz)}
        return _show(request, "learning/exercise_done.html", context)


def _from_form(request: Request, db: Session, quiz: Quiz) -> list[Any]:
    form = web.form(request)

    def values(name: str) -> list[str]:
        return [value for value in form.getlist(name) if isinstance(value, str)]

    versions = queries.quiz_items(db, quiz)
    return [
        response_from_form(prepare(version.kind, version.content), slot, values)
        for slot, version in enumerate(versions, 1)
    ]


def _exercise_page(
    request: Request, db: Session, run: LearningRun, quiz: Quiz, error: Invalid | None = None
) -> Response:
    _, course, _ = loading.own_selection(db, caller(request), run.selection_id)
    context = {
        "course": course,
        "selection_id": run.selection_id,
        "quiz": quiz,
        "lines": quiz_lines(db, quiz, run.seed),
        "needed": service_quizzes.decided(quiz).needed,
        "problems": error.problems if error else (),
    }
    return _show(request, "learning/exercise.html", context, error.status if error else 200)


def _show(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    return web.render(request, template, {**COURSE_HELPERS, **HELPERS, **context}, status)


routes: list[BaseRoute] = [
    web.page_route("/learn/{selection_id:int}", learn, access=OWN, name="learn"),
    web.page_route("/learn/{selection_id:int}/play", play, access=OWN, name="learn_play"),
    web.page_route(
        "/learn/{selection_id:int}/exercise", exercise, access=OWN, name="learn_exercise", methods=["GET", "POST"]
    ),
    web.page_route(
        "/learn/{selection_id:int}/exercise/{quiz_id:int}", exercise_done, access=OWN, name="learn_exercise_done"
    ),
]
