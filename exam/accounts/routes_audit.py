"""The audit log page and its export."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from exam.accounts import audit_log
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import audit, i18n, web
from exam.core.clock import day_of
from exam.core.errors import Problem
from exam.core.texts import localtime
from exam.core.xlsx import neutral

# Up to this many entries the chain is verified with every view; above, when asked.
ALWAYS_CHECKED = 2000


def audit_page(request: Request) -> Response:
    """Who did what, when, to what, the newest first, and whether the chain is whole."""
    who = caller(request)
    filters, problems = _filters(request)
    before = request.query_params.get("before", "")
    with web.reading(request) as db:
        found = audit_log.entries(
            db,
            who.institution_id,
            filters,
            before=int(before) if before.isdecimal() and len(before) < 12 else None,
            limit=audit_log.PAGE + 1,
        )
        newest = audit_log.entries(db, who.institution_id, audit_log.Filters(), limit=1)
        length = newest[0].seq if newest else 0
        checked = length <= ALWAYS_CHECKED or "check" in request.query_params
        context = {
            "entries": found[: audit_log.PAGE],
            "problems": problems,
            "actions": [(code, audit_log.action_text(code)) for code in audit_log.actions(db, who.institution_id)],
            "filters": filters,
            "length": length,
            "checked": checked,
            "broken": audit.check(db, who.institution_id) if checked else None,
            "head": newest[0].hash if newest else "",
            "first_url": "?" + _query(filters) if before else "",
            "next_url": "?" + _query(filters, before=found[audit_log.PAGE - 1].seq)
            if len(found) > audit_log.PAGE
            else "",
            "query": _query(filters),
        }
    return web.render(request, "accounts/audit.html", context)


def _query(filters: audit_log.Filters, **more: object) -> str:
    given = {"who": filters.who, "action": filters.action, "since": filters.since, "until": filters.until}
    return urlencode({name: value for name, value in {**given, "subject": filters.subject, **more}.items() if value})


def _filters(request: Request) -> tuple[audit_log.Filters, tuple[Problem, ...]]:
    given, problems = request.query_params, []
    days: dict[str, date | None] = {"since": None, "until": None}
    for name in days:
        try:
            days[name] = day_of(given[name]) if given.get(name) else None
        except ValueError:
            problems.append(Problem(name, "date"))
    filters = audit_log.Filters(
        who=given.get("who", "").strip()[:100],
        action=given.get("action", "").strip()[:100],
        subject=given.get("subject", "").strip()[:100],
        since=days["since"],
        until=days["until"],
    )
    return filters, tuple(problems)


def audit_csv(request: Request) -> Response:
    """The same entries as a CSV that Excel opens with Chinese intact and without running formulas."""
    who, (filters, _) = caller(request), _filters(request)
    locale = i18n.current_locale.get()

    def lines() -> Iterator[str]:
        i18n.current_locale.set(locale)
        heads = [i18n.gettext(text) for text in ("序号", "时间", "办理人", "事项", "对象类别", "对象", "详情", "哈希")]
        yield "\ufeff" + _line(heads)
        for batch in audit_log.batches(web.database(request).reading, who.institution_id, filters):
            yield "".join(_line(_cells(entry)) for entry in batch)

    headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(entry: audit_log.Entry) -> list[str]:
    subject = entry.subject or entry.subject_id
    detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
    at = localtime(entry.at, seconds=True)
    return [str(entry.seq), at, entry.actor, entry.text, entry.subject_kind_text, subject, detail, entry.hash]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([neutral(cell) for cell in cells])
    return out.getvalue()


READ = may(Permission.AUDIT_READ)
routes: list[BaseRoute] = [
    web.page_route("/audit", audit_page, access=READ, name="audit"),
    web.page_route("/audit.csv", audit_csv, access=READ, name="audit_csv"),
]
