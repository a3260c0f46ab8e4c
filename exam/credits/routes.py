"""Credit hours: what plugs into the app."""

from typing import Any

from starlette.routing import BaseRoute

from exam.credits import eligibility_pages

routes: list[BaseRoute] = [*eligibility_pages.routes]
navigation: tuple[tuple[str, str, Any], ...] = (*eligibility_pages.navigation,)
panels: tuple[Any, ...] = (*eligibility_pages.panels,)
