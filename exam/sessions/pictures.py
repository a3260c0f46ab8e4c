"""Which pictures a candidate may fetch: those of a paper that they have started."""

from sqlmodel import Session, col, select

from exam.itembank.queries import paper_pictures
from exam.itembank.service import vouchers
from exam.sessions.models import Sitting

SEEN = ("in-progress", "paused", "submitted")


def shown_to(db: Session, person_id: int, digest: str) -> bool:
    """Whether a sitting that this person has started shows the picture; before the start nothing is shown."""
    papers = db.exec(
        select(Sitting.paper_id)
        .where(Sitting.person_id == person_id, col(Sitting.state).in_(SEEN), col(Sitting.started_at).is_not(None))
        .distinct()
    ).all()
    return any(digest in paper_pictures(db, paper) for paper in papers)


def vouch() -> None:
    """Have the item bank ask here, once."""
    if shown_to not in vouchers:
        vouchers.append(shown_to)
