"""The watch pages through the application: what proctors and the exam office see, do, and are told when it is wrong."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from exam.accounts.permissions import Role
from exam.sessions import ledger, requests, service
from exam.sessions.models import Sitting, SittingEvent
from exam.sessions.queries_log import Entry, fold
from exam.sessions.queries_watch import Filter, watched
from exam.sessions.states import PAGE_EVENT
from sessions.conftest import Hall, answer
from tests.conftest import Client, World

START = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)


def office(world: World, hall: Hall, role: Role = Role.REGISTRAR) -> Client:
    return world.client(world.person(hall.institution_id, role, name="钱老师"), hall.institution_id)


def text(page: str) -> str:
    """A page's words, one space between."""
    body = re.sub(r"<(script|template|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def entry(seq: int, kind: str, slot: int | None = None, **said: object) -> Entry:
    return Entry(seq, kind, START + timedelta(seconds=seq), slot, said)


def test_saves_in_a_row_are_told_as_one() -> None:
    newest_first = [
        entry(7, "page.hidden"),
        entry(6, "answer", 0),
        entry(5, "answer", 3),
        entry(4, "answer", 1),
        entry(3, "answer", 3),
        entry(2, "claimed", claim=1),
        entry(1, "answer", 2),
    ]
    told = fold(newest_first, {})
    assert [(each.kind, each.times, each.slots) for each in told] == [
        ("page.hidden", 1, ()),
        ("answer", 4, (1, 3)),
        ("claimed", 1, ()),
        ("answer", 1, (2,)),
    ]
    assert (told[1].at, told[1].until) == (START + timedelta(seconds=3), START + timedelta(seconds=6))


def test_whoever_did_it_is_named_and_the_deadline_is_nobody() -> None:
    told = fold([entry(2, "submitted", by="deadline"), entry(1, "adjusted", by=7)], {7: "钱老师"})
    assert [each.by for each in told] == [None, "钱老师"]


def test_nobody_yet(world: World, hall: Hall) -> None:
    page = office(world, hall).get("/sittings")
    assert page.status_code == 200
    assert "还没有考生" in page.text


def test_the_list_shows_each_candidate(world: World, hall: Hall) -> None:
    writing, waiting = hall.person("李明"), hall.person("王芳")
    sitting_id = hall.started(writing)
    hall.sync(sitting_id, writing, [answer(1, 1, None), answer(0, 1, {"current": 1})])
    hall.prepared(waiting)
    hall.clock.advance(timedelta(minutes=10))
    page = text(office(world, hall, Role.PROCTOR).get("/sittings").text)
    assert "李明 考试 进行中 2026-11-06 12:00 50:00 2026-11-06 12:00:00 0 / 7 1 –" in page
    assert "王芳 考试 未开始 – – – 0 / 7 0 –" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"李明", "王芳"}),
        ("?state=in-progress", {"李明"}),
        ("?state=prepared", {"王芳"}),
        ("?state=void", set()),
        ("?state=nonsense", {"李明", "王芳"}),
        ("?q=王", {"王芳"}),
        ("?q=%25", set()),
        ("?exam=999", set()),
    ],
)
def test_filters(world: World, hall: Hall, query: str, found: set[str]) -> None:
    hall.started(hall.person("李明"))
    hall.prepared(hall.person("王芳"))
    client = office(world, hall)
    page = client.get(f"/sittings{query}").text
    assert {name for name in ("李明", "王芳") if name in page} == found
    assert len(client.get(f"/sittings/live{query}").json()["rows"]) == len(found)


def test_the_live_answer_says_what_changes(world: World, hall: Hall) -> None:
    person = hall.person("李明")
    sitting_id = hall.started(person)
    other = hall.prepared(hall.person("王芳"))
    client = office(world, hall, Role.PROCTOR)
    told = client.get("/sittings/live").json()
    assert told["totals"] == {"prepared": 1, "in-progress": 1, "paused": 0, "submitted": 0, "void": 0}
    hall.clock.advance(timedelta(minutes=1))
    hall.sync(sitting_id, person, [answer(1, 1, None)])
    (row,) = client.get(f"/sittings/live?only={sitting_id}").json()["rows"]
    assert row["last_saved_at"] == int(hall.clock.now().timestamp() * 1000)
    assert (row["remaining_seconds"], row["claim"], row["added_seconds"]) == (59 * 60, 1, 0)
    assert set(row) == {
        *("id", "state", "remaining_seconds", "last_saved_at", "answered", "count", "deadline", "claim"),
        *("started_at", "locked"),
        "added_seconds",
    }
    assert client.get(f"/sittings/live?only={other}").json()["rows"][0]["deadline"] is None


def test_a_proctor_sees_no_forms_and_may_send_none(world: World, hall: Hall) -> None:
    sitting_id = hall.started(hall.person())
    client = office(world, hall, Role.PROCTOR)
    for path in (f"/sittings?exam={hall.exam_id}", f"/sittings/{sitting_id}/watch"):
        page = client.get(path)
        assert page.status_code == 200
        assert 'name="reason"' not in page.text
    form = {"minutes": "5", "reason": "停电"}
    assert client.post(f"/sittings/{sitting_id}/extra-time", data=form).status_code == 403
    assert client.post(f"/exams/{hall.exam_id}/extra-time", data=form).status_code == 403
    assert client.post(f"/sittings/{sitting_id}/void", data=form).status_code == 403


@pytest.mark.parametrize(
    ("minutes", "reason", "said"),
    [
        ("0", "停电", "要在 1 到 240 之间"),
        ("241", "停电", "要在 1 到 240 之间"),
        ("五", "停电", "要在 1 到 240 之间"),
        ("5", "  ", "缺少这一项"),
        ("5", "长" * 501, "太长，最多 500 个字符"),
    ],
)
def test_what_is_wrong_comes_back_beside_what_was_typed(
    world: World, hall: Hall, minutes: str, reason: str, said: str
) -> None:
    sitting_id = hall.started(hall.person("李明"))
    client = office(world, hall)
    for path in (f"/sittings/{sitting_id}/extra-time", f"/exams/{hall.exam_id}/extra-time"):
        page = client.post(path, data={"minutes": minutes, "reason": reason})
        assert page.status_code == 422
        assert said in page.text and "李明" in page.text
        assert f'value="{minutes}"' in page.text
        assert reason.strip() in page.text
        assert "<details open>" in page.text or 'no-print" open' in page.text
    with hall.database.reading() as db:
        sitting = db.get_one(Sitting, sitting_id)
    assert sitting.deadline == hall.clock.now() + timedelta(minutes=60)


def test_time_for_one(world: World, hall: Hall) -> None:
    sitting_id = hall.started(hall.person())
    client = office(world, hall)
    sent = client.post(f"/sittings/{sitting_id}/extra-time", data={"minutes": "15", "reason": "换机 <b>"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/sittings/{sitting_id}/watch")
    page = client.get(f"/sittings/{sitting_id}/watch").text
    assert "<b>" not in page
    assert "加时 15 分钟 换机 &lt;b&gt; 钱老师" in text(page)
    assert "加时 15 分钟，钱老师" in text(page)
    assert "截止时间 2026-11-06 13:15:00" in text(page)


def test_time_for_all_in_progress_of_one_exam(world: World, hall: Hall) -> None:
    running = [hall.started(hall.person()) for _ in range(3)]
    waiting = hall.prepared(hall.person())
    client = office(world, hall)
    sent = client.post(f"/exams/{hall.exam_id}/extra-time", data={"minutes": "10", "reason": "停电"})
    assert sent.headers["location"] == f"/sittings?exam={hall.exam_id}&added=3"
    assert "已给 3 名考生加时" in client.get(sent.headers["location"]).text
    rows = {row["id"]: row["added_seconds"] for row in client.get("/sittings/live").json()["rows"]}
    assert rows == {**dict.fromkeys(running, 600), waiting: 0}


def test_time_when_nobody_sits_is_refused_on_the_page(world: World, hall: Hall) -> None:
    sitting_id = hall.prepared(hall.person("李明"))
    client = office(world, hall)
    form = {"minutes": "10", "reason": "停电"}
    for path in (f"/exams/{hall.exam_id}/extra-time", f"/sittings/{sitting_id}/extra-time"):
        page = client.post(path, data=form)
        assert page.status_code == 409
        assert "没有正在进行的考试。" in page.text and "李明" in page.text


def test_voiding_asks_for_a_reason_and_is_told(world: World, hall: Hall) -> None:
    sitting_id = hall.started(hall.person())
    client = office(world, hall)
    refused = client.post(f"/sittings/{sitting_id}/void", data={"reason": ""})
    assert refused.status_code == 422
    assert 'href="#f-void-reason"' in refused.text and 'id="f-void-reason"' in refused.text
    assert client.post(f"/sittings/{sitting_id}/void", data={"reason": "设备故障"}).status_code == 303
    page = text(client.get(f"/sittings/{sitting_id}/watch").text)
    assert "这次考试已作废，不计成绩，也不占考试机会。" in page
    assert "这次考试被作废，钱老师：设备故障" in page
    assert "已作废的考试不能再处理。" in page


def test_voiding_what_has_not_begun_is_refused(world: World, hall: Hall) -> None:
    sitting_id = hall.prepared(hall.person())
    page = office(world, hall).post(f"/sittings/{sitting_id}/void", data={"reason": "设备故障"})
    assert page.status_code == 409
    assert "考试还没有开始。" in page.text


@pytest.mark.parametrize("path", ["watch", "extra-time", "void"])
def test_another_institution_finds_nothing(world: World, hall: Hall, path: str) -> None:
    sitting_id = hall.started(hall.person("李明"))
    client = world.signed_in(Role.REGISTRAR)
    address = f"/sittings/{sitting_id}/{path}"
    found = client.get(address) if path == "watch" else client.post(address, data={"minutes": "0", "reason": ""})
    assert found.status_code == 404
    assert "李明" not in client.get("/sittings").text + client.get("/sittings/live").text


EVENTS = ("hidden", "visible", "blur", "focus", "offline", "online", "reload", "opened", "taken-back", "odd")
IN_WORDS = {
    "zh": [
        *("试卷备好", "考生开始考试", "打开答卷", "答卷在新的页面打开（第 2 次），原来的页面不能再作答"),
        *("保存答案：第 1–3、5 题（4 次）", "页面被切到后台", "页面回到前台", "光标离开答卷窗口", "光标回到答卷窗口"),
        *("考生的电脑断网", "考生的电脑恢复联网", "答卷页面重新载入", "答卷页面载入", "考生选择在这个页面继续作答"),
        *("答卷页面报告：odd", "时间到，服务器交卷", "记录链完整"),
    ],
    "en": [
        *("Paper prepared", "The candidate started", "Paper opened", "Paper opened in a new page (time 2)"),
        *("Answers saved: question 1–3, 5 (4 saves)", "The page was hidden", "The page was shown again"),
        *("The window lost the focus", "The window has the focus again", "computer went offline", "is online again"),
        *("Page of the paper reloaded", "Page of the paper loaded", "chose to go on in this page"),
        *("The paper's page reports: odd", "Time was up; handed in by the server", "The record is whole"),
    ],
}


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_everything_that_happened_is_in_words(world: World, hall: Hall, locale: str) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.do(requests.Claim(sitting_id, person, hall.at(), "csrf", "zh"))
    events = [{"n": n, "kind": kind, "detail": {}} for n, kind in enumerate(EVENTS, 1)]
    answers = [answer(slot, 1, None) for slot in (1, 2, 3, 5)]
    assert hall.sync(sitting_id, person, answers, claim=2, events=events).status == 200
    hall.clock.advance(timedelta(minutes=61))
    with hall.database.transaction() as db:
        assert service.submit_due(db, hall.clock.now()) == 1
    client = office(world, hall, Role.PROCTOR)
    client.cookies.set("lang", locale)
    page = text(client.get(f"/sittings/{sitting_id}/watch").text).replace("&#39;", "'")
    assert [words for words in IN_WORDS[locale] if words not in page] == []
    assert re.findall(r"\bpage\.[a-z]|\bNone\b|adjustment\.|sitting\.", page) == []


def test_a_record_that_was_changed_is_told(world: World, hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    hall.sync(sitting_id, person, [answer(1, 1, None)])
    with hall.database.transaction() as db:
        link = db.get_one(SittingEvent, (sitting_id, 4))
        link.body = '{"value":true}'
        db.add(link)
    page = office(world, hall).get(f"/sittings/{sitting_id}/watch").text
    assert "记录链不完整：" in page and "第 4 条的内容被改动过。" in page


def test_long_records_are_cut_and_said_so(world: World, hall: Hall) -> None:
    person = hall.person()
    sitting_id = hall.started(person)
    with hall.database.transaction() as db:
        batch = ledger.open_heads(db, {}, [sitting_id])
        for _ in range(201):
            ledger.append(batch, batch.lives[sitting_id], f"{PAGE_EVENT}blur", hall.at(), "{}")
        ledger.flush(batch)
    page = office(world, hall).get(f"/sittings/{sitting_id}/watch").text
    assert page.count("<time ") == 200
    assert "更早的记录没有显示。" in page


def test_sittings_under_way_come_first_on_whatever_page(hall: Hall) -> None:
    running = [hall.started(hall.person(f"考{n}")) for n in range(3)]
    others = [hall.prepared(hall.person(f"未{n}")) for n in range(3)]
    expected = [*reversed(running), *reversed(others)]
    for limit in (1, 2, 3, 4, 10):
        seen: list[int] = []
        chosen = Filter(None, "", "")
        while len(seen) < len(expected):
            with hall.database.reading() as db:
                page = watched(db, hall.institution_id, chosen, hall.clock.now(), limit)
            seen += [row.id for row in page]
            chosen = Filter(None, "", "", after=page[-1].id, past=page[-1].state != "in-progress")
        assert seen == expected, limit
