"""What the player asks while somebody learns: a page opened, reports, quizzes. JSON there and back."""

import secrets
from typing import Any

import orjson
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused, TooMany
from exam.core.templating import environment
from exam.learning import heartbeat, loading, queries, rules, runtime, service_quizzes, service_runs
from exam.learning.judging import Player, Track, Verdict
from exam.learning.models import LearningRun, LearningVisit, Quiz
from exam.learning.states import OPEN, QuizState
from exam.learning.view import quiz_lines

OWN = may(Permission.HOURS_OWN)


def opened(request: Request) -> Response:
    """`POST /learn/{selection_id}/open` (`{"at": ms of the page's clock, "page": which loading of it}`): it plays from
    now on. A run is begun where none is under way; a quiz that had begun is come back to."""
    who, now = caller(request), web.now(request)
    asked = web.json_body(request)
    page_clock = asked.get("at") if isinstance(asked, dict) else None
    if type(page_clock) is not int or not 0 <= page_clock <= heartbeat.MOST_MS:
        raise Invalid([Problem("at", "malformed")])
    desk, at = runtime.of(request).desk, runtime.millis(now)
    page = str(asked.get("page", ""))[:40]
    with web.transaction(request) as db:
        run = service_runs.begin(db, who, request.path_params["selection_id"], now)
        if queries.openings(db, run.id or 0, now - rules.OPENINGS_WITHIN) >= rules.MOST_OPENINGS:
            raise TooMany(int(rules.OPENINGS_WITHIN.total_seconds()))
        quiz = queries.asked_quiz(db, run.id or 0)
        if quiz is not None and service_quizzes.begun(quiz):
            _come_back(request, db, quiz, run, page)
        if run.state not in OPEN:
            return JSONResponse({"error": "over"}, 410)
        visit = LearningVisit(
            token=secrets.token_urlsafe(24),
            run_id=run.id or 0,
            opened_at=now,
            seen_at=now,
            device=request.headers.get("user-agent", "")[:200],
            page=page,
        )
        db.add(visit)
    player = Player(visit.token, run.id or 0, run.course_id, at, at - page_clock, at, at)
    track = desk.open(lambda: _load(request, run), run.id or 0, player)
    if quiz is not None and quiz.deadline is not None:
        desk.deadline(run.id or 0, quiz.id or 0, runtime.millis(quiz.deadline))
    where = track.chapter if track.chapter in track.lengths else track.now_at()
    answer = {"player": player.token, "run": run.number, "chapter": where, "position": track.position}
    told = heartbeat.tell(track, desk.learners[who.person_id], Verdict(), 0, at)
    return JSONResponse({**told, **answer, "verified_all": track.verified})


def _come_back(request: Request, db: Session, quiz: Quiz, run: LearningRun, page: str) -> None:
    """A page opens in the middle of a quiz."""
    desk, run_id = runtime.of(request).desk, run.id or 0
    same, known = queries.page_known(db, run_id, page), desk.track(run_id) is not None
    meaning = rules.opening(same, known, desk.was_away(run_id, runtime.millis(web.now(request))))
    if meaning != "stays":
        heard = desk.heard(run_id)
        last = runtime.instant(heard) if heard else run.beaten_at
        service_quizzes.arrive(db, quiz, run, last, web.now(request), leaving=meaning == "left")


def _load(request: Request, run: LearningRun) -> Track:
    with web.reading(request) as db:
        found = db.get_one(LearningRun, run.id)
        if found.state not in OPEN:  # it ended in the moment since it was opened
            raise Refused(Refusal(f"run-{found.state}"))
        return loading.track_of(db, found)


def beat(request: Request) -> Response:
    """`POST /learn/beat` (`{"player": token, "beats": [...]}`): the same as `heartbeat.Heartbeat`, the ordinary way."""
    body: bytes = getattr(request.state, "body", b"")
    found = runtime.of(request)
    try:
        status, answer = heartbeat.perform(found.desk, caller(request).person_id, body, web.now(request))
    except heartbeat.Malformed:
        return JSONResponse({"error": "malformed"}, 400)
    if not found.running:
        runtime.tick(found)
    return JSONResponse(answer, status)


def quiz(request: Request) -> Response:
    """`GET /learn/quizzes/{quiz_id}`: the quiz as HTML with how it must be answered. Its time does not run yet."""
    with web.transaction(request) as db:
        found, run = _own(request, db)
        track = runtime.of(request).desk.track(run.id or 0)
        if found.state == QuizState.SET and (track is None or track.asking != found.id):
            raise NotFound(f"quiz {found.id} is not reached")
        service_quizzes.reach(db, found, run, web.now(request))
        service_quizzes.fetched(db, found, web.now(request))
        return _quiz_answer(request, db, found, run)


def quiz_shown(request: Request) -> Response:
    """`POST /learn/quizzes/{quiz_id}/shown`: the page shows it; from now on its time runs."""
    with web.transaction(request) as db:
        found, run = _own(request, db)
        _judge_return(request, db, found, run)  # said before, and the answer to it was lost with the line
        if found.state == QuizState.WAITING:
            service_quizzes.shown(db, found, run, web.now(request))
    _tell_deadline(request, found, run)
    return JSONResponse(_times(request, found))


def quiz_back(request: Request) -> Response:
    """`POST /learn/quizzes/{quiz_id}/back`: the line is back; who was away gets the time that was left."""
    now, desk = web.now(request), runtime.of(request).desk
    with web.transaction(request) as db:
        found, run = _own(request, db)
        _judge_return(request, db, found, run)
    if found.state == QuizState.SHOWN and desk.was_away(run.id or 0, runtime.millis(now)):
        _tell_deadline(request, found, run)
    return JSONResponse({**_times(request, found), **_decided(found)})


def _judge_return(request: Request, db: Session, found: Quiz, run: LearningRun) -> bool:
    """Whether the learner was away from the quiz; then they get the time that was left."""
    now, desk = web.now(request), runtime.of(request).desk
    if not service_quizzes.begun(found) or not desk.was_away(run.id or 0, runtime.millis(now)):
        return False
    heard = desk.heard(run.id or 0)
    service_quizzes.arrive(db, found, run, runtime.instant(heard) if heard else None, now)
    return True


def quiz_answer(request: Request) -> Response:
    """`POST /learn/quizzes/{quiz_id}/answer` (`{"responses": [one for each item, or null]}`): scored here and now."""
    asked = web.json_body(request)
    responses = asked.get("responses") if isinstance(asked, dict) else None
    if not isinstance(responses, list):
        raise Invalid([Problem("responses", "malformed")])
    with web.transaction(request) as db:
        found, run = _own(request, db)
        was_away = _judge_return(request, db, found, run)
        # A page whose line was down sends at the end of a time that was not over for it: the learner gets what is left.
        if not (was_away and asked.get("forced") is True):
            service_quizzes.answer(db, found, run, responses, web.now(request))
    if found.state == QuizState.PASSED:
        runtime.of(request).desk.quiz_over(run.id or 0, found.id or 0)
    elif found.state == QuizState.SHOWN:
        _tell_deadline(request, found, run)
    return JSONResponse({**_times(request, found), **_decided(found)})


def _own(request: Request, db: Session) -> tuple[Quiz, LearningRun]:
    who = caller(request)
    quiz, run = service_quizzes.own_quiz(db, who.person_id, request.path_params["quiz_id"])
    if run.institution_id != who.institution_id:
        raise NotFound(f"quiz {quiz.id} elsewhere")
    return quiz, run


def _tell_deadline(request: Request, found: Quiz, run: LearningRun) -> None:
    if found.deadline is not None:
        runtime.of(request).desk.deadline(run.id or 0, found.id or 0, runtime.millis(found.deadline))


def _times(request: Request, found: Quiz) -> dict[str, Any]:
    """How long there is left, in ms; None: no limit."""
    left = (found.deadline - web.now(request)).total_seconds() if found.deadline else None
    return {"left_ms": max(0, round(left * 1000)) if left is not None else None, "leaves": found.left}


def _decided(found: Quiz) -> dict[str, Any]:
    done = service_quizzes.decided(found)
    return {"state": done.state, "right": done.right, "items": done.items, "needed": done.needed}


def _quiz_answer(request: Request, db: Session, found: Quiz, run: LearningRun) -> Response:
    lines = quiz_lines(db, found, run.seed)
    template = environment().get_template("learning/_quiz.html")
    html = template.render({"lines": lines, "quiz": found})
    return Response(
        orjson.dumps({"html": html, **_times(request, found), **_decided(found), "seconds": found.seconds}),
        media_type="application/json",
    )


routes: list[BaseRoute] = [
    web.fetch_route("/learn/{selection_id:int}/open", opened, access=OWN, name="learn_open"),
    web.fetch_route("/learn/beat", beat, access=OWN, name="learn_beat"),
    web.fetch_route("/learn/quizzes/{quiz_id:int}", quiz, access=OWN, name="learn_quiz", methods=["GET"]),
    web.fetch_route("/learn/quizzes/{quiz_id:int}/shown", quiz_shown, access=OWN, name="learn_quiz_shown"),
    web.fetch_route("/learn/quizzes/{quiz_id:int}/back", quiz_back, access=OWN, name="learn_quiz_back"),
    web.fetch_route("/learn/quizzes/{quiz_id:int}/answer", quiz_answer, access=OWN, name="learn_quiz_answer"),
]
