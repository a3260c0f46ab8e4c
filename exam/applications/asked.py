"""DATA: what an application asks for (S4 annex 1), and how long its pictures are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exam.core.i18n import N_


@dataclass(frozen=True)
class Asked:
    """A field of the form: its label, the longest text it takes, and what it may be chosen from (empty: free text)."""

    key: str
    label: str
    most: int = 100
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""


SEXES = (("female", N_("女")), ("male", N_("男")))
EDUCATION = (
    ("junior", N_("初中")),
    ("senior", N_("高中或中专")),
    ("college", N_("大专")),
    ("bachelor", N_("本科")),
    ("master", N_("硕士研究生")),
    ("doctor", N_("博士研究生")),
)
FIELDS = (
    Asked("name", N_("姓名"), 50),
    Asked("sex", N_("性别"), choices=SEXES),
    Asked("place", N_("所在地"), 100, hint=N_("省、市、区县")),
    Asked("id_number", N_("身份证号"), 18),
    Asked("phone", N_("联系电话"), 20),
    Asked("education", N_("文化程度"), choices=EDUCATION),
    Asked("school", N_("毕业院校"), 100),
)
"""S4 annex 1; the day of application is that of sending, the project is the track."""

STATEMENT = (
    N_("能力验证的管理办法和专业规则由国家市场监督管理总局认证认可技术研究中心制定，以办法和规则为准。"),
    N_("报名过程中，没有人向我承诺免考、包过、可以注册、可以兼职或挂靠。"),
    N_("能力验证是对人员专业能力的培养培训和验证，包括学习、考核、结果比对和分析。"),
    N_("学满学时可以取得电子学时证明，凭它申请参加线上考试，合格的取得能力验证证书。"),
    N_("证书不是职业资格证书，不得涂改、出租、出借。"),
    N_("我已阅读并同意以上各条，所填信息和材料属实；如有虚假，由我承担责任。"),
)
"""S4 annex 1, the notice that an applicant signs, point by point."""


@dataclass(frozen=True)
class Picture:
    """A picture that belongs to an application; `kept_days` after an approval, then it is deleted."""

    key: str
    label: str
    needed: bool = True
    kept_days: int = 90
    source: str = "Settled: time for a complaint, then nobody needs it"


PICTURES = (
    Picture("photo", N_("二寸蓝底照片"), kept_days=400, source="Settled: printed on certificates for about a year"),
    Picture("id-front", N_("身份证人像面")),
    Picture("id-back", N_("身份证国徽面")),
    Picture("diploma", N_("毕业证或学位证")),
    Picture("proof", N_("其他学时证明"), needed=False),
)
"""S4 annex 1 notes 2 and 3, §5 (another hour proof)."""

KEPT_REFUSED_DAYS = 90
"""Settled: after a refusal every picture is kept as long as a complaint may need it."""

KEPT_UNSENT_DAYS = 180
"""Settled: what was uploaded (or returned) half a year ago and not sent since is not wanted any more."""

PICTURE: Mapping[str, Picture] = MappingProxyType({picture.key: picture for picture in PICTURES})
