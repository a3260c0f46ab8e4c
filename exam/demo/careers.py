"""People of the demo at different stages of each scheme: courses, fees, applications, verification, certificates.

All at the first institution, by the services that pages call. Months count from the present one.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import col, select

from exam import schemes
from exam.applications import service as applications
from exam.applications import service_office as applications_office
from exam.applications.asked import PICTURES
from exam.certificates import service_issue
from exam.certificates.models import Certificate
from exam.core.clock import SHANGHAI
from exam.courses import service as courses
from exam.courses import service_finishing, service_selecting
from exam.courses.rules import Settings as CourseSettings
from exam.credits.service_membership import change, ensure
from exam.demo import pictures
from exam.demo.careers_parts import APPLIED, COURSES, LEARNED, MEMBERS, VERIFIED
from exam.demo.chances import sitting_of
from exam.demo.exams import enrolment_of
from exam.demo.parts import Chance, When
from exam.demo.world import Deed, World
from exam.fees import service_dues, service_payments
from exam.fees.gateways import Transfer
from exam.fees.queries import due_of
from exam.itembank.models import Paper
from exam.scheduling import service as scheduling
from exam.scheduling import service_enrolment, service_exams
from exam.scheduling.exam_rules import Settings as ExamSettings
from exam.scheduling.windows import Window, window_at, windows_between

HOME, OFFICE = "CZ-DEMO", "registrar1"
CUT = Decimal(60)


ACCOUNT = ("常州示范考试中心", "示范银行常州分行", "3204 0000 0000 0001")
CLASS_EXAM, VERIFICATION = "F03-02", "PTP-QSO"


def plan(world: World) -> None:
    """Put every deed of these stories on the world's calendar."""
    world.at(world.day(-5, 20, "15:00:00"), _open_courses)
    world.at(world.day(-5, 20, "15:30:00"), _open_exams)
    world.at(world.day(-5, 21, "09:00:00"), _members)
    for who, code, selected, finished in LEARNED:
        world.at(_time(world, selected, "10:20:00"), _selecting(who, code, _time(world, finished, "17:00:00")))
    for day in (When(-5, 26), When(-2, 24), When(-1, 10), When(-1, 27), When(0, 5)):
        world.at(_time(world, day, "17:30:00"), _issue_what_is_due)
    for number, (who, when, until) in enumerate(APPLIED):
        world.at(_time(world, when, f"14:{number:02d}:00"), _applying(who, number, until))
    world.at(world.day(0, 1, "08:00:00"), _collect)
    _plan_class(world)
    _plan_verification(world)


def _time(world: World, when: When | None, clock: str) -> datetime:
    """An instant of the story; one that never comes for None."""
    return world.day(when.month, when.day, clock) if when else world.now + timedelta(days=3650)


def _open_courses(world: World, at: datetime) -> None:
    office = world.who(OFFICE)
    for each in COURSES:
        settings = CourseSettings(
            code=each.code,
            title=each.title,
            title_en=each.title_en,
            summary="",
            scheme=each.scheme,
            track=each.track,
            category=each.category,
            hours=Decimal(each.hours),
            delivery=each.delivery,
            class_number=each.class_number,
            approval="",
        )
        made = courses.save_course(world.db, office, None, settings, at)
        courses.move_course(world.db, office, made.id or 0, "open", at)
        world.courses[each.code] = made.id or 0
    service_issue.save_issuer(world.db, office, "常州示范考试中心", "CCAA012", "CNCA-R-2002-001", at)


def _open_exams(world: World, at: datetime) -> None:
    for code, title, title_en, scheme, papers, course, track in (
        (CLASS_EXAM, "质量管理体系审核实务结业考试", "Auditing quality systems: exam", "ccaa", "QS-F2F", "F03", ""),
        (VERIFICATION, "质量安全员能力验证", "Verification: quality-safety officer", "ptp", "QS-WEB-1", "", "officer"),
    ):
        office = world.who(OFFICE)
        found = select(Paper.id).where(
            Paper.institution_id == office.institution_id,
            col(Paper.code).like(f"{papers}%"),
            col(Paper.code) != "QS-WEB-P",
            Paper.state == "published",
        )
        settings = ExamSettings(
            code=code,
            title=title,
            title_en=title_en,
            scheme=scheme,
            duration_minutes=60,
            cut_marks=CUT,
            calculator=True,
            release_rule="when-marked" if scheme == "ccaa" else "at-once",
            release_at=None,
            show_answers=False,
            paper_ids=tuple(paper or 0 for paper in world.db.exec(found)),
            course_id=world.courses[course] if course else None,
            track=track,
        )
        exam = service_exams.save_exam(world.db, office, None, settings, at)
        service_exams.move_exam(world.db, office, exam.id or 0, "open", at)
        world.exams[HOME, code] = exam.id or 0


def _members(world: World, at: datetime) -> None:
    office = world.who(OFFICE)
    for who, scheme, facts in MEMBERS:
        person = world.who(who)
        member = ensure(world.db, person.institution_id, person.person_id, scheme, at, by=office.person_id)
        year = at.astimezone(SHANGHAI).year
        cycle = (date(year - 3, 8, 28), date(year + 1, 8, 27)) if facts.get("holder") else (None, None)
        change(
            world.db,
            member,
            facts=facts,
            cycle_from=cycle[0],
            cycle_until=cycle[1],
            reason="按登记材料",
            by=office.person_id,
            now=at,
        )


def _selecting(who: str, code: str, finished: datetime) -> Deed:
    def select_it(world: World, at: datetime) -> None:
        made = service_selecting.select_course(world.db, world.who(who), world.courses[code], at)
        world.at(finished, lambda w, when: _finish(w, made.id or 0, when))

    return select_it


def _finish(world: World, selection_id: int, at: datetime) -> None:
    found = service_selecting.locked(world.db, selection_id)
    service_finishing.finish(world.db, found, at, world.people[OFFICE], at)


def _issue_what_is_due(world: World, at: datetime) -> None:
    """The office issues what is due by then, in the background of other days' work."""
    home = world.who(OFFICE).institution_id
    today = at.astimezone(SHANGHAI).date()
    query = select(Certificate.id).where(
        Certificate.institution_id == home, Certificate.state == "due", Certificate.due_on <= today
    )
    for found in world.db.exec(query.order_by(col(Certificate.id))).all():
        service_issue.issue(world.db, found or 0, at, world.people[OFFICE])


def _collect(world: World, at: datetime) -> None:
    service_dues.instruct(
        world.db, world.who(OFFICE), *ACCOUNT, "请在附言里写上姓名。", "Give your name with the transfer.", at
    )


def _applying(who: str, number: int, until: str) -> Deed:
    def apply(world: World, at: datetime) -> None:
        me = world.who(who)
        row = applications.begin(world.db, me, "ptp", "officer", at)
        answers = {"sex": ("female", "male")[number % 2], "place": "江苏省常州市", "education": "bachelor"}
        answers |= {"school": "示范理工学院", "phone": row.answers["phone"] or f"1390000{number:04d}"}
        applications.save(world.db, me, row.id or 0, {**row.answers, **answers})
        applications.consent(world.db, me, row.id or 0, at)
        for place, asked in enumerate(PICTURES):
            if asked.needed and not (until == "draft" and asked.key != "photo"):
                data = pictures.portrait(number) if asked.key == "photo" else pictures.paper(number * 10 + place)
                applications.add_picture(world.db, world.private, me, row.id or 0, asked.key, data, None, at)
        if until == "draft":
            return
        applications.send(world.db, me, row.id or 0, row.answers["name"], True, at + timedelta(minutes=1))
        if until == "approve":
            applications_office.decide(
                world.db, world.who(OFFICE), row.id or 0, "approve", "", False, at + timedelta(hours=2)
            )

    return apply


def _plan_class(world: World) -> None:
    """The exam at the end of a face-to-face class (S2 annex 7)."""

    def sit(world: World, at: datetime) -> None:
        found = _enrolment(world, CLASS_EXAM, "candidate21")
        booking = scheduling.book(world.db, world.who("candidate21"), found, None, at)
        world.at(at + timedelta(minutes=5), sitting_of(booking.id or 0, 0.88, Chance(When(-2, 18), 51)))

    world.at(world.day(-2, 18, "17:10:00"), sit)


def _plan_verification(world: World) -> None:
    """The last verification day before the present, and somebody booked and paid for the next one."""
    ptp = schemes.get("ptp")
    past = [
        window
        for window in windows_between(ptp, world.day(-5, 28), world.now)
        if window.closes <= world.now and window_at(ptp, window.opens) is not None
    ]
    if past:
        world.at(past[-1].opens - timedelta(days=10), lambda w, at: _verify(w, past[-1], at))
    world.at(world.day(0, 2, "10:00:00"), _book_next)


def _verify(world: World, window: Window, at: datetime) -> None:
    for number, (who, skill) in enumerate(VERIFIED):
        service_enrolment.enrol(world.db, world.who(OFFICE), world.exams[HOME, VERIFICATION], world.people[who], at)
        planned = window.opens + timedelta(hours=9, minutes=4 * number)
        booking = scheduling.book(world.db, world.who(who), _enrolment(world, VERIFICATION, who), planned, at)
        world.at(planned, sitting_of(booking.id or 0, skill, Chance(When(0, 1), 40 + number)))


def _book_next(world: World, at: datetime) -> None:
    office = world.who(OFFICE)
    exam_id = world.exams[HOME, VERIFICATION]
    for who in ("candidate22", "candidate24"):
        service_enrolment.enrol(world.db, office, exam_id, world.people[who], at)
    found = _enrolment(world, VERIFICATION, "candidate22")
    due = due_of(world.db, "enrolment", found)
    if due is not None:
        paid = Transfer(
            institution_id=office.institution_id,
            payer=world.who("candidate22").name,
            yuan=due.amount,
            paid_on=at.astimezone(SHANGHAI).date(),
            reference=f"DEMO{at:%Y%m%d}0001",
            by=office.person_id,
        )
        service_payments.settle(world.db, office, paid, [due.id or 0], at)
    scheduling.book(world.db, world.who("candidate22"), found, None, at)


def _enrolment(world: World, code: str, who: str) -> int:
    return enrolment_of(world, world.exams[HOME, code], who).id or 0
