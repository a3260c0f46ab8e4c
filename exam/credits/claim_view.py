"""What the pages of claims and hours show, in words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exam import schemes
from exam.core import i18n, web
from exam.core.i18n import N_
from exam.credits.eligibility_view import KINDS, plain, source_text
from exam.schemes.kinds import rows_at
from exam.schemes.rows import MEMBER_FACTS

STATES = {
    "draft": (N_("草稿"), ""),
    "sent": (N_("待审核"), "accent"),
    "approved": (N_("已认定"), "good"),
    "refused": (N_("未认定"), "warn"),
    "withdrawn": (N_("已撤回"), ""),
    "forged": (N_("材料不实"), "bad"),
}
UNITS = {
    "day": N_("天数（每天计 %(each)s 学时）"),
    "half-day": N_("半脱产天数（每天计 %(each)s 学时）"),
    "item": N_("项数（每项计 %(each)s 学时）"),
    "subject": N_("门数（每门计 %(each)s 学时）"),
    "ten-thousand-characters": N_("字数（每满一万字计 %(each)s 学时）"),
    "hour": N_("学时数（每学时计 %(each)s 学时）"),
}
REASONS = {
    "changed": N_("登记的内容有更改，已按新内容重新登记"),
    "undone": N_("来源已撤销"),
    "result-changed": N_("成绩更改或作废"),
}
"""Why the software took hours back; what people write is shown as it is."""
FACTS = {
    "fields": N_("注册领域数"),
    "roles": N_("资格种类数（审核员、检查员）"),
    "holder": N_("持有能力水平证书（1 是，0 否）"),
    "renewed-before": N_("以前换过证（1 是，0 否）"),
    "foreign": N_("外籍人员（1 是，0 否）"),
}
EVIDENCE = {
    "public-certificate": N_("公共科目合格证"),
    "exam-document": N_("相关文件"),
    "exam-certificate": N_("考试合格证书"),
    "base-proof": N_("继续教育基地出具的培训证明（注明批准学时）"),
    "completion-certificate": N_("举办单位的结业证书"),
    "timetable": N_("课程表"),
    "diploma": N_("毕业证书、学位证书"),
    "subject-proof": N_("单科结业证明（注明专业、课程、考试时间和成绩）"),
    "admission-ticket": N_("准考证"),
    "score-report": N_("考试成绩单原件"),
    "signed-report": N_("考察或调研报告（单位领导签署意见并盖章）"),
    "conference-proof": N_("参加讲座、会议和报告论文的证明"),
    "book-pages": N_("著作封面和作者页"),
    "article-pages": N_("刊物封面、目录页和论文首页"),
    "patent-certificate": N_("专利证书"),
    "award-certificate": N_("获奖证书"),
    "project-document": N_("课题管理部门下发的文件"),
    "project-application": N_("课题申请表"),
    "opening-report": N_("开题报告"),
    "stage-check": N_("阶段性检查材料（已结题的还有结题报告、结题证明）"),
    "teaching-proof": N_("基地或施训机构的授课证明"),
    "teaching-notes": N_("备课记录"),
    "posting-proof": N_("派出单位的证明"),
    "filing-proof": N_("年初备案的回执"),
    "attendance": N_("培训时间和签到记录"),
    "visa-or-proof": N_("签证或其他有效证明"),
    "birth-proof": N_("出生证明或预产证明"),
    "hospital-proof": N_("医院证明"),
    "filed-course-proof": N_("备案课程培训证明（不少于 16 学时）"),
    "reflections": N_("心得体会（不少于 800 字）"),
    "foreign-training-proof": N_("境外培训证明"),
    "language-course-proof": N_("境内外语课程培训证明（不少于 16 学时）"),
    "standard-pages": N_("标准封面和起草人页"),
    "training-certificate": N_("培训证书"),
    "activity-proof": N_("相关活动的证明"),
}
CONFIRMS = {
    "passed": N_("已经考试（考核）合格"),
    "not-graduated": N_("还没有毕业"),
    "without-travel": N_("天数不含路程时间"),
    "paper-read": N_("本人在会上报告了论文"),
    "not-supplement": N_("不是增刊、副刊"),
}


def scheme_title(key: str) -> str:
    """The scheme's Chinese title, the message id of its English."""
    return schemes.SCHEMES[key].title if key in schemes.SCHEMES else key


def category_title(scheme: str, key: str) -> str:
    """A category's Chinese title; its key if the scheme no longer has it."""
    rows = schemes.SCHEMES[scheme].categories if scheme in schemes.SCHEMES else ()
    return next((rule.value.title for rule in rows if rule.value.key == key), key)


def claimable(on: Any) -> list[dict[str, Any]]:
    """What can be claimed on a day: each scheme's activities with their variants, and the waivers applied for."""
    found = []
    for scheme in schemes.SCHEMES.values():
        activities = [one.value for one in rows_at(scheme.activities, on) if not one.value.posted_by_exam]
        waivers = [one.value for one in rows_at(scheme.waivers, on) if one.value.apply]
        if activities or waivers:
            found.append({"scheme": scheme, "activities": activities, "waivers": waivers})
    return found


def shown(hours: Decimal | None) -> str:
    """Hours without needless zeros; "" for none."""
    return "" if hours is None else plain(hours)


def reason_text(reason: str) -> str:
    """Why hours were taken back, in the reader's language where the software did it."""
    return i18n.gettext(REASONS[reason]) if reason in REASONS else reason


HELPERS: Mapping[str, Any] = {
    "STATES": STATES,
    "UNITS": UNITS,
    "FACTS": FACTS,
    "EVIDENCE": EVIDENCE,
    "CONFIRMS": CONFIRMS,
    "ENTRY_KINDS": KINDS,
    "MEMBER_FACTS": MEMBER_FACTS,
    "scheme_title": scheme_title,
    "category_title": category_title,
    "hours_text": shown,
    "source_text": source_text,
    "reason_text": reason_text,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module."""
    return web.render(request, template, {**HELPERS, **context}, status)
