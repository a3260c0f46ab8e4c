"""Results as other programs read them: a feed of changes, in the order in which they were committed.

A result enters the feed when it is first released. After that each change (regraded, withdrawn, released again, voided)
moves it to the end with a later `changed_at`; a withdrawn or void one carries no marks. The cursor is the place of the
last row read, so that a reader who goes on from it misses nothing and sees nothing twice that has not changed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer
from sqlmodel import Session, col

from exam import schemes
from exam.accounts.id_number import masked
from exam.accounts.models import Person
from exam.core.clock import instant_of
from exam.core.errors import Invalid, Problem
from exam.grading.models import Result
from exam.scheduling.models import Exam
from exam.sessions.instants import instant, micros

MOST = 1000
USUAL = 100
SALT = "exam.results-cursor"


@dataclass(frozen=True)
class Query:
    """What a program asks for: an institution's results of one exam (by code) or all, changed at or after `since`."""

    institution_id: int
    exam: str = ""
    since: datetime | None = None
    limit: int = USUAL
    after: tuple[datetime, int] | None = None

    @property
    def scope(self) -> str:
        """A digest of what the query is about, so that a cursor is not used with another."""
        since = micros(self.since) if self.since else ""
        return hashlib.sha256(f"{self.institution_id}\x1f{self.exam}\x1f{since}".encode()).hexdigest()[:16]


def read_query(institution_id: int, given: dict[str, str], secret: bytes) -> Query:
    """The query of a request; raises `Invalid` with a problem for each parameter that can't be read."""
    problems = []
    unknown = sorted(set(given) - {"exam", "since", "limit", "cursor"})
    problems += [Problem(name[:40], "unknown-parameter") for name in unknown]
    since = None
    if "since" in given:
        since = read_instant(given["since"])
        if since is None:
            problems.append(Problem("since", "not-an-instant"))
    text = given.get("limit", str(USUAL))
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    if not 1 <= limit <= MOST:
        problems.append(Problem("limit", "limit-out-of-range", {"most": MOST}))
    query = Query(institution_id, given.get("exam", "")[:40], since, limit or USUAL)
    after = None
    if "cursor" in given:
        after = read_cursor(secret, query, given["cursor"])
        if after is None:
            problems.append(Problem("cursor", "cursor-not-valid"))
    if problems:
        raise Invalid(problems)
    return Query(query.institution_id, query.exam, query.since, query.limit, after)


def read_instant(text: str) -> datetime | None:
    """An ISO 8601 instant with its offset (a blank is forgiven for "+", which addresses lose); None for other text."""
    try:
        return instant_of(text.strip().replace(" ", "+"))
    except ValueError:
        return None


def make_cursor(secret: bytes, query: Query, place: tuple[datetime, int]) -> str:
    """A signed cursor after `place`, good for the same institution, exam and `since` only."""
    return str(URLSafeSerializer(secret, salt=SALT).dumps([query.scope, micros(place[0]), place[1]]))


def read_cursor(secret: bytes, query: Query, text: str) -> tuple[datetime, int] | None:
    """The place of a cursor of ours for this query; None for any other text."""
    try:
        scope, at, result_id = URLSafeSerializer(secret, salt=SALT).loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    return (instant(at), result_id) if scope == query.scope else None


_COLUMNS = (
    *(col(Result.changed_at), col(Result.id), col(Result.sitting_id), col(Result.number), col(Result.person_id)),
    *(col(Person.name), col(Person.id_number), col(Exam.code), col(Exam.title), col(Exam.title_en), col(Exam.scheme)),
    *(col(Result.chance), col(Result.window_opens), col(Result.submitted_at), col(Result.state)),
    *(col(Result.withdrawn_at), col(Result.marks), col(Result.out_of), col(Result.cut_marks), col(Result.passed)),
    *(col(Result.released_at), col(Result.cause)),
)


def read(db: Session, query: Query) -> tuple[list[dict[str, Any]], tuple[datetime, int] | None, bool]:
    """The next results of a query, the place to go on from (None: nothing yet), and whether there are more by now."""
    statement: Any = (
        sa.select(*_COLUMNS)
        .join(Person, col(Person.id) == col(Result.person_id))
        .join(Exam, col(Exam.id) == col(Result.exam_id))
        .where(
            col(Result.institution_id) == query.institution_id,
            col(Result.current),
            col(Result.released_at).is_not(None),
        )
        .order_by(col(Result.changed_at), col(Result.id))
        .limit(query.limit + 1)
    )
    if query.exam:
        statement = statement.where(col(Exam.code) == query.exam)
    if query.since:
        statement = statement.where(col(Result.changed_at) >= query.since)
    if query.after:
        at, result_id = query.after
        statement = statement.where(
            col(Result.changed_at) >= at,
            (col(Result.changed_at) > at) | (col(Result.id) > result_id),
        )
    rows: Any = db.connection().execute(statement).all()
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    place = (rows[-1][0], rows[-1][1]) if rows else query.after
    return [_record(row) for row in rows], place, more


def _record(row: Any) -> dict[str, Any]:
    changed, _, sitting, number, person, name, id_number, code, title, title_en, scheme, *rest = row
    chance, opens, submitted, state, withdrawn, marks, out_of, cut, passed, released, cause = rest
    status = "void" if state == "void" else "withdrawn" if withdrawn else "released" if state == "final" else "marking"
    out = status == "released"
    return {
        "sitting": sitting,
        "revision": number,
        "status": status,
        "cause": cause,
        "person": {"id": person, "name": name, "id_number": masked(id_number)},
        "exam": {"code": code, "title": title, "title_en": title_en, "practice": schemes.is_practice(scheme)},
        "chance": chance,
        "window_opens": _text(opens),
        "submitted_at": _text(submitted),
        "marks": str(marks) if out else None,
        "out_of": str(out_of) if out else None,
        "cut_marks": str(cut) if out else None,
        "passed": passed if out else None,
        "released_at": _text(released) if out else None,
        "changed_at": _text(changed),
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")
