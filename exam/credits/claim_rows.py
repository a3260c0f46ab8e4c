"""From a claim to the row of its scheme that it rests on, and from what was stated to JSON and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from exam import schemes
from exam.core.errors import NotFound
from exam.credits.calculators import Stated
from exam.credits.models_claims import Claim
from exam.schemes.kinds import rows_at
from exam.schemes.rows import Activity, Variant, Waiver


@dataclass(frozen=True)
class ActivityRow:
    """An activity and its variant, with the source."""

    activity: Activity
    variant: Variant
    source: str

    @property
    def title(self) -> str:
        """The variant's title, which is Chinese and the message id of its English."""
        return self.variant.title

    @property
    def category(self) -> str:
        """The category that its hours are credited in."""
        return self.activity.category

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence that must be there."""
        return (*self.activity.evidence, *self.variant.evidence)

    @property
    def approver(self) -> str:
        """Who decides: the person's unit or the bureau."""
        return self.activity.approver


@dataclass(frozen=True)
class WaiverRow:
    """A reason to be let off hours, with the source."""

    waiver: Waiver
    source: str
    approver: str = "unit"

    @property
    def title(self) -> str:
        """The waiver's title, which is Chinese and the message id of its English."""
        return self.waiver.title

    @property
    def category(self) -> str:
        """The category that its hours are credited in; "" for all of the year's."""
        return self.waiver.category or ""

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence that must be there."""
        return self.waiver.evidence


def find(scheme_key: str, kind: str, key: str, variant: str, on: date) -> ActivityRow | WaiverRow:
    """The row in force on a day. Raises NotFound."""
    if scheme_key not in schemes.SCHEMES:
        raise NotFound(scheme_key)
    scheme = schemes.get(scheme_key)
    if kind == "waiver":
        for rule in rows_at(scheme.waivers, on):
            if rule.value.key == key and not variant:
                return WaiverRow(rule.value, rule.source)
    elif kind == "activity":
        for row in rows_at(scheme.activities, on):
            for one in row.value.variants:
                if (row.value.key, one.key) == (key, variant):
                    return ActivityRow(row.value, one, row.source)
    raise NotFound(f"{scheme_key} {kind} {key} {variant}")


def of(claim: Claim) -> ActivityRow | WaiverRow:
    """The row that a claim rests on: the one in force when its activity ended. Raises NotFound."""
    return find(claim.scheme, claim.kind, claim.row, claim.variant, claim.on)


def group(scheme_key: str, name: str, on: date) -> list[str]:
    """The keys of the waivers of a group."""
    return [rule.value.key for rule in rows_at(schemes.get(scheme_key).waivers, on) if rule.value.group == name]


def to_json(stated: Stated) -> dict[str, Any]:
    """What was stated, but for the day, as plain JSON."""
    return {
        "quantity": f"{stated.quantity:f}",
        "rank": stated.rank,
        "filed_on": stated.filed_on.isoformat() if stated.filed_on else None,
        "confirmed": sorted(stated.confirmed),
        "numbers": dict(stated.numbers),
    }


def from_json(on: date, kept: Mapping[str, Any]) -> Stated:
    """What `to_json` kept, with the day."""
    filed = kept.get("filed_on")
    return Stated(
        on=on,
        quantity=Decimal(kept["quantity"]),
        rank=kept.get("rank"),
        filed_on=date.fromisoformat(filed) if filed else None,
        confirmed=frozenset(kept.get("confirmed", ())),
        numbers=kept.get("numbers", {}),
    )
