"""What the pages of eligibility show: hours without needless zeros, reasons and sources in words."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import NoMatchFound

from exam import schemes
from exam.accounts.id_number import masked
from exam.core import i18n, web
from exam.core.i18n import N_
from exam.credits.eligibility import Missing, Standing
from exam.credits.eligibility_terms import Span

REASONS = {
    "undone": N_("已撤销"),
    "out-of-cycle": N_("不在本周期内"),
    "other-track": N_("属于另一个专业方向"),
    "wrong-category": N_("这个类别不计入对您的要求"),
    "not-own-staff": N_("备案课程只对本机构人员有效"),
    "before-required": N_("先修学时完成之前所学，不计入"),
    "duplicate": N_("同一课程已经计过"),
    "over-cap": N_("超过部分减免的上限"),
}
KINDS = {
    "passed": N_("考试合格"),
    "finished": N_("学完课程"),
    "activity": N_("其他活动"),
    "waiver": N_("减免"),
    "grant": N_("赠送学时"),
    "manual": N_("人工登记"),
    "proof": N_("学时证明认可"),
}
BASES = {"passed": N_("考试合格后取得"), "finished": N_("学完课程后取得"), "hours": N_("学时修满后取得")}
PLACES = {"my_courses": N_("选课学习"), "my_exams": N_("参加考试"), "my_claims": N_("申报其他活动")}
NOTICES = {
    "S0": N_("进出口商品检验鉴定人员继续教育通知（2024）"),
    "S1": N_("“CIQ大讲堂”网上学习指南（2015）"),
    "S2": N_("认证人员继续教育管理方案（2013）"),
    "S3": N_("常州市专业技术人员继续教育文件（2011）"),
    "S4": N_("人员能力验证通知（2024）"),
}
_CITED = re.compile(r"\b(S[0-4])((?: annex \d+| appendix| note \d+|,? ?§[\w.()]+(?: \d+)?)*)")


def plain(hours: Decimal) -> str:
    """Hours as people write them: 8, 7.5."""
    text = f"{hours:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def source_text(source: str) -> str:
    """A source in the reader's language: the notices by name and place; readings of ours are called that."""
    found = [
        f"{i18n.gettext(NOTICES[notice])}{_place(place)}"
        for notice, place in dict.fromkeys(_CITED.findall(source.partition("Settled")[0]))
    ]
    if "Settled" in source:
        found.append(i18n.gettext("平台约定（文件未写明）"))
    return i18n.gettext("；").join(found) or source


def _place(place: str) -> str:
    if i18n.current_locale.get() == "en":
        return f" {place.strip(' ,')}" if place.strip(" ,") else ""
    words = place.replace("annex ", "附件").replace("appendix", "附录").replace("note ", "注").replace(",", "、")
    return re.sub(r"\s+", "", words)


def missing_text(missing: Missing, locale: str | None = None) -> str:
    """One thing that is missing, as a sentence."""
    params = missing.params
    if missing.code == "hours":
        title = i18n.gettext(str(params["title"]), locale)
        return i18n.gettext("还差 %(hours)s 学时%(title)s", locale, hours=plain(params["hours"]), title=title)
    if missing.code == "hours-any":
        return i18n.gettext("另外还差 %(hours)s 学时，类别不限", locale, hours=plain(params["hours"]))
    if missing.code == "barred":
        return i18n.gettext("因申报材料不实，本年度资格已取消：%(reason)s", locale, reason=params["reason"])
    return i18n.gettext("还没有选定专业方向", locale)


def category_title(scheme_key: str, category: str) -> str:
    """The name of a category of a scheme, in the reader's language; its key once the scheme knows it no longer."""
    found = [rule.value.title for rule in schemes.get(scheme_key).categories if rule.value.key == category]
    return i18n.gettext(found[-1]) if found else category


def span_text(span: Span) -> str:
    """The cycle in words."""
    if span.year is not None:
        return i18n.gettext("%(year)s 年度", year=span.year)
    if span.since and span.until:
        return i18n.gettext("%(since)s 至 %(until)s", since=span.since.isoformat(), until=span.until.isoformat())
    return i18n.gettext("不限周期")


def places(request: Request) -> list[tuple[str, str]]:
    """Where hours are to be had: the pages of this site that lead to them, with their names."""
    found = []
    for name, label in PLACES.items():
        try:
            found.append((str(request.app.url_path_for(name)), i18n.gettext(label)))
        except NoMatchFound:
            continue
    return found


def scheme_title(key: str) -> str:
    """The name of a scheme, in the reader's language."""
    return i18n.gettext(schemes.get(key).title)


def share(counted: Decimal, needed: Decimal) -> Decimal:
    """How far a requirement is met, in whole percent, at most 100."""
    return min(Decimal(100), (counted * 100 / needed).quantize(Decimal(1))) if needed else Decimal(100)


HELPERS: Mapping[str, Any] = {
    "plain": plain,
    "source_text": source_text,
    "missing_text": missing_text,
    "category_title": category_title,
    "span_text": span_text,
    "scheme_title": scheme_title,
    "share": share,
    "masked": masked,
    "reasons": REASONS,
    "kinds": KINDS,
    "bases": BASES,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page of eligibility with its helpers."""
    return web.render(request, template, {**HELPERS, **context}, status)


def record(standing: Standing) -> dict[str, Any]:
    """A standing as data, for the API: hours as text, sources as in the scheme."""
    return {
        "scheme": standing.scheme,
        "version": standing.version,
        "on": standing.on.isoformat(),
        "track": standing.track,
        "met": standing.met,
        "cycle": {"kind": standing.cycle.kind, "from": _day(standing.cycle.since), "to": _day(standing.cycle.until)},
        "hours_missing": _hours(standing.hours_missing),
        "requirements": [
            {
                "code": asked.code,
                "category": asked.category,
                "needed": _hours(asked.needed),
                "counted": _hours(asked.counted),
                "missing": _hours(asked.missing),
                "met": asked.met,
                "waived": asked.waived,
                "source": asked.source,
                "since": asked.since.isoformat(),
            }
            for asked in standing.requirements
        ],
        "missing": [
            {
                "code": one.code,
                "category": one.params.get("category"),
                "hours": _hours(one.params["hours"]) if "hours" in one.params else None,
                "source": one.source,
            }
            for one in standing.missing
        ],
        "counted": [{**_entry(one.entry), "hours": _hours(one.hours)} for one in standing.counted],
        "not_counted": [
            {**_entry(one.entry), "hours": _hours(one.hours), "reason": one.code, "source": one.source}
            for one in standing.not_counted
        ],
    }


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "entry": entry.id,
        "category": entry.category,
        "on": entry.on.isoformat(),
        "kind": entry.source_kind,
        "subject": entry.subject,
        "title": entry.title,
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _hours(hours: Decimal) -> str:
    return f"{hours:.2f}"
