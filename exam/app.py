"""The application: the routes of every package, what surrounds a request, what runs beside it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from exam.accounts import access, doorman
from exam.accounts import routes as accounts
from exam.accounts.gate import AccountsGate
from exam.applications import portraits
from exam.applications import routes as applications
from exam.certificates import routes as certificates
from exam.certificates import runtime as certificates_runtime
from exam.core import i18n, logs, web
from exam.core.clock import Clock, ShiftedClock, SystemClock
from exam.core.db import Database
from exam.core.headers import SecurityHeaders
from exam.core.jobs import JobRunner
from exam.core.objects import ObjectStore
from exam.core.secrets import derive, load_secret
from exam.core.static import CompressedStaticFiles
from exam.core.templating import STATIC_DIR
from exam.core.texts import localtime
from exam.courses import routes as courses
from exam.courseware import routes as courseware
from exam.credits import routes as credits
from exam.diagnosis import routes as diagnosis
from exam.fees import routes as fees
from exam.grading import routes as grading
from exam.grading import runtime as grading_runtime
from exam.itembank import routes as itembank
from exam.learning import routes as learning
from exam.learning import runtime as learning_runtime
from exam.learning.heartbeat import Heartbeat
from exam.proctor import routes as proctor
from exam.proctor.checkin import steps as checkin_steps
from exam.proctor.consent import steps as proctor_steps
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.review import runtime as review_runtime
from exam.proctor.watching import runtime as proctor_runtime
from exam.proctor.watching.frames_path import FramePath
from exam.scheduling import course_link
from exam.scheduling import routes as scheduling
from exam.seb import routes as seb
from exam.seb.keyring import Keyring
from exam.sessions import routes as sessions
from exam.sessions import runtime as sessions_runtime
from exam.sessions.sync import AnswerPath
from exam.settings import Settings

# Each package's `routes` module may also have `navigation` (label, route name, permission), `panels` (parts of the
# first page) and `jobs`.
PACKAGES = (
    accounts,
    credits,
    fees,
    certificates,
    itembank,
    courses,
    courseware,
    learning,
    applications,
    scheduling,
    seb,
    sessions,
    proctor,
    grading,
    diagnosis,
)


@dataclass(frozen=True)
class NavigationLink:
    """An entry of the header; `current` when the page lies under it."""

    label: str
    url: str
    current: bool


def all_routes() -> list[BaseRoute]:
    """Every route of the site, declared with who may call it."""
    first = web.page_route("/", home, access=access.SIGNED_IN, name="home")
    return [first, *_collect("routes")]


def _collect(name: str) -> list[Any]:
    return [entry for package in PACKAGES for entry in getattr(package, name, ())]


def home(request: Request) -> Response:
    """The first page: for each of the caller's roles, where they stand and what to do next."""
    who = access.caller(request)
    with web.reading(request) as db:
        panels: list[web.Panel] = [panel for make in _collect("panels") for panel in make(db, who, web.now(request))]
        return web.render(request, "home.html", {"panels": sorted(panels, key=lambda panel: panel.order)})


def create_app(settings: Settings, clock: Clock | None = None, database: Database | None = None) -> Starlette:
    """The ASGI application. Raises `ValueError` when the settings can't work."""
    logs.configure(settings.log_level)
    secret = load_secret(settings)
    shift = timedelta(seconds=settings.clock_offset_seconds)
    database = database or Database(settings.effective_database_url)
    static = Mount("/static", CompressedStaticFiles(directory=STATIC_DIR), name="static")
    gate = AccountsGate(settings, derive(secret, "csrf"))
    app = Starlette(
        routes=[*all_routes(), static],
        middleware=[
            Middleware(FramePath),
            Middleware(AnswerPath, https=settings.secure_cookies),
            Middleware(Heartbeat),
            Middleware(SecurityHeaders, https=settings.secure_cookies),
        ],
        exception_handlers={404: _not_found, 405: _not_found},
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False  # it would send people to whatever host their request named
    state: Any = app.state
    state.settings, state.secret, state.database, state.gate = settings, secret, database, gate
    state.clock = clock or (ShiftedClock(shift) if shift else SystemClock())
    _furnish(state, settings)
    state.jobs = JobRunner(_collect("jobs"), state)
    return app


def _furnish(state: Any, settings: Settings) -> None:
    """What requests and jobs find in the app's state, and who listens to whom."""
    state.objects = ObjectStore(settings.data_dir / "objects")
    state.private = ObjectStore(settings.data_dir / "private")  # what is deleted on request: pictures of people
    state.seb = Keyring()
    state.evidence_keys = evidence_keys.load(settings)  # at once: a key that is none is told now
    state.page_context = page_context
    for listening in (certificates_runtime, course_link, portraits, proctor_steps, checkin_steps):
        listening.listen()
    for attached in (doorman, learning_runtime, sessions_runtime, proctor_runtime, review_runtime, grading_runtime):
        attached.attach(state)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    runner: JobRunner = app.state.jobs
    for started in (doorman, learning_runtime, sessions_runtime, proctor_runtime, grading_runtime):
        started.start(app.state)
    runner.start()
    yield
    runner.stop()
    for stopped in (proctor_runtime, sessions_runtime, learning_runtime, doorman, grading_runtime):
        stopped.stop(app.state)
    app.state.database.close()


_missing = web.missing_page(access.PUBLIC)


async def _not_found(request: Request, _error: Exception) -> Response:
    return await _missing(request)


def page_context(request: Request) -> dict[str, Any]:
    """What every page shows: the caller, the navigation they may use, the banner of a shifted clock."""
    who = getattr(request.state, "caller", None)
    gate: AccountsGate = request.app.state.gate
    token = who.csrf_token if who else gate.visitor_token(request)
    settings: Settings = request.app.state.settings
    banner = None
    if settings.clock_offset_seconds:
        banner = i18n.gettext(
            "演示环境：时钟已拨到 %(time)s，并照常走动。", time=localtime(request.app.state.clock.now())
        )
    return {
        "caller": who,
        "csrf_token": token,
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(token),
        "navigation": list(_navigation(request, who)),
        "demo_banner": banner,
    }


def _navigation(request: Request, who: Any) -> Iterable[NavigationLink]:
    if who is None:
        return
    for label, route, permission in _collect("navigation"):
        if permission in who.permissions:
            address = str(request.app.url_path_for(route))
            yield NavigationLink(i18n.gettext(label), address, request.url.path.startswith(address))


def routes_by_name() -> dict[str, Route]:
    """Every declared route by its name, for tests that walk them all."""
    return {route.name: route for route in all_routes() if isinstance(route, Route)}
