"""DATA: the states of a claim and what moves it. Withdrawn and refused are final; a new claim can be made."""

from collections.abc import Mapping

from exam.core.decisions import Refusal

MOVES: Mapping[tuple[str, str], str] = {
    ("draft", "send"): "sent",
    ("draft", "withdraw"): "withdrawn",
    ("sent", "withdraw"): "withdrawn",
    ("sent", "approve"): "approved",
    ("sent", "refuse"): "refused",
    ("sent", "forged"): "forged",
    ("approved", "take-back"): "refused",
    ("approved", "forged"): "forged",
    ("forged", "not-forged"): "sent",
}
"""(state, event) → the next state. What was called forged by mistake is decided anew."""


def may_move(state: str, event: str) -> Refusal | None:
    """Why a claim can't be moved so, or nothing."""
    return None if (state, event) in MOVES else Refusal("claim-state", params={"state": state})
