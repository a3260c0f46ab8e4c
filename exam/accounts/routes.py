"""Pages of people and access."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC
from exam.core import web


def sign_in(request: Request) -> Response:
    """The sign-in form."""
    return web.render(request, "accounts/sign_in.html")


routes: list[BaseRoute] = [
    web.page_route("/sign-in", sign_in, access=PUBLIC, name="sign_in"),
]
