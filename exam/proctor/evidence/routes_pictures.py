"""Pictures of a sitting: for those who watch it, each look written down, and for the candidate their own."""

import re

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import NotFound
from exam.proctor.models import CheckIn, Frame, Proctored
from exam.proctor.wall import views
from exam.sessions.models import Sitting
from exam.vision.pictures import BadPicture
from exam.vision.thumbnails import thumbnail

_SHOWN = re.compile(r"(id-card|face|turn)(\.[0-9]{1,4})?")
_NUMBER = re.compile(r"[0-9]{1,10}")
_PNG = b"\x89PNG"


def picture(request: Request) -> Response:
    """`GET /proctoring/sittings/{sitting_id}/pictures/{name}[?size=small]` (name `proctor_picture`): one picture.

    `name` is a frame's number, or `id-card`, `face`, `turn` of the check-in (with `.1`, `.2` … those of earlier tries);
    small ones are JPEG of at most 320 pixels.
    404 also for one that was erased. The first look of a person at a sitting within ten minutes is in the audit log
    before the picture is sent.
    """
    who, now = caller(request), web.now(request)
    sitting_id, name = int(request.path_params["sitting_id"]), request.path_params["name"]
    with web.reading(request) as db:
        sitting = db.get(Sitting, sitting_id)
        if sitting is None or sitting.institution_id != who.institution_id:
            raise NotFound
        digest = digest_of(db, sitting_id, name)
    answer = _response(request, digest)
    seen = views.remembered(request.app.state)
    if views.worth_an_entry(seen.get((who.person_id, sitting_id)), now):
        with web.transaction(request) as db:
            views.record(db, seen, who, sitting_id, name, now)
    return answer


def own_picture(request: Request) -> Response:
    """`GET /sittings/{sitting_id}/pictures/{name}[?size=small]` (name `own_picture`): the same for the candidate.

    All that was taken of somebody is theirs to see, not only what was flagged; nobody is written down for looking at
    their own.
    """
    sitting_id = int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        sitting = db.get(Sitting, sitting_id)
        if sitting is None or sitting.person_id != caller(request).person_id:
            raise NotFound
        digest = digest_of(db, sitting_id, request.path_params["name"])
    return _response(request, digest)


def digest_of(db: Session, sitting_id: int, name: str) -> str:
    """The hash of a sitting's picture. Raises NotFound for a name that there is not, and for what was erased."""
    watched = db.get(Proctored, sitting_id)
    if watched is not None and watched.erased_at is not None:
        raise NotFound
    if _SHOWN.fullmatch(name):
        row = db.get(CheckIn, sitting_id)
        if row is None or name not in row.pictures:
            raise NotFound
        return row.pictures[name]
    if not _NUMBER.fullmatch(name) or int(name) > web.MAX_ID:
        raise NotFound
    frame = db.get(Frame, (sitting_id, int(name)))
    if frame is None or frame.erased:
        raise NotFound
    return frame.picture


def _response(request: Request, digest: str) -> Response:
    data = request.app.state.private.get(digest)
    media_type = "image/png" if data.startswith(_PNG) else "image/jpeg"
    if request.query_params.get("size") == "small":
        try:
            data, media_type = thumbnail(data), "image/jpeg"
        except BadPicture:
            raise NotFound from None
    return Response(data, media_type=media_type, headers={"Content-Security-Policy": "sandbox"})


routes: list[BaseRoute] = [
    web.page_route(
        "/proctoring/sittings/{sitting_id}/pictures/{name}",
        picture,
        access=may(Permission.SITTING_SUPERVISE),
        name="proctor_picture",
    ),
    web.page_route(
        "/sittings/{sitting_id}/pictures/{name}", own_picture, access=may(Permission.SITTING_TAKE), name="own_picture"
    ),
]
