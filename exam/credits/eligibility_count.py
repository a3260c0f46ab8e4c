"""Which entries of the ledger count towards what a scheme asks, and why the others do not."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from exam.credits.eligibility_terms import NOTHING, Span, Terms
from exam.credits.facts import ONCE_KINDS, Entry
from exam.schemes.rows import HourRequirement

REASONS = (
    "undone",
    "out-of-cycle",
    "other-track",
    "wrong-category",
    "not-own-staff",
    "before-required",
    "duplicate",
    "over-cap",
)


@dataclass(frozen=True)
class Counted:
    """An entry with as many of its hours as count."""

    entry: Entry
    hours: Decimal


@dataclass(frozen=True)
class NotCounted:
    """An entry with as many of its hours as do not count, why (one of `REASONS`), and whose rule that is."""

    entry: Entry
    hours: Decimal
    code: str
    source: str


@dataclass
class Counting:
    """The entries, sorted apart, each list in the order of earning."""

    counted: tuple[Counted, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()


@dataclass
class _Sorting:
    counted: list[Counted] = field(default_factory=list)
    refused: list[NotCounted] = field(default_factory=list)

    def refuse(self, entry: Entry, hours: Decimal, code: str, source: str) -> None:
        self.refused.append(NotCounted(entry, hours, code, source))

    def done(self) -> Counting:
        return Counting(
            tuple(sorted(self.counted, key=lambda one: one.entry.order)),
            tuple(sorted(self.refused, key=lambda one: (one.entry.order, one.code))),
        )


def count(entries: Iterable[Entry], terms: Terms, span: Span) -> Counting:
    """Sort entries into those that count in a cycle and those that do not."""
    sorting = _Sorting()
    fitting: dict[str, list[Entry]] = defaultdict(list)
    waivers: list[Entry] = []
    for entry in _standing_ones(sorted(entries, key=lambda each: each.order), sorting):
        if reason := _reason_against(entry, terms, span):
            sorting.refuse(entry, entry.hours, *reason)
        elif entry.waiver:
            waivers.append(entry)
        else:
            fitting[entry.category].append(entry)
    for category in _dependent_last(terms, fitting):
        _count_category(category, fitting[category], waivers, terms, sorting)
    _count_waivers(waivers, terms, sorting)
    return sorting.done()


def _standing_ones(entries: list[Entry], sorting: _Sorting) -> Iterable[Entry]:
    """The entries that no other undoes."""
    undone = {entry.undoes for entry in entries if entry.undoes is not None}
    for entry in entries:
        if entry.id in undone:
            sorting.refuse(entry, entry.hours, "undone", "")
        elif entry.undoes is None:
            yield entry


def _reason_against(entry: Entry, terms: Terms, span: Span) -> tuple[str, str] | None:
    """Why an entry can't count whatever else there is: the reason and its source."""
    if not span.holds(entry.on, entry.year):
        return "out-of-cycle", terms.cycle.source if terms.cycle else ""
    chosen = terms.track is not None and terms.track.value.chosen
    if chosen and terms.track is not None and entry.track not in ("", terms.track.value.key):
        return "other-track", terms.track.source
    if not terms.counts(entry.category):
        return "wrong-category", "; ".join(dict.fromkeys(rule.source for rule in terms.requirements))
    category = terms.categories[entry.category]
    if category.value.own_staff and not entry.own_staff:
        return "not-own-staff", category.source
    return None


def _dependent_last(terms: Terms, categories: Iterable[str]) -> list[str]:
    """Categories in an order in which each comes after the one it depends on."""
    ordered: list[str] = []

    def place(category: str, above: tuple[str, ...]) -> None:
        rule = terms.of(category)
        before = rule.value.after if rule else None
        if before is not None and before not in above:
            place(before, (*above, category))
        if category not in ordered:
            ordered.append(category)

    for category in sorted(categories):
        place(category, (category,))
    return ordered


def _count_category(category: str, entries: list[Entry], waivers: list[Entry], terms: Terms, sorting: _Sorting) -> None:
    rule = terms.of(category)
    before = terms.of(rule.value.after) if rule and rule.value.after else None
    done: dict[str, Decimal] = {}
    if rule is None or before is None:
        for entry in entries:
            _count_once(entry, terms, done, sorting)
        return
    start = _completing(before.value, waivers, terms, sorting.counted)
    for entry in entries:
        if start is None or not _from_then_on(entry, start):
            sorting.refuse(entry, entry.hours, "before-required", rule.source)
        else:
            _count_once(entry, terms, done, sorting)


def _completing(wanted: HourRequirement, waivers: list[Entry], terms: Terms, counted: list[Counted]) -> Entry | None:
    """The entry with which a category's requirement was met, learned or let off; None while it is not."""
    learned = {one.entry.id: one.hours for one in counted if one.entry.category == wanted.category}
    let_off = [entry for entry in waivers if entry.category == wanted.category]
    steps = [one.entry for one in counted if one.entry.id in learned] + let_off
    left, cap = wanted.hours, terms.waiver_most
    for entry in sorted(steps, key=lambda each: each.order):
        part = learned.get(entry.id)
        if part is None:
            part = entry.hours if cap is None else min(entry.hours, cap)
            cap = None if cap is None else cap - part
        left -= part
        if left <= NOTHING:
            return entry
    return None


def _from_then_on(entry: Entry, start: Entry) -> bool:
    """Whether an entry was earned once `start` was; on the same day the clock decides where both are known by it."""
    if entry.on != start.on or entry.at is None or start.at is None:
        return entry.on >= start.on
    return entry.at >= start.at


def _count_once(entry: Entry, terms: Terms, done: dict[str, Decimal], sorting: _Sorting) -> None:
    """Count an entry; of a subject that was counted already, only the hours by which it is longer."""
    if not (entry.subject and entry.source_kind in ONCE_KINDS and terms.once and terms.once.value):
        sorting.counted.append(Counted(entry, entry.hours))
        return
    before = done.get(entry.subject, NOTHING)
    more = max(NOTHING, entry.hours - before)
    done[entry.subject] = before + more
    if more > NOTHING:
        sorting.counted.append(Counted(entry, more))
    if more < entry.hours:
        sorting.refuse(entry, entry.hours - more, "duplicate", terms.once.source)


def _count_waivers(waivers: list[Entry], terms: Terms, sorting: _Sorting) -> None:
    """Count hours let off, up to the cap: first where a category lacks hours, which serves the person best."""
    most = terms.waiver_most
    left = sum((waiver.hours for waiver in waivers), NOTHING) if most is None else most
    given: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for rule in terms.requirements:
        category = rule.value.category
        if category is None:
            continue
        learned = sum((one.hours for one in sorting.counted if one.entry.category == category), NOTHING)
        lacking = max(NOTHING, rule.value.hours - learned)
        for waiver in waivers:
            if waiver.category == category:
                part = min(waiver.hours, lacking, left)
                given[waiver.id] += part
                lacking, left = lacking - part, left - part
    for waiver in waivers:
        part = min(waiver.hours - given[waiver.id], left)
        given[waiver.id] += part
        left -= part
    source = terms.waiver_cap.source if terms.waiver_cap else ""
    for waiver in waivers:
        if given[waiver.id] > NOTHING:
            sorting.counted.append(Counted(waiver, given[waiver.id]))
        if given[waiver.id] < waiver.hours:
            sorting.refuse(waiver, waiver.hours - given[waiver.id], "over-cap", source)
