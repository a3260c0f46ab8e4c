"""What the office is about to do, in words, for the page that asks for a confirmation."""

from collections.abc import Mapping

from exam import schemes
from exam.core import i18n
from exam.core.i18n import N_
from exam.credits.claim_view import FACTS, category_title, scheme_title, shown
from exam.credits.models import HourEntry, Membership
from exam.credits.models_claims import Claim

Told = list[tuple[str, str]]

CLAIM = N_("确认学时申报的决定")
TITLES = {
    "manual": N_("确认人工登记学时"),
    "take-back": N_("确认撤销学时"),
    "waiver": N_("确认登记减免"),
    "member": N_("确认登记适用的规则"),
    "facts": N_("确认更正本人情况"),
    "end": N_("确认不再适用"),
}
EVENTS = {
    "approve": N_("认定"),
    "refuse": N_("不认定"),
    "forged": N_("材料不实"),
    "take-back": N_("撤销认定"),
    "not-forged": N_("撤销“材料不实”，重新审核"),
}
PERSON, RULES, REASON = N_("考生"), N_("适用规则"), N_("原因")


def of_claim(claim: Claim, name: str, fields: Mapping[str, str]) -> Told:
    """A decision about a claim."""
    event = EVENTS.get(fields.get("event", ""), "")
    return [
        (PERSON, name),
        (RULES, _(scheme_title(claim.scheme))),
        (N_("项目"), _(claim.title)),
        (N_("计入年度"), str(claim.year)),
        (N_("学时"), shown(claim.hours) if claim.hours is not None else _(N_("全年学时"))),
        (N_("决定"), _(event)),
        (REASON, fields.get("reason", "").strip()),
        (N_("依据"), fields.get("reference", "").strip()),
    ]


def of_person(fields: Mapping[str, str], name: str, entry: HourEntry | None, member: Membership | None) -> Told:
    """What the form of a person's hours says."""
    reason = (REASON, fields.get("reason", "").strip())
    match fields.get("do", ""):
        case "manual":
            scheme = fields.get("scheme", "")
            return [
                (PERSON, name),
                (RULES, _(scheme_title(scheme))),
                (N_("类别"), _(category_title(scheme, fields.get("category", "")))),
                (N_("专业方向"), _track(scheme, fields.get("track", ""))),
                (N_("取得学时的日期"), fields.get("on", "")),
                (N_("学时"), fields.get("hours", "")),
                (N_("课程或活动名称"), fields.get("title", "")),
                (N_("证明（证书编号、文号等）"), fields.get("reference", "")),
                reason,
            ]
        case "take-back" if entry is not None:
            what = [(RULES, _(scheme_title(entry.scheme))), (N_("项目"), _(entry.title))]
            return [(PERSON, name), *what, (N_("学时"), shown(entry.hours)), reason]
        case "waiver":
            return [
                (PERSON, name),
                (N_("减免事由"), _waiver(fields.get("waiver", ""))),
                (N_("日期"), fields["on"]),
                reason,
            ]
        case "member":
            scheme, _slash, track = fields.get("measure", "").partition("/")
            return [(PERSON, name), (RULES, _(scheme_title(scheme))), (N_("专业方向"), _track(scheme, track))]
        case _ if member is not None:
            rules = [(RULES, _(scheme_title(member.scheme))), (N_("专业方向"), _track(member.scheme, member.track))]
            facts = _facts(fields) if fields["do"] == "facts" else []
            return [(PERSON, name), *rules, *facts, reason]
    return [(PERSON, name), reason]


def _facts(fields: Mapping[str, str]) -> Told:
    told = [(label, fields.get(f"fact-{key}", "").strip()) for key, label in FACTS.items()]
    days = ((N_("周期第一天"), "cycle_from"), (N_("周期最后一天（证书到期日）"), "cycle_until"))
    return [*told, *((label, fields.get(name, "").strip()) for label, name in days)]


def _waiver(text: str) -> str:
    key, _slash, row = text.partition("/")
    rows = schemes.SCHEMES[key].waivers if key in schemes.SCHEMES else ()
    return next((_(rule.value.title) for rule in rows if rule.value.key == row), row)


def _track(scheme: str, key: str) -> str:
    rows = schemes.SCHEMES[scheme].tracks if scheme in schemes.SCHEMES else ()
    return next((_(rule.value.title) for rule in rows if rule.value.key == key), key)


def _(text: str) -> str:
    return i18n.gettext(text) if text else ""
