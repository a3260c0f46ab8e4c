"""DATA: the 14 categories of activities that Changzhou recognises as credit hours (S3 annex 1 §3).

Readings of ours where the notice is silent: only whole ten thousands of characters count; a year of a project or of aid
work is claimed year by year; "at the year's start" is its first quarter; other forms are decided by the unit (S3 annex
2 §9), public subjects and training at a recognised base by the bureau.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from exam.schemes.rows import Activity, MonthDay, Variant

PROFESSIONAL = "professional"
PROJECT = ("project-document", "project-application", "opening-report", "stage-check")


def _variant(key: str, title: str, hours: int, unit: str = "item", **more: Any) -> Variant:
    return Variant(key, title, Decimal(hours), unit, **more)


def _projects() -> Iterator[Variant]:
    for level, name, main, sub in (("national", "国家级", 50, 30), ("provincial", "省级", 40, 20)):
        yield _variant(f"{level}-main", f"{name}主课题（项目）组", main, "year", ranks=5)
        yield _variant(f"{level}-sub", f"{name}子课题（项目）组", sub, "year", ranks=3)


def _lectures() -> Iterator[Variant]:
    levels = (("international", "国际性", 10), ("national", "全国性", 8), ("provincial", "省级区域性", 6))
    for key, name, hours in (*levels, ("municipal", "市级区域性", 4)):
        yield _variant(key, f"{name}学术讲座、学术会议", hours, "day", confirms=("paper-read",))


ACTIVITIES: tuple[Activity, ...] = (
    Activity(
        1,
        "public-subject",
        "公共科目必修课程",
        "public",
        (_variant("subject", "考试合格的公共科目", 24, "subject"),),
        evidence=("public-certificate",),
        approver="bureau",
        posted_by_exam=True,
    ),
    Activity(
        2,
        "certificate-exam",
        "信息化素质考核、职称英语考试、资格考试",
        PROFESSIONAL,
        (
            _variant("informatics", "专业技术人员信息化素质考核", 20),
            _variant("english", "职称英语考试", 20),
            _variant("qualification", "专业资格或执（职）业资格考试", 20),
        ),
        evidence=("exam-document", "exam-certificate"),
    ),
    Activity(
        3,
        "base-training",
        "继续教育基地的培训班",
        PROFESSIONAL,
        (_variant("approved", "继续教育基地培训（按批准的学时数）", 1, "hour", whole=False),),
        evidence=("base-proof",),
        approver="bureau",
    ),
    Activity(
        4,
        "training",
        "培训、进修、研修",
        PROFESSIONAL,
        (
            _variant("full-time", "全脱产培训", 6, "day", confirms=("passed",)),
            _variant("half-time", "半脱产培训", 3, "half-day", confirms=("passed",)),
        ),
        evidence=("completion-certificate", "timetable"),
    ),
    Activity(
        5,
        "degree",
        "学历、学位教育",
        PROFESSIONAL,
        (
            _variant("degree", "取得学历、学位", 100, "once", spread_years=2, evidence=("diploma",)),
            _variant(
                "single-subject",
                "未毕业，单科结业",
                10,
                "subject",
                evidence=("subject-proof",),
                confirms=("not-graduated",),
            ),
            _variant(
                "self-study",
                "全国高等教育自学考试单科合格",
                15,
                "subject",
                evidence=("admission-ticket", "score-report"),
            ),
        ),
    ),
    Activity(
        6,
        "field-study",
        "业务考察、专题调研",
        PROFESSIONAL,
        (_variant("days", "业务考察、专题调研（路程时间除外）", 6, "day", confirms=("without-travel",)),),
        evidence=("signed-report",),
    ),
    Activity(
        7,
        "lecture",
        "学术讲座、学术会议",
        PROFESSIONAL,
        tuple(_lectures()),
        evidence=("conference-proof",),
    ),
    Activity(
        8,
        "publication",
        "出版著作（译作）、发表论文",
        PROFESSIONAL,
        (
            _variant("book", "出版著作（译作）", 10, "ten-thousand-characters", ranks=3, evidence=("book-pages",)),
            *(
                _variant(
                    key, title, hours, ranks=3, evidence=("article-pages",), confirms=("not-supplement",), asks=asks
                )
                for key, title, hours, asks in (
                    ("first-class", "国外及国家一级学会主办的专业刊物", 30, ()),
                    ("provincial", "省级专业刊物（核心期刊）", 20, ()),
                    ("issn-cn", "有国际标准刊号和国内统一刊号的刊物", 20, ("issn", "cn")),
                    ("municipal", "市级学术刊物", 10, ()),
                )
            ),
        ),
    ),
    Activity(
        9,
        "patent",
        "中国专利",
        PROFESSIONAL,
        (
            _variant("invention", "发明专利", 30, ranks=3),
            _variant("utility-or-design", "实用新型专利、外观设计专利", 20, ranks=3),
        ),
        evidence=("patent-certificate",),
    ),
    Activity(
        10,
        "award",
        "科技进步奖",
        PROFESSIONAL,
        (
            _variant("national", "国家级科技进步奖", 60, ranks=3),
            _variant("provincial", "省、部级及以上科技进步奖", 50, ranks=3),
            _variant("municipal", "市级科技进步奖", 40, ranks=3),
        ),
        evidence=("award-certificate",),
    ),
    Activity(
        11,
        "project",
        "课题研究与项目开发",
        PROFESSIONAL,
        tuple(_projects()),
        evidence=PROJECT,
    ),
    Activity(
        12,
        "teaching",
        "为继续教育活动提供教学",
        PROFESSIONAL,
        (_variant("taught", "继续教育授课（所授课时的 2 倍）", 2, "hour", whole=False),),
        evidence=("teaching-proof", "teaching-notes"),
    ),
    Activity(
        13,
        "aid-work",
        "援藏、援外、支教、支农、支医、扶贫",
        PROFESSIONAL,
        (_variant("year", "援助、支教、扶贫工作（每年）", 50, "year"),),
        evidence=("posting-proof",),
    ),
    Activity(
        14,
        "in-house",
        "单位内部业务（岗位）培训",
        PROFESSIONAL,
        (_variant("filed", "单位内部培训（年初已备案）", 1, "hour", whole=False, filed_by=MonthDay(3, 31)),),
        evidence=("filing-proof", "attendance"),
    ),
)
