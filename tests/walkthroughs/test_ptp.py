"""PT-P, from training to the certificate of verification: hours, hour proof, the verification day, the number."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, select

from exam import schemes
from exam.accounts.models import Institution, Person
from exam.certificates import runtime, service_issue
from exam.certificates.models import Certificate
from exam.core.clock import SHANGHAI
from exam.credits.service_eligibility import standing
from exam.credits.service_membership import ensure
from exam.credits.service_posting import post_outcome, undo_outcome
from exam.scheduling.windows import next_window, window_at


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def test_from_training_to_the_certificate(db: Session) -> None:
    runtime.listen()
    start = shanghai("2026-10-12 09:00")
    home = Institution(code="GZ", name="质量促进会（演示）", created_at=start)
    person = Person(name="赵验", username="zhao", state="active", created_at=start)
    db.add_all([home, person])
    db.flush()
    place = {"institution_id": home.id or 0, "person_id": person.id or 0, "scheme_key": "ptp"}
    ensure(db, home.id or 0, person.id or 0, "ptp", start, track="director")

    def train(ref: int, hours: str, at: datetime) -> None:
        post_outcome(
            db,
            **place,
            kind="finished",
            subject=f"T{ref}",
            title=f"培训第 {ref} 班",
            source_kind="course",
            source_ref=ref,
            at=at,
            now=at,
            track="director",
            hours=Decimal(hours),
        )

    def where(on: date):
        return standing(db, home.id or 0, person.id or 0, "ptp", on, "director")

    # October: thirty hours would do for an officer; a director needs forty.
    train(1, "30", shanghai("2026-10-20 17:00"))
    assert not where(date(2026, 10, 21)).met
    assert db.exec(select(Certificate)).all() == []
    # November: half an hour short, then complete; the hour proof is due on the day.
    train(2, "9.5", shanghai("2026-11-10 17:00"))
    assert not where(date(2026, 11, 11)).met
    train(3, "0.5", shanghai("2026-11-12 17:00"))
    assert where(date(2026, 11, 12)).met
    proof = db.exec(select(Certificate)).one()
    assert (proof.kind, proof.due_on) == ("hour-proof", date(2026, 11, 12))
    service_issue.issue(db, proof.id or 0, shanghai("2026-11-12 18:00"), None)
    assert proof.number == "XS-2026-000001"

    # The verification day of the quarter: 26 and 27 December 2026.
    scheme = schemes.get("ptp")
    window = next_window(scheme, shanghai("2026-11-12 18:00"))
    assert window is not None
    assert (window.opens, window.closes) == (shanghai("2026-12-26 00:00"), shanghai("2026-12-28 00:00"))
    sat = shanghai("2026-12-27 23:10")
    assert window_at(scheme, sat) == window and window_at(scheme, sat + timedelta(hours=1)) is None
    post_outcome(
        db,
        **place,
        kind="passed",
        subject="PTP-D",
        title="质量安全总监能力验证",
        source_kind="sitting",
        source_ref=77,
        at=sat,
        now=sat,
        window_closes=window.closes,
        track="director",
    )
    verified = db.exec(select(Certificate).where(Certificate.kind == "verification")).one()
    service_issue.issue(db, verified.id or 0, shanghai("2026-12-28 09:00"), None)
    assert verified.number == "PTP-P28-2026-000001"

    # A training was not attended after all: the hours are gone, the proof that is out is marked for the office.
    undo_outcome(db, "course", 2, "not attended", None, shanghai("2026-12-29 09:00"))
    assert not where(date(2026, 12, 29)).met
    assert (proof.state, proof.problem) == ("issued", "basis-undone")
