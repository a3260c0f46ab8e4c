"""DATA: the columns of the workbook, and the words that stand in them."""

from collections.abc import Mapping
from types import MappingProxyType

from exam.itembank import types
from exam.itembank.types.choices import LETTERS

ITEMS_SHEET, CHAPTERS_SHEET, POINTS_SHEET, NOTES_SHEET = "试题", "章节", "知识点", "填写说明"

HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "code": "编号",
        "kind": "题型",
        "chapter": "章",
        "difficulty": "难度",
        "points": "知识点",
        "stem": "题干",
        **{f"options.{place}": f"选项{letter}" for place, letter in enumerate(LETTERS)},
        "answer": "答案",
        "explanation": "解析",
        "shuffle": "选项乱序",
        "policy": "多选计分",
        "partial_share": "少选得分",
        "penalty": "错选扣分",
        "tolerance": "误差",
        "unit": "单位",
        "accepted_units": "可接受单位",
        "unit_share": "单位分值",
        "rubric": "评分要点",
        "min_length": "最少字数",
        "max_length": "最多字数",
        "part_of": "所属案例",
        "weight": "小题权重",
        "state": "状态",
    }
)
CHAPTER_HEADINGS = {"number": "章号", "title": "名称", "title_en": "英文名称"}
POINT_HEADINGS = {"code": "编码", "name": "名称", "name_en": "英文名称", "chapter": "章号"}

# Names in the template, to be written over; left as they are they rename nothing that has a name.
CHAPTER_EXAMPLE = "第一章的名称"
POINT_EXAMPLE = "知识点的名称"

KIND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **{kind: kind for kind in types.TYPES},
        **{item_type.name: kind for kind, item_type in types.TYPES.items()},
        **{item_type.name.removesuffix("题"): kind for kind, item_type in types.TYPES.items()},
        "单项选择题": "single-choice",
        "单项选择": "single-choice",
        "多项选择题": "multiple-choice",
        "多项选择": "multiple-choice",
        "是非题": "true-false",
        "案例题": "case-analysis",
        "问答题": "short-answer",
    }
)
POLICY_WORDS = {
    "全对得分": "all-or-nothing",
    "少选得部分分": "partial-without-wrong",
    "按选项计分": "per-option",
}
STATE_WORDS = {"可用": "ready", "草稿": "draft", "停用": "retired"}
YES_WORDS = {"是": True, "否": False, "yes": True, "no": False, "TRUE": True, "FALSE": False}
PROPORTIONAL_WORD = "按比例"

KIND_NAMES = {kind: item_type.name for kind, item_type in types.TYPES.items()}
POLICY_NAMES = {policy: word for word, policy in POLICY_WORDS.items()}
STATE_NAMES = {state: word for word, state in STATE_WORDS.items()}

# The column in which a field of the authoring form stands, where the names differ.
FIELD_COLUMNS = {"key": "answer", "blanks": "answer", "model_answer": "answer", "tolerance_mode": "tolerance"}


def column_of(field: str) -> str:
    """The heading of the column that a field of the form stands in ("options.2.text" → 选项C)."""
    steps = field.split(".")
    if steps[0] == "options":
        place = steps[1] if len(steps) > 1 and steps[1].isdigit() else "0"
        return HEADINGS.get(f"options.{place}", HEADINGS["options.0"])
    name = FIELD_COLUMNS.get(steps[0], steps[0])
    return HEADINGS.get(name, HEADINGS["stem"])
