"""Pages of people and access."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, SIGNED_IN
from exam.core import web


def home(request: Request) -> Response:
    """The first page: what to do next."""
    return web.render(request, "accounts/home.html")


def sign_in(request: Request) -> Response:
    """The sign-in form."""
    return web.render(request, "accounts/sign_in.html")


routes: list[BaseRoute] = [
    web.page_route("/", home, access=SIGNED_IN, name="home"),
    web.page_route("/sign-in", sign_in, access=PUBLIC, name="sign_in"),
]
