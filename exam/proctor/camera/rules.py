"""From frames to stretches: what was seen often enough, for long enough, to be put in front of a human.

Pure: a track (what is remembered of a sitting) and a frame go in, the next track and what changed come out. Numbers of
frames must grow over a sitting. A frame that is not newer than the newest one taken is not counted at all: pictures
that were held up by a bad line arrive late, newest first, and could otherwise accuse somebody of what was long over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from exam.proctor.camera.table import CLEAR, GAP_INTERVALS, GAP_SECONDS, NOTE, REMEMBERED, RULES, Rule
from exam.proctor.camera.twins import Kept, comparable, frozen, loop
from exam.proctor.camera.votes import CANT_TELL, VOTES, Vote
from exam.vision.observation import Observation

MICRO = 1_000_000
MOST_TOLD = 64
"""Frames a rule remembers where they come faster than the table reckons with."""


@dataclass(frozen=True)
class Seen:
    """A frame as it was seen: its number, when it was taken (microseconds), and the seconds between frames."""

    number: int
    at: int
    observation: Observation
    interval: float = 3.0


@dataclass(frozen=True)
class Stretch:
    """Something that was seen from `began` to `ended` (microseconds; first and last hit), frames `first` to `last`.

    `hits` of the `of` frames on which it could be told; `scores`: lowest and highest of each number behind it;
    `severity` 0 is a note, never an incident; `detector` is the version that judged.
    """

    kind: str
    began: int
    ended: int
    first: int
    last: int
    hits: int
    of: int
    scores: Mapping[str, tuple[float, float]]
    detector: str
    severity: int

    @property
    def note(self) -> bool:
        """Whether this is only noted."""
        return self.severity == NOTE


@dataclass(frozen=True)
class Change:
    """A stretch was opened, extended or closed."""

    what: Literal["opened", "extended", "closed"]
    stretch: Stretch


@dataclass(frozen=True)
class _Told:
    """A frame on which a rule's question could be answered; `from_number`, `from_at`: where its evidence begins."""

    number: int
    at: int
    vote: Vote
    from_number: int
    from_at: int


@dataclass(frozen=True)
class _Count:
    """A rule's memory: the last frames that told, the stretch that is open, how often since it was contradicted."""

    told: tuple[_Told, ...] = ()
    open: Stretch | None = None
    pending: int = 0


_EMPTY: Mapping[str, _Count] = MappingProxyType({})


@dataclass(frozen=True)
class Track:
    """What is remembered of a sitting: its newest frame, the frames to compare with, each rule's count."""

    number: int = -1
    at: int = 0
    kept: tuple[Kept, ...] = ()
    counts: Mapping[str, _Count] = field(default_factory=lambda: _EMPTY)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches that are open."""
        return tuple(count.open for count in self.counts.values() if count.open is not None)


def step(track: Track, seen: Seen, muted: frozenset[str] = frozenset()) -> tuple[Track, tuple[Change, ...]]:
    """Take one frame. `muted`: kinds that don't count in this sitting; one that is open is closed where it stands."""
    if track.number >= 0 and (seen.number <= track.number or seen.at <= track.at):
        return track, ()
    longest = _longest(seen.interval)
    track, changes = _after_silence(track, seen, longest)
    votes = _votes(track, seen, longest)
    counts: dict[str, _Count] = {}
    for kind, rule in RULES.items():
        before = track.counts.get(kind, _Count())
        if kind in muted:
            changes += _closed(before)
            continue
        counts[kind], changed = _count(rule, before, seen, votes[kind], track.kept, longest)
        changes += changed
    kept = track.kept
    if comparable(seen.observation) and seen.observation.fingerprint is not None:
        kept = (*kept, Kept(seen.number, seen.at, seen.observation.fingerprint))[-REMEMBERED:]
    return Track(seen.number, seen.at, kept, MappingProxyType(counts)), tuple(changes)


def end(track: Track) -> tuple[Track, tuple[Change, ...]]:
    """Close what is open: the sitting is over or paused, or nobody looks any more."""
    changes = [change for count in track.counts.values() for change in _closed(count)]
    return Track(track.number, track.at), tuple(changes)


def fold(seens: Iterable[Seen], muted: frozenset[str] = frozenset()) -> list[Stretch]:
    """The stretches of a whole row of frames, in the order in which they began."""
    track, found = Track(), []
    for seen in seens:
        track, changes = step(track, seen, muted)
        found += [change.stretch for change in changes if change.what == "closed"]
    found += [change.stretch for change in end(track)[1]]
    return sorted(found, key=lambda stretch: (stretch.began, stretch.kind))


def _longest(interval: float) -> int:
    return round(max(GAP_INTERVALS * interval, GAP_SECONDS) * MICRO)


def _after_silence(track: Track, seen: Seen, longest: int) -> tuple[Track, list[Change]]:
    """The track to go on with: after a silence that is too long, an empty one."""
    if track.number < 0 or seen.at - track.at <= longest:
        return track, []
    emptied, changes = end(track)
    return emptied, list(changes)


def _votes(track: Track, seen: Seen, longest: int) -> dict[str, Vote]:
    votes = {kind: ask(seen.observation) for kind, ask in VOTES.items()}
    mine = seen.observation.fingerprint if comparable(seen.observation) else None
    fresh = bool(track.kept) and seen.at - track.kept[-1].at <= longest
    votes["frozen"] = frozen(mine, track.kept) if mine is not None and fresh else CANT_TELL
    told = track.counts.get("loop", _Count()).told
    running = told[-1].vote.lag if told else None
    votes["loop"] = loop(seen.number, mine, track.kept, running) if mine is not None else CANT_TELL
    return votes


def _count(
    rule: Rule, count: _Count, seen: Seen, vote: Vote, kept: tuple[Kept, ...], longest: int
) -> tuple[_Count, list[Change]]:
    """A rule's next count. Frames that can't tell leave it as it is, unless they have gone on for too long."""
    changes: list[Change] = []
    if count.told and seen.at - count.told[-1].at > longest:
        changes, count = _closed(count), _Count()
    if vote.hit is None:
        return count, changes
    told = _told(rule, count.told, seen, vote, kept)
    if count.open is not None:
        following, changed = _go_on(rule, count, told)
    else:
        following, changed = _perhaps_open(rule, told)
    return following, changes + changed


def _told(rule: Rule, before: tuple[_Told, ...], seen: Seen, vote: Vote, kept: tuple[Kept, ...]) -> tuple[_Told, ...]:
    """The last frames that told, with this one. A loop whose distance changes begins anew."""
    earlier = kept[-1] if rule.pairs and kept else seen
    mine = _Told(seen.number, seen.at, vote, earlier.number, earlier.at)
    if vote.hit and before and before[-1].vote.hit and before[-1].vote.lag != vote.lag:
        before = ()
    told = (*before, mine)
    while len(told) > rule.of and (len(told) > MOST_TOLD or mine.at - told[1].from_at >= rule.seconds * MICRO):
        told = told[1:]
    return told


def _perhaps_open(rule: Rule, told: tuple[_Told, ...]) -> tuple[_Count, list[Change]]:
    extra = 1 if rule.pairs else 0
    hits = [one for one in told if one.vote.hit]
    # Frames that come faster than the table reckons with must make up the same share over the same time.
    needed = max(rule.frames - extra, rule.frames * len(told) / rule.of if len(told) > rule.of else 0)
    if not told[-1].vote.hit or len(hits) < needed or told[-1].at - hits[0].from_at < rule.seconds * MICRO:
        return _Count(told), []
    since = told[told.index(hits[0]) :]
    stretch = Stretch(
        kind=rule.kind,
        began=hits[0].from_at,
        ended=told[-1].at,
        first=hits[0].from_number,
        last=told[-1].number,
        hits=len(hits) + extra,
        of=len(since) + extra,
        scores=_scores({}, hits),
        detector=rule.detector,
        severity=rule.severity,
    )
    return _Count(told, stretch), [Change("opened", stretch)]


def _go_on(rule: Rule, count: _Count, told: tuple[_Told, ...]) -> tuple[_Count, list[Change]]:
    """A further frame of an open stretch: extended by a hit, closed by so many in a row that contradict."""
    stretch = count.open
    assert stretch is not None
    latest = told[-1]
    if latest.vote.hit:
        longer = replace(
            stretch,
            ended=latest.at,
            last=latest.number,
            hits=stretch.hits + 1,
            of=stretch.of + count.pending + 1,
            scores=_scores(stretch.scores, [latest]),
        )
        return _Count(told, longer), [Change("extended", longer)]
    if count.pending + 1 >= CLEAR:
        return _Count(), [Change("closed", stretch)]
    return _Count(told, stretch, count.pending + 1), []


def _scores(before: Mapping[str, tuple[float, float]], hits: Iterable[_Told]) -> Mapping[str, tuple[float, float]]:
    found = dict(before)
    for one in hits:
        for name, value in one.vote.scores:
            low, high = found.get(name, (value, value))
            found[name] = (min(low, value), max(high, value))
    return MappingProxyType(found)


def _closed(count: _Count) -> list[Change]:
    return [] if count.open is None else [Change("closed", count.open)]
