"""What several pages of the bank put into their templates: lists of choices, names of kinds, counts, the S2 meter."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from exam.accounts.access import Caller, caller
from exam.core.i18n import N_, current_locale, gettext
from exam.itembank import rules, types
from exam.itembank.check import check_text
from exam.itembank.models import Bank, Chapter

DELIVERY_NAMES = {"face-to-face": N_("面授"), "online": N_("网络")}
ITEM_STATE_NAMES = {"draft": N_("草稿"), "ready": N_("可用"), "retired": N_("已停止使用")}
ITEM_STATE_TAGS = {"draft": "warn", "ready": "good", "retired": ""}
PAPER_STATE_NAMES = {"draft": N_("草稿"), "published": N_("已发布"), "retired": N_("已停止使用")}
PAPER_STATE_TAGS = {"draft": "warn", "published": "good", "retired": ""}
METHOD_NAMES = {"fixed": N_("固定组卷"), "blueprint": N_("蓝图抽题")}
POLICY_NAMES = {
    "all-or-nothing": N_("全部选对才得分"),
    "partial-without-wrong": N_("少选得部分分，错选不得分"),
    "per-option": N_("按选项计分，错选扣分"),
}


def kind_names() -> dict[str, str]:
    """The eight kinds in the reader's language."""
    return {kind: gettext(item_type.name) for kind, item_type in types.TYPES.items()}


def named(names: dict[str, str]) -> list[tuple[str, str]]:
    """Choices for a field."""
    return [(value, gettext(name)) for value, name in names.items()]


def called(row: Any) -> str:
    """The name of a bank, chapter or knowledge point in the reader's language; Chinese where it has no English one."""
    english = str(getattr(row, "title_en", "") or getattr(row, "name_en", ""))
    chinese = str(getattr(row, "title", "") or getattr(row, "name", ""))
    return english if english and current_locale.get() == "en" else chinese


def chapter_choices(chapters: Sequence[Chapter]) -> list[tuple[str, str]]:
    """Chapters for a field, by number and title."""
    return [(str(chapter.number), f"{chapter.number} {called(chapter)}") for chapter in chapters]


@dataclass(frozen=True)
class MeterLine:
    """A check of the S2 rules as a page shows it."""

    text: str
    have: int
    need: int
    met: bool
    items: tuple[str, ...]


def meter_lines(report: rules.Report) -> list[MeterLine]:
    """The checks of a report with their sentences, the unmet ones first."""
    ordered = sorted(report.checks, key=lambda check: check.met)
    return [MeterLine(check_text(check), check.have, check.need, check.met, check.items) for check in ordered]


def bank_context(request: Request, bank: Bank, tab: str) -> dict[str, Any]:
    """What every page of one bank shows: the bank, its tabs, who may do what, the kinds' names."""
    who: Caller = caller(request)
    return {
        "bank": bank,
        "tab": tab,
        "called": called,
        "kinds": kind_names(),
        "may_write": who.can("bank.write"),
        "may_read_bank": who.can("bank.read"),
        "may_write_papers": who.can("paper.write"),
        "may_publish": who.can("paper.publish"),
        "deliveries": named(DELIVERY_NAMES),
        "state_names": ITEM_STATE_NAMES,
        "state_tags": ITEM_STATE_TAGS,
        "paper_state_names": PAPER_STATE_NAMES,
        "paper_state_tags": PAPER_STATE_TAGS,
        "method_names": METHOD_NAMES,
        "problems": (),
        "given": typed({}),
    }


def redirect_to(request: Request, name: str, query: Mapping[str, object], **params: Any) -> Response:
    """Go on to another page of ours with a query (303)."""
    address = f"{request.app.url_path_for(name, **params)}?{urlencode(query)}"
    return RedirectResponse(address, status_code=303)


def typed(given: Mapping[str, str]) -> dict[str, str]:
    """What was typed into a form that comes back; a field that was not sent is empty."""
    return defaultdict(str, given)
