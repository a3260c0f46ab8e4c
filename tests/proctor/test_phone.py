"""A phone as camera: its link lives for minutes, its page for the sitting; nothing else opens with it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from exam.accounts.access import SESSION_COOKIE
from exam.core import tokens
from exam.proctor.checkin import phone_links
from exam.proctor.watching import intake
from exam.proctor.watching.intake import Taken
from exam.sessions import requests
from tests.conftest import World
from tests.proctor.checking_in import Door, door, frames
from tests.proctor.conftest import Hall, picture


def phone(world: World) -> TestClient:
    """Somebody without any cookie."""
    return TestClient(world.app, base_url="http://127.0.0.1:8000", follow_redirects=False)


def link(at: Door) -> str:
    """The path of a link to join with."""
    answer = at.candidate.post(f"{at.base}/phone")
    assert answer.status_code == 200
    assert answer.json()["qr"].startswith("data:image/svg+xml")
    return urlsplit(answer.json()["url"]).path


def joined(at: Door) -> tuple[TestClient, str]:
    """A phone, and the path of its page."""
    own = phone(at.world)
    answer = own.get(link(at))
    assert answer.status_code == 303
    return own, answer.headers["location"]


def test_a_phone_does_the_whole_check(world: World, hall: Hall) -> None:
    at = door(world, hall, identity="before")
    own, path = joined(at)
    page = own.get(path)
    assert page.status_code == 200 and "手机当摄像头" in page.text
    assert own.post(f"{path}/try", content=picture()).json()["ok"] is True
    assert own.post(f"{path}/camera", files=frames(4)).json() == {
        "ok": True,
        "advice": [],
        "faces": "one",
        "turned": None,
        "passed": True,
        "step": "identity",
    }
    assert at.row().source == "phone"
    names = ("id-card", "face", "turn")
    sent = {name: ("x.jpg", picture(n), "image/jpeg") for n, name in enumerate(names)}
    assert own.post(f"{path}/identity", files=sent).json() == {"step": "waiting"}
    assert at.step() == own.get(f"{path}/state").json()["step"] == "waiting"
    assert SESSION_COOKIE not in own.cookies


def test_the_address_stays_out_of_caches_referrers_and_pages(world: World, hall: Hall) -> None:
    own, path = joined(door(world, hall))
    page = own.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert '<meta name="referrer" content="no-referrer">' in page.text
    assert "/sign-in" not in page.text


def test_the_address_is_not_logged(world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    own, path = joined(door(world, hall))

    def broken(*_args: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr("exam.proctor.checkin.take.state_of", broken)
    with capture_logs() as logged:
        assert own.get(f"{path}/state").status_code == 500
    assert [each["path"] for each in logged if each["event"] == "request.failed"] == ["/camera/…"]
    assert path.rsplit("/", 1)[1] not in str(logged)


@pytest.mark.parametrize(("minutes", "status"), [(0, 303), (15, 303), (15.1, 410)])
def test_a_link_lives_for_minutes(world: World, hall: Hall, minutes: float, status: int) -> None:
    at = door(world, hall)
    path = link(at)
    at.clock.advance(timedelta(minutes=minutes))
    assert phone(world).get(path).status_code == status


def test_whoever_has_joined_goes_on_and_may_load_again(world: World, hall: Hall) -> None:
    at = door(world, hall)
    own, path = joined(at)
    at.clock.advance(timedelta(hours=3))
    assert own.get(path).status_code == 200
    at.clock.advance(timedelta(hours=22))
    assert own.get(path).status_code == 410
    assert own.get(f"{path}/state").status_code == 404


def test_a_newer_link_ends_the_older(world: World, hall: Hall) -> None:
    at = door(world, hall)
    own, path = joined(at)
    newer = link(at)
    assert own.get(path).status_code == 410
    assert own.post(f"{path}/try", content=picture()).status_code == 404
    assert own.get(newer).status_code == 303


def test_links_are_counted(world: World, hall: Hall) -> None:
    at = door(world, hall)
    for _ in range(12):
        link(at)
    answer = at.candidate.post(f"{at.base}/phone")
    assert (answer.status_code, answer.json()["error"]) == (409, "check-in-many-links")


def test_forged_and_foreign_tokens(world: World, hall: Hall) -> None:
    at = door(world, hall)
    secret, now = world.app.state.secret, at.clock.now()
    own, path = joined(at)
    for token in (
        "x",
        path.rsplit("/", 1)[1].replace("W", "X", 1),
        tokens.make(secret, "another purpose", [at.sitting, "n", "zh"], now),
        tokens.make(secret, phone_links.CAMERA, [at.sitting, "n", "zh"], now),
        tokens.make(b"another secret" * 4, phone_links.CAMERA, [at.sitting, "n", "zh"], now),
        tokens.make(secret, phone_links.CAMERA, [99999, "n", "zh"], now),
    ):
        assert own.get(f"/camera/{token}").status_code == 410
        assert own.get(f"/camera/{token}/state").status_code == 404
        assert own.post(f"/camera/{token}/frames", content=picture()).status_code == 404


def test_a_link_to_join_with_sends_no_pictures(world: World, hall: Hall) -> None:
    at = door(world, hall)
    path = link(at)
    assert phone(world).post(f"{path}/try", content=picture()).status_code == 404


def test_frames_of_a_sitting_under_way(world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    at = door(world, hall)
    own, path = joined(at)
    own.post(f"{path}/camera", files=frames(4))
    assert at.start() == "started"
    taken: list[Any] = []

    async def take(state: Any, *about: Any) -> Taken:
        taken.append(about)
        return Taken(200, {"number": about[1], "advice": ["too-dark"]}) if about[1] < 9 else Taken(503, {}, 3)

    monkeypatch.setattr(intake, "take", take)
    headers = {"X-Frame-Number": "1", "X-Frame-Taken": "1700000000000"}
    answer = own.post(f"{path}/frames", content=picture(), headers=headers)
    assert answer.status_code == 200 and answer.json()["advice"][0]["code"] == "too-dark"
    assert taken[0][0:2] == (at.sitting, 1) and taken[0][3:] == (1_700_000_000_000, "phone")
    busy = own.post(f"{path}/frames", content=picture(), headers={"X-Frame-Number": "9"})
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "3")
    assert own.get(f"{path}/state").json()["sitting"] == "in-progress"


def test_a_phone_takes_over_in_the_middle(world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    at = door(world, hall)
    at.camera()
    assert at.start() == "started"
    own, path = joined(at)
    assert 'id="live"' in own.get(path).text

    async def take(state: Any, *about: Any) -> Taken:
        return Taken(200, {"number": about[1], "advice": []})

    monkeypatch.setattr(intake, "take", take)
    assert at.row().source == "camera"
    for number in ("1", "2"):
        assert own.post(f"{path}/frames", content=picture(), headers={"X-Frame-Number": number}).status_code == 200
    assert at.row().source == "phone"
    assert [said["step"] for said in at.story()] == ["camera", "ladder", "source"]
    assert at.row().baseline is None  # it was the other camera's


def test_from_the_phone_back_to_the_computers_own_camera(
    world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = door(world, hall)
    own, path = joined(at)
    own.post(f"{path}/camera", files=frames(4))
    assert at.row().baseline is not None
    early = at.candidate.post(f"{at.base}/here")
    assert (early.status_code, early.json()["error"]) == (409, "check-in-no-camera")
    assert at.start() == "started"
    about = {"X-Frame-Number": "1", "Content-Type": "image/jpeg"}
    refused = at.candidate.post(f"/sittings/{at.sitting}/frames", content=picture(), headers=about)
    assert (refused.status_code, refused.json()["error"]) == (409, "camera-elsewhere")  # one camera at a time
    for _ in range(2):
        assert at.candidate.post(f"{at.base}/here").json() == {"source": "camera"}
    assert (at.row().source, at.row().baseline) == ("camera", None)
    assert [said.get("rung", said.get("source")) for said in at.story()] == ["phone", "phone", "here", "camera"]
    assert own.get(path).status_code == 410
    assert own.post(f"{path}/frames", content=picture(), headers=about).status_code == 404
    assert at.row().source == "camera"
    assert at.proctor.get(f"/proctoring/check-ins/{at.sitting}").text.count("改用这台电脑的摄像头") == 1
    again, newer = joined(at)
    assert again.get(newer).status_code == 200


def test_who_withdrew_has_no_camera_to_go_back_to(world: World, hall: Hall) -> None:
    at = door(world, hall)
    at.camera()
    assert at.start() == "started"
    at.answer("withdrawn")
    answer = at.candidate.post(f"{at.base}/here")
    assert (answer.status_code, answer.json()["error"]) == (409, "check-in-no-camera")


def test_the_sittings_end_ends_the_link(world: World, hall: Hall) -> None:
    at = door(world, hall)
    own, path = joined(at)
    own.post(f"{path}/camera", files=frames(4))
    at.start()
    hall.do(requests.Claim(at.sitting, at.person, hall.at(), "csrf", "zh"))
    hall.do(requests.Submit(at.sitting, at.person, hall.at(), 1, [], [], "zh"))
    assert own.get(path).status_code == 410
    assert own.post(f"{path}/frames", content=picture()).status_code == 404


def test_the_phone_speaks_the_candidates_language(world: World, hall: Hall) -> None:
    at = door(world, hall)
    at.candidate.cookies.set("lang", "en")
    own, path = joined(at)
    assert "Phone as camera" in own.get(path).text
