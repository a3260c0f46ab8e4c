"""What a course package is once read: its launches in order; and how it is refused."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exam.core.errors import BadFile


class BadPackage(BadFile):
    """A course package that is not taken; `code` says why (`package-…`), `params` fill its text."""


@dataclass(frozen=True)
class Launch:
    """One thing a learner opens: a file of the package, and what the package says of it.

    `identifier` is unique in the package. `path` is a name of the archive, not percent-encoded; `query` and `fragment`
    are ready for an address and come without "?" and "#". `mastery` is 0 to 100.
    """

    identifier: str
    title: str
    path: str
    query: str = ""
    fragment: str = ""
    kind: Literal["sco", "asset"] = "sco"
    mastery: Decimal | None = None
    max_time_seconds: int | None = None
    time_limit_action: str = ""
    launch_data: str = ""
    prerequisites: str = ""


@dataclass(frozen=True)
class Package:
    """A course package: by which standard, its title, and at least one launch."""

    kind: Literal["scorm-1.2", "aicc"]
    title: str
    launches: tuple[Launch, ...]
