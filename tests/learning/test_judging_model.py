"""Whatever pages send, in whatever order: what counts stays within what a much simpler model allows.

The model knows real time only: what each page really does in each stretch, and what it lets be known of it. Honest
pages may be slow, silent, doubled and queued; hostile ones write any number.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exam.learning.heartbeat import MOST_MS
from exam.learning.judging import END, MOST_CUT, Beat, Gate, Learner, Player, Track, judge
from tests.learning.making import START, a_track

COURSES, LENGTHS, GATES = 3, (90_000, 60_000), ((1, 30_000), (1, 70_000), (2, 20_000))
STATES = st.just((True, True, True)) | st.tuples(st.booleans(), st.booleans(), st.booleans())
SLACK = END * (len(LENGTHS) + len(GATES))


@dataclass
class Page:
    """A page as it really is. `stretches`: the real time (from, to) in which it played, seen and in focus."""

    player: Player
    course: int
    skew: int
    state: tuple[bool, bool, bool] = (False, False, False)
    played: int = 0
    position: int = 0
    queue: list[tuple[Beat, bool]] = field(default_factory=list)
    sent: list[Beat] = field(default_factory=list)
    number: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)


def overlap(spans: list[tuple[int, int]]) -> int:
    """How much time a set of spans covers."""
    covered, upto = 0, 0
    for begins, ends in sorted(spans):
        covered += max(0, ends - max(begins, upto))
        upto = max(upto, ends)
    return covered


class Learning(RuleBasedStateMachine):
    """One person, several courses, several pages of each; honest in what they do, unlucky in how it arrives."""

    @initialize(rate=st.sampled_from([1.0, 1.5]))
    def begin(self, rate: float) -> None:
        self.now = START
        self.learner = Learner(7)
        self.tracks: dict[int, Track] = {}
        for course in range(1, COURSES + 1):
            gates = [Gate(chapter, at, 10 * course + n) for n, (chapter, at) in enumerate(GATES)]
            self.tracks[course] = a_track(run=course, course=course, lengths=LENGTHS, gates=gates, rate=rate)
        self.pages: list[Page] = []

    @rule(course=st.sampled_from([1, 1, 1, 2, 3]), skew=st.integers(0, 10**9), sure=st.integers(0, 3))
    def open(self, course: int, skew: int, sure: int) -> None:
        if len(self.pages) >= 8 or (self.pages and sure):
            return
        player = Player(f"p{len(self.pages)}", course, course, self.now, self.now - skew, upto=self.now, seen=self.now)
        self.learner.players[player.token] = player
        self.tracks[course].player = player.token
        page = Page(player, course, skew)
        self.pages.append(page)
        self._note(page, (True, True, True))
        self._deliver(page)

    @rule(ms=st.integers(0, 20_000))
    def pass_time(self, ms: int) -> None:
        for page in self.pages:
            if all(page.state):
                page.played += ms
                page.position += ms
                page.stretches.append((self.now, self.now + ms))
        self.now += ms

    @rule(
        at=st.integers(0, 7), state=st.just((True, True, True)) | st.tuples(st.booleans(), st.booleans(), st.booleans())
    )
    def change(self, at: int, state: tuple[bool, bool, bool]) -> None:
        if page := self._page(at):
            self._note(page, state)

    @rule(at=st.integers(0, 7), ms=st.integers(0, 20_000), times=st.integers(1, 4), queued=st.booleans())
    def report(self, at: int, ms: int, times: int, queued: bool) -> None:
        """Some reports in a row, each delivered at once or all of them at the end."""
        if page := self._page(at):
            for n in range(times):
                self.pass_time(ms)
                self._note(page, page.state)
                if not queued or n == times - 1:
                    self._deliver(page)

    @rule(at=st.integers(0, 7), sure=st.integers(0, 2))
    def close(self, at: int, sure: int) -> None:
        if (page := self._page(at)) and not sure:
            self._note(page, (False, False, False), closing=True)
            self._deliver(page)

    @rule(at=st.integers(0, 7), which=st.integers(0, 50))
    def repeat(self, at: int, which: int) -> None:
        page = self._page(at)
        if page and page.sent:
            before = self._counted()
            verdict = self._judge(page, page.sent[which % len(page.sent)])
            assert (verdict.credited, verdict.why, self._counted()) == (0, "known", before)

    @rule(at=st.integers(0, 7))
    def lose_order(self, at: int) -> None:
        """What waited arrives the wrong way round: the newest is heard, the older ones are lost."""
        page = self._page(at)
        if page and page.queue:
            page.queue.reverse()
            self._deliver(page)

    @rule(course=st.integers(1, COURSES))
    def pass_quiz(self, course: int) -> None:
        track = self.tracks[course]
        track.gates = [gate for gate in track.gates if gate.quiz != track.asking]
        track.asking = 0

    def _page(self, at: int) -> Page | None:
        return self.pages[at % len(self.pages)] if self.pages else None

    def _note(self, page: Page, state: tuple[bool, bool, bool], closing: bool = False) -> None:
        """The page notes a report; it waits until the line lets it through."""
        page.number += 1
        track = self.tracks[page.course]
        chapter = track.now_at()
        says: dict[str, Any] = dict(zip(("playing", "visible", "focused"), state, strict=True))
        clock = self.now - page.player.opened + page.skew
        beat = Beat(page.number, clock, page.played, chapter, page.position, idle=0, closing=closing, **says)
        page.queue.append((beat, all(page.state)))
        page.state, page.played = state, 0

    def _deliver(self, page: Page) -> None:
        for beat, _ in page.queue:
            self._judge(page, beat)
            page.sent.append(beat)
        page.queue.clear()

    def _judge(self, page: Page, beat: Beat) -> Any:
        track = self.tracks[page.course]
        before, asked, active = dict(track.verified), track.asking, track.player == page.player.token
        verdict = judge(track, page.player, self.learner, beat, self.now)
        assert 0 <= verdict.credited <= beat.played
        if asked or not active:
            assert (verdict.credited, track.verified) == (0, before)
        event("credited" if verdict.credited else f"not credited: {verdict.why or 'nothing played'}")
        assert all(track.verified[chapter] >= before[chapter] for chapter in before)
        if verdict.seek:
            page.position = verdict.seek[1]
        return verdict

    def _counted(self) -> int:
        return sum(track.counted for track in self.tracks.values())

    @invariant()
    def no_more_than_passed(self) -> None:
        assert self._counted() <= self.now - START
        for course, track in self.tracks.items():
            own = [page for page in self.pages if page.course == course]
            assert track.counted == sum(page.player.counted for page in own)
            assert track.counted <= overlap([span for page in own for span in page.stretches])
            for page in own:
                assert page.player.counted <= overlap(page.stretches)

    @invariant()
    def no_further_than_learned(self) -> None:
        for track in self.tracks.values():
            assert sum(track.verified.values()) <= track.rate * track.counted + SLACK
            for gate in track.gates:
                assert track.verified[gate.chapter] <= gate.at


TestLearning = Learning.TestCase
TestLearning.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)

NUMBERS = st.one_of(st.integers(0, 200_000), st.integers(0, MOST_MS), st.sampled_from([0, MOST_MS, START, 2 * START]))
HOSTILE = st.builds(
    Beat,
    number=st.sampled_from([0, 0, 0, 0, -1, -2, 3]),  # from the step's own
    at=st.sampled_from([0, 0, 0, -1000, 1000]) | NUMBERS,  # from now, where it is small
    played=NUMBERS,
    chapter=st.sampled_from([0, 1, 1, 1, 1, 1, 1, 2, 2, 3]),
    position=NUMBERS,
    playing=st.sampled_from([True] * 9 + [False]),
    visible=st.sampled_from([True] * 9 + [False]),
    focused=st.sampled_from([True] * 9 + [False]),
    idle=st.sampled_from([0] * 8 + [599_000, 700_000, MOST_MS]),
    closing=st.sampled_from([False] * 9 + [True]),
)
STEPS = st.lists(
    st.tuples(st.integers(0, 30_000), st.sampled_from([1] * 12 + [3, 3, 0, 2]), HOSTILE, st.booleans()), max_size=60
)


@given(STEPS, st.sampled_from([1.0, 1.5]))
@settings(max_examples=300, deadline=None)
def test_hostile_pages_earn_no_more_than_the_time_that_passed(steps: list[Any], rate: float) -> None:
    learner = Learner(7)
    gates = [Gate(chapter, at, n) for n, (chapter, at) in enumerate(GATES, 1)]
    tracks = [a_track(run=n, course=n, lengths=LENGTHS, gates=gates, rate=rate) for n in (1, 2)]
    pages: dict[int, tuple[Track, Player]] = {}
    now = START
    for step, (passed, which, said, passing) in enumerate(steps, 3):
        now += passed
        if which not in pages:  # opened when it is first heard of: two pages of each of two courses
            track = tracks[which // 2]
            player = Player(f"p{which}", track.run, track.course, now, START, now, now)
            learner.players[player.token] = player
            track.player = player.token
            pages[which] = track, player
        track, player = pages[which]
        at = now - START + said.at if abs(said.at) <= 1000 else said.at
        beat = replace(said, number=step + said.number, at=max(0, at))
        if track.asking and passing:
            track.gates = [gate for gate in track.gates if gate.quiz != track.asking]
            track.asking = 0
        asked, counting, before = track.asking, player.counting, track.counted
        verdict = judge(track, player, learner, beat, now)
        assert verdict.credited == track.counted - before
        assert not verdict.credited or (counting and not asked and track.player == player.token)
        event("hostile and credited" if verdict.credited else f"not credited: {verdict.why or 'nothing played'}")
        assert sum(each.counted for each in tracks) <= now - START
        for each in tracks:
            assert sum(each.verified.values()) <= each.rate * each.counted + SLACK
            assert all(0 <= each.verified[chapter] <= length for chapter, length in each.lengths.items())
            assert 0 <= each.cut <= MOST_CUT


@given(st.lists(st.tuples(st.integers(1, 20_000), st.booleans()), max_size=40))
@settings(max_examples=200, deadline=None)
def test_while_two_courses_are_open_and_heard_of_nothing_counts(steps: list[tuple[int, bool]]) -> None:
    learner, tracks, players = Learner(7), [], []
    for n in (1, 2):
        tracks.append(a_track(run=n, course=n))
        players.append(Player(f"p{n}", n, n, START, START, START, START))
        learner.players[f"p{n}"] = players[-1]
        tracks[-1].player = f"p{n}"
    now = START
    for number, (passed, first) in enumerate(steps, 1):
        now += min(passed, 14_000)
        for n in (0, 1) if first else (1, 0):
            beat = Beat(number, now - START, passed, 1, 0, True, True, True, 0)
            assert judge(tracks[n], players[n], learner, beat, now).credited == 0
