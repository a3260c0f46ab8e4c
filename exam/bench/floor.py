"""The floor: a bare Starlette endpoint that parses the same JSON, and one that sends a page of the same size."""

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAGE = b"<!doctype html>" + b"x" * 100_000


async def parse(request: Request) -> Response:
    """Parse the body, do nothing with it."""
    body = orjson.loads(await request.body())
    return Response(orjson.dumps({"accepted": len(body["answers"])}), media_type="application/json")


async def page(_request: Request) -> Response:
    """A page."""
    return Response(PAGE, media_type="text/html")


app = Starlette(
    routes=[
        Route("/sittings/{sitting_id:int}/{action:str}", parse, methods=["POST"]),
        Route("/sittings/{sitting_id:int}", page),
    ]
)
