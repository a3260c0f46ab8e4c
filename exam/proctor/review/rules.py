"""What waits for a human after a watched sitting, and who may decide what: pure; `now` is handed in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Literal

from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal

Until = Literal["settled", "identity", "incidents", "office", "appeal", "void"]
DECISIONS = ("confirmed", "dismissed", "sent-on")
UNDECIDED = ("open", "sent-on")
MOST_NOTE = 500
MOST_AT_ONCE = 50
"""Decisions in one request: more than a screen of them was not looked at one by one (settled)."""


@dataclass(frozen=True)
class Open:
    """What is open about a watched sitting: since when each kind of thing waits (None: nothing of the kind does).

    `settled`: all that the end of a sitting asks for was done (stretches closed, blind samples drawn).
    `unseen`: an identity that is looked at afterwards still waits for somebody to do so."""

    hold_results: bool
    settled: bool
    ended_at: datetime | None = None
    incident_since: datetime | None = None
    office_since: datetime | None = None
    appeal_since: datetime | None = None
    void_since: datetime | None = None
    unseen: bool = False


@dataclass(frozen=True)
class Hold:
    """A result waits: until what is done, and since when (UTC)."""

    until: Until
    since: datetime


def hold(found: Open) -> Hold | None:
    """Whether a result that is not public yet waits, and what for; None: nothing of proctoring keeps it back.

    A proposal to void it keeps it back under every policy: what two people are about to take away is not given out in
    between, with hours and a certificate. All else waits only where the policy says that results wait.
    """
    if found.void_since is not None:
        return Hold("void", found.void_since)
    if not found.hold_results:
        return None
    if found.appeal_since is not None:
        return Hold("appeal", found.appeal_since)
    if found.office_since is not None:
        return Hold("office", found.ended_at or found.office_since)
    if found.incident_since is not None:
        return Hold("incidents", found.ended_at or found.incident_since)
    if found.unseen and found.ended_at is not None:
        return Hold("identity", found.ended_at)
    if not found.settled and found.ended_at is not None:
        return Hold("settled", found.ended_at)
    return None


@dataclass(frozen=True)
class Subject:
    """An incident as the rules of deciding see it. `history`: the states decided so far, oldest first.
    `answered`: whether an appeal of its sitting was answered."""

    state: str
    going_on: bool
    history: tuple[str, ...]
    sitting_state: str
    answered: bool = False


def may_decide(subject: Subject, to: str, office: bool) -> Refusal | None:
    """Whether somebody may decide an incident so. `office`: they hold what the exam office needs (to release results).

    Undoing is a later decision, also back to "open". What was once sent on stays with the exam office, so that nobody
    passes it over; so does everything about a sitting of which an appeal was answered, or a proctor would overrule the
    answer. Nothing is decided while the stretch still goes on, nor after the sitting was voided: that is undone
    by an appeal.
    """
    if subject.sitting_state == "void":
        return Refusal("incident-void")
    if subject.going_on:
        return Refusal("incident-going-on")
    if not office and "sent-on" in subject.history:
        return Refusal("incident-with-office")
    if not office and subject.answered:
        return Refusal("incident-appealed")
    if to == subject.state:
        return Refusal("incident-already-so")
    return None


def needs_note(to: str) -> bool:
    """Whether a decision needs words: candidates read why something was confirmed, the office why it was sent on."""
    return to in ("confirmed", "sent-on")


@dataclass(frozen=True)
class Against:
    """What was decided against a candidate: the newest confirmation, a void, an end by whoever watched."""

    confirmed_at: datetime | None = None
    voided_at: datetime | None = None
    ended_by_proctor_at: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """The newest of these decisions, from which the time for an appeal counts."""
        known = [each for each in (self.confirmed_at, self.voided_at, self.ended_by_proctor_at) if each is not None]
        return max(known, default=None)


def appeal_until(decided_at: datetime, days: int) -> datetime:
    """The first instant at which an appeal is too late: the end of the last of `days` whole days after the day of the
    decision, in Shanghai, so that nobody counts hours."""
    day = decided_at.astimezone(SHANGHAI).date() + timedelta(days=days + 1)
    return datetime.combine(day, time.min, SHANGHAI).astimezone(decided_at.tzinfo)


def may_appeal(
    against: Against, earlier: Collection[tuple[str, datetime]], running: bool, days: int, now: datetime
) -> Refusal | None:
    """Whether a candidate may appeal. `earlier`: state and instant of each appeal made before.

    One appeal for one decision: after the answer another is possible only if something was decided since.
    """
    if running:
        return Refusal("appeal-while-running")
    decided = against.newest
    if decided is None:
        return Refusal("appeal-nothing-decided")
    if any(state == "open" for state, _ in earlier):
        return Refusal("appeal-open")
    if any(made >= decided for _, made in earlier):
        return Refusal("appeal-answered")
    until = appeal_until(decided, days)
    if now >= until:
        return Refusal("appeal-too-late", params={"days": days})
    return None


def may_propose_void(confirmed: int, undecided: int, sitting_state: str, proposed: bool, ground: str) -> Refusal | None:
    """Whether somebody may propose to void a result, once nothing is undecided: for what was confirmed, or (`ground` =
    "fault") for a fault of ours, which needs nothing confirmed: the candidate did nothing.
    """
    if sitting_state == "void":
        return Refusal("void-already")
    if sitting_state != "submitted":
        return Refusal("void-not-handed-in")
    if proposed:
        return Refusal("void-proposed")
    if undecided:
        return Refusal("void-undecided", params={"n": undecided})
    if not confirmed and ground == "confirmed":
        return Refusal("void-nothing-confirmed")
    return None


def may_carry_out(
    proposed_by: int, by: int, decided: bool, confirmed: int, undecided: int, ground: str
) -> Refusal | None:
    """Whether somebody may carry out a proposal: another person, while it is open and still rests on something."""
    if decided:
        return Refusal("void-decided")
    if proposed_by == by:
        return Refusal("void-same-person")
    if undecided:
        return Refusal("void-undecided", params={"n": undecided})
    if not confirmed and ground == "confirmed":
        return Refusal("void-nothing-confirmed")
    return None


def may_give_again(
    sitting_state: str, submitted_by: str | None, ended_by: int | None, by: int, undecided: int
) -> Refusal | None:
    """Whether upholding an appeal may void a sitting and give its chance back: one that whoever watched ended, and by
    somebody else than who ended it, as voiding takes two people. `undecided`: stretches that nobody could decide then.
    """
    if sitting_state != "submitted" or submitted_by != "proctor":
        return Refusal("appeal-not-ended")
    if ended_by == by:
        return Refusal("appeal-own-end")
    return Refusal("void-undecided", params={"n": undecided}) if undecided else None


def may_restore(sitting_state: str, chance_free: bool) -> bool:
    """Whether a voided sitting can count again: not once the chance that was given back has been taken."""
    return sitting_state == "void" and chance_free


WAITS: Mapping[str, str] = MappingProxyType(
    {
        "settled": "hold.settled",
        "identity": "hold.identity",
        "incidents": "hold.incidents",
        "office": "hold.office",
        "appeal": "hold.appeal",
        "void": "hold.void",
    }
)
"""What a result waits for → the key of its words for the exam office; candidates read one sentence for all."""
