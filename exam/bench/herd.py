"""`exam bench herd`: everybody presses start within a second of the window's opening; when has the last one their
paper?

The sittings were prepared ahead, as the platform's job does. Every page is checked: the right sitting, the right
name, once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from exam.bench import client, frame, seed
from exam.bench.sync import prepare

ITEMS = 50
MOST_SECONDS = 60
OPENS = datetime(2026, 11, 4, 16, 0, tzinfo=UTC)  # the 5th, 00:00 in Shanghai
CLOSES = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """What the load saw: instants in milliseconds."""

    sitting: int
    pressed: float
    shown: float
    status: int
    name: str


def run(candidates: int) -> dict[str, Any]:
    """The benchmark."""
    frame.raise_limits()
    with frame.data_folder() as folder:
        frame.upgrade(folder)
        seeded = seed.seed(folder, candidates, ITEMS, OPENS - timedelta(hours=1), window=(OPENS, CLOSES))
        sittings = prepare(seeded, start=False)
        names = {sittings[each.booking_id]: each.name for each in seeded.candidates}
        people = folder / "people.txt"
        people.write_text(
            "".join(f"{sittings[e.booking_id]}\tsid={e.token}\t{e.csrf}\t{e.name}\n" for e in seeded.candidates)
        )
        seeded.database.close()
        offset = int((OPENS - seed.now_utc()).total_seconds()) + 1
        more = {"EXAM_CLOCK_OFFSET_SECONDS": str(offset)}
        with frame.exam_server(folder, frame.free_port(), more) as server:
            seen, errors = load(server.url, people, folder / "seen", candidates)
        with frame.floor_server(folder) as floor:
            bare, _ = load(floor.url, people, folder / "bare", candidates)
    return frame.report(figures(seen, errors, names, bare) | {"peak_rss_mib": server.peak / frame.MIB})


def load(url: str, people: Path, out: Path, candidates: int) -> tuple[list[Seen], int]:
    """Press start for everybody, open every paper; what was seen, and how many requests failed."""
    if not frame.wrk():
        return client.herd(url, people)
    threads = min(2, candidates)
    arguments = [str(people), str(threads), str(out)]
    files = [Path(f"{out}.{share}") for share in range(threads)]

    def finished() -> bool:
        return all(file.exists() and file.read_bytes()[-4:] == b"end\n" for file in files)

    done = frame.run_wrk(url, "herd.lua", arguments, connections=candidates, seconds=MOST_SECONDS, finished=finished)
    seen = []
    for file in files:
        for line in file.read_text().splitlines():
            kind, *fields = line.split(" ")
            if kind == "paper":
                seen.append(Seen(int(fields[0]), float(fields[3]), float(fields[1]), int(fields[2]), fields[4]))
    return seen, done["errors"]


def figures(seen: list[Seen], errors: int, names: dict[int, str], bare: list[Seen]) -> dict[str, Any]:
    """What it came to. A page that is not the candidate's own, a second one or a missing one is an error."""
    own = [each for each in seen if each.status == 200 and names.get(each.sitting) == each.name]
    wrong = len(seen) - len(own)
    duplicates = len(own) - len({each.sitting for each in own})
    missing = len(names) - len({each.sitting for each in own})
    waits = sorted(each.shown - each.pressed for each in own)
    began = min((each.pressed for each in own), default=0.0)
    last = (max((each.shown for each in own), default=0.0) - began) / 1000
    pressed = (max((each.pressed for each in own), default=0.0) - began) / 1000
    return {
        "rate": len(own) / last if last else 0.0,
        "p50_ms": frame.percentile(waits, 0.5),
        "p99_ms": frame.percentile(waits, 0.99),
        "errors": errors + wrong + duplicates + missing,
        "floor_rate": _rate(bare),
        "ratio": (len(own) / last) / _rate(bare) if last and _rate(bare) else 0.0,
        "last_s": last,
        "pressed_within_s": pressed,
        "duplicates": duplicates,
        "client": "wrk" if frame.wrk() else "built-in",
    }


def _rate(bare: list[Seen]) -> float:
    """The bare server's papers a second."""
    if not bare:
        return 0.0
    span = (max(each.shown for each in bare) - min(each.pressed for each in bare)) / 1000
    return len(bare) / span if span else 0.0
