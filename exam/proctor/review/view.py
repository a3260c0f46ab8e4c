"""What the pages of reviewing show: waits in words, decisions and what may be decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exam.accounts.id_number import masked
from exam.core import web
from exam.core.i18n import gettext
from exam.proctor.review.rules import WAITS, Hold
from exam.scheduling.view import exam_title


def waited(since: datetime, now: datetime) -> str:
    """How long something has waited, in the largest two units: 3 天 4 小时, 2 小时 5 分, 8 分钟."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    days, left = divmod(hours, 24)
    if days:
        return gettext("%(days)s 天 %(hours)s 小时", days=days, hours=left)
    if hours:
        return gettext("%(hours)s 小时 %(minutes)s 分", hours=hours, minutes=rest)
    return gettext("%(n)s 分钟", n=minutes)


def wait_text(hold: Hold) -> str:
    """What a result waits for, for those who work here."""
    return gettext(WAITS[hold.until])


HELPERS: Mapping[str, Any] = {
    "exam_title": exam_title,
    "masked_id": masked,
    "waited": waited,
    "wait_text": wait_text,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module and the instant it is made at."""
    return web.render(request, template, {**HELPERS, "now": web.now(request), **context}, status)
