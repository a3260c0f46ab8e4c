"""Reviewing in a browser: deciding by keys, the candidate's view, comments while writing, an appeal answered."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Served, Visit, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from exam.accounts.models import Person, RoleGrant
from exam.accounts.permissions import Role
from exam.core.objects import ObjectStore
from exam.proctor import terms
from exam.proctor.models import Frame, Proctored, ProctoringPolicy
from exam.proctor.models_incidents import Incident
from exam.scheduling.models import Booking
from exam.sessions import ledger
from exam.sessions.instants import SECOND, micros
from exam.sessions.models import Sitting
from exam.sessions.states import Event

pytestmark = pytest.mark.browser
FRAMES = 12


def _staff(site: Site, role: Role, name: str) -> Candidate:
    person_id = site.add(Person(name=name, username=f"e2e-{name}", state="active", created_at=site.now))
    grant = {"person_id": person_id, "institution_id": site.institution_id, "role": role, "granted_at": site.now}
    site.db.add(RoleGrant(**grant))
    return Candidate(person_id, name, 0, site._signed_in(person_id))


def _picture(number: int) -> bytes:
    pixels = np.full((480, 640, 3), (150, 165, 175), dtype=np.uint8)
    cv2.ellipse(pixels, (280 + number * 6, 240), (90, 120), 0, 0, 360, (170, 190, 225), -1)
    cv2.rectangle(pixels, (170 + number * 6, 370), (400 + number * 6, 480), (110, 70, 40), -1)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


def _over(site: Site, store: ObjectStore, sitting_id: int, kinds: tuple[str, ...]) -> None:
    """A sitting that was handed in a while ago, with pictures and what was noticed."""
    db, began = site.db, site.now - timedelta(minutes=50)
    sitting = db.get_one(Sitting, sitting_id)
    watched = terms.watch(db, sitting, began)
    assert watched is not None
    booking = db.get_one(Booking, sitting.booking_id)
    booking.state = "started"
    batch = ledger.open_heads(db, {}, [sitting_id])
    live = batch.lives[sitting_id]
    live.started = micros(began)
    live.deadline = live.started + live.duration * SECOND
    ledger.apply(batch, live, Event.START, live.started, {"deadline": live.deadline})
    ended = live.started + 40 * 60 * SECOND
    ledger.apply(batch, live, Event.SUBMIT, ended, {"by": "candidate", "answered_slots": []})
    ledger.flush(batch)
    db.expire(sitting)
    for number in range(1, FRAMES + 1):
        digest = store.put(_picture(number))
        at = live.started + number * 5 * SECOND
        seen = {"faces": "one"}
        row = Frame(sitting_id=sitting_id, number=number, at=at, picture=digest, size=1, observation=seen, detector="t")
        db.add(row)
    here: dict[str, Any] = {"institution_id": site.institution_id, "sitting_id": sitting_id}
    for place, kind in enumerate(kinds):
        first = began + timedelta(seconds=5 + 20 * place)
        frames = {"first_frame": 1 + 4 * place, "last_frame": 4 + 4 * place, "detector": "yunet-320/1"}
        when = {"began_at": first, "ended_at": first + timedelta(seconds=15), "noted_at": first}
        reason = {"hits": 3, "of": 4, "seconds": 15}
        db.add(Incident(**here, **frames, **when, kind=kind, origin="camera", severity=3, reason=reason))
    row = db.get_one(Proctored, sitting_id)
    row.reviewed_at = site.now


def _seed(folder: Path) -> Any:
    store = ObjectStore(folder / "private")

    def seed(site: Site) -> dict[str, list[Candidate]]:
        proctor, office = _staff(site, Role.PROCTOR, "唐老师"), _staff(site, Role.REGISTRAR, "周主任")
        camera, focus = site.exam(site.paper(EACH_KIND)), site.exam(site.paper(EACH_KIND))
        for exam_id, level in ((camera, "camera"), (focus, "focus")):
            own = {"institution_id": site.institution_id, "changed_at": site.now, "changed_by": proctor.person_id}
            site.db.add(ProctoringPolicy(**own, exam_id=exam_id, level=level, detectors=["away"], blind_share=0))
        site.db.flush()
        over = [site.candidate(camera) for _ in range(2)]
        _over(site, store, over[0].sitting_id, ("several-faces", "away"))
        _over(site, store, over[1].sitting_id, ("covered",))
        writing = [site.candidate(focus) for _ in range(2)]
        return {"over": over, "writing": writing, "proctor": [proctor], "office": [office]}

    return seed


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two sittings that are over, with something to decide, and candidates of another exam who write."""
    folder = tmp_path_factory.mktemp("review")
    with serving(folder, _seed(folder)) as served:
        yield served


def come(hall: Served, visit: Visit, who: str, path: str, number: int = 0, **more: Any) -> Page:
    """Somebody's browser, which notes what it complains of."""
    page = visit(hall, hall.candidates[who][number], "/sign-in", **more)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: said.type in ("error", "warning") and page.complaints.append(said.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    page.goto(hall.address + path)
    return page


def card(page: Page, place: int) -> Any:
    return page.locator("[data-incident]").nth(place)


def test_in_english_on_a_narrow_screen(hall: Served, visit: Visit) -> None:
    sitting = hall.candidates["over"][0].sitting_id
    names = "|".join(each.name for group in hall.candidates.values() for each in group)
    for who, path in (
        ("office", "/proctoring/review"),
        ("office", f"/proctoring/sittings/{sitting}/review"),
        ("office", "/proctoring/appeals"),
        ("office", "/proctoring/report"),
        ("over", f"/sittings/{sitting}/incidents"),
    ):
        page = come(hall, visit, who, path, width=360, locale="en")
        text = re.sub(rf"{names}|浏览器测试机构|质量工程师（中级）公共科目考试", "", page.locator("main").inner_text())
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], f"Chinese on {path}"
        assert_sound(page)
        page.context.close()


def test_decided_by_keys_alone_and_then_appealed(hall: Served, visit: Visit) -> None:
    page = come(hall, visit, "proctor", "/proctoring/review")
    expect(page.locator("[data-incident]")).to_have_count(3)
    loaded = (
        "() => [...document.querySelectorAll('.strip img')].slice(0, 4).every(e => e.complete && e.naturalWidth > 0)"
    )
    page.wait_for_function(loaded)
    assert_sound(page)

    # The first: no problem, and the next one has the focus.
    page.keyboard.press("j")
    expect(card(page, 0)).to_be_focused()
    page.keyboard.press("d")
    expect(card(page, 0)).to_have_attribute("data-state", "dismissed")
    expect(card(page, 1)).to_be_focused()
    # Taken back, decided again.
    page.keyboard.press("k")
    page.keyboard.press("u")
    expect(card(page, 0)).to_have_attribute("data-state", "open")
    page.keyboard.press("k")
    page.keyboard.press("d")
    expect(card(page, 0)).to_have_attribute("data-state", "dismissed")
    # A confirmation asks for its reason first.
    page.keyboard.press("c")
    expect(card(page, 1).locator("[data-note]")).to_be_focused()
    expect(card(page, 1).locator("[data-say]")).to_contain_text("要写明理由")
    page.keyboard.type("身旁有人递纸条")
    page.keyboard.press("Enter")
    expect(card(page, 1)).to_have_attribute("data-state", "confirmed")
    # Several at a time.
    page.keyboard.press("x")
    expect(page.locator("[data-chosen]")).to_have_text("已选 1 段")
    page.locator("#several-note").fill("看不清")
    page.locator("#several").get_by_role("button", name="转交考试办公室").click()
    expect(card(page, 2)).to_have_attribute("data-state", "sent-on")
    assert_sound(page)
    assert page.complaints == []  # type: ignore[attr-defined]
    page.reload()
    expect(page.locator("main")).to_contain_text("没有等待判定的考试")
    expect(page.locator("main")).to_contain_text("另有 1 段已转交")
    _appealed(hall, visit)


def _appealed(hall: Served, visit: Visit) -> None:
    """The candidate sees what was confirmed, without scores, and appeals; the exam office upholds."""
    sitting = hall.candidates["over"][0].sitting_id
    mine = come(hall, visit, "over", f"/sittings/{sitting}")
    mine.get_by_role("link", name="查看监考提示、写说明或申诉").click()
    expect(mine.locator(".incident")).to_have_count(2)
    expect(mine.locator("main")).to_contain_text("身旁有人递纸条")
    expect(mine.locator("main")).not_to_contain_text("yunet")
    mine.wait_for_function(
        "() => [...document.querySelectorAll('.strip img')].slice(0, 2).every(e => e.naturalWidth > 0)"
    )
    assert_sound(mine)
    mine.get_by_label("申诉内容").fill("那是我的准考证")
    mine.get_by_role("button", name="提交申诉").click()
    expect(mine.locator("main")).to_contain_text("处理中")

    page = come(hall, visit, "office", "/proctoring/appeals")
    page.get_by_role("link", name=hall.candidates["over"][0].name).click()
    expect(page.locator("blockquote")).to_have_text("那是我的准考证")
    page.get_by_role("button", name="答复申诉").click()
    page.get_by_label("成立", exact=True).check()
    page.get_by_label("答复", exact=True).fill("核对后成立")
    assert_sound(page)
    page.get_by_role("button", name="答复申诉").click()
    expect(page.locator("h1")).to_contain_text("成立")
    mine.reload()
    expect(mine.locator("main")).to_contain_text("核对后成立")
    expect(mine.locator(".incident").last).to_contain_text("已看过，没有问题")


def test_a_comment_while_writing(hall: Served, visit: Visit) -> None:
    candidate = hall.candidates["writing"][0]
    page = come(hall, visit, "writing", f"/sittings/{candidate.sitting_id}", width=360)
    page.locator("#read").check()
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("#answers")).not_to_have_attribute("disabled", "", timeout=10_000)
    page.locator("#comment-open").click()
    expect(page.locator("#comment-text")).to_be_focused()
    page.keyboard.type("停电了")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-comment-say]")).to_have_text("已发送。")
    expect(page.locator("[data-comment-list]")).to_contain_text("停电了")
    page.locator("#comment-dialog summary").click()
    expect(page.locator("[data-incident-list]")).to_contain_text("还没有提示")
    assert_sound(page)
    page.keyboard.press("Escape")
    expect(page.locator("#comment-open")).to_be_focused()
    assert page.complaints == []  # type: ignore[attr-defined]
    # The line is down: the words stay in their field.
    page.locator("#comment-open").click()
    page.route("**/comments", lambda route: route.abort())
    page.locator("#comment-text").fill("又停电了")
    page.locator("#comment-form [type=submit]").click()
    expect(page.locator("[data-comment-say]")).to_contain_text("没有发送")
    expect(page.locator("#comment-text")).to_have_value("又停电了")
