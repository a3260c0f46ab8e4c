"""The institution's table of where its people stand: filters, pages, and the same rows as CSV and XLSX."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from exam import schemes
from exam.accounts.id_number import masked
from exam.core.i18n import N_, gettext
from exam.core.xlsx import make_book, neutral
from exam.credits.eligibility_view import category_title, missing_text, span_text
from exam.credits.service_eligibility import Line, day_of_year, measures, standings

BOM = b"\xef\xbb\xbf"
STATES = ("met", "not-met", "barred")
STATE_NAMES = {"met": N_("已满足"), "not-met": N_("未满足"), "barred": N_("资格取消")}
ANY = "any"
"""The choice "hours of any category are missing" of the filter by category."""


@dataclass(frozen=True)
class Filter:
    """What the table shows; "" and None mean everything. `missing` is a category, or `ANY`."""

    institution_id: int
    scheme: str
    year: int | None = None
    track: str = ""
    state: str = ""
    missing: str = ""
    q: str = ""


def read_filter(institution_id: int, given: Mapping[str, str], today: date) -> Filter:
    """A filter from a page's query; what makes no sense is left out. Without a scheme, the first that asks."""
    asking = [key for key in schemes.SCHEMES if measures(key, today)]
    scheme = given.get("scheme", "")
    scheme = scheme if scheme in asking else asking[0]
    year = given.get("year", "")
    categories = {rule.value.key for rule in schemes.get(scheme).categories} | {ANY}
    tracks = {rule.value.key for rule in schemes.get(scheme).tracks}
    return Filter(
        institution_id,
        scheme,
        year=int(year) if year.isascii() and year.isdecimal() and 2011 <= int(year[:5]) <= today.year else None,
        track=given.get("track", "") if given.get("track", "") in tracks else "",
        state=given.get("state", "") if given.get("state", "") in STATES else "",
        missing=given.get("missing", "") if given.get("missing", "") in categories else "",
        q=given.get("q", "").strip()[:60],
    )


def state_of(line: Line) -> str:
    """Met, not met, or cancelled for the year."""
    if line.standing.barred is not None:
        return "barred"
    return "met" if line.standing.met else "not-met"


def lines(db: Session, chosen: Filter, today: date) -> list[Line]:
    """The rows of the table, in the order of names."""
    on = day_of_year(chosen.scheme, today, chosen.year)
    found = standings(db, chosen.institution_id, chosen.scheme, on, name=chosen.q)
    return [line for line in found if _fits(line, chosen)]


def _fits(line: Line, chosen: Filter) -> bool:
    if chosen.track and line.standing.track != chosen.track:
        return False
    if chosen.state and state_of(line) != chosen.state:
        return False
    lacking = line.standing.categories_missing
    return not chosen.missing or (bool(lacking) if chosen.missing == ANY else chosen.missing in lacking)


def headings(scheme_key: str, on: date, locale: str) -> list[str]:
    """The headings of a file: two columns for each category of the scheme."""
    hours = []
    for category in _categories(scheme_key, on):
        title = gettext(category_title(scheme_key, category), locale)
        hours += [f"{title} {gettext('已计', locale)}", f"{title} {gettext('还差', locale)}"]
    names = [N_("姓名"), N_("身份证号"), N_("专业方向"), N_("周期"), N_("结论")]
    tail = [N_("合计已计"), N_("合计还差"), N_("还差什么")]
    return [*(gettext(name, locale) for name in names), *hours, *(gettext(name, locale) for name in tail)]


def _categories(scheme_key: str, on: date) -> list[str]:
    return [rule.value.key for rule in schemes.get(scheme_key).categories if rule.holds(on)]


def cells(line: Line, on: date, locale: str, *, full_id: bool) -> list[Any]:
    """A row as the headings have it; hours as numbers."""
    standing = line.standing
    hours: list[float] = []
    for category in _categories(standing.scheme, on):
        hours.append(float(sum(one.hours for one in standing.counted if one.entry.category == category)))
        hours.append(float(sum(asked.missing for asked in standing.requirements if asked.category == category)))
    return [
        line.name,
        (line.id_number or "") if full_id else masked(line.id_number),
        gettext(standing.track_title, locale) if standing.track_title else "",
        span_text(standing.cycle),
        gettext(STATE_NAMES[state_of(line)], locale),
        *hours,
        float(sum(one.hours for one in standing.counted)),
        float(standing.hours_missing),
        gettext("；", locale).join(missing_text(one, locale) for one in standing.missing),
    ]


def as_csv(rows: Iterable[Line], scheme_key: str, on: date, locale: str) -> Iterator[bytes]:
    """The table as CSV with a mark for Excel; text that a spreadsheet would run is made harmless, IDs are masked."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings(scheme_key, on, locale))
    for line in rows:
        writer.writerow([_cell(cell) for cell in cells(line, on, locale, full_id=False)])
    yield BOM + out.getvalue().encode()


def _cell(cell: Any) -> str:
    return neutral(cell) if isinstance(cell, str) else f"{cell:g}"


def as_xlsx(rows: Sequence[Line], scheme_key: str, on: date, locale: str, *, full_id: bool) -> bytes:
    """The table as a workbook, every text typed as text."""
    table = [cells(line, on, locale, full_id=full_id) for line in rows]
    return make_book(gettext("学时与资格", locale)[:31], headings(scheme_key, on, locale), table)
