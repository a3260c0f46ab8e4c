"""When a certificate is due, until when it holds, how it is numbered, and what it says to whoever asks. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from string import Formatter
from typing import Any, Literal

from exam.core.decisions import Refusal
from exam.core.workdays import Due, add_working_days
from exam.schemes.rows import CertificateKind, Issue

BODY = re.compile(r"CCAA0\d{2}")
APPROVAL = re.compile(r"[0-9A-Z]+(-[0-9A-Z]+){3}")
"""S2 §10.1: CCAA0XX; S2 annex 2 §4.3: the approval number of the certification body with all four groups."""

Standing = Literal["in-force", "expired", "revoked"]


def counted_from(issue: Issue, outcome_day: date, window_last: date | None, batches: Sequence[date]) -> date:
    """The day after which working days are counted: the window's last day, the first batch date that is not before the
    outcome, or the day of the outcome itself (also where there is no window, or no batch any more)."""
    if issue.after == "window" and window_last is not None:
        return window_last
    if issue.after == "batch":
        return min((batch for batch in batches if batch >= outcome_day), default=outcome_day)
    return outcome_day


def due(issue: Issue, start: date, corrections: Mapping[date, bool]) -> Due:
    """The day on which a certificate is due, so many working days after `start`."""
    return add_working_days(start, issue.working_days, corrections)


def valid_until(kind: CertificateKind, start: date) -> date | None:
    """The last day of validity, so many years after the day that was counted from; None: without end.

    From 29 February it is 28 February of a year that has no such day.
    """
    if kind.validity_years is None:
        return None
    year = start.year + kind.validity_years
    try:
        return start.replace(year=year)
    except ValueError:
        return start.replace(year=year, day=28)


def standing(state: str, until: date | None, today: date) -> Standing | None:
    """What is told to whoever asks: None for a certificate that was never issued. The last day still counts."""
    if state == "revoked":
        return "revoked"
    if state != "issued":
        return None
    return "expired" if until is not None and today > until else "in-force"


def needed_fields(kind: CertificateKind) -> frozenset[str]:
    """The fields that a kind's number is made of, besides year and serial."""
    names = {name.split(":")[0] for _, name, _, _ in Formatter().parse(kind.number) if name}
    return frozenset(names - {"year", "serial"})


def series_key(kind: CertificateKind, scheme: str, fields: Mapping[str, Any]) -> str:
    """Within what serials count: the scheme, the kind and the values of `serial_within`."""
    return "|".join([scheme, kind.key, *(str(fields[name]) for name in kind.serial_within)])


def number(kind: CertificateKind, fields: Mapping[str, Any], serial: int) -> str:
    """The number of a certificate. `fields` holds `year` and what `needed_fields` names; raises KeyError without."""
    return kind.number.format(**{**fields, "serial": serial})


def may_number(kind: CertificateKind, fields: Mapping[str, Any]) -> Refusal | None:
    """Whether everything that a number is made of is known."""
    missing = sorted(name for name in needed_fields(kind) if fields.get(name) in (None, ""))
    if not missing:
        return None
    issuer = {"body", "approval"} & set(missing)
    return Refusal("certificate-issuer-missing" if issuer else "certificate-field-missing", params={"name": missing[0]})


def may_issue(state: str, due_on: date, today: date, at: datetime) -> Refusal | None:
    """Whether a certificate may be issued: never before its day. `at` is that day's first instant."""
    if state != "due":
        return Refusal("certificate-not-due")
    return Refusal("certificate-too-early", allowed_from=at) if today < due_on else None


def name_key(name: str) -> str:
    """A name as it is compared: width, spaces and the dot within a name don't matter."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s·•・.]", "", folded)


def masked_name(name: str) -> str:
    """A name of which only the first character is shown."""
    return name[:1] + "*" * max(1, len(name) - 1)
