"""What proctoring asks of a candidate before the start: the steps of the start page, and the barriers at the start.

Consent comes first, then what the camera or a human checks.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select
from starlette.requests import Request

from exam.core.decisions import Refusal
from exam.core.i18n import gettext
from exam.proctor.consent import rules as consent_rules
from exam.proctor.consent import service as service_consent
from exam.proctor.detectors import CAMERA_LEVELS
from exam.proctor.models import CheckIn
from exam.proctor.policy import service as service_policy
from exam.proctor.policy import steps_office
from exam.proctor.terms import Terms, watch, watch_many, watched
from exam.proctor.wall.view import ACCOMMODATIONS
from exam.scheduling.models import Exam
from exam.sessions import signals
from exam.sessions.models import Sitting
from exam.sessions.signals import Step


def listen() -> None:
    """Take part in the making ready and the start of sittings, and in the office's pages of exams.

    Once is enough; again changes nothing.
    """
    steps_office.listen()
    _once(signals.prepared, ready)
    _once(signals.steps, consent_steps)
    _once(signals.barriers, consent_barriers)
    _once(signals.paper_parts, consent_part)


def _once(listeners: list[Any], listener: Callable[..., Any]) -> None:
    if listener not in listeners:
        listeners.append(listener)


def ready(db: Session, sitting: Sitting, now: datetime) -> None:
    """A sitting was made ready: give it its terms, if its exam is watched."""
    watch(db, sitting, now)


def consent_barriers(db: Session, sitting_ids: Collection[int], now: datetime) -> Mapping[int, Refusal]:
    """Sittings whose candidates have not answered about the camera, or wait for a human.

    The terms are taken anew here, for the last time: from the start on they stay.
    """
    sittings = db.exec(select(Sitting).where(col(Sitting.id).in_(set(sitting_ids)))).all()
    return service_consent.bars(db, watch_many(db, sittings, now).values())


def consent_part(db: Session, exam: Exam) -> tuple[str, dict[str, Any]] | None:
    """On the paper's page of an exam with a camera: taking the consent back."""
    if service_policy.settings_of(db, exam.id or 0).level not in CAMERA_LEVELS:
        return None
    return "proctor/_consent_part.html", {"script": "proctor/withdraw.js"}


def consent_steps(db: Session, request: Request, sitting: Sitting, now: datetime) -> list[Step]:
    """What was granted, the answer about the camera, and on the way by a human their check."""
    terms = watched(db, sitting.id or 0)
    if terms is None or terms.level == "none":
        return []
    granted = [] if not terms.accommodations else [_granted(terms)]
    if terms.level in CAMERA_LEVELS:
        page = str(request.app.url_path_for("proctoring_consent", sitting_id=sitting.id))
        return [*granted, *_camera_steps(db, terms, page)]
    about = str(request.app.url_path_for("proctoring_about"))
    text = gettext("答卷页面会记录切换窗口、退出全屏、复制等操作，由人查看后才作判断。不使用摄像头。")
    return [*granted, Step(gettext("本场考试有监考"), text, "note", about, gettext("记录什么"))]


def _granted(terms: Terms) -> Step:
    """What the exam office granted, without the reason: the page may be seen by others."""
    names = gettext("、").join(gettext(ACCOMMODATIONS[kind]) for kind in terms.accommodations)
    return Step(gettext("已批准的便利"), gettext("%(names)s。相应的提示不计入。", names=names), "note")


def _camera_steps(db: Session, terms: Terms, page: str) -> list[Step]:
    stand = service_consent.stand_of(db, terms)
    step = consent_rules.next_step(stand)
    title = gettext("摄像头和人脸图像")
    if step == "consent":
        text = gettext("请阅读说明，决定是否同意。不同意也可以考试。")
        return [Step(title, text, "todo", page, gettext("阅读并答复"))]
    if stand.route == "camera":
        return [Step(title, gettext("您已同意使用摄像头。开始以前可以更改。"), "done", page, gettext("查看或更改"))]
    first = [] if "camera-off" in terms.accommodations else [_refused(title, page)]
    return [*first, _human(db, terms.sitting_id, step, page)]


def _refused(title: str, page: str) -> Step:
    text = gettext("您没有同意使用摄像头，由监考人员核验代替，不拍摄画面。开始以前可以更改。")
    return Step(title, text, "done", page, gettext("查看或更改"))


def _human(db: Session, sitting_id: int, step: str, page: str) -> Step:
    title = gettext("由监考人员核验")
    if step == "on":
        return Step(title, gettext("监考人员已核验通过，可以开始。"), "done")
    if step == "later":
        return Step(title, gettext("可以先开始，监考人员会在考试期间或考试后核验。"), "note")
    if step == "wait":
        return Step(title, gettext("监考人员正在处理，通过后就可以开始。"), "waiting", page, gettext("查看进度"))
    check_in = db.get(CheckIn, sitting_id)
    said = check_in.note if check_in and check_in.state == "again" else ""
    text = gettext("不使用摄像头，请监考人员核验后开始。")
    return Step(
        title,
        f"{text}{gettext('监考人员的话：%(note)s', note=said)}" if said else text,
        "todo",
        page,
        gettext("请求核验"),
    )
