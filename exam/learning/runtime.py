"""What lives as long as the server: the judge's table, and the thread that writes it down every other moment."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import bindparam, update
from sqlmodel import Session
from starlette.requests import Request

from exam.core.clock import Clock
from exam.core.db import Database
from exam.core.errors import Refused
from exam.courses import signals as courses
from exam.courseware import signals as courseware
from exam.itembank import service_pictures
from exam.learning import queries, service_quizzes, service_runs, signals
from exam.learning.desk import Desk
from exam.learning.judging import AWAY, LATE, Player, Track
from exam.learning.models import GOING, LearningRun, LearningVisit
from exam.learning.rules import in_time

log = structlog.get_logger()
EVERY_SECONDS = 2.0
SLICE, PAUSE_SECONDS = 500, 0.01
"""So many runs are written in one transaction; then others who wait for database or processor have their turn."""


@dataclass
class Runtime:
    """Learning in one process; `app.state.learning`."""

    database: Database
    clock: Clock
    desk: Desk = field(default_factory=Desk)
    running: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


def attach(state: Any) -> None:
    """Make the runtime of an app; nothing runs until `start`."""
    state.learning = Runtime(state.database, state.clock, Desk(lambda: millis(state.clock.now())))
    heard = (
        (courses.finished, service_runs.heard_finished),
        (courses.unfinished, service_runs.heard_unfinished),
        (courses.cancelled, service_runs.heard_cancelled),
    )
    for hooks, hear in heard:
        if hear not in hooks:
            hooks.append(hear)
    if service_runs.learners not in courseware.learners:
        courseware.learners.append(service_runs.learners)
        courseware.learned_from.append(service_runs.learned_from)
        courseware.asked_at.append(service_runs.asked_at)
        courseware.figures.append(queries.figures)
    if queries.learnable not in courses.learnable:
        courses.learnable.append(queries.learnable)
    if queries.shows_picture not in service_pictures.vouchers:
        service_pictures.vouchers.append(queries.shows_picture)


def of(request: Request) -> Runtime:
    """The runtime of the app that serves the request."""
    found: Runtime = request.app.state.learning
    return found


def start(state: Any) -> None:
    """Begin to write down what is judged."""
    runtime: Runtime = state.learning
    signals.over.append(runtime.desk.drop)
    runtime.stopping.clear()
    runtime.running = True
    runtime.thread = threading.Thread(target=_loop, args=(runtime,), name="learning", daemon=True)
    runtime.thread.start()


def stop(state: Any) -> None:
    """Write down what is judged and not written yet, then end."""
    runtime: Runtime = state.learning
    runtime.running = False
    runtime.stopping.set()
    if runtime.thread is not None:
        runtime.thread.join(timeout=30)
        signals.over.remove(runtime.desk.drop)
    runtime.thread = None


def millis(at: datetime) -> int:
    """An instant as whole milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def instant(at: int) -> datetime:
    """The instant of so many milliseconds."""
    return datetime.fromtimestamp(at / 1000, UTC)


def _loop(runtime: Runtime) -> None:
    while not runtime.stopping.wait(EVERY_SECONDS):
        tick(runtime)
    tick(runtime)


def tick(runtime: Runtime) -> None:
    """Write down what changed; end what has run out; finish what is learned. What fails is tried again."""
    now = runtime.clock.now()
    tracks, players = runtime.desk.take_dirty()
    try:
        for start in range(0, max(len(tracks), len(players)), SLICE):
            if start:
                runtime.stopping.wait(PAUSE_SECONDS)
            with runtime.database.transaction() as db:
                write(db, tracks[start : start + SLICE], players[start : start + SLICE])
    except Exception:
        runtime.desk.give_back(tracks, players)
        log.exception("learning.not-written", runs=len(tracks))
        return
    for track in tracks:
        _follow(runtime, track, now)
    for track in list(runtime.desk.tracks.values()):
        if track.asking and track.deadline and _ran_out(track, millis(now)):
            _time_out(runtime, track, now)
    runtime.desk.put_away(millis(now))


def _ran_out(track: Track, now: int) -> bool:
    """Whether nobody answered though the page was there: one that was away finds its time when it comes back."""
    late = now > track.deadline + 2 * LATE
    return late and not track.left_at and track.seen > track.deadline and now - track.seen < AWAY


def _follow(runtime: Runtime, track: Track, now: datetime) -> None:
    """A quiz that was reached is drawn; a course that is learned is finished."""
    asked = track.asking
    try:
        if asked and not track.deadline:
            with runtime.database.transaction() as db:
                quiz, run = service_quizzes.own_quiz(db, track.person, asked)
                service_quizzes.reach(db, quiz, run, now)
        elif track.learned() and not track.exercise:
            with runtime.database.transaction() as db:
                track.exercise = service_runs.complete(db, track.run, now) == "exercise"
    except Refused as refused:
        log.info("learning.refused", run=track.run, code=refused.refusal.code)
    except Exception:
        track.dirty = True
        log.exception("learning.follow-failed", run=track.run)


def _time_out(runtime: Runtime, track: Track, now: datetime) -> None:
    try:
        with runtime.database.transaction() as db:
            quiz, run = service_quizzes.own_quiz(db, track.person, track.asking)
            if quiz.deadline is not None and not in_time(quiz.deadline, now):  # it may have been come back to just now
                service_quizzes.time_out(db, quiz, run, now)
    except Exception:
        log.exception("learning.time-out-failed", run=track.run)


def write(db: Session, tracks: Sequence[Track], players: Sequence[Player]) -> None:
    """Write how far these runs have come and what their players counted, in two statements."""
    if tracks:
        rows = [
            {
                "b_id": track.run,
                "verified": {str(chapter): ms for chapter, ms in track.verified.items()},
                "counted_ms": track.counted,
                "cut_ms": track.cut,
                "chapter_id": track.chapter or None,
                "position_ms": track.position,
                "beaten_at": instant(track.seen) if track.seen else None,
            }
            for track in tracks
        ]
        table: Any = LearningRun.__table__  # type: ignore[attr-defined]
        query = update(table).where(table.c.id == bindparam("b_id"), GOING)
        db.connection().execute(query, rows)
    if players:
        _write_visits(db, players)


def _write_visits(db: Session, players: Sequence[Player]) -> None:
    table: Any = LearningVisit.__table__  # type: ignore[attr-defined]
    rows = [
        {
            "b_token": player.token,
            "seen_at": instant(player.seen),
            "closed_at": instant(player.closed) if player.closed else None,
            "counted_ms": player.counted,
            "cut_ms": player.cut,
        }
        for player in players
    ]
    db.connection().execute(update(table).where(table.c.token == bindparam("b_token")), rows)
