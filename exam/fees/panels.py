"""Parts of the first page: what a candidate has to pay, what waits for the office."""

from datetime import datetime

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.web import Panel
from exam.fees import queries_pages
from exam.fees.view import HELPERS


def candidate_panels(db: Session, who: Caller, _now: datetime) -> list[Panel]:
    """What is unpaid; nothing where nothing is."""
    if Permission.HOURS_OWN not in who.permissions:
        return []
    unpaid = [(due, rest) for due, rest in queries_pages.own_dues(db, who) if due.state == "unpaid"]
    return [Panel(12, "fees/_home_candidate.html", {**HELPERS, "unpaid": unpaid})] if unpaid else []


def office_panels(db: Session, who: Caller, _now: datetime) -> list[Panel]:
    """How much waits: unpaid dues, refunds, invoices."""
    if Permission.FEES_MANAGE not in who.permissions:
        return []
    waiting = queries_pages.waiting(db, who)
    return [Panel(26, "fees/_home_office.html", {"waiting": waiting})] if any(waiting.values()) else []
