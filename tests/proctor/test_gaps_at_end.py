"""Missing numbers of frames when a sitting ends: told before its review, by the same measure, and never after it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from exam.proctor.models import Frame, Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.watching import jobs as jobs_watching
from exam.proctor.watching import rules_intake as intake_rules
from exam.proctor.watching.lines import Line
from exam.proctor.watching.standing import standings
from tests.proctor.following import Followed, followed
from tests.proctor.reviewing import hand_in, settle
from tests.proctor.watching_world import links

__all__ = ["followed"]


def came(followed: Followed, *numbers: int) -> None:
    """These frames came just now, to this process."""
    room = followed.room
    with room.database.transaction() as db:
        for number in numbers:
            db.add(
                Frame(
                    sitting_id=room.sitting,
                    number=number,
                    at=room.hall.at() + number,
                    picture="0" * 64,
                    size=1,
                    thinned=True,
                )
            )
        standing = standings(db, [room.sitting])[room.sitting]
    lines = followed.state.watching.lines
    line = lines.setdefault(room.sitting, Line(standing, 0.0, intake_rules.full(room.hall.at())))
    for number in numbers:
        line.numbers.add(number)


def missing(followed: Followed) -> list[tuple[int | None, int | None]]:
    with followed.room.database.reading() as db:
        rows = db.exec(select(Incident).where(Incident.kind == "frames-missing")).all()
        return [(row.first_frame, row.last_frame) for row in rows]


@pytest.mark.parametrize(("seconds", "told"), [(599, []), (600, [(4, 8)]), (900, [(4, 8)])])
def test_the_end_tells_by_the_measure_of_a_sitting_under_way(
    followed: Followed, seconds: int, told: list[tuple[int, int]]
) -> None:
    """What a dropped line held up near the end could not come any more: nothing can be told of it."""
    room = followed.room
    came(followed, 1, 2, 3, 9)
    room.clock.advance(timedelta(seconds=seconds, microseconds=9))
    came(followed, 20)
    hand_in(room)
    assert settle(room)
    assert missing(followed) == told
    with room.database.reading() as db:
        kinds = [kind for kind, _ in links(db, room.sitting) if kind.startswith("incident")]
        assert kinds == ["incident.opened", "incident.closed"] * len(told)
        assert db.get_one(Proctored, room.sitting).reviewed_at is not None


def test_what_was_told_is_not_told_again(followed: Followed) -> None:
    room = followed.room
    came(followed, 1, 9)
    jobs_watching.gaps(followed.state)
    room.clock.advance(timedelta(seconds=601))
    jobs_watching.gaps(followed.state)
    assert missing(followed) == [(2, 8)]
    hand_in(room)
    assert settle(room)
    assert missing(followed) == [(2, 8)]


def test_nothing_is_told_of_a_sitting_that_is_over(followed: Followed) -> None:
    """Its result may be out: ten minutes after the next number is too late then."""
    room = followed.room
    came(followed, 1, 9)
    jobs_watching.gaps(followed.state)
    hand_in(room)
    assert settle(room)
    room.clock.advance(timedelta(seconds=900))
    jobs_watching.gaps(followed.state)
    jobs_watching.gaps(followed.state)
    assert missing(followed) == []
