"""Signing in and out, the language, the institution one works for."""

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from exam.accounts import rules, service_sessions, sign_in
from exam.accounts.access import PUBLIC, SIGNED_IN_ALWAYS, Caller, caller
from exam.accounts.models import Institution, Person
from exam.accounts.service_sign_in import Judged
from exam.core import i18n, web
from exam.core.decisions import Refusal
from exam.core.errors import Invalid, NotFound, Problem, Refused, SignInNeeded, TooMany
from exam.core.lanes import Lane

# Two hashes at a time, two more requests at the database; a hall of hundreds waits its turn within seconds.
LANE = Lane("sign-in", at_once=4, waiting=2000)
YEAR = 365 * 24 * 3600


def sign_in_page(request: Request) -> Response:
    """The form; whoever is signed in goes on at once."""
    onward = rules.safe_next(request.query_params.get("next", "/"))
    who: Caller | None = request.state.caller
    if who and who.person_id:
        return RedirectResponse(onward, status_code=303)
    return _form(request, onward)


def _form(
    request: Request, onward: str, typed: str = "", problems: tuple[Problem, ...] = (), status: int = 200
) -> Response:
    context = {"next": onward, "identifier": typed, "problems": problems}
    return web.render(request, "accounts/sign_in.html", context, status)


def sign_in_submit(request: Request) -> Response:
    """Sign in and go on to where one wanted to be; or the form again, with what is wrong and how long to wait."""
    fields = web.text_fields(request)
    onward = rules.safe_next(fields.get("next", "/"))
    typed, password = fields.get("identifier", "").strip()[:200], fields.get("password", "")
    missing = tuple(
        Problem(name, f"{name}-required")
        for name, given in (("identifier", typed), ("password", password))
        if not given
    )
    if missing:
        return _form(request, onward, typed, missing, 422)
    try:
        judged = sign_in.attempt(request, typed, password)
    except TooMany as error:
        answer = _form(request, onward, typed, (_wait(error.retry_after),), 429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if judged.outcome == "wrong":
        return _form(request, onward, typed, (Problem("password", "sign-in-failed"),), 422)
    if judged.outcome != "in":
        return _not_in(request, judged)
    sign_in.enter(request, judged)
    return RedirectResponse(onward, status_code=303)


def _wait(seconds: int) -> Problem:
    if seconds < 90:
        return Problem("password", "sign-in-wait-seconds", {"n": seconds})
    return Problem("password", "sign-in-wait-minutes", {"n": -(-seconds // 60)})


def _not_in(request: Request, judged: Judged) -> Response:
    """The password is right, but the account isn't open: say how it stands."""
    person = judged.person
    assert person is not None
    with web.reading(request) as db:
        institution = db.get(Institution, person.applied_to) if person.applied_to else None
    return web.render(
        request, "accounts/standing.html", {"outcome": judged.outcome, "person": person, "institution": institution}
    )


def sign_in_again(request: Request) -> Response:
    """Sign the same person in again, in place, on a page whose sign-in has ended. JSON: password, token."""
    body = web.json_body(request)
    fields = body if isinstance(body, dict) else {}
    # JSON can carry half a character, which nothing can encode: no password has one.
    token, password = (str(fields.get(name) or "").encode(errors="replace").decode() for name in ("token", "password"))
    known = sign_in.known_from(request, token)
    judged = sign_in.attempt_for(request, known.person, password)
    if judged.outcome == "wrong":
        raise Invalid([Problem("password", "password-wrong")])
    if judged.outcome != "in" or known.person.id is None:
        raise Refused(Refusal("account-not-open"))
    opened = sign_in.enter(request, judged, institution_id=known.institution_id)
    again = sign_in.again_token(request, known.person.id, known.institution_id)
    return JSONResponse({"csrf": sign_in.new_csrf(request, opened), "token": again, "name": known.person.name})


def sign_out(request: Request) -> Response:
    """End the sign-in on the server and in the browser."""
    with web.transaction(request) as db:
        service_sessions.sign_out(db, caller(request), now=web.now(request))
    sign_in.leave(request)
    return web.redirect(request, "sign_in")


def set_language(request: Request) -> Response:
    """Remember the language in a cookie, and with the person who is signed in."""
    fields = web.text_fields(request)
    chosen = fields.get("lang") or fields.get("locale")
    if chosen not in i18n.LOCALES:
        raise Invalid([Problem("lang", "choice")])
    who: Caller | None = request.state.caller
    if who and who.person_id and who.locale != chosen:
        with web.transaction(request) as db:
            person = db.get(Person, who.person_id)
            if person is None:
                raise SignInNeeded
            person.locale = chosen
            db.add(person)
    sign_in.gate_of(request).set_cookie(request, "lang", chosen, YEAR)
    return RedirectResponse(rules.safe_next(fields.get("next", "/")), status_code=303)


def switch_institution(request: Request) -> Response:
    """Work for another of one's institutions; back to the first page, as the one at hand may be closed there."""
    chosen = web.text_fields(request).get("institution", "")
    if not chosen.isdecimal():
        raise NotFound
    with web.transaction(request) as db:
        service_sessions.switch_institution(db, caller(request), int(chosen), now=web.now(request))
    return web.redirect(request, "home")


routes: list[BaseRoute] = [
    web.page_route("/sign-in", sign_in_page, access=PUBLIC, name="sign_in"),
    web.page_route("/sign-in", sign_in_submit, access=PUBLIC, name="sign_in_submit", methods=["POST"], lane=LANE),
    # Declared without the CSRF check of forms: `sign_in.known_from` demands a proof of its own.
    web.api_route("/sign-in/again", sign_in_again, access=PUBLIC, name="sign_in_again", methods=["POST"], lane=LANE),
    web.page_route("/sign-out", sign_out, access=SIGNED_IN_ALWAYS, name="sign_out", methods=["POST"]),
    web.page_route("/language", set_language, access=PUBLIC, name="set_language", methods=["POST"]),
    web.page_route(
        "/institution", switch_institution, access=SIGNED_IN_ALWAYS, name="switch_institution", methods=["POST"]
    ),
]
