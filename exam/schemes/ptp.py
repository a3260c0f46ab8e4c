"""PT-P: personnel proficiency testing for quality and safety (S4: Guizhou, fourth quarter of 2024)."""

from datetime import date
from decimal import Decimal

from exam.schemes.kinds import Rule, Scheme
from exam.schemes.rows import (
    Category,
    CertificateKind,
    Cycle,
    Fee,
    HourRequirement,
    Issue,
    Posting,
    Prerequisite,
    QuarterWeekend,
    Track,
)

START = date(2023, 1, 1)  # the rules CCAI-R-P27, P28 and P29 carry the year 2023 (S4 §4)
TRACKS = (
    Track("officer", "质量安全员", code="CCAI-R-P29:2023", chosen=True),
    Track("director", "质量安全总监", code="CCAI-R-P28:2023", chosen=True),
    Track("chief", "首席质量官", code="CCAI-R-P27:2023", chosen=True),
)

SCHEME = Scheme(
    key="ptp",
    title="人员能力验证（PT-P）",
    summary="每个季度最后一个周末为人员能力验证日；凭学时证明和申请表参加，按次缴费。",
    zone="Asia/Shanghai",
    windows=(
        Rule(
            QuarterWeekend(),
            "S4 §7; Settled: the last Saturday-Sunday pair wholly inside the quarter",
            START,
        ),
    ),
    chances=(Rule(1, "S4 §3: the fee is for one try; Settled: another try is another enrolment", START),),
    retake_windows=(Rule(None, "Settled: S4 knows no deadline for another try", START),),
    course_first=(Rule(False, "S4 §5: an hour proof is asked for, from whatever course", START),),
    ends_when_passed=(Rule(True, "Settled: the next verification is another enrolment", START),),
    cut_at_window_end=(Rule(True, "Settled: S4 gives the days and no time beyond them", START),),
    late_grace_seconds=(Rule(0, "Settled: S4 knows no time after the end", START),),
    compared=(Rule(True, "S4 §1: learning, verification, diagnosis, targeted training", START),),
    cycle=(Rule(Cycle("open"), "Settled: S4 sets no end to hours that were learned", START),),
    subject_once=(Rule(True, "Settled: the same course is learned once", START),),
    tracks=tuple(Rule(track, "S4 §3, §4", START) for track in TRACKS),
    fastest_play=(Rule(Decimal(1), "S4 §5; Settled: lessons count at their own speed", START),),
    categories=(Rule(Category("training", "培养培训"), "S4 §2(1)", START),),
    requirements=(
        Rule(HourRequirement("training-officer", Decimal(30), "training", track="officer"), "S4 §3", START),
        Rule(HourRequirement("training-director", Decimal(40), "training", track="director"), "S4 §3", START),
        Rule(HourRequirement("training-chief", Decimal(60), "training", track="chief"), "S4 §3", START),
    ),
    fees=(
        Rule(Fee("try", Decimal(180), track="officer"), "S4 §3", START),
        Rule(Fee("try", Decimal(580), track="director"), "S4 §3", START),
        Rule(Fee("try", Decimal(580), track="chief"), "S4 §3", START),
    ),
    posts=(Rule(Posting("finished", category="training"), "S4 §8(1)", START),),
    certificates=(
        Rule(
            CertificateKind(
                key="hour-proof",
                title="学时证明",
                basis="hours",
                number="XS-{year}-{serial:06d}",
                serial_within=("year",),
                issue=Issue("outcome", 0),
            ),
            "S4 §8(1); Settled: issued when the hours are complete, the number is this platform's",
            START,
        ),
        Rule(
            CertificateKind(
                key="verification",
                title="人员能力验证证书",
                basis="passed",
                number="PTP-{track_code}-{year}-{serial:06d}",
                serial_within=("track_code", "year"),
                issue=Issue("outcome", 0),
                photo=True,
            ),
            "S4 §8(2); Settled: S4 names no day of issue and no number, this one is the platform's",
            START,
        ),
    ),
    prerequisites=(
        Rule(Prerequisite("application-approved"), "S4 annex 1", START),
        Rule(Prerequisite("hour-proof"), "S4 §5, §8(2)", START),
        Rule(Prerequisite("fee-paid"), "S4 §3, §9.2", START),
    ),
)
