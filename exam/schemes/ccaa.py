"""CCAA: continuing education of certification staff (S2: the scheme of 2013 and its annexes)."""

from datetime import date
from decimal import Decimal

from exam.schemes.ccaa_waivers import WAIVERS
from exam.schemes.kinds import Rule, Scheme
from exam.schemes.rows import (
    Category,
    CertificateKind,
    Condition,
    Cycle,
    Deadline,
    HourRequirement,
    Issue,
    MonthDay,
    Posting,
    Prerequisite,
    Track,
)

START = date(2013, 12, 31)  # S2: the notice's own date
SILENT = "Settled: S2 sets an exam at the end of each class and knows no window and no retake"
SEVERAL = (Condition("fields", 2), Condition("roles", 2))

SCHEME = Scheme(
    key="ccaa",
    title="认证人员继续教育",
    summary="每年 24 学时；两个以上注册领域，或兼为审核员和检查员的，32 学时。",
    zone="Asia/Shanghai",
    windows=(Rule(None, SILENT, START),),
    chances=(Rule(1, SILENT, START),),
    retake_windows=(Rule(None, SILENT, START),),
    course_first=(Rule(True, "S2 annex 7: the exam is held at the end of the course", START),),
    ends_when_passed=(Rule(True, "Settled: a passed class is done", START),),
    cut_at_window_end=(Rule(False, SILENT, START),),
    late_grace_seconds=(Rule(0, "Settled: S2 knows no time after the end", START),),
    exam_minutes=(Rule(60, "S2 annex 7", START),),
    class_size=(Rule(100, "S2 annex 7", START),),
    cycle=(Rule(Cycle("calendar-year"), "S2 §4.8", START),),
    waiver_cap=(Rule(Decimal("0.5"), "S2 annex 1 note 2", START),),
    waiver_deadline=(Rule(MonthDay(12, 10), "S2 annex 1 §1, §2", START),),
    subject_once=(Rule(True, "Settled: hours are asked for in a year; the same course in it counts once", START),),
    fastest_play=(Rule(Decimal(1), "S2 §4.7; Settled: lessons count at their own speed", START),),
    tracks=(
        Rule(Track("several", "两个以上注册领域，或审核员兼检查员", when=SEVERAL), "S2 §6", START),
        Rule(Track("single", "单一注册领域"), "S2 §6", START),
    ),
    categories=(
        Rule(Category("required", "必修课程"), "S2 §7.1", START),
        Rule(Category("elective", "选修课程"), "S2 §7.1", START),
        Rule(
            Category("filed", "备案课程", own_staff=True, least_hours=Decimal(4), most_hours=Decimal(16)),
            "S2 annex 2 §1, §2",
            START,
        ),
    ),
    requirements=(
        Rule(HourRequirement("required", Decimal(8), "required"), "S2 §6", START),
        Rule(HourRequirement("elective", Decimal(8), "elective"), "S2 §6", START),
        Rule(HourRequirement("total-several", Decimal(32), track="several"), "S2 §6", START),
        Rule(HourRequirement("total-single", Decimal(24), track="single"), "S2 §6", START),
    ),
    posts=(
        Rule(Posting("passed", delivery="face-to-face"), "S2 §10.1, annex 7", START),
        Rule(Posting("finished", delivery="filed"), "S2 annex 2 §4.3", START),
        Rule(Posting("finished", delivery="online"), "S2 §10.2", START),
    ),
    certificates=(
        Rule(
            CertificateKind(
                key="face-to-face",
                title="继续教育培训证书（面授）",
                basis="passed",
                number="{body}-{year}-{course}-{hours:02d}-{class_number}-{serial:04d}",
                serial_within=("body", "year"),
                issue=Issue("outcome", 0),
                locks_result=True,
                deliveries=("face-to-face",),
            ),
            "S2 §10.1",
            START,
        ),
        Rule(
            CertificateKind(
                key="filed",
                title="继续教育培训证书（备案课程）",
                basis="finished",
                number="{approval}-{year}-{hours:02d}-{class_number}-{serial:04d}",
                serial_within=("approval", "year"),
                issue=Issue("outcome", 0),
                locks_result=True,
                deliveries=("filed",),
            ),
            "S2 annex 2 §4.3",
            START,
        ),
        Rule(
            CertificateKind(
                key="online",
                title="继续教育培训证书（网络课程）",
                basis="finished",
                number="CCAA-W-{year}-{course}-{serial:06d}",
                serial_within=("year", "course"),
                issue=Issue("outcome", 0),
                deliveries=("online",),
            ),
            "S2 §10.2; Settled: S2 gives no number for it, this one is the platform's",
            START,
        ),
    ),
    waivers=tuple(Rule(waiver, f"S2 annex 1 {waiver.number}", START) for waiver in WAIVERS),
    prerequisites=(Rule(Prerequisite("course-finished"), "S2 annex 7", START),),
    deadlines=(
        Rule(Deadline("report-results", 10, "face-to-face"), "S2 §9.4", START),
        Rule(Deadline("report-results", 5, "filed"), "S2 annex 2 §4.3", START),
        Rule(Deadline("report-class-before", 5), "S2 §9.2", START),
    ),
)
