"""The floor: bare Starlette endpoints that only parse what they get, and send a page of about the size of a paper's."""

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

FILLING = b"x" * 100_000


async def parse(request: Request) -> Response:
    """Parse the body, do nothing with it."""
    body = orjson.loads(await request.body())
    return Response(orjson.dumps({"accepted": len(body["answers"])}), media_type="application/json")


async def beat(request: Request) -> Response:
    """Parse the reports, do nothing with them."""
    body = orjson.loads(await request.body())
    return Response(orjson.dumps({"credited": len(body["beats"])}), media_type="application/json")


async def start(request: Request) -> Response:
    """Read the form, send on to the page."""
    await request.body()
    return RedirectResponse(f"/sittings/{request.path_params['sitting_id']}", status_code=303)


async def page(request: Request) -> Response:
    """A page that says whose it is and nothing else."""
    mark = f'<div data-sitting="{request.path_params["sitting_id"]}"></div><span class="who">-</span>'
    return Response(mark.encode() + FILLING, media_type="text/html")


app = Starlette(
    routes=[
        Route("/learn/beat", beat, methods=["POST"]),
        Route("/sittings/{sitting_id:int}/start", start, methods=["POST"]),
        Route("/sittings/{sitting_id:int}/{action:str}", parse, methods=["POST"]),
        Route("/sittings/{sitting_id:int}", page),
    ]
)
