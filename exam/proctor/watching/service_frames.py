"""Rows of frames, written in the transaction that puts their links into the sittings' logs."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from exam.core import keeping
from exam.core.db import Database
from exam.core.objects import ObjectStore
from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import Frame, Proctored
from exam.proctor.watching.link_bodies import impersonal
from exam.proctor.watching.standing import consented
from exam.sessions import signals
from exam.sessions.instants import instant
from exam.sessions.requests import Note

FRAME = "frame"
"""The kind of a frame's link. It says `number`, `source`, `taken` (ms), `picture` (hash), `size`, and `seen` (the
observation, without what shows how somebody looks: `link_bodies`; null where frames were thinned, with `thinned`)."""

BAR = "camera"
"""Frames and what comes of them ask for the candidate's newest answer once more where they are written (`barred`)."""

_PROCTORED: Any = Proctored.__table__  # type: ignore[attr-defined]
_FRAME: Any = Frame.__table__  # type: ignore[attr-defined]
_SEEN = (
    update(_PROCTORED)
    .where(_PROCTORED.c.sitting_id == bindparam("b_id"), _PROCTORED.c.frame_number < bindparam("b_number"))
    .values(frame_at=bindparam("b_at"), frame_number=bindparam("b_number"))
)


def link_of(
    sitting_id: int, at: int, values: dict[str, Any], seen: dict[str, Any] | None, going_on: Sequence[Noticed]
) -> Note:
    """The link of a frame: `values` are number, source, taken (ms), picture and size. `going_on`: stretches that it
    extends, whose rows are written with it."""
    body = {**values, "seen": None if seen is None else impersonal(seen), **({"thinned": True} if seen is None else {})}
    return Note(sitting_id, at, FRAME, body, tuple(going_on), BAR)


def barred(db: Session, sitting_ids: Collection[int]) -> dict[int, str]:
    """Of which of these sittings no picture may be kept (`sessions.signals.note_bars`)."""
    given = consented(db, sorted(sitting_ids))
    return {each: "camera-consent-missing" for each in sitting_ids if each not in given}


def drop(database: Database, objects: ObjectStore, picture: str) -> None:
    """Delete the file of a frame that was refused after it was stored, unless a row needs the same one."""
    with database.reading() as db:
        gone = keeping.unneeded(db, [picture])
    keeping.remove(objects, gone)


def heard(db: Session, group: Sequence[tuple[Note, int]]) -> None:
    """Subscriber to `frame` (`sessions.signals.noted`). A number that another process took just now stays as it is."""
    rows = [_row(note) for note, _ in group]
    insert = postgresql.insert if db.connection().dialect.name == "postgresql" else sqlite.insert
    db.connection().execute(insert(_FRAME).on_conflict_do_nothing(), rows)
    newest: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row["number"] > newest.get(row["sitting_id"], {"b_number": 0})["b_number"]:
            newest[row["sitting_id"]] = {
                "b_id": row["sitting_id"],
                "b_number": row["number"],
                "b_at": instant(row["at"]),
            }
    db.connection().execute(_SEEN, list(newest.values()))
    for note, _ in group:
        for change in note.about or ():
            service_incidents.note_change(db, note.sitting_id, change, note.at)


def _row(note: Note) -> dict[str, Any]:
    said = note.body
    seen = said["seen"]
    return {
        "sitting_id": note.sitting_id,
        "number": said["number"],
        "source": said["source"],
        "at": note.at,
        "taken": None if said["taken"] is None else said["taken"] * 1000,
        "picture": said["picture"],
        "size": said["size"],
        "observation": seen,
        "detector": "" if seen is None else seen["detector"],
        "thinned": seen is None,
        "erased": False,
    }


signals.note_bars[BAR] = barred  # whoever writes a frame asks, also without a server (the demo)
