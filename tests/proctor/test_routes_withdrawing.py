"""A consent that is taken back in the middle: the very next picture is refused, answers go on being saved."""

from typing import Any

from sqlmodel import select

from exam.accounts.permissions import Role
from exam.proctor.models import Frame, Proctored
from tests.conftest import World
from tests.proctor.conftest import picture
from tests.proctor.watching_world import Steered, watched_sitting
from tests.sessions.conftest import make_hall


def test_the_next_picture_is_refused(world: World, database: Any, clock: Any) -> None:
    hall = make_hall(database, clock, world.institution())
    office = world.person(hall.institution_id, Role.REGISTRAR)
    person = world.person(hall.institution_id, Role.CANDIDATE)
    sitting = watched_sitting(hall, office, person)
    eyes = Steered()
    eyes.gate.set()
    world.app.state.watching.eyes.observer = lambda model: eyes
    with world.client(person, hall.institution_id) as client:
        headers = {"X-CSRF-Token": client.csrf, "Content-Type": "image/jpeg"}

        def frame(number: int) -> int:
            about = {**headers, "X-Frame-Number": str(number)}
            return client.post(f"/sittings/{sitting}/frames", content=picture(number), headers=about).status_code

        assert frame(1) == 200
        form = {"do": "withdrawn", "csrf_token": client.csrf}
        assert client.post(f"/sittings/{sitting}/consent", data=form).status_code == 303
        assert frame(2) == 409
        answer = {"claim": 1, "answers": [{"slot": 1, "revision": 1, "response": {"choice": "a1"}}], "events": []}
        synced = client.post(f"/sittings/{sitting}/sync", json=answer, headers={"X-CSRF-Token": client.csrf})
        assert synced.status_code == 200
    with database.reading() as db:
        assert list(db.exec(select(Frame.number))) == [1]
        assert db.get_one(Proctored, sitting).route == "human"
