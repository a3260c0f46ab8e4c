"""The demo's exams, set and opened by the exam offices, and who is enrolled in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import col, select

from exam.core.clock import SHANGHAI
from exam.demo.parts import Part
from exam.demo.world import Deed, World
from exam.itembank.models import Paper
from exam.scheduling import service_enrolment, service_exams, service_extra
from exam.scheduling.exam_rules import Settings
from exam.scheduling.models import Enrolment


@dataclass(frozen=True)
class Set:
    """An exam of the demo: which office sets it, from which papers, in how many minutes, and what it tells when."""

    registrar: str
    title: str
    title_en: str
    scheme: str
    papers: tuple[str, ...]
    minutes: int
    release_rule: str
    calculator: bool = False
    show_answers: bool = False


_PUBLIC = ("公共科目：质量强国与产品质量安全", "Public subject: quality power and product quality safety")
_PRACTICE = ("练习：质量强国与产品质量安全", "Practice: quality power and product quality safety")
_REMOTE = ("远程监考体验：质量强国与产品质量安全", "Watched practice: quality power and product quality safety")
_WEB = ("QS-WEB-1", "QS-WEB-2")
CUT = Decimal(60)
EXAMS: Mapping[tuple[str, str], Set] = {
    ("CZ-DEMO", "CZ-QS"): Set("registrar1", *_PUBLIC, "changzhou", _WEB, 60, "at-once", calculator=True),
    ("CZ-DEMO", "CZ-F2F"): Set(
        "registrar1",
        "产品质量安全与认证检验基础",
        "Foundations of product quality safety, certification and inspection",
        "changzhou",
        ("QS-F2F-A", "QS-F2F-B"),
        60,
        "when-marked",
        calculator=True,
    ),
    ("CZ-DEMO", "PRACTICE"): Set("registrar1", *_PRACTICE, "practice", ("QS-WEB-P",), 15, "at-once", show_answers=True),
    ("CZ-DEMO", "REMOTE"): Set("registrar1", *_REMOTE, "practice", ("QS-WEB-P",), 20, "at-once", show_answers=True),
    ("JN-DEMO", "JN-QS"): Set("registrar1b", *_PUBLIC, "changzhou", _WEB, 60, "at-once", calculator=True),
    ("JN-DEMO", "PRACTICE"): Set(
        "registrar1b", *_PRACTICE, "practice", ("QS-WEB-P",), 15, "at-once", show_answers=True
    ),
}


def institution_of(exam: str) -> str:
    """Where an exam with a code of its own is held."""
    return next(institution for institution, code in EXAMS if code == exam)


def open_exams(world: World, at: datetime) -> None:
    """Set every exam and open it."""
    for (institution, code), given in EXAMS.items():
        registrar = world.who(given.registrar)
        papers = select(Paper.id).where(
            Paper.institution_id == registrar.institution_id, col(Paper.code).in_(given.papers)
        )
        settings = Settings(
            code=code,
            title=given.title,
            title_en=given.title_en,
            scheme=given.scheme,
            duration_minutes=given.minutes,
            cut_marks=CUT,
            calculator=given.calculator,
            release_rule=given.release_rule,
            release_at=None,
            show_answers=given.show_answers,
            paper_ids=tuple(paper or 0 for paper in world.db.exec(papers)),
        )
        exam = service_exams.save_exam(world.db, registrar, None, settings, at)
        service_exams.move_exam(world.db, registrar, exam.id or 0, "open", at)
        world.exams[institution, code] = exam.id or 0


def enrol(world: World, part: Part, at: datetime) -> None:
    """Enrol somebody, and say later that they finished the course; extra time is granted on the same day."""
    exam_id = world.exams[institution_of(part.exam), part.exam]
    registrar = EXAMS[institution_of(part.exam), part.exam].registrar
    enrolment = service_enrolment.enrol(world.db, world.who(registrar), exam_id, world.people[part.who], at)
    if part.finished is not None:
        finished = world.day(part.finished.month, part.finished.day, "16:00:00")
        world.at(finished, _finishing(registrar, enrolment.id or 0, part.extra_factor))


def _finishing(registrar: str, enrolment_id: int, factor: str) -> Deed:
    def finish(world: World, at: datetime) -> None:
        who, day = world.who(registrar), at.astimezone(SHANGHAI).date()
        service_enrolment.set_course_finished(world.db, who, enrolment_id, day, at)
        if factor:
            reason = "视力障碍，凭医院证明申请延长考试时间"
            service_extra.grant_extra(
                world.db, who, enrolment_id, at + timedelta(minutes=20), reason=reason, factor=Decimal(factor)
            )

    return finish


def enrol_for_practice(world: World, at: datetime) -> None:
    """Everybody who is a candidate may practise."""
    for (institution, code), given in EXAMS.items():
        if given.scheme == "practice":
            suffix = "b" if given.registrar.endswith("b") else ""
            people = [
                number
                for name, number in world.people.items()
                if name.startswith("candidate") and name.endswith("b") == bool(suffix)
            ]
            exam_id = world.exams[institution, code]
            service_enrolment.enrol_people(world.db, world.who(given.registrar), exam_id, people, at)


def enrolment_of(world: World, exam_id: int, who: str) -> Enrolment:
    """Somebody's latest enrolment in an exam."""
    query = select(Enrolment).where(Enrolment.exam_id == exam_id, Enrolment.person_id == world.people[who])
    return world.db.exec(query.order_by(col(Enrolment.number).desc())).first() or _nobody(who)


def _nobody(who: str) -> Enrolment:
    raise LookupError(f"{who} is not enrolled")
