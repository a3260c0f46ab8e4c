"""Registering by oneself, and the administrators' list of who waits."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import passwords, queries, rules, service_admission, service_sign_in, sign_in
from exam.accounts.access import PUBLIC, Caller, caller, may
from exam.accounts.permissions import Permission
from exam.accounts.routes_sign_in import LANE
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.errors import Invalid, Problem, TooMany

REQUIRED = ("name", "id_number", "phone")
ORDER = ("institution", *REQUIRED, "email", "password", "password_again")


def register_page(request: Request) -> Response:
    """The form; somebody signed in has no use for it."""
    who: Caller | None = request.state.caller
    return web.redirect(request, "home") if who and who.person_id else _form(request, {})


def _form(request: Request, fields: dict[str, str], problems: tuple[Problem, ...] = (), status: int = 200) -> Response:
    with web.reading(request) as db:
        choices = service_sign_in.institutions(db)
    english = i18n.current_locale.get() == "en"
    context = {
        "fields": fields,
        "problems": problems,
        "institutions": [(id, name_en if english else name) for id, name, name_en in choices],
        "least": rules.PASSWORD_MIN,
    }
    return web.render(request, "accounts/register.html", context, status)


def register_submit(request: Request) -> Response:
    """Take a registration. The answer is the same whether or not the number was known already."""
    fields, now = web.text_fields(request), web.now(request)
    person, password = rules.details({**fields, "username": ""}), fields.get("password", "")
    problems = rules.detail_problems(person, now.astimezone(SHANGHAI).date(), REQUIRED)
    if problem := rules.password_problem(password, fields.get("password_again", ""), person):
        problems.append(problem)
    with web.reading(request) as db:
        institution = queries.institution(db, _number(fields.get("institution", "")))
    if institution is None or institution.id is None:
        problems.append(Problem("institution", "institution-choose"))
    if problems or institution is None or institution.id is None:
        problems.sort(key=lambda problem: ORDER.index(problem.field))
        return _form(request, fields, tuple(problems), 422)
    wait = sign_in.gate_of(request).throttle.registering(sign_in.gate_of(request).address(request))
    if wait:
        raise TooMany(wait)
    hashed = passwords.make_hash(password)
    with web.transaction(request) as db:
        service_sign_in.register(
            db,
            person,
            password_hash=hashed,
            institution_id=institution.id,
            locale=i18n.current_locale.get(),
            now=now,
        )
    return web.redirect(request, "registered")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 12 else None


def registered(request: Request) -> Response:
    """What happens next."""
    return web.render(request, "accounts/registered.html")


def waiting(request: Request) -> Response:
    """Who waits for an administrator, with the whole ID number: it has to be checked against the document."""
    return _waiting(request)


def _waiting(request: Request, problems: tuple[Problem, ...] = (), reason: str = "", status: int = 200) -> Response:
    who = caller(request)
    with web.reading(request) as db:
        context = {
            "people": queries.waiting(db, who.institution_id),
            "count": queries.waiting_count(db, who.institution_id),
            "duplicate_days": queries.DUPLICATE_DAYS,
            "duplicates": queries.duplicates(db, who.institution_id, web.now(request)),
            "problems": problems,
            "reason": reason,
            "done": request.query_params.get("done", ""),
            "n": _number(request.query_params.get("n", "")) or 0,
        }
    return web.render(request, "accounts/waiting.html", context, status)


def decide(request: Request) -> Response:
    """Admit or refuse those who were ticked."""
    who, form, now = caller(request), web.form(request), web.now(request)
    chosen = [int(value) for value in form.getlist("person") if isinstance(value, str) and _number(value) is not None]
    fields = web.text_fields(request)
    try:
        if not chosen:
            raise Invalid([Problem("person", "choose-people")])
        with web.transaction(request) as db:
            if fields.get("decision") == "admit":
                done = service_admission.admit(db, who, chosen, now=now)
            elif fields.get("decision") == "refuse":
                done = service_admission.refuse(db, who, chosen, fields.get("reason", ""), now=now)
            else:
                raise Invalid([Problem("decision", "choice")])
    except Invalid as error:
        return _waiting(request, error.problems, fields.get("reason", ""), 422)
    answer = web.redirect(request, "waiting_people")
    answer.headers["location"] += f"?done={'admitted' if fields['decision'] == 'admit' else 'refused'}&n={len(done)}"
    return answer


routes: list[BaseRoute] = [
    web.page_route("/register", register_page, access=PUBLIC, name="register"),
    web.page_route("/register", register_submit, access=PUBLIC, name="register_submit", methods=["POST"], lane=LANE),
    web.page_route("/register/received", registered, access=PUBLIC, name="registered"),
    web.page_route("/people/waiting", waiting, access=may(Permission.PEOPLE_MANAGE), name="waiting_people"),
    web.page_route(
        "/people/waiting", decide, access=may(Permission.PEOPLE_MANAGE), name="decide_waiting", methods=["POST"]
    ),
]
