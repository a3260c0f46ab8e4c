"""Evidence of a sitting for the exam office, and the public key with which anybody can check it."""

import os
import tempfile
import time
from pathlib import Path

from sqlmodel import col, func, select
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import PUBLIC, caller, may
from exam.accounts.models import Person
from exam.accounts.permissions import Permission
from exam.core import audit, web
from exam.core.lanes import Lane
from exam.proctor.evidence import export as evidence_export
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import retention
from exam.proctor.evidence.export import Exported
from exam.proctor.models import CheckIn, Frame, Proctored
from exam.proctor.models_incidents import Checkpoint
from exam.scheduling.models import Exam
from exam.sessions.models import SittingHead
from exam.sessions.service_adjust import managed

EXPORTS = Lane("evidence", at_once=1, waiting=10)
"""One after another: each reads a log and up to a gigabyte of pictures."""
LEFT_OVER_SECONDS = 3600.0
RELEASE = may(Permission.RESULT_RELEASE)


def evidence(request: Request) -> Response:
    """`GET /proctoring/sittings/{sitting_id}/evidence` (name `evidence`) → `proctor/evidence.html`.

    `sitting`, `candidate`, `exam`, `links` (of the log), `signed` (how often), `signed_at`, `signed_seq` (of the newest
    signature; None), `pictures` (still there), `erased_at`, `kept_until` (None while the sitting goes on, and for one
    that is not watched), `key_id`.
    """
    who, sitting_id = caller(request), int(request.path_params["sitting_id"])
    with web.reading(request) as db:
        sitting = managed(db, who, sitting_id)
        row, check_in = db.get(Proctored, sitting_id), db.get(CheckIn, sitting_id)
        points = select(func.count(), func.max(Checkpoint.at), func.max(Checkpoint.seq))
        count, at, seq = db.exec(points.where(Checkpoint.sitting_id == sitting_id)).one()
        frames = select(func.count()).where(Frame.sitting_id == sitting_id, col(Frame.erased).is_(False))
        shown = len(check_in.pictures) if check_in else 0
        context = {
            "sitting": sitting,
            "candidate": db.get_one(Person, sitting.person_id).name,
            "exam": db.get_one(Exam, sitting.exam_id),
            "links": db.get_one(SittingHead, sitting_id).seq,
            "signed": count,
            "signed_at": at,
            "signed_seq": seq,
            "pictures": db.exec(frames).one() + shown,
            "erased_at": row.erased_at if row else None,
            "kept_until": retention.kept_until(db, row) if row else None,
            "key_id": evidence_keys.of(request.app.state).key_id,
        }
    return web.render(request, "proctor/evidence.html", context)


def download(request: Request) -> Response:
    """`POST /proctoring/sittings/{sitting_id}/evidence/export` (name `evidence_export`): the file, as
    `exam evidence export` makes it. It is made on the disk, sent, and deleted; the audit log says who took it."""
    who, sitting_id, now = caller(request), int(request.path_params["sitting_id"]), web.now(request)
    with web.reading(request) as db:
        managed(db, who, sitting_id)
    path, done = _make(request, sitting_id)
    try:
        with web.transaction(request) as db:
            audit.record(
                db,
                at=now,
                action="proctor.evidence-exported",
                subject=("sitting", sitting_id),
                institution_id=who.institution_id,
                actor_id=who.person_id,
                detail={"count": done.links, "picture": done.pictures},
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, filename=f"evidence-{sitting_id}.zip", media_type="application/zip", background=gone)


def _make(request: Request, sitting_id: int) -> tuple[Path, Exported]:
    folder: Path = request.app.state.settings.data_dir / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.iterdir():  # of downloads that were broken off
        if time.time() - old.stat().st_mtime > LEFT_OVER_SECONDS:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(dir=folder)
    state, who = request.app.state, caller(request)
    try:
        with os.fdopen(handle, "w+b") as file, web.reading(request) as db:
            keys = evidence_keys.of(state)
            done = evidence_export.export(db, state.private, keys, sitting_id, file, web.now(request), who.name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name), done


def public_key(request: Request) -> Response:
    """`GET /evidence/key` (name `evidence_key`): the public keys that sign evidence here, as PEM with their ids.

    The one in use comes first. For everybody: whoever checks evidence gets the key from us, not from the file."""
    return PlainTextResponse(evidence_keys.published(evidence_keys.of(request.app.state)))


routes: list[BaseRoute] = [
    web.page_route("/proctoring/sittings/{sitting_id}/evidence", evidence, access=RELEASE, name="evidence"),
    web.page_route(
        "/proctoring/sittings/{sitting_id}/evidence/export",
        download,
        access=RELEASE,
        name="evidence_export",
        methods=["POST"],
        lane=EXPORTS,
    ),
    web.page_route("/evidence/key", public_key, access=PUBLIC, name="evidence_key"),
]
