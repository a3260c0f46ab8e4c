"""A proctor and a candidate, each in a browser of their own: the wall, one sitting, and everything a proctor does."""

import contextlib
import re
import sqlite3
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
from exam.proctor.detectors import DETECTORS
from exam.proctor.models import Frame, Proctored, ProctoringPolicy
from exam.proctor.models_incidents import Incident
from exam.scheduling.models import Booking
from exam.sessions import ledger
from exam.sessions.instants import SECOND, micros
from exam.sessions.models import Sitting
from exam.sessions.states import Event

pytestmark = pytest.mark.browser
CROWD = 190
FRAMES = 12


def _policy(site: Site, exam_id: int, by: int, level: str) -> None:
    detectors = sorted(key for key, row in DETECTORS.items() if level in row.levels)
    common: dict[str, Any] = {"institution_id": site.institution_id, "changed_at": site.now, "changed_by": by}
    site.db.add(
        ProctoringPolicy(
            exam_id=exam_id, level=level, detectors=detectors, interval_seconds=30, room_size=100, **common
        )
    )
    site.db.flush()


def _staff(site: Site, role: Role, name: str) -> Candidate:
    person_id = site.add(Person(name=name, username=f"e2e-{role}", state="active", created_at=site.now))
    grant = {"person_id": person_id, "institution_id": site.institution_id, "role": role, "granted_at": site.now}
    site.db.add(RoleGrant(**grant))
    return Candidate(person_id, name, 0, site._signed_in(person_id))


def _face(seed: int, shift: int = 0) -> bytes:
    """Somebody drawn with a few strokes."""
    rng = np.random.default_rng(seed)
    pixels = np.full((480, 640, 3), rng.integers(120, 220, 3).tolist(), dtype=np.uint8)
    skin = (150 + int(rng.integers(0, 60)), 180, 220)
    cv2.ellipse(pixels, (320 + shift, 240), (90, 120), 0, 0, 360, skin, -1)
    cv2.rectangle(pixels, (200 + shift, 370), (440 + shift, 480), rng.integers(30, 120, 3).tolist(), -1)
    for x in (285, 355):
        cv2.circle(pixels, (x + shift, 220), 9, (40, 40, 40), -1)
    cv2.ellipse(pixels, (320 + shift, 295), (35, 12), 0, 0, 180, (60, 60, 150), 4)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


def _begun(site: Site, sitting_id: int) -> Sitting:
    """A sitting under way whose page nobody opened here."""
    db = site.db
    sitting = db.get_one(Sitting, sitting_id)
    terms.watch(db, sitting, site.now)
    booking = db.get_one(Booking, sitting.booking_id)
    booking.state = "started"
    batch = ledger.open_heads(db, {}, [sitting_id])
    live = batch.lives[sitting_id]
    live.started = micros(site.now)
    live.deadline = live.started + live.duration * SECOND
    ledger.apply(batch, live, Event.START, live.started, {"deadline": live.deadline})
    ledger.flush(batch)
    db.expire(sitting)
    return sitting


def _seen(site: Site, store: ObjectStore, sitting_id: int, count: int) -> None:
    row = site.db.get_one(Proctored, sitting_id)
    for number in range(1, count + 1):
        digest = store.put(_face(sitting_id % 7, number * 3 if count > 1 else sitting_id % 5))
        at = micros(site.now) + number * 5 * SECOND
        seen = {"faces": "one"}
        site.db.add(Frame(sitting_id=sitting_id, number=number, at=at, picture=digest, size=1, observation=seen))
    row.frame_number, row.frame_at, row.heard_at = count, site.now, site.now
    site.db.add(row)


def _noticed(site: Site, sitting_id: int, kind: str, severity: int, ended: bool, **more: Any) -> None:
    began = site.now - timedelta(seconds=30)
    common: dict[str, Any] = {"institution_id": site.institution_id, "sitting_id": sitting_id}
    ends = site.now - timedelta(seconds=5) if ended else None
    when: dict[str, Any] = {"began_at": began, "ended_at": ends, "noted_at": site.now}
    row = Incident(**common, **when, kind=kind, severity=severity, origin="camera", **more)
    site.db.add(row)


def _hall(folder: Path) -> Any:
    store = ObjectStore(folder / "private")

    def seed(site: Site) -> dict[str, list[Candidate]]:
        proctor = _staff(site, Role.PROCTOR, "唐老师")
        small, crowd = site.exam(site.paper(EACH_KIND)), site.exam(site.paper(EACH_KIND))
        _policy(site, small, proctor.person_id, "focus")
        _policy(site, crowd, proctor.person_id, "camera")
        people = [site.candidate(small) for _ in range(4)]
        watched = [site.candidate(crowd) for _ in range(CROWD)]
        for number, candidate in enumerate(watched):
            _begun(site, candidate.sitting_id)
            _seen(site, store, candidate.sitting_id, FRAMES if number == 0 else 1)
            if number < 10:
                _noticed(site, candidate.sitting_id, "several-faces", 3, ended=False, reason={"hits": 3, "of": 4})
            elif number < 22:
                _noticed(site, candidate.sitting_id, "away", 1, ended=True, reason={"hits": 4, "of": 6})
        scores = {"score": [0.71, 0.93], "count": [2, 2]}
        first = {"first_frame": 4, "last_frame": 7, "scores": scores, "detector": "yunet-320/1"}
        _noticed(site, watched[0].sitting_id, "covered", 3, ended=True, reason={"hits": 3, "of": 4}, **first)
        return {"small": people, "crowd": watched, "proctor": [proctor], "exams": [Candidate(0, "", crowd, "")]}

    return seed


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two watched exams: a small one by focus, and a crowd with cameras of whom some were noticed."""
    folder = tmp_path_factory.mktemp("wall")
    with serving(folder, _hall(folder)) as served:
        yield served


def come(hall: Served, visit: Visit, path: str = "/proctoring", **more: Any) -> Page:
    """The proctor's browser, which notes what it complains of."""
    page = visit(hall, hall.candidates["proctor"][0], "/sign-in", **more)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: said.type in ("error", "warning") and page.complaints.append(said.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    page.goto(hall.address + path)
    return page


def begin(hall: Served, visit: Visit) -> tuple[Candidate, Page]:
    """A candidate who writes the small exam."""
    candidate = hall.candidate("small")
    page = visit(hall, candidate)
    page.locator("#read").check()
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("#answers")).not_to_have_attribute("disabled", "", timeout=10_000)
    return candidate, page


def tile(page: Page, candidate: Candidate) -> Any:
    return page.locator(f"[data-tile='{candidate.sitting_id}']")


def deadline(hall: Served, candidate: Candidate) -> str:
    with contextlib.closing(sqlite3.connect(f"file:{hall.database}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT deadline FROM sitting WHERE id = ?", (candidate.sitting_id,)).fetchone()
    return str(found[0])


def test_a_proctor_and_a_candidate(hall: Served, visit: Visit) -> None:
    page = come(hall, visit)
    candidate, paper = begin(hall, visit)
    mine = tile(page, candidate)
    expect(mine).to_be_visible(timeout=15_000)  # the wall took in who has just begun
    expect(mine).to_contain_text("只看页面焦点，没有画面")
    expect(page.locator("[data-live]")).to_contain_text("自动更新中")

    # A message from the tile's menu: read by the candidate, which the wall tells.
    mine.locator("summary").click()
    mine.get_by_role("link", name="发消息").click()
    dialog = page.locator("#deed-dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="发消息").click()
    expect(dialog.locator(".field-error")).to_be_visible()  # nothing said yet
    dialog.get_by_label("自己写").fill("请把窗户关上")
    dialog.get_by_role("button", name="发消息").click()
    expect(dialog.locator("[role=status]")).to_contain_text("消息已发出")
    assert_sound(page)
    dialog.get_by_role("link", name="完成").click()
    expect(dialog).to_be_hidden()
    expect(mine).to_contain_text("1 条消息未读")
    expect(paper.locator("#message-dialog")).to_contain_text("请把窗户关上", timeout=15_000)
    paper.locator("[data-message=read]").click()
    expect(mine).not_to_contain_text("未读", timeout=10_000)

    # Pause: no question can be seen and the time stands still; going on gives the time back.
    page.goto(f"{hall.address}/proctoring/sittings/{candidate.sitting_id}")
    page.get_by_role("link", name="暂停考试").click()
    dialog.get_by_label("设备故障，正在处理。").check()
    dialog.get_by_role("button", name="暂停考试").click()
    expect(dialog.locator("[role=status]")).to_contain_text("考试已暂停")
    expect(paper.locator("#pause-dialog")).to_be_visible(timeout=15_000)
    expect(paper.locator("#pause-dialog")).to_contain_text("设备故障")
    expect(paper.locator("#q-1")).to_be_hidden()
    before = deadline(hall, candidate)
    dialog.get_by_role("button", name="恢复考试").click()
    expect(dialog.locator("[role=status]")).to_contain_text("已补回")
    dialog.get_by_role("link", name="完成").click()
    expect(paper.locator("#pause-dialog")).to_be_hidden(timeout=15_000)
    assert deadline(hall, candidate) > before

    # Extra time, and taking it back.
    page.get_by_role("link", name="加时", exact=True).click()
    dialog.get_by_label("加时分钟数").fill("10")
    dialog.get_by_label("设备故障，补回处理的时间。").check()
    before = deadline(hall, candidate)
    dialog.get_by_role("button", name="加时").click()
    expect(dialog.locator("[role=status]")).to_contain_text("已加时")
    assert deadline(hall, candidate) > before
    dialog.get_by_role("button", name="收回刚才的加时").click()
    expect(dialog.locator("[role=status]")).to_contain_text("加时已收回")
    assert deadline(hall, candidate) == before
    dialog.get_by_role("link", name="完成").click()

    # What was seen by eye, then the end, asked twice.
    expect(page.get_by_role("heading", name="消息和说明")).to_be_visible()
    page.get_by_role("link", name="记录情况").click()
    dialog.get_by_label("具体情况").fill("桌上有手机")
    dialog.get_by_role("button", name="记录情况").click()
    dialog.get_by_role("link", name="完成").click()
    expect(page.locator("ol.incidents")).to_contain_text("监考人员的记录：桌上有手机")
    assert_sound(page)
    page.get_by_role("link", name="结束考试").click()
    dialog.get_by_label("原因").select_option("asked")
    dialog.get_by_label("具体情况").fill("身体不适")
    dialog.get_by_role("button", name="下一步：确认").click()
    expect(dialog).to_contain_text("请再次确认")
    expect(paper.locator("#answers")).to_be_visible()
    dialog.get_by_role("button", name=re.compile("^结束 ")).click()
    expect(dialog.locator("[role=status]")).to_contain_text("考试已结束")
    expect(paper.locator("main")).to_contain_text("身体不适", timeout=20_000)
    assert [said for said in page.complaints if "422" not in said] == []  # type: ignore[attr-defined]


def test_two_hundred_tiles_and_only_a_few_in_front(hall: Served, visit: Visit) -> None:
    page = come(hall, visit)
    expect(page.locator("[data-first] > .tile")).to_have_count(8)
    expect(page.locator("[data-counts]")).to_contain_text("另有")
    expect(page.locator("[data-rest] > .tile").nth(CROWD - 9)).to_be_attached()
    expect(page.locator("[data-live]")).to_contain_text("自动更新中", timeout=10_000)
    loaded = "() => [...document.querySelectorAll('[data-first] img')].every(e => e.complete && e.naturalWidth > 0)"
    page.wait_for_function(loaded)
    places = page.eval_on_selector_all(".tile", "all => all.map(e => e.dataset.tile)")
    page.locator("[data-rest] .tile summary").first.focus()
    page.wait_for_timeout(5000)
    assert page.eval_on_selector_all(".tile", "all => all.map(e => e.dataset.tile)") == places, "nothing jumps"
    assert page.complaints == []  # type: ignore[attr-defined]
    assert_sound(page)


def test_by_keyboard_alone(hall: Served, visit: Visit) -> None:
    exam = hall.candidates["exams"][0].sitting_id
    page = come(hall, visit, f"/proctoring?exam={exam}&kind=covered")
    shown = page.locator(".tile")
    expect(shown).to_have_count(1)
    shown.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(shown.get_by_role("link", name="发消息")).to_be_visible()  # the menu opens a moment after the key
    page.keyboard.press("Tab")
    expect(shown.get_by_role("link", name="发消息")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#deed-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(shown.locator("summary")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(hall.candidates["crowd"][0].name)
    thumbs = page.locator("[data-thumbs] a")
    expect(thumbs).to_have_count(9)
    expect(page.locator("[data-thumbs] [aria-current]")).to_have_attribute("data-frame", str(FRAMES))
    thumbs.last.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-caption]")).to_contain_text(f"第 {FRAMES - 1} 帧")
    page.keyboard.press("Home")
    expect(page.locator("[data-thumbs] [aria-current]")).to_be_focused()
    page.get_by_role("link", name="看这一段的画面").click()
    expect(page.locator("[data-caption]")).to_contain_text("第 4 帧")
    assert page.complaints == []  # type: ignore[attr-defined]
    assert_sound(page)


def test_who_comes_while_the_tiles_hold_still_is_said(hall: Served, visit: Visit) -> None:
    page = come(hall, visit)
    expect(page.locator("[data-live]")).to_contain_text("自动更新中", timeout=10_000)
    first = page.locator("[data-first] > .tile")
    first.last.locator("summary").focus()
    newcomer = page.locator("[data-first] > .tile").first.get_attribute("data-tile")
    page.evaluate("document.querySelector('[data-rest]').prepend(document.querySelector('[data-first] > .tile'))")
    pending = page.locator("[data-pending]")
    expect(pending).to_be_visible(timeout=10_000)
    pending.get_by_role("button").click()
    expect(pending).to_be_hidden()
    expect(first.first).to_have_attribute("data-tile", str(newcomer))


@pytest.mark.parametrize("path", ["/proctoring", "one", "end"])
def test_in_english_on_a_narrow_screen(hall: Served, visit: Visit, path: str) -> None:
    sitting = f"/proctoring/sittings/{hall.candidates['crowd'][0].sitting_id}"
    where = {"one": sitting, "end": f"{sitting}/do/end"}.get(path, path)
    page = come(hall, visit, where, width=360, locale="en")
    expect(page.locator("h1")).to_be_attached()
    text = page.locator("main").inner_text()
    left = re.findall(r"[\u4e00-\u9fff]+", re.sub(r"李明\d+|浏览器测试机构|质量工程师（中级）公共科目考试", "", text))
    assert left == [], "Chinese on an English page"
    assert_sound(page)
