"""The people of an institution and the page of each."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import id_number, passwords, people_sheet, queries, rules, service, service_sessions, sign_in
from exam.accounts.access import caller, may
from exam.accounts.devices import device_name
from exam.accounts.models import Person
from exam.accounts.permissions import Permission, Role
from exam.core import web
from exam.core.errors import Invalid, NotFound, Problem


def people(request: Request) -> Response:
    """Search the people of the caller's institution."""
    who, given = caller(request), request.query_params
    role = given.get("role", "") if given.get("role") in set(Role) else ""
    state = given.get("state", "") if given.get("state") in ("active", "disabled") else ""
    q, page = given.get("q", "")[:100], given.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    with web.reading(request) as db:
        found = queries.people(db, who.institution_id, q=q, role=role, state=state, page=number)
        waiting = queries.waiting_count(db, who.institution_id)
    filters = {"q": q, "role": role, "state": state}

    def address(page: int) -> str:
        return "?" + urlencode({**{name: value for name, value in filters.items() if value}, "page": page})

    context = {
        "found": found,
        "filters": filters,
        "waiting": waiting,
        "roles": list(Role),
        "role_names": people_sheet.ROLE_NAMES,
        "previous": address(found.page - 1) if found.page > 1 else "",
        "next": address(found.page + 1) if found.last < found.total else "",
    }
    return web.render(request, "accounts/people.html", context)


def person_page(request: Request) -> Response:
    """One person: details, roles here, and for administrators their account and sign-ins."""
    return _person(request)


def _person(
    request: Request,
    person_id: int | None = None,
    *,
    problems: tuple[Problem, ...] = (),
    fields: dict[str, str] | None = None,
    shown: str = "",
    one_time: str = "",
    status: int = 200,
) -> Response:
    """`shown` is the whole ID number, `one_time` a password just made: both only in the answer to their own request."""
    who, gate = caller(request), sign_in.gate_of(request)
    person_id = person_id or int(request.path_params["person_id"])
    with web.reading(request) as db:
        person = service.person_here(db, who, person_id)
        home = queries.institution(db, person.applied_to)
        refusal = service.account_refusal(db, who, person)
        sessions = queries.live_sessions(db, person_id, web.now(request), gate.idle)
        roles = queries.roles_at(db, person_id, who.institution_id)
    context = {
        "person": person,
        "home": home,
        "refusal": refusal,
        "roles": roles,
        "sessions": sessions if refusal is None and who.can(Permission.SIGN_IN_END) else [],
        "masked": id_number.masked(person.id_number),
        "shown": shown,
        "one_time": one_time,
        "problems": problems,
        "fields": fields or _fields(person),
        "grantable": [role for role in Role if role.value not in {grant.role for grant in roles}],
        "seen": {session.id: gate.seen.last(session.id or 0, session.last_seen_at) for session in sessions},
        "own": person_id == who.person_id,
        "role_names": people_sheet.ROLE_NAMES,
        "device_name": device_name,
    }
    return web.render(request, "accounts/person.html", context, status)


def _fields(person: Person) -> dict[str, str]:
    return {name: getattr(person, name) or "" for name in ("name", "phone", "email", "username")}


def _back(request: Request) -> Response:
    return web.redirect(request, "person", person_id=request.path_params["person_id"])


def grant_role(request: Request) -> Response:
    """Give a role at the caller's institution."""
    who, role = caller(request), _role(request)
    with web.transaction(request) as db:
        person = service.person_here(db, who, request.path_params["person_id"])
        if person.state not in ("active", "disabled") or person.id is None:
            raise NotFound
        service.grant(db, person.id, who.institution_id, role, now=web.now(request), by=who.person_id)
    return _back(request)


def withdraw_role(request: Request) -> Response:
    """Take a role at the caller's institution away."""
    with web.transaction(request) as db:
        service.withdraw(db, caller(request), request.path_params["person_id"], _role(request), now=web.now(request))
    return _back(request)


def _role(request: Request) -> Role:
    chosen = web.text_fields(request).get("role", "")
    if chosen not in set(Role):
        raise Invalid([Problem("role", "choice")])
    return Role(chosen)


def disable(request: Request) -> Response:
    """Bar somebody from signing in, with a reason that they are told."""
    reason = web.text_fields(request).get("reason", "")
    try:
        _set_disabled(request, disabled=True, reason=reason)
    except Invalid as error:
        return _person(request, problems=error.problems, status=422)
    return _back(request)


def enable(request: Request) -> Response:
    """Let somebody sign in again."""
    _set_disabled(request, disabled=False, reason="")
    return _back(request)


def _set_disabled(request: Request, *, disabled: bool, reason: str) -> None:
    with web.transaction(request) as db:
        service.set_disabled(
            db,
            caller(request),
            request.path_params["person_id"],
            disabled=disabled,
            reason=reason,
            now=web.now(request),
        )


def reset_password(request: Request) -> Response:
    """A one-time password, shown once in this very answer."""
    password, hashed = passwords.one_time()
    with web.transaction(request) as db:
        person = service.set_one_time_password(
            db, caller(request), request.path_params["person_id"], hashed, now=web.now(request)
        )
    known_as = [person.id_number, person.phone, person.username, f"person {person.id}"]
    sign_in.gate_of(request).throttle.pardon(*[name for name in known_as if name])
    return _person(request, one_time=password)


def show_id_number(request: Request) -> Response:
    """The whole ID number, shown once in this very answer and written into the log."""
    who = caller(request)
    with web.transaction(request) as db:
        shown = service.shown_id_number(db, who, request.path_params["person_id"], now=web.now(request))
    return _person(request, shown=shown)


def change_person(request: Request) -> Response:
    """Correct name, phone, e-mail or user name; the ID number stays (whose it is was checked)."""
    who, fields = caller(request), web.text_fields(request)
    try:
        with web.transaction(request) as db:
            person = service.manageable(db, who, request.path_params["person_id"])
            new = rules.details({**fields, "id_number": person.id_number or ""})
            service.change_details(db, who, request.path_params["person_id"], new, now=web.now(request))
    except Invalid as error:
        return _person(request, problems=error.problems, fields=fields, status=422)
    return _back(request)


def end_sign_in(request: Request) -> Response:
    """End one live sign-in of somebody at once."""
    who, params = caller(request), request.path_params
    with web.transaction(request) as db:
        service.manageable(db, who, params["person_id"])
        service_sessions.end_session(db, params["person_id"], params["session_id"], who, now=web.now(request))
    return _back(request)


def new_person(request: Request) -> Response:
    """The form to add one person."""
    return _new(request, {}, ())


def _new(request: Request, fields: dict[str, str], problems: tuple[Problem, ...], status: int = 200) -> Response:
    chosen = [value for value in web.form(request).getlist("roles") if isinstance(value, str)]
    context = {
        "fields": fields,
        "problems": problems,
        "roles": list(Role),
        "role_names": people_sheet.ROLE_NAMES,
        "chosen": chosen or [Role.CANDIDATE.value],
    }
    return web.render(request, "accounts/new_person.html", context, status)


def add_person(request: Request) -> Response:
    """Add one person with roles; the one-time password is shown once on their page."""
    who, fields, now = caller(request), web.text_fields(request), web.now(request)
    chosen = [value for value in web.form(request).getlist("roles") if isinstance(value, str)]
    password, hashed = passwords.one_time()
    try:
        if not chosen or not set(chosen) <= set(Role):
            raise Invalid([Problem("roles", "choice")])
        with web.transaction(request) as db:
            person = service.add_person(
                db,
                rules.details(fields),
                now=now,
                home=who.institution_id,
                by=who.person_id,
                password_hash=hashed,
                must_change=True,
                required=("name", "id_number"),
            )
            assert person.id is not None
            for role in chosen:
                service.grant(db, person.id, who.institution_id, Role(role), now=now, by=who.person_id)
    except Invalid as error:
        return _new(request, fields, error.problems, 422)
    return _person(request, person.id, one_time=password)


MANAGE, GRANT = may(Permission.PEOPLE_MANAGE), may(Permission.ROLE_GRANT)
_AT = "/people/{person_id:int}"
routes: list[BaseRoute] = [
    web.page_route("/people", people, access=may(Permission.PEOPLE_READ), name="people"),
    web.page_route("/people/new", new_person, access=MANAGE, name="new_person"),
    web.page_route("/people/new", add_person, access=MANAGE, name="add_person", methods=["POST"]),
    web.page_route(_AT, person_page, access=may(Permission.PEOPLE_READ), name="person"),
    web.page_route(f"{_AT}/change", change_person, access=MANAGE, name="change_person", methods=["POST"]),
    web.page_route(f"{_AT}/roles", grant_role, access=GRANT, name="grant_role", methods=["POST"]),
    web.page_route(f"{_AT}/roles/withdraw", withdraw_role, access=GRANT, name="withdraw_role", methods=["POST"]),
    web.page_route(f"{_AT}/disable", disable, access=MANAGE, name="disable_person", methods=["POST"]),
    web.page_route(f"{_AT}/enable", enable, access=MANAGE, name="enable_person", methods=["POST"]),
    web.page_route(f"{_AT}/password", reset_password, access=MANAGE, name="reset_password", methods=["POST"]),
    web.page_route(f"{_AT}/id-number", show_id_number, access=MANAGE, name="show_id_number", methods=["POST"]),
    web.page_route(
        f"{_AT}/sign-ins/{{session_id:int}}/end",
        end_sign_in,
        access=may(Permission.SIGN_IN_END),
        name="end_sign_in",
        methods=["POST"],
    ),
]
