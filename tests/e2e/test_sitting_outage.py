"""The server dies in the middle of an exam and comes back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from e2e.conftest import Served, Visit, serving
from e2e.seeding import EACH_KIND, Candidate, Site
from e2e.sitting import on_the_server, option, saved, seconds_left, start

pytestmark = pytest.mark.browser


def _one(site: Site) -> dict[str, list[Candidate]]:
    return {"one": [site.candidate(site.exam(site.paper(EACH_KIND)))]}


@pytest.fixture
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site that this test may kill."""
    with serving(tmp_path_factory.mktemp("killed"), _one) as served:
        yield served


def test_a_killed_server_loses_nothing_and_gives_the_time_back(own_site: Served, visit: Visit) -> None:
    candidate = own_site.candidate("one")
    page = visit(own_site, candidate)
    start(page)
    option(page, 1, "持续改进").check()
    saved(page)
    acknowledged = on_the_server(own_site, candidate)
    own_site.kill()
    page.keyboard.press("ArrowRight")
    option(page, 2, "质量培训").check()
    expect(page.locator("#save")).to_contain_text("未保存，正在重试", timeout=10_000)
    page.wait_for_timeout(11_000)  # an outage is noticed from ten seconds on
    before = seconds_left(page)
    own_site.start_again()
    saved(page)
    expect(page.get_by_text("服务器曾中断")).to_be_visible(timeout=12_000)
    assert seconds_left(page) > before
    assert on_the_server(own_site, candidate) == {**acknowledged, 2: {"choices": ["e7"]}}
    page.reload()
    saved(page)
    expect(option(page, 2, "质量培训")).to_be_checked()
