"""CCIB: continuing education of inspection and survey staff (S1: the guide of 2015; S0: the renewal of 2024)."""

from datetime import date
from decimal import Decimal

from exam.schemes.kinds import Rule, Scheme
from exam.schemes.rows import (
    Category,
    CertificateKind,
    Condition,
    Cycle,
    Fee,
    Grant,
    HourRequirement,
    Issue,
    Posting,
    Prerequisite,
    Track,
)

GUIDE = date(2015, 6, 15)  # S1: printed on that day
START = date(2024, 1, 1)  # S0: the notice for the year 2024
SILENT = "Settled: S0 and S1 know no exam; a course is finished by learning it"

SCHEME = Scheme(
    key="ccib",
    title="进出口商品检验鉴定人员继续教育",
    summary="持证人员先修必修 10 学时，再修选修 30 学时；新学员选修 40 学时；证书有效四年。",
    zone="Asia/Shanghai",
    windows=(Rule(None, SILENT, GUIDE),),
    chances=(Rule(None, SILENT, GUIDE),),
    retake_windows=(Rule(None, SILENT, GUIDE),),
    course_first=(Rule(True, "S1 §1.6", GUIDE),),
    ends_when_passed=(Rule(True, "Settled: a passed exercise is done", GUIDE),),
    cut_at_window_end=(Rule(False, SILENT, GUIDE),),
    late_grace_seconds=(Rule(0, SILENT, GUIDE),),
    cycle=(Rule(Cycle("years", 4), "S0 §3", START),),
    subject_once=(Rule(True, "Settled: the same course counts once in the four years", START),),
    fastest_play=(Rule(Decimal(1), "S1 §1.6; Settled: lessons count at their own speed", GUIDE),),
    tracks=(
        Rule(Track("holder", "持证人员", when=(Condition("holder"),)), "S0 §4(1)", START),
        Rule(Track("new", "新入行及其他学员"), "S0 §4(2)", START),
    ),
    categories=(
        Rule(Category("required", "继续教育必修课"), "S0 §4(1)", START),
        Rule(Category("elective", "继续教育选修课"), "S0 §4(1)", START),
    ),
    requirements=(
        Rule(HourRequirement("required", Decimal(10), "required", track="holder"), "S0 §4(1)", START),
        Rule(
            HourRequirement("elective-holder", Decimal(30), "elective", track="holder", after="required"),
            "S0 §4(1): electives count only once the required hours are done",
            START,
        ),
        Rule(HourRequirement("total-holder", Decimal(40), track="holder"), "S0 §4(1)", START),
        Rule(HourRequirement("elective-new", Decimal(40), "elective", track="new"), "S0 §4(2)", START),
    ),
    fees=(
        Rule(Fee("hour", Decimal(15)), "S1 §1.5", GUIDE, START),
        Rule(Fee("hour", Decimal(15)), "S0 §6.1", START),
    ),
    grants=(Rule(Grant("renewer", "required", Decimal(10), "renewed-before"), "S0 §5", START),),
    posts=(Rule(Posting("finished"), "S1 §1.4: one unit counts as one hour; S0 §4", GUIDE),),
    certificates=(
        Rule(
            CertificateKind(
                key="ability-level",
                title="进出口商品检验鉴定机构工程技术人员能力水平评价证书",
                basis="hours",
                number="NL-{year}-{serial:06d}",
                serial_within=("year",),
                issue=Issue("batch", 7),
                validity_years=4,
                tracks=("holder",),
            ),
            "S0 §3.1, §4(5); Settled: S0 gives no number for it, this one is the platform's",
            START,
        ),
        Rule(
            CertificateKind(
                key="continuing-education",
                title="进出口商品检验鉴定工程技术人员继续教育证书",
                basis="hours",
                number="CCIB-{year}-{serial:06d}",
                serial_within=("year",),
                issue=Issue("outcome", 0),
                validity_years=4,
                tracks=("new",),
            ),
            "S0 §3.2, §3.3; Settled: a number that begins with CCIB, issued when the hours are complete",
            START,
        ),
    ),
    batches=(
        Rule(date(2024, 8, 27), "S0 §3.1", START),
        Rule(date(2024, 11, 10), "S0 §3.1", START),
        Rule(date(2025, 3, 4), "S0 §3.1", START),
    ),
    prerequisites=(
        Rule(Prerequisite("fee-paid"), "S1 §1.5", GUIDE),
        Rule(Prerequisite("course-finished"), "S1 §1.6", GUIDE),
    ),
)
