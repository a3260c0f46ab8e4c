"""Who is learning what just now, in memory: the judge's table of one process.

What counts is decided here and written to the database every other moment (`runtime`); what must not be lost (quizzes,
the ends of runs) is written first and told to this table afterwards. Every entry can be made anew from the database.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from exam.learning.judging import SILENT, Beat, Learner, Player, Track, Verdict, away_from_quiz, judge

GONE = 31 * 60_000
"""After so long a silence a run is put away; it is loaded anew when its learner comes back."""
MOST_PLAYERS = 8
"""So many pages of a run are kept; only the newest counts anyhow."""


@dataclass
class Desk:
    """The table. Every public method takes the lock; none takes long. `clock` tells the server's time in ms."""

    clock: Callable[[], int] = lambda: 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    tracks: dict[int, Track] = field(default_factory=dict)
    learners: dict[int, Learner] = field(default_factory=dict)
    players: dict[str, tuple[Player, Track, Learner]] = field(default_factory=dict)

    def track(self, run_id: int) -> Track | None:
        """A run that is on the table."""
        return self.tracks.get(run_id)

    def open(self, load: Callable[[], Track], run_id: int, player: Player) -> Track:
        """A page begins to play a run: it is the one that counts from now on. Of each run the newest pages are kept."""
        loaded = self.tracks.get(run_id) or load()  # before the lock, for which reports of everybody wait
        with self.lock:
            track = self.tracks.setdefault(run_id, loaded)
            learner = self.learners.setdefault(track.person, Learner(track.person))
            learner.players[player.token] = player
            self.players[player.token] = (player, track, learner)
            own = [token for token, each in learner.players.items() if each.run == run_id]
            for token in own[:-MOST_PLAYERS]:
                del self.players[token], learner.players[token]
            track.player = player.token
            track.seen = max(track.seen, player.seen)  # else its first report would say that it was away
            return track

    def heard(self, run_id: int) -> int:
        """When the learner of a run was last heard of, before they were away; 0: nobody knows."""
        with self.lock:
            track = self.tracks.get(run_id)
            return (track.left_at or track.seen) if track is not None else 0

    def was_away(self, run_id: int, now: int) -> bool:
        """Whether the learner has come back to a quiz from which they were away."""
        with self.lock:
            track = self.tracks.get(run_id)
            return track is not None and (bool(track.left_at) or away_from_quiz(track, now))

    def beat(self, token: str, person: int, beat: Beat, now: int) -> tuple[Track, Player, Learner, Verdict] | None:
        """Judge a report; None for a player that is not on the table, or is somebody else's."""
        with self.lock:
            found = self.players.get(token)
            if found is None or found[1].person != person:
                return None
            player, track, learner = found
            return track, player, learner, judge(track, player, learner, beat, now)

    def quiz_over(self, run_id: int, quiz_id: int) -> None:
        """A quiz was passed: it no longer stands in the way."""
        with self.lock:
            track = self.tracks.get(run_id)
            if track is not None:
                track.gates = [gate for gate in track.gates if gate.quiz != quiz_id]
                if track.asking == quiz_id:
                    track.asking = track.deadline = track.left_at = 0
                track.dirty = True

    def deadline(self, run_id: int, quiz_id: int, at: int) -> None:
        """A quiz is shown, or come back to, and has to be answered by `at`."""
        with self.lock:
            track = self.tracks.get(run_id)
            if track is not None:
                track.asking, track.deadline, track.left_at = quiz_id, at, 0
                track.seen = max(track.seen, self.clock())
                track.dirty = True

    def completed(self, run_id: int, chapter_id: int) -> None:
        """A package of a run says that it is completed."""
        with self.lock:
            track = self.tracks.get(run_id)
            if track is not None:
                track.unfinished.discard(chapter_id)
                track.dirty = True

    def drop(self, run_id: int) -> None:
        """A run is over: its pages are told by their next report."""
        with self.lock:
            self.tracks.pop(run_id, None)
            for token in [token for token, (player, _, _) in self.players.items() if player.run == run_id]:
                _, _, learner = self.players.pop(token)
                learner.players.pop(token, None)

    def put_away(self, now: int) -> None:
        """Forget players and runs that have been silent for long. What is not written yet stays."""
        with self.lock:
            for token, (player, track, learner) in list(self.players.items()):
                silent = now - player.seen
                old = silent > GONE or (player.closed and silent > SILENT)
                if old and not player.dirty and not track.dirty and not (track.player == token and silent <= GONE):
                    del self.players[token]
                    learner.players.pop(token, None)
            playing = {player.run for player, _, _ in self.players.values()}
            for run_id in [run_id for run_id, track in self.tracks.items() if not track.dirty]:
                if run_id not in playing:
                    del self.tracks[run_id]
            for person in [person for person, learner in self.learners.items() if not learner.players]:
                del self.learners[person]

    def take_dirty(self) -> tuple[list[Track], list[Player]]:
        """What has changed since it was last taken; it counts as written until `give_back`."""
        with self.lock:
            tracks = [track for track in self.tracks.values() if track.dirty]
            players = [player for player, _, _ in self.players.values() if player.dirty]
            for track in tracks:
                track.dirty = False
            for player in players:
                player.dirty = False
            return tracks, players

    def give_back(self, tracks: list[Track], players: list[Player]) -> None:
        """What could not be written is to be written again."""
        with self.lock:
            for track in tracks:
                track.dirty = True
            for player in players:
                player.dirty = True
