"""A person's own hours: the ledger, claims from draft to sending, their evidence."""

from typing import Any
from urllib.parse import quote

from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission
from exam.core import web
from exam.core.clock import SHANGHAI
from exam.core.errors import AppError, Invalid, NotFound, Problem, Refused
from exam.credits import claim_rows, queries_claims, queries_ledger, service_claims, service_evidence
from exam.credits.claim_view import claimable, show
from exam.credits.evidence import PDF_MIB, take
from exam.credits.forms import read_wanted, whole
from exam.credits.ledger import repeated, sums
from exam.credits.models_claims import Claim, ClaimEvidence

OWN = may(Permission.HOURS_OWN)
UPLOAD_MIB = PDF_MIB + 1


def ledger_context(db: Session, institution_id: int, person_id: int) -> dict[str, Any]:
    """Somebody's entries, newest first, what undid them, duplicates, and the sums of each year."""
    entries = queries_ledger.entries(db, institution_id, person_id)
    return {
        "entries": list(reversed(entries)),
        "undone": {row.undoes_id: row for row in entries if row.undoes_id is not None},
        "repeated": repeated(entries),
        "sums": sorted(sums(entries).items(), key=lambda one: (one[0][0], -(one[0][1] or 0), one[0][2])),
    }


def my_hours(request: Request) -> Response:
    """`GET /my/hours`: every entry of the caller's ledger, where it came from, and the sums."""
    who = caller(request)
    with web.reading(request) as db:
        context = ledger_context(db, who.institution_id, who.person_id)
        return show(request, "credits/my_hours.html", context)


def my_claims(request: Request) -> Response:
    """`GET /my/claims`: the caller's claims and what can be claimed."""
    who = caller(request)
    with web.reading(request) as db:
        rows = queries_claims.of_person(db, who.institution_id, who.person_id)
        on = web.now(request).astimezone(SHANGHAI).date()
        return show(request, "credits/my_claims.html", {"claims": rows, "claimable": claimable(on)})


def claim_new(request: Request) -> Response:
    """`GET /my/claims/new?scheme=&kind=&row=&variant=`: the form of one row; `POST` makes the draft."""
    fields = dict(request.query_params) if request.method == "GET" else web.text_fields(request)
    if not fields.get("row"):
        return web.redirect(request, "my_claims")  # nothing was picked yet
    if request.method == "GET":
        return _form(request, fields)
    try:
        with web.transaction(request) as db:
            claim = service_claims.make(db, caller(request), read_wanted(fields), web.now(request))
    except Invalid as error:
        return _form(request, fields, 422, problems=error.problems)
    except Refused as error:
        return _form(request, fields, 409, refusal=error.refusal)
    return web.redirect(request, "my_claim", claim_id=claim.id)


def _form(
    request: Request, fields: dict[str, str], status: int = 200, problems: Any = (), refusal: Any = None
) -> Response:
    today = web.now(request).astimezone(SHANGHAI).date()
    scheme, kind, key, variant = (fields.get(name, "") for name in ("scheme", "kind", "row", "variant"))
    row = claim_rows.find(scheme, kind, key, variant, today)
    context = {"row": row, "values": fields, "problems": problems, "refusal": refusal, "today": today}
    return show(request, "credits/claim_new.html", context, status)


def my_claim(request: Request) -> Response:
    """`GET /my/claims/{claim_id}`: one's claim with its evidence and what became of it."""
    return _claim_page(request)


def _claim_page(request: Request, status: int = 200, problems: Any = (), refusal: Any = None) -> Response:
    with web.reading(request) as db:
        claim = service_claims.own(db, caller(request), request.path_params["claim_id"])
        context = claim_context(db, claim)
        return show(request, "credits/my_claim.html", {**context, "problems": problems, "refusal": refusal}, status)


def claim_context(db: Session, claim: Claim) -> dict[str, Any]:
    """A claim, its row, and its files by the kinds of evidence asked for."""
    row = claim_rows.of(claim)
    files: dict[str, list[ClaimEvidence]] = {kind: [] for kind in row.evidence}
    for file in queries_claims.evidence(db, claim):
        files.setdefault(file.kind, []).append(file)
    return {"claim": claim, "row": row, "files": files}


def my_claim_change(request: Request) -> Response:
    """`POST /my/claims/{claim_id}` with `do`: evidence, remove, send, withdraw; then back to the claim."""
    claim_id = request.path_params["claim_id"]
    try:
        _change(request, claim_id)
    except Invalid as error:
        return _claim_page(request, 422, problems=error.problems)
    except Refused as error:
        return _claim_page(request, 409, refusal=error.refusal)
    return web.redirect(request, "my_claim", claim_id=claim_id)


def _change(request: Request, claim_id: int) -> None:
    who, now, fields = caller(request), web.now(request), web.text_fields(request)
    with web.reading(request) as db:
        service_claims.own(db, who, claim_id)
    match fields.get("do", ""):
        case "evidence":
            name, data = uploaded(request)
            file = take(data)
            with web.transaction(request) as db:
                kind, objects = fields.get("kind", ""), request.app.state.objects
                service_evidence.add(db, objects, who, claim_id, kind, name, file, now)
        case "remove":
            with web.transaction(request) as db:
                service_evidence.remove(db, who, claim_id, whole(fields.get("file", ""), 2**31 - 1) or 0, now)
        case "send":
            with web.transaction(request) as db:
                service_claims.send(db, who, claim_id, now)
        case "withdraw":
            with web.transaction(request) as db:
                service_claims.withdraw(db, who, claim_id, now)
        case _:
            raise Invalid([Problem("do", "required")])


def uploaded(request: Request) -> tuple[str, bytes]:
    """The name and content of the file that came with the form. Raises Invalid where there is none."""
    file = web.form(request).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid([Problem("file", "evidence-missing")])
    return file.filename.replace("\0", "")[-200:], file.file.read()


def my_evidence(request: Request) -> Response:
    """`GET /my/claims/{claim_id}/files/{evidence_id}`: a file of one's own claim, as a download."""
    with web.reading(request) as db:
        claim = service_claims.own(db, caller(request), request.path_params["claim_id"])
        return download(request, service_evidence.of_claim(db, claim, request.path_params["evidence_id"]))


def download(request: Request, file: ClaimEvidence) -> Response:
    """A file of evidence: never shown within our pages' origin, and never kept."""
    try:
        data = request.app.state.objects.get(file.sha256)
    except AppError as error:
        raise NotFound(str(file.id)) from error
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(file.media_type, "bin")
    disposition = f"attachment; filename=\"evidence-{file.id}.{ending}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(
        data,
        media_type=file.media_type,
        headers={
            "Content-Disposition": disposition,
            "Cache-Control": web.NO_STORE,
            "Content-Security-Policy": "sandbox",
        },
    )


routes: list[BaseRoute] = [
    web.page_route("/my/hours", my_hours, access=OWN, name="my_hours"),
    web.page_route("/my/claims", my_claims, access=OWN, name="my_claims"),
    web.page_route("/my/claims/new", claim_new, access=OWN, name="claim_new", methods=["GET", "POST"]),
    web.page_route("/my/claims/{claim_id:int}", my_claim, access=OWN, name="my_claim"),
    web.page_route(
        "/my/claims/{claim_id:int}",
        my_claim_change,
        access=OWN,
        name="my_claim_change",
        methods=["POST"],
        limit_mib=UPLOAD_MIB,
    ),
    web.page_route("/my/claims/{claim_id:int}/files/{evidence_id:int}", my_evidence, access=OWN, name="my_evidence"),
]
