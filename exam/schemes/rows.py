"""The rows that schemes are made of beyond dates: who is measured by what, hours, fees, certificates, other activities.

Generic code reads these and never asks for a scheme by its name. `title` is Chinese and the message id of its English;
`key` is opaque. Hours are credit hours of 45 minutes (S2 §4.7), money is yuan.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class QuarterWeekend:
    """The last Saturday-Sunday pair that lies wholly inside each quarter, both days whole."""


@dataclass(frozen=True)
class Condition:
    """A fact about a person (a whole number, see `MEMBER_FACTS`) that is at least so much."""

    fact: str
    at_least: int = 1


MEMBER_FACTS = ("fields", "roles", "holder", "renewed-before", "foreign")
"""What a membership may say of a person: number of registered fields, number of roles (auditor, inspector), whether
they hold the qualification, renewed before, are foreign staff (0 or 1)."""


@dataclass(frozen=True)
class Track:
    """A group of people who are asked for the same: a speciality, holders, people with several fields.

    Who belongs: where `chosen`, who chose it (a PT-P speciality; a person may be in several); otherwise the first track
    of the scheme with any of its `when` conditions true, or without conditions. `code` is the notice's own code.
    """

    key: str
    title: str
    code: str = ""
    chosen: bool = False
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Category:
    """A category that hours are credited in. `own_staff`: only for staff of the institution that gives them."""

    key: str
    title: str
    own_staff: bool = False
    least_hours: Decimal | None = None
    """The fewest and the most hours a course of the category may have; None: no bound."""
    most_hours: Decimal | None = None


@dataclass(frozen=True)
class Cycle:
    """The stretch that hours are counted in: `calendar-year` (1 January to 31 December), `years` (so many years up
    to the day a person's certificate expires), or `open` (no end: every entry counts)."""

    kind: Literal["calendar-year", "years", "open"]
    years: int = 1


@dataclass(frozen=True)
class HourRequirement:
    """Hours that a cycle asks for: at least `hours` in `category` (None: in all together), for a track (None: all).

    `after`: hours of this category count only from the instant at which that category's requirement was met.
    """

    key: str
    hours: Decimal
    category: str | None = None
    track: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Fee:
    """What is to be paid: `yuan` for each enrolment, credit hour or try; for a track or category (None: any)."""

    per: Literal["enrolment", "hour", "try"]
    yuan: Decimal
    track: str | None = None
    category: str | None = None


@dataclass(frozen=True)
class Grant:
    """Hours of a category that are free of charge, once a cycle, for people with the fact (a whole number, at least
    1)."""

    key: str
    category: str
    hours: Decimal
    fact: str


@dataclass(frozen=True)
class Posting:
    """What an outcome credits: passing an exam or finishing a course, of a delivery (None: any), posts `hours`
    (None: the course's own) in `category` (None: the course's own)."""

    on: Literal["passed", "finished"]
    hours: Decimal | None = None
    category: str | None = None
    delivery: str | None = None


@dataclass(frozen=True)
class Issue:
    """When a certificate is due: `working_days` after the end of the exam window, after the first expiry batch that
    is not before the outcome (`batch`), or after the outcome itself; 0: at once."""

    after: Literal["window", "batch", "outcome"]
    working_days: int


@dataclass(frozen=True)
class CertificateKind:
    """A certificate: what it certifies, how it is numbered, when it is due and how long it holds.

    `basis`: one for each outcome (`passed`, `finished`), or one for each cycle whose hours are met (`hours`).
    `deliveries` and `tracks`: for which (empty: any). `number` is a format with the fields `year`, `serial` and
    those of the outcome and the issuer (`body`, `approval`, `course`, `hours`, `class_number`, `track_code`);
    serials count within the values of `serial_within`. `locks_result`: once issued, the result it rests on can no
    longer be changed.
    """

    key: str
    title: str
    basis: Literal["passed", "finished", "hours"]
    number: str
    serial_within: tuple[str, ...]
    issue: Issue
    validity_years: int | None = None
    photo: bool = False
    locks_result: bool = False
    deliveries: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """One way an activity is credited: `hours` for each `unit` (day, half-day, item, subject, ten-thousand-characters,
    hour, year). Whole units only where `whole`. `ranks`: only the first so many persons named (None: no limit).
    `spread_years`: registered in equal parts over so many years. `evidence`: what must be shown, as keys.
    `confirms`: conditions that the person states to be met, as keys; `asks`: numbers they have to give (`issn`, `cn`);
    `filed_by`: the day of the year by which the activity must have been filed with the authority."""

    key: str
    title: str
    hours: Decimal
    unit: str
    ranks: int | None = None
    spread_years: int = 1
    whole: bool = True
    evidence: tuple[str, ...] = ()
    confirms: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    filed_by: "MonthDay | None" = None


@dataclass(frozen=True)
class Activity:
    """An activity other than a course of the scheme that is recognised on application, with its variants.

    `number` is the notice's own; `approver` who decides: the person's unit or the bureau.
    """

    number: int
    key: str
    title: str
    category: str
    variants: tuple[Variant, ...]
    evidence: tuple[str, ...] = ()
    approver: Literal["unit", "bureau"] = "unit"
    posted_by_exam: bool = False
    """Credited by the result of an exam here, so that nobody applies for it."""


@dataclass(frozen=True)
class Waiver:
    """A reason to be let off hours: all of the year's (`hours` None and `full`), or `hours` of `category`.

    `own_hours`: as many as the course had that the person worked on. `apply`: an application with evidence is
    needed within the year's deadline; otherwise the office records it. `next_year_too`: may be taken in the year
    after instead. `ranks`: only the first so many persons named (None: no limit). `fact`: only for people with that
    fact. `group`: of the rows with the same name only one is granted in a year.
    """

    number: str
    key: str
    title: str
    full: bool = False
    hours: Decimal | None = None
    category: str | None = None
    own_hours: bool = False
    apply: bool = True
    next_year_too: bool = False
    evidence: tuple[str, ...] = ()
    ranks: int | None = None
    fact: str | None = None
    group: str = ""


@dataclass(frozen=True)
class MonthDay:
    """A day of each year, inclusive."""

    month: int
    day: int


@dataclass(frozen=True)
class Prerequisite:
    """What must be there before a sitting: `course-finished`, `fee-paid`, `application-approved`, `hour-proof`."""

    key: Literal["course-finished", "fee-paid", "application-approved", "hour-proof"]


@dataclass(frozen=True)
class Deadline:
    """A deadline for the institution: `key` names it (`report-results`), with its working days and delivery."""

    key: str
    working_days: int
    delivery: str | None = None
