"""What changed from one version of an item to the next, field by field, in the words its author knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exam.core.i18n import N_, gettext
from exam.itembank import authoring
from exam.itembank.models import ItemVersion
from exam.itembank.types.choices import LETTERS


@dataclass(frozen=True)
class Change:
    """A field (its path in the authoring form) before and after; "" where there was none."""

    field: str
    before: str
    after: str


def flat(value: Any, path: str = "") -> dict[str, str]:
    """Every leaf of a form as text, by its path."""
    if isinstance(value, Mapping):
        steps = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list):
        steps = [(str(place), inner) for place, inner in enumerate(value)]
    else:
        return {path: "" if value is None else str(value)}
    return {key: text for name, inner in steps for key, text in flat(inner, f"{path}.{name}".lstrip(".")).items()}


def changes(before: ItemVersion, after: ItemVersion, chapters: Mapping[int, int]) -> list[Change]:
    """The fields in which two versions differ. `chapters` are numbers by id."""
    old, new = _said(before, chapters), _said(after, chapters)
    fields = list(dict.fromkeys([*new, *old]))
    return [
        Change(field, old.get(field, ""), new.get(field, ""))
        for field in fields
        if old.get(field, "") != new.get(field, "")
    ]


def _said(version: ItemVersion, chapters: Mapping[int, int]) -> dict[str, str]:
    form = authoring.to_form(version.kind, dict(version.content))
    place = {
        "chapter": chapters.get(version.chapter_id, ""),
        "difficulty": version.difficulty,
        "points": "、".join(version.points),
    }
    return flat({**place, **form})


FIELD_NAMES = {
    "chapter": N_("章"),
    "difficulty": N_("难度"),
    "points": N_("知识点"),
    "stem": N_("题干"),
    "explanation": N_("解析"),
    "options": N_("选项"),
    "key": N_("答案"),
    "answer": N_("答案"),
    "blanks": N_("空"),
    "model_answer": N_("参考答案"),
    "rubric": N_("评分要点"),
    "shuffle": N_("选项乱序"),
    "policy": N_("计分方式"),
    "partial_share": N_("少选得分"),
    "penalty": N_("错选扣分"),
    "tolerance": N_("允许误差"),
    "unit": N_("单位"),
    "accepted_units": N_("其他可接受的单位"),
    "unit_share": N_("单位占分"),
    "min_length": N_("最少字数"),
    "max_length": N_("最多字数"),
    "weight": N_("权重"),
    "kind": N_("题型"),
}


def field_name(field: str) -> str:
    """A path as its author calls it: `options.2` is 选项 C, `parts.0.stem` is 第 1 小题 · 题干."""
    steps = field.split(".")
    if steps[0] == "parts" and len(steps) > 2:
        part = gettext(N_("第 %(n)s 小题"), n=str(int(steps[1]) + 1))
        return f"{part} · {field_name('.'.join(steps[2:]))}"
    name = gettext(FIELD_NAMES.get(steps[0], steps[0]))
    if len(steps) < 2 or not steps[1].isdigit():
        return name
    place = int(steps[1])
    return f"{name} {LETTERS[place % len(LETTERS)] if steps[0] == 'options' else place + 1}"
