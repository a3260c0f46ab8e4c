"""From events of a page to stretches: hidden, unfocused, full screen left, copied into, printed. Pure functions.

A track and an event go in, the next track and what changed come out, like the camera's rules. What arrives while the
line is lost, or is known to have been, or while the sitting is paused, counts for nothing: a page can't tell how long
it was away from a server that it could not reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from exam.proctor.incidents.rules import Noticed
from exam.proctor.watching.page_table import CUTS, RULES, Rule
from exam.sessions.instants import SECOND

TICK = "tick"
"""An event of our own: the page was heard at this instant."""


@dataclass(frozen=True)
class PageEvent:
    """An event of the log: its kind (a page's own without "page."), when it arrived (microseconds), what it says."""

    kind: str
    at: int
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Count:
    """`since` is when the stretch that goes on began, `times` the beginnings that count, `open` what was opened."""

    since: int | None = None
    times: tuple[int, ...] = ()
    open: Noticed | None = None


_NOTHING: Mapping[str, _Count] = MappingProxyType({})


@dataclass(frozen=True)
class PageTrack:
    """What is remembered of a page. `settled`: since when its sitting runs without a break (start, pause, claim)."""

    counts: Mapping[str, _Count] = field(default_factory=lambda: _NOTHING)
    paused: bool = False
    lost: bool = False
    offline: bool = False
    settled: int = 0


def step(track: PageTrack, event: PageEvent) -> tuple[PageTrack, tuple[Noticed, ...]]:
    """Take one event, in the order of the log."""
    changes: list[Noticed] = []
    if event.kind in CUTS:
        track, changes = _cut(track, event)
    track = _around(track, event)
    if track.paused or track.lost or track.offline:
        return track, tuple(changes)
    counts = dict(track.counts)
    for kind, rule in RULES.items():
        before = counts.get(kind, _Count())
        after, changed = _count(rule, before, event)
        if after is not before:
            counts[kind] = after
        changes += changed
    return replace(track, counts=MappingProxyType(counts)), tuple(changes)


def _around(track: PageTrack, event: PageEvent) -> PageTrack:
    """The circumstances after an event."""
    match event.kind:
        case "paused":
            return replace(track, paused=True)
        case "resumed":
            return replace(track, paused=False, settled=event.at)
        case "claimed":
            return replace(track, lost=False, offline=False, settled=event.at)
        case "started":
            return replace(track, settled=event.at)
        case "line.lost":
            return replace(track, lost=True)
        case "line.back":
            return replace(track, lost=False, settled=event.at)
        case "offline" | "online":
            return replace(track, offline=event.kind == "offline")
    return track


def _cut(track: PageTrack, event: PageEvent) -> tuple[PageTrack, list[Noticed]]:
    """End every stretch: at the event, or where the line was lost at the last time the page was heard."""
    since = event.detail.get("since")
    at = min(event.at, since * 1000) if event.kind == "line.lost" and isinstance(since, int) else event.at
    changes, counts = [], {}
    for kind, count in track.counts.items():
        counts[kind], changed = _end(RULES[kind], count, at)
        changes += changed
    return replace(track, counts=MappingProxyType(counts)), changes


def _count(rule: Rule, count: _Count, event: PageEvent) -> tuple[_Count, list[Noticed]]:
    if event.kind in rule.begins:
        return _begin(rule, count, event)
    if event.kind in rule.ends:
        return _end(rule, count, event.at)
    if event.kind == TICK and count.since is not None:
        return _long(rule, count, event.at)
    return count, []


def _begin(rule: Rule, count: _Count, event: PageEvent) -> tuple[_Count, list[Noticed]]:
    if count.since is not None or (rule.foreign_only and event.detail.get("foreign") is not True):
        return count, []
    recent = tuple(at for at in count.times if event.at - at <= rule.within * SECOND)
    times = (*recent, event.at)
    since = event.at if rule.ends else None
    if len(times) < rule.times or (rule.ends and rule.times < 2):
        return _Count(since, times, count.open), []
    opened = _noticed(rule, "opened", times[0], event.at, len(times))
    if rule.ends:
        return _Count(since, (), opened), [opened]
    return _Count(None, (), None), [opened, replace(opened, what="closed")]


def _long(rule: Rule, count: _Count, at: int) -> tuple[_Count, list[Noticed]]:
    """A stretch that goes on, heard at `at`: open it when it is long enough."""
    assert count.since is not None
    if count.open is not None:
        if at <= count.open.ended:
            return count, []
        longer = _noticed(rule, "extended", count.open.began, at, count.open.reason["times"])
        return replace(count, open=longer), [longer]
    if rule.seconds is None or at - count.since < rule.seconds * SECOND:
        return count, []
    opened = _noticed(rule, "opened", count.since, at, 1)
    others = tuple(each for each in count.times if each != count.since)  # what is told by its length is told
    return replace(count, times=others, open=opened), [opened]


def _end(rule: Rule, count: _Count, at: int) -> tuple[_Count, list[Noticed]]:
    if count.since is None:
        return count, []
    at = max(at, count.since)
    changes: list[Noticed] = []
    if count.open is None:
        count, changes = _long(rule, count, at)
    if count.open is not None:
        ended = max(at, count.open.ended)
        changes = [*changes, _noticed(rule, "closed", count.open.began, ended, count.open.reason["times"])]
    return _Count(None, count.times), changes


def _noticed(rule: Rule, what: Any, began: int, ended: int, times: int) -> Noticed:
    reason = {"times": times} if times > 1 else {"times": times, "seconds": (ended - began) // SECOND}
    return Noticed(what, rule.kind, "page", began, ended, reason=reason)
