"""A scheme's rules in words, for the exam office: what each row says, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from exam.core.i18n import N_, gettext
from exam.schemes.kinds import MonthlyWindow, Rule, Scheme
from exam.schemes.rows import (
    Activity,
    Category,
    CertificateKind,
    Cycle,
    Deadline,
    Fee,
    Grant,
    HourRequirement,
    MonthDay,
    Posting,
    Prerequisite,
    QuarterWeekend,
    Track,
    Variant,
    Waiver,
)

UNITS = {
    "day": N_("每天"),
    "half-day": N_("每半天"),
    "item": N_("每项"),
    "subject": N_("每科"),
    "ten-thousand-characters": N_("每万字"),
    "hour": N_("每学时"),
    "year": N_("每年"),
    "once": N_("一次"),
}
PERS = {"enrolment": N_("每次选课"), "hour": N_("每学时"), "try": N_("每次考试")}
DELIVERIES = {"online": N_("网络课程"), "face-to-face": N_("面授"), "filed": N_("备案课程")}
FACTS = {
    "fields": N_("注册领域数"),
    "roles": N_("人员身份数"),
    "holder": N_("持证"),
    "renewed-before": N_("曾经换证"),
    "foreign": N_("外籍"),
}
COUNTED = frozenset({"fields", "roles"})
"""Facts that are numbers; the others hold or don't."""

AFTER = {
    "window": N_("考试场次结束以后 %(n)s 个工作日"),
    "batch": N_("到期批次日以后 %(n)s 个工作日"),
    "outcome": N_("合格或学完以后 %(n)s 个工作日"),
}
PREREQUISITES = {
    "course-finished": N_("课程学完"),
    "fee-paid": N_("费用缴清"),
    "application-approved": N_("申请获准"),
    "hour-proof": N_("有学时证明"),
}
DEADLINES = {"report-results": N_("报送成绩"), "report-class-before": N_("开班以前报送班次")}


@dataclass(frozen=True)
class Said:
    """A rule in words: its main line and the lines under it."""

    text: str
    lines: tuple[str, ...] = ()


def said(scheme: Scheme, rule: Rule[Any]) -> Said:
    """What a rule of a scheme says."""
    value = rule.value
    words = ROWS.get(type(value))
    if words is not None:
        found: Said | str = words(partial(_title, scheme), value)
        return found if isinstance(found, Said) else Said(found)
    return Said(plain(value))


def plain(value: Any) -> str:
    """A value that is no row."""
    if value is None:
        return gettext("不限")
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


Title = Callable[[str, str | None], str]


def _title(scheme: Scheme, kind: str, key: str | None) -> str:
    """The title of a track or category of the scheme; empty for none."""
    rows: Any = getattr(scheme, kind)
    return next((gettext(rule.value.title) for rule in rows if rule.value.key == key), "")


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _hours(value: Decimal | None) -> str:
    return gettext("%(n)s 学时", n=_number(value)) if value is not None else gettext("按课程自己的学时")


def _join(*parts: str) -> str:
    return gettext("，").join(part for part in parts if part)


def _track(_t: Title, row: Track) -> str:
    when = gettext(" 或 ").join(
        gettext("%(fact)s不少于 %(n)s", fact=gettext(FACTS[cond.fact]), n=cond.at_least)
        if cond.fact in COUNTED
        else gettext(FACTS[cond.fact])
        for cond in row.when
    )
    return _join(gettext(row.title), row.code, gettext("由本人选定") if row.chosen else when)


def _category(_t: Title, row: Category) -> str:
    bounds = ""
    if row.least_hours is not None and row.most_hours is not None:
        bounds = gettext("每门 %(a)s 至 %(b)s 学时", a=_number(row.least_hours), b=_number(row.most_hours))
    return _join(gettext(row.title), gettext("只供本机构人员") if row.own_staff else "", bounds)


def _cycle(_t: Title, row: Cycle) -> str:
    if row.kind == "calendar-year":
        return gettext("每个自然年")
    return gettext("%(n)s 年", n=row.years) if row.kind == "years" else gettext("不分周期")


def _requirement(title: Title, row: HourRequirement) -> str:
    after = title("categories", row.after)
    return _join(
        title("tracks", row.track),
        title("categories", row.category) if row.category else gettext("合计"),
        gettext("不少于 %(n)s 学时", n=_number(row.hours)),
        gettext("%(category)s学满以后才计入", category=after) if after else "",
    )


def _fee(title: Title, row: Fee) -> str:
    what = gettext("%(per)s %(n)s 元", per=gettext(PERS[row.per]), n=_number(row.yuan))
    return _join(title("tracks", row.track), title("categories", row.category), what)


def _grant(title: Title, row: Grant) -> str:
    return gettext(
        "%(fact)s的人员每个周期有 %(n)s 学时%(category)s免费",
        fact=gettext(FACTS[row.fact]),
        n=_number(row.hours),
        category=title("categories", row.category),
    )


def _posting(title: Title, row: Posting) -> str:
    return _join(
        gettext(DELIVERIES[row.delivery]) if row.delivery else "",
        gettext("考试合格") if row.on == "passed" else gettext("课程学完"),
        gettext("计 %(hours)s", hours=_hours(row.hours)),
        title("categories", row.category),
    )


def _certificate(title: Title, row: CertificateKind) -> Said:
    issue = gettext("当天") if not row.issue.working_days else gettext(AFTER[row.issue.after], n=row.issue.working_days)
    basis = {"passed": gettext("考试合格"), "finished": gettext("课程学完"), "hours": gettext("学时学满")}[row.basis]
    who = [title("tracks", key) for key in row.tracks] + [gettext(DELIVERIES[key]) for key in row.deliveries]
    lines = (
        gettext("发放条件：%(what)s", what=_join(basis, *who)),
        gettext("编号格式：%(number)s", number=row.number),
        gettext("发放时间：%(when)s", when=issue),
        gettext("有效期：%(n)s 年", n=row.validity_years) if row.validity_years else gettext("长期有效"),
        *([gettext("发放以后，成绩不能再改")] if row.locks_result else []),
        *([gettext("印有照片")] if row.photo else []),
    )
    return Said(gettext(row.title), lines)


def _variant(row: Variant) -> str:
    return _join(
        gettext(row.title),
        gettext("%(unit)s %(n)s 学时", unit=gettext(UNITS[row.unit]), n=_number(row.hours)),
        gettext("限前 %(n)s 名", n=row.ranks) if row.ranks else "",
        gettext("分 %(n)s 年登记", n=row.spread_years) if row.spread_years > 1 else "",
    )


def _activity(title: Title, row: Activity) -> Said:
    who = gettext("由单位认定") if row.approver == "unit" else gettext("由主管部门认定")
    by_exam = gettext("由考试成绩自动登记") if row.posted_by_exam else who
    head = _join(f"（{row.number}）{gettext(row.title)}", title("categories", row.category), by_exam)
    return Said(head, tuple(map(_variant, row.variants)))


def _waiver(title: Title, row: Waiver) -> str:
    amount = gettext("免全部学时") if row.full else gettext("按课程学时") if row.own_hours else _hours(row.hours)
    return _join(
        f"{row.number} {gettext(row.title)}",
        title("categories", row.category),
        amount,
        gettext("需要申请") if row.apply else gettext("不用申请"),
        gettext("限前 %(n)s 名", n=row.ranks) if row.ranks else "",
        gettext("可以用到下一年") if row.next_year_too else "",
    )


def _deadline(_t: Title, row: Deadline) -> str:
    delivery = gettext(DELIVERIES[row.delivery]) if row.delivery else ""
    return _join(delivery, gettext(DEADLINES[row.key]), gettext("%(n)s 个工作日", n=row.working_days))


ROWS: Mapping[type, Callable[[Title, Any], Said | str]] = {
    MonthlyWindow: lambda _t, row: gettext("每月 %(first)s 日至 %(last)s 日", first=row.first_day, last=row.last_day),
    QuarterWeekend: lambda _t, _row: gettext("每个季度最后一个完整的周末"),
    MonthDay: lambda _t, row: gettext("每年 %(month)s 月 %(day)s 日（含）", month=row.month, day=row.day),
    Prerequisite: lambda _t, row: gettext(PREREQUISITES[row.key]),
    Track: _track,
    Category: _category,
    Cycle: _cycle,
    HourRequirement: _requirement,
    Fee: _fee,
    Grant: _grant,
    Posting: _posting,
    CertificateKind: _certificate,
    Activity: _activity,
    Waiver: _waiver,
    Deadline: _deadline,
}
