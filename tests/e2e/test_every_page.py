"""Every page that somebody can reach by links, in Chinese."""

import pytest

from e2e.crawl import crawl
from e2e.demo_site import Enter, demo, enter  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_every_page_that_links_lead_to(enter: Enter) -> None:  # noqa: F811
    seen, wrong = crawl(enter, "zh")
    assert wrong == []
    assert len(seen) > 50
