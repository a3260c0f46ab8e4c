"""Certificates that show a photo take it from the approved application."""

from sqlmodel import Session

from exam.applications.queries import photo_of
from exam.certificates import runtime
from exam.certificates.models import Certificate


def listen() -> None:
    """Offer photos for as long as the process lives. Doing it twice is doing it once."""
    if photo_for not in runtime.photo_for:
        runtime.photo_for.append(photo_for)


def photo_for(db: Session, certificate: Certificate) -> str | None:
    """The newest photo of the holder's approved application under the scheme; None where there is none."""
    return photo_of(db, certificate.institution_id, certificate.person_id, certificate.scheme)
