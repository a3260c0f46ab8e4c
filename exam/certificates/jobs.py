"""Works on the office's orders: every number, each in a transaction of its own, then every PDF. May stop anywhere."""

from datetime import datetime
from typing import Any

import structlog
from sqlmodel import col, select

from exam.certificates import queries, rendering
from exam.certificates.models import Certificate, CertificateOrder
from exam.certificates.service_issue import issue, locked
from exam.core.db import Database
from exam.core.errors import Refused
from exam.core.jobs import Job
from exam.core.objects import ObjectStore

log = structlog.get_logger()
NAME = "certificates.orders"


def run(state: Any) -> None:
    """Go on with every order that is not done."""
    work(state.database, state.objects, str(state.settings.public_url), state.clock.now())


def work(database: Database, objects: ObjectStore, public_url: str, now: datetime) -> None:
    """Finish what is ordered; what can't be issued or drawn keeps its reason and stops nothing else."""
    with database.reading() as db:
        waiting = db.exec(select(CertificateOrder.id).where(col(CertificateOrder.done_at).is_(None))).all()
    for order_id in waiting:
        _issue_all(database, order_id or 0, now)
        _draw_all(database, objects, public_url, order_id or 0)
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


def _draw_all(database: Database, objects: ObjectStore, public_url: str, order_id: int) -> None:
    with database.reading() as db:
        query = select(Certificate.id).where(
            Certificate.order_id == order_id, Certificate.state == "issued", col(Certificate.pdf).is_(None)
        )
        ids = db.exec(query.order_by(col(Certificate.id))).all()
    for certificate_id in ids:
        try:
            draw(database, objects, public_url, certificate_id or 0)
        except Refused as error:
            _note(database, certificate_id or 0, error.refusal.code)


def draw(database: Database, objects: ObjectStore, public_url: str, certificate_id: int) -> bytes:
    """The PDF of an issued certificate: drawn once and kept; the same bytes ever after. Raises NotFound, Refused."""
    with database.reading() as db:
        found = db.get_one(Certificate, certificate_id)
        if found.pdf is not None:
            return objects.get(found.pdf)
        view = queries.view_of(db, found, public_url)
    drawn = rendering.render(view)
    digest = objects.put(drawn)
    with database.transaction() as db:
        certificate = locked(db, certificate_id)
        if certificate.pdf is None:
            certificate.pdf, certificate.problem = digest, ""
            db.add(certificate)
        digest = certificate.pdf
    return objects.get(digest)


def _note(database: Database, certificate_id: int, code: str) -> None:
    log.warning("certificate.stuck", certificate=certificate_id, code=code)
    with database.transaction() as db:
        certificate = locked(db, certificate_id)
        certificate.problem = code
        db.add(certificate)


jobs = (Job(NAME, 30, run),)
