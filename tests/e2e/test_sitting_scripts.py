"""The pure modules of the sitting page, run in Chromium as they are: queue, clock, calculator, waits."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from e2e.conftest import Served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def blank(browser: Browser, site: Served) -> Any:
    """A page of the site's origin, from which modules can be imported."""
    page = browser.new_page()
    page.goto(f"{site.address}/sign-in")
    yield page
    page.close()


def run(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """The value of `body`, a function's body with the module's exports as `m` and the argument as `a`."""
    script = f"async (a) => {{ const m = await import('/static/sessions/{module}.js'); {body} }}"
    return page.evaluate(script, argument)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("0.1+0.2", "0.3"),
        ("1-0.9", "0.1"),
        ("1/3", "0.333333333333"),
        ("2/3", "0.666666666667"),
        ("2*(3+4)/7+1", "3"),
        ("2(3+4)", "14"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^-2", "0.25"),
        ("2^3^2", "512"),
        ("10%", "0.1"),
        ("200*15%", "30"),
        ("√2", "1.41421356237"),
        ("√(9/16)", "0.75"),
        ("√0", "0"),
        ("3√4", "6"),
        ("1.005*1000", "1005"),
        ("999999999999+1", "1000000000000"),
        ("10^20", "1e+20"),
        ("1/10^8", "1e-8"),
        ("0.000001", "0.000001"),
        ("123456789012345", "123456789012000"),
        ("１２＋３", "15"),
        ("6×7÷2−1", "20"),
        ("（1＋2）×3", "9"),
        ("(1+2", "3"),
        ("Ans+1", "8"),
        ("1,234.5+0.5", "1235"),
        (".5+.5", "1"),
        ("--3", "3"),
        ("2.5/√25", "0.5"),
    ],
)
def test_calculator_is_exact(blank: Page, expression: str, shown: str) -> None:
    assert run(blank, "decimal", "return m.format(m.evaluate(a, {n: 7n, d: 1n}));", expression) == shown


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("1/0", "zero"),
        ("0^-1", "zero"),
        ("√-1", "syntax"),
        ("√(0-1)", "root"),
        ("1+", "syntax"),
        ("", "syntax"),
        ("2..3", "syntax"),
        ("alert(1)", "syntax"),
        ("constructor", "syntax"),
        ("9^999^9", "too-large"),
        ("2^0.5", "syntax"),
        ("1" * 201, "too-large"),
        ("(1+2))", "syntax"),
    ],
)
def test_calculator_says_what_is_wrong(blank: Page, expression: str, code: str) -> None:
    body = "try { return m.format(m.evaluate(a)); } catch (error) { return error.message; }"
    assert run(blank, "decimal", body, expression) == code


def test_only_the_newest_revision_of_a_slot_is_sent(blank: Page) -> None:
    body = """
      const queue = m.createQueue();
      queue.merge([]);
      queue.change(1, {text: "一"}, 10);
      queue.change(1, {text: "一二"}, 20);
      queue.change(2, {choice: "a"}, 15);
      return [queue.batch(), queue.change(2, {choice: "a"}, 30)];
    """
    batch, same = run(blank, "queue", body)
    assert batch == [
        {"slot": 2, "revision": 1, "response": {"choice": "a"}, "made": 15},
        {"slot": 1, "revision": 2, "response": {"text": "一二"}, "made": 20},
    ]
    assert same is None


def test_what_was_typed_during_a_save_still_waits(blank: Page) -> None:
    body = """
      const queue = m.createQueue();
      queue.merge([]);
      queue.change(1, {text: "a"}, 10);
      queue.batch();
      queue.change(1, {text: "ab"}, 20);
      queue.settle([{slot: 1, revision: 1, status: "saved", at: 15, receipt: "r"}]);
      const before = queue.pending().length;
      queue.settle([{slot: 1, revision: 2, status: "duplicate", at: 25, receipt: "r2"}]);
      return [before, queue.pending().length, queue.lastSaved(), queue.entry(1).receipt];
    """
    assert run(blank, "queue", body) == [1, 0, 25, "r2"]


@pytest.mark.parametrize(
    ("local", "server", "wins"),
    [
        # (revision grown from, changed at, contents sent), (revision, saved at, content)
        ((4, 100, []), None, True),
        ((4, 100, []), (4, 90, "x"), True),  # nobody wrote since
        ((4, 100, []), (5, 90, "elsewhere"), True),  # written elsewhere, but earlier
        ((4, 100, []), (5, 110, "elsewhere"), False),  # written elsewhere later
        ((4, 100, ["mine"]), (5, 110, "mine"), True),  # our own, whose acknowledgement got lost
    ],
)
def test_which_of_two_answers_counts(blank: Page, local: Any, server: Any, wins: bool) -> None:
    body = """
      const [[base, changedAt, sent], server] = a;
      const mine = {base, changedAt, sent: sent.map((text) => m.markOf(m.canonical({text})))};
      return m.localWins(mine, server && {revision: server[0], at: server[1], response: {text: server[2]}});
    """
    assert run(blank, "queue", body, [local, server]) is wins


def test_a_kept_answer_goes_on_above_the_servers_revision(blank: Page) -> None:
    body = """
      const queue = m.createQueue();
      const kept = (slot, revision, text, base, changedAt) =>
        ({slot, revision, response: {text}, base, sent: [], changedAt});
      const lost = queue.merge(
        [{slot: 1, revision: 7, response: {text: "server"}, at: 50, receipt: "r"},
         {slot: 2, revision: 3, response: {text: "server"}, at: 50, receipt: "r"},
         {slot: 3, revision: 3, response: {text: "same"}, at: 50, receipt: "r"}],
        [kept(1, 5, "later", 4, 60), kept(2, 9, "earlier", 2, 40),
         kept(3, 4, "same", 3, 60), kept(4, 1, "new", 0, 60)]);
      return [lost, queue.pending().map((one) => [one.slot, one.revision]).sort(), queue.entry(3).state];
    """
    assert run(blank, "queue", body) == [[2], [[1, 8], [4, 1]], "saved"]


def test_a_taken_revision_is_stepped_over(blank: Page) -> None:
    body = """
      const queue = m.createQueue();
      queue.merge([]);
      queue.change(1, {text: "a"}, 10);
      const tried = [];
      for (let round = 0; round < 4; round += 1) {
        const [{revision}] = queue.batch();
        tried.push(revision);
        queue.settle([{slot: 1, revision, status: "refused", code: "revision-conflict"}]);
      }
      queue.settle([{slot: 1, revision: queue.entry(1).revision, status: "refused", code: "response-too-large"}]);
      return [tried, queue.pending().length, queue.refused().map((one) => one.code)];
    """
    tried, pending, refused = run(blank, "queue", body)
    assert tried == sorted(set(tried))
    assert pending == 0
    assert refused == ["response-too-large"]


def test_batches_keep_the_servers_limits(blank: Page) -> None:
    body = """
      const queue = m.createQueue();
      queue.merge([]);
      for (let slot = 1; slot <= 150; slot += 1) queue.change(slot, {choice: "a"}, slot);
      const first = queue.batch().length;
      const large = m.createQueue();
      large.merge([]);
      for (let slot = 1; slot <= 9; slot += 1) large.change(slot, {text: "论".repeat(20000)}, slot);
      return [first, JSON.stringify(large.batch()).length < 256 * 1024, large.batch(100, 10).length];
    """
    assert run(blank, "queue", body) == [100, True, 1]


def test_clock_takes_the_sharpest_sample_and_notices_sleep(blank: Page) -> None:
    body = """
      let monotonic = 0;
      const clock = m.createClock(() => monotonic);
      const before = clock.now();
      clock.sample(1_000_000, 0, 1000);          // right to 500 ms
      const rough = clock.now();
      clock.sample(1_002_010, 2000, 2020);        // right to 10 ms
      monotonic = 2020;
      const sharp = clock.now();
      clock.sample(1_003_900, 3000, 4000);        // rougher, and in agreement: passed over
      monotonic = 4000;
      const kept = clock.now();
      clock.sample(1_604_500, 4000, 4600);        // ten minutes on: the computer slept
      monotonic = 4600;
      return [before, rough, sharp, kept, clock.now()];
    """
    assert run(blank, "clock", body) == [None, 999_500, 1_002_020, 1_004_000, 1_604_800]


@pytest.mark.parametrize(
    ("before", "after", "minutes"),
    [
        (30.01, 30, 30),
        (30, 29.99, None),
        (15.1, 14.9, 15),
        (16, 4, 5),  # the page slept: only the lowest mark is said
        (5.001, 5, 5),
        (1.01, 0.99, 1),
        (0.5, 0.4, None),
        (0.01, 0, None),
    ],
)
def test_marks_of_time_left(blank: Page, before: float, after: float, minutes: int | None) -> None:
    assert run(blank, "clock", "return m.markPassed(a[0] * 60000, a[1] * 60000);", [before, after]) == minutes


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "00:00"),
        (1, "00:01"),
        (1000, "00:01"),
        (1001, "00:02"),
        (3_599_001, "1:00:00"),
        (5_400_000, "1:30:00"),
        (-5, "00:00"),
    ],
)
def test_time_left_in_words(blank: Page, ms: int, text: str) -> None:
    assert run(blank, "clock", "return m.formatLeft(a);", ms) == text


def test_times_are_shown_in_beijing_whatever_the_computer_thinks(browser: Browser, site: Served) -> None:
    page = browser.new_page(timezone_id="America/New_York")
    page.goto(f"{site.address}/sign-in")
    assert run(page, "clock", "return m.formatTime(a);", 1_793_935_925_000) == "11:32:05"
    page.close()


@pytest.mark.parametrize(
    ("failures", "retry_after", "low", "high"),
    [(1, 0, 500, 1000), (3, 0, 2000, 4000), (9, 0, 2000, 4000), (1, 5000, 5000, 5000)],
)
def test_waits_after_failures(blank: Page, failures: int, retry_after: int, low: int, high: int) -> None:
    body = "return [m.backoff(a[0], a[1], () => 0), m.backoff(a[0], a[1], () => 1)];"
    assert run(blank, "sync", body, [failures, retry_after]) == [low, high]


def test_kept_answers_are_unreadable_without_the_key(blank: Page) -> None:
    body = """
      const key = btoa(String.fromCharCode(...new Uint8Array(32).fill(7)));
      const other = btoa(String.fromCharCode(...new Uint8Array(32).fill(8)));
      const entry = {slot: 3, revision: 2, response: {text: "绝密答案"}, base: 1, sent: [], changedAt: 5};
      const store = await m.openStore("unit", key);
      await store.put(entry);
      await store.put({...entry, slot: 4});
      await store.remove(4, 2);
      await store.remove(3, 1);                       // an older acknowledgement leaves the newer answer
      const again = await m.openStore("unit", key);
      const read = await again.kept();
      const raw = await new Promise((done) => {
        const request = indexedDB.open("exam-sitting");
        request.onsuccess = () => {
          const all = request.result.transaction("answers").objectStore("answers").getAll();
          all.onsuccess = () => done(all.result.map((row) => new TextDecoder().decode(row.data)).join());
        };
      });
      const stranger = await (await m.openStore("unit", other)).kept();
      const afterwards = await again.kept();
      return [store.durable, read, raw.includes("绝密"), stranger, afterwards];
    """
    durable, read, visible, stranger, afterwards = run(blank, "store", body)
    assert durable is True
    assert read == [{"slot": 3, "revision": 2, "response": {"text": "绝密答案"}, "base": 1, "sent": [], "changedAt": 5}]
    assert visible is False
    assert stranger == []
    assert afterwards == []  # what nobody can read any more is deleted
