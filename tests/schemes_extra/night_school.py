"""A night school that nobody has: two-year cycle, theory before workshops, waivers, a fee a try, two certificates."""

from datetime import date
from decimal import Decimal

from exam.schemes.kinds import MonthlyWindow, Rule, Scheme
from exam.schemes.rows import (
    Category,
    CertificateKind,
    Condition,
    Cycle,
    Fee,
    HourRequirement,
    Issue,
    Posting,
    Prerequisite,
    Track,
    Waiver,
)

START = date(2025, 1, 1)
OWN = "Settled: the night school is made up for tests"

SCHEME = Scheme(
    key="night-school",
    title="夜校",
    summary="先学理论 6 学时，再进车间 12 学时；两年为一个周期。",
    zone="Asia/Shanghai",
    windows=(Rule(MonthlyWindow(first_day=20, last_day=22), OWN, START),),
    chances=(Rule(2, OWN, START),),
    retake_windows=(Rule(1, OWN, START),),
    course_first=(Rule(True, OWN, START),),
    ends_when_passed=(Rule(True, OWN, START),),
    cut_at_window_end=(Rule(True, OWN, START),),
    late_grace_seconds=(Rule(0, OWN, START),),
    cycle=(Rule(Cycle("years", 2), OWN, START),),
    waiver_cap=(Rule(Decimal("0.25"), OWN, START),),
    subject_once=(Rule(True, OWN, START),),
    forgery_bars=(Rule(True, OWN, START),),
    fastest_play=(Rule(Decimal("1.5"), OWN, START),),
    tracks=(
        Rule(Track("master", "师傅", when=(Condition("holder"),)), OWN, START),
        Rule(Track("learner", "学徒"), OWN, START),
    ),
    categories=(
        Rule(Category("theory", "理论"), OWN, START),
        Rule(Category("workshop", "车间", own_staff=True), OWN, START),
    ),
    requirements=(
        Rule(HourRequirement("theory", Decimal(6), "theory"), OWN, START),
        Rule(HourRequirement("workshop", Decimal(12), "workshop", track="learner", after="theory"), OWN, START),
        Rule(HourRequirement("workshop-master", Decimal(4), "workshop", track="master", after="theory"), OWN, START),
    ),
    fees=(Rule(Fee("enrolment", Decimal(20)), OWN, START),),
    posts=(
        Rule(Posting("passed", Decimal(6), "theory"), OWN, START),
        Rule(Posting("finished"), OWN, START),
    ),
    certificates=(
        Rule(
            CertificateKind(
                "theory", "夜校理论合格证", "passed", "YX-{year}-{serial:04d}", ("year",), Issue("window", 3)
            ),
            OWN,
            START,
        ),
        Rule(
            CertificateKind(
                "journeyman", "夜校结业证书", "hours", "YXJ-{year}-{serial:04d}", ("year",), Issue("outcome", 0), 2
            ),
            OWN,
            START,
        ),
    ),
    waivers=(Rule(Waiver("1", "apprenticeship", "当过学徒", hours=Decimal(4), category="workshop"), OWN, START),),
    prerequisites=(Rule(Prerequisite("fee-paid"), OWN, START), Rule(Prerequisite("course-finished"), OWN, START)),
)
