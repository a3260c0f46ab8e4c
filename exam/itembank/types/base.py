"""What every item type offers, and what they share: strict models, verdicts, exact division of marks.

Rounding, stated once: marks are multiples of 0.01. A share of marks is computed exactly (as a fraction) and rounded
half up to 0.01, then held between 0 and the item's marks. Marks divided among blanks or parts are divided in whole
hundredths by largest remainder (earlier ones first on a tie), so that they always sum to the item's marks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from exam.core.errors import Problem

HUNDREDTH = Decimal("0.01")
ZERO = Decimal("0.00")
MAX_RESPONSE_TEXT = 20_000
"""Hard limit of a written answer, in characters. The item's own limit is lower and only counted, never cut."""
MAX_FIELD_TEXT = 500
"""Limit of what is typed into one blank or number field."""
MAX_WEIGHT = 1000


class Verdict(StrEnum):
    """How a response stands, in one word."""

    CORRECT = "correct"
    PARTIAL = "partial"
    WRONG = "wrong"
    UNANSWERED = "unanswered"
    NEEDS_MARKING = "needs-marking"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why marks were given or not; `code` keys its text (`score.<code>`), `params` fill it."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """The marks of one response. While a part needs marking, `marks` are those of the other parts."""

    marks: Decimal
    out_of: Decimal
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    parts: tuple[tuple[str, "Scored"], ...] = ()

    @property
    def pending(self) -> Decimal:
        """The marks that a marker has yet to decide on."""
        if self.verdict is not Verdict.NEEDS_MARKING:
            return ZERO
        return sum((part.pending for _, part in self.parts), ZERO) if self.parts else self.out_of


def as_json(scored: Scored) -> dict[str, Any]:
    """What was scored, for storing and for the command line; marks as text with two decimals."""
    return {
        "marks": str(scored.marks),
        "out_of": str(scored.out_of),
        "verdict": scored.verdict.value,
        "reasons": [
            {"code": r.code, "params": {k: str(v) if isinstance(v, Decimal) else v for k, v in r.params.items()}}
            for r in scored.reasons
        ],
        "parts": {part: as_json(inner) for part, inner in scored.parts},
    }


Scorer: TypeAlias = Callable[[Any], Scored]
"""From a response as JSON (`None` when there is none) to its marks; raises `Invalid` for what is no response."""


class Strict(BaseModel):
    """No coercion, no unknown fields, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _sound(text: str) -> str:
    if "\0" in text or not (text.isascii() or text.encode("utf-8", "ignore").decode() == text):
        raise PydanticCustomError("characters", "characters that can't be kept")
    return text


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
LongText: TypeAlias = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_sound)]
ShortText: TypeAlias = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_sound)]
NumberText: TypeAlias = Annotated[str, StringConstraints(max_length=100), BeforeValidator(_number_as_text)]
"""A number as its author wrote it; whether it is one is for `problems` to say, so that drafts can be kept."""
TypedText: TypeAlias = Annotated[str, StringConstraints(max_length=MAX_FIELD_TEXT), AfterValidator(_sound)]
WrittenText: TypeAlias = Annotated[str, StringConstraints(max_length=MAX_RESPONSE_TEXT), AfterValidator(_sound)]


class Content(Strict):
    """What every item has. Everything may be missing in a draft; `problems` says what."""

    stem: LongText = ""
    explanation: LongText = ""


class Response(Strict):
    """What a candidate answers."""


@dataclass(frozen=True, slots=True)
class OptionList:
    """The options of an item or of one of its parts (`part` is then its id), in authored order."""

    part: str | None
    ids: tuple[str, ...]
    shuffle: bool


def _no_options(content: Any) -> Sequence[OptionList]:
    return ()


def _no_check(content: Any, response: Any) -> Iterable[Problem]:
    return ()


def answered(response: Any) -> bool:
    """Whether anything at all was chosen or typed; spaces are nothing. Any JSON is taken."""
    waiting = [response]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif value.strip() if isinstance(value, str) else value is not None:
            return True
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemType:
    """One item type as a row of functions. They take content and responses as the type's own models.

    `problems` is what is missing before the item may be used; `score` is the plain statement of the rule, for an
    answered response that fits the item; `compile` prepares the key once and must give the same (`reference` is the
    full path from JSON, to fall back on for anything unusual).
    """

    kind: str
    name: str
    objective: Literal["single-choice", "multiple-choice", "true-false"] | None = None
    content_model: type[Content]
    response_model: type[Response]
    problems: Callable[[Any], Iterable[Problem]]
    is_keyed: Callable[[Any], bool]
    key_text: Callable[[Any], str]
    public: Callable[[Any], dict[str, Any]]
    texts: Callable[[Any], Iterable[str]]
    score: Callable[[Any, Any, Decimal], Scored]
    compile: Callable[[Any, Decimal, Scorer], Scorer]
    check: Callable[[Any, Any], Iterable[Problem]] = _no_check
    options: Callable[[Any], Sequence[OptionList]] = _no_options
    unanswered: Callable[[Any, Decimal], Scored] = lambda content, marks: nothing(marks)
    answered: Callable[[Any], bool] = answered

    @property
    def template(self) -> str:
        """The partial that shows the item to a candidate."""
        return f"itembank/types/{self.kind}.html"


def nothing(marks: Decimal) -> Scored:
    """No answer: no marks."""
    return Scored(ZERO, marks, Verdict.UNANSWERED, (Reason("unanswered"),))


def whole_marks(marks: Decimal) -> Decimal:
    """`marks` with two decimals. Raises ValueError when negative, not finite or finer than 0.01."""
    if not marks.is_finite() or marks < 0 or marks != marks.quantize(HUNDREDTH):
        raise ValueError(f"marks must be multiples of 0.01 and not negative: {marks}")
    return marks.quantize(HUNDREDTH)


def hundredths(marks: Decimal) -> int:
    """Marks as a whole number of hundredths."""
    return int(marks * 100)


def from_hundredths(value: int) -> Decimal:
    """Hundredths as marks."""
    return Decimal(value).scaleb(-2)


def share_of(marks: Decimal, share: Fraction | Decimal) -> Decimal:
    """That fraction of `marks`, rounded half up to 0.01, never below 0 nor above `marks`."""
    full = hundredths(marks)
    exact = Fraction(share) * full
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return from_hundredths(min(max(rounded, 0), full))


def divide(marks: Decimal, weights: Sequence[int]) -> tuple[Decimal, ...]:
    """`marks` divided in proportion to `weights`, in hundredths by largest remainder; the sum is exactly `marks`."""
    total, whole = sum(weights), hundredths(marks)
    if total <= 0:
        raise ValueError("weights must sum to more than 0")
    floors = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
    for i in by_remainder[: whole - sum(floors)]:
        floors[i] += 1
    return tuple(map(from_hundredths, floors))


def judged(marks: Decimal, out_of: Decimal, reasons: Iterable[Reason], *, full: bool) -> Scored:
    """A machine's verdict: `full` when everything was right, else partial or wrong by whether marks were given."""
    verdict = Verdict.CORRECT if full else Verdict.PARTIAL if marks > 0 else Verdict.WRONG
    return Scored(marks, out_of, verdict, tuple(reasons))
