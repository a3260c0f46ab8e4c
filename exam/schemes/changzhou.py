"""Changzhou: continuing education of professional and technical staff, public subjects (S3, annex 3)."""

from datetime import date
from decimal import Decimal

from exam.schemes.kinds import MonthlyWindow, Rule, Scheme

START = date(2011, 3, 1)  # S3 annex 3, opening sentence: held from 1 March 2011 on

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
    fee_yuan=(Rule(Decimal(50), "S3 annex 3 §7", START),),
    certificate=(Rule("公共科目合格证", "S3 annex 3 §6", START),),
    certificate_working_days=(Rule(15, "S3 annex 3 §6; Settled: counted from the window's end", START),),
)
