"""What the pages of grading show: results in words, sums by chapter and knowledge point by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import Response

from exam import schemes
from exam.accounts.id_number import masked
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.grading.detail import read_sums
from exam.grading.models import Result
from exam.grading.rules import Sums
from exam.itembank.models import Chapter, KnowledgePoint
from exam.scheduling.view import end_text, exam_title, is_practice


@dataclass(frozen=True)
class Share:
    """The sums of a chapter or knowledge point under its name; `percent` is None while nothing can be got in it."""

    name: str
    sums: Sums

    @property
    def percent(self) -> Decimal | None:
        """The share of the marks that was got, in whole percent."""
        return percent(self.sums.marks, self.sums.out_of)


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A share in percent, rounded to a whole one; None of nothing."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(1)) if whole else None


def named(title: str, title_en: str) -> str:
    """A title in the reader's language."""
    return title_en if i18n.current_locale.get() == "en" and title_en else title


def chapter_shares(db: Session, result: Result) -> list[Share]:
    """A result by chapter, in the chapters' order."""
    kept = {row["chapter"]: read_sums(row) for row in result.detail["chapters"]}
    rows = db.exec(select(Chapter).where(col(Chapter.id).in_(kept)).order_by(col(Chapter.number)))
    return [Share(f"{row.number}. {named(row.title, row.title_en)}", kept[row.id or 0]) for row in rows]


def point_shares(db: Session, result: Result, bank_id: int) -> list[Share]:
    """A result by knowledge point, in the order of their codes; one that has lost its name goes by its code."""
    kept = {row["point"]: read_sums(row) for row in result.detail["points"]}
    rows = db.exec(select(KnowledgePoint).where(KnowledgePoint.bank_id == bank_id, col(KnowledgePoint.code).in_(kept)))
    names = {row.code: named(row.name, row.name_en) for row in rows}
    return [Share(names.get(code, code), kept[code]) for code in sorted(kept)]


def compared(scheme: str, at: datetime) -> bool:
    """Whether results of a scheme, of that instant, are compared within their cohort and diagnosed."""
    found = schemes.SCHEMES.get(scheme)
    day = at.astimezone(SHANGHAI).date()
    return found is not None and any(rule.value for rule in found.compared if rule.holds(day))


def plain(marks: Decimal | None) -> str:
    """Marks as people write them: 86.5, 60."""
    if marks is None:
        return ""
    text = f"{marks:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def month(instant: datetime | None) -> str:
    """The month of a window, in Shanghai: 2026-11; "" for None."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m") if instant else ""


HELPERS: Mapping[str, Any] = {
    "exam_title": exam_title,
    "is_practice": is_practice,
    "end_text": end_text,
    "masked": masked,
    "plain": plain,
    "month": month,
    "named": named,
    "percent": percent,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module."""
    return web.render(request, template, {**HELPERS, **context}, status)
