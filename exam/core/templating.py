"""Jinja2 with the texts of both languages, hashed addresses of static files and the few globals every page uses."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from exam.core import i18n, texts
from exam.core.modules import joined_url

PACKAGE = Path(__file__).parent.parent
STATIC_DIR = PACKAGE / "static"
TEMPLATE_DIRS = (PACKAGE / "templates", PACKAGE.parent / "templates")  # in a wheel, in a checkout


@cache
def static_url(path: str) -> str:
    """The address of a static file, with a hash of its content so that it may be cached for ever."""
    digest = hashlib.sha256((STATIC_DIR / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def icon(name: str) -> Markup:
    """An icon of the sprite, hidden from screen readers: the text beside it says what it means."""
    address = static_url("icons/sprite.svg")
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        address, name
    )


@cache
def environment() -> Environment:
    """The one Jinja environment of the process."""
    env = Environment(
        loader=FileSystemLoader([str(folder) for folder in TEMPLATE_DIRS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    install: Any = env
    install.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)
    env.globals |= {
        "static": static_url,
        "joined": joined_url,
        "icon": icon,
        "localtime": texts.localtime,
        "problem_text": texts.problem_text,
        "refusal_text": texts.refusal_text,
        "error_text": texts.error_text,
    }
    return env


def render_template(request: Request, name: str, context: dict[str, Any], status: int) -> Response:
    """Render a page. The app's `page_context(request)` adds what every page shows (caller, navigation, banner)."""
    app = request.app
    shared = {
        "request": request,
        "locale": i18n.current_locale.get(),
        "now": app.state.clock.now(),
        "url": lambda route, **params: str(app.url_path_for(route, **params)),
        **app.state.page_context(request),
    }
    return HTMLResponse(environment().get_template(name).render({**shared, **context}), status_code=status)
