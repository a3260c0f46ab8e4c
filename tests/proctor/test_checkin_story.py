"""A check-in from both sides: a good camera, a bad one, a human, the identity; what is kept, what is written down."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from exam.core.audit import AuditEvent
from exam.proctor.checkin import look as checkin_look
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.vision.observation import Observation
from exam.vision.observe import baseline_from_json
from exam.vision.thresholds import HAAR
from tests.conftest import World
from tests.proctor.checking_in import COVERED, FINE, NOBODY, STRAIGHT, door, frames
from tests.proctor.conftest import Hall, picture

TURNED = Observation(**{**STRAIGHT.__dict__, "yaw": 24.0})


def kept(world: World) -> int:
    folder: Path = world.app.state.private.folder
    return sum(1 for path in folder.rglob("*") if path.is_file())


def test_a_good_camera_and_no_identity(world: World, hall: Hall) -> None:
    at = door(world, hall)
    assert at.start() == "check-in-camera"
    page = at.candidate.get(at.base).text
    assert "监考人员会看到的画面" in page and "请监考人员核验" in page
    tried = at.candidate.post(f"{at.base}/try", content=picture())
    assert tried.json() == {"ok": True, "advice": [], "faces": "one", "turned": None}
    assert at.start() == "check-in-camera", "trying is not passing"
    assert at.camera().json()["passed"] is True
    assert at.step() == "done"
    assert at.start() == "started"
    assert kept(world) == 0, "the test of a camera keeps no picture"
    baseline = at.row().baseline
    assert baseline is not None and len(baseline_from_json(baseline).likenesses) == 4
    assert [(said["step"], said.get("baseline")) for said in at.story()] == [("camera", True)]


def test_without_the_model_the_test_passes_and_there_is_no_baseline(world: World, hall: Hall) -> None:
    at = door(world, hall)
    at.eyes.said = [Observation(HAAR, "unknown", FINE)]
    reply = at.camera().json()
    assert reply["passed"] is True
    assert [each["code"] for each in reply["advice"]] == ["no-model"]
    assert at.row().baseline is None
    assert at.start() == "started"


@pytest.mark.parametrize(
    ("seen", "code"),
    [(NOBODY, "no-face"), (Observation(**{**NOBODY.__dict__, "quality": COVERED, "faces": "unknown"}), "covered")],
)
def test_a_picture_that_will_not_do_is_no_end(world: World, hall: Hall, seen: Observation, code: str) -> None:
    at = door(world, hall)
    at.eyes.said = [seen]
    reply = at.camera().json()
    assert (reply["passed"], reply["ok"]) == (False, False)
    assert code in [each["code"] for each in reply["advice"]]
    assert at.candidate.post(f"{at.base}/ladder", json={"error": "picture", "rung": ""}).json() == {"next": "retry"}
    again = {"error": "picture", "rung": "retry", "cameras": 1}
    assert at.candidate.post(f"{at.base}/ladder", json=again).json() == {"next": "phone"}
    assert at.candidate.post(f"{at.base}/human").status_code == 303
    assert at.step() == "waiting"
    assert "正在等监考人员" in at.candidate.get(at.base).text
    assert at.start() == "human-check-waiting"
    assert at.decide("approve").status_code == 303
    assert at.step() == "done"
    assert at.start() == "started"
    assert [said["step"] for said in at.story()] == ["ladder", "ladder", "ladder", "approve"]


def test_the_identity_before_the_start(world: World, hall: Hall) -> None:
    at = door(world, hall, identity="before", level="live")
    assert at.camera().json()["step"] == "identity"
    assert at.start() == "check-in-identity"
    at.eyes.said = [STRAIGHT, TURNED]
    assert at.identity().json() == {"step": "waiting"}
    assert at.start() == "check-in-waiting"
    row = at.row()
    assert set(row.pictures) == {"id-card", "face", "turn"} and kept(world) == 3
    assert row.seen["turned"] is (row.turn == "left")
    said = at.story()[-1]
    assert said["pictures"] == row.pictures, "the log names the pictures by their hashes"
    assert at.identity().status_code == 409
    assert kept(world) == 3

    at.clock.advance(timedelta(minutes=2))
    assert "1 名考生在等核验" in at.proctor.get("/").text
    listed = at.proctor.get("/proctoring/check-ins").text
    assert "李明" in listed and "2 分钟" in listed
    shown = at.proctor.get(f"/proctoring/check-ins/{at.sitting}").text
    for name in ("id-card", "face", "turn"):
        assert f"/proctoring/sittings/{at.sitting}/pictures/{name}" in shown
        assert at.proctor.get(f"/proctoring/sittings/{at.sitting}/pictures/{name}").status_code == 200
    assert at.decide("again").status_code == 422, "asking again needs a reason"
    assert at.step() == "waiting"
    assert at.decide("again", "证件反光，看不清姓名").status_code == 303
    assert at.step() == "identity"
    assert "证件反光" in at.candidate.get(at.base).text
    assert at.candidate.get(f"{at.base}/state").json()["note"] == "证件反光，看不清姓名"
    assert at.start() == "check-in-identity"

    at.eyes.said = [STRAIGHT]
    assert at.identity(**{"id-card": picture(11), "face": picture(12)}).json() == {"step": "waiting"}
    assert {"face.1", "id-card.1", "turn.1"} < set(at.row().pictures), "what was shown first stays as evidence"
    assert at.decide("approve").status_code == 303
    assert at.decide("approve").status_code == 409, "decided once"
    assert at.start() == "started"
    with hall.database.reading() as db:
        audited = db.exec(select(AuditEvent).where(AuditEvent.action == "check-in.decided")).all()
        assert [row.detail["decision"] for row in audited] == ["again", "approve"]


def test_the_identity_afterwards_keeps_nobody_waiting(world: World, hall: Hall) -> None:
    at = door(world, hall, identity="after")
    at.camera()
    assert at.start() == "check-in-identity"
    assert at.identity().json() == {"step": "later"}
    assert at.start() == "started"
    assert "已开考，事后核对" in at.proctor.get("/proctoring/check-ins").text
    assert at.decide("again", "看不清").status_code == 409, "after the start nobody is asked again"
    assert at.decide("doubt", "照片不像本人").status_code == 303
    with hall.database.reading() as db:
        incident = db.exec(select(Incident).where(Incident.sitting_id == at.sitting)).one()
    assert (incident.kind, incident.origin, incident.state) == ("identity", "proctor", "open")
    assert incident.reason["note"] == "照片不像本人"


@pytest.mark.parametrize("answer", ["", "refused", "withdrawn"])
def test_without_consent_no_picture_is_looked_at(world: World, hall: Hall, answer: str) -> None:
    at = door(world, hall, answer=answer, identity="before")
    assert at.candidate.post(f"{at.base}/try", content=picture()).status_code == 409
    assert at.camera().status_code == 409
    assert at.identity().status_code == 409
    assert at.candidate.post(f"{at.base}/phone").status_code == 409
    assert (at.eyes.looked, kept(world)) == (0, 0)


def test_to_a_human_and_back(world: World, hall: Hall) -> None:
    at = door(world, hall)
    at.candidate.post(f"{at.base}/human")
    at.candidate.post(f"{at.base}/human")
    assert len(at.story()) == 1, "twice is once"
    assert at.candidate.post(f"{at.base}/try", content=picture()).status_code == 409
    assert at.candidate.post(f"{at.base}/camera-again").status_code == 303
    assert at.step() == "camera"
    assert at.camera().json()["passed"] is True
    with hall.database.reading() as db:
        assert db.get_one(Proctored, at.sitting).route == "camera"


def test_after_the_start_nothing_is_checked_any_more(world: World, hall: Hall) -> None:
    at = door(world, hall)
    at.camera()
    assert at.start() == "started"
    assert at.candidate.post(f"{at.base}/try", content=picture()).status_code == 409
    assert at.candidate.post(f"{at.base}/human").status_code == 409
    assert "考试已经开始" in at.candidate.get(at.base).text


def test_the_ladder_is_written_down_within_bounds(world: World, hall: Hall) -> None:
    at = door(world, hall)
    for _ in range(65):
        sent = {"error": "busy", "rung": "retry", "cameras": 2}
        assert at.candidate.post(f"{at.base}/ladder", json=sent).json() == {"next": "device"}
    assert len(at.row().ladder) == 60
    shown = at.proctor.get(f"/proctoring/check-ins/{at.sitting}").text
    assert "摄像头被别的程序占用" in shown


@pytest.mark.parametrize(
    "said", [None, [], {}, {"error": "nonsense"}, {"error": "busy", "rung": "fly"}, {"error": "busy", "cameras": "2"}]
)
def test_odd_steps_of_the_ladder(world: World, hall: Hall, said: Any) -> None:
    at = door(world, hall)
    assert at.candidate.post(f"{at.base}/ladder", json=said).status_code == 422


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (PNG, 422),
        (b"<svg onload=alert(1)>", 422),
        (picture()[:2000], 422),
        (picture() + b"<script>", 422),
        (picture(width=1600, height=1200), 422),
        (picture(width=64, height=48), 422),
        (b"\xff\xd8" + b"\x00" * (300 * 1024), 422),
        (b"\xff" * (2 * 1024 * 1024), 413),
    ],
    ids=["empty", "png", "svg", "cut", "polyglot", "large", "tiny", "too many bytes", "over the limit"],
)
def test_hostile_frames(world: World, hall: Hall, body: bytes, status: int) -> None:
    at = door(world, hall)
    answer = at.candidate.post(f"{at.base}/try", content=body)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert at.eyes.looked == 0


@pytest.mark.parametrize("name", ["id-card", "face", "turn"])
@pytest.mark.parametrize("data", [b"", b"GIF89a", picture()[:1000]], ids=["none", "gif", "cut"])
def test_hostile_pictures_of_an_identity(world: World, hall: Hall, name: str, data: bytes) -> None:
    at = door(world, hall, identity="before")
    at.camera()
    answer = at.identity(**{name: data})
    assert answer.status_code == 422
    assert kept(world) == 0, "nothing half-written"
    assert at.step() == "identity"


@pytest.mark.parametrize("count", [0, 2, 9])
def test_a_look_is_neither_too_short_nor_too_long(world: World, hall: Hall, count: int) -> None:
    at = door(world, hall)
    sent = frames(count) or [("other", ("x.jpg", picture(), "image/jpeg"))]
    assert at.candidate.post(f"{at.base}/camera", files=sent).status_code == 422
    assert at.step() == "camera"


def test_thousands_of_pictures_from_one_candidate(world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    at = door(world, hall)
    monkeypatch.setattr(checkin_look, "OFTEN", checkin_look.parse("5 per 1 hour"))
    told = [at.candidate.post(f"{at.base}/try", content=picture()).status_code for _ in range(7)]
    assert told == [200] * 5 + [429] * 2
    assert at.eyes.looked == 5


def test_when_all_eyes_are_busy(world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    at = door(world, hall)
    monkeypatch.setattr(checkin_look, "PATIENCE_SECONDS", 0.01)
    eyes = world.app.state.check_in_eyes
    taken = [eyes.free.get() for _ in range(checkin_look.AT_ONCE)]
    answer = at.candidate.post(f"{at.base}/try", content=picture())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    eyes.free.put(taken[0])
    assert at.candidate.post(f"{at.base}/try", content=picture()).status_code == 200


def test_a_page_without_script_leads_to_a_human(world: World, hall: Hall) -> None:
    at = door(world, hall)
    page = at.candidate.get(at.base).text
    assert re.search(r'<form method="post" action="/sittings/\d+/check-in/human"', page)
    assert "<noscript>" in page


def test_others_find_nothing(world: World, hall: Hall) -> None:
    at = door(world, hall)
    other = world.client(hall.person("王芳"), hall.institution_id)
    for path in ("", "/state"):
        assert other.get(at.base + path).status_code == 404
    for path in ("/try", "/camera", "/identity", "/phone", "/human"):
        assert other.post(at.base + path).status_code == 404


def test_the_start_page_lists_the_check(world: World, hall: Hall) -> None:
    at = door(world, hall, identity="before")
    page = at.candidate.get(f"/sittings/{at.sitting}").text
    assert "检查摄像头和身份" in page and f"{at.base}" in page
    at.camera()
    assert "去拍照" in at.candidate.get(f"/sittings/{at.sitting}").text
    at.identity()
    assert "监考人员正在核对" in at.candidate.get(f"/sittings/{at.sitting}").text


def test_an_exam_that_is_not_watched_has_no_check(world: World, hall: Hall) -> None:
    at = door(world, hall, level="focus")
    assert "不用检查" in at.candidate.get(at.base).text
    assert at.start() == "started"
