"""Times as authors type and read them: minutes and seconds, hours where there are any. Pure."""

import re

SECOND = 1000
_TIME = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)", re.ASCII)


def clock_text(ms: int) -> str:
    """A length or position: 3:05, 1:02:09."""
    seconds = ms // SECOND
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def read_time(text: str) -> int | None:
    """A time as typed (`12:30`, `1:02:30`, also with the colon of a Chinese keyboard) in ms; None for anything else."""
    found = _TIME.fullmatch(text.strip().replace("：", ":"))
    if found is None or (found[1] and int(found[2]) > 59):
        return None
    return ((int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])) * SECOND
