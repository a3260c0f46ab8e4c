"""Pictures of a sitting: only for those who watch it, written down once for each visit, and the candidate's own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from sqlmodel import select

from exam.accounts.permissions import Role
from exam.core.audit import AuditEvent
from exam.proctor.evidence import retention
from exam.proctor.models import CheckIn
from exam.proctor.wall import views
from exam.settings import Settings
from exam.vision.pictures import BadPicture
from exam.vision.thumbnails import thumbnail
from tests.conftest import World
from tests.proctor.conftest import Room, picture
from tests.proctor.evidence_story import Story, tell

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)


@pytest.fixture
def story(room: Room, settings: Settings) -> Story:
    return tell(room, settings.data_dir)


@pytest.fixture
def proctor(world: World, story: Story) -> Any:
    return world.signed_in(Role.PROCTOR, institution_id=story.room.hall.institution_id)


@pytest.fixture
def mine(world: World, story: Story) -> Any:
    return world.client(story.room.person, story.room.hall.institution_id)


def seen(world: World) -> list[AuditEvent]:
    with world.database.reading() as db:
        return list(db.exec(select(AuditEvent).where(AuditEvent.action == "proctor.pictures-seen")))


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (None, True),
        (timedelta(0), False),
        (timedelta(minutes=10) - timedelta(microseconds=1), False),
        (timedelta(minutes=10), True),
        (timedelta(seconds=-1), True),  # the clock was set back
    ],
)
def test_a_visit_is_written_down_once_in_ten_minutes(ago: timedelta | None, written: bool) -> None:
    assert views.worth_an_entry(None if ago is None else NOW - ago, NOW) is written


def test_a_proctor_sees_pictures_and_that_is_written_down(world: World, story: Story, proctor: Any) -> None:
    url = f"/proctoring/sittings/{story.sitting}/pictures"
    for name in ("1", "2", "face", "id-card", "turn"):
        answer = proctor.get(f"{url}/{name}")
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
    assert proctor.get(f"{url}/1").content == picture(1)
    (entry,) = seen(world)
    assert (entry.subject_id, entry.detail) == (str(story.sitting), {"picture": "1"}) and entry.actor_id
    story.later(minutes=10)
    proctor.get(f"{url}/3?size=small")
    assert [each.detail["picture"] for each in seen(world)] == ["1", "3"]
    other = world.signed_in(Role.REGISTRAR, institution_id=story.room.hall.institution_id)
    other.get(f"{url}/3?size=small")
    assert len(seen(world)) == 3, "each person has an entry of their own"


@pytest.mark.parametrize("name", ["0", "5", "99999999999", "id", "face.1", "face.x", "1.jpg", "-1", "%31x", "１"])
def test_what_there_is_not(story: Story, proctor: Any, world: World, name: str) -> None:
    assert proctor.get(f"/proctoring/sittings/{story.sitting}/pictures/{name}").status_code == 404
    assert seen(world) == [], "nothing was seen"


def test_pictures_of_an_earlier_try(story: Story, proctor: Any, world: World) -> None:
    with world.database.transaction() as db:
        row = db.get_one(CheckIn, story.sitting)
        row.pictures = {**row.pictures, "face.1": story.store.put(picture(2000))}
        db.add(row)
    assert proctor.get(f"/proctoring/sittings/{story.sitting}/pictures/face.1").content == picture(2000)


def test_a_small_one_is_small(story: Story, proctor: Any) -> None:
    answer = proctor.get(f"/proctoring/sittings/{story.sitting}/pictures/1?size=small")
    pixels = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None and pixels.shape == (240, 320, 3) and len(answer.content) < len(picture(1))


@pytest.mark.parametrize(
    ("width", "height", "shape"), [(100, 80, (80, 100)), (640, 480, (240, 320)), (900, 300, (107, 320))]
)
def test_thumbnails_keep_their_shape(width: int, height: int, shape: tuple[int, int]) -> None:
    pixels = cv2.imdecode(np.frombuffer(thumbnail(picture(1, width, height)), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None and pixels.shape[:2] == shape


@pytest.mark.parametrize("data", [b"", b"nonsense", picture(1)[:200]])
def test_what_is_no_picture_has_no_thumbnail(data: bytes) -> None:
    with pytest.raises(BadPicture):
        thumbnail(data)


def test_candidates_see_all_of_their_own_and_nobody_else_s(world: World, story: Story, mine: Any) -> None:
    url = f"/sittings/{story.sitting}/pictures"
    assert mine.get(f"{url}/1").content == picture(1) and mine.get(f"{url}/face").status_code == 200
    assert seen(world) == []
    other = world.signed_in(Role.CANDIDATE, institution_id=story.room.hall.institution_id)
    assert other.get(f"{url}/1").status_code == 404
    assert mine.get(f"/proctoring{url}/1").status_code == 403


def test_what_was_erased_is_gone_for_everybody(world: World, story: Story, proctor: Any, mine: Any) -> None:
    with world.database.transaction() as db:
        retention.erase(db, story.store, story.sitting, story.room.registrar, story.room.clock.now(), "请求")
    story.store.put(picture(1))  # as another sitting may have the very same
    for name in ("1", "face"):
        assert proctor.get(f"/proctoring/sittings/{story.sitting}/pictures/{name}").status_code == 404
        assert mine.get(f"/sittings/{story.sitting}/pictures/{name}").status_code == 404
