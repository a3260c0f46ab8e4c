"""The check-in among what is asked of a candidate before the start: its step on the start page, its barrier."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.core.decisions import Refusal
from exam.core.i18n import gettext
from exam.proctor.checkin import rules as checkin_rules
from exam.proctor.checkin import service as service_checkin
from exam.proctor.checkin.rules import Standing
from exam.proctor.checkin.service import Case
from exam.proctor.consent import service as service_consent
from exam.proctor.detectors import CAMERA_LEVELS
from exam.proctor.models import CheckIn, Proctored
from exam.sessions import signals
from exam.sessions.models import Sitting
from exam.sessions.signals import Step


def listen() -> None:
    """Take part in the start of sittings, behind the consent. Once is enough; again changes nothing."""
    if check_in_steps not in signals.steps:
        signals.steps.append(check_in_steps)
    if check_in_barriers not in signals.barriers:
        signals.barriers.append(check_in_barriers)


def check_in_barriers(db: Session, sitting_ids: Collection[int], now: datetime) -> Mapping[int, Refusal]:
    """Sittings on the way by the camera whose test or identity is open; in three statements for all of them.

    The barrier of consent, which comes before, has taken the terms anew.
    """
    rows = db.exec(select(Proctored).where(col(Proctored.sitting_id).in_(set(sitting_ids)))).all()
    asked = {row.sitting_id: row for row in rows if row.route == "camera" and row.terms["level"] in CAMERA_LEVELS}
    if not asked:
        return {}
    check_ins = {row.sitting_id: row for row in db.exec(select(CheckIn).where(col(CheckIn.sitting_id).in_(asked)))}
    said = service_consent.answers(db, asked)
    found = {}
    for sitting_id, row in asked.items():
        check_in = check_ins.get(sitting_id)
        at = Standing(
            level=row.terms["level"],
            route=row.route,
            identity=row.terms["identity"],
            consent=said.get(sitting_id, ""),
            state=check_in.state if check_in else "open",
            camera_ok=check_in is not None and check_in.camera_ok_at is not None,
        )
        if refusal := checkin_rules.bar(at):
            found[sitting_id] = refusal
    return found


def check_in_steps(db: Session, request: Request, sitting: Sitting, now: datetime) -> list[Step]:
    """The check of camera and identity on the start page; nothing on the way by a human, which has its own."""
    if db.get(Proctored, sitting.id) is None:
        return []
    case = service_checkin.find(db, sitting.id or 0, sitting.person_id)
    if case.step == "nothing" or case.at.route != "camera":
        return []
    page = str(request.app.url_path_for("check_in", sitting_id=sitting.id))
    title = gettext("检查摄像头和身份") if case.at.identity != "none" else gettext("检查摄像头")
    return [_step(title, page, case)]


def _step(title: str, page: str, case: Case) -> Step:
    if case.step == "consent":
        return Step(title, gettext("先答复是否同意使用摄像头。"), "note")
    if case.step == "waiting":
        return Step(title, gettext("照片已发送，监考人员正在核对。"), "waiting", page, gettext("查看进度"))
    if case.step == "later":
        return Step(title, gettext("照片已发送，可以开始考试；监考人员会在考试期间或考试后核对。"), "done")
    if case.step == "done":
        return Step(title, gettext("检查完成。"), "done")
    if case.step == "identity":
        if case.check_in.state == "again":
            text = gettext("监考人员请您重新拍照：%(note)s", note=case.check_in.note)
        else:
            text = gettext("摄像头可以使用，还要拍身份证件和面部照片。")
        return Step(title, text, "todo", page, gettext("去拍照"))
    return Step(
        title, gettext("看看监考人员会看到的画面；摄像头用不了时，这里有别的办法。"), "todo", page, gettext("去检查")
    )
