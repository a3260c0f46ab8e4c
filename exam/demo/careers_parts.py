"""DATA: the demo's courses, and who is where on the way through the schemes. Months count from the present one."""

from dataclasses import dataclass

from exam.demo.parts import When


@dataclass(frozen=True)
class Offer:
    """A course: code, titles, scheme, category, track, hours, delivery, class number."""

    code: str
    title: str
    title_en: str
    scheme: str
    category: str
    hours: str
    track: str = ""
    delivery: str = "online"
    class_number: str = ""


COURSES = (
    Offer("CB-01", "检验鉴定法规与职业道德", "Law and ethics of inspection and survey", "ccib", "required", "10"),
    Offer("CX-01", "矿产品检验鉴定", "Inspection of minerals", "ccib", "elective", "12"),
    Offer("CX-02", "农产品检验鉴定", "Inspection of farm produce", "ccib", "elective", "18"),
    Offer("CX-03", "实验室管理体系", "Laboratory management systems", "ccib", "elective", "28"),
    Offer("R01", "认证认可法规更新", "Changes in certification law", "ccaa", "required", "8"),
    Offer("E07", "审核方案与抽样", "Audit programmes and sampling", "ccaa", "elective", "8"),
    Offer("E11", "碳足迹核算", "Carbon footprints", "ccaa", "elective", "8"),
    Offer(
        "F03", "质量管理体系审核实务", "Auditing quality systems", "ccaa", "elective", "16", "", "face-to-face", "02"
    ),
    Offer("ZA-30", "质量安全员培训", "Training of quality-safety officers", "ptp", "training", "30", "officer"),
    Offer("ZA-20", "质量安全员培训（上）", "Training of officers, part one", "ptp", "training", "20", "officer"),
    Offer("GX-CX", "创新能力建设", "Capacity for innovation", "changzhou", "public", "22"),
)
# Who is a member of what, with the facts that decide what is asked of them (and the end of a cycle of years).
MEMBERS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("candidate16", "ccib", {"holder": 1, "renewed-before": 1}),
    ("candidate17", "ccib", {}),
    ("candidate18", "ccib", {"holder": 1}),
    ("candidate19", "ccaa", {"fields": 1, "roles": 1}),
    ("candidate20", "ccaa", {"fields": 2, "roles": 1}),
    ("candidate21", "ccaa", {"fields": 1, "roles": 1}),
)
# Who selected which course when, and when they finished it (None: still learning).
LEARNED: tuple[tuple[str, str, When, When | None], ...] = (
    ("candidate16", "CB-01", When(-2, 3), When(-2, 12)),
    ("candidate16", "CX-01", When(-2, 13), When(-1, 6)),
    ("candidate16", "CX-02", When(-1, 7), None),
    ("candidate17", "CX-01", When(-3, 2), When(-3, 20)),
    ("candidate17", "CX-03", When(-3, 21), When(-1, 9)),
    ("candidate18", "CB-01", When(0, 3), None),
    ("candidate19", "R01", When(-1, 2), When(-1, 8)),
    ("candidate19", "E07", When(-1, 9), When(-1, 15)),
    ("candidate19", "E11", When(-1, 16), When(-1, 24)),
    ("candidate20", "R01", When(-1, 4), When(-1, 14)),
    ("candidate20", "E07", When(-1, 15), None),
    ("candidate21", "F03", When(-2, 5), When(-2, 18)),
    *((f"candidate{n}", "ZA-30", When(-5, 22), When(-5, 26)) for n in range(25, 30)),
    ("candidate22", "ZA-30", When(-2, 2), When(-2, 24)),
    ("candidate23", "ZA-20", When(-1, 3), When(-1, 21)),
    ("candidate24", "ZA-30", When(-1, 1), When(-1, 26)),
    ("candidate4", "GX-CX", When(0, 4), None),
)
VERIFIED = (
    ("candidate25", 0.86),
    ("candidate26", 0.7),
    ("candidate27", 0.78),
    ("candidate28", 0.42),
    ("candidate29", 0.9),
)
APPLIED: tuple[tuple[str, When, str], ...] = (
    *((who, When(-5, 27), "approve") for who, _ in VERIFIED),
    ("candidate22", When(-1, 2), "approve"),
    ("candidate23", When(0, 2), "draft"),
    ("candidate24", When(0, 1), "sent"),
)
