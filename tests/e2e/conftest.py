"""The real application in a process of its own, on a free port with a fresh data folder, and Debian's Chromium."""

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from sqlmodel import SQLModel

import exam.tables  # noqa: F401
from e2e.seeding import EACH_KIND, LONG, Candidate, Site
from exam.accounts.access import SESSION_COOKIE
from exam.core.db import Database
from exam.settings import Settings

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
START_SECONDS = 40.0
SECRET = "browser-tests-" + "x" * 40


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium (or the one named by CHROMIUM); without either Playwright's own."""
    found = {"executable_path": CHROMIUM} if Path(CHROMIUM).exists() else {}
    return {**found, "args": FLAGS.split()}


@dataclass
class Served:
    """A running site. `candidates` are those of the seeding, by group."""

    address: str
    candidates: dict[str, list[Candidate]]
    database: Path
    run: Callable[[], "subprocess.Popen[bytes]"]
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End the server as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=20)

    def start_again(self) -> None:
        """Start it on the same data and port."""
        self.process = self.run()

    def candidate(self, group: str = "each-kind") -> Candidate:
        """A candidate whom no other test uses."""
        return self.candidates[group].pop()

    def saved(self, sitting_id: int) -> dict[int, Any]:
        """The newest saved answer of each slot, read from the server's log without writing."""
        wanted = "SELECT slot, body FROM sitting_event WHERE sitting_id = ? AND slot > 0 ORDER BY slot, revision"
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return {slot: json.loads(body) for slot, body in connection.execute(wanted, (sitting_id,))}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(folder: Path, seed: Callable[[Site], dict[str, list[Candidate]]], offset: int = 0) -> Iterator[Served]:
    """Serve what `seed` makes, the server's clock shifted by `offset` seconds."""
    settings = Settings(data_dir=folder, secret_key=SECRET, clock_offset_seconds=offset)  # type: ignore[arg-type]
    database = Database(settings.effective_database_url)
    SQLModel.metadata.create_all(database.write_engine)
    with database.transaction() as db:
        site = Site(db, datetime.now(UTC) + timedelta(seconds=offset))
        site.open()
        candidates = seed(site)
    database.close()
    port = free_port()
    own = {"EXAM_DATA_DIR": str(folder), "EXAM_SECRET_KEY": SECRET, "EXAM_CLOCK_OFFSET_SECONDS": str(offset)}
    own["EXAM_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(port)]
    address = f"http://127.0.0.1:{port}"

    def run() -> "subprocess.Popen[bytes]":
        with (folder / "server.log").open("ab") as log:
            process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
        _wait_for(f"{address}/sign-in", process, folder / "server.log")
        return process

    served = Served(address, candidates, folder / "exam.sqlite3", run, run())
    try:
        yield served
    finally:
        served.process.terminate()
        served.process.wait(timeout=20)


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    process.kill()
    process.wait()
    raise AssertionError(f"the server did not start: {log.read_text()}")


def _everybody(site: Site) -> dict[str, list[Candidate]]:
    short = site.exam(site.paper(EACH_KIND))
    long = site.exam(site.paper(LONG, shuffle=True), minutes=90)
    today = site.now.replace(hour=0, minute=0, second=0, microsecond=0)
    closed = (today + timedelta(days=40), today + timedelta(days=46))
    window = site.exam(site.paper(EACH_KIND), scheme="changzhou")
    return {
        "each-kind": [site.candidate(short) for _ in range(30)],
        "long": [site.candidate(long) for _ in range(4)],
        "password": [site.candidate(short, password=True) for _ in range(3)],
        "extra": [site.candidate(short, extra_minutes=20)],
        "closed": [site.candidate(window, window=closed)],
    }


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site that most browser tests share, each with candidates of its own."""
    with serving(tmp_path_factory.mktemp("site"), _everybody) as served:
        yield served


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """`visit(served, candidate, path, width=…, height=…, scheme=…, locale=…)` → the page, with `complaints` on it."""
    contexts: list[BrowserContext] = []

    def open_page(
        served: Served,
        candidate: Candidate,
        path: str | None = None,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: Any = "light",
        locale: str = "zh",
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            reduced_motion="reduce", viewport={"width": width, "height": height}, color_scheme=scheme, **more
        )
        contexts.append(context)
        cookies = {SESSION_COOKIE: candidate.token, "lang": locale}
        context.add_cookies([{"name": name, "value": value, "url": served.address} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(served.address + (path or f"/sittings/{candidate.sitting_id}"))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Colours are measured as they are, not on their way from one to another."""
    return {**browser_context_args, "reduced_motion": "reduce"}


def assert_sound(page: Page) -> None:
    """Nothing scrolls sideways, and axe finds nothing."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"scrolls sideways by {wider} px"
    found = Axe().run(page, options=AXE).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
