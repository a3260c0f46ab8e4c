"""A sitting's paper as data, for clients that draw it themselves: what the page shows, and nothing of the key."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.core.decisions import Refusal
from exam.core.errors import Refused
from exam.itembank.view import candidate_view
from exam.sessions import rules, service
from exam.sessions.instants import micros
from exam.sessions.models import Sitting
from exam.sessions.plan import plan


def as_data(db: Session, sitting: Sitting, now: datetime) -> dict[str, Any]:
    """The items in the candidate's order. Raises `Refused` before the start and after the end, as a save would be."""
    ends = None if sitting.deadline is None else micros(sitting.deadline)
    code = rules.refuse_writing(sitting.state, sitting.submitted_by, micros(now), ends, 0, None, sitting.claim)
    if code is not None:
        raise Refused(Refusal(code))
    shuffle = plan(db, sitting.paper_id).shuffle_options
    items = []
    for slot in service.slots(db, sitting):
        view = candidate_view(slot.kind, slot.content, sitting.seed, slot.slot, shuffle=shuffle)
        items.append({"slot": slot.slot, "marks": f"{slot.marks:.2f}", **_item(view)})
    return {"sitting": sitting.id, "count": len(items), "items": items}


def _item(view: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": view["kind"],
        "stem": [{"html": str(piece.html), "blank": piece.blank} for piece in view["stem"]],
        "options": [
            {"id": option["id"], "letter": option["letter"], "html": str(option["html"])} for option in view["options"]
        ],
        "blanks": list(view["blanks"]),
        "parts": [{"id": part["id"], **_item(part["item"])} for part in view["parts"]],
    }
    return shown | {name: view[name] for name in ("min_length", "max_length", "has_unit") if name in view}
