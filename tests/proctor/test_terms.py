"""The terms of a watched sitting follow the policy until the start, and stay from then on."""

from sqlmodel import col, select

from exam.accounts.permissions import Role
from exam.proctor import terms
from exam.proctor.models import Proctored, ProctoringAccommodation
from exam.sessions.models import Sitting
from tests.proctor.conftest import Hall, caller, make_room, set_policy


def test_an_exam_without_a_policy_is_not_watched(hall: Hall) -> None:
    sitting_id = hall.prepared(hall.person())
    with hall.database.transaction() as db:
        assert terms.watch(db, db.get_one(Sitting, sitting_id), hall.clock.now()) is None
        assert terms.watched(db, sitting_id) is None


def test_terms_follow_the_policy_until_the_start_and_stay_then(hall: Hall) -> None:
    room = make_room(hall, interval_seconds=7)
    set_policy(hall, room.registrar.person_id, interval_seconds=20)
    with hall.database.transaction() as db:
        terms.watch(db, room.row(db), hall.clock.now())
    assert room.terms().interval_seconds == 7


def test_accommodations_mute_and_a_camera_that_is_off_means_a_human(hall: Hall) -> None:
    registrar = caller(hall, Role.REGISTRAR)
    set_policy(hall, registrar.person_id)
    sitting_id = hall.prepared(hall.person())
    with hall.database.transaction() as db:
        sitting = db.get_one(Sitting, sitting_id)
        terms.watch(db, sitting, hall.clock.now())
        for kind in ("head-movement", "camera-off"):
            db.add(
                ProctoringAccommodation(
                    institution_id=hall.institution_id,
                    enrolment_id=sitting.enrolment_id,
                    kind=kind,
                    reason="医院证明",
                    granted_by=registrar.person_id,
                    granted_at=hall.clock.now(),
                )
            )
        db.flush()
        terms.watch(db, sitting, hall.clock.now())
        found = terms.watched(db, sitting_id)
    assert found is not None and not found.camera and found.route == "human"
    assert {"away", "no-face"} <= found.muted and "hidden" in found.detectors


def test_rooms_fill_up_one_after_another(hall: Hall) -> None:
    registrar = caller(hall, Role.REGISTRAR)
    set_policy(hall, registrar.person_id, room_size=2)
    for _ in range(3):
        sitting_id = hall.prepared(hall.person())
        with hall.database.transaction() as db:
            terms.watch(db, db.get_one(Sitting, sitting_id), hall.clock.now())
    with hall.database.reading() as db:
        assert list(db.exec(select(Proctored.room).order_by(col(Proctored.sitting_id)))) == [1, 1, 2]
