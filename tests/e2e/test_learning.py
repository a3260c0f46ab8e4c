"""A course in the browser: real films, quizzes that pop up, time that the server judges."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Visit, assert_sound
from e2e.learning_site import RIGHT, Learner, School, school  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Playing = Callable[..., Page]


@pytest.fixture
def playing(visit: Visit, school: School) -> Playing:  # noqa: F811
    """`playing(learner)` → the player, started."""

    def play(learner: Learner, *, start: bool = True, **how: Any) -> Page:
        page = visit(school.served, learner.candidate, f"/learn/{learner.selection_id}/play", **how)
        expect(page.locator("#status")).not_to_have_attribute("data-state", "opening")
        if start:
            page.click("#start")
        return page

    return play


def seconds(page: Page, where: str = "#counted") -> int:
    minutes, rest = page.inner_text(where).split(":")
    return int(minutes) * 60 + int(rest)


def asked(page: Page) -> None:
    """The quiz covers the page."""
    expect(page.locator("dialog#quiz")).to_be_visible(timeout=30_000)
    expect(page.locator("#quiz-left")).not_to_be_empty()


def answer(page: Page, right: bool) -> list[str]:
    """Answer every question, and hand in; the questions that were asked."""
    questions = page.locator("#quiz-items .question")
    stems = []
    for n in range(questions.count()):
        question = questions.nth(n)
        stems.append(question.locator(".stem").inner_text())
        if question.locator("input[data-field=value]").count():
            question.locator(f"input[value={'true' if right else 'false'}]").check()
        else:
            option = question.locator(".option").filter(**({"has_text": RIGHT} if right else {"has_not_text": RIGHT}))
            option.first.locator("input").check()
    page.click("#quiz-send")
    return stems


def test_a_course_from_its_first_minute_to_its_hours(playing: Playing, visit: Visit, school: School) -> None:  # noqa: F811
    learner = school.learner("two")
    page = visit(school.served, learner.candidate, "/my/courses")
    page.get_by_role("link", name="开始学习 课程 two").click()
    assert_sound(page)
    page.locator("main a.button").click()
    expect(page.locator("#status")).to_have_attribute("data-state", "off")
    assert_sound(page)
    page.click("#start")
    expect(page.locator("#status")).to_contain_text("正在计时")
    asked(page)
    assert_sound(page)
    assert page.evaluate("document.getElementById('film').paused")
    answer(page, True)
    expect(page.locator("#quiz-message")).to_contain_text("通过")
    page.click("#quiz-send")
    expect(page.locator("#next-chapter")).to_be_visible(timeout=20_000)
    assert 7 <= seconds(page) <= 12
    page.click("#next-chapter")
    page.click("#start")
    page.wait_for_url("**/exercise", timeout=30_000)
    assert_sound(page)
    questions = page.locator(".exercise .question")
    for n in range(questions.count()):
        question = questions.nth(n)
        value = question.locator("input[value=true]")
        (value if value.count() else question.locator(".option").filter(has_text=RIGHT).locator("input")).check()
    page.get_by_role("button", name="交卷").click()
    page.get_by_role("link", name="看课程结果").click()
    expect(page.locator("main")).to_contain_text("1 学时已经入账")
    assert_sound(page)
    posted = school.rows("SELECT hours FROM hour_entry WHERE person_id = ?", learner.candidate.person_id)
    assert len(posted) == 1


def test_a_failed_quiz_begins_the_course_anew_with_other_questions(playing: Playing, school: School) -> None:  # noqa: F811
    learner = school.learner("quick")
    page = playing(learner)
    asked(page)
    first = answer(page, False)
    expect(page.locator("#quiz-message")).to_contain_text("没有通过：答对 0 题")
    page.click("#quiz-send")
    expect(page.get_by_role("heading", name="这一轮学习已经清零，请从头再学")).to_be_visible()
    expect(page.locator("main")).to_contain_text("建议重看：第 1 章")
    expect(page.locator("main")).to_contain_text("已计的学习时间")
    assert_sound(page)
    page.locator("main a.button", has_text="开始学习").click()
    expect(page.locator("#status")).not_to_have_attribute("data-state", "opening")
    assert (seconds(page), seconds(page, "#time")) == (0, 0)
    page.click("#start")
    asked(page)
    assert not set(first) & set(answer(page, True))
    expect(page.locator("#quiz-message")).to_contain_text("通过")
    runs = school.rows("SELECT state FROM learning_run WHERE selection_id = ? ORDER BY number", learner.selection_id)
    assert runs == [("reset",), ("learning",)]


def test_a_quiz_that_nobody_answers(playing: Playing, school: School) -> None:  # noqa: F811
    page = playing(school.learner("quick"), locale="en")
    asked(page)
    expect(page.locator("#quiz-message")).to_contain_text("Not answered in time", timeout=20_000)
    page.click("#quiz-send")
    expect(page.locator("main")).to_contain_text("was not answered in time")


def test_a_line_that_drops_in_the_middle_of_a_quiz(playing: Playing, school: School) -> None:  # noqa: F811
    learner = school.learner("quick")
    page = playing(learner)
    asked(page)
    stems = page.locator("#quiz-items .stem").all_inner_texts()
    time.sleep(1)
    page.context.set_offline(True)
    time.sleep(23)  # longer than the quiz gives, and long enough to have been away
    page.context.set_offline(False)
    expect(page.locator("#quiz-about")).to_contain_text("已经离开 1 次", timeout=15_000)
    expect(page.locator("#quiz-left")).not_to_contain_text("0:00")
    minutes, rest = page.inner_text("#quiz-left").removeprefix("还有 ").split(":")
    assert 20 <= int(minutes) * 60 + int(rest) <= 30
    assert page.locator("#quiz-items .stem").all_inner_texts() == stems
    answer(page, True)
    expect(page.locator("#quiz-message")).to_contain_text("通过")


def test_the_same_quiz_waits_on_another_computer(playing: Playing, visit: Visit, school: School) -> None:  # noqa: F811
    learner = school.learner("two")
    page = playing(learner)
    asked(page)
    stems = page.locator("#quiz-items .stem").all_inner_texts()
    page.close()
    other = playing(learner, start=False)
    asked(other)
    assert other.locator("#quiz-items .stem").all_inner_texts() == stems
    answer(other, True)
    expect(other.locator("#quiz-message")).to_contain_text("通过")


def test_a_page_that_is_not_in_front_counts_nothing(playing: Playing, school: School) -> None:  # noqa: F811
    page = playing(school.learner("plain"))
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    expect(page.locator("#status")).to_contain_text("正在计时")
    front = page.context.new_page()
    front.goto("about:blank")
    front.bring_to_front()
    page.wait_for_function("document.getElementById('film').paused")
    at = page.evaluate("document.getElementById('film').currentTime")
    time.sleep(4)
    assert page.evaluate("document.getElementById('film').currentTime") == at
    before = seconds(page)
    page.bring_to_front()
    page.wait_for_function("!document.getElementById('film').paused")
    expect(page.locator("#status")).to_contain_text("正在计时")
    assert seconds(page) <= before + 1


def test_two_courses_at_once_and_two_pages_of_one(playing: Playing, school: School) -> None:  # noqa: F811
    learner, two = school.learners["both"]
    page = playing(learner)
    expect(page.locator("#status")).to_contain_text("正在计时")
    other = page.context.new_page()
    other.goto(f"{school.served.address}/learn/{two.selection_id}/play")
    other.click("#start")
    expect(other.locator("#status")).to_contain_text("您同时打开了别的课程", timeout=15_000)
    expect(page.locator("#status")).to_contain_text("您同时打开了别的课程", timeout=15_000)
    other.close(run_before_unload=False)
    again = page.context.new_page()
    again.goto(f"{school.served.address}/learn/{learner.selection_id}/play")
    again.click("#start")
    expect(page.locator("#status")).to_contain_text("在另一个页面打开了", timeout=15_000)
    page.get_by_role("button", name="在这里继续").click()
    expect(page.locator("#take-over")).to_be_hidden(timeout=15_000)


def test_what_was_not_watched_cannot_be_skipped(playing: Playing, school: School) -> None:  # noqa: F811
    learner = school.learner("plain")
    page = playing(learner)
    page.evaluate("document.getElementById('film').currentTime = 8")
    time.sleep(1.5)
    assert page.evaluate("document.getElementById('film').currentTime") < 5
    page.keyboard.press("k")
    expect(page.locator("#toggle")).to_contain_text("播放")
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")


def test_a_package_runs_in_its_sandbox_and_resumes(playing: Playing, school: School) -> None:  # noqa: F811
    learner = school.learner("package")
    page = playing(learner)
    lesson = page.frame_locator("#package iframe")
    expect(lesson.locator("#who")).to_have_text(f"{learner.candidate.name}|")
    expect(lesson.locator("#reach")).to_have_text("closed")
    assert_sound(page)
    page.reload()
    page.click("#start")
    expect(lesson.locator("#who")).to_have_text(f"{learner.candidate.name}|page-2", timeout=15_000)
    lesson.locator("#done").click()
    page.wait_for_url(f"**/learn/{learner.selection_id}", timeout=30_000)
    expect(page.locator("main")).to_contain_text("这门课已经学完")


@pytest.mark.parametrize(("width", "scheme", "locale"), [(360, "dark", "zh"), (360, "light", "en")])
def test_the_player_on_a_phone(playing: Playing, school: School, width: int, scheme: str, locale: str) -> None:  # noqa: F811
    page = playing(school.learner("two"), width=width, height=740, scheme=scheme, locale=locale)
    assert_sound(page)
    asked(page)
    assert_sound(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog#quiz")).to_be_visible()


def test_slides_are_turned_when_their_time_is_over(playing: Playing, school: School) -> None:  # noqa: F811
    page = playing(school.learner("slides"))
    expect(page.get_by_alt_text("图 1")).to_be_visible()
    expect(page.locator("#slide-next")).to_be_disabled()
    asked(page)
    answer(page, True)
    page.click("#quiz-send")
    expect(page.locator("#status")).to_contain_text("请翻到下一页")
    assert_sound(page)
    page.click("#slide-next")
    expect(page.get_by_alt_text("图 2")).to_be_visible()
    page.wait_for_url("**/learn/*", timeout=30_000)
    expect(page.locator("main")).to_contain_text("这门课已经学完")
