"""A published paper as sittings use it: its lines, a cheap check of responses, the order of each candidate.

Plans are kept in memory for ever, as a published paper never changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any

from sqlmodel import Session

from exam.core.errors import Invalid
from exam.itembank import types
from exam.itembank.order import item_order
from exam.itembank.queries_papers import pinned_versions

Check = Callable[[Any], str | None]
"""From a response as JSON to the code of what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the paper. `check` says why a response can't be one to this item."""

    position: int
    item_id: int
    version_id: int
    kind: str
    content: Mapping[str, Any]
    marks: Decimal
    check: Check


@dataclass(frozen=True)
class Plan:
    """A paper's lines as authored; a sitting's slot n shows `lines[order[n - 1]]`."""

    paper_id: int
    title: str
    lines: tuple[Line, ...]
    total_marks: Decimal
    shuffle_items: bool
    shuffle_options: bool

    def order(self, seed: str) -> tuple[int, ...]:
        """Which line stands at each place of the sitting with this seed."""
        return item_order(seed, len(self.lines)) if self.shuffle_items else tuple(range(len(self.lines)))


KEPT = 200  # papers remembered; the oldest goes first
_plans: dict[tuple[str, int], Plan] = {}
_lock = Lock()


def plan(db: Session, paper_id: int) -> Plan:
    """The plan of a paper; raises `NotFound`."""
    key = (str(db.get_bind().engine.url), paper_id)
    found = _plans.get(key)
    if found is None:
        found = _load(db, paper_id)
        with _lock:
            if len(_plans) >= KEPT:
                _plans.pop(next(iter(_plans)))
            _plans[key] = found
    return found


def _load(db: Session, paper_id: int) -> Plan:
    paper, rows = pinned_versions(db, paper_id)
    lines = tuple(
        Line(
            position=line.position,
            item_id=line.item_id,
            version_id=line.version_id,
            kind=version.kind,
            content=version.content,
            marks=line.marks,
            check=checker(version.kind, version.content),
        )
        for line, version in rows
    )
    total = sum((line.marks for line in lines), Decimal(0))
    return Plan(paper_id, paper.title, lines, total, paper.shuffle_items, paper.shuffle_options)


def checker(kind: str, content: Mapping[str, Any]) -> Check:
    """A check that passes the usual response of choices at once and asks the item's type about any other."""

    def full(response: Any) -> str | None:
        try:
            types.check_response(kind, content, response)
        except Invalid as invalid:
            return invalid.problems[0].code
        return None

    usual = _usual(kind, content)
    if usual is None:
        return full

    def check(response: Any) -> str | None:
        return None if usual(response) else full(response)

    return check


def _usual(kind: str, content: Mapping[str, Any]) -> Callable[[Any], bool] | None:
    """Whether a response is plainly right in shape; what isn't may still be."""
    if kind == "single-choice":
        options = frozenset(option["id"] for option in content["options"])
        return lambda given: _lone(given, "choice", str) and given["choice"] in options
    if kind == "multiple-choice":
        ids = [option["id"] for option in content["options"]]
        return lambda given: _lone(given, "choices", list) and _some_of(given["choices"], ids)
    if kind == "true-false":
        return lambda given: _lone(given, "value", bool)
    return None


def _lone(given: Any, field: str, kind: type) -> bool:
    return type(given) is dict and len(given) == 1 and type(given.get(field)) is kind


def _some_of(chosen: list[Any], ids: list[str]) -> bool:
    return all(type(each) is str and each in ids and chosen.count(each) == 1 for each in chosen)
