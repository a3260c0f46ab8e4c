"""The exam office answers appeals; what follows from an answer is said before and done with it."""

from typing import Any

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import AppError, Invalid, Problem, Refused
from exam.core.i18n import N_
from exam.credits import confirm_page
from exam.credits.effects_shown import Unseen, confirmed
from exam.proctor.models_incidents import Appeal
from exam.proctor.review import queries as queries_review
from exam.proctor.review import service_appeals, service_comments, service_voiding
from exam.proctor.review.view import show
from exam.scheduling.models import Exam
from exam.sessions.models import Sitting

OFFICE = may(Permission.RESULT_RELEASE)
SHOWN = 100
_FINE: dict[str, Any] = {"problems": (), "refusal": None, "values": {}}


def appeals(request: Request) -> Response:
    """`GET /proctoring/appeals` (name `appeals`): those that wait, oldest first, then the newest that were answered."""
    who = caller(request)
    query = (
        select(Appeal, Person.name, Exam)
        .join(Sitting, col(Sitting.id) == col(Appeal.sitting_id))
        .join(Person, col(Person.id) == col(Appeal.person_id))
        .join(Exam, col(Exam.id) == col(Sitting.exam_id))
        .where(Appeal.institution_id == who.institution_id)
    )
    with web.reading(request) as db:
        waiting = db.exec(query.where(Appeal.state == "open").order_by(col(Appeal.made_at))).all()
        answered = query.where(Appeal.state != "open").order_by(col(Appeal.decided_at).desc()).limit(SHOWN)
        return show(request, "proctor/appeals.html", {"waiting": waiting, "answered": db.exec(answered).all()})


def appeal_one(request: Request) -> Response:
    """`GET /proctoring/appeals/{appeal_id}` (name `appeal`): the appeal beside what was decided.

    `POST` (form `answer`, `decision` = "upheld", "again" (upheld, and the sitting that was
    ended is voided) or "refused") answers → 303, or the page with what is wrong. Where
    hours, eligibility or a certificate come back with it, the page with the effect comes first.
    """
    if request.method == "GET":
        return _page(request, _FINE)
    who, appeal_id = caller(request), int(request.path_params["appeal_id"])
    with web.reading(request) as db:
        row = service_appeals.appeal_of(db, who, appeal_id)
    try:
        _answer(request, row)
    except Unseen as unseen:
        with web.reading(request) as db:
            found = queries_review.reviewed(db, who, [row.sitting_id])[0]
        told = [(N_("考生"), found.candidate), (N_("考试科目"), found.exam.title), (N_("申诉"), row.text)]
        back = str(request.app.url_path_for("appeal", appeal_id=appeal_id))
        return confirm_page.ask(request, unseen, title=N_("确认申诉成立"), told=told, back=back)
    except (Invalid, Refused) as error:
        return _page(request, _wrong(request, error), error.status)
    return web.redirect(request, "appeal", appeal_id=appeal_id)


def _answer(request: Request, row: Appeal) -> None:
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    answer, decision = _read(fields)
    with web.transaction(request) as db:
        if decision == "refused":
            service_appeals.refuse_appeal(db, who, row.id or 0, answer, now)
            return

        def deed() -> None:
            service_appeals.uphold(db, who, row.id or 0, answer, now, again=decision == "again")

        # The sitting's own lock comes before the institution's, as wherever a sitting is changed.
        confirmed(db, who.institution_id, [row.person_id], confirm_page.seen(request), now, deed, hold=False)


def _read(fields: dict[str, str]) -> tuple[str, str]:
    """Answer and decision of the form. Raises Invalid with everything that is wrong."""
    problems: list[Problem] = []
    decision, answer = fields.get("decision", ""), ""
    if decision not in ("upheld", "again", "refused"):
        problems.append(Problem("decision", "not-a-choice"))
    try:
        answer = service_comments.read_text(fields.get("answer"), service_appeals.MOST_TEXT)
    except Invalid as error:
        problems += [Problem("answer", each.code, each.params) for each in error.problems]
    if problems:
        raise Invalid(problems)
    return answer, decision


def _wrong(request: Request, error: AppError) -> dict[str, Any]:
    found: dict[str, Any] = {**_FINE, "values": web.text_fields(request)}
    if isinstance(error, Invalid):
        found["problems"] = error.problems
    if isinstance(error, Refused):
        found["refusal"] = error.refusal
    return found


def _page(request: Request, more: dict[str, Any], status: int = 200) -> Response:
    who = caller(request)
    with web.reading(request) as db:
        row = service_appeals.appeal_of(db, who, int(request.path_params["appeal_id"]))
        found = queries_review.reviewed(db, who, [row.sitting_id])
        person = db.get(Person, row.decided_by) if row.decided_by else None
        sitting = db.get_one(Sitting, row.sitting_id)
        context = {
            "appeal": row,
            "row": found[0] if found else None,
            "answered_by": person.name if person else "",
            "sitting": sitting,
            "restorable": service_appeals.restorable(db, sitting),
            "proposal": service_voiding.open_proposal(db, row.sitting_id),
        }
    return show(request, "proctor/appeal.html", {**context, **more}, status)


routes: list[BaseRoute] = [
    web.page_route("/proctoring/appeals", appeals, access=OFFICE, name="appeals"),
    web.page_route(
        "/proctoring/appeals/{appeal_id:int}", appeal_one, access=OFFICE, name="appeal", methods=["GET", "POST"]
    ),
]
