"""The page between a form and its deed: what the deed would do to hours, eligibility and certificates."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from exam.core import web
from exam.credits.effects_shown import Unseen

SEEN = "seen"
LEFT_OUT = frozenset({"csrf_token", SEEN})


def seen(request: Request) -> str:
    """The token of the effect that was shown, as the form brings it back; "" at first."""
    return web.text_fields(request).get(SEEN, "")


def ask(request: Request, unseen: Unseen, *, title: str, told: Sequence[tuple[str, str]], back: str) -> Response:
    """The page that asks for a confirmation, with the form's fields in it; 409 when another effect had been shown.

    `title` and the labels of `told` are message ids, `back` is where "cancel" leads.
    """
    fields = {name: value for name, value in web.text_fields(request).items() if name not in LEFT_OUT}
    stale = bool(seen(request))
    context = {
        "title": title,
        "told": [(label, text) for label, text in told if text],
        "action": request.url.path,
        "back": back,
        "fields": fields,
        "effect": unseen.effect,
        "stale": stale,
    }
    return web.render(request, "credits/confirm.html", context, 409 if stale else 200)
