"""The built-in load: plain HTTP/1.1 over asyncio streams, for machines without `wrk`. It is slower than the server."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from exam.bench.frame import percentile


@dataclass
class Tally:
    """What was measured; latencies in milliseconds."""

    latencies: list[float] = field(default_factory=list)
    errors: int = 0


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """One request on an open connection: status, headers, body. `head` is the request line and headers."""
    writer.write(f"{head}Host: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(lines[0].split()[1]), headers, content


def sync(url: str, people: Path, seconds: int, revision: int) -> dict[str, Any]:
    """One answer a request, on a connection a candidate, for some seconds."""
    rows = [line.rstrip("\n").split("\t") for line in people.read_text().splitlines()]
    tally = Tally()
    began = time.monotonic()
    asyncio.run(_sync_all(url, rows, (began + seconds, revision), tally))
    return _summary(tally, time.monotonic() - began)


async def _sync_all(url: str, rows: Sequence[Sequence[str]], span: tuple[float, int], tally: Tally) -> None:
    await asyncio.gather(*(_sync_one(url, row, span, tally) for row in rows))


async def _sync_one(url: str, row: Sequence[str], span: tuple[float, int], tally: Tally) -> None:
    until, first = span
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    sitting, cookie, csrf, *responses = row
    fixed = f"Content-Type: application/json\r\nCookie: {cookie}\r\nX-CSRF-Token: {csrf}\r\n"
    head, sent = f"POST /sittings/{sitting}/sync HTTP/1.1\r\n{fixed}", 0
    while time.monotonic() < until:
        slot, revision = sent % len(responses) + 1, sent // len(responses) + first
        body = f'{{"claim":1,"answers":[{{"slot":{slot},"revision":{revision},"response":{responses[slot - 1]}}}]}}'
        began = time.monotonic()
        status, _, _ = await exchange(reader, writer, head, body.encode())
        tally.latencies.append((time.monotonic() - began) * 1000)
        tally.errors += status != 200
        sent += 1
    writer.close()


def heartbeats(url: str, people: Path, seconds: int, about: tuple[int, int, int]) -> dict[str, Any]:
    """One report a request for some seconds; `about`: connections, the first number, when the pages' clocks began."""
    connections, first, clock = about
    rows = [line.rstrip("\n").split("\t") for line in people.read_text().splitlines()]
    tally = Tally()
    began = time.monotonic()

    async def some(share: Sequence[Sequence[str]]) -> None:
        address, number, last = urlsplit(url), first, 0
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while time.monotonic() < began + seconds:
            for player, cookie, csrf, chapter in share:
                at = round(time.time() * 1000) - clock
                says = {"number": number, "at": at, "played": at - (last or at), "chapter": int(chapter), "position": 0}
                beat = {**says, "playing": True, "visible": True, "focused": True, "idle": 0}
                head = "POST /learn/beat HTTP/1.1\r\nContent-Type: application/json\r\n"
                head += f"Cookie: {cookie}\r\nX-CSRF-Token: {csrf}\r\n"
                sent = time.monotonic()
                body = orjson.dumps({"player": player, "beats": [beat]})
                status, _, _ = await exchange(reader, writer, head, body)
                tally.latencies.append((time.monotonic() - sent) * 1000)
                tally.errors += status != 200
            number, last = number + 1, at
        writer.close()

    async def everybody() -> None:
        await asyncio.gather(*(some(rows[n::connections]) for n in range(connections)))

    asyncio.run(everybody())
    return _summary(tally, time.monotonic() - began)


def _summary(tally: Tally, seconds: float) -> dict[str, Any]:
    ordered = sorted(tally.latencies)
    return {
        "requests": len(ordered),
        "seconds": seconds,
        "p50_ms": percentile(ordered, 0.5),
        "p99_ms": percentile(ordered, 0.99),
        "errors": tally.errors,
    }


def submit(url: str, people: Path) -> dict[str, Any]:
    """Everybody hands in once, on a few connections."""
    rows = [line.split("\t")[:3] for line in people.read_text().splitlines()]
    tally = Tally()
    began = time.monotonic()

    async def some(share: Sequence[Sequence[str]]) -> None:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for sitting, cookie, csrf in share:
            head = f"POST /sittings/{sitting}/submit HTTP/1.1\r\nContent-Type: application/json\r\n"
            head += f"Cookie: {cookie}\r\nX-CSRF-Token: {csrf}\r\n"
            sent = time.monotonic()
            status, _, _ = await exchange(reader, writer, head, b'{"claim":1,"answers":[],"events":[]}')
            tally.latencies.append((time.monotonic() - sent) * 1000)
            tally.errors += status != 200
        writer.close()

    async def everybody() -> None:
        await asyncio.gather(*(some(rows[n::100]) for n in range(min(100, len(rows)))))

    asyncio.run(everybody())
    return _summary(tally, time.monotonic() - began)


def herd(url: str, people: Path) -> "tuple[list[Any], int]":
    """Everybody presses start at once and opens the paper: what was seen, and how many requests failed."""
    from exam.bench.herd import Seen

    rows = [line.split("\t") for line in people.read_text().splitlines()]

    async def one(row: Sequence[str]) -> Any:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        sitting, cookie, csrf, _ = row
        pressed = time.time() * 1000
        form = f"POST /sittings/{sitting}/start HTTP/1.1\r\nCookie: {cookie}\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\n"
        await exchange(reader, writer, form + kind, f"csrf_token={csrf}".encode())
        status, _, body = await exchange(reader, writer, f"GET /sittings/{sitting} HTTP/1.1\r\nCookie: {cookie}\r\n")
        writer.close()
        page = body.decode()
        found = re.search(r'data-sitting="(\d+)"', page)
        name = re.search(r'<span class="who">([^<]*)</span>', page)
        own = int(found[1]) if found else 0
        return Seen(own, pressed, time.time() * 1000, status, name[1] if name else "-")

    async def everybody() -> list[Any]:
        return await asyncio.gather(*map(one, rows), return_exceptions=True)

    told = asyncio.run(everybody())
    seen = [each for each in told if not isinstance(each, BaseException)]
    return seen, len(told) - len(seen)
