"""Slow work waits in its lane, never in the threads that serve every other page."""

import threading

import anyio
import anyio.to_thread
import httpx2
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from exam.accounts.access import PUBLIC
from exam.accounts.gate import AccountsGate
from exam.app import page_context
from exam.core import web
from exam.core.lanes import Lane


def test_a_full_lane_neither_blocks_other_pages_nor_grows_without_bound(app, settings):
    started, release = threading.Semaphore(0), threading.Event()

    def slow(request):
        started.release()
        release.wait(10)
        return PlainTextResponse("slow")

    lane = Lane("test", at_once=1, waiting=2)
    routes = [
        web.page_route("/slow", slow, access=PUBLIC, name="slow", lane=lane),
        web.page_route("/quick", lambda request: PlainTextResponse("quick"), access=PUBLIC, name="quick"),
    ]
    site = Starlette(routes=[*routes, *app.router.routes])
    site.state._state |= app.state._state
    assert isinstance(site.state.gate, AccountsGate) and site.state.page_context is page_context

    async def go() -> list[int]:
        codes = []
        transport = httpx2.ASGITransport(app=site)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:

            async def call() -> None:
                codes.append((await client.get("/slow")).status_code)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await anyio.to_thread.run_sync(started.acquire)
                tasks.start_soon(call)
                tasks.start_soon(call)
                await anyio.sleep(0.05)
                refused = await client.get("/slow")
                assert refused.status_code == 503 and refused.headers["retry-after"] == "5"
                assert (await client.get("/quick")).text == "quick"
                release.set()
        return codes

    assert anyio.run(go) == [200, 200, 200]
