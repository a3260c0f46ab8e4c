"""Written answers: what short answer (简答) and essay (论述) share. The software counts; a marker decides."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import Field

from exam.core.errors import Problem
from exam.itembank.types.base import (
    MAX_WEIGHT,
    ZERO,
    Content,
    Id,
    ItemType,
    LongText,
    Reason,
    Response,
    Scored,
    Scorer,
    ShortText,
    Strict,
    Verdict,
    WrittenText,
    nothing,
)

MOST_CHARACTERS = 10_000
MOST_CRITERIA = 30


class Criterion(Strict):
    """One line of the marker's guide, with its weight in the marks."""

    id: Id
    text: ShortText = ""
    weight: int = 1


class Written(Content):
    """Content: a model answer and a marking guide; how long the text should be."""

    model_answer: LongText = ""
    rubric: list[Criterion] = Field(default_factory=list)
    min_length: int = 0
    max_length: int = 2000


class Text(Response):
    """Response: the text."""

    text: WrittenText | None = None


def is_keyed(content: Written) -> bool:
    """Whether a marker has something to mark by (S2: every item comes with its answer)."""
    return bool(content.model_answer.strip()) or any(line.text.strip() for line in content.rubric)


def problems(content: Written) -> Iterable[Problem]:
    if not is_keyed(content):
        yield Problem("model_answer", "key-missing")
    if not 1 <= content.max_length <= MOST_CHARACTERS:
        yield Problem("max_length", "out-of-range", {"least": 1, "most": MOST_CHARACTERS})
    if not 0 <= content.min_length <= max(content.max_length, 0):
        yield Problem("min_length", "out-of-range", {"least": 0, "most": max(content.max_length, 0)})
    if len(content.rubric) > MOST_CRITERIA:
        yield Problem("rubric", "criteria-too-many", {"most": MOST_CRITERIA})
    seen: set[str] = set()
    for place, line in enumerate(content.rubric):
        if not line.text.strip():
            yield Problem(f"rubric.{place}.text", "text-missing")
        if not 1 <= line.weight <= MAX_WEIGHT:
            yield Problem(f"rubric.{place}.weight", "out-of-range", {"least": 1, "most": MAX_WEIGHT})
        if line.id in seen:
            yield Problem(f"rubric.{place}.id", "criterion-id-twice")
        seen.add(line.id)


def score(content: Written, response: Text, marks: Decimal) -> Scored:
    """A written answer waits for its marker; its length against the item's limits is told, never punished."""
    length = len((response.text or "").strip())
    reasons = [Reason("needs-marking", {"length": length})]
    if length < content.min_length:
        reasons.append(Reason("shorter-than-asked", {"length": length, "least": content.min_length}))
    if length > content.max_length:
        reasons.append(Reason("longer-than-asked", {"length": length, "most": content.max_length}))
    return Scored(ZERO, marks, Verdict.NEEDS_MARKING, tuple(reasons))


def compile_key(content: Written, marks: Decimal, reference: Scorer) -> Scorer:
    none = nothing(marks)
    return lambda response: none if response is None else reference(response)


def public(content: Written) -> dict[str, Any]:
    return {"stem": content.stem, "min_length": content.min_length, "max_length": content.max_length}


def written_type(kind: str, name: str, model: type[Written]) -> ItemType:
    """A type of written answers under its own kind and name."""
    return ItemType(
        kind=kind,
        name=name,
        content_model=model,
        response_model=Text,
        problems=problems,
        is_keyed=is_keyed,
        key_text=lambda content: content.model_answer or "\n".join(line.text for line in content.rubric),
        public=public,
        texts=lambda content: [content.model_answer, *(line.text for line in content.rubric)],
        score=score,
        compile=compile_key,
    )
