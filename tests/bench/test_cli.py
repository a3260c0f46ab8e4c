"""Each benchmark runs, small, makes no mistake and prints what is promised. Its figures are nobody's business here."""

import json
import shutil
import subprocess
import sys

import pytest

FIELDS = {"rate", "p50_ms", "p99_ms", "errors", "floor_rate", "ratio", "peak_rss_mib", "client"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("sync --candidates 5 --seconds 1", set()),
        ("herd --candidates 5", {"last_s"}),
        ("submit --candidates 5 --items 5", set()),
        ("sheet --rows 200", {"growth_mib"}),
        ("heartbeats --learners 5 --seconds 1", {"learners", "checked", "wrong"}),
    ],
)
def test_a_benchmark(words: str, more: set[str]) -> None:
    command = [sys.executable, "-m", "exam", "bench", *words.split(), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert set(printed) >= FIELDS | more
    assert (printed["errors"], printed.get("wrong", 0), printed.get("checked", 5)) == (0, 0, 5)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_frames_beside_answers() -> None:
    command = [sys.executable, "-m", "exam", "bench", "proctor", "--candidates", "5", "--seconds", "5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    assert set(printed) >= {"frames_rate", "analysed_rate", "sync_p99_with_ms", "sync_p99_without_ms", "thinned_share"}
    assert printed["errors"] == 0 and printed["frames"] >= printed["acknowledged"] > 0
