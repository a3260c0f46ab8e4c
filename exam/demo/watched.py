"""A watched exam of the demo: somebody writes it now, somebody's sitting waits for a decision, somebody has appealed.

The pictures are drawn, nobody real is on them and no software looked at them: what was noticed is told as a story.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from exam.demo import exams, sitting
from exam.demo.pictures import webcam
from exam.demo.world import Deed, World, minutes
from exam.grading import service_release
from exam.proctor.checkin import steps as checkin_steps
from exam.proctor.consent import service as service_consent
from exam.proctor.consent import steps
from exam.proctor.incidents import rules as incident_rules
from exam.proctor.incidents import service as service_incidents
from exam.proctor.incidents.rules import Noticed
from exam.proctor.models import CheckIn, Proctored
from exam.proctor.models_incidents import Incident
from exam.proctor.policy import rules as policy_rules
from exam.proctor.policy import service as service_policy
from exam.proctor.review import runtime as review_runtime
from exam.proctor.review import service as service_review
from exam.proctor.review import service_appeals, service_comments, service_settling
from exam.proctor.review.service import Verdict
from exam.proctor.terms import watched
from exam.proctor.watching import runtime as watching_runtime
from exam.proctor.watching import service_frames
from exam.scheduling import service as scheduling
from exam.sessions import service as sessions
from exam.sessions.instants import SECOND, micros
from exam.sessions.models import Sitting
from exam.sessions.requests import Note
from exam.vision.frames import clean_frame

OFFICE, PROCTOR, CODE = "registrar1", "proctor1", "REMOTE"
DETECTOR = "demo/1"
FRAMES_EVERY, FRAMES_KEPT = timedelta(seconds=10), 24


@dataclass(frozen=True)
class Sight:
    """Something noticed in a part: from and until which second of the sitting, with the numbers of its words."""

    kind: str
    origin: str
    began: int
    ended: int
    reason: Mapping[str, int]
    figures: int = 1
    """How many people the drawn pictures of that stretch show."""


@dataclass(frozen=True)
class Watched:
    """Somebody who sits the exam: minutes before the present at which they start, and for how many (0: still at it)."""

    who: str
    ago: int
    takes: int
    skill: float
    sights: tuple[Sight, ...] = ()
    comment: str = ""
    decided: str = ""
    appeal: str = ""


DAY = 24 * 60
PARTS: tuple[Watched, ...] = (
    Watched("candidate5", DAY + 140, 11, 0.85),
    Watched(
        "candidate6",
        DAY + 90,
        12,
        0.75,
        (
            Sight("several-faces", "camera", 130, 150, {"hits": 2, "of": 3, "faces": 2}, 2),
            Sight("hidden", "page", 300, 325, {"seconds": 25, "times": 1}),
        ),
        comment="第一次是家人进来送水，已经请他出去了。",
    ),
    Watched(
        "candidate7",
        DAY + 60,
        10,
        0.7,
        (Sight("no-face", "camera", 200, 230, {"hits": 4, "of": 4}, 0),),
        comment="停电，摸黑找充电器。",
        decided="confirmed",
        appeal="当时整栋楼停电，我一直在桌边找充电器，没有离开，供电公司有停电通知。",
    ),
    Watched("candidate9", 9, 0, 0.8),
    Watched(
        "candidate10", 7, 0, 0.6, (Sight("several-faces", "camera", 180, 210, {"hits": 3, "of": 4, "faces": 2}, 2),)
    ),
    Watched("candidate11", 6, 0, 0.7, (Sight("unfocused", "page", 100, 140, {"seconds": 40, "times": 2}),)),
)


def plan(world: World) -> None:
    """The exam is watched from its beginning; each part comes at its time."""
    steps.listen()
    checkin_steps.listen()
    review_runtime.attach(None)
    watching_runtime.listen()
    for part in PARTS:
        world.at(world.now - minutes(part.ago), _sitting(part))


def watch(world: World, at: datetime) -> None:
    """Have the exam watched by camera, with what the form proposes."""
    exam_id = world.exams[exams.institution_of(CODE), CODE]
    service_policy.save(world.db, world.who(OFFICE), exam_id, policy_rules.default("camera"), at)


def _sitting(part: Watched) -> Deed:
    def sit(world: World, at: datetime) -> None:
        person = world.who(part.who)
        exam_id = world.exams[exams.institution_of(CODE), CODE]
        enrolment = exams.enrolment_of(world, exam_id, part.who)
        booking = scheduling.book(world.db, person, enrolment.id or 0, None, at - minutes(5))
        row = sessions.prepare(world.db, booking.id or 0, at - minutes(3))
        sitting_id = row.id or 0
        service_consent.answer(world.db, person.person_id, sitting_id, "given", "zh", at - minutes(2))
        world.db.add(_checked_in(row, at - minutes(1)))
        world.db.flush()
        row = sitting.begin(world, booking.id or 0, at)
        seconds = part.takes * 60 or 15 * 60
        ended = min(at + timedelta(seconds=seconds), world.now)
        sitting.answer(world, row, part.skill, ended, seconds)
        _frames(world, sitting_id, part, at, ended)
        _noticed(world, sitting_id, part.sights, at, ended)
        if part.comment:
            said = service_comments.note_of(world.db, person.person_id, sitting_id, part.comment, None, ended)
            sitting.perform_all(world, [said], ended)
        if part.takes:
            world.at(ended, _ending(part, sitting_id))

    return sit


def _checked_in(row: Sitting, at: datetime) -> CheckIn:
    return CheckIn(sitting_id=row.id or 0, institution_id=row.institution_id, camera_ok_at=at)


def _frames(world: World, sitting_id: int, part: Watched, at: datetime, ended: datetime) -> None:
    """The last pictures of the sitting, and those of what was noticed: a few, as each is a file of the demo."""
    whole = int((ended - at) / FRAMES_EVERY)
    near = {
        number
        for sight in part.sights
        for number in range(sight.began // 10 - 1, sight.ended // 10 + 3)
        if number <= whole
    }
    notes: list[Note] = []
    for number in sorted({*range(max(1, whole - FRAMES_KEPT), whole + 1), *near} - {0, -1}):
        taken = at + number * FRAMES_EVERY
        shown = [sight.figures for sight in part.sights if sight.began <= number * 10 <= sight.ended]
        picture = clean_frame(webcam(world.people[part.who], number, shown[0] if shown else 1))
        said = {
            "number": number,
            "source": "camera",
            "taken": micros(taken) // 1000,
            "picture": world.private.put(picture),
            "size": len(picture),
        }
        notes.append(service_frames.link_of(sitting_id, micros(taken), said, None, ()))
    sitting.perform_all(world, notes, ended)
    # Those that the demo leaves out, to stay small, are not told as missing.
    world.db.get_one(Proctored, sitting_id).held_at = ended


def _noticed(world: World, sitting_id: int, sights: Sequence[Sight], at: datetime, ended: datetime) -> None:
    terms = watched(world.db, sitting_id)
    assert terms is not None
    notes: list[Note] = []
    for sight in sights:
        began, until = micros(at) + sight.began * SECOND, micros(at) + sight.ended * SECOND
        first, last = (sight.began // 10, sight.ended // 10) if sight.origin == "camera" else (None, None)
        for what in ("opened", "closed"):
            change = Noticed(
                what,
                sight.kind,
                sight.origin,
                began,
                until,
                first,
                last,
                sight.reason,
                {},
                DETECTOR if sight.origin == "camera" else "",
            )
            notes += service_incidents.notes_of(terms, [change], until)
    assert all(note.kind in (incident_rules.OPENED, incident_rules.CLOSED) for note in notes)
    sitting.perform_all(world, notes, ended)


def _ending(part: Watched, sitting_id: int) -> Deed:
    def end(world: World, at: datetime) -> None:
        sitting.hand_in(world, world.db.get_one(Sitting, sitting_id), at)
        world.at(at + minutes(1), lambda w, when: _settle(w, sitting_id, when))
        if part.decided:
            world.at(at + minutes(40), _deciding(part, sitting_id))

    return end


def _settle(world: World, sitting_id: int, at: datetime) -> None:
    service_settling.settle(world.db, [sitting_id], at)
    service_release.release_due(world.db, at)


def _deciding(part: Watched, sitting_id: int) -> Deed:
    def decide(world: World, at: datetime) -> None:
        found = select(Incident.id).where(Incident.sitting_id == sitting_id).order_by(col(Incident.id))
        ids = tuple(each for each in world.db.exec(found) if each is not None)
        verdict = Verdict(ids, part.decided, "半分钟画面里没有人，考生说停电，请考务核实。")
        service_review.decide(world.db, world.who(PROCTOR), verdict, at)
        if part.appeal:
            world.at(at + minutes(60), lambda w, when: _appeal(w, part, sitting_id, when))

    return decide


def _appeal(world: World, part: Watched, sitting_id: int, at: datetime) -> None:
    service_appeals.appeal(world.db, world.people[part.who], sitting_id, part.appeal, at)
