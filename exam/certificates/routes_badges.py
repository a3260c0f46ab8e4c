"""Open Badges: a certificate's credential for its holder and at its address; the issuer, its keys, what is revoked."""

from collections.abc import Sequence

from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam import schemes
from exam.accounts.access import PUBLIC, caller, may
from exam.accounts.models import Institution
from exam.accounts.permissions import Permission
from exam.certificates import badges, queries, service_keys
from exam.certificates.models import Certificate, SigningKey
from exam.certificates.routes_own import count_question
from exam.core import web
from exam.core.decisions import Refusal
from exam.core.errors import NotFound, Refused

MEDIA_TYPE = "application/jwt"


def my_badge(request: Request) -> Response:
    """`GET /my/certificates/{certificate_id}/badge` (name `my_badge`)."""
    with web.reading(request) as db:
        found = queries.own_issued(db, caller(request), int(request.path_params["certificate_id"]))
        token = _token(request, db, found)
    headers = {"Content-Disposition": f'attachment; filename="badge-{found.id}.jwt"'}
    return Response(token, media_type=MEDIA_TYPE, headers=headers)


def badge(request: Request) -> Response:
    """`GET /badges/{token}` (name `badge`): for whoever was given the address. Raises NotFound, Refused (revoked)."""
    count_question(request)
    with web.reading(request) as db:
        token = str(request.path_params["token"])[:64]
        found = db.exec(select(Certificate).where(Certificate.token == token)).one_or_none()
        if found is None or found.number is None:
            raise NotFound("badge")
        if found.state != "issued":
            raise Refused(Refusal(f"certificate-{found.state}"))
        return Response(_token(request, db, found), media_type=MEDIA_TYPE)


def _token(request: Request, db: Session, found: Certificate) -> str:
    secret = request.app.state.secret
    signing = service_keys.to_sign(db, found.institution_id, secret, web.now(request))
    if signing is None:
        raise Refused(Refusal("signing-key-missing"))
    pair, base = signing[1], _base(request)
    name = queries.issuer_name(db, db.get_one(Institution, found.institution_id))
    made = badges.credential(found, base, name, schemes.get(found.scheme).title, secret)
    return badges.signed(made, pair, badges.key_address(base, found.institution_id, pair.fingerprint))


def issuer_profile(request: Request) -> Response:
    """`GET /issuers/{issuer}` (name `issuer_profile`): the institution as issuer, in the specification's form."""
    with web.reading(request) as db:
        home, _ = _issuer(request, db)
        made = badges.profile(_base(request), home.id or 0, queries.issuer_name(db, home))
    return JSONResponse({"@context": badges.CONTEXT, **made}, media_type="application/ld+json")


def issuer_keys(request: Request) -> Response:
    """`GET /issuers/{issuer}/keys` (name `issuer_keys`): every public key it signed with, as a JWK set."""
    with web.reading(request) as db:
        home, keys = _issuer(request, db)
        found = [badges.public_jwk(one.chain, _kid(request, home, one)) for one in keys]
    return JSONResponse({"keys": found}, media_type="application/jwk-set+json")


def issuer_key(request: Request) -> Response:
    """`GET /issuers/{issuer}/keys/{fingerprint}` (name `issuer_key`): one of them, as a JWK."""
    with web.reading(request) as db:
        home, keys = _issuer(request, db)
        for one in keys:
            if one.fingerprint == request.path_params["fingerprint"]:
                made = badges.public_jwk(one.chain, _kid(request, home, one))
                return JSONResponse(made, media_type="application/jwk+json")
    raise NotFound("key")


def issuer_revoked(request: Request) -> Response:
    """`GET /issuers/{issuer}/revoked` (name `issuer_revoked`): the revocation list."""
    with web.reading(request) as db:
        home, _ = _issuer(request, db)
        query = select(Certificate).where(Certificate.institution_id == home.id, Certificate.state == "revoked")
        rows = list(db.exec(query.order_by(col(Certificate.ended_at), col(Certificate.id))))
        return JSONResponse(badges.revoked(_base(request), home.id or 0, rows))


def _issuer(request: Request, db: Session) -> tuple[Institution, Sequence[SigningKey]]:
    """An institution that signs, and its keys, newest first; one that never had a key is not found."""
    home = db.get(Institution, int(request.path_params["issuer"]))
    query = select(SigningKey).where(SigningKey.institution_id == int(request.path_params["issuer"]))
    keys = db.exec(query.order_by(col(SigningKey.id).desc())).all()
    if home is None or not keys:
        raise NotFound("issuer")
    return home, keys


def _kid(request: Request, home: Institution, one: SigningKey) -> str:
    return badges.key_address(_base(request), home.id or 0, one.fingerprint)


def _base(request: Request) -> str:
    return str(request.app.state.settings.public_url).rstrip("/")


routes: list[BaseRoute] = [
    web.page_route(
        "/my/certificates/{certificate_id:int}/badge", my_badge, access=may(Permission.HOURS_OWN), name="my_badge"
    ),
    web.page_route("/badges/{token}", badge, access=PUBLIC, name="badge"),
    web.page_route("/issuers/{issuer:int}", issuer_profile, access=PUBLIC, name="issuer_profile"),
    web.page_route("/issuers/{issuer:int}/keys", issuer_keys, access=PUBLIC, name="issuer_keys"),
    web.page_route("/issuers/{issuer:int}/keys/{fingerprint}", issuer_key, access=PUBLIC, name="issuer_key"),
    web.page_route("/issuers/{issuer:int}/revoked", issuer_revoked, access=PUBLIC, name="issuer_revoked"),
]
