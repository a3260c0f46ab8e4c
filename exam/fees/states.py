"""DATA: the states of a due and what moves it. A void due is final; the same thing can be charged anew."""

from collections.abc import Mapping

from exam.core.decisions import Refusal

MOVES: Mapping[tuple[str, str], str] = {
    ("unpaid", "settle"): "paid",
    ("paid", "reopen"): "unpaid",
    ("unpaid", "waive"): "waived",
    ("waived", "unwaive"): "unpaid",
    ("unpaid", "void"): "void",
    ("paid", "void"): "void",
    ("waived", "void"): "void",
}
"""(state, event) → the next state."""


def may_move(state: str, event: str) -> Refusal | None:
    """Why a due can't be moved so, or nothing."""
    return None if (state, event) in MOVES else Refusal("fee-state", params={"state": state})
