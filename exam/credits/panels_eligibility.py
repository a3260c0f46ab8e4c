"""The part of the first page about eligibility: what a candidate still lacks."""

from datetime import date, datetime

from sqlmodel import Session

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core.clock import SHANGHAI
from exam.core.web import Panel
from exam.credits import queries_eligibility
from exam.credits.eligibility import Standing
from exam.credits.eligibility_view import HELPERS
from exam.credits.service_eligibility import measures, standing


def candidate(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """What stands between the candidate and being eligible, a line for each scheme."""
    if Permission.HOURS_OWN not in who.permissions:
        return []
    found = own_standings(db, who, now.astimezone(SHANGHAI).date())
    return [Panel(30, "credits/_eligibility_home.html", {**HELPERS, "standings": found})] if found else []


def own_standings(db: Session, who: Caller, today: date) -> list[Standing]:
    """Where the caller stands, in each scheme that asks for hours and each track they chose."""
    keys = queries_eligibility.schemes_of(db, who.institution_id, who.person_id)
    return [
        standing(db, who.institution_id, who.person_id, key, today, track)
        for key in keys
        if measures(key, today)
        for track in queries_eligibility.chosen_tracks(db, who.institution_id, who.person_id, key)
    ]
