"""A response's head and body leave in one piece, and nothing gets lost or out of order on the way."""

import asyncio

import pytest

from exam.core.serving import AT_ONCE, GatheringTransport


class Wire:
    """A transport that remembers each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> str:
        return name


def _on(wire: Wire, act) -> None:
    async def run() -> None:
        act(GatheringTransport(wire, asyncio.get_running_loop()))
        await asyncio.sleep(0)

    asyncio.run(run())


def test_writes_of_one_turn_are_one() -> None:
    wire = Wire()
    _on(wire, lambda transport: [transport.write(part) for part in (b"head", b"", b"body")])
    assert wire.writes == [b"headbody"]


def test_what_was_written_leaves_before_the_end() -> None:
    wire = Wire()
    _on(wire, lambda transport: (transport.write(b"last words"), transport.close()))
    assert (wire.writes, wire.closed) == ([b"last words"], True)


def test_a_gone_connection_takes_nothing() -> None:
    wire = Wire()
    _on(wire, lambda transport: (transport.write(b"too late"), wire.close()))
    assert wire.writes == []


@pytest.mark.parametrize(("size", "at_once"), [(AT_ONCE, 0), (AT_ONCE + 1, 1)])
def test_much_is_not_held_back(size: int, at_once: int) -> None:
    wire = Wire()
    before: list[int] = []
    _on(wire, lambda transport: (transport.write(b"x" * size), before.append(len(wire.writes))))
    assert before == [at_once]
    assert b"".join(wire.writes) == b"x" * size


def test_everything_else_is_the_transports_own() -> None:
    seen: list[str] = []
    _on(Wire(), lambda transport: seen.append(transport.get_extra_info("peername")))
    assert seen == ["peername"]
