"""Pages of people and access."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, SIGNED_IN
from exam.core import i18n, web


def sign_in(request: Request) -> Response:
    """The sign-in form."""
    return web.render(request, "accounts/sign_in.html")


def set_language(request: Request) -> Response:
    """Remember the language in a cookie."""
    response = web.redirect(request, "home")
    language = web.text_fields(request).get("lang", "")
    if language in i18n.LOCALES:
        response.set_cookie("lang", language, max_age=365 * 86400, httponly=True, samesite="lax")
    return response


def sign_out(request: Request) -> Response:
    """End this sign-in."""
    return web.redirect(request, "sign_in")


def switch_institution(request: Request) -> Response:
    """Work for another institution of one's own."""
    return web.redirect(request, "home")


routes: list[BaseRoute] = [
    web.page_route("/sign-in", sign_in, access=PUBLIC, name="sign_in"),
    web.page_route("/language", set_language, access=PUBLIC, name="set_language", methods=["POST"]),
    web.page_route("/sign-out", sign_out, access=SIGNED_IN, name="sign_out", methods=["POST"]),
    web.page_route("/institution", switch_institution, access=SIGNED_IN, name="switch_institution", methods=["POST"]),
]
