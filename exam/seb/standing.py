"""How a sitting stands with Safe Exam Browser, as the answer path remembers it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Standing:
    """`locked`: since when (microseconds) the sitting waits for a supervisor, and `why`; `excused`: it goes on without
    SEB; `silent`: the first of the latest requests that proved nothing.
    """

    locked: int | None = None
    why: str = ""
    excused: bool = False
    silent: int | None = None
