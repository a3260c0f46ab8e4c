"""Parts of the first page: a candidate's latest result, what waits for a marker, who passed, what waits for release."""

from datetime import datetime

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.web import Panel
from exam.grading import queries, queries_marking, queries_release, queries_sheet, queries_statistics
from exam.grading.view import HELPERS

LATEST = 3
SHOWN = 5


def candidate_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """The candidate's latest results."""
    if Permission.RESULT_OWN not in who.permissions:
        return []
    mine = queries.own_results(db, who, now)
    if not mine:
        return []
    return [Panel(15, "grading/_home_candidate.html", {**HELPERS, "mine": mine[:LATEST], "count": len(mine)})]


def marker_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """How many answers wait for a marker."""
    if Permission.MARKING not in who.permissions:
        return []
    lines = queries_marking.queue(db, who, now)
    context = {
        **HELPERS,
        "waiting": sum(line.waiting for line in lines),
        "lines": [line for line in lines if line.waiting][:SHOWN],
    }
    return [Panel(20, "grading/_home_marker.html", context)]


def officer_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """Who passed, since when, and the sheet to take along."""
    if Permission.RESULT_READ not in who.permissions:
        return []
    chosen = queries_sheet.Filter(who.institution_id)
    practice = queries_statistics.practice_exams(db, who.institution_id)
    passed = queries_sheet.Filter(who.institution_id, outcome="passed", without=practice)
    context = {
        **HELPERS,
        "statistics": queries_statistics.statistics(db, chosen),
        "rows": queries_sheet.page(db, passed, 1, SHOWN),
    }
    return [Panel(30, "grading/_home_officer.html", context)]


def registrar_panel(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """What waits for marking or for its release."""
    if Permission.RESULT_RELEASE not in who.permissions:
        return []
    groups = queries_release.groups(db, who.institution_id, now)
    waiting = [group for group in groups if group.marking or group.final or group.withdrawn]
    return [Panel(25, "grading/_home_registrar.html", {**HELPERS, "groups": waiting[:SHOWN], "count": len(waiting)})]
