"""The world that the permission walk goes through: two institutions with one of everything, people of every role.

Built once, through the models and, for a sitting, the site itself; each case of the walk works on a copy.
"""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, select
from starlette.testclient import TestClient

import exam.tables  # noqa: F401
from exam.accounts.access import SESSION_COOKIE, token_hash
from exam.accounts.messages import Message
from exam.accounts.models import ApiKey, BrowserSession, Institution, PeopleImport, Person, RoleGrant
from exam.accounts.permissions import Role, Scope
from exam.app import create_app
from exam.applications.models import Application, ApplicationPicture
from exam.certificates.models import Certificate, CertificateOrder
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.courses.models import Course, CourseEnrolment
from exam.courseware.models import Caption, CourseChapter, Courseware, Slide
from exam.credits.models import Membership
from exam.credits.models_claims import Claim, ClaimEvidence
from exam.fees.models import Due, FeePayment
from exam.fees.models_cards import CardBatch, Invoice, LearningCard
from exam.grading.models import MarkingTask, Result
from exam.itembank import types
from exam.itembank.models import Bank, Chapter, Item, ItemVersion, Paper, PaperItem, Picture
from exam.learning.models import LearningRun, Quiz
from exam.proctor.models import CameraConsent, CheckIn, ErasureRequest, Frame, Proctored, ProctoringPolicy
from exam.proctor.models_incidents import Appeal, VoidProposal
from exam.scheduling.models import Booking, Enrolment, Exam, ExamPaper
from exam.scheduling.models_notices import CalendarNotice
from exam.seb.models import SebFile, SebKey, SebRequirement
from exam.sessions.models import Sitting, SittingMessage
from exam.settings import Settings
from tests.proctor.conftest import picture

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
SECRET = "walk-secret-" + "x" * 40
CHOICE = {
    "stem": "甲还是乙？",
    "options": [{"id": "aa11", "text": "甲"}, {"id": "bb22", "text": "乙"}],
    "key": "aa11",
}
WRITTEN = {"stem": "简述。", "model_answer": "略"}


@dataclass
class Place:
    """One institution: its objects by the names of path parameters, and the session token of a person of each role."""

    institution_id: int
    code: str
    objects: dict[str, Any] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)
    people: dict[Role, int] = field(default_factory=dict)
    key: str = ""


@dataclass
class World:
    """`theirs` are the personal things of another candidate of the first institution."""

    folder: Path
    here: Place
    there: Place
    theirs: dict[str, Any]

    @contextmanager
    def copy(self, into: Path) -> Iterator[TestClient]:
        """A site of its own on a copy of everything; nobody signed in."""
        shutil.copytree(self.folder, into)
        with _site(into) as client:
            yield client


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, secret_key=SECRET)  # type: ignore[arg-type]


@contextmanager
def _site(folder: Path) -> Iterator[TestClient]:
    app = create_app(_settings(folder), clock=FrozenClock(NOON))
    app.state.jobs.start = app.state.jobs.stop = lambda: None  # the walk alone changes anything
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


def build(folder: Path) -> World:
    """Make the world in `folder`."""
    folder.mkdir()
    database = Database(_settings(folder).effective_database_url)
    SQLModel.metadata.create_all(database.write_engine)
    with database.transaction() as db:
        here, there = _place(db, "HERE"), _place(db, "THERE")
        other, other_token = _person(db, here, Role.CANDIDATE)
        exams = {place.code: (_exam(db, place, "E1"), _exam(db, place, "E2")) for place in (here, there)}
        theirs = _personal(db, here, exams["HERE"], other)
        for place in (here, there):
            place.objects |= _personal(db, place, exams[place.code], place.people[Role.CANDIDATE])
    database.close()
    app = create_app(_settings(folder), clock=FrozenClock(NOON))
    jobs = list(app.state.jobs.jobs.values())
    app.state.jobs.start = app.state.jobs.stop = lambda: None
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        frame = app.state.private.put(picture())
        pictures = {place.code: app.state.objects.put(place.code.encode()) for place in (here, there)}
        for token, objects in ((other_token, theirs), *((p.tokens[Role.CANDIDATE], p.objects) for p in (here, there))):
            _sit(client, token, objects["graded_booking"], submit=True)
            _sit(client, token, objects["booking_id"], submit=False)
        for job in [*jobs, *jobs]:
            job.run(app.state)
        with app.state.database.transaction() as db:
            for place in (here, there):
                _picture(db, place, pictures[place.code])
                _chapter(db, place, pictures[place.code])
                _found(db, place.objects)
            _found(db, theirs)
            for objects in (theirs, here.objects, there.objects):
                db.add(Frame(sitting_id=objects["sitting_id"], number=1, at=0, picture=frame, size=1))
    return World(folder, here, there, theirs)


def csrf(client: TestClient, token: str) -> str:
    """The CSRF token of a sign-in."""
    state: Any = client.app.state  # type: ignore[attr-defined]
    with state.database.reading() as db:
        return str(state.gate.by_token(db, token, NOON).csrf_token)


def send(
    client: TestClient,
    method: str,
    url: str,
    *,
    token: str = "",
    key: str = "",
    form: dict[str, Any] | None = None,
    body: Any = None,
) -> Any:
    """One request, as somebody, with a form or JSON, and the CSRF token where signed in."""
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if token:
        headers["Cookie"] = f"{SESSION_COOKIE}={token}"
        if method != "GET":
            headers["X-CSRF-Token"] = csrf(client, token)
    sent: dict[str, Any] = {"json": body} if body is not None else {"data": form or {}}
    return client.request(method, url, headers=headers, **({} if method == "GET" else sent))


def _add(db: Session, row: Any) -> int:
    db.add(row)
    db.flush()
    return int(row.id)


def _sit(client: TestClient, token: str, booking_id: int, *, submit: bool) -> None:
    opened = send(client, "POST", f"/bookings/{booking_id}/sitting", token=token)
    assert opened.status_code == 303, opened.text
    sitting = opened.headers["location"]
    assert send(client, "POST", f"{sitting}/start", token=token).status_code == 303
    if submit:
        claim = send(client, "POST", f"{sitting}/claim", token=token, body={}).json()["claim"]
        written = [{"slot": slot, "revision": 1, "response": {"text": "答"}} for slot in (1, 2)]
        body = {"claim": claim, "answers": written}
        assert send(client, "POST", f"{sitting}/submit", token=token, body=body).status_code == 200


def _place(db: Session, code: str) -> Place:
    place = Place(_add(db, Institution(code=code, name=f"机构{code}", created_at=NOON)), code)
    for role in Role:
        place.people[role], place.tokens[role] = _person(db, place, role)
    candidate, boss = place.people[Role.CANDIDATE], place.people[Role.ADMINISTRATOR]
    place.key = f"exam_{secrets.token_urlsafe(16)}"
    key = ApiKey(
        institution_id=place.institution_id,
        name="接口",
        prefix="exam_",
        secret_hash=token_hash(place.key),
        scopes=list(Scope),
        created_at=NOON,
        created_by=boss,
    )
    imported = PeopleImport(institution_id=place.institution_id, file_name="人员.xlsx", at=NOON)
    place.objects = {"key_id": _add(db, key), "import_id": _add(db, imported), "person_id": candidate}
    place.objects["institution_id"] = place.institution_id
    place.objects |= _bank(db, place)
    notice = CalendarNotice(
        institution_id=place.institution_id,
        scheme="ptp",
        opens=datetime(2026, 12, 25, 16, tzinfo=UTC),
        closes=datetime(2026, 12, 27, 16, tzinfo=UTC),
        number="1",
        reason="场地",
        recorded_at=NOON,
        recorded_by=boss,
    )
    place.objects["notice_id"] = _add(db, notice)
    return place


def _person(db: Session, place: Place, role: Role) -> tuple[int, str]:
    person = Person(name=f"{place.code}{role}", state="active", applied_to=place.institution_id, created_at=NOON)
    person_id = _add(db, person)
    db.add(RoleGrant(person_id=person_id, institution_id=place.institution_id, role=role, granted_at=NOON))
    return person_id, _session(db, place.institution_id, person_id)[1]


def _session(db: Session, institution_id: int, person_id: int) -> tuple[int, str]:
    token = secrets.token_urlsafe(16)
    row = BrowserSession(
        token_hash=token_hash(token),
        person_id=person_id,
        institution_id=institution_id,
        created_at=NOON,
        last_seen_at=NOON,
        expires_at=NOON + timedelta(hours=12),
        address="walk",
        user_agent="walk",
    )
    return _add(db, row), token


def _bank(db: Session, place: Place) -> dict[str, Any]:
    bank = Bank(institution_id=place.institution_id, code="B", title="题库", delivery="face-to-face", created_at=NOON)
    bank_id = _add(db, bank)
    chapter_id = _add(db, Chapter(bank_id=bank_id, number=1, title="第一章"))
    lines = [
        _item(db, bank_id, chapter_id, n, kind, content)
        for n, (kind, content) in enumerate((("single-choice", CHOICE), ("short-answer", WRITTEN)), 1)
    ]
    papers = {state: _paper(db, place, bank_id, state, lines) for state in ("draft", "published")}
    return {
        "bank": bank_id,
        "chapter": chapter_id,
        "item": lines[0][0],
        "version_number": 1,
        "paper": papers["draft"],
        "published": papers["published"],
    }


def _item(db: Session, bank_id: int, chapter_id: int, n: int, kind: str, content: dict[str, Any]) -> tuple[int, int]:
    common: dict[str, Any] = {"kind": kind, "chapter_id": chapter_id, "difficulty": 3}
    item = Item(bank_id=bank_id, code=f"I{n}", state="ready", keyed=True, updated_at=NOON, **common)
    item_id = _add(db, item)
    version = ItemVersion(
        item_id=item_id,
        number=1,
        content=types.normalise(kind, content),
        semantic_hash=f"{item_id}",
        created_at=NOON,
        **common,
    )
    return item_id, _add(db, version)


def _paper(db: Session, place: Place, bank_id: int, state: str, lines: list[tuple[int, int]]) -> int:
    paper = Paper(
        institution_id=place.institution_id,
        bank_id=bank_id,
        code=state,
        title=state,
        state=state,
        total_marks=Decimal(4),
        created_at=NOON,
    )
    paper_id = _add(db, paper)
    for position, (item_id, version_id) in enumerate(lines, 1):
        line = PaperItem(
            paper_id=paper_id, position=position, item_id=item_id, version_id=version_id, marks=Decimal("2.00")
        )
        _add(db, line)
    return paper_id


def _exam(db: Session, place: Place, code: str) -> int:
    exam = Exam(
        institution_id=place.institution_id,
        code=code,
        title=code,
        scheme="practice",
        state="open",
        duration_minutes=60,
        cut_marks=Decimal(2),
        release_rule="at-once",
        created_at=NOON,
    )
    place.objects["exam_id"] = exam_id = _add(db, exam)
    db.add(ExamPaper(exam_id=exam_id, paper_id=place.objects["published"]))
    _seb(db, place, exam_id)
    return exam_id


def _seb(db: Session, place: Place, exam_id: int) -> None:
    """A configuration and a key that the exam does not ask for yet."""
    boss = place.people[Role.REGISTRAR]
    db.add(SebRequirement(exam_id=exam_id, institution_id=place.institution_id, changed_at=NOON, changed_by=boss))
    db.add(SebFile(exam_id=exam_id, name="E.seb", content=b""))
    key = SebKey(exam_id=exam_id, kind="browser", key="a" * 64, note="3.8", added_at=NOON, added_by=boss)
    place.objects["seb_key"] = _add(db, key)


def _personal(db: Session, place: Place, exams: tuple[int, int], person_id: int) -> dict[str, Any]:
    """What belongs to one candidate: a spare sign-in, an exam that is over and one under way."""
    objects: dict[str, Any] = {"session_id": _session(db, place.institution_id, person_id)[0]}
    for exam_id, prefix in zip(exams, ("graded_", ""), strict=True):
        enrolment = Enrolment(
            institution_id=place.institution_id, exam_id=exam_id, person_id=person_id, enrolled_at=NOON
        )
        enrolment_id = _add(db, enrolment)
        booking = Booking(institution_id=place.institution_id, enrolment_id=enrolment_id, chance=1, booked_at=NOON)
        objects[f"{prefix}enrolment" if prefix else "enrolment_id"] = enrolment_id
        objects[f"{prefix}booking" if prefix else "booking_id"] = _add(db, booking)
    objects["certificate_id"] = _certificate(db, place, person_id)
    member = Membership(institution_id=place.institution_id, person_id=person_id, scheme="changzhou", created_at=NOON)
    _add(db, member)
    message = Message(institution_id=place.institution_id, person_id=person_id, code="walk", at=NOON)
    objects["message_id"] = _add(db, message)
    objects["claim_id"], objects["evidence_id"] = _claim(db, place, person_id)
    objects |= _application(db, place, person_id)
    learned = _learning(db, place, person_id)
    return objects | _course(db, place, person_id) | learned | _fees(db, place, person_id)


def _application(db: Session, place: Place, person_id: int) -> dict[str, Any]:
    row = Application(
        institution_id=place.institution_id,
        person_id=person_id,
        scheme="ptp",
        scheme_version="2023-01-01",
        track="officer",
        state="sent",
        answers={"name": "甲"},
        consented_at=NOON,
        signed_name="甲",
        signed_at=NOON,
        sent_at=NOON,
        created_at=NOON,
    )
    application_id = _add(db, row)
    picture = ApplicationPicture(
        application_id=application_id, kind="photo", sha256="0" * 64, media_type="image/png", added_at=NOON
    )
    return {"application_id": application_id, "picture_id": _add(db, picture)}


def _course(db: Session, place: Place, person_id: int) -> dict[str, Any]:
    course = Course(
        institution_id=place.institution_id,
        code=f"C{person_id}",
        title="课程",
        scheme="changzhou",
        category="public",
        hours=Decimal(24),
        delivery="online",
        state="open",
        opened=True,
        created_at=NOON,
    )
    place.objects["course_id"] = course_id = _add(db, course)
    selection = CourseEnrolment(
        institution_id=place.institution_id,
        course_id=course_id,
        person_id=person_id,
        scheme_version="2011-03-01",
        selected_at=NOON,
    )
    return {"selection_id": _add(db, selection)}


def _learning(db: Session, place: Place, person_id: int) -> dict[str, Any]:
    """Another course, learned to its exercise."""
    digest = hashlib.sha256(place.code.encode()).hexdigest()
    common: dict[str, Any] = {"institution_id": place.institution_id}
    more = {"scheme": "changzhou", "category": "public", "hours": Decimal(24), "delivery": "online", "state": "open"}
    course_id = _add(db, Course(**common, code=f"L{person_id}", title="课件", opened=True, created_at=NOON, **more))
    here = {**common, "course_id": course_id}
    db.add(Courseware(**here, state="published", exercise_items=1, created_at=NOON))
    film = {"kind": "video", "length_ms": 60_000, "sha256": digest, "media_type": "video/webm"}
    chapter_id = _add(db, CourseChapter(**here, number=1, title="第一章", points=[60_000], **film))
    db.add(Slide(chapter_id=chapter_id, number=1, sha256=digest, media_type="image/png", ms=30_000))
    db.add(Caption(chapter_id=chapter_id, language="zh", text="WEBVTT"))
    mine = {**here, "person_id": person_id}
    selection_id = _add(db, CourseEnrolment(**mine, scheme_version="2011-03-01", selected_at=NOON))
    run = LearningRun(**mine, selection_id=selection_id, state="exercise", seed="s", started_at=NOON)
    quiz = Quiz(run_id=_add(db, run), state="waiting", accuracy=60, seconds=0)
    return {"learn_selection": selection_id, "learn_chapter": chapter_id, "quiz_id": _add(db, quiz)}


def _fees(db: Session, place: Place, person_id: int) -> dict[str, Any]:
    here: dict[str, Any] = {"institution_id": place.institution_id}
    person: dict[str, Any] = {**here, "person_id": person_id}
    yuan = Decimal(50)
    due = Due(
        **person,
        scheme="changzhou",
        scheme_version="2011-03-01",
        per="enrolment",
        subject_kind="manual",
        subject_id=0,
        title="课程",
        unit_yuan=yuan,
        amount=yuan,
        created_at=NOON,
    )
    boss = place.people[Role.REGISTRAR]
    batch = CardBatch(**here, scheme="changzhou", unit="yuan", value=yuan, count=1, made_at=NOON, made_by=boss)
    place.objects["batch_id"] = batch_id = _add(db, batch)
    card = LearningCard(**here, batch_id=batch_id, number=1, salt="0" * 32, code_hash=f"{person_id:064d}")
    place.objects["card_id"] = _add(db, card)
    payment = FeePayment(
        **person,
        gateway="card",
        unit="yuan",
        value=yuan,
        paid_on=NOON.date(),
        scheme="changzhou",
        recorded_at=NOON,
        recorded_by=boss,
        voucher=hashlib.sha256(place.code.encode()).hexdigest(),
        voucher_type="image/png",
    )
    invoice = Invoice(**person, title="个人", kind="electronic", email="a@b.cn", amount=yuan, asked_at=NOON)
    return {"due_id": _add(db, due), "payment_id": _add(db, payment), "invoice_id": _add(db, invoice)}


def _claim(db: Session, place: Place, person_id: int) -> tuple[int, int]:
    claim = Claim(
        institution_id=place.institution_id,
        person_id=person_id,
        scheme="changzhou",
        scheme_version="2011-03-01",
        kind="activity",
        row="patent",
        variant="invention",
        title="发明专利",
        on=NOON.date(),
        year=NOON.year,
        stated={"quantity": "1", "rank": 1, "filed_on": None, "confirmed": [], "numbers": {}},
        hours=Decimal(30),
        state="sent",
        created_at=NOON,
        created_by=person_id,
        sent_at=NOON,
    )
    claim_id = _add(db, claim)
    file = ClaimEvidence(
        claim_id=claim_id,
        kind="patent-certificate",
        name="a.png",
        sha256=hashlib.sha256(place.code.encode()).hexdigest(),
        media_type="image/png",
        size=4,
        added_at=NOON,
        added_by=person_id,
    )
    return claim_id, _add(db, file)


def _certificate(db: Session, place: Place, person_id: int) -> int:
    order = CertificateOrder(institution_id=place.institution_id, ordered_at=NOON, total=1, done_at=NOON)
    place.objects["order_id"] = order_id = _add(db, order)
    certificate = Certificate(
        institution_id=place.institution_id,
        person_id=person_id,
        scheme="changzhou",
        scheme_version="2011-03-01",
        kind="public-subject",
        basis=f"walk:{person_id}",
        title="公共科目合格证",
        state="issued",
        due_on=NOON.date(),
        counted_from=NOON.date(),
        number=f"CZ-2026-{person_id:06d}",
        name="持证人",
        token=secrets.token_urlsafe(24),
        issued_on=NOON.date(),
        issued_at=NOON,
        order_id=order_id,
        created_at=NOON,
    )
    return _add(db, certificate)


def _picture(db: Session, place: Place, digest: str) -> None:
    picture = Picture(
        institution_id=place.institution_id,
        sha256=digest,
        media_type="image/png",
        width=1,
        height=1,
        size=1,
        created_at=NOON,
        created_by=place.people[Role.ITEM_WRITER],
    )
    db.add(picture)
    place.objects["sha256"] = digest


def _chapter(db: Session, place: Place, digest: str) -> None:
    """A chapter with something of everything that has an address."""
    here: dict[str, Any] = {"institution_id": place.institution_id, "course_id": place.objects["course_id"]}
    db.add(Courseware(**here, created_at=NOON))
    chapter = CourseChapter(
        **here, number=1, title="第一章", kind="video", length_ms=60_000, sha256=digest, media_type="video/webm"
    )
    place.objects["chapter_id"] = chapter_id = _add(db, chapter)
    slide = Slide(chapter_id=chapter_id, number=1, sha256=digest, media_type="image/png", ms=30_000)
    place.objects["slide_number"] = _add(db, slide) and slide.number
    db.add(Caption(chapter_id=chapter_id, language="zh", text="WEBVTT"))


def _watched(db: Session, sitting_id: int) -> int:
    """Has the sitting be one that is watched by camera, with its candidate's consent; a request to delete pictures."""
    sitting = db.get_one(Sitting, sitting_id)
    here: dict[str, Any] = {"institution_id": sitting.institution_id, "sitting_id": sitting_id}
    policy = ProctoringPolicy(
        exam_id=sitting.exam_id, institution_id=sitting.institution_id, level="camera", changed_at=NOON, changed_by=1
    )
    terms = {**policy.model_dump(exclude={"changed_at"}), "chosen": [], "accommodations": []}
    db.add(Proctored(**here, exam_id=sitting.exam_id, made_at=NOON, terms=terms))
    answer: dict[str, Any] = {"answer": "given", "text_version": "1", "locale": "zh", "at": NOON}
    db.add(CameraConsent(**here, person_id=sitting.person_id, **answer))
    db.add(CheckIn(**here, state="waiting", sent_at=NOON))
    return _add(db, ErasureRequest(**here, person_id=sitting.person_id, asked_at=NOON))


def _reviewed(db: Session, sitting_id: int) -> dict[str, int]:
    """A proposal to void a sitting and an appeal, both open."""
    sitting = db.get_one(Sitting, sitting_id)
    here: dict[str, Any] = {"institution_id": sitting.institution_id, "sitting_id": sitting_id}
    proposal = VoidProposal(**here, reason="冒名", proposed_by=sitting.person_id, proposed_at=NOON)
    appeal = Appeal(**here, person_id=sitting.person_id, text="不是我", made_at=NOON)
    return {"proposal_id": _add(db, proposal), "appeal_id": _add(db, appeal)}


def _found(db: Session, objects: dict[str, Any]) -> None:
    """The ids of what the site made: sittings, the result, the marking task."""
    for name, booking in (("sitting_id", "booking_id"), ("graded_sitting", "graded_booking")):
        objects[name] = db.exec(select(Sitting.id).where(Sitting.booking_id == objects[booking])).one()
    told = db.get_one(Sitting, objects["sitting_id"])
    message = SittingMessage(
        sitting_id=objects["sitting_id"], kind="message", text="请坐正", sent_by=told.person_id, sent_at=NOON
    )
    objects["sitting_message"] = _add(db, message)
    objects["erasure_id"] = _watched(db, told.id or 0)
    objects |= _reviewed(db, told.id or 0)
    graded = objects["graded_sitting"]
    objects["result_id"] = db.exec(select(Result.id).where(Result.sitting_id == graded)).first()
    objects["task_number"] = db.exec(select(MarkingTask.number).where(MarkingTask.sitting_id == graded)).first()
