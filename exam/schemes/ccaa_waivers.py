"""DATA: reasons to be let off hours of the year, whole or in part (S2 annex 1).

`number` is the place in the annex: part, number, item. Readings of ours: "two or more" takes the place of "once", so
that only one of the two is granted in a year; a document of the association (note 1) lets off elective hours.
"""

from collections.abc import Iterator
from decimal import Decimal

from exam.schemes.rows import Waiver

EIGHT, SIXTEEN = Decimal(8), Decimal(16)


def _full() -> Iterator[Waiver]:
    for number, key, title, evidence in (
        ("§1.1", "abroad", "当年度在境外停留半年以上", ("visa-or-proof",)),
        ("§1.2", "maternity", "当年度生育", ("birth-proof",)),
        ("§1.3", "ill", "因疾病半年以上无法正常工作，或因重病需卧床休息", ("hospital-proof",)),
    ):
        yield Waiver(number, key, title, full=True, evidence=evidence)
    for key, title, proofs in (
        ("foreign-filed", "外籍人员：不少于 16 学时的备案课程", ("filed-course-proof", "reflections")),
        ("foreign-abroad", "外籍人员：不少于 24 学时的境外行业继续教育", ("foreign-training-proof",)),
        ("foreign-language", "外籍人员：不少于 16 学时的境内外语继续教育", ("language-course-proof",)),
    ):
        yield Waiver("§1.4", key, title, full=True, evidence=proofs, fact="foreign")


def _recorded() -> Iterator[Waiver]:
    """Those that need no application: the office records them (§2, after 3)."""
    for number, key, title, category in (
        ("§2.1(1)", "required-recorded", "参与必修课程录制", "required"),
        ("§2.1(2)", "elective-recorded", "参与选修课程录制", "elective"),
        ("§2.1(3)", "course-reviewed", "参与选修课程和教师评审", "elective"),
        ("§2.1(4)", "teacher-reviewed", "参加选修课程教师评审并通过", "elective"),
        ("note 1", "bulletin", "协会发布的相关文件", "elective"),
    ):
        yield Waiver(number, key, title, category=category, own_hours=True, apply=False)
    for number, key, title, hours, group in (
        ("§2.2(1)", "case-judged", "良好审核案例评议", SIXTEEN, ""),
        ("§2.2(2)", "case-presented", "良好审核案例现场宣讲交流", SIXTEEN, ""),
        ("§2.2(3)", "case-attended", "良好审核案例现场观摩", EIGHT, ""),
        ("§2.3(1)", "interviewer-once", "参与协会面试工作一次", EIGHT, "interviewer"),
        ("§2.3(2)", "interviewer-several", "参与协会面试工作两次以上", SIXTEEN, "interviewer"),
        ("§2.3(3)", "items-written", "参与协会统一考试出题", EIGHT, "items-written"),
        ("§2.3(4)", "items-reviewed", "参与协会统一考试试题审定", EIGHT, "items-reviewed"),
        ("§2.3(5)", "assessor-once", "参与协会评审工作一次", EIGHT, "assessor"),
        ("§2.3(6)", "assessor-several", "参与协会评审工作两次以上", SIXTEEN, "assessor"),
    ):
        yield Waiver(number, key, title, hours=hours, category="elective", apply=False, group=group)


def _applied_for() -> Iterator[Waiver]:
    """Those applied for within the year's deadline (§2, 4 to 10)."""
    for level, name, ranks in (
        ("national-first", "国家级科学技术奖励一等奖", 15),
        ("national-second", "国家级科学技术奖励二等奖", 10),
        ("provincial-first", "省部级科学技术奖励一等奖", 10),
        ("provincial-second", "省部级科学技术奖励二等奖", 8),
        ("provincial-third", "省部级科学技术奖励三等奖", 6),
    ):
        yield Waiver(
            "§2.4",
            f"award-{level}",
            f"{name}的主要获奖者",
            hours=EIGHT,
            category="elective",
            next_year_too=True,
            evidence=("award-certificate",),
            ranks=ranks,
        )
    for number, key, title, evidence in (
        ("§2.5", "standard", "国家或行业标准的主要起草者", ("standard-pages",)),
        ("§2.6", "book", "认证认可行业业务专著的主要作者", ("book-pages",)),
        ("§2.7", "paper", "认证认可行业学术论文的主要作者", ("article-pages",)),
    ):
        yield Waiver(
            number,
            key,
            title,
            hours=EIGHT,
            category="elective",
            next_year_too=True,
            evidence=evidence,
            ranks=3,
        )
    for number, key, title, evidence in (
        ("§2.8", "association-training", "协会组织或承认的相关培训", ("training-certificate",)),
        ("§2.9", "foreign-training", "在境外参加行业相关继续教育培训", ("foreign-training-proof",)),
        ("§2.10", "other", "其他认证认可行业相关活动", ("activity-proof",)),
    ):
        yield Waiver(number, key, title, hours=EIGHT, category="elective", evidence=evidence)


WAIVERS: tuple[Waiver, ...] = (*_full(), *_recorded(), *_applied_for())
