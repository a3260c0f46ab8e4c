"""What the pages of applications show in words."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from exam import schemes
from exam.accounts.id_number import masked
from exam.applications.asked import FIELDS, KEPT_REFUSED_DAYS, KEPT_UNSENT_DAYS, PICTURE, PICTURES, STATEMENT
from exam.applications.models import Application, ApplicationPicture
from exam.applications.rules import NOT_COUNTED, PREREQUISITE
from exam.core import i18n, web
from exam.core.i18n import N_

STATE_NAMES = {
    "draft": N_("草稿"),
    "sent": N_("等待审核"),
    "returned": N_("退回补正"),
    "approved": N_("已批准"),
    "refused": N_("未批准"),
    "withdrawn": N_("已撤回"),
}
STATE_KINDS = {"draft": "", "sent": "accent", "returned": "warn", "approved": "good", "refused": "bad", "withdrawn": ""}


def scheme_title(key: str) -> str:
    """The scheme's name in the reader's language; its key if it is no longer declared."""
    return i18n.gettext(schemes.SCHEMES[key].title) if key in schemes.SCHEMES else key


def track_title(row: Application) -> str:
    """The track that is applied for, in words."""
    rows = schemes.SCHEMES[row.scheme].tracks if row.scheme in schemes.SCHEMES else ()
    title = next((i18n.gettext(rule.value.title) for rule in rows if rule.value.key == row.track), row.track)
    return title or scheme_title(row.scheme)


def known_projects() -> list[tuple[str, str]]:
    """Everything that schemes ask or asked applications for, as (scheme/track, words), for the filter of the queue."""
    found = []
    for scheme in schemes.SCHEMES.values():
        if any(rule.value.key == PREREQUISITE for rule in scheme.prerequisites):
            tracks = {rule.value.key: rule.value.title for rule in scheme.tracks if rule.value.chosen}
            found += [
                (f"{scheme.key}/{key}", i18n.gettext(title)) for key, title in (tracks or {"": scheme.title}).items()
            ]
    return found


def answer_text(key: str, value: str) -> str:
    """An answer in words: what was chosen, or the text itself."""
    asked = next(each for each in FIELDS if each.key == key)
    return next((i18n.gettext(label) for choice, label in asked.choices if choice == value), value)


def faults(picture: ApplicationPicture) -> list[dict[str, Any]]:
    """What is wrong with a picture as far as a program can tell; that faces were not counted is no fault."""
    return [each for each in picture.findings if each["code"] not in NOT_COUNTED]


HELPERS: Mapping[str, Any] = {
    "FIELDS": FIELDS,
    "PICTURES": PICTURES,
    "PICTURE": PICTURE,
    "STATEMENT": STATEMENT,
    "KEPT_REFUSED_DAYS": KEPT_REFUSED_DAYS,
    "KEPT_UNSENT_DAYS": KEPT_UNSENT_DAYS,
    "STATE_NAMES": STATE_NAMES,
    "STATE_KINDS": STATE_KINDS,
    "scheme_title": scheme_title,
    "track_title": track_title,
    "answer_text": answer_text,
    "masked": masked,
    "faults": faults,
}


def show(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A page with the helpers of this module."""
    return web.render(request, template, {**HELPERS, **context}, status)


def picture_response(request: Request, digest: str, media_type: str) -> Response:
    """A private picture, shown in our pages and kept nowhere."""
    data = request.app.state.private.get(digest)
    return Response(data, media_type=media_type, headers={"Content-Security-Policy": "sandbox"})
