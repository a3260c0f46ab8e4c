"""How a sitting stands with Safe Exam Browser, as the answer path remembers it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Standing:
    """`locked`: since when (microseconds) the sitting waits for a supervisor, and `why`; `excused`: it goes on without
    SEB; `silent`: the first of the latest requests that proved nothing; `proven`: whether SEB was proven since answers
    last came without; `outside`: how often they came so, since the latest unlocking.
    """

    locked: int | None = None
    why: str = ""
    excused: bool = False
    silent: int | None = None
    proven: bool = False
    outside: int = 0
