"""What a scheme asks for before a sitting besides the course: the fee, an approved application, an hour proof.

Which it asks for are the scheme's `prerequisites`; whether they are there is asked of the packages that keep them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlmodel import Session, col, or_, select

from exam import schemes
from exam.applications import queries as applications
from exam.certificates.models import Certificate
from exam.core.decisions import Refusal
from exam.courses.service_selecting import SUBJECT as COURSE_SUBJECT
from exam.fees import queries as fees
from exam.fees.models import Due
from exam.scheduling.loading import Loaded
from exam.scheduling.models import Enrolment, Exam
from exam.scheduling.windows import local_date
from exam.schemes.kinds import Scheme, rows_at

SUBJECT = "enrolment"
"""The kind of thing that a fee for an enrolment in an exam is for."""


@dataclass(frozen=True)
class Gate:
    """One thing that is asked for, by the scheme's key of it; `refusal` says why it is not there yet."""

    key: str
    refusal: Refusal | None = None


def gates_of(db: Session, exam: Exam, enrolment: Enrolment, now: datetime) -> tuple[Gate, ...]:
    """What the scheme of an exam asks of a candidate before a sitting, each with what is still missing."""
    return gates_of_many(db, [(exam, enrolment)], now)[enrolment.id or 0]


def gates_of_many(db: Session, pairs: Sequence[tuple[Exam, Enrolment]], now: datetime) -> dict[int, tuple[Gate, ...]]:
    """The same for many enrolments at once, by their ids."""
    asked = {key: _keys(schemes.get(key), now) for key in {exam.scheme for exam, _ in pairs}}
    paying = [enrolment for exam, enrolment in pairs if "fee-paid" in asked[exam.scheme]]
    unpaid = _unpaid(db, paying) if paying else {}
    found = {}
    for exam, enrolment in pairs:
        gates = []
        for key in asked[exam.scheme]:
            if key == "fee-paid":
                gates.append(Gate(key, unpaid.get(enrolment.id or 0)))
            elif key in ASKED:
                gates.append(Gate(key, ASKED[key](db, exam, enrolment, now)))
        found[enrolment.id or 0] = tuple(gates)
    return found


def barriers(gates: Collection[Gate]) -> tuple[Refusal, ...]:
    """Why a chance can't be taken yet."""
    return tuple(gate.refusal for gate in gates if gate.refusal is not None)


def with_barriers(db: Session, loaded: Loaded, now: datetime) -> Loaded:
    """The enrolment with what still stands in the way of a chance."""
    return replace(loaded, barriers=barriers(gates_of(db, loaded.exam, loaded.enrolment, now)))


def _keys(scheme: Scheme, now: datetime) -> tuple[str, ...]:
    return tuple(rule.value.key for rule in rows_at(scheme.prerequisites, local_date(scheme, now)))


def _unpaid(db: Session, enrolments: Sequence[Enrolment]) -> dict[int, Refusal]:
    """Enrolment → what is unpaid of it or of the course it came with."""
    by_course = {row.course_enrolment_id: row.id or 0 for row in enrolments if row.course_enrolment_id}
    own = [row.id or 0 for row in enrolments]
    query = select(Due).where(
        Due.state == "unpaid",
        or_(
            (col(Due.subject_kind) == SUBJECT) & col(Due.subject_id).in_(own),
            (col(Due.subject_kind) == COURSE_SUBJECT) & col(Due.subject_id).in_(list(by_course)),
        ),
    )
    found = {}
    for due in db.exec(query):
        enrolment_id = due.subject_id if due.subject_kind == SUBJECT else by_course[due.subject_id]
        refusal = fees.entry_refusal(db, due.subject_kind, due.subject_id)
        if refusal is not None:
            found[enrolment_id] = refusal
    return found


def _application(db: Session, exam: Exam, enrolment: Enrolment, now: datetime) -> Refusal | None:
    return applications.entry_refusal(
        db, enrolment.institution_id, enrolment.person_id, exam.scheme, exam.track or None, now
    )


def _hour_proof(db: Session, exam: Exam, enrolment: Enrolment, now: datetime) -> Refusal | None:
    """S4 §5, §8(2): an hour proof of this institution for the speciality, or another one that its office accepted."""
    scheme = schemes.get(exam.scheme)
    day = local_date(scheme, now)
    kinds = [rule.value.key for rule in rows_at(scheme.certificates, day) if rule.value.basis == "hours"]
    query = select(Certificate.state).where(
        Certificate.institution_id == enrolment.institution_id,
        Certificate.person_id == enrolment.person_id,
        Certificate.scheme == exam.scheme,
        Certificate.track == exam.track,
        col(Certificate.kind).in_(kinds),
        col(Certificate.state).in_(("due", "issued")),
        or_(col(Certificate.valid_until).is_(None), col(Certificate.valid_until) >= day),
    )
    states = set(db.exec(query))
    if "issued" in states or applications.proof_accepted(
        db, enrolment.institution_id, enrolment.person_id, exam.scheme, exam.track or None
    ):
        return None
    return Refusal("hour-proof-not-issued" if states else "hour-proof-missing")


ASKED: Mapping[str, Callable[[Session, Exam, Enrolment, datetime], Refusal | None]] = MappingProxyType(
    {"application-approved": _application, "hour-proof": _hour_proof}
)
"""Prerequisite → what asks whether it is there. The fee is asked for many at once; the course is a rule of its own."""
