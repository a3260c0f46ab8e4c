"""What an application must say, when it can be sent, and how long its pictures are kept. Pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta

from exam.accounts.id_number import wrong_with
from exam.applications.asked import FIELDS, KEPT_REFUSED_DAYS, KEPT_UNSENT_DAYS, PICTURE, PICTURES
from exam.core.decisions import Refusal
from exam.core.errors import Problem
from exam.schemes.kinds import Scheme, rows_at
from exam.schemes.rows import Track

NOT_COUNTED = ("faces-unknown", "faces-rough")
"""The findings that a photo's faces were not counted, as there is no detector: advice, no fault of the photo."""


def photo_verdict(codes: Collection[str]) -> str:
    """What the findings of a photo come to: `faults`; `uncounted`: nothing, but nobody counted faces; `clean`."""
    if any(code not in NOT_COUNTED for code in codes):
        return "faults"
    return "uncounted" if codes else "clean"


PREREQUISITE = "application-approved"


def asked_by(scheme: Scheme, on: date) -> bool:
    """Whether a scheme asks for an application before a sitting (S4 annex 1)."""
    return any(rule.value.key == PREREQUISITE for rule in rows_at(scheme.prerequisites, on))


def tracks(scheme: Scheme, on: date) -> list[Track]:
    """The scheme's tracks that people choose between."""
    return [rule.value for rule in rows_at(scheme.tracks, on) if rule.value.chosen]


def projects(scheme: Scheme, on: date) -> list[tuple[str, str]]:
    """What can be applied for, as (track, title): the tracks, or the scheme itself (track "") where it has none;
    nothing where it asks for no application."""
    if not asked_by(scheme, on):
        return []
    return [(track.key, track.title) for track in tracks(scheme, on)] or [("", scheme.title)]


def edition(state: str, sent_at: datetime | None) -> str:
    """What tells one sending and state of an application from the next."""
    return f"{state} {sent_at.astimezone(UTC).isoformat() if sent_at else ''}"


def answer_problems(answers: Mapping[str, str], own_number: str | None, today: date) -> list[Problem]:
    """What is missing or wrong in the form; the ID number must be the account's own where that has one."""
    found = []
    for asked in FIELDS:
        value = answers.get(asked.key, "")
        if not value or (asked.choices and value not in {key for key, _ in asked.choices}):
            found.append(Problem(asked.key, "required"))
    number = answers.get("id_number", "")
    if number:
        code = wrong_with(number, today)
        if code is not None:
            found.append(Problem("id_number", code))
        elif own_number and number != own_number:
            found.append(Problem("id_number", "application-other-id"))
    return found


def send_problems(
    answers: Mapping[str, str], kinds: Collection[str], signed: str, agreed: bool, own_number: str | None, today: date
) -> list[Problem]:
    """What stands in the way of sending: the form, the pictures, the signature. A photo with findings may be sent."""
    found = answer_problems(answers, own_number, today)
    found += [Problem(p.key, "application-picture-missing") for p in PICTURES if p.needed and p.key not in kinds]
    if not agreed:
        found.append(Problem("agreed", "application-not-agreed"))
    if not signed or signed != answers.get("name"):
        found.append(Problem("signed", "application-signature"))
    return found


def entry(state: str | None, reason: str) -> Refusal | None:
    """Why the latest application (None: there is none) does not let in. An approved one holds for later tries too
    (Settled: annex 1 is about the person and the project, not about a day)."""
    if state == "approved":
        return None
    code = {None: "missing", "withdrawn": "missing", "draft": "not-sent", "sent": "waits"}.get(state, state or "")
    return Refusal(f"application-{code}", params={"reason": reason})


def due_for_deletion(kind: str, state: str, decided_at: datetime | None, added_at: datetime, now: datetime) -> bool:
    """Whether a picture is to be deleted: at once where the candidate withdrew; so many days after the decision; where
    the application was not sent, so many days after the upload or the return. One that waits is never touched."""
    if state == "withdrawn":
        return True
    if state in ("draft", "returned"):
        return now >= max(added_at, decided_at or added_at) + timedelta(days=KEPT_UNSENT_DAYS)
    if state not in ("approved", "refused") or decided_at is None:
        return False
    days = PICTURE[kind].kept_days if state == "approved" else KEPT_REFUSED_DAYS
    return now >= decided_at + timedelta(days=days)


def erasable(kind: str, state: str) -> bool:
    """Whether the candidate may have a picture deleted before its time: all once refused; once approved all but the
    photo, which certificates need (withdrawing deletes that too). Before the decision: by withdrawing."""
    return state == "refused" or (state == "approved" and kind != "photo")
