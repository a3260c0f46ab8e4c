"""What time counts and how far a learner has come: pure, `now` handed in. All times are whole milliseconds.

The page says of each stretch how long it really played; the server credits at most what passed on its own clock, only
where the stretch before was playing, visible and in focus, never twice for one person and never while another course
of theirs is open (S1). A stretch is placed on the server's clock by the page's own steady clock: its distance is the
least that was ever seen, so that what waited in a queue on a bad line lands where it was played.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

LONGEST = 60_000
"""A report speaks of at most so long a stretch; the page reports every 10 s, also while its line is down."""
SILENT = 30_000
"""A player that says nothing for so long is no longer open."""
TOLERANCE = 2_000
"""How far a page may be ahead of what is verified before it is put back."""
END = 1_000
"""What may be missing at a chapter's end or a quiz: players stop a little before."""
AWAY = 20_000
"""While a quiz is shown, nothing heard for so long means that the learner was away: a dropped line, a closed page."""
LATE = 5_000
"""How long after a quiz's deadline an answer given before it may still arrive."""
AHEAD = 20_000
"""How long before a quiz the page is told where to stop; earlier would say where quizzes are."""
MOST_CUT = 1_000_000_000
"""More than this is not noted of what was claimed too much: what people write must fit into the database."""


@dataclass(slots=True)
class Gate:
    """A quiz that stands in the way: at `at` ms of a chapter."""

    chapter: int
    at: int
    quiz: int


@dataclass(slots=True)
class Track:
    """A run under way. `order` are its chapters, `lengths` theirs; `gates` the quizzes to come, in order."""

    run: int
    person: int
    course: int
    order: tuple[int, ...]
    lengths: dict[int, int]
    points: tuple[tuple[int, int], ...]
    verified: dict[int, int]
    counted: int
    gates: list[Gate]
    idle: int
    rate: float
    cut: int = 0
    asking: int = 0
    """The quiz that waits for its answer; 0: none."""
    deadline: int = 0
    left_at: int = 0
    """Since when the learner was away from a quiz to which they have come back; 0: they were not."""
    chapter: int = 0
    position: int = 0
    player: str = ""
    """The newest player: of several pages of one course it alone counts."""
    seen: int = 0
    unfinished: set[int] = field(default_factory=set)
    """Packages that have not yet said that they are completed."""
    exercise: bool = False
    dirty: bool = False

    def learned(self) -> bool:
        """Whether all of it was watched, every quiz passed and every package completed."""
        complete = all(self.verified.get(chapter, 0) >= self.lengths[chapter] for chapter in self.order)
        return complete and not self.gates and not self.asking and not self.unfinished

    def passed_points(self) -> int:
        """How many progress points were passed."""
        return sum(self.verified.get(chapter, 0) >= at for chapter, at in self.points)

    def now_at(self) -> int:
        """The chapter to learn now: the first that is not whole; the last once all are."""
        return next((one for one in self.order if not self.whole(one)), self.order[-1])

    def whole(self, chapter: int) -> bool:
        """Whether a chapter was learned to its end, its package too."""
        return self.verified.get(chapter, 0) >= self.lengths[chapter] and chapter not in self.unfinished

    def next_gate(self, chapter: int) -> Gate | None:
        """The next quiz in a chapter."""
        return next((gate for gate in self.gates if gate.chapter == chapter), None)


@dataclass(slots=True)
class Player:
    """A page that plays a course. `offset`: its clock's distance to the server's; `upto`: judged up to then."""

    token: str
    run: int
    course: int
    opened: int
    offset: int
    upto: int
    seen: int
    number: int = 0
    closed: int = 0
    counting: bool = False
    counted: int = 0
    cut: int = 0
    dirty: bool = True

    def open_until(self) -> int:
        """Until when it is taken to be open."""
        return self.closed or self.seen + SILENT


@dataclass(slots=True)
class Learner:
    """A person with the players they have open; `upto`: time up to then has been credited somewhere."""

    person: int
    players: dict[str, Player] = field(default_factory=dict)
    upto: int = 0


@dataclass(slots=True)
class Beat:
    """A report: the `number`th of its player, at `at` on the page's clock, of `played` ms since the one before.

    `playing`, `visible` and `focused` say how it is from now on; `idle` is how long nothing was touched.
    """

    number: int
    at: int
    played: int
    chapter: int
    position: int
    playing: bool
    visible: bool
    focused: bool
    idle: int
    closing: bool = False


@dataclass(slots=True)
class Verdict:
    """What became of a report: what was credited, why not more, and where the page must go (None: where it is)."""

    credited: int = 0
    why: str = ""
    seek: tuple[int, int] | None = None


def away_from_quiz(track: Track, now: int) -> bool:
    """Whether the learner was away from a quiz until now: silent for long, or last heard before its time ran out and
    now is later than an answer may still arrive. A line that drops at the end is treated as one that drops before."""
    if not track.asking or not track.seen:
        return False
    over_it = 0 < track.deadline < now - LATE and track.seen <= track.deadline
    return now - track.seen > AWAY or over_it


def others(learner: Learner, course: int, start: int, end: int) -> int:
    """For how long between two instants another course of the same person was open."""
    spans = sorted(
        (max(start, each.opened), min(end, each.open_until()))
        for each in learner.players.values()
        if each.course != course and each.opened < end and each.open_until() > start
    )
    covered, upto = 0, start
    for begins, ends in spans:
        begins = max(begins, upto)
        if ends > begins:
            covered += ends - begins
            upto = ends
    return covered


def judge(track: Track, player: Player, learner: Learner, beat: Beat, now: int) -> Verdict:
    """Judge one report and note what it earns. The same report twice earns once."""
    if beat.number <= player.number:
        return Verdict(why="known")
    player.number = beat.number
    player.offset = min(player.offset, now - beat.at)
    end = max(player.upto, min(now, beat.at + player.offset))
    start = max(player.upto, end - LONGEST, min(end, learner.upto))
    player.upto, player.seen, player.dirty = end, now, True
    verdict = _credit(track, player, learner, beat, start, end)
    claimed_beyond = max(0, beat.played - verdict.credited) if beat.played > end - start else 0
    player.cut = min(player.cut + claimed_beyond, MOST_CUT)
    track.cut = min(track.cut + claimed_beyond, MOST_CUT)
    if verdict.credited:
        learner.upto = end
        player.counted += verdict.credited
        track.counted += verdict.credited
    if track.player == player.token:
        if away_from_quiz(track, now):
            track.left_at = track.left_at or track.seen
        track.seen = now
        verdict.seek = _move(track, beat, verdict.credited)
        track.dirty = True
    player.counting = beat.playing and beat.visible and beat.focused
    player.closed = now if beat.closing else 0  # a page that is come back to by the browser's history goes on
    return verdict


def _credit(track: Track, player: Player, learner: Learner, beat: Beat, start: int, end: int) -> Verdict:
    """How much of a stretch counts, and why not all of it."""
    if track.player != player.token:
        return Verdict(why="other-tab")
    if track.asking:
        return Verdict(why="quiz")
    free = end - start - others(learner, track.course, start, end)
    if free < end - start or others(learner, track.course, end - 1, end):
        why = "other-course"
    elif not (beat.visible and beat.focused):
        why = "away"
    elif beat.idle > track.idle:
        why = "idle"
    else:
        why = "" if beat.playing else "paused"
    if not player.counting or not _reachable(track, beat.chapter):
        return Verdict(why=why)
    too_idle = max(0, beat.idle - track.idle)
    return Verdict(max(0, min(beat.played, free, end - start) - too_idle), why)


def _move(track: Track, beat: Beat, credited: int) -> tuple[int, int] | None:
    """Note how far the learner has come; where to go instead when the page is further than that."""
    chapter = beat.chapter
    if not _reachable(track, chapter):
        wanted = track.now_at()
        return wanted, track.verified.get(wanted, 0)
    length, before = track.lengths[chapter], track.verified.get(chapter, 0)
    position = max(0, min(beat.position, length))
    track.chapter, track.position = chapter, min(position, length)
    if track.asking:
        return None
    gate = track.next_gate(chapter)
    limit = gate.at if gate else length
    reached = max(before, min(position, limit, before + int(credited * track.rate)))
    if position >= limit - END and limit - reached <= END:
        reached = limit
    track.verified[chapter] = reached
    track.position = min(position, reached)
    if gate and reached >= gate.at:
        track.asking = gate.quiz
    elif position > reached + TOLERANCE or (position >= limit and reached < limit):
        return chapter, reached  # also where it stopped by itself and would otherwise wait for ever
    return None


def _reachable(track: Track, chapter: int) -> bool:
    """Chapters are learned in their order; those that are whole may be watched again."""
    for each in track.order:
        if each == chapter:
            return True
        if not track.whole(each):
            return False
    return False


def stop_at(track: Track) -> int | None:
    """Where in its chapter the page has to stop soon, if it plays on: at the next quiz."""
    gate = track.next_gate(track.chapter)
    if gate is None or track.asking:
        return None
    return gate.at if gate.at - track.position <= AHEAD else None


def open_courses(learner: Learner, now: int) -> set[int]:
    """The courses that a person has open. Asked without the table's lock: pages may come and go meanwhile."""
    return {each.course for each in list(learner.players.values()) if each.opened <= now < each.open_until()}


def gates_in_order(order: Sequence[int], gates: Iterable[Gate]) -> list[Gate]:
    """Quizzes in the order in which they are met."""
    return sorted(gates, key=lambda gate: (order.index(gate.chapter), gate.at, gate.quiz))
