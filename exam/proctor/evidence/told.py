"""DATA: which links of a log tell of which rows of a table, so that neither can be changed alone. No database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exam.proctor.incidents.rules import BY_SOFTWARE, NOTED_BY_HAND, OPENED
from exam.sessions.instants import micros

Parts = tuple[Any, ...] | None
INCIDENTS, DECISIONS = "tables/incidents.jsonl", "tables/decisions.jsonl"


@dataclass(frozen=True)
class Told:
    """A table whose rows each belong to one link of the log, and those links each to one row.

    `row` and `link` (kind and body of a link) give what must be the same in both; None: of no interest."""

    member: str
    row: Callable[[Mapping[str, Any]], Parts]
    link: Callable[[str, Mapping[str, Any]], Parts]


def _adjusted(kind: str, body: Mapping[str, Any]) -> Parts:
    if kind == "adjusted":
        return (body["kind"], body["seconds"], body["by"])
    return ("pause", body["seconds"], body["by"]) if kind == "resumed" else None


def _noted_row(row: Mapping[str, Any]) -> Parts:
    if row["origin"] in BY_SOFTWARE or row["origin"] == "blind":  # a draw has no link
        return None
    reason = row["reason"]  # how light it was is added at the end
    words = (reason.get("text"), reason.get("note"), reason.get("drawn"))
    return (row["id"], row["kind"], row["origin"], _millis(row["began_at"]), row["severity"], row["noted_by"], *words)


def _noted_link(kind: str, body: Mapping[str, Any]) -> Parts:
    if kind != NOTED_BY_HAND:
        return None
    reason = body["reason"]
    words = (reason.get("text"), reason.get("note"), reason.get("drawn"))
    named = (body[name] for name in ("incident", "kind", "origin", "began", "severity", "by"))
    return (*named, *words)


def _millis(at: str) -> int:
    return micros(datetime.fromisoformat(at)) // 1000


TOLD = (
    Told(
        "tables/messages.jsonl",
        lambda row: (row["id"], row["kind"], row["text"], row["sent_by"]),
        lambda kind, body: (
            (body["message"], body["kind"], body["text"], body["by"]) if kind == "message" else None  #
        ),
    ),
    Told("tables/adjustments.jsonl", lambda row: (row["kind"], row["seconds"], row["made_by"]), _adjusted),
    Told(
        DECISIONS,
        lambda row: (row["incident_id"], row["state"], row["note"], row["by"]),
        lambda kind, body: (
            (body["incident"], body["state"], body["note"], body["by"]) if kind == "incident.decided" else None
        ),
    ),
    Told(
        "tables/comments.jsonl",
        lambda row: (row["text"], row["incident_id"]),
        lambda kind, body: (body["text"], body["incident"]) if kind == "comment" else None,
    ),
    Told(
        "tables/appeals.jsonl",
        lambda row: (row["id"], row["text"]),
        lambda kind, body: (body["appeal"], body["text"]) if kind == "appeal" else None,
    ),
    Told(
        "tables/appeals.jsonl",
        lambda row: None if row["state"] == "open" else (row["id"], row["state"], row["decided_by"], row["answer"]),
        lambda kind, body: (
            (body["appeal"], body["state"], body["by"], body["answer"]) if kind == "appeal.decided" else None
        ),
    ),
    Told(
        "tables/void-proposals.jsonl",
        lambda row: (row["id"], row["reason"], row["proposed_by"], row.get("ground")),
        lambda kind, body: (
            (body["proposal"], body["reason"], body["by"], body.get("ground")) if kind == "void.proposed" else None
        ),
    ),
    Told(
        "tables/void-proposals.jsonl",
        lambda row: (row["id"], row["decided_by"]) if row["carried_out"] is False else None,
        lambda kind, body: (body["proposal"], body["by"]) if kind == "void.refused" else None,
    ),
    Told(INCIDENTS, _noted_row, _noted_link),
)


def opened(kind: str, body: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Of a link with which software began an incident: what the incident's row has, where it did not go on with an
    earlier one. The frame that it began with is the last of these."""
    if kind != OPENED:
        return None
    frames = body.get("frames")
    return (body["kind"], body["origin"], body["began"], body.get("detector", ""), frames[0] if frames else None)


def begun(row: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The same of a row; None for one that a human noted. Raises KeyError, TypeError, ValueError for no such row."""
    if row["origin"] not in BY_SOFTWARE:
        return None
    return (row["kind"], row["origin"], _millis(row["began_at"]), row["detector"], row["first_frame"])


def states(decisions: Iterable[Mapping[str, Any]]) -> dict[Any, Any]:
    """Incident → the state that its newest decision gave it, of rows in the order in which they were made."""
    return {row["incident_id"]: row["state"] for row in decisions}
