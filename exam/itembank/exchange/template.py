"""The template to fill in: an example row of every type, and a sheet that explains each column."""

from typing import Any

from exam.itembank.exchange import columns
from exam.itembank.exchange.export import item_rows, write_workbook
from exam.itembank.types.choices import LETTERS

EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "kind": "single-choice",
        "stem": "产品质量检验机构伪造检验结果的，应当：",
        "options": ["责令改正并处罚款", "仅作口头提醒", "不予处理", "由委托方自行协商"],
        "key": "A",
        "explanation": "见《产品质量法》关于检验机构责任的规定。",
    },
    {
        "kind": "multiple-choice",
        "stem": "下列属于质量管理“老七种工具”的有：",
        "options": ["直方图", "因果图", "网络图", "排列图"],
        "key": "ABD",
        "policy": "partial-without-wrong",
        "partial_share": "0.5",
        "explanation": "网络图属于新七种工具。",
    },
    {
        "kind": "true-false",
        "stem": "抽样检验判为接收的批中不可能有不合格品。",
        "key": "错",
        "explanation": "抽样检验有接收含少量不合格品的批的可能。",
    },
    {
        "kind": "fill-in-the-blank",
        "stem": "PDCA 循环的四个阶段是策划、{{1}}、检查和{{2}}；圆周率取两位小数为{{3}}。",
        "blanks": ["实施|执行", "处置|改进", "3.14 [±0.005] [权重2]"],
        "explanation": "",
    },
    {
        "kind": "calculation",
        "stem": "某件重 $2.5\\,\\mathrm{kg}$，两件共重多少？",
        "answer": "5",
        "tolerance": "0.01",
        "unit": "kg",
        "accepted_units": "g=0.001",
        "unit_share": "0",
        "explanation": "$2\\times 2.5=5$",
    },
    {
        "kind": "case-analysis",
        "stem": "某企业连续两批产品出厂检验不合格，仍以合格品出厂。",
        "explanation": "",
        "parts": [
            {
                "kind": "single-choice",
                "weight": 2,
                "stem": "该行为属于：",
                "options": ["以不合格产品冒充合格产品", "正常让步放行"],
                "key": "A",
                "explanation": "",
            },
            {
                "kind": "short-answer",
                "weight": 3,
                "stem": "企业应当怎样处置这两批产品？",
                "model_answer": "立即停止出厂，隔离、标识，通知顾客并召回，分析原因并采取纠正措施。",
                "rubric": ["停止出厂并隔离", "召回", "纠正措施"],
                "explanation": "",
            },
        ],
    },
    {
        "kind": "short-answer",
        "stem": "简述返工与返修的区别。",
        "model_answer": "返工使不合格品符合原要求；返修使其满足预期用途，但不一定符合原要求。",
        "rubric": ["返工：符合原要求", "返修：满足预期用途 [权重2]"],
        "min_length": 20,
        "max_length": 500,
        "explanation": "",
    },
    {
        "kind": "essay",
        "stem": "结合实例论述质量责任制的作用。",
        "model_answer": "从责任划分、考核与改进三方面论述。",
        "rubric": ["责任划分清楚 [权重3]", "有实例 [权重4]", "有改进建议 [权重3]"],
        "min_length": 300,
        "max_length": 1500,
        "explanation": "",
    },
)

NOTES: tuple[tuple[str, str], ...] = (
    ("总则", "每行一题。第一行的列名不要改，列的次序可以变，用不到的列可以删去。示例行请在填写前删除。"),
    ("总则", "请保持单元格为“文本”格式：否则 Excel 会把 1-2 变成日期、把 1% 变成 0.01、把长数字改掉末位。"),
    ("总则", "同一编号再次导入：内容没有变化则跳过，有变化则生成新版本；已发布试卷仍用原来的版本。"),
    ("编号", "同一题库内不能重复；留空则自动编号。"),
    ("题型", "、".join(columns.KIND_NAMES.values()) + "。"),
    ("章", "章号（数字）。题库里没有的章，请在“章节”表中写出。"),
    ("难度", "1（最易）到 5（最难），留空为 3。"),
    ("知识点", "知识点编码，多个时每行一个或用逗号隔开；题库里没有的请在“知识点”表中写出。"),
    ("题干", "可用 Markdown；公式写在 $…$ 或 $$…$$ 之间；图片先在题目编辑页上传，再写 ![说明](picture:图片编号)。"),
    ("题干", "填空题用 {{1}}、{{2}} 标出空的位置；也可以写三条以上的下划线 ___，按出现的次序编号。"),
    (f"选项{LETTERS[0]} – 选项{LETTERS[-1]}", "单选题 2 – 8 个，多选题 2 – 10 个，单元格内可以换行。"),
    ("答案", "单选题写一个字母，多选题写几个字母（ACD、A,C,D 均可，全角也可）；判断题写 对 或 错。"),
    ("答案", "填空题每个空一行；同一空的几个正确答案用 | 隔开，如 实施|执行。"),
    ("答案", "空的后面可以加 [权重2]、[±0.01]（数值允许误差）、[±1%]、[区分大小写]、[区分空格]、[区分全半角]。"),
    ("答案", "计算题写数值；简答题和论述题写参考答案；案例分析题本行不写答案，写在各小题的行里。"),
    ("选项乱序", "是（默认）或 否；否：所有考生看到同样的选项次序。"),
    ("多选计分", "全对得分（默认）、少选得部分分（错选不得分）、按选项计分。"),
    ("少选得分", "“少选得部分分”时少选所得的比例，如 0.5；或写 按比例。"),
    ("错选扣分", "“按选项计分”时每个错选扣去的份数，如 0.5；0 为不扣。"),
    ("误差", "计算题允许的误差，如 0.1；相对误差写 1%。"),
    ("单位 / 可接受单位", "答案的单位，如 kg；其他可接受的单位写与它的换算，如 g=0.001，多个用 | 隔开。"),
    ("单位分值", "单位占分的比例（0 – 1）；0：单位不对不得分。"),
    ("评分要点", "简答题、论述题每行一条，可在末尾加 [权重2]。"),
    ("所属案例", "案例分析题的小题：写案例的编号，紧跟在案例的行之后；编号、章、知识点留空。"),
    ("小题权重", "小题在案例总分中的份数，默认 1。"),
    ("状态", "可用（默认，题目必须完整）、草稿（可以不完整）、停用。"),
)


def template_workbook() -> bytes:
    """The template with its examples, which are themselves valid: taken in as they are they make a small bank."""
    items = [
        {"code": f"示例-{number}", "chapter": 1, "difficulty": 2, "points": ["KP-1"], **form}
        for number, form in enumerate(EXAMPLES, start=1)
    ]
    chapters = [{"number": "1", "title": columns.CHAPTER_EXAMPLE, "title_en": ""}]
    points = [{"code": "KP-1", "name": columns.POINT_EXAMPLE, "name_en": "", "chapter": "1"}]
    return write_workbook(item_rows(items), chapters, points, NOTES, guide=True)
