"""Practice: this platform's own, for trying out a sitting on any day. No notice governs it and it earns no hours."""

from datetime import date

from exam.schemes.kinds import Rule, Scheme

START = date(2011, 1, 1)
OWN = "Settled: practice is this platform's own"
SCHEME = Scheme(
    key="practice",
    title="练习",
    summary="任何时间都可以做，次数不限，不计学时。",
    zone="Asia/Shanghai",
    windows=(Rule(None, OWN, START),),
    chances=(Rule(None, OWN, START),),
    retake_windows=(Rule(None, OWN, START),),
    course_first=(Rule(False, OWN, START),),
    ends_when_passed=(Rule(False, OWN, START),),
    cut_at_window_end=(Rule(False, OWN, START),),
    late_grace_seconds=(Rule(0, OWN, START),),
    practice=True,
)
