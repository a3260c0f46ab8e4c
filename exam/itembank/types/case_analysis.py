"""Case analysis (案例分析): a passage and parts of the other types, marked by weight; a part is never a case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from exam.core.errors import Invalid, Problem
from exam.core.i18n import N_
from exam.itembank.types.base import (
    MAX_WEIGHT,
    ZERO,
    Content,
    ItemType,
    OptionList,
    Reason,
    Response,
    Scored,
    Scorer,
    Strict,
    Verdict,
    divide,
)
from exam.itembank.types.engine import item_problems, load, prefixed, read_response, scorer

MOST_PARTS = 20
PartId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,8}$")]


class Part(Strict):
    """`content` is kept as JSON; it is the part type's own to read."""

    id: PartId
    kind: Annotated[str, StringConstraints(max_length=30)]
    weight: int = 1
    content: dict[str, Any] = Field(default_factory=dict)


class CaseAnalysis(Content):
    """Content: the passage in the stem, and its parts."""

    parts: list[Part] = Field(default_factory=list)


class PartAnswers(Response):
    """The answers of the parts are judged by the parts' types."""

    parts: dict[PartId, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Case:
    """The functions of the type, for the part types given."""

    types: Mapping[str, ItemType]

    def each(self, content: CaseAnalysis) -> Iterable[tuple[Part, ItemType, Any]]:
        for part in content.parts:
            item_type = self.types.get(part.kind)
            if item_type is None:
                raise Invalid([Problem(f"parts.{part.id}.kind", "part-kind-unknown", {"kind": part.kind})])
            yield part, item_type, load(item_type, part.content)

    def problems(self, content: CaseAnalysis) -> Iterable[Problem]:
        if not content.parts:
            yield Problem("parts", "parts-missing")
        if len(content.parts) > MOST_PARTS:
            yield Problem("parts", "parts-too-many", {"most": MOST_PARTS})
        seen: set[str] = set()
        for place, part in enumerate(content.parts):
            path = f"parts.{place}"
            if part.id in seen:
                yield Problem(f"{path}.id", "part-id-twice", {"part": part.id})
            seen.add(part.id)
            if not 1 <= part.weight <= MAX_WEIGHT:
                yield Problem(f"{path}.weight", "out-of-range", {"least": 1, "most": MAX_WEIGHT})
            if part.kind not in self.types:
                yield Problem(f"{path}.kind", "part-kind-unknown", {"kind": part.kind})
            else:
                yield from prefixed(f"{path}.content", item_problems(self.types[part.kind], part.content))

    def check(self, content: CaseAnalysis, response: PartAnswers) -> Iterable[Problem]:
        known = {part.id for part in content.parts}
        for name in response.parts:
            if name not in known:
                yield Problem(f"parts.{name}", "response-unknown-part")
        for part, item_type, inner in self.each(content):
            try:
                read_response(item_type, inner, response.parts.get(part.id))
            except Invalid as invalid:
                yield from prefixed(f"parts.{part.id}", invalid.problems)

    def is_keyed(self, content: CaseAnalysis) -> bool:
        if not content.parts or any(part.kind not in self.types for part in content.parts):
            return False
        return all(item_type.is_keyed(inner) for _, item_type, inner in self.each(content))

    def scorers(self, content: CaseAnalysis, marks: Decimal, fast: bool) -> dict[str, Scorer]:
        shares = divide(marks, [part.weight for part in content.parts])
        return {
            part.id: scorer(item_type, inner, share, fast=fast)
            for (part, item_type, inner), share in zip(self.each(content), shares, strict=True)
        }

    def score(self, content: CaseAnalysis, response: PartAnswers, marks: Decimal) -> Scored:
        return _together(self.scorers(content, marks, fast=False), response.parts, marks)

    def unanswered(self, content: CaseAnalysis, marks: Decimal) -> Scored:
        return _together(self.scorers(content, marks, fast=False), {}, marks)

    def compile(self, content: CaseAnalysis, marks: Decimal, reference: Scorer) -> Scorer:
        parts = self.scorers(content, marks, fast=True)
        none = _together(parts, {}, marks)

        def run(response: Any) -> Scored:
            if response is None:
                return none
            if type(response) is not dict or len(response) != 1 or type(response.get("parts")) is not dict:
                return reference(response)
            given = response["parts"]
            if not given.keys() <= parts.keys():
                return reference(response)
            try:
                return _together(parts, given, marks)
            except Invalid:
                return reference(response)  # refuses too, and says which parts it is about

        return run

    def key_text(self, content: CaseAnalysis) -> str:
        return "\n".join(f"({part.id}) {item_type.key_text(inner)}" for part, item_type, inner in self.each(content))

    def texts(self, content: CaseAnalysis) -> Iterable[str]:
        for _, item_type, inner in self.each(content):
            yield inner.stem
            yield from item_type.texts(inner)
            yield inner.explanation

    def public(self, content: CaseAnalysis) -> dict[str, Any]:
        parts = [
            {"id": part.id, "kind": part.kind, "weight": part.weight, "content": item_type.public(inner)}
            for part, item_type, inner in self.each(content)
        ]
        return {"stem": content.stem, "parts": parts}

    def options(self, content: CaseAnalysis) -> Sequence[OptionList]:
        return [
            replace(options, part=part.id)
            for part, item_type, inner in self.each(content)
            for options in item_type.options(inner)
        ]


def _together(scorers: Mapping[str, Scorer], given: Mapping[str, Any], marks: Decimal) -> Scored:
    return combine([(part, run(given.get(part))) for part, run in scorers.items()], marks)


def combine(parts: Sequence[tuple[str, Scored]], marks: Decimal) -> Scored:
    """The marks of a case from those of its parts (also after a person has marked some of them)."""
    got = sum((scored.marks for _, scored in parts), ZERO)
    verdicts = {scored.verdict for _, scored in parts}
    if Verdict.NEEDS_MARKING in verdicts:
        verdict = Verdict.NEEDS_MARKING
    elif len(verdicts) == 1:
        verdict = verdicts.pop()
    else:
        verdict = Verdict.PARTIAL if got > 0 else Verdict.WRONG
    reasons = tuple(
        Reason("part", {"part": part, "verdict": scored.verdict.value, "marks": scored.marks, "out_of": scored.out_of})
        for part, scored in parts
    )
    return Scored(got, marks, verdict, reasons, tuple(parts))


def case_type(part_types: Mapping[str, ItemType]) -> ItemType:
    """The type, given the types its parts may have."""
    case = _Case(part_types)
    return ItemType(
        kind="case-analysis",
        name=N_("案例分析题"),
        content_model=CaseAnalysis,
        response_model=PartAnswers,
        problems=case.problems,
        is_keyed=case.is_keyed,
        key_text=case.key_text,
        public=case.public,
        texts=case.texts,
        score=case.score,
        compile=case.compile,
        check=case.check,
        options=case.options,
        unanswered=case.unanswered,
    )
