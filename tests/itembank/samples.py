"""One complete item of each kind, as content, with a right response."""

from copy import deepcopy
from typing import Any

OPTIONS = [
    {"id": "k3f9", "text": "产品质量"},
    {"id": "p2m7", "text": "过程质量"},
    {"id": "x8q1", "text": "体系质量"},
    {"id": "b5t4", "text": "以上都对"},
]
SINGLE = {"stem": "质量是指？", "explanation": "解析甲", "options": OPTIONS, "key": "x8q1"}
MULTIPLE = {
    "stem": "哪些是？",
    "explanation": "解析甲",
    "options": OPTIONS,
    "key": ["k3f9", "p2m7", "x8q1"],
    "policy": "partial-without-wrong",
    "partial_share": "0.5",
}
TRUE_FALSE = {"stem": "认证是自愿的。", "explanation": "解析甲", "key": True}
BLANKS = {
    "stem": "{{1}} 的英文缩写是 {{2}}，圆周率约 {{3}}。",
    "explanation": "解析甲",
    "blanks": [
        {"id": "1", "accept": ["密钥答案", "质量管理体系"]},
        {"id": "2", "accept": ["QMS"], "weight": 2},
        {"id": "3", "accept": ["3.14"], "numeric": {"tolerance": "0.01", "mode": "absolute"}},
    ],
}
CALCULATION = {
    "stem": "求质量。",
    "explanation": "解析甲",
    "answer": "12.5",
    "tolerance": "0.1",
    "unit": "kg",
    "accepted_units": {"kg": "1", "g": "0.001", "t": "1000"},
}
SHORT = {
    "stem": "简述召回。",
    "explanation": "解析甲",
    "model_answer": "密钥答案",
    "rubric": [{"id": "1", "text": "密钥要点", "weight": 2}],
}
ESSAY = {**SHORT, "max_length": 3000}
CASE = {
    "stem": "某公司……",
    "explanation": "解析甲",
    "parts": [
        {"id": "1", "kind": "single-choice", "weight": 2, "content": SINGLE},
        {"id": "2", "kind": "fill-in-the-blank", "weight": 3, "content": BLANKS},
        {"id": "3", "kind": "calculation", "weight": 2, "content": CALCULATION},
    ],
}
RIGHT: dict[str, tuple[dict[str, Any], Any]] = {
    "single-choice": (SINGLE, {"choice": "x8q1"}),
    "multiple-choice": (MULTIPLE, {"choices": ["k3f9", "p2m7", "x8q1"]}),
    "true-false": (TRUE_FALSE, {"value": True}),
    "fill-in-the-blank": (BLANKS, {"blanks": {"1": "质量管理体系", "2": "QMS", "3": "3.14"}}),
    "calculation": (CALCULATION, {"value": "12.5", "unit": "kg"}),
    "case-analysis": (
        CASE,
        {
            "parts": {
                "1": {"choice": "x8q1"},
                "2": {"blanks": {"1": "质量管理体系", "2": "qms", "3": "3.15"}},
                "3": {"value": "12500 g"},
            }
        },
    ),
    "short-answer": (SHORT, {"text": "停止销售。"}),
    "essay": (ESSAY, {"text": "召回是……"}),
}


def changed(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with other values at the top; `None` takes a field away."""
    copy = deepcopy({**content, **changes})
    return {field: value for field, value in copy.items() if field not in changes or changes[field] is not None}
