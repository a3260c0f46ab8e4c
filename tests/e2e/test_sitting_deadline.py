"""The end of the time: a window that closes in less than a minute, on the server's clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from e2e.conftest import Served, Visit, assert_sound, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from e2e.sitting import on_the_server, opened, option, seconds_left, start

pytestmark = pytest.mark.browser
CLOSES = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)  # the end of the 10th in Shanghai
SECONDS = 45


def _late(site: Site) -> dict[str, list[Candidate]]:
    exam_id = site.exam(site.paper(EACH_KIND), scheme="changzhou")
    window = (CLOSES - timedelta(days=6), CLOSES)
    return {"late": [site.candidate(exam_id, window=window) for _ in range(2)]}


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site whose clock stands less than a minute before the window's end."""
    offset = int((CLOSES - timedelta(seconds=SECONDS) - datetime.now(UTC)).total_seconds())
    with serving(tmp_path_factory.mktemp("late"), _late, offset) as served:
        yield served


def test_the_server_ends_the_sitting_with_what_was_saved(late: Served, visit: Visit) -> None:
    there, gone = late.candidate("late"), late.candidate("late")
    page, away = visit(late, there), visit(late, gone)
    expect(page.locator("main .notice.warning")).to_contain_text("您只有")
    expect(page.locator("main")).to_contain_text("2026-11-11 00:00")
    assert_sound(page)
    for each in (page, away):
        start(each)
        assert 0 < seconds_left(each) < SECONDS
        option(each, 1, "持续改进").check()
    opened(away)
    away.close()  # the browser is not there when the time is up; the server is
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-clock]")).to_have_text("00:02", timeout=70_000)
    option(page, 2, "质量培训").check()  # two seconds before the end
    expect(page.get_by_role("heading", level=1)).to_have_text("已交卷", timeout=20_000)
    expect(page.locator("main .notice")).to_contain_text("服务器已自动交卷")
    assert_sound(page)
    assert on_the_server(late, there) == {1: {"choice": "k3f9a1"}, 2: {"choices": ["e7"]}}
    page = visit(late, gone)
    expect(page.get_by_role("heading", level=1)).to_have_text("已交卷")
    assert on_the_server(late, gone) == {1: {"choice": "k3f9a1"}}
