"""Pictures of items: taken in, kept by content hash, shown to those who may see them.

Who may see a picture (leak safety first): staff who may read banks, papers or answers to mark, of an institution that
has it; a candidate only when a higher package vouches that a paper they have started shows it. Nobody vouches by
default, so a candidate who learns a hash beforehand gets nothing.
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, select

from exam.accounts.access import Caller
from exam.accounts.permissions import Permission
from exam.core import audit
from exam.core.errors import Invalid, NotFound, Problem
from exam.core.objects import ObjectStore
from exam.itembank.models import Picture
from exam.vision.pictures import BadPicture, clean

STAFF = frozenset({Permission.BANK_READ, Permission.PAPER_READ, Permission.MARKING})

Vouch = Callable[[Session, int, str], bool]
vouchers: list[Vouch] = []
"""Asked with (db, person id, hash) whether that candidate has started a sitting whose paper shows the picture
(`queries.paper_pictures`); the sittings' package adds itself here."""


def store_picture(db: Session, who: Caller, objects: ObjectStore, data: bytes, now: datetime) -> Picture:
    """Check, write anew and keep a picture for an institution; the same one twice is one. Raises `Invalid`."""
    try:
        picture = clean(data)
    except BadPicture as bad:
        raise Invalid([Problem("picture", bad.code, bad.params)]) from None
    digest = objects.put(picture.data)
    row = db.get(Picture, (who.institution_id, digest))
    if row is not None:
        return row
    row = Picture(
        institution_id=who.institution_id,
        sha256=digest,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size=len(picture.data),
        created_at=now,
        created_by=who.person_id or None,
    )
    db.add(row)
    db.flush()
    audit.record(
        db,
        at=now,
        action="picture.upload",
        subject=("picture", digest),
        institution_id=who.institution_id,
        actor_id=who.person_id or None,
        detail={"width": row.width, "height": row.height, "size": row.size},
    )
    return row


def visible_picture(db: Session, who: Caller, digest: str) -> Picture:
    """The picture, if the caller may see it; raises `NotFound` without saying whether it exists."""
    if who.permissions & STAFF:
        own = db.get(Picture, (who.institution_id, digest))
        if own is not None:
            return own
    found = db.exec(select(Picture).where(Picture.sha256 == digest)).first()
    if found is None or not any(vouch(db, who.person_id, digest) for vouch in vouchers):
        raise NotFound("picture")
    return found
