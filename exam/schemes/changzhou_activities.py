"""DATA: the 14 categories of activities that Changzhou recognises as credit hours (S3 annex 1 §3)."""

from exam.schemes.rows import Activity

ACTIVITIES: tuple[Activity, ...] = ()
