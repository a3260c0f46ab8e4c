"""The office's page about the key that signs: what it is, until when it holds, a new one."""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.models import Institution
from exam.accounts.permissions import Permission
from exam.certificates import keys, queries, service_keys
from exam.core import web
from exam.core.errors import Invalid, Problem

MANAGE = may(Permission.CERTIFICATE_MANAGE)


def signing_key(request: Request) -> Response:
    """`GET, POST /certificates/key` (name `signing_key`): a PKCS#12 file, or a key made here."""
    who = caller(request)
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            _put(request)
            return web.redirect(request, "signing_key")
        except Invalid as error:
            problems = list(error.problems)
    with web.reading(request) as db:
        found, now = service_keys.current(db, who.institution_id), web.now(request)
        context = {
            "key": found,
            "refusal": keys.usable(found.not_before, found.not_after, now) if found else None,
            "left": (found.not_after - now).days if found else None,
            "earlier": service_keys.earlier(db, who.institution_id),
            "problems": problems,
        }
        return web.render(request, "certificates/key.html", context, 422 if problems else 200)


def _put(request: Request) -> None:
    """Take the key that was sent, or make one. The passphrase is forgotten with the request."""
    who, now, secret = caller(request), web.now(request), request.app.state.secret
    made_here = web.text_fields(request).get("what") == "make"
    if made_here:
        with web.reading(request) as db:
            name = queries.issuer_name(db, db.get_one(Institution, who.institution_id))
        pair = keys.make(name, now)
    else:
        file = web.form(request).get("file")
        data = file.file.read(keys.MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
        pair = keys.read_pkcs12(data, web.text_fields(request).get("passphrase", ""), now)
    with web.transaction(request) as db:
        service_keys.put(db, who, pair, secret, now, made_here=made_here)


routes: list[BaseRoute] = [
    web.page_route("/certificates/key", signing_key, access=MANAGE, name="signing_key", methods=("GET", "POST"))
]
