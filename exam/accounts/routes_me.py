"""One's own page: details, password, sign-ins."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import (
    id_number,
    messages,
    passwords,
    people_sheet,
    queries,
    rules,
    service_sessions,
    service_sign_in,
    sign_in,
)
from exam.accounts.access import SIGNED_IN, SIGNED_IN_ALWAYS, Caller, caller
from exam.accounts.devices import device_name
from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.accounts.routes_sign_in import LANE
from exam.core import web
from exam.core.errors import Invalid, NotFound, Problem, TooMany


def me(request: Request) -> Response:
    """Own details with the ID number masked, roles here, and every live sign-in."""
    who, gate = caller(request), sign_in.gate_of(request)
    with web.reading(request) as db:
        person = db.get(Person, who.person_id)
        sessions = queries.live_sessions(db, who.person_id, web.now(request), gate.idle)
    if person is None:
        raise NotFound
    context = {
        "person": person,
        "id_number": id_number.masked(person.id_number),
        "sessions": sessions,
        "seen": {session.id: gate.seen.last(session.id or 0, session.last_seen_at) for session in sessions},
        "device_name": device_name,
        "role_names": people_sheet.ROLE_NAMES,
        "roles": sorted(who.roles, key=list(Role).index),
        "changed": request.query_params.get("changed") == "password",
    }
    return web.render(request, "accounts/me.html", context)


def end_own(request: Request) -> Response:
    """End one of one's own sign-ins, on a machine left behind."""
    who = caller(request)
    with web.transaction(request) as db:
        service_sessions.end_session(db, who.person_id, request.path_params["session_id"], who, now=web.now(request))
    return web.redirect(request, "me")


def end_others(request: Request) -> Response:
    """End every sign-in of one's own but this one."""
    who = caller(request)
    with web.transaction(request) as db:
        service_sessions.end_others(db, who, now=web.now(request))
    return web.redirect(request, "me")


def change_password(request: Request) -> Response:
    """The form for a new password."""
    return _form(request, caller(request))


def _form(request: Request, who: Caller, problems: tuple[Problem, ...] = (), status: int = 200) -> Response:
    context = {"problems": problems, "forced": who.must_change_password, "least": rules.PASSWORD_MIN}
    return web.render(request, "accounts/password.html", context, status)


def change_password_save(request: Request) -> Response:
    """Take the new password. Whoever came in with a one-time password has just shown it and isn't asked again."""
    who, fields = caller(request), web.text_fields(request)
    with web.reading(request) as db:
        person = db.get(Person, who.person_id)
    if person is None:
        raise NotFound
    new, again = fields.get("password", ""), fields.get("password_again", "")
    try:
        if not who.must_change_password:
            judged = sign_in.attempt_for(request, person, fields.get("old_password", ""))
            if judged.outcome != "in":
                raise Invalid([Problem("old_password", "password-wrong")])
        problem = rules.password_problem(new, again, rules.details_of(person))
        if problem is None and passwords.right(new, person.password_hash):
            problem = Problem("password", "password-same")
        if problem:
            raise Invalid([problem])
        new_hash = passwords.make_hash(new)
        with web.transaction(request) as db:
            service_sign_in.change_password(db, who, new_hash, expected=person.password_hash, now=web.now(request))
    except Invalid as error:
        return _form(request, who, error.problems, 422)
    except TooMany as error:
        return _form(request, who, (Problem("old_password", "sign-in-wait-seconds", {"n": error.retry_after}),), 429)
    if who.must_change_password:
        return web.redirect(request, "home")
    answer = web.redirect(request, "me")
    answer.headers["location"] += "?changed=password"
    return answer


def message_read(request: Request) -> Response:
    """`POST /me/messages/{message_id}/read`: a message goes from the first page."""
    with web.transaction(request) as db:
        messages.put_away(db, caller(request), request.path_params["message_id"], web.now(request))
    return web.redirect(request, "home")


routes: list[BaseRoute] = [
    web.page_route(
        "/me/messages/{message_id:int}/read", message_read, access=SIGNED_IN, name="message_read", methods=["POST"]
    ),
    web.page_route("/me", me, access=SIGNED_IN, name="me"),
    web.page_route("/me/password", change_password, access=SIGNED_IN_ALWAYS, name="change_password"),
    web.page_route(
        "/me/password",
        change_password_save,
        access=SIGNED_IN_ALWAYS,
        name="change_password_save",
        methods=["POST"],
        lane=LANE,
    ),
    web.page_route(
        "/me/sign-ins/end-others", end_others, access=SIGNED_IN, name="end_other_sign_ins", methods=["POST"]
    ),
    web.page_route(
        "/me/sign-ins/{session_id:int}/end", end_own, access=SIGNED_IN, name="end_own_sign_in", methods=["POST"]
    ),
]
