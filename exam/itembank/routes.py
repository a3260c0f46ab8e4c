"""Pages of item banks, items, pictures and papers, and what they add to the frame."""

from datetime import datetime

from sqlmodel import Session
from starlette.routing import BaseRoute

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.i18n import N_
from exam.core.web import Panel
from exam.itembank import (
    queries,
    routes_banks,
    routes_editor,
    routes_exchange,
    routes_items,
    routes_paper_lines,
    routes_papers,
    routes_pictures,
    uploads,
)
from exam.itembank.page_parts import called, meter_lines


def bank_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """For item writers and reviewers: their banks, and what each is short of."""
    if Permission.BANK_READ not in who.permissions:
        return []
    rows = [
        (row, [line for line in meter_lines(row.report) if not line.met])
        for row in queries.list_banks(db, who.institution_id, now)
    ]
    ordered = sorted(rows, key=lambda pair: pair[0].report.met)
    context = {"rows": ordered, "may_write": who.can("bank.write"), "called": called}
    return [Panel(30, "itembank/_home_banks.html", context)]


def paper_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """For those who publish: drafts that wait for them."""
    if Permission.PAPER_PUBLISH not in who.permissions:
        return []
    drafts = [row for row in queries.list_papers(db, who.institution_id) if row.paper.state == "draft"]
    return [Panel(35, "itembank/_home_papers.html", {"drafts": drafts, "called": called})] if drafts else []


routes: list[BaseRoute] = [
    *routes_exchange.routes,
    *routes_banks.routes,
    *routes_editor.routes,
    *routes_items.routes,
    *routes_pictures.routes,
    *routes_paper_lines.routes,
    *routes_papers.routes,
]
jobs = (uploads.job,)

navigation = ((N_("题库"), "banks", Permission.BANK_READ), (N_("试卷"), "papers", Permission.PAPER_READ))
panels = (bank_panel, paper_panel)
