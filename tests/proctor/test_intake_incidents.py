"""Frames that are looked at become incidents: opened, going on, closed, merged, muted."""

from sqlmodel import col, select

from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.sessions.models import Sitting
from tests.proctor.watching_world import Post, eyes, links, post, seen

__all__ = ["eyes", "post"]


def incidents(post: Post) -> list[Incident]:
    with post.world.database.reading() as db:
        return list(db.exec(select(Incident).order_by(col(Incident.id))).all())


def show(post: Post, first: int, *faces: str) -> None:
    """Frames on which so many faces are seen, one every five seconds."""
    post.eyes.said = [seen(each) for each in faces]
    for number in range(first, first + len(faces)):
        assert post.frame(number).status_code == 200
        post.later()


def test_nobody_on_three_frames_is_one_incident_with_its_frames(post: Post) -> None:
    show(post, 1, "one", "none", "none")
    assert incidents(post) == []
    show(post, 4, "none")
    (row,) = incidents(post)
    assert (row.kind, row.origin, row.severity, row.first_frame, row.last_frame) == ("no-face", "camera", 2, 2, 4)
    assert (row.ended_at, row.reason["hits"], row.reason["of"], row.detector) == (None, 3, 3, "yunet-320/1")
    show(post, 5, "none", "one", "one")
    (row,) = incidents(post)
    assert row.ended_at is not None and (row.last_frame, row.reason["hits"]) == (5, 4)
    with post.world.database.reading() as db:
        told = [kind for kind, _ in links(db, post.sitting) if kind.startswith("incident")]
    assert told == ["incident.opened", "incident.closed"]


def test_the_same_soon_again_goes_on_with_the_incident(post: Post) -> None:
    show(post, 1, "one", "none", "none", "none", "one", "one", "none", "none", "none", "one", "one")
    (row,) = incidents(post)
    assert (row.reason["times"], row.reason["hits"], row.first_frame, row.last_frame) == (2, 6, 2, 9)


def test_several_faces_say_how_many(post: Post) -> None:
    show(post, 1, "one", "several", "several")
    (row,) = incidents(post)
    assert (row.kind, row.severity, row.reason["faces"]) == ("several-faces", 3, 2)


def test_what_was_granted_is_counted_only(post: Post) -> None:
    with post.world.database.transaction() as db:
        row = db.get_one(Proctored, post.sitting)
        row.terms = {**row.terms, "accommodations": ["breaks"]}
    show(post, 1, "one", "none", "none", "none", "none")
    assert incidents(post) == []
    with post.world.database.reading() as db:
        told = [(kind, said["kind"]) for kind, said in links(db, post.sitting) if kind.startswith("incident")]
    assert told == [("incident.muted", "no-face")]


def test_a_new_process_goes_on_where_the_last_one_was(post: Post) -> None:
    """The track is made again from the last frames: what was open is closed, nothing is told twice."""
    show(post, 1, "one", "none", "none", "none")
    post.world.app.state.watching.lines.clear()
    show(post, 5, "none", "one", "one")
    (row,) = incidents(post)
    assert row.ended_at is not None and row.reason["times"] == 1


def test_in_a_pause_nobody_is_missed(post: Post) -> None:
    with post.world.database.transaction() as db:
        sitting = db.get_one(Sitting, post.sitting)
        sitting.state, sitting.paused_at = "paused", post.world.clock.now()
    show(post, 1, "none", "none", "none", "none")
    assert incidents(post) == []
