"""Learning: what plugs into the app."""

from starlette.routing import BaseRoute

from exam.learning import routes_learning, routes_media, routes_office, routes_package, routes_pages

routes: list[BaseRoute] = [
    *routes_pages.routes,
    *routes_learning.routes,
    *routes_media.routes,
    *routes_package.routes,
    *routes_office.routes,
]
