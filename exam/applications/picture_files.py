"""What applications need of the private store, and how a file of theirs goes."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from exam.applications.models import ApplicationPicture
from exam.core import keeping
from exam.core.objects import ObjectStore


def remove(db: Session, objects: ObjectStore, digest: str) -> None:
    """Delete a file once the transaction, which has already let go of it, is committed; unless somebody needs it."""
    keeping.remove_unneeded(db, objects, [digest])


def _among(db: Session, digests: Collection[str]) -> set[str]:
    query = select(ApplicationPicture.sha256).where(col(ApplicationPicture.sha256).in_(digests))
    return {digest for digest in db.exec(query) if digest}


def _any_row(db: Session) -> bool:
    return db.exec(select(ApplicationPicture.id).limit(1)).first() is not None


keeping.keepers["applications"] = keeping.Keeper(_among, _any_row)
