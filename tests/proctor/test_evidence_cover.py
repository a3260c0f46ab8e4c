"""Somebody who has the database but not the key rewrites a sitting days later: what the signatures of the time lack."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exam.core.events import canonical
from exam.proctor.evidence import checkpoints, cover
from exam.proctor.evidence.checkpoints import Signed
from exam.proctor.evidence.cover import Cover
from exam.sessions.instants import micros
from tests.proctor.conftest import Room
from tests.proctor.evidence_files import Members, check, exported, lines, members, packed, put, rechain, resign
from tests.proctor.evidence_story import Story, tell

NOW = datetime(2026, 11, 6, 4, tzinfo=UTC)
M = timedelta(minutes=1)
H = timedelta(hours=1)
Rows = list[dict[str, Any]]


@pytest.fixture
def story(room: Room, tmp_path: Path) -> Story:
    return tell(room, tmp_path / "story", step=300, signs=True)


def first(rows: Rows, kind: str) -> dict[str, Any]:
    return next(row for row in rows if row["kind"] == kind)


def rename_the_start(rows: Rows) -> None:
    first(rows, "started")["kind"] = "starts"


def nothing_else(rows: Rows) -> None:
    """The start stands as it was."""


def end_early(rows: Rows) -> None:
    first(rows, "claimed")["kind"] = "submitted"


def void_early(rows: Rows) -> None:
    first(rows, "claimed")["kind"] = "voided"


def start_later(rows: Rows) -> None:
    """Behind everything that it would have to be signed in time for."""
    started = first(rows, "started")
    rows.remove(started)
    rows.append(started)


def start_twice(rows: Rows) -> None:
    rows.append(dict(first(rows, "started")))


def forge(story: Story, act: Callable[[Rows], None], after: timedelta) -> Members:
    """Answers changed and the chain made anew; no signature but the one that the server puts over its end by and by."""
    found = members(exported(story))
    rows = lines(found, "log.jsonl")
    for row in rows:
        if row["slot"] is not None:
            row["body"] = row["body"].replace("a1", "c3")
    act(rows)
    rechain(rows)
    put(found, "log.jsonl", rows)
    head = rows[-1]
    at = story.room.clock.now() + after
    point = checkpoints.sign(story.keys, story.sitting, head["seq"], head["hash"], 0, at)
    put(found, "checkpoints.jsonl", [{**point.__dict__, "at": at.isoformat(timespec="microseconds")}])
    manifest = json.loads(found["manifest.json"])
    manifest["head"] = {"seq": head["seq"], "hash": head["hash"]}
    found["manifest.json"] = canonical(manifest).encode()
    resign(found, story.keys)
    return found


@pytest.mark.parametrize(
    ("act", "after", "codes"),
    [
        (nothing_else, 72 * H, {"unsigned-stretch"}),
        (rename_the_start, 72 * H, {"start-differs", "unsigned-stretch"}),
        (rename_the_start, 0 * H, {"start-differs", "unsigned-stretch"}),
        (start_later, 0 * H, {"start-differs"}),
        (start_twice, 0 * H, {"start-differs"}),
        (end_early, 2 * H, {"unsigned-stretch"}),
        (void_early, 2 * H, {"unsigned-stretch"}),
    ],
)
def test_a_log_rewritten_before_it_is_signed(
    story: Story, act: Callable[[Rows], None], after: timedelta, codes: set[str]
) -> None:
    report = check(packed(forge(story, act, after)), story.keys.public)
    assert codes <= report.codes(), report.to_json()
    assert report.ok is ("start-differs" not in codes)


def test_a_sitting_s_row_that_says_that_it_never_began(story: Story) -> None:
    """The other half of the lie: no start in the log, none in the manifest."""
    found = forge(story, rename_the_start, 0 * H)
    manifest = json.loads(found["manifest.json"])
    manifest["sitting"]["started_at"] = None
    found["manifest.json"] = canonical(manifest).encode()
    resign(found, story.keys)
    assert "start-differs" in check(packed(found), story.keys.public).codes()


ANSWER = "answer"


@pytest.mark.parametrize(
    ("log", "late"),
    [
        # kind, minutes until it was signed (None: never)
        ([("prepared", None), ("check-in", None)], []),
        ([("prepared", None), ("started", 15)], []),
        ([("prepared", None), ("started", 16)], [(2, 2)]),
        ([("prepared", None), ("claimed", 16)], [(2, 2)]),
        ([("prepared", None), ("frame", 16)], [(2, 2)]),
        ([("prepared", None), (ANSWER, 16), ("page.hidden", 16)], [(2, 3)]),
        ([("started", 1), ("submitted", 180), ("incident.decided", 180)], []),
        ([("started", 1), ("submitted", 180), ("incident.decided", 181)], [(3, 3)]),
        ([("started", 1), ("submitted", 180), ("incident.decided", None)], [(3, 3)]),
        ([("started", 1), ("submitted", 16), ("page.hidden", 16), (ANSWER, 15)], [(2, 3)]),
        ([("started", 1), ("voided", 16), ("frame", 16), ("frame", 16)], [(2, 4)]),
        ([("started", 1), ("submitted", 16), ("claimed", 1), ("incident.decided", 180)], [(2, 2)]),
        ([("started", 1), ("submitted", 200), ("submitted", 16), ("frame", 16)], [(2, 4)]),
    ],
)
def test_what_must_be_signed_by_when(log: list[tuple[str, int | None]], late: list[tuple[int, int]]) -> None:
    """Each link with a signature of its own, which says nothing of its order."""
    rows = [
        {"seq": n, "kind": kind, "at": micros(NOW), "slot": 0 if kind == ANSWER else None}
        for n, (kind, _) in enumerate(log, 1)
    ]
    points = [
        Signed(1, n, "", 0, NOW + (30 * 24 * H if wait is None else wait * M)) for n, (_, wait) in enumerate(log, 1)
    ]
    seen = Cover(points)
    for row in rows:
        cover.look(seen, row)
    assert cover.stretches(seen) == late


@pytest.mark.parametrize(
    ("kinds", "told", "holds"),
    [
        (["prepared"], None, True),
        (["prepared", "voided"], None, True),
        (["prepared", "started", "claimed"], NOW.isoformat(), True),
        (["prepared", "started", "claimed"], (NOW + M).isoformat(), False),
        (["prepared", "started", "claimed"], None, False),
        (["prepared", "started", "claimed"], "yesterday", False),
        (["prepared", "started", "claimed"], 7, False),
        (["prepared", "claimed"], None, False),
        (["prepared", "claimed", "started"], NOW.isoformat(), False),
        (["prepared", "started", "started"], NOW.isoformat(), False),
        (["prepared"], NOW.isoformat(), False),
    ],
)
def test_the_log_says_once_that_it_began(kinds: list[str], told: str | int | None, holds: bool) -> None:
    seen = Cover([])
    for n, kind in enumerate(kinds, 1):
        cover.look(seen, {"seq": n, "kind": kind, "at": micros(NOW), "slot": None})
    assert cover.begins_as_told(seen, told) is holds
