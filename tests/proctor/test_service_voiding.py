"""Voiding by two, comments and appeals: on both databases, with the sitting's log whole after each step."""

from datetime import timedelta

import pytest
from sqlmodel import select

from exam.accounts.messages import Message
from exam.accounts.permissions import Role
from exam.core.errors import NotFound, Refused
from exam.proctor.models_incidents import CandidateComment, Incident, VoidProposal
from exam.proctor.review import queries, service_appeals, service_comments, service_voiding
from exam.proctor.review import runtime as review_runtime
from exam.proctor.review.holds import held
from exam.proctor.review.queries import Chosen
from exam.scheduling.models import Booking
from exam.sessions import service, service_adjust, service_supervise, signals
from exam.sessions.models import Sitting
from tests.proctor.conftest import Hall, Room, caller, make_room
from tests.proctor.reviewing import decide, hand_in, incident, settle


@pytest.fixture(autouse=True)
def listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reviewing alone: an app that another test made has grading listen as well."""
    review_runtime.attach(None)
    for heard in ("voided_in", "restored_in"):
        monkeypatch.setattr(signals, heard, [])


@pytest.fixture
def found(hall: Hall) -> Room:
    """A sitting that is over, of which one stretch was confirmed."""
    room = make_room(hall)
    with hall.database.transaction() as db:
        db.add(incident(room))
    hand_in(room)
    settle(room)
    with hall.database.reading() as db:
        number = db.exec(select(Incident.id)).one()
    decide(room, [number or 0], "confirmed", "身旁有人")
    return room


def propose(room: Room) -> int:
    with room.database.transaction() as db:
        return service_voiding.propose(db, room.proctor, room.sitting, "有人协助", room.clock.now()).id or 0


def carry_out(room: Room, proposal: int) -> None:
    with room.database.transaction() as db:
        service_voiding.carry_out(db, room.registrar, proposal, room.clock.now())


def states(room: Room) -> tuple[str, str, str]:
    """Of the sitting, its booking and the incident; the log is whole."""
    with room.database.reading() as db:
        assert service.check_log(db, room.sitting) is None
        sitting = db.get_one(Sitting, room.sitting)
        return sitting.state, db.get_one(Booking, sitting.booking_id).state, db.exec(select(Incident.state)).one()


def test_voided_by_two_and_restored_by_an_appeal(found: Room) -> None:
    proposal = propose(found)
    with found.database.reading() as db:
        assert held(db, [found.sitting])[found.sitting].until == "void"
    carry_out(found, proposal)
    assert states(found) == ("void", "void", "confirmed")
    with found.database.transaction() as db:
        row = service_appeals.appeal(db, found.person, found.sitting, "不是我", found.clock.now())
        number = row.id or 0
    with found.database.transaction() as db:
        service_appeals.uphold(db, found.registrar, number, "成立", found.clock.now())
    assert states(found) == ("submitted", "started", "dismissed")
    with found.database.reading() as db:
        codes = [row.code for row in db.exec(select(Message).order_by(Message.id))]  # type: ignore[arg-type]
        assert codes == ["review-done", "result-voided", "appeal-restored"]
        assert held(db, [found.sitting]) == {}


@pytest.mark.parametrize("upheld", [True, False])
def test_what_the_office_answered_no_proctor_decides_anew(found: Room, upheld: bool) -> None:
    with found.database.transaction() as db:
        number = service_appeals.appeal(db, found.person, found.sitting, "不是我", found.clock.now()).id or 0
    with found.database.transaction() as db:
        answer = service_appeals.uphold if upheld else service_appeals.refuse_appeal
        answer(db, found.registrar, number, "看过了", found.clock.now())
    stands, other = ("dismissed", "confirmed") if upheld else ("confirmed", "dismissed")
    with found.database.reading() as db:
        incident_id = db.exec(select(Incident.id)).one() or 0
    for to in (other, "open", "sent-on"):
        with pytest.raises(Refused, match="incident-appealed"):
            decide(found, [incident_id], to, "我看是")
    assert states(found) == ("submitted", "started", stands)
    decide(found, [incident_id], "open", who=found.registrar)
    with found.database.reading() as db:
        assert queries.counts(db, found.proctor, Chosen()).sittings == 0, "nothing is offered that would be refused"
        assert queries.counts(db, found.registrar, Chosen()).sittings == 1


@pytest.fixture
def ended(hall: Hall) -> Room:
    """A sitting that its proctor ended, nothing confirmed about it: the wrong one."""
    room = make_room(hall)
    with hall.database.transaction() as db:
        service_supervise.end(db, room.proctor, room.sitting, "other", "点错了", hall.clock.now())
    settle(room)
    return room


def standing(room: Room) -> tuple[str, str]:
    """Of the sitting and its booking; the log is whole."""
    with room.database.reading() as db:
        assert service.check_log(db, room.sitting) is None
        sitting = db.get_one(Sitting, room.sitting)
        return sitting.state, db.get_one(Booking, sitting.booking_id).state


def test_ended_by_mistake_is_voided_by_two_without_anything_confirmed(ended: Room) -> None:
    with ended.database.transaction() as db, pytest.raises(Refused, match="void-needs-two"):
        service_adjust.void(db, ended.registrar, ended.sitting, "点错了", ended.clock.now())
    with pytest.raises(Refused, match="void-nothing-confirmed"):
        propose(ended)
    with ended.database.transaction() as db:
        row = service_voiding.propose(db, ended.proctor, ended.sitting, "点错了", ended.clock.now(), "fault")
        number = row.id or 0
    with ended.database.transaction() as db, pytest.raises(Refused, match="void-same-person"):
        service_voiding.carry_out(db, ended.proctor, number, ended.clock.now())
    assert standing(ended) == ("submitted", "started")
    carry_out(ended, number)
    assert standing(ended) == ("void", "void")


def test_a_fault_found_after_handing_in_is_voided_by_two(hall: Hall) -> None:
    room = make_room(hall)
    hand_in(room)
    settle(room)
    with hall.database.transaction() as db:
        row = service_voiding.propose(db, room.proctor, room.sitting, "图没有显示", hall.clock.now(), "fault")
        number = row.id or 0
        [said] = service.newest_links(db, room.sitting, service_voiding.PROPOSED, 1)
        assert said["ground"] == "fault"
    carry_out(room, number)
    assert standing(room) == ("void", "void")


def appealed(room: Room) -> int:
    with room.database.transaction() as db:
        return service_appeals.appeal(db, room.person, room.sitting, "不该结束", room.clock.now()).id or 0


def test_an_upheld_appeal_against_an_end_gives_the_chance_back(ended: Room) -> None:
    number = appealed(ended)
    with ended.database.transaction() as db, pytest.raises(Refused, match="appeal-own-end"):
        service_appeals.uphold(db, ended.proctor, number, "点错了", ended.clock.now(), again=True)
    with ended.database.transaction() as db:
        service_appeals.uphold(db, ended.registrar, number, "点错了", ended.clock.now(), again=True)
    assert standing(ended) == ("void", "void")
    with ended.database.reading() as db:
        codes = [row.code for row in db.exec(select(Message).order_by(Message.id))]  # type: ignore[arg-type]
    assert codes == ["appeal-again"]


def test_a_candidate_who_wants_what_was_saved_to_count_keeps_it(ended: Room) -> None:
    number = appealed(ended)
    with ended.database.transaction() as db:
        service_appeals.uphold(db, ended.registrar, number, "成立", ended.clock.now())
    assert standing(ended) == ("submitted", "started")


def test_what_nobody_ended_is_not_voided_by_an_appeal(found: Room) -> None:
    number = appealed(found)
    with found.database.transaction() as db, pytest.raises(Refused, match="appeal-not-ended"):
        service_appeals.uphold(db, found.registrar, number, "成立", found.clock.now(), again=True)
    assert states(found) == ("submitted", "started", "confirmed")


def test_the_proposer_can_neither_carry_it_out_nor_do_so_after_it_fell(found: Room) -> None:
    proposal = propose(found)
    with pytest.raises(Refused, match="void-proposed"):
        propose(found)
    with found.database.transaction() as db, pytest.raises(Refused, match="void-same-person"):
        service_voiding.carry_out(db, found.proctor, proposal, found.clock.now())
    with found.database.transaction() as db:
        service_voiding.refuse(db, found.registrar, proposal, found.clock.now())
    with pytest.raises(Refused, match="void-decided"):
        carry_out(found, proposal)
    assert states(found)[0] == "submitted"
    assert propose(found) != proposal  # another may be made


def test_what_a_proposal_rests_on_may_fall_meanwhile(found: Room) -> None:
    proposal = propose(found)
    with found.database.reading() as db:
        number = db.exec(select(Incident.id)).one()
    decide(found, [number or 0], "dismissed", "看错了")
    with pytest.raises(Refused, match="void-nothing-confirmed"):
        carry_out(found, proposal)
    decide(found, [number or 0], "open")
    with pytest.raises(Refused, match="void-undecided"):
        carry_out(found, proposal)
    assert states(found)[0] == "submitted"


def test_upholding_makes_an_open_proposal_fall(found: Room) -> None:
    propose(found)
    with found.database.transaction() as db:
        number = service_appeals.appeal(db, found.person, found.sitting, "不是我", found.clock.now()).id or 0
    with found.database.transaction() as db:
        service_appeals.uphold(db, found.registrar, number, "成立", found.clock.now())
    with found.database.reading() as db:
        assert db.exec(select(VoidProposal.carried_out)).one() is False
    assert states(found) == ("submitted", "started", "dismissed")


def test_a_sitting_under_way_is_voided_by_one_and_never_restored(hall: Hall) -> None:
    room = make_room(hall)
    with hall.database.transaction() as db:
        service_adjust.void(db, room.registrar, room.sitting, "停电", hall.clock.now())
    with hall.database.transaction() as db, pytest.raises(Refused, match="restore-not-handed-in"):
        service_adjust.restore(db, room.registrar, room.sitting, "恢复", hall.clock.now())


def test_nobody_else_appeals_or_comments(found: Room) -> None:
    stranger = found.hall.person()
    with found.database.transaction() as db, pytest.raises(NotFound):
        service_appeals.appeal(db, stranger, found.sitting, "我", found.clock.now())
    with found.database.reading() as db, pytest.raises(NotFound):
        service_comments.note_of(db, stranger, found.sitting, "我", None, found.clock.now())


def test_an_appeal_needs_a_decision_and_its_time(hall: Hall) -> None:
    room = make_room(hall)
    with hall.database.transaction() as db, pytest.raises(Refused, match="appeal-while-running"):
        service_appeals.appeal(db, room.person, room.sitting, "不", hall.clock.now())
    hand_in(room)
    with hall.database.transaction() as db, pytest.raises(Refused, match="appeal-nothing-decided"):
        service_appeals.appeal(db, room.person, room.sitting, "不", hall.clock.now())


def test_an_appeal_that_is_too_late(found: Room) -> None:
    found.clock.advance(timedelta(days=11))
    with found.database.transaction() as db, pytest.raises(Refused, match="appeal-too-late"):
        service_appeals.appeal(db, found.person, found.sitting, "不", found.clock.now())


def test_a_comment_is_a_link_and_a_row(hall: Hall) -> None:
    room = make_room(hall)
    with hall.database.reading() as db:
        note = service_comments.note_of(db, room.person, room.sitting, "停电", None, hall.clock.now())
    assert hall.do(note)[0].status == 200
    with hall.database.reading() as db:
        row = db.exec(select(CandidateComment)).one()
        assert (row.sitting_id, row.text, row.at) == (room.sitting, "停电", hall.clock.now())
        assert service.newest_links(db, room.sitting, "comment", 1) == [{"text": "停电", "incident": None}]
        assert service.check_log(db, room.sitting) is None


def test_a_comment_about_somebody_elses_or_a_drawn_stretch_is_refused(hall: Hall) -> None:
    room, other = make_room(hall), make_room(hall)
    with hall.database.transaction() as db:
        for row in (incident(other), incident(room, kind="blind", origin="blind", severity=1)):
            db.add(row)
            db.flush()
            with pytest.raises(NotFound):
                service_comments.note_of(db, room.person, room.sitting, "我", row.id, hall.clock.now())


def test_another_institution_sees_no_proposal(found: Room) -> None:
    proposal = propose(found)
    stranger = caller(found.hall, Role.REGISTRAR)
    elsewhere = type(stranger)(stranger.person_id, "别处", found.hall.institution_id + 1, "别处")
    with found.database.transaction() as db, pytest.raises(NotFound):
        service_voiding.carry_out(db, elsewhere, proposal, found.clock.now())
