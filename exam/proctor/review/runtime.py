"""How reviewing plugs into what lies below: hooks of sittings and parts of their pages."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from exam.proctor.models import Proctored, ProctoringPolicy
from exam.proctor.review import service_comments
from exam.proctor.review.service_voiding import needs_two
from exam.scheduling.models import Exam
from exam.sessions import signals
from exam.sessions.models import Sitting


def attach(state: Any) -> None:
    """Listen to sittings; once in a process."""
    signals.noted[service_comments.KIND] = service_comments.heard
    for hooks, own in ((signals.void_barriers, needs_two), (signals.paper_parts, paper_part)):
        if own not in hooks:
            hooks.append(own)  # type: ignore[arg-type]
    if over_part not in signals.over_parts:
        signals.over_parts.append(over_part)


def paper_part(db: Session, exam: Exam) -> tuple[str, dict[str, Any]] | None:
    """On the paper of a watched exam: a small form to say something, and what was noticed so far."""
    policy = db.get(ProctoringPolicy, exam.id)
    if policy is None or policy.level == "none":
        return None
    return "proctor/_comment_part.html", {"script": "proctor/comment.js"}


def over_part(db: Session, sitting: Sitting, now: datetime) -> tuple[str, dict[str, Any]] | None:
    """On the page of a watched sitting that is over: that it is reviewed, and where its candidate sees it."""
    row = db.get(Proctored, sitting.id)
    return None if row is None else ("proctor/_over_part.html", {"held": bool(row.terms.get("hold_results"))})
