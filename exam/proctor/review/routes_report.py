"""The report on detectors, as a page and as CSV."""

import csv
import io
from collections.abc import Iterator
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.clock import day_of
from exam.proctor.review import queries_report
from exam.proctor.review.queries_report import Period
from exam.proctor.review.rules_report import GROUPS, NONE, Line, Share
from exam.proctor.review.view import show

OFFICE = may(Permission.RESULT_RELEASE)
BOM = "\ufeff"


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except ValueError:
        return None


def _period(request: Request) -> Period:
    asked = request.query_params
    exam = asked.get("exam", "")
    exam_id = int(exam) if exam.isascii() and exam.isdecimal() and len(exam) < 10 else None
    return Period(exam_id, _day(asked.get("start", "")), _day(asked.get("end", "")))


def group_text(kind: str, group: str) -> str:
    """What a line is about, in words."""
    if group == NONE:
        return i18n.gettext("没有") if kind == "accommodation" else i18n.gettext("不看画面")
    if kind in ("light", "accommodation"):
        return i18n.gettext(f"report.{kind}.{group}")
    return i18n.gettext(f"incident.{group}") if kind == "kind" else group


def percent(share: float) -> str:
    """A share in percent, with one decimal."""
    return f"{share * 100:.1f}"


def report(request: Request) -> Response:
    """`GET /proctoring/report?exam=&start=&end=` (name `proctor_report`): flag, overturn and missed rate."""
    period, who = _period(request), caller(request)
    with web.reading(request) as db:
        context = {
            "lines": queries_report.lines(db, who.institution_id, period),
            "groups": GROUPS,
            "exams": queries_report.exams(db, who.institution_id),
            "period": period,
            "group_text": group_text,
            "percent": percent,
            "query": request.url.query,
        }
    return show(request, "proctor/report.html", context)


def report_csv(request: Request) -> Response:
    """`GET /proctoring/report.csv?…` (name `proctor_report_csv`): the same with counts and intervals, in UTF-8 with
    the mark by which spreadsheets know it."""
    with web.reading(request) as db:
        found = queries_report.lines(db, caller(request).institution_id, _period(request))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for kind in GROUPS:
        writer.writerows(_cells(kind, line) for line in found[kind])
    headers = {"Content-Disposition": 'attachment; filename="proctoring-report.csv"'}
    return Response((BOM + text.getvalue()).encode(), media_type="text/csv; charset=utf-8", headers=headers)


COLUMNS = (
    *("by", "group"),
    *(f"{rate}_{column}" for rate in ("flag", "overturn", "missed") for column in ("n", "of", "rate", "low", "high")),
    "undecided",
)


def _cells(kind: str, line: Line) -> list[object]:
    cells: list[object] = [kind, "" if line.group in ("all", NONE) else line.group]
    for share in (line.flagged, line.overturned, line.missed):
        cells += _share(share)
    return [*cells, line.waiting]


def _share(share: Share) -> Iterator[object]:
    low, high = share.interval or ("", "")
    yield from (share.part, share.whole, *(_figure(each) for each in (share.value, low, high)))


def _figure(value: float | str | None) -> str:
    return f"{value:.4f}" if isinstance(value, float) else ""


routes: list[BaseRoute] = [
    web.page_route("/proctoring/report", report, access=OFFICE, name="proctor_report"),
    web.page_route("/proctoring/report.csv", report_csv, access=OFFICE, name="proctor_report_csv"),
]
