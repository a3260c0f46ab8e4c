"""Who wants to hear what happened to sittings. Filled when the app is put together (or by a higher package's
import).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.requests import Request

from exam.core.decisions import Refusal
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

submitted: list[Callable[[int], None]] = []
"""Called after the commit with the sitting's id; must be short and must not fail (wake a job, put into a queue)."""


@dataclass(frozen=True)
class Step:
    """Something to be done before a sitting can be started, as its start page lists it.

    `state`: "todo" (`url` is where), "waiting" (for somebody else), "done", "note" (nothing to do, but to know)."""

    title: str
    text: str
    state: str
    url: str = ""
    action: str = ""


steps: list[Callable[[Session, Request, Sitting, datetime], list[Step]]] = []
"""What a higher package asks of a candidate before the start, in the order in which it is done."""

prepared: list[Callable[[Session, Sitting, datetime], None]] = []
"""Called in the transaction that made a sitting ready, to fix what depends on its exam and its candidate."""

barriers: list[Callable[[Session, Collection[int], datetime], Mapping[int, Refusal]]] = []
"""Why some of these sittings can't be started now. They are asked for many at once, in the transaction of the
start, and may write what is fixed with it."""

paper_parts: list[Callable[[Session, Exam], tuple[str, dict[str, Any]] | None]] = []
"""What a higher package adds to the paper's page of an exam: a template's name and its context, of nobody in
particular (the page is rendered once per exam and paper). Its script is told of the sitting by events of the document:
see `static/sessions/around.js`."""

noted: dict[str, Callable[[Session, list[Any]], None]] = {}
"""By kind of `requests.Note`: called in the transaction that appends the links, with all (note, number of link) of a
group; writes rows that belong to them. Must not fail for what a candidate can cause."""

note_bars: dict[str, Callable[[Session, Collection[int]], Mapping[int, str]]] = {}
"""By `requests.Note.bar`: which of these sittings take no such note now, as codes. Asked once a group, in the
transaction that appends the links, when nobody else writes of these sittings any more."""

voided: list[Callable[[int], None]] = []
"""The same, for a sitting that does not count any more."""

void_barriers: list[Callable[[Session, Sitting], Refusal | None]] = []
"""Why a sitting can't be voided by one person alone."""

voided_in: list[Callable[[Session, int, datetime], None]] = []
"""Called in the transaction that voids a sitting, to take back what follows from it (a result)."""

restored_in: list[Callable[[Session, int, datetime], None]] = []
"""Called in the transaction in which a voided sitting counts again, to have follow from it what did."""

over_parts: list[Callable[[Session, Sitting, datetime], tuple[str, dict[str, Any]] | None]] = []
"""What a higher package adds to the page of a sitting that is over: a template's name and its context (`part`)."""
