"""When a log is signed, and that a signature speaks for one link of one sitting at one instant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from exam.proctor.evidence import checkpoints
from exam.proctor.evidence import keys as evidence_keys
from exam.settings import Settings

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)
M = timedelta(minutes=1)
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("head", "running", "last", "ago", "due"),
    [
        (3, True, None, None, True),  # at the start
        (3, False, None, None, True),  # one that began and ended between two looks
        (3, True, 3, 60 * M, False),  # nothing new
        (4, True, 3, 5 * M - S, False),
        (4, True, 3, 5 * M, True),
        (4, False, 3, S, True),  # its end is signed at once
        (4, False, 4, 60 * M, False),
        (5, False, 4, timedelta(0), True),  # something was added later
    ],
)
def test_when_a_log_is_signed(head: int, running: bool, last: int | None, ago: timedelta | None, due: bool) -> None:
    at = None if ago is None else NOW - ago
    assert checkpoints.due(head=head, running=running, last_seq=last, last_at=at, now=NOW) is due


def test_the_statement_is_fixed_for_ever() -> None:
    point = checkpoints.Signed(7, 12, "ab" * 32, 9, NOW)
    told = '{"at":"2026-11-06T04:00:00.000000+00:00","hash":"%s","previous":9,"seq":12,"sitting":7}' % ("ab" * 32)
    assert checkpoints.statement(point).decode() == "exam-evidence-checkpoint-v1\n" + told
    elsewhere = replace(point, at=NOW.astimezone(timezone(timedelta(hours=8))))
    assert checkpoints.statement(elsewhere) == checkpoints.statement(point)


def test_a_checkpoint_holds_for_nothing_else(tmp_path: Path) -> None:
    keys = evidence_keys.load(Settings(data_dir=tmp_path))
    other = evidence_keys.load(Settings(data_dir=tmp_path / "other"))
    made = checkpoints.sign(keys, 7, 12, "ab" * 32, 9, NOW)
    assert checkpoints.holds(made, keys.public)
    assert not checkpoints.holds(made, other.public)
    for change in (
        {"sitting_id": 8},
        {"seq": 13},
        {"hash": "cd" * 32},
        {"previous": 0},
        {"at": NOW + timedelta(microseconds=1)},
        {"key_id": other.key_id},
        {"signature": "00" * 64},
    ):
        assert not checkpoints.holds(replace(made, **change), keys.public), change  # type: ignore[arg-type]
