"""The office's pages: claims that wait for a decision; a person's ledger, hours by hand, what they are measured by."""

from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import Caller, caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.clock import SHANGHAI
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.credits import (
    confirm_page,
    office_told,
    queries_claims,
    service_claims,
    service_evidence,
    service_manual,
    service_membership,
)
from exam.credits.claim_view import STATES, show
from exam.credits.effects_shown import Unseen, confirmed
from exam.credits.forms import read_by_hand, read_facts, read_wanted, whole
from exam.credits.models import HourEntry, Membership
from exam.credits.models_claims import Claim
from exam.credits.routes_claims import claim_context, download, ledger_context
from exam.schemes.kinds import rows_at

MANAGE = may(Permission.CREDITS_MANAGE)
MOST = 2**31 - 1


def claims(request: Request) -> Response:
    """`GET /hours/claims?state=&page=`: the institution's claims."""
    state = request.query_params.get("state", "sent")
    number = whole(request.query_params.get("page", "1"), 10**6) or 1
    with web.reading(request) as db:
        wanted = state if state in STATES and state != "draft" else "sent"
        found = queries_claims.queue(db, caller(request).institution_id, wanted, number)
        return show(request, "credits/claims.html", {"queue": found, "state": wanted, "page": queries_claims.PAGE})


def claim(request: Request) -> Response:
    """`GET /hours/claims/{claim_id}`: what was stated, the evidence, the decision."""
    return _claim_page(request)


def _claim_page(request: Request, status: int = 200, problems: Any = (), refusal: Any = None) -> Response:
    with web.reading(request) as db:
        found = service_claims.managed(db, caller(request), request.path_params["claim_id"])
        if found.state == "draft":
            raise NotFound(str(found.id))
        context = {
            **claim_context(db, found),
            "person": db.get_one(Person, found.person_id),
            "decider": db.get(Person, found.decided_by) if found.decided_by else None,
            "alike": queries_claims.alike(db, found),
            "values": web.text_fields(request),
        }
        return show(request, "credits/claim.html", {**context, "problems": problems, "refusal": refusal}, status)


def claim_decide(request: Request) -> Response:
    """`POST /hours/claims/{claim_id}` with `event`, `reason`, `reference`: the decision; then back to the claim.

    What moves hours or eligibility is shown first; the form then brings its `seen` token.
    """
    fields, claim_id, who = web.text_fields(request), request.path_params["claim_id"], caller(request)
    now = web.now(request)

    def deed() -> Claim:
        words = {name: fields.get(name, "") for name in ("reason", "reference")}
        return service_claims.decide(db, who, claim_id, fields.get("event", ""), now, **words)

    try:
        with web.transaction(request) as db:
            person_id = service_claims.managed(db, who, claim_id).person_id
            confirmed(db, who.institution_id, [person_id], confirm_page.seen(request), now, deed)
    except Unseen as unseen:
        return _claim_confirm(request, unseen)
    except Invalid as error:
        return _claim_page(request, 422, problems=error.problems)
    except Refused as error:
        return _claim_page(request, 409, refusal=error.refusal)
    return web.redirect(request, "claim", claim_id=claim_id)


def _claim_confirm(request: Request, unseen: Unseen) -> Response:
    with web.reading(request) as db:
        found = service_claims.managed(db, caller(request), request.path_params["claim_id"])
        told = office_told.of_claim(found, db.get_one(Person, found.person_id).name, web.text_fields(request))
    back = str(request.app.url_path_for("claim", claim_id=found.id))
    return confirm_page.ask(request, unseen, title=office_told.CLAIM, told=told, back=back)


def claim_evidence(request: Request) -> Response:
    """`GET /hours/claims/{claim_id}/files/{evidence_id}`: a file of evidence, as a download."""
    with web.reading(request) as db:
        found = service_claims.managed(db, caller(request), request.path_params["claim_id"])
        if found.state == "draft":
            raise NotFound(str(found.id))
        return download(request, service_evidence.of_claim(db, found, request.path_params["evidence_id"]))


def hours_person(request: Request) -> Response:
    """`GET /hours/people/{person_id}`: a person's ledger, and what the office may do with it."""
    return _person_page(request)


def _person_page(request: Request, status: int = 200, problems: Any = (), refusal: Any = None) -> Response:
    who, person_id = caller(request), request.path_params["person_id"]
    today, fields = web.now(request).astimezone(SHANGHAI).date(), web.text_fields(request)
    with web.reading(request) as db:
        person = service_manual.person_here(db, who, person_id)
        measured = [scheme for scheme in schemes.SCHEMES.values() if rows_at(scheme.categories, today)]
        context = {
            **ledger_context(db, who.institution_id, person_id),
            "person": person,
            "members": queries_claims.memberships(db, who.institution_id, person_id),
            "claims": [
                one for one in queries_claims.of_person(db, who.institution_id, person_id) if one.state != "draft"
            ],
            "schemes": measured,
            "recorded": [
                (scheme, rule) for scheme in measured for rule in rows_at(scheme.waivers, today) if not rule.value.apply
            ],
            "by_hand": service_manual.BY_HAND,
            "today": today,
            "values": fields,
            "done": fields.get("do", ""),
        }
        return show(request, "credits/hours_person.html", {**context, "problems": problems, "refusal": refusal}, status)


def hours_person_change(request: Request) -> Response:
    """`POST /hours/people/{person_id}` with `do`: manual, take-back, facts, member, end, waiver; then back.

    What moves hours or eligibility is shown first; the form then brings its `seen` token.
    """
    person_id, who, now = request.path_params["person_id"], caller(request), web.now(request)

    def deed() -> None:
        _change(db, who, person_id, web.text_fields(request), now)

    try:
        with web.transaction(request) as db:
            service_manual.person_here(db, who, person_id)
            confirmed(db, who.institution_id, [person_id], confirm_page.seen(request), now, deed)
    except Unseen as unseen:
        return _person_confirm(request, unseen)
    except Invalid as error:
        return _person_page(request, 422, problems=error.problems)
    except Refused as error:
        return _person_page(request, 409, refusal=error.refusal)
    return web.redirect(request, "hours_person", person_id=person_id)


def _person_confirm(request: Request, unseen: Unseen) -> Response:
    who, person_id, fields = caller(request), request.path_params["person_id"], web.text_fields(request)
    with web.reading(request) as db:
        name = service_manual.person_here(db, who, person_id).name
        entry = db.get(HourEntry, whole(fields.get("entry", ""), MOST) or 0)
        member = db.get(Membership, whole(fields.get("member", ""), MOST) or 0)
        told = office_told.of_person(fields, name, entry, member)
    back = str(request.app.url_path_for("hours_person", person_id=person_id))
    return confirm_page.ask(request, unseen, title=office_told.TITLES[fields["do"]], told=told, back=back)


def _change(db: Session, who: Caller, person_id: int, fields: dict[str, str], now: datetime) -> None:
    reason = fields.get("reason", "")[:500]
    match fields.get("do", ""):
        case "manual":
            service_manual.enter(db, who, person_id, read_by_hand(fields), now)
        case "take-back":
            service_manual.take_back(db, who, person_id, whole(fields.get("entry", ""), MOST) or 0, reason, now)
        case "waiver":
            scheme, _, row = fields.get("waiver", "").partition("/")
            wanted = read_wanted({**fields, "scheme": scheme, "kind": "waiver", "row": row, "variant": ""})
            service_claims.record_waiver(db, who, person_id, wanted, reason, now)
        case "member":
            key, _, track = fields.get("measure", "").partition("/")
            if key not in schemes.SCHEMES:
                raise Invalid([Problem("measure", "required")])
            service_membership.ensure(
                db, who.institution_id, person_id, key, now, track=track or None, by=who.person_id
            )
        case "facts":
            facts, first, last = read_facts(fields)
            service_membership.change(
                db,
                _member(db, who, person_id, fields),
                facts=facts,
                cycle_from=first,
                cycle_until=last,
                reason=reason,
                by=who.person_id,
                now=now,
            )
        case "end":
            service_membership.end(db, _member(db, who, person_id, fields), reason, who.person_id, now)
        case _:
            raise Invalid([Problem("do", "required")])


def _member(db: Session, who: Caller, person_id: int, fields: dict[str, str]) -> Membership:
    number = whole(fields.get("member", ""), MOST)
    for member in queries_claims.memberships(db, who.institution_id, person_id):
        if member.id == number:
            return member
    raise NotFound(str(number))


routes: list[BaseRoute] = [
    web.page_route("/hours/claims", claims, access=MANAGE, name="claims"),
    web.page_route("/hours/claims/{claim_id:int}", claim, access=MANAGE, name="claim"),
    web.page_route("/hours/claims/{claim_id:int}", claim_decide, access=MANAGE, name="claim_decide", methods=["POST"]),
    web.page_route(
        "/hours/claims/{claim_id:int}/files/{evidence_id:int}", claim_evidence, access=MANAGE, name="claim_evidence"
    ),
    web.page_route("/hours/people/{person_id:int}", hours_person, access=MANAGE, name="hours_person"),
    web.page_route(
        "/hours/people/{person_id:int}",
        hours_person_change,
        access=MANAGE,
        name="hours_person_change",
        methods=["POST"],
    ),
]
