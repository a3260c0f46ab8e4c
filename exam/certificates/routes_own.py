"""A candidate's certificates, and the public question whether one is in force."""

from datetime import date

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, caller, may
from exam.accounts.permissions import Permission
from exam.certificates import queries, rules, service_keys
from exam.certificates.expiry import predecessors
from exam.certificates.jobs import draw, means_of
from exam.certificates.keys import usable
from exam.core import web
from exam.core.clock import SHANGHAI
from exam.core.decisions import Refusal
from exam.core.errors import Refused

OWN = may(Permission.HOURS_OWN)
ASKED = parse("30 per 1 minute")
"""Questions from one address: enough for a counter that checks a pile of paper, too few to try numbers out."""

NOTHING = {"number": "", "name": ""}

limiter = MovingWindowRateLimiter(MemoryStorage())


def my_certificates(request: Request) -> Response:
    """`GET /my/certificates` (name `my_certificates`)."""
    with web.reading(request) as db:
        mine = queries.own(db, caller(request))
        continued = predecessors(db, mine)
        rows = [(row, rules.standing(row.state, row.valid_until, today(request))) for row in mine]
        key = service_keys.current(db, caller(request).institution_id)
        badges = key is not None and usable(key.not_before, key.not_after, web.now(request)) is None
    return web.render(request, "certificates/mine.html", {"rows": rows, "badges": badges, "continued": continued})


def my_certificate_file(request: Request) -> Response:
    """`GET /my/certificates/{certificate_id}/file` (name `my_certificate_file`)."""
    with web.reading(request) as db:
        found = queries.own_issued(db, caller(request), int(request.path_params["certificate_id"]))
    return pdf(request, found.id or 0, found.number or "")


def pdf(request: Request, certificate_id: int, number: str) -> Response:
    """The file of an issued certificate."""
    state = request.app.state
    content = draw(
        state.database, state.objects, str(state.settings.public_url), certificate_id, web.now(request), means_of(state)
    )
    name = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "_" for char in number)
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def today(request: Request) -> date:
    """The civil day."""
    return web.now(request).astimezone(SHANGHAI).date()


def check(request: Request) -> Response:
    """`GET, POST /check` (name `check`): a question by number and name. Number and name travel in the body only."""
    if request.method == "GET":
        return web.render(request, "certificates/check.html", {"asked": False, "given": NOTHING, "answer": None})
    count_question(request)
    given = {**NOTHING, **web.text_fields(request)}
    with web.reading(request) as db:
        answer = queries.by_number(db, given["number"][:100], given["name"][:100], today(request))
    return web.render(request, "certificates/check.html", {"asked": True, "given": given, "answer": answer})


def check_token(request: Request) -> Response:
    """`GET /check/{token}` (name `check_token`): the question of the QR code."""
    count_question(request)
    with web.reading(request) as db:
        answer = queries.by_token(db, str(request.path_params["token"])[:64], today(request))
    return web.render(request, "certificates/check.html", {"asked": True, "given": NOTHING, "answer": answer})


def count_question(request: Request) -> None:
    """Raises Refused when too much is asked from one address."""
    address = request.client.host if request.client else ""
    if not limiter.hit(ASKED, "check", address):
        raise Refused(Refusal("too-many-questions"))


routes: list[BaseRoute] = [
    web.page_route("/my/certificates", my_certificates, access=OWN, name="my_certificates"),
    web.page_route(
        "/my/certificates/{certificate_id:int}/file", my_certificate_file, access=OWN, name="my_certificate_file"
    ),
    web.page_route("/check", check, access=PUBLIC, name="check", methods=("GET", "POST")),
    web.page_route("/check/{token}", check_token, access=PUBLIC, name="check_token"),
]
