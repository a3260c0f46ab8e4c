"""Tickets to a package's files: a package runs in a frame without an origin, which has no cookie to show.

A ticket names a run's learner and a chapter, is good for a day, opens nothing but that package's files, and is only
given to somebody who may learn it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from exam.core import tokens, web
from exam.core.errors import NotFound
from exam.courseware.models import CourseChapter

PURPOSE = "package"
GOOD_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Ticket:
    """Who may see which package."""

    person_id: int
    chapter_id: int


def make(request: Request, person_id: int, chapter_id: int) -> str:
    """A ticket for a person and a chapter."""
    return tokens.make(request.app.state.secret, PURPOSE, [person_id, chapter_id], web.now(request))


def read(request: Request, text: str) -> Ticket:
    """What a ticket is for. Raises NotFound for one that is forged or too old."""
    try:
        person_id, chapter_id = tokens.read(request.app.state.secret, PURPOSE, text, GOOD_FOR, web.now(request))
    except (tokens.BadToken, TypeError, ValueError) as error:
        raise NotFound("ticket") from error
    return Ticket(person_id, chapter_id)


def launches(request: Request, person_id: int, chapter: CourseChapter) -> list[dict[str, Any]]:
    """What can be begun in a package: identifier, title, address."""
    ticket = make(request, person_id, chapter.id or 0)
    found = []
    for number, launch in enumerate(chapter.package.get("launches", ())):
        address = f"/packages/{ticket}/{number}/{quote(launch['path'])}"
        address += f"?{launch['query']}" if launch.get("query") else ""
        address += f"#{launch['fragment']}" if launch.get("fragment") else ""
        found.append({"identifier": launch["identifier"], "title": launch["title"], "url": address})
    return found
