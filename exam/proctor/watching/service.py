"""Following watched sittings beside everything else: when each was last heard, what its page did, what is missing.

Each step reads first, outside of a transaction, and writes in one short one: nobody's save waits for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, or_, update
from sqlmodel import Session, col, select

from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.terms import Terms, terms_of
from exam.proctor.watching import rules_page as page_rules
from exam.proctor.watching import rules_server as server_rules
from exam.proctor.watching.page_table import AROUND, PAGE
from exam.proctor.watching.rules_page import TICK, PageEvent, PageTrack
from exam.sessions.instants import SECOND, instant, micros
from exam.sessions.models import Sitting, SittingEvent, SittingHead
from exam.sessions.requests import Note
from exam.sessions.states import RUNNING, State

HELD_UP = "frames.held-up"
"""A link of the server's own: from `since` (ms) on it had no room for frames that came. One for all of a while."""
LINE_LOST, LINE_BACK = "line.lost", "line.back"
"""Links of the server's own: `since` (ms) is when the page was last heard, `seconds` how long it was gone."""
_PROCTORED: Any = Proctored.__table__  # type: ignore[attr-defined]
_HEARD = (
    update(_PROCTORED)
    .where(
        _PROCTORED.c.sitting_id == bindparam("b_id"),
        or_(_PROCTORED.c.heard_at.is_(None), _PROCTORED.c.heard_at < bindparam("b_at")),
    )
    .values(heard_at=bindparam("b_at"))
)
_HELD = update(_PROCTORED).where(_PROCTORED.c.sitting_id == bindparam("b_id")).values(held_at=bindparam("b_at"))
_SEEN = update(_PROCTORED).where(_PROCTORED.c.sitting_id == bindparam("b_id")).values(seen_seq=bindparam("b_seq"))


@dataclass(frozen=True)
class Watched:
    """A watched sitting under way. Instants are microseconds; `heard` and `frame` fall back to its start.

    `frame` is when one came last, whether there was room for it or not.
    """

    terms: Terms
    state: str
    started: int
    heard: int
    frame: int
    lost_since: int | None
    seen_seq: int
    camera_open: bool
    head: int
    """The last link of its log."""


@dataclass
class PageMemory:
    """A page's track, the last of its events, when it was heard last, and since when without a break.

    `head` is the link up to which the log was read for it; `state` the sitting's when it was looked at last.
    """

    track: PageTrack
    seq: int
    heard: int
    unbroken: int
    head: int = 0
    state: str = ""

    def hear(self, at: int) -> None:
        """The page was heard at `at`."""
        if at - self.heard >= server_rules.after("silence"):
            self.unbroken = at
        self.heard = at

    def pass_over(self, now: int) -> None:
        """The sitting is paused at `now`: nothing that does not come until then is missing."""
        self.unbroken = max(self.unbroken, now)

    @property
    def settled(self) -> int:
        """Before this nothing that did not come counts as missing."""
        return max(self.track.settled, self.unbroken)


def write_heard(db: Session, heard: Mapping[int, int]) -> None:
    """Write down when these sittings were last heard (microseconds); those that are not watched are passed over."""
    rows = [{"b_id": sitting_id, "b_at": instant(at)} for sitting_id, at in sorted(heard.items())]
    if rows:
        db.connection().execute(_HEARD, rows)


def write_held(db: Session, held: Mapping[int, int]) -> list[Note]:
    """Write down when frames of these sittings were last turned away (microseconds); the links of those that begin."""
    query = select(Proctored.sitting_id, Proctored.held_at).join(Sitting, col(Sitting.id) == col(Proctored.sitting_id))
    known = dict(db.exec(query.where(col(Sitting.id).in_(sorted(held)), col(Sitting.state).in_(RUNNING))).all())
    rows = [{"b_id": n, "b_at": instant(held[n])} for n, last in sorted(known.items()) if held[n] > _micros(last)]
    if rows:
        db.connection().execute(_HELD, rows)
    begun = [n for n, last in sorted(known.items()) if held[n] - _micros(last) > server_rules.after("held-up")]
    return [Note(n, held[n], HELD_UP, {"since": held[n] // 1000}) for n in begun]


def under_way(db: Session) -> list[Watched]:
    """Every watched sitting that is under way."""
    rows = db.exec(
        select(Proctored, Sitting.state, Sitting.started_at, SittingHead.seq)
        .join(Sitting, col(Proctored.sitting_id) == col(Sitting.id))
        .join(SittingHead, col(SittingHead.sitting_id) == col(Sitting.id))
        .where(col(Sitting.state).in_(RUNNING))
        .order_by(col(Sitting.id))
    ).all()
    going = select(Incident.sitting_id).where(Incident.kind == "camera-lost", col(Incident.ended_at).is_(None))
    open_ones = frozenset(db.exec(going.where(col(Incident.sitting_id).in_([row.sitting_id for row, *_ in rows]))))
    return [_watched(row, state, began, head, row.sitting_id in open_ones) for row, state, began, head in rows]


def _watched(row: Proctored, state: str, began: datetime | None, head: int, camera_open: bool) -> Watched:
    started = micros(began or row.made_at)
    return Watched(
        terms=terms_of(row),
        state=state,
        started=started,
        heard=max(started, _micros(row.heard_at)),
        frame=max(started, _micros(row.frame_at), _micros(row.held_at)),
        lost_since=None if row.lost_since is None else micros(row.lost_since),
        seen_seq=row.seen_seq,
        camera_open=camera_open,
        head=head,
    )


def _micros(at: datetime | None) -> int:
    return 0 if at is None else micros(at)


def read_pages(
    db: Session, going: Iterable[Watched], pages: dict[int, PageMemory]
) -> list[tuple[Watched, list[Noticed]]]:
    """What the pages of these sittings did since the last time, folded into their tracks.

    A sitting that this process did not follow up to where it was judged last is folded anew from its start, without
    telling again what was told. The log is asked only where it grew.
    """
    found = []
    for watched in going:
        sitting_id = watched.terms.sitting_id
        memory = pages.get(sitting_id)
        if memory is None or memory.seq < watched.seen_seq:
            unbroken = watched.heard if memory is None else memory.unbroken  # what was before is not known
            memory = pages[sitting_id] = PageMemory(PageTrack(settled=watched.started), 0, watched.heard, unbroken)
        memory.hear(watched.heard)
        changes: list[Noticed] = []
        for seq, event in _events(db, sitting_id, memory.head) if watched.head > memory.head else ():
            memory.track, changed = page_rules.step(memory.track, event)
            memory.seq = seq
            changes += changed if seq > watched.seen_seq else ()
        memory.head, memory.state = max(memory.seq, watched.head), watched.state
        memory.track, changed = page_rules.step(memory.track, PageEvent(TICK, watched.heard))
        found.append((watched, [*changes, *changed]))
    return found


def _events(db: Session, sitting_id: int, beyond: int) -> list[tuple[int, PageEvent]]:
    rows = db.connection().execute(
        select(col(SittingEvent.seq), col(SittingEvent.kind), col(SittingEvent.at), col(SittingEvent.body))
        .where(
            SittingEvent.sitting_id == sitting_id,
            SittingEvent.seq > beyond,
            or_(col(SittingEvent.kind).startswith(PAGE), col(SittingEvent.kind).in_(AROUND)),
        )
        .order_by(col(SittingEvent.seq))
    )
    return [(seq, _event(kind, at, orjson.loads(body))) for seq, kind, at, body in rows]


def _event(kind: str, at: int, said: dict[str, Any]) -> PageEvent:
    if kind.startswith(PAGE):
        return PageEvent(kind.removeprefix(PAGE), at, said.get("detail") or {})
    return PageEvent(kind, at, said)


def mark_seen(db: Session, seen: Mapping[int, int]) -> None:
    """Write down up to which link the pages of these sittings were judged."""
    if seen:
        db.connection().execute(_SEEN, [{"b_id": n, "b_seq": seq} for n, seq in sorted(seen.items())])


def line_notes(db: Session, watched: Watched, settled: int, now: int) -> list[Note]:
    """The links and incidents of a line that is lost or back; `settled`: before it nothing counts (a restart of ours,
    the end of a pause)."""
    sitting_id, terms = watched.terms.sitting_id, watched.terms
    if watched.lost_since is None:
        since = max(watched.heard, settled)
        if not server_rules.line_is_lost(since, now) or watched.state == State.PAUSED:
            return []
        if not _mark_lost(db, sitting_id, instant(since)):
            return []
        lost = Noticed("opened", "line-lost", "server", since, now, reason={"seconds": (now - since) // SECOND})
        return [Note(sitting_id, now, LINE_LOST, {"since": since // 1000}), *_notes(terms, [lost], now)]
    if watched.heard <= watched.lost_since:
        return []
    if not _mark_lost(db, sitting_id, None):
        return []
    seconds = (watched.heard - watched.lost_since) // SECOND
    back = Noticed("closed", "line-lost", "server", watched.lost_since, watched.heard, reason={"seconds": seconds})
    return [Note(sitting_id, now, LINE_BACK, {"seconds": seconds}), *_notes(terms, [back], now)]


def _mark_lost(db: Session, sitting_id: int, since: datetime | None) -> bool:
    """Write that a line is lost or back; whether nobody did so before."""
    before = _PROCTORED.c.lost_since.is_(None) if since is not None else _PROCTORED.c.lost_since.is_not(None)
    query = update(_PROCTORED).where(_PROCTORED.c.sitting_id == sitting_id, before).values(lost_since=since)
    return bool(db.connection().execute(query).rowcount)


def camera_changes(watched: Watched, settled: int) -> list[Noticed]:
    """Whether frames of a sitting stopped coming, or come again."""
    if not watched.terms.camera or watched.state == State.PAUSED or watched.lost_since is not None:
        return []
    since = max(watched.frame, settled)
    lost = server_rules.camera_is_lost(since, watched.terms.interval_seconds, watched.heard)
    if lost == watched.camera_open:
        return []
    if lost:
        reason = {"seconds": (watched.heard - since) // SECOND}
        return [Noticed("opened", "camera-lost", "server", since, watched.heard, reason=reason)]
    return [Noticed("closed", "camera-lost", "server", watched.started, watched.frame)]


def _notes(terms: Terms, changes: Sequence[Noticed], now: int) -> list[Note]:
    return service_incidents.notes_of(terms, changes, now)


def ended_with_open(db: Session) -> list[tuple[int, Terms, int]]:
    """Sittings that are over with a stretch still open: id, terms, when they ended (microseconds)."""
    going = select(Incident.sitting_id).where(
        col(Incident.ended_at).is_(None),
        Incident.state == "open",
        col(Incident.origin).in_(("camera", "page", "server")),
    )
    rows = db.exec(
        select(Sitting, Proctored)
        .join(Proctored, col(Proctored.sitting_id) == col(Sitting.id))
        .where(col(Sitting.id).in_(going), col(Sitting.state).not_in(RUNNING))
    ).all()
    return [(each.id or 0, terms_of(row), _micros(each.submitted_at) or micros(row.made_at)) for each, row in rows]
