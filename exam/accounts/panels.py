"""Parts of the first page about people."""

from datetime import datetime

from sqlmodel import Session

from exam.accounts import messages, queries
from exam.accounts.access import Caller
from exam.accounts.people_sheet import ROLE_NAMES
from exam.accounts.permissions import Permission, Role
from exam.core.i18n import N_
from exam.core.web import Panel

# What each role is for, in a sentence; shown once, low on the first page.
DUTIES = {
    Role.CANDIDATE: N_("参加考试、练习，查看自己的成绩。"),
    Role.ITEM_WRITER: N_("在题库里写试题、导入试题，组试卷。"),
    Role.REVIEWER: N_("查看试题和试卷，审核后发布试卷。"),
    Role.PROCTOR: N_("查看考试安排，监看正在进行的考试。"),
    Role.MARKER: N_("给简答题和论述题阅卷，看不到考生姓名。"),
    Role.REGISTRAR: N_("安排考试和报名，延长时间，发布成绩。"),
    Role.OFFICER: N_("查看本机构的人员和成绩，下载成绩单，管理接口密钥。"),
    Role.ADMINISTRATOR: N_("激活登记的人员，管理账号和角色，查看操作记录。"),
}


def administrator(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """For administrators: who waits for them."""
    if Permission.PEOPLE_MANAGE not in who.permissions:
        return []
    count = queries.waiting_count(db, who.institution_id)
    first = queries.waiting(db, who.institution_id, limit=5) if count else []
    return [Panel(10 if count else 40, "accounts/_home_administrator.html", {"count": count, "first": first})]


def message_panels(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """What happened to something of the caller's."""
    found = messages.unread(db, who)
    return [Panel(1, "accounts/_home_messages.html", {"messages": found})] if found else []


def duties(db: Session, who: Caller, now: datetime) -> list[Panel]:
    """For everybody: what their roles here let them do."""
    if not who.roles:
        return []
    held = [(ROLE_NAMES[role], DUTIES[role]) for role in Role if role in who.roles]
    return [Panel(90, "accounts/_home_duties.html", {"duties": held})]
