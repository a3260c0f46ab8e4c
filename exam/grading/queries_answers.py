"""A released result item by item: what was asked, answered and right. For exams that show their answers only."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from sqlmodel import Session, col, select

from exam.core import i18n
from exam.grading.keys import rulings
from exam.grading.models import Result
from exam.grading.sources import counting_answers, human_marks
from exam.itembank import types
from exam.itembank.content import render
from exam.itembank.models import ItemVersion
from exam.itembank.view import prepare
from exam.sessions.models import Sitting
from exam.sessions.plan import plan

# What the verdict says already.
_SAID = frozenset({"right", "wrong", "unanswered", "needs-marking", "part"})


def _reasons(scored: dict[str, Any]) -> tuple[str, ...]:
    """Why there are these marks, in words; for a case, its parts' reasons too."""
    own = [each for each in scored.get("reasons", ()) if each["code"] not in _SAID]
    texts = [i18n.gettext(f"score.{each['code']}", **each.get("params", {})) for each in own]
    for part, inner in scored.get("parts", {}).items():
        texts += [f"({part}) {text}" for text in _reasons(inner)]
    return tuple(texts)


@dataclass(frozen=True)
class AnsweredItem:
    """One slot of a released result: the item as it was shown, the response, the key and what it brought."""

    slot: int
    view: dict[str, Any]
    response: Any
    kind_name: str
    key: Markup
    explanation: Markup
    marks: Decimal
    out_of: Decimal
    verdict: str
    reasons: tuple[str, ...]
    comments: tuple[str, ...]


def answered_items(db: Session, sitting: Sitting, result: Result) -> list[AnsweredItem]:
    """Every slot in the candidate's order. Only for a released result of an exam with `show_answers`."""
    paper = plan(db, sitting.paper_id)
    order = paper.order(sitting.seed)
    given = counting_answers(db, [result.sitting_id]).get(result.sitting_id, {})
    marks = human_marks(db, [result.sitting_id]).get(result.sitting_id, {})
    ruled = rulings(db, result.exam_id)  # whoever lost or gained nothing by a decision should see its key too
    keyed_by = {
        slot["slot"]: (ruled[slot["item"]].version_id if slot["item"] in ruled else None) or slot["version"]
        for slot in result.detail["slots"]
    }
    used = set(keyed_by.values())
    versions = {row.id: row for row in db.exec(select(ItemVersion).where(col(ItemVersion.id).in_(used)))}
    found = []
    for slot in result.detail["slots"]:
        number = slot["slot"]
        line = paper.lines[order[number - 1]]
        answer = given.get(number)
        keyed = versions[keyed_by[number]]
        scored = slot["scored"]
        found.append(
            AnsweredItem(
                slot=number,
                view=prepare(line.kind, line.content).view(sitting.seed, number, shuffle=paper.shuffle_options),
                response=answer.response if answer else None,
                kind_name=types.item_type(line.kind).name,
                key=render(types.key_text(keyed.kind, keyed.content)),
                explanation=render(keyed.content.get("explanation", "")),
                marks=Decimal(scored["marks"]),
                out_of=Decimal(scored["out_of"]),
                verdict=scored["verdict"],
                reasons=_reasons(scored),
                comments=tuple(
                    row.comment for place, row in sorted(marks.items()) if place[0] == number and row.comment
                ),
            )
        )
    return found
