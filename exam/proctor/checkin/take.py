"""What a check-in page or a phone sends, taken in: the same for both, whoever proved how that they may.

Pictures are judged by their bytes and looked at before anything is written; every function here is called outside a
transaction and opens its own.
"""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from exam.core import web
from exam.core.errors import Invalid, Problem, Refused
from exam.core.i18n import gettext
from exam.proctor.checkin import look as checkin_look
from exam.proctor.checkin import rules as checkin_rules
from exam.proctor.checkin import service as service_checkin
from exam.proctor.checkin import service_identity
from exam.proctor.checkin.service import Case
from exam.vision import pictures
from exam.vision.advice import advise
from exam.vision.frames import clean_frame, decode_frame
from exam.vision.observation import Baseline, Observation
from exam.vision.observe import baseline_from_json
from exam.vision.pictures import BadPicture


@dataclass(frozen=True)
class Sender:
    """Whose check-in it is: a signed-in candidate's, or that of a phone's link (`person_id` None)."""

    sitting_id: int
    person_id: int | None
    source: str


def reading(request: Request, sender: Sender) -> Case:
    """The case as it stands. Raises NotFound."""
    with web.reading(request) as db:
        return service_checkin.find(db, sender.sitting_id, sender.person_id)


def try_picture(request: Request, sender: Sender) -> dict[str, Any]:
    """Look at one frame (the body) and tell; nothing is kept. Raises Refused, Invalid, TooMany, Busy."""
    case = reading(request, sender)
    service_checkin.check_look(case)
    checkin_look.count(request.app.state, sender.sitting_id)
    data: bytes = getattr(request.state, "body", b"")
    seen = checkin_look.look(request.app.state, [data], baseline_of(case))[0]
    return reply(case, seen)


def reply(case: Case, seen: Observation) -> dict[str, Any]:
    """What a page is told of a frame: `ok` (it would do), `advice` (codes and words), `faces`, `turned`."""
    codes = advise(seen)
    return {
        "ok": not checkin_rules.NOT_YET.intersection(codes),
        "advice": [{"code": code, "text": gettext(f"advice.{code}")} for code in codes],
        "faces": seen.faces,
        "turned": checkin_rules.turned(case.check_in.turn, seen.yaw),
    }


def baseline_of(case: Case) -> Baseline | None:
    """How the face stood in the camera's test, where that could be told."""
    kept = case.check_in.baseline
    return baseline_from_json(kept) if kept else None


def camera_test(request: Request, sender: Sender) -> dict[str, Any]:
    """Take the camera's test from a look of several frames (files `frame`). Raises Refused, Invalid, TooMany, Busy."""
    case = reading(request, sender)
    service_checkin.check_look(case)
    least, most = checkin_rules.BURST
    frames = [_bytes(each) for each in web.form(request).getlist("frame") if isinstance(each, UploadFile)]
    if not least <= len(frames) <= most:
        raise Invalid([Problem("frame", "check-in-burst", {"least": least, "most": most})])
    checkin_look.count(request.app.state, sender.sitting_id, len(frames))
    seen = checkin_look.look(request.app.state, frames)
    with web.transaction(request) as db:
        case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
        passed = service_checkin.camera_tested(db, case, sender.source, seen, web.now(request))
        step = service_checkin.find(db, sender.sitting_id, sender.person_id).step
    return {**reply(case, _worst(seen)), "passed": passed, "step": step}


def _worst(seen: list[Observation]) -> Observation:
    return max(seen, key=lambda each: (bool(checkin_rules.NOT_YET.intersection(advise(each))), len(advise(each))))


def send_identity(request: Request, sender: Sender) -> dict[str, Any]:
    """Take ID card, face and turned head (files `id-card`, `face`, `turn`). Raises Refused, Invalid, TooMany, Busy."""
    case = reading(request, sender)
    refusal = checkin_rules.may_send(case.at, case.started)
    if refusal:
        raise Refused(refusal)
    files = {name: _bytes(_file(request, name)) for name in service_identity.PICTURES}
    checkin_look.count(request.app.state, sender.sitting_id, len(files))
    card = _card(files["id-card"])
    seen = checkin_look.look(request.app.state, [files["face"], files["turn"]], baseline_of(case))
    private = request.app.state.private
    kept = {"id-card": private.put(card)}
    kept |= {name: private.put(clean_frame(decode_frame(files[name]))) for name in ("face", "turn")}
    with web.transaction(request) as db:
        case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
        service_identity.send(db, case, kept, seen[0], seen[1], web.now(request))
        step = service_checkin.find(db, sender.sitting_id, sender.person_id).step
    return {"step": step}


def _file(request: Request, name: str) -> UploadFile:
    found = web.form(request).get(name)
    if not isinstance(found, UploadFile):
        raise Invalid([Problem(name, "check-in-picture-missing")])
    return found


def _bytes(upload: UploadFile) -> bytes:
    """An upload's content, read no further than one byte over what any of our checks lets through."""
    return upload.file.read(pictures.MOST_BYTES + 1)


def _card(data: bytes) -> bytes:
    try:
        return pictures.clean(data).data
    except BadPicture as bad:
        raise Invalid([Problem("id-card", bad.code, bad.params)]) from None


def state_of(request: Request, sender: Sender) -> dict[str, Any]:
    """Where the check-in stands, for a page that waits: `step`, `sitting` (its state), `source`, `number`, `note`."""
    case = reading(request, sender)
    return {
        "step": case.step,
        "sitting": case.sitting.state,
        "source": case.check_in.source,
        "number": case.check_in.number,
        "note": case.check_in.note if case.check_in.state == "again" else "",
        "camera_ok": case.at.camera_ok,
    }


def taken_over(request: Request, sender: Sender) -> None:
    """A phone's picture was taken: from the first on, the phone is the sitting's camera and its page needs none."""
    if reading(request, sender).check_in.source != sender.source:
        with web.transaction(request) as db:
            case = service_checkin.begin(db, sender.sitting_id, sender.person_id, web.now(request))
            service_checkin.take_over(db, case, sender.source, web.now(request))
