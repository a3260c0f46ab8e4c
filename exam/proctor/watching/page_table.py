"""DATA: which events of a page begin and end a stretch, and from when on it is put in front of a human.

Durations are the server's: from the arrival of the event that begins a stretch to that of the event that ends it, and
never beyond the last time the page was heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Rule:
    """A stretch counts from `seconds` on (None: never by its length), or the `times`-th one within `within` seconds.

    `ends` is empty for what has no length. `counts`: of events with a detail, those whose `foreign` is true only.
    """

    kind: str
    begins: frozenset[str]
    ends: frozenset[str]
    seconds: float | None
    times: int
    within: float
    source: str
    foreign_only: bool = False


def _rule(
    kind: str,
    begins: set[str],
    ends: set[str],
    source: str,
    *,
    seconds: float | None = None,
    times: int = 1,
    within: float = 600.0,
    foreign_only: bool = False,
) -> Rule:
    return Rule(kind, frozenset(begins), frozenset(ends), seconds, times, within, source, foreign_only)


_ROWS = (
    _rule("hidden", {"hidden"}, {"visible"}, "settled: longer than a slip of the finger", seconds=5, times=3),
    _rule(
        "unfocused",
        {"blur"},
        {"focus"},
        "settled: longer than a notice, an input method's window or a question of the browser's own",
        seconds=15,
        times=5,
    ),
    _rule(
        "full-screen",
        {"full-screen-left"},
        {"full-screen"},
        "settled: time to come back after a key pressed by mistake",
        seconds=10,
        times=3,
    ),
    _rule(
        "second-screen",
        {"second-screen"},
        {"second-screen-gone"},
        "settled: longer than plugging about",
        seconds=5,
        times=9,
    ),
    _rule(
        "clipboard",
        {"paste"},
        set(),
        "settled: text that was not copied on this page, so many times",
        times=2,
        foreign_only=True,
    ),
    _rule("context-menu", {"context-menu"}, set(), "settled: a habit of the hand, unless it goes on", times=6),
    _rule("print", {"print"}, set(), "settled: nothing on the page asks for it"),
    _rule("second-page", {"taken-back"}, set(), "settled: two pages that take the sitting from each other", times=2),
)
RULES: Mapping[str, Rule] = MappingProxyType({row.kind: row for row in _ROWS})

PAGE = "page."
CUTS = frozenset({"claimed", "paused", "submitted", "voided", "line.lost"})
"""Links that end every stretch: another page, a pause, the end, a line that is gone."""
AROUND = CUTS | {"resumed", "line.back", "started"}
"""Links besides the page's own events that the rules read."""
