"""Where people decide: the queue, one sitting's review, and voiding by two."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import i18n, web
from exam.core.decisions import Refusal
from exam.core.errors import AppError, Invalid, NotFound, Problem, Refused
from exam.core.i18n import N_
from exam.credits import confirm_page
from exam.credits.effects_shown import Unseen, confirmed
from exam.proctor.models_incidents import VOID_GROUNDS
from exam.proctor.review import queries as queries_review
from exam.proctor.review import service as service_review
from exam.proctor.review import service_voiding
from exam.proctor.review.queries import Chosen
from exam.proctor.review.rules import DECISIONS
from exam.proctor.review.view import show
from exam.sessions.service_adjust import managed, read_reason

DECIDE = may(Permission.INCIDENT_DECIDE)
OFFICE = may(Permission.RESULT_RELEASE)
_FINE: dict[str, Any] = {"problems": (), "refusal": None, "values": {}}


def review(request: Request) -> Response:
    """`GET /proctoring/review?exam=&severity=&page=` (name `review`): what waits for a decision, oldest first.

    `POST` (form `incident` several times, `state`, `note`; the same query) decides → 303 to the same page, or the page
    with what is wrong; `back`, a sitting's number, makes it that sitting's page. Scripts use `incidents_decide`.
    """
    if request.method == "GET":
        return _queue(request, _FINE)
    back = _number(web.text_fields(request).get("back", ""))
    try:
        _decided(request, web.form(request).getlist("incident"), web.text_fields(request))
    except (Invalid, Refused) as error:
        wrong = _wrong(request, error)
        return _one(request, back, wrong, error.status) if back else _queue(request, wrong, error.status)
    if back:
        return web.redirect(request, "review_sitting", sitting_id=back)
    answer = web.redirect(request, "review")
    answer.headers["location"] += f"?{request.url.query}" if request.url.query else ""
    return answer


def _decided(request: Request, incidents: Any, fields: dict[str, Any]) -> list[Any]:
    verdict = service_review.read_verdict(list(incidents), fields.get("state"), fields.get("note"))
    with web.transaction(request) as db:
        return service_review.decide(db, caller(request), verdict, web.now(request))


def _wrong(request: Request, error: AppError) -> dict[str, Any]:
    found: dict[str, Any] = {**_FINE, "values": web.text_fields(request)}
    if isinstance(error, Invalid):
        found["problems"] = error.problems
    if isinstance(error, Refused):
        found["refusal"] = error.refusal
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _queue(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    who, asked = caller(request), request.query_params
    severity = _number(asked.get("severity", ""))
    chosen = Chosen(_number(asked.get("exam", "")), severity if severity in (1, 2, 3) else None)
    chosen = Chosen(chosen.exam_id, chosen.severity, _number(asked.get("page", "")) or 1)
    kept = urlencode({"exam": chosen.exam_id or "", "severity": chosen.severity or ""})
    with web.reading(request) as db:
        context = {
            "queue": queries_review.queue(db, who, chosen),
            "exams": queries_review.undecided_exams(db, who),
            "proposals": queries_review.open_proposals(db, who),
            "appeals": queries_review.open_appeals(db, who),
            "chosen": chosen,
            "kept": kept,
            "office": queries_review.office(who),
            "states": DECISIONS,
            "words": _words(),
        }
    return show(request, "proctor/review.html", {**context, **more}, status)


def _words() -> dict[str, Any]:
    """What the page's script says."""
    return {
        "states": {state: i18n.gettext(f"incident.state.{state}") for state in (*DECISIONS, "open")},
        "needsNote": i18n.gettext("problem.note-needed"),
        "lost": i18n.gettext("没有保存：连不上服务器，请再试一次。"),
        "none": i18n.gettext("problem.nothing-chosen"),
        "chosen": i18n.gettext("已选 {n} 段"),
        "undo": i18n.gettext("撤销"),
    }


def incidents_decide(request: Request) -> Response:
    """`POST /proctoring/incidents/decide` (name `incidents_decide`; JSON `incidents`, `state`, `note`) → `{"decided":
    [{"id", "state", "text", "title", "drawn"}]}`: `title` says what had been noticed, now that it is decided."""
    asked = web.json_body(request)
    if not isinstance(asked, dict) or not isinstance(asked.get("incidents"), list):
        raise Invalid([Problem("incidents", "nothing-chosen")])
    rows = _decided(request, asked["incidents"], asked)
    ids = {row.id for row in rows}
    with web.reading(request) as db:
        groups = queries_review.reviewed(db, caller(request), sorted({row.sitting_id for row in rows}))
    cards = [card for group in groups for card in group.cards if card.incident.id in ids]
    told = [
        {
            "id": card.incident.id,
            "state": card.incident.state,
            "text": i18n.gettext(f"incident.state.{card.incident.state}"),
            "title": i18n.gettext("没有提示，随机抽取") if card.drawn and not card.masked else card.title,
            "masked": card.masked,
        }
        for card in cards
    ]
    return JSONResponse({"decided": told})


def review_sitting(request: Request) -> Response:
    """`GET /proctoring/sittings/{sitting_id}/review` (name `review_sitting`): all of one sitting, with what was decided
    and why, what the candidate says, the proposal to void and the appeal."""
    return _one(request, int(request.path_params["sitting_id"]), _FINE)


def _one(request: Request, sitting_id: int, more: dict[str, Any], status: int = 200) -> Response:
    who = caller(request)
    with web.reading(request) as db:
        found = queries_review.reviewed(db, who, [sitting_id])
        if not found:
            raise NotFound
        counted = service_voiding.counted(db, sitting_id)
        context = {
            "row": found[0],
            "names": queries_review.people_of(db, found),
            "counted": counted,
            "office": queries_review.office(who),
            "me": who.person_id,
            "states": DECISIONS,
            "words": _words(),
        }
    return show(request, "proctor/review_sitting.html", {**context, **more}, status)


def void_propose(request: Request) -> Response:
    """`POST /proctoring/sittings/{sitting_id}/void-proposals` (name `void_propose`; form `ground`, `reason`) → 303
    to the sitting's review, or that page with what is wrong."""
    sitting_id = int(request.path_params["sitting_id"])
    try:
        with web.transaction(request) as db:
            managed(db, caller(request), sitting_id)
            fields = web.text_fields(request)
            reason, ground = read_reason(fields), fields.get("ground", "confirmed")
            if ground not in VOID_GROUNDS:
                raise Invalid([Problem("ground", "not-a-choice")])
            service_voiding.propose(db, caller(request), sitting_id, reason, web.now(request), ground)
    except (Invalid, Refused) as error:
        return _one(request, sitting_id, _wrong(request, error), error.status)
    return web.redirect(request, "review_sitting", sitting_id=sitting_id)


def void_carry_out(request: Request) -> Response:
    """`POST /proctoring/void-proposals/{proposal_id}/carry-out` (name `void_carry_out`): another person voids the
    result → 303. Where hours, eligibility or a certificate rest on it, the page with the effect comes first; the form
    then brings its `seen` token."""
    who, now, proposal_id = caller(request), web.now(request), int(request.path_params["proposal_id"])
    with web.reading(request) as db:
        proposal = service_voiding.proposal_of(db, who, proposal_id)
        sitting_id, reason = proposal.sitting_id, proposal.reason
        person_id = managed(db, who, sitting_id).person_id
    try:
        with web.transaction(request) as db:

            def deed() -> None:
                service_voiding.carry_out(db, who, proposal_id, now)

            # The sitting's own lock comes before the institution's, as wherever a sitting is changed.
            confirmed(db, who.institution_id, [person_id], confirm_page.seen(request), now, deed, hold=False)
    except Unseen as unseen:
        with web.reading(request) as db:
            row = queries_review.reviewed(db, who, [sitting_id])[0]
        told = [(N_("考生"), row.candidate), (N_("考试科目"), row.exam.title), (N_("原因"), reason)]
        back = str(request.app.url_path_for("review_sitting", sitting_id=sitting_id))
        return confirm_page.ask(request, unseen, title=N_("确认作废这次考试"), told=told, back=back)
    except Refused as error:
        return _one(request, sitting_id, _wrong(request, error), error.status)
    return web.redirect(request, "review_sitting", sitting_id=sitting_id)


def void_refuse(request: Request) -> Response:
    """`POST /proctoring/void-proposals/{proposal_id}/refuse` (name `void_refuse`): the exam office says no, or whoever
    proposed it takes it back → 303."""
    who = caller(request)
    with web.reading(request) as db:
        proposal = service_voiding.proposal_of(db, who, int(request.path_params["proposal_id"]))
        sitting_id = proposal.sitting_id
    try:
        with web.transaction(request) as db:
            if proposal.proposed_by != who.person_id and not queries_review.office(who):
                raise Refused(Refusal("void-not-yours"))
            service_voiding.refuse(db, who, proposal.id or 0, web.now(request))
    except Refused as error:
        return _one(request, sitting_id, _wrong(request, error), error.status)
    return web.redirect(request, "review_sitting", sitting_id=sitting_id)


_SITTING = "/proctoring/sittings/{sitting_id:int}"
_PROPOSAL = "/proctoring/void-proposals/{proposal_id:int}"
routes: list[BaseRoute] = [
    web.page_route("/proctoring/review", review, access=DECIDE, name="review", methods=["GET", "POST"]),
    web.fetch_route("/proctoring/incidents/decide", incidents_decide, access=DECIDE, name="incidents_decide"),
    web.page_route(f"{_SITTING}/review", review_sitting, access=DECIDE, name="review_sitting"),
    web.page_route(f"{_SITTING}/void-proposals", void_propose, access=DECIDE, name="void_propose", methods=["POST"]),
    web.page_route(f"{_PROPOSAL}/carry-out", void_carry_out, access=OFFICE, name="void_carry_out", methods=["POST"]),
    web.page_route(f"{_PROPOSAL}/refuse", void_refuse, access=DECIDE, name="void_refuse", methods=["POST"]),
]
