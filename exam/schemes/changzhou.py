"""Changzhou: continuing education of professional and technical staff (S3: annex 1 hours, annex 2 years, annex 3
exams)."""

from datetime import date
from decimal import Decimal

from exam.schemes.changzhou_activities import ACTIVITIES
from exam.schemes.kinds import MonthlyWindow, Rule, Scheme
from exam.schemes.rows import (
    Category,
    CertificateKind,
    Cycle,
    Fee,
    HourRequirement,
    Issue,
    Posting,
    Prerequisite,
    Track,
)

START = date(2011, 3, 1)  # S3 annex 3, opening sentence and annex 1 §5: held from 1 March 2011 on
YEARS = date(2011, 2, 1)  # S3 annex 2 §27: held from 1 February 2011 on

SCHEME = Scheme(
    key="changzhou",
    title="常州市专业技术人员继续教育公共科目",
    summary="每月 5 日至 10 日为一个考试场次；每次选课有两次考试机会。",
    zone="Asia/Shanghai",
    windows=(Rule(MonthlyWindow(first_day=5, last_day=10), "S3 annex 3 §5", START),),
    chances=(Rule(2, "S3 annex 3 §5", START),),
    retake_windows=(Rule(1, "S3 annex 3 §5; Settled: a retake not taken by the end of the next window lapses", START),),
    course_first=(Rule(True, "S3 annex 3 §5; Settled: both chances need the finished course", START),),
    ends_when_passed=(Rule(True, "S3 annex 3 §6", START),),
    cut_at_window_end=(Rule(True, "Settled: S3 gives the window's end and no time beyond it", START),),
    late_grace_seconds=(Rule(0, "Settled: S3 knows no time after the end", START),),
    learning_hours=(Rule(Decimal(22), "S3 annex 3 §4", START),),
    exam_hours=(Rule(Decimal(2), "S3 annex 3 §4", START),),
    cycle=(Rule(Cycle("calendar-year"), "S3 annex 2 §10; Settled: a year is a calendar year", YEARS),),
    subject_once=(Rule(True, "S3 annex 1 §3(1): 24 hours a subject; Settled: once a year", YEARS),),
    forgery_bars=(Rule(True, "S3 annex 2 §15", YEARS),),
    fastest_play=(Rule(Decimal(1), "S3 annex 3 §4; Settled: lessons count at their own speed", START),),
    tracks=(Rule(Track("staff", "专业技术人员"), "S3 annex 3 §2", YEARS),),
    categories=(
        Rule(Category("public", "公共科目"), "S3 annex 2 §4", YEARS),
        Rule(Category("professional", "专业科目"), "S3 annex 2 §4", YEARS),
    ),
    requirements=(
        Rule(HourRequirement("public", Decimal(24), "public"), "S3 annex 2 §10", YEARS),
        Rule(HourRequirement("professional", Decimal(48), "professional"), "S3 annex 2 §10", YEARS),
        Rule(HourRequirement("total", Decimal(72)), "S3 annex 2 §10", YEARS),
    ),
    fees=(Rule(Fee("enrolment", Decimal(50)), "S3 annex 3 §7", START),),
    posts=(
        Rule(Posting("passed", Decimal(24), "public"), "S3 annex 1 §3(1), annex 3 §4: 22 + 2 hours a subject", START),
    ),
    certificates=(
        Rule(
            CertificateKind(
                key="public-subject",
                title="公共科目合格证",
                basis="passed",
                number="CZ-{year}-{serial:06d}",
                serial_within=("year",),
                issue=Issue("window", 15),
            ),
            "S3 annex 3 §6; Settled: days count from the window's end, the number is this platform's",
            START,
        ),
    ),
    activities=tuple(Rule(activity, f"S3 annex 1 §3({activity.number})", START) for activity in ACTIVITIES),
    prerequisites=(
        Rule(Prerequisite("fee-paid"), "S3 annex 3 appendix §1", START),
        Rule(Prerequisite("course-finished"), "S3 annex 3 §5", START),
    ),
)
