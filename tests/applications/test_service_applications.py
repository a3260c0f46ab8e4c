"""Applications on both databases: one at a time, decided as seen, pictures that go with the transaction or stay."""

from datetime import timedelta

import cv2
import numpy as np
import pytest
from sqlmodel import select

from exam.accounts.messages import Message
from exam.accounts.permissions import Role
from exam.applications import queries, rules, service, service_office, service_retention
from exam.applications.models import Application, ApplicationPicture
from exam.core import keeping
from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.objects import ObjectStore
from tests.applications.test_rules import WHOLE
from tests.scheduling.making import caller

KINDS = ("photo", "id-front", "id-back", "diploma", "proof")


def picture(number):
    made = np.full((579, 413, 3), (200, 110, 30), np.uint8)
    made[0, 0] = number
    return cv2.imencode(".png", made)[1].tobytes()


class Place:
    """A candidate, an office, somebody of another institution, and a store of pictures."""

    def __init__(self, world, folder):
        here, there = world.institution(), world.institution()
        self.database, self.clock, self.here = world.database, world.clock, here
        self.me = caller(world.person(here, Role.CANDIDATE, name="王小明"), here, Role.CANDIDATE)
        self.other = caller(world.person(here, Role.CANDIDATE), here, Role.CANDIDATE)
        self.office = caller(world.person(here, Role.REGISTRAR), here, Role.REGISTRAR)
        self.stranger = caller(world.person(there, Role.REGISTRAR), there, Role.REGISTRAR)
        self.store = ObjectStore(folder)

    @property
    def now(self):
        return self.clock.now()

    def do(self, call, *args, **more):
        with self.database.transaction() as db:
            return call(db, *args, **more)

    def files(self):
        return {path.name for path in self.store.folder.glob("??/*")}

    def begin(self, track="officer"):
        return self.do(service.begin, self.me, "ptp", track, self.now).id

    def upload(self, found, kind, number=0):
        return self.do(service.add_picture, self.store, self.me, found, kind, picture(number), None, self.now)

    def sent(self, track="officer", kinds=KINDS):
        found = self.begin(track)
        self.do(service.consent, self.me, found, self.now)
        for number, kind in enumerate(kinds):
            self.upload(found, kind, number)
        self.do(service.save, self.me, found, WHOLE)
        self.do(service.send, self.me, found, "王小明", True, self.now)
        return found

    def decide(self, found, decision, reason="", proof=False, **more):
        return self.do(service_office.decide, self.office, found, decision, reason, proof, self.now, **more)

    def row(self, found):
        with self.database.reading() as db:
            return db.get_one(Application, found)

    def refusal(self, track="officer"):
        with self.database.reading() as db:
            found = queries.entry_refusal(db, self.here, self.me.person_id, "ptp", track, self.now)
        return found.code if found else None


@pytest.fixture
def place(world, tmp_path):
    return Place(world, tmp_path / "pictures")


def refused(call, *args, **more):
    with pytest.raises(Refused) as error:
        call(*args, **more)
    return error.value.refusal.code


def test_one_open_application_a_track(place):
    first = place.begin()
    assert place.begin() == first and place.begin("chief") != first
    with pytest.raises(Invalid):
        place.begin("nothing")
    with pytest.raises(NotFound):
        place.do(service.begin, place.me, "changzhou", "", place.now)


def test_approved_holds_and_only_for_its_track_and_person(place):
    found = place.sent()
    place.decide(found, "approve", proof=True)
    assert place.refusal() is None and place.refusal("chief") == "application-missing"
    with place.database.reading() as db:
        assert queries.entry_refusal(db, place.here, place.other.person_id, "ptp", "officer", place.now)
        elsewhere = place.stranger.institution_id
        assert queries.entry_refusal(db, elsewhere, place.me.person_id, "ptp", "officer", place.now)
        assert not queries.proof_accepted(db, elsewhere, place.me.person_id, "ptp", "officer")
        assert queries.photo_of(db, elsewhere, place.me.person_id, "ptp") is None
        told = [message.code for message in db.exec(select(Message))]
    assert "application-approved" in told
    place.do(service.withdraw, place.store, place.me, found, place.now)
    assert place.refusal() == "application-missing" and not place.files()


def test_others_can_do_nothing(place):
    found = place.sent()
    for call, args in (
        (service.withdraw, (place.store, place.other, found, place.now)),
        (service_retention.erase, (place.store, place.other, found, place.now)),
        (service.save, (place.other, found, WHOLE)),
        (service_office.decide, (place.stranger, found, "approve", "", False, place.now)),
    ):
        with pytest.raises(NotFound):
            place.do(call, *args)
    assert place.row(found).state == "sent"


def test_what_was_not_seen_is_not_decided(place):
    found = place.sent()
    seen = rules.edition("sent", place.row(found).sent_at)
    place.decide(found, "return", "照片太旧", seen=seen)
    place.clock.advance(timedelta(minutes=1))
    place.upload(found, "photo", 9)
    place.do(service.send, place.me, found, "王小明", True, place.now)
    assert refused(place.decide, found, "approve", seen=seen) == "application-changed"
    newer = rules.edition("sent", place.row(found).sent_at)
    place.decide(found, "approve", seen=newer)
    assert refused(place.decide, found, "refuse", "迟到的决定", seen=newer) == "application-changed"
    assert place.row(found).state == "approved"


def test_a_proof_that_did_not_come_is_not_accepted(place):
    found = place.sent(kinds=KINDS[:-1])
    place.decide(found, "approve", proof=True)
    assert not place.row(found).proof_accepted


def test_a_failed_upload_leaves_the_picture_before(place, monkeypatch):
    found = place.begin()
    place.do(service.consent, place.me, found, place.now)
    before = place.upload(found, "photo", 1).sha256

    def failing(*_args, **_more):
        raise RuntimeError("disk")

    monkeypatch.setattr("exam.accounts.deeds.record_by", failing)
    with pytest.raises(RuntimeError):
        place.upload(found, "photo", 2)
    monkeypatch.undo()
    assert place.store.get(before)
    with place.database.reading() as db:
        kept = db.exec(select(ApplicationPicture)).one()
    assert kept.sha256 == before and kept.deleted_at is None


def test_the_same_picture_again_stays(place):
    found = place.begin()
    place.do(service.consent, place.me, found, place.now)
    for _ in range(2):
        digest = place.upload(found, "photo", 1).sha256
    assert place.files() == {digest}


def test_deleted_at_the_candidate_s_request(place):
    found = place.sent()
    erase = service_retention.erase
    assert refused(place.do, erase, place.store, place.me, found, place.now) == "application-nothing-to-erase"
    place.decide(found, "approve")
    assert set(place.do(erase, place.store, place.me, found, place.now)) == set(KINDS) - {"photo"}
    assert len(place.files()) == 1 and place.refusal() is None
    with place.database.reading() as db:
        assert queries.photo_of(db, place.here, place.me.person_id, "ptp") in place.files()
        deeds = {row.action for row in db.exec(select(AuditEvent))}
    assert "application.erase" in deeds
    place.decide(found, "refuse", "材料不实")
    assert place.do(erase, place.store, place.me, found, place.now) == ["photo"]
    assert not place.files() and place.refusal() == "application-refused"


@pytest.mark.parametrize(
    ("decision", "days", "left"),
    [
        ("refuse", 89, 5),
        ("refuse", 90, 0),
        ("approve", 90, 1),
        ("approve", 400, 0),
        ("return", 179, 5),
        ("return", 180, 0),
        (None, 4000, 5),
    ],
)
def test_when_the_time_is_over(place, decision, days, left):
    found = place.sent()
    if decision:
        place.decide(found, decision, "理由")
    later = place.now + timedelta(days=days)
    gone = service_retention.delete_old_pictures(place.database, place.store, later)
    assert (gone, len(place.files())) == (5 - left, left)
    assert service_retention.delete_old_pictures(place.database, place.store, later) == 0
    with place.database.reading() as db:
        rows = db.exec(select(ApplicationPicture)).all()
        noted = [row for row in db.exec(select(AuditEvent)) if row.action == "application.expire"]
    assert sum(row.deleted_at == later for row in rows) == gone and len(rows) == 5
    assert len(noted) == (1 if gone else 0)


def test_a_database_that_knows_no_picture_deletes_none(place):
    place.store.put(b"of another database")
    assert keeping.sweep(place.database, place.store, place.now.replace(year=2100)) == 0
    assert len(place.files()) == 1


def test_the_queue_by_state_track_and_name(place):
    found = place.sent()
    place.sent("chief")

    def listed(**filters):
        with place.database.reading() as db:
            return [row.id for row, _, _ in queries.queue(db, place.office, filters).rows]

    assert len(listed()) == 2 and listed(project="ptp/officer") == [found]
    assert listed(state="approved") == [] and listed(q="%") == [] and len(listed(q="小明")) == 2
    with place.database.reading() as db:
        assert queries.queue(db, place.stranger, {}).total == 0
    place.do(service.withdraw, place.store, place.me, found, place.now)
    with place.database.reading() as db:
        photos = {row.state: photo for row, _, photo in queries.queue(db, place.office, {}).rows}
    assert photos == {"sent": "uncounted", "withdrawn": ""}  # no photo is never one without faults
