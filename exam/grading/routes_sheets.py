"""Result sheets of an institution: the page, the files, one result with its history."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote, urlencode

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from exam.accounts.access import Caller, caller, may
from exam.accounts.permissions import Permission
from exam.core import audit, i18n, web
from exam.core.errors import NotFound
from exam.core.lanes import Lane
from exam.grading import queries_history, queries_sheet, queries_statistics, sheet_files
from exam.grading.view import chapter_shares, month, percent, point_shares, show

READ = may(Permission.RESULT_READ)
PAGE = 50
PIECE = 64 * 1024
LANE = Lane("result-sheets", at_once=2, waiting=20)
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def sheets(request: Request) -> Response:
    """`GET /sheets?exam=&month=&outcome=&q=&start=&end=&page=` (name `sheets`)."""
    who = caller(request)
    given = {name: value for name, value in request.query_params.items() if value}
    chosen = queries_sheet.read_filter(who.institution_id, given)
    text = given.get("page", "1")
    number = max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
    with web.reading(request) as db:
        statistics = queries_statistics.statistics(db, chosen)
        pages = max(1, -(-statistics.rows // PAGE))
        number = min(number, pages)
        context = {
            "chosen": chosen,
            "rows": queries_sheet.page(db, chosen, number, PAGE),
            "statistics": statistics,
            "by_window": _by_window(statistics),
            "exams": queries_sheet.exams(db, who.institution_id),
            "months": queries_sheet.months(db, who.institution_id),
        }
    own = {name: value for name, value in given.items() if name != "page"}
    base = str(request.app.url_path_for("sheets"))
    download = str(request.app.url_path_for("sheet_file", kind="csv")).removesuffix("csv")
    query = f"?{urlencode(own)}" if own else ""
    context |= {
        "outcome": sheet_files.outcome,
        "outcomes": sheet_files.OUTCOME,
        "first": (number - 1) * PAGE + 1,
        "page": number,
        "pages": pages,
        "page_url": lambda n: f"{base}?{urlencode({**own, 'page': n})}",
        "file_url": lambda kind: f"{download}{kind}{query}",
        "filtered": bool(own),
    }
    return show(request, "grading/sheets.html", context)


def _by_window(statistics: queries_statistics.Statistics) -> list[tuple[str, int, int, Any]]:
    """Candidates, passed and pass rate by month of the window: windows of one month are one."""
    sums: dict[str, tuple[int, int]] = {}
    for opens, count, passed in statistics.windows:
        before = sums.get(month(opens), (0, 0))
        sums[month(opens)] = (before[0] + count, before[1] + passed)
    return [(label, count, passed, percent(passed, count)) for label, (count, passed) in sums.items()]


def sheet_file(request: Request) -> Response:
    """`GET /sheets/download/{kind}?…` (name `sheet_file`): the filtered sheet as csv, xlsx or json, streamed."""
    kind, who = request.path_params["kind"], caller(request)
    if kind not in MEDIA:
        raise NotFound(kind)
    chosen = queries_sheet.read_filter(who.institution_id, dict(request.query_params))
    full_id = Permission.RESULT_RELEASE in who.permissions
    now, locale = web.now(request), i18n.current_locale.get()
    with web.transaction(request) as db:
        _log(db, who, now, kind, chosen)
    batches = queries_sheet.batches(web.database(request), chosen)
    if kind == "csv":
        pieces = sheet_files.as_csv(batches, locale)
    elif kind == "json":
        pieces = sheet_files.as_json(batches, lambda row: sheet_files.record(row, full_id=full_id))
    else:
        pieces = _from_file(batches, locale, full_id)
    name = f"results-{now:%Y%m%d}.{kind}"
    pretty = quote(f"{i18n.gettext('成绩单')}-{now:%Y%m%d}.{kind}")
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{pretty}"
    return StreamingResponse(pieces, media_type=MEDIA[kind], headers={"Content-Disposition": disposition})


def _from_file(batches: Iterator[list[queries_sheet.Row]], locale: str, full_id: bool) -> Iterator[bytes]:
    """A workbook needs its end before its beginning: it is written to a file without a name, then sent."""
    with tempfile.TemporaryFile() as file:
        sheet_files.write_xlsx(batches, file, locale, full_id=full_id)
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _log(db: Session, who: Caller, now: datetime, kind: str, chosen: queries_sheet.Filter) -> None:
    """Who took results away is kept; names searched for are not."""
    audit.record(
        db,
        at=now,
        action="result.download",
        subject=("institution", who.institution_id),
        institution_id=who.institution_id,
        actor_id=who.person_id,
        detail={"format": kind, "exam": chosen.exam_id, "month": chosen.month, "outcome": chosen.outcome},
    )


def sheet_result(request: Request) -> Response:
    """`GET /sheets/{sitting_id}` (name `sheet_result`): one sitting's result and its history, for the institution.

    Marks that are not released are shown to those only who may release them.
    """
    who = caller(request)
    with web.reading(request) as db:
        one = queries_history.history(db, who.institution_id, int(request.path_params["sitting_id"]))
        may_release = Permission.RESULT_RELEASE in who.permissions
        visible = one.current.state != "void" and (one.is_out or may_release)
        context: dict[str, Any] = {**vars(one), "visible": visible, "may_release": may_release, "problems": ()}
        if visible:
            context["chapters"] = chapter_shares(db, one.current)
            context["points"] = point_shares(db, one.current, one.bank_id)
        return show(request, "grading/sheet_result.html", context)


routes: list[BaseRoute] = [
    web.page_route("/sheets", sheets, access=READ, name="sheets"),
    web.page_route("/sheets/download/{kind}", sheet_file, access=READ, name="sheet_file", lane=LANE),
    web.page_route("/sheets/{sitting_id:int}", sheet_result, access=READ, name="sheet_result"),
]
