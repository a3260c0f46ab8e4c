"""Pictures of items: uploaded from the editor, served to those who may see them."""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import SIGNED_IN, caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.errors import Invalid, Problem
from exam.itembank import service
from exam.vision.pictures import MOST_MIB


def upload(request: Request) -> Response:
    """Take a picture in; the answer has the address to write into the text."""
    file = web.form(request).get("picture")
    if not isinstance(file, UploadFile):
        raise Invalid([Problem("picture", "required")])
    data = file.file.read()
    with web.transaction(request) as db:
        picture = service.store_picture(db, caller(request), request.app.state.objects, data, web.now(request))
    body = {
        "sha256": picture.sha256,
        "markdown": f"![](picture:{picture.sha256})",
        "width": picture.width,
        "height": picture.height,
    }
    return JSONResponse(body, status_code=201)


def picture(request: Request) -> Response:
    """The bytes of a picture. A browser asks again each time: who may see it changes from one sitting to the next."""
    digest = request.path_params["sha256"]
    with web.reading(request) as db:
        found = service.visible_picture(db, caller(request), digest)
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{digest}"', "X-Content-Type-Options": "nosniff"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(request.app.state.objects.get(digest), media_type=found.media_type, headers=headers)


routes: list[BaseRoute] = [
    web.fetch_route(
        "/pictures", upload, access=may(Permission.BANK_WRITE), name="picture_upload", limit_mib=MOST_MIB + 1
    ),
    web.page_route("/pictures/{sha256}", picture, access=SIGNED_IN, name="picture"),
]
