"""True or false (判断): all marks or none."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from exam.core.errors import Problem
from exam.core.i18n import N_, gettext
from exam.itembank.types.base import ZERO, Content, ItemType, Reason, Response, Scored, Scorer, judged, nothing


class TrueFalse(Content):
    """Content: whether the statement is true."""

    key: bool | None = None


class Judged(Response):
    """Response: what the candidate holds it to be."""

    value: bool | None = None


def problems(content: TrueFalse) -> Iterable[Problem]:
    if content.key is None:
        yield Problem("key", "key-missing")


def score(content: TrueFalse, response: Judged, marks: Decimal) -> Scored:
    if response.value is content.key:
        return judged(marks, marks, [Reason("right")], full=True)
    return judged(ZERO, marks, [Reason("wrong")], full=False)


def compile_key(content: TrueFalse, marks: Decimal, reference: Scorer) -> Scorer:
    yes, no, none = (
        score(content, Judged(value=True), marks),
        score(content, Judged(value=False), marks),
        nothing(marks),
    )

    def run(response: Any) -> Scored:
        if response is None:
            return none
        if type(response) is dict and len(response) == 1:
            value = response.get("value")
            if value is True:
                return yes
            if value is False:
                return no
        return reference(response)

    return run


def key_text(content: TrueFalse) -> str:
    return "" if content.key is None else gettext(N_("正确") if content.key else N_("错误"))


TYPE = ItemType(
    kind="true-false",
    name=N_("判断题"),
    objective="true-false",
    content_model=TrueFalse,
    response_model=Judged,
    problems=problems,
    is_keyed=lambda content: content.key is not None,
    key_text=key_text,
    public=lambda content: {"stem": content.stem},
    texts=lambda content: [],
    score=score,
    compile=compile_key,
)
