"""Links of frames gathered for a moment and handed to the sittings' writer together.

Each commit waits for the disk. Frames come as often as answers do; gathered, they take a few commits a second and leave
the others to the answers, while a frame can well wait a tenth of a second.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from exam.core.writer import QueueFull
from exam.sessions.requests import Note, Outcome

GATHER_SECONDS = 0.1


@dataclass
class Outbox:
    """What waits to be handed over; on the loop's thread only."""

    waiting: list[tuple[Note, "asyncio.Future[Outcome]"]] = field(default_factory=list)

    async def send(self, writer: Any, notes: Sequence[Note]) -> list[Outcome]:
        """The outcomes of these links, when they are committed. Raises QueueFull, NotSaved."""
        loop = asyncio.get_running_loop()
        mine = [(note, loop.create_future()) for note in notes]
        if not self.waiting:
            loop.call_later(GATHER_SECONDS, self.hand_over, writer)
        self.waiting += mine
        return list(await asyncio.gather(*(future for _, future in mine)))

    def hand_over(self, writer: Any) -> None:
        """Give everything that waits to the writer, which takes it in one piece."""
        waiting, self.waiting = self.waiting, []
        for note, future in waiting:
            try:
                written = writer.submit(note)
            except QueueFull as error:
                if not future.done():
                    future.set_exception(error)
                continue
            written.add_done_callback(lambda done, to=future: _pass_on(done, to))


def _pass_on(done: "asyncio.Future[Outcome]", to: "asyncio.Future[Outcome]") -> None:
    if to.done() or done.cancelled():
        return
    error = done.exception()
    if error is not None:
        to.set_exception(error)
    else:
        to.set_result(done.result())
