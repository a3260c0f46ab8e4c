"""Works on the office's orders: every number, each in a transaction of its own, then every PDF. May stop anywhere."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlmodel import Session, col, select

from exam.certificates import queries, rendering, runtime, service_keys
from exam.certificates import signing as signing_of_pdf
from exam.certificates.models import Certificate, CertificateOrder
from exam.certificates.service_issue import issue, kind_of, locked
from exam.core.db import Database
from exam.core.errors import NotFound, Refused
from exam.core.jobs import Job
from exam.core.objects import ObjectStore

log = structlog.get_logger()
NAME = "certificates.orders"


@dataclass(frozen=True)
class Means:
    """What drawing needs of the deployment: its secret, which opens the keys, and where pictures of people lie."""

    secret: bytes = field(default=b"", repr=False)
    private: ObjectStore | None = None


NONE = Means()


def run(state: Any) -> None:
    """Go on with every order that is not done."""
    work(state.database, state.objects, str(state.settings.public_url), state.clock.now(), means_of(state))


def means_of(state: Any) -> Means:
    """What the deployment gives."""
    return Means(state.secret, getattr(state, "private", None))


def work(database: Database, objects: ObjectStore, public_url: str, now: datetime, means: Means = NONE) -> None:
    """Finish what is ordered; what can't be issued or drawn keeps its reason and stops nothing else."""
    with database.reading() as db:
        waiting = db.exec(select(CertificateOrder.id).where(col(CertificateOrder.done_at).is_(None))).all()
    for order_id in waiting:
        _issue_all(database, order_id or 0, now)
        _draw_all(database, objects, public_url, order_id or 0, now, means)
        with database.transaction() as db:
            order = db.get_one(CertificateOrder, order_id)
            order.done_at = now
            db.add(order)


def _issue_all(database: Database, order_id: int, now: datetime) -> None:
    with database.reading() as db:
        query = select(Certificate.id).where(Certificate.order_id == order_id, Certificate.state == "due")
        ids = db.exec(query.order_by(col(Certificate.id))).all()
        ordered_by = db.get_one(CertificateOrder, order_id).ordered_by
    for certificate_id in ids:
        try:
            with database.transaction() as db:
                issue(db, certificate_id or 0, now, ordered_by)
        except Refused as error:
            _note(database, certificate_id or 0, error.refusal.code)


def _draw_all(
    database: Database, objects: ObjectStore, public_url: str, order_id: int, now: datetime, means: Means
) -> None:
    with database.reading() as db:
        query = select(Certificate.id).where(
            Certificate.order_id == order_id, Certificate.state == "issued", col(Certificate.pdf).is_(None)
        )
        ids = db.exec(query.order_by(col(Certificate.id))).all()
    for certificate_id in ids:
        try:
            draw(database, objects, public_url, certificate_id or 0, now, means)
        except Refused as error:
            _note(database, certificate_id or 0, error.refusal.code)


def draw(
    database: Database,
    objects: ObjectStore,
    public_url: str,
    certificate_id: int,
    now: datetime,
    means: Means = NONE,
) -> bytes:
    """The PDF of an issued certificate: drawn and signed once and kept; the same bytes ever after.

    Raises NotFound, Refused: characters that can't be drawn, an institution's key that can't sign now."""
    with database.reading() as db:
        found = db.get_one(Certificate, certificate_id)
        if found.pdf is not None:
            return objects.get(found.pdf)
        wanted = kind_of(found).photo
        photo = photo_of(db, found, means.private or objects) if wanted else None
        view = replace(queries.view_of(db, found, public_url), photo=photo, photo_wanted=wanted)
        signing = service_keys.to_sign(db, found.institution_id, means.secret, now)
    drawn = rendering.render(view)
    digest = objects.put(signing_of_pdf.sign(drawn, signing[1], view.issuer) if signing else drawn)
    with database.transaction() as db:
        certificate = locked(db, certificate_id)
        if certificate.pdf is None:
            certificate.pdf, certificate.problem = digest, _still(certificate.problem)
            certificate.signed_with = signing[0] if signing else None
            certificate.photo_drawn = photo is not None if wanted else None
            db.add(certificate)
        digest = certificate.pdf
    return objects.get(digest)


def _still(problem: str) -> str:
    """What remains of a problem when the file is drawn: that its basis was taken back."""
    return problem if problem == "basis-undone" else ""


def photo_of(db: Session, certificate: Certificate, store: ObjectStore) -> bytes | None:
    """The photo that somebody who knows has for a certificate; None without."""
    for ask in runtime.photo_for:
        digest = ask(db, certificate)
        if digest is not None:
            try:
                return store.get(digest)
            except NotFound:
                log.warning("certificate.photo-gone", certificate=certificate.id)
    return None


def _note(database: Database, certificate_id: int, code: str) -> None:
    log.warning("certificate.stuck", certificate=certificate_id, code=code)
    with database.transaction() as db:
        certificate = locked(db, certificate_id)
        certificate.problem = code
        db.add(certificate)


jobs = (Job(NAME, 30, run),)
