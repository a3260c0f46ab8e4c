"""What is judged is written for many runs at once, and never to one that is over; on both databases."""

from dataclasses import replace

from exam.learning import loading, runtime, service_runs
from exam.learning.judging import MOST_CUT, Player
from exam.learning.models import LearningVisit
from exam.learning.states import RunEvent
from tests.learning.making import NOON, after, selected

AT = runtime.millis(NOON)


def test_many_runs_and_visits_are_written_at_once(db, place, made):
    runs, tracks, players = [], [], []
    for n, who in enumerate((place.me, place.other)):
        run = service_runs.begin(db, who, selected(db, who, made).id, NOON)
        db.add(LearningVisit(token=f"p{n}", run_id=run.id, opened_at=NOON, seen_at=NOON))
        track = loading.track_of(db, run)
        first, second = track.order
        tracks.append(
            replace(track, counted=1000 + n, cut=MOST_CUT, seen=AT + 1000, verified={first: n, second: 7}, position=n)
        )
        closed = AT + 2000 if n else 0
        players.append(Player(f"p{n}", run.id, run.course_id, AT, 0, AT, AT + 1000, counted=n, cut=2, closed=closed))
        runs.append(run)
    service_runs.move(db, runs[1], RunEvent.CANCEL, after(1))
    db.flush()
    runtime.write(db, tracks, players)
    for run in runs:
        db.refresh(run)
    assert (runs[0].counted_ms, runs[0].cut_ms, runs[0].beaten_at) == (1000, MOST_CUT, after(1))
    assert runs[0].verified == {str(tracks[0].order[0]): 0, str(tracks[0].order[1]): 7}
    assert (runs[1].counted_ms, runs[1].verified, runs[1].beaten_at) == (0, {}, None)  # it is over
    visits = [db.get_one(LearningVisit, f"p{n}", populate_existing=True) for n in (0, 1)]
    assert [(each.counted_ms, each.cut_ms, each.seen_at, each.closed_at) for each in visits] == [
        (0, 2, after(1), None),
        (1, 2, after(1), after(2)),
    ]


def test_nothing_to_write(db):
    runtime.write(db, [], [])
