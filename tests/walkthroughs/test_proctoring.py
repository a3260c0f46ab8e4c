"""A watched exam from its end on: flagged, held, decided, released; confirmed, voided by two, appealed, restored.

Everything goes through the pages, as proctor, exam office and candidate use them.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from exam.accounts.models import RoleGrant
from exam.accounts.permissions import Role
from exam.certificates.models import Certificate
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.credits.queries_ledger import entries
from exam.grading import jobs
from exam.grading.models import Result
from exam.grading.service_credit import credit_results
from exam.proctor.models import Proctored
from exam.proctor.models_incidents import Appeal, Incident, VoidProposal
from exam.proctor.review import jobs as jobs_review
from exam.scheduling.models import Booking
from exam.sessions import service
from exam.sessions.models import Sitting
from tests.conftest import Client, World
from tests.credits.making import confirmed, token
from tests.grading.build import Built, build, sat, single

TERMS = {
    "level": "camera",
    "interval_seconds": 5,
    "chosen": ["away", "several-faces"],
    "accommodations": [],
    "identity": "none",
    "hold_results": True,
    "keep_days": 90,
    "appeal_days": 10,
    "blind_share": 0,
}


@dataclass
class Case:
    """A passed, watched sitting with one stretch that the camera flagged, and browsers of everybody."""

    world: World
    built: Built
    sitting: int
    person: int
    incident: int
    candidate: Client
    proctor: Client
    office: Client
    colleague: Client
    staff: tuple[int, int]

    @property
    def database(self) -> Database:
        return self.world.database

    @property
    def clock(self) -> FrozenClock:
        return self.world.clock

    def work(self) -> None:
        """What runs beside the requests."""
        jobs_review.run(self.world.app.state)
        jobs.grade_pending(self.database, self.clock)
        jobs.release_what_is_due(self.database, self.clock)
        assert credit_results(self.database, self.clock.now())

    def later(self, by: timedelta = timedelta(minutes=10)) -> None:
        self.clock.advance(by)
        self.work()

    def next_day(self, days: int) -> None:
        """Days go by; everybody signs in again."""
        self.clock.advance(timedelta(days=days))
        again, institution = self.world.client, self.built.institution_id
        self.candidate = again(self.person, institution)
        self.office, self.colleague = (again(person, institution) for person in self.staff)

    def stand(self) -> tuple[str, str, bool, Decimal, list[str]]:
        """The sitting's state, its result's, whether it is public, the hours of its candidate, their certificates."""
        with self.database.reading() as db:
            result = db.exec(select(Result).where(Result.sitting_id == self.sitting, Result.current)).one()  # type: ignore[arg-type]
            hours = sum((row.hours for row in entries(db, self.built.institution_id, self.person)), Decimal(0))
            certificates = [each.state for each in db.exec(select(Certificate).where(Certificate.state != "withdrawn"))]
            public = result.released_at is not None and result.state == "final"
            assert service.check_log(db, self.sitting) is None
            return db.get_one(Sitting, self.sitting).state, result.state, public, hours, certificates

    def decide(self, state: str, note: str = "", who: Client | None = None) -> Any:
        data = {"incident": str(self.incident), "state": state, "note": note}
        return (who or self.proctor).post("/proctoring/review", data=data)


@pytest.fixture
def case(database: Database, world: World, clock: FrozenClock) -> Case:
    with database.transaction() as db:
        built = build(db, [single()], cut="2")
    sitting_id = sat(database, built, [{"choice": "aa"}])
    with database.transaction() as db:
        sitting = db.get_one(Sitting, sitting_id)
        person = sitting.person_id
        db.add(
            RoleGrant(person_id=person, institution_id=built.institution_id, role="candidate", granted_at=clock.now())
        )
        here = {"institution_id": built.institution_id, "sitting_id": sitting_id}
        db.add(Proctored(**here, exam_id=built.exam_id, terms=TERMS, made_at=clock.now()))
        began = sitting.submitted_at - timedelta(minutes=20) if sitting.submitted_at else clock.now()
        row = Incident(
            **here,
            kind="several-faces",
            origin="camera",
            severity=3,
            began_at=began,
            ended_at=began + timedelta(seconds=9),
            reason={"faces": 2, "hits": 3, "of": 4},
            detector="yunet-test",
            noted_at=began,
        )
        db.add(row)
        db.flush()
        incident = row.id or 0
    first, second = (world.person(built.institution_id, Role.REGISTRAR) for _ in range(2))
    office = [world.client(person, built.institution_id) for person in (first, second)]
    proctor = world.signed_in(Role.PROCTOR, institution_id=built.institution_id)
    candidate = world.client(person, built.institution_id)
    return Case(world, built, sitting_id, person, incident, candidate, proctor, *office, (first, second))


def test_flagged_held_decided_released(case: Case) -> None:
    case.work()
    assert case.stand() == ("submitted", "final", False, 0, [])
    case.later()
    assert case.stand()[2] is False, "the job releases nothing that is held"

    page = case.candidate.get(f"/results/{case.sitting}").text
    assert "正在复核" in page and "合格线" not in page
    for accusing in ("违规", "作弊", "2 张脸"):
        assert accusing not in page
    own = case.candidate.get(f"/sittings/{case.sitting}/incidents").text
    assert "2 张脸" in own and "等待工作人员查看" in own and "yunet" not in own
    assert "提出申诉" not in own

    refused = case.office.post(f"/releases/{case.built.exam_id}/release", data={"window": window(case)})
    assert refused.status_code == 409 and "还在复核" in refused.text
    with case.database.reading() as db:
        result_id = db.exec(select(Result.id)).one()
    assert case.office.post(f"/sheets/results/{result_id}/release").status_code == 409
    assert "其中 1 份正在复核" in case.office.get("/releases").text

    queue = case.proctor.get("/proctoring/review").text
    assert "1 次考试，1 段等待判定" in queue
    assert case.decide("confirmed").status_code == 422, "a confirmation says why"
    assert case.decide("dismissed").status_code == 303
    assert "没有等待判定的考试" in case.proctor.get("/proctoring/review").text
    case.work()
    state = case.stand()
    assert state[:3] == ("submitted", "final", True) and state[3] == 24 and state[4] == ["due"]
    assert "合格线" in case.candidate.get(f"/results/{case.sitting}").text
    with case.database.reading() as db:
        assert db.exec(select(Booking.state)).one() == "passed"


def window(case: Case) -> str:
    with case.database.reading() as db:
        found = db.exec(select(Result.window_opens)).one()
    return found.isoformat() if found else ""


def voided(case: Case) -> None:
    """Confirmed, released, proposed by the proctor, carried out by the exam office."""
    case.later()
    assert case.decide("confirmed", "身旁有人递纸条").status_code == 303
    case.work()
    assert case.stand()[2:] == (True, 24, ["due"]), "what is confirmed is decided: nothing keeps the result back"
    proposed = case.proctor.post(f"/proctoring/sittings/{case.sitting}/void-proposals", data={"reason": "有人协助"})
    assert proposed.status_code == 303
    done = confirmed(case.office, f"/proctoring/void-proposals/{proposal(case)}/carry-out", {})
    assert done.status_code == 303
    case.work()
    assert case.stand() == ("void", "void", False, 0, [])


def proposal(case: Case) -> int:
    with case.database.reading() as db:
        return db.exec(select(VoidProposal.id).order_by(VoidProposal.id.desc())).first() or 0  # type: ignore[union-attr]


def test_nobody_voids_alone(case: Case) -> None:
    case.later()
    alone = case.office.post(f"/sittings/{case.sitting}/void", data={"reason": "有人协助"})
    assert alone.status_code == 409 and "两人" in alone.text
    address = f"/proctoring/sittings/{case.sitting}/void-proposals"
    assert case.office.post(address, data={"reason": "有人协助"}).status_code == 409, "nothing is decided yet"
    case.decide("confirmed", "身旁有人", case.office)
    assert case.office.post(address, data={"reason": ""}).status_code == 422
    assert case.office.post(address, data={"reason": "有人协助"}).status_code == 303
    carry_out = f"/proctoring/void-proposals/{proposal(case)}/carry-out"
    assert case.office.post(carry_out).status_code == 409, "the same person"
    assert case.proctor.post(carry_out).status_code == 403, "a proctor has not the say"
    assert case.stand()[0] == "submitted"
    refused = case.colleague.post(f"/proctoring/void-proposals/{proposal(case)}/refuse")
    assert refused.status_code == 303
    assert case.colleague.post(carry_out).status_code == 409, "decided"


def test_a_proposal_keeps_a_result_back_that_is_not_public_yet(case: Case) -> None:
    case.later()
    case.decide("confirmed", "身旁有人")
    case.proctor.post(f"/proctoring/sittings/{case.sitting}/void-proposals", data={"reason": "有人协助"})
    case.work()
    assert case.stand()[2] is False
    assert "等待处理作废建议" in case.office.get(f"/proctoring/sittings/{case.sitting}/review").text
    case.proctor.post(f"/proctoring/void-proposals/{proposal(case)}/refuse")
    case.work()
    assert case.stand()[2] is True


def appeal(case: Case) -> int:
    sent = case.candidate.post(f"/sittings/{case.sitting}/incidents", data={"do": "appeal", "appeal": "递水的是我母亲"})
    assert sent.status_code == 303, sent.text
    with case.database.reading() as db:
        return db.exec(select(Appeal.id)).one() or 0


def test_voided_by_two_appealed_and_restored(case: Case) -> None:
    voided(case)
    with case.database.reading() as db:
        assert db.exec(select(Booking.state)).one() == "void", "the candidate has the chance back"
    home = case.candidate.get("/").text
    assert "已作废，原因：有人协助" in home
    case.next_day(3)
    number = appeal(case)
    again = case.candidate.post(f"/sittings/{case.sitting}/incidents", data={"do": "appeal", "appeal": "再说一遍"})
    assert again.status_code == 409

    page = case.office.get(f"/proctoring/appeals/{number}").text
    assert "作废的考试恢复有效" in page and "递水的是我母亲" in page
    answer = {"decision": "upheld", "answer": "核对录像后成立"}
    shown = case.colleague.post(f"/proctoring/appeals/{number}", data=answer)
    assert shown.status_code == 200 and ">+24<" in shown.text and case.stand()[0] == "void"
    seen = {**answer, "seen": token(shown.text)}
    assert case.colleague.post(f"/proctoring/appeals/{number}", data=seen).status_code == 303
    assert case.stand() == ("submitted", "final", True, 24, ["due"])
    case.work()
    assert case.stand() == ("submitted", "final", True, 24, ["due"]), "posted once"
    with case.database.reading() as db:
        assert db.exec(select(Incident.state)).one() == "dismissed"
        assert db.exec(select(Booking.state)).one() == "passed"
        causes = list(db.exec(select(Result.cause).order_by(Result.number)))  # type: ignore[arg-type]
        assert causes == ["graded", "voided", "restored"]
    told = case.candidate.get("/").text
    assert "考试恢复有效" in told and "核对录像后成立" in told
    assert "核对录像后成立" in case.candidate.get(f"/sittings/{case.sitting}/incidents").text


def test_an_appeal_refused_changes_nothing(case: Case) -> None:
    voided(case)
    number = appeal(case)
    blank = case.office.post(f"/proctoring/appeals/{number}", data={"decision": "refused", "answer": " "})
    assert blank.status_code == 422
    data = {"decision": "refused", "answer": "画面清楚"}
    assert case.office.post(f"/proctoring/appeals/{number}", data=data).status_code == 303
    assert case.office.post(f"/proctoring/appeals/{number}", data=data).status_code == 409
    case.work()
    assert case.stand() == ("void", "void", False, 0, [])
    assert "不成立" in case.candidate.get("/").text


def test_a_chance_that_was_used_again_stays_the_candidates(case: Case) -> None:
    voided(case)
    with case.database.transaction() as db:
        old = db.exec(select(Booking)).one()
        db.add(
            Booking(
                institution_id=old.institution_id,
                enrolment_id=old.enrolment_id,
                chance=old.chance,
                booked_at=case.clock.now(),
                window_opens=old.window_opens,
                window_closes=old.window_closes,
            )
        )
    number = appeal(case)
    assert "考试仍然作废" in case.office.get(f"/proctoring/appeals/{number}").text
    data = {"decision": "upheld", "answer": "成立"}
    assert case.office.post(f"/proctoring/appeals/{number}", data=data).status_code == 303
    assert case.stand()[0] == "void"
    assert "新的机会仍归您" in case.candidate.get("/").text


@pytest.mark.parametrize(("days", "status"), [(10, 303), (11, 409)])
def test_the_time_for_an_appeal(case: Case, days: int, status: int) -> None:
    voided(case)
    case.next_day(days)
    sent = case.candidate.post(f"/sittings/{case.sitting}/incidents", data={"do": "appeal", "appeal": "不同意"})
    assert sent.status_code == status


def test_an_appeal_against_a_confirmation_alone_takes_it_back(case: Case) -> None:
    case.later()
    case.decide("confirmed", "身旁有人")
    number = appeal(case)
    data = {"decision": "upheld", "answer": "是监考人员本人"}
    assert case.office.post(f"/proctoring/appeals/{number}", data=data).status_code == 303
    with case.database.reading() as db:
        assert db.exec(select(Incident.state)).one() == "dismissed"


def test_comments_are_kept_and_bounded(case: Case) -> None:
    address = f"/sittings/{case.sitting}/incidents"
    assert case.candidate.post(address, data={"do": "comment", "comment": "停电了\n十分钟"}).status_code == 303
    assert case.candidate.post(address, data={"do": "comment", "comment": " "}).status_code == 422
    assert case.candidate.post(address, data={"do": "comment", "comment": "x" * 501}).status_code == 422
    about = {"text": "又停电了", "incident": case.incident}
    said = case.candidate.post(f"/sittings/{case.sitting}/comments", json=about)
    assert [each["text"] for each in said.json()["comments"]] == ["停电了\n十分钟", "又停电了"]
    assert case.candidate.post(f"/sittings/{case.sitting}/comments", json=["x"]).status_code == 422
    for n in range(28):
        case.candidate.post(f"/sittings/{case.sitting}/comments", json={"text": f"{n}"})
    assert case.candidate.post(f"/sittings/{case.sitting}/comments", json={"text": "31"}).status_code == 409
    page = case.proctor.get(f"/proctoring/sittings/{case.sitting}/review").text
    assert "停电了" in page
    with case.database.reading() as db:
        assert service.check_log(db, case.sitting) is None


def test_blind_stretches_never_show_to_the_candidate_and_look_like_others_to_the_reviewer(case: Case) -> None:
    case.later()
    with case.database.transaction() as db:
        one = db.get_one(Incident, case.incident)
        values = one.model_dump(exclude={"id", "kind", "origin", "reason"})
        db.add(Incident(**values, kind="blind", origin="blind", reason={"light": "ok"}))
    page = case.proctor.get("/proctoring/review").text
    assert "请看一看这一段" in page and "随机抽取" not in page
    data = case.candidate.get(f"/sittings/{case.sitting}/incidents/data").json()
    assert len(data["incidents"]) == 1
    case.decide("dismissed")
    case.work()
    assert case.stand()[2] is False, "deciding the drawn one counts"
    with case.database.reading() as db:
        drawn = db.exec(select(Incident.id).where(Incident.origin == "blind")).one()
    answer = case.proctor.post(
        "/proctoring/incidents/decide", json={"incidents": [drawn], "state": "dismissed", "note": ""}
    )
    assert answer.json()["decided"][0]["title"] == "没有提示，随机抽取"
    case.work()
    assert case.stand()[2] is True
    assert len(case.candidate.get(f"/sittings/{case.sitting}/incidents/data").json()["incidents"]) == 1


def test_the_report_counts_what_was_decided(case: Case) -> None:
    case.later()
    empty = case.office.get("/proctoring/report?start=2030-01-01").text
    assert "还没有可以统计的考试" in empty
    case.decide("dismissed")
    page = case.office.get("/proctoring/report").text
    assert "100.0%" in page and "(20.7–100.0%)" in page
    file = case.office.get("/proctoring/report.csv")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[1] == "all,,1,1,1.0000,0.2065,1.0000,1,1,1.0000,0.2065,1.0000,0,0,,,,0"
    assert any(line.startswith("detector,yunet-test,") for line in lines)
