"""What a result waits for, who may decide and void, until when an appeal is in time: round every boundary."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exam.core.decisions import Refusal
from exam.proctor.review.rules import (
    Against,
    Hold,
    Open,
    Subject,
    appeal_until,
    hold,
    may_appeal,
    may_carry_out,
    may_decide,
    may_give_again,
    may_propose_void,
    may_restore,
    needs_note,
)

ENDED = datetime(2026, 11, 6, 5, 0, tzinfo=UTC)
LATER = ENDED + timedelta(hours=3)


def code(refusal: Refusal | None) -> str:
    return refusal.code if refusal else ""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"settled": True}, None),
        ({"settled": False}, Hold("settled", ENDED)),
        ({"settled": False, "ended_at": None}, None),  # not over: nothing to hold yet
        ({"settled": True, "incident_since": LATER}, Hold("incidents", ENDED)),
        ({"settled": True, "incident_since": LATER, "ended_at": None}, Hold("incidents", LATER)),
        ({"settled": True, "office_since": LATER}, Hold("office", ENDED)),
        ({"settled": True, "office_since": LATER, "incident_since": ENDED}, Hold("office", ENDED)),
        ({"settled": True, "appeal_since": LATER, "incident_since": ENDED}, Hold("appeal", LATER)),
        ({"settled": True, "void_since": LATER, "appeal_since": ENDED}, Hold("void", LATER)),
        ({"settled": True, "unseen": True}, Hold("identity", ENDED)),
        ({"settled": False, "unseen": True}, Hold("identity", ENDED)),
        ({"settled": True, "unseen": True, "incident_since": LATER}, Hold("incidents", ENDED)),
        ({"settled": True, "unseen": True, "ended_at": None}, None),  # not over: nothing to hold yet
        ({"hold_results": False, "settled": True, "unseen": True}, None),
        ({"hold_results": False, "settled": False, "incident_since": LATER}, None),
        ({"hold_results": False, "settled": True, "office_since": LATER, "appeal_since": LATER}, None),
        ({"hold_results": False, "settled": True, "void_since": LATER}, Hold("void", LATER)),
    ],
)
def test_what_a_result_waits_for(found: dict[str, Any], expected: Hold | None) -> None:
    usual = {"hold_results": True, "ended_at": ENDED}
    assert hold(Open(**{**usual, **found})) == expected


@pytest.mark.parametrize(
    ("state", "history", "to", "office", "expected"),
    [
        ("open", (), "confirmed", False, ""),
        ("open", (), "dismissed", False, ""),
        ("open", (), "sent-on", False, ""),
        ("open", (), "open", False, "incident-already-so"),
        ("confirmed", ("confirmed",), "dismissed", False, ""),
        ("confirmed", ("confirmed",), "open", False, ""),
        ("confirmed", ("confirmed",), "confirmed", False, "incident-already-so"),
        ("sent-on", ("sent-on",), "confirmed", False, "incident-with-office"),
        ("sent-on", ("sent-on",), "open", False, "incident-with-office"),
        ("sent-on", ("sent-on",), "confirmed", True, ""),
        ("sent-on", ("sent-on",), "sent-on", True, "incident-already-so"),
        ("dismissed", ("sent-on", "dismissed"), "confirmed", False, "incident-with-office"),
        ("dismissed", ("sent-on", "dismissed"), "confirmed", True, ""),
    ],
)
def test_who_may_decide(state: str, history: tuple[str, ...], to: str, office: bool, expected: str) -> None:
    assert code(may_decide(Subject(state, False, history, "submitted"), to, office)) == expected


@pytest.mark.parametrize(
    ("state", "to", "office", "expected"),
    [
        ("dismissed", "confirmed", False, "incident-appealed"),
        ("dismissed", "open", False, "incident-appealed"),
        ("open", "dismissed", False, "incident-appealed"),
        ("dismissed", "confirmed", True, ""),
        ("open", "dismissed", True, ""),
    ],
)
def test_once_an_appeal_was_answered_only_the_office_decides(state: str, to: str, office: bool, expected: str) -> None:
    subject = Subject(state, False, ("confirmed", "dismissed"), "submitted", answered=True)
    assert code(may_decide(subject, to, office)) == expected


def test_nothing_is_decided_while_it_goes_on_or_once_the_sitting_is_void() -> None:
    assert code(may_decide(Subject("open", True, (), "in-progress"), "dismissed", True)) == "incident-going-on"
    assert code(may_decide(Subject("confirmed", False, (), "void"), "dismissed", True)) == "incident-void"
    assert [needs_note(to) for to in ("confirmed", "sent-on", "dismissed", "open")] == [True, True, False, False]


DECIDED = datetime(2026, 11, 6, 5, 0, tzinfo=UTC)  # 13:00 in Shanghai
END = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)  # midnight after the tenth day, in Shanghai
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("decided", "days", "until"),
    [
        (DECIDED, 10, END),
        (datetime(2026, 11, 6, 15, 59, 59, tzinfo=UTC), 10, END),
        (datetime(2026, 11, 6, 16, 0, tzinfo=UTC), 10, END + timedelta(days=1)),
        (DECIDED, 0, datetime(2026, 11, 6, 16, 0, tzinfo=UTC)),
    ],
)
def test_appeals_end_with_a_day(decided: datetime, days: int, until: datetime) -> None:
    assert appeal_until(decided, days) == until


@pytest.mark.parametrize(
    ("against", "earlier", "running", "now", "expected"),
    [
        (Against(DECIDED), [], False, DECIDED, ""),
        (Against(DECIDED), [], False, END - SECOND, ""),
        (Against(DECIDED), [], False, END, "appeal-too-late"),
        (Against(DECIDED), [], True, DECIDED, "appeal-while-running"),
        (Against(), [], False, DECIDED, "appeal-nothing-decided"),
        (Against(ended_by_proctor_at=DECIDED), [], False, END - SECOND, ""),
        (Against(DECIDED, voided_at=DECIDED + timedelta(days=5)), [], False, END, ""),
        (Against(DECIDED), [("open", DECIDED)], False, DECIDED, "appeal-open"),
        (Against(DECIDED), [("refused", DECIDED)], False, DECIDED, "appeal-answered"),
        (Against(DECIDED), [("refused", DECIDED - SECOND)], False, DECIDED, ""),
        (Against(DECIDED), [("upheld", DECIDED - SECOND), ("open", DECIDED)], False, DECIDED, "appeal-open"),
    ],
)
def test_who_may_appeal(
    against: Against, earlier: list[tuple[str, datetime]], running: bool, now: datetime, expected: str
) -> None:
    assert code(may_appeal(against, earlier, running, 10, now)) == expected


@pytest.mark.parametrize(
    ("confirmed", "undecided", "state", "proposed", "ground", "expected"),
    [
        (1, 0, "submitted", False, "confirmed", ""),
        (0, 0, "submitted", False, "confirmed", "void-nothing-confirmed"),
        (0, 0, "submitted", False, "fault", ""),
        (1, 0, "submitted", False, "fault", ""),
        (0, 1, "submitted", False, "fault", "void-undecided"),
        (0, 0, "submitted", True, "fault", "void-proposed"),
        (0, 0, "void", False, "fault", "void-already"),
        (0, 0, "in-progress", False, "fault", "void-not-handed-in"),
        (1, 1, "submitted", False, "confirmed", "void-undecided"),
        (1, 0, "submitted", True, "confirmed", "void-proposed"),
        (1, 0, "void", False, "confirmed", "void-already"),
        (1, 0, "in-progress", False, "confirmed", "void-not-handed-in"),
    ],
)
def test_who_may_propose_to_void(
    confirmed: int, undecided: int, state: str, proposed: bool, ground: str, expected: str
) -> None:
    assert code(may_propose_void(confirmed, undecided, state, proposed, ground)) == expected


@pytest.mark.parametrize(
    ("proposer", "by", "decided", "confirmed", "undecided", "expected"),
    [
        (1, 2, False, 1, 0, ""),
        (1, 1, False, 1, 0, "void-same-person"),
        (1, 2, True, 1, 0, "void-decided"),
        (1, 1, True, 1, 0, "void-decided"),
        (1, 2, False, 0, 0, "void-nothing-confirmed"),
        (1, 2, False, 1, 1, "void-undecided"),
    ],
)
def test_two_people_void(proposer: int, by: int, decided: bool, confirmed: int, undecided: int, expected: str) -> None:
    assert code(may_carry_out(proposer, by, decided, confirmed, undecided, "confirmed")) == expected
    for_a_fault = "" if expected == "void-nothing-confirmed" else expected
    assert code(may_carry_out(proposer, by, decided, confirmed, undecided, "fault")) == for_a_fault


@pytest.mark.parametrize(
    ("state", "submitted_by", "ended_by", "by", "undecided", "expected"),
    [
        ("submitted", "proctor", 1, 2, 0, ""),
        ("submitted", "proctor", None, 2, 0, ""),  # whoever it was, the link does not say
        ("submitted", "proctor", 1, 1, 0, "appeal-own-end"),
        ("submitted", "proctor", 1, 2, 1, "void-undecided"),
        ("submitted", "candidate", None, 2, 0, "appeal-not-ended"),
        ("submitted", "deadline", None, 2, 0, "appeal-not-ended"),
        ("void", "proctor", 1, 2, 0, "appeal-not-ended"),
    ],
)
def test_whose_chance_an_appeal_gives_back(
    state: str, submitted_by: str, ended_by: int | None, by: int, undecided: int, expected: str
) -> None:
    assert code(may_give_again(state, submitted_by, ended_by, by, undecided)) == expected


@pytest.mark.parametrize(
    ("state", "free", "expected"), [("void", True, True), ("void", False, False), ("submitted", True, False)]
)
def test_what_can_count_again(state: str, free: bool, expected: bool) -> None:
    assert may_restore(state, free) is expected
