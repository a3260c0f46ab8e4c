"""The S2 check of a bank as plain data, for the command line and pages: what is met, and exactly what is missing."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.core.clock import SHANGHAI
from exam.core.i18n import gettext
from exam.itembank import rules, types
from exam.itembank.models import Bank
from exam.itembank.queries_banks import item_facts, meter
from exam.itembank.queries_papers import paper_facts
from exam.schemes.ccaa_items import item_bank_rules

SHOWN_ITEMS = 12


def check_bank(db: Session, bank: Bank, now: datetime, delivery: str = "") -> dict[str, Any]:
    """The whole check: `met`, `missing` and `checks` (each with its sentence), overlap of papers, counts, source."""
    report = meter(db, bank, now, delivery)
    source = item_bank_rules(now.astimezone(SHANGHAI).date())
    items, papers = item_facts(db, bank.id or 0), paper_facts(db, bank.id or 0)
    return {
        "bank": bank.code,
        "title": bank.title,
        "for": report.delivery,
        "met": report.met,
        "missing": [check_json(check) for check in report.missing],
        "checks": [check_json(check) for check in report.checks],
        "items": len(items),
        "drafts": sum(not item.ready for item in items),
        "papers": [{"code": paper.code, "items": len(paper.items)} for paper in papers],
        "overlap": [
            {"papers": [each.first, each.second], "items": list(each.items), "percent": each.share / 100}
            for each in rules.overlaps(papers)
        ],
        "source": source.source,
        "holds_from": source.holds_from.isoformat(),
    }


def check_json(check: rules.Check) -> dict[str, Any]:
    """One check as plain data, with its sentence in the current language."""
    return {
        "code": check.code,
        "subject": check.subject,
        "have": check.have,
        "need": check.need,
        "short": check.short,
        "met": check.met,
        "items": list(check.items),
        "kinds": list(check.kinds),
        "message": check_text(check),
    }


def check_text(check: rules.Check) -> str:
    """A check as a sentence: what is required and met, or what exactly is missing."""
    shown = "、".join(check.items[:SHOWN_ITEMS])
    if len(check.items) > SHOWN_ITEMS:
        shown = gettext("%(codes)s 等 %(n)s 题", codes=shown, n=len(check.items))
    kinds = "、".join(gettext(types.TYPES[kind].name) if kind in types.TYPES else kind for kind in check.kinds)
    params: dict[str, Any] = {"subject": check.subject, "have": check.have, "need": check.need, "short": check.short}
    code = f"s2.{check.code}" if check.met else f"s2.missing.{check.code}"
    if check.code == "kinds-allowed" and not check.subject:
        code += "-paper"
    return gettext(code, **params, items=shown, kinds=kinds)
