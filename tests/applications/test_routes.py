"""An application as people click it: filled, its pictures, signed, returned, corrected, approved, deleted."""

import re
from datetime import timedelta

import cv2
import numpy as np
import pytest
from sqlmodel import select

from exam.accounts.id_number import check_character
from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.applications.models import Application, ApplicationPicture
from exam.applications.queries import entry_refusal, photo_of, proof_accepted
from exam.applications.service_retention import delete_old_pictures
from exam.core import keeping
from exam.core.audit import AuditEvent
from tests.applications.test_rules import WHOLE

OTHER = "32040219900101123"
KINDS = ("photo", "id-front", "id-back", "diploma", "proof")


def picture(number=0):
    made = np.full((579, 413, 3), (200, 110, 30), np.uint8)
    made[0, 0] = number
    return cv2.imencode(".png", made)[1].tobytes()


@pytest.fixture
def place(world):
    here = world.institution()
    me = world.person(here, Role.CANDIDATE, name="王小明")
    return world, here, me, world.client(me, here), world.signed_in(Role.REGISTRAR, institution_id=here)


def begun(mine):
    made = mine.post("/my/applications/begin", data={"scheme": "ptp", "track": "officer"})
    return made.headers["location"]


def upload(mine, url, kind, data=None, number=0):
    form = {"do": "picture", "kind": kind}
    return mine.post(url, data=form, files={"file": ("a.png", data or picture(number), "image/png")})


def sent(mine):
    url = begun(mine)
    mine.post(url, data={"do": "consent"})
    for number, kind in enumerate(KINDS):
        assert upload(mine, url, kind, number=number).status_code == 303
    assert mine.post(url, data={"do": "send", "signed": "王小明", "agreed": "yes", **WHOLE}).status_code == 303
    return url


def one(world, table):
    with world.database.reading() as db:
        return db.exec(select(table)).one()


def refusal(world, here, me):
    with world.database.reading() as db:
        found = entry_refusal(db, here, me, "ptp", "officer", world.clock.now())
    return found.code if found else None


def test_from_the_first_field_to_the_approval(place):
    world, here, me, mine, office = place
    assert "还没有申请" in mine.get("/my/applications").text
    url = begun(mine)
    assert begun(mine) == url  # one at a time
    assert refusal(world, here, me) == "application-not-sent"
    page = mine.get(url).text
    assert "上传以前请先看" in page and 'value="王小明"' in page
    assert upload(mine, url, "photo").status_code == 409  # not before consent
    mine.post(url, data={"do": "consent"})
    answer = mine.post(url, data={"do": "send", "signed": "王小明", **WHOLE, "school": ""})
    assert answer.status_code == 422
    assert "请阅读并同意报名知情函" in answer.text and "江苏常州" in mine.get(url).text  # nothing typed is lost
    sent(mine)
    assert refusal(world, here, me) == "application-waits"
    assert "1 份申请等待审核" in office.get("/").text and "王小明" in office.get("/applications").text
    there = url.replace("/my", "")
    assert office.post(there, data={"decision": "return"}).status_code == 422
    assert office.post(there, data={"decision": "return", "reason": "照片太旧"}).status_code == 303
    assert "照片太旧" in mine.get("/").text and refusal(world, here, me) == "application-returned"
    assert upload(mine, url, "photo", number=9).status_code == 303
    assert mine.post(url, data={"do": "send", "signed": "王小明", "agreed": "yes", **WHOLE}).status_code == 303
    assert office.post(there, data={"decision": "approve", "proof": "yes"}).status_code == 303
    assert refusal(world, here, me) is None
    with world.database.reading() as db:
        assert proof_accepted(db, here, me, "ptp", "officer") and not proof_accepted(db, here, me, "ptp", "chief")
        assert photo_of(db, here, me, "ptp")
    assert office.post(there, data={"decision": "approve"}).status_code == 409


def test_pictures_are_seen_by_the_two_sides_only_and_looks_are_written_down(place):
    world, here, _, mine, office = place
    url = sent(mine)
    seen = re.search(r'href="(/my/applications/\d+/pictures/\d+)"', mine.get(url).text)[1]
    answer = mine.get(seen)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert office.get(seen.replace("/my", "")).status_code == 200
    with world.database.reading() as db:
        looks = db.exec(select(AuditEvent).where(AuditEvent.action == "application.look")).all()
    assert len(looks) == 1
    other = world.signed_in(Role.CANDIDATE, institution_id=here)
    officer = world.signed_in(Role.REGISTRAR)
    assert other.get(seen).status_code == 404
    assert officer.get(seen.replace("/my", "")).status_code == 404
    assert other.get(seen.replace("/my", "")).status_code == 403


def test_what_is_no_picture_is_said_and_a_bad_photo_may_still_be_sent(place):
    _, _, _, mine, _ = place
    url = begun(mine)
    mine.post(url, data={"do": "consent"})
    assert upload(mine, url, "photo", b"MZ" * 50).status_code == 422
    white = cv2.imencode(".png", np.full((300, 300, 3), 255, np.uint8))[1].tobytes()
    assert upload(mine, url, "photo", white).status_code == 303
    page = mine.get(url).text
    assert "不是二寸照片的比例" in page and "背景的蓝色只占 0%" in page and "由机构判断" in page
    for number, kind in enumerate(KINDS[1:]):
        upload(mine, url, kind, number=number)
    assert mine.post(url, data={"do": "send", "signed": "王小明", "agreed": "yes", **WHOLE}).status_code == 303


def files(world):
    return {path.name for path in world.app.state.private.folder.glob("??/*")}


def test_withdrawing_deletes_every_picture_at_once(place):
    world, here, me, mine, office = place
    url = sent(mine)
    assert len(files(world)) == len(KINDS)
    assert mine.post(url, data={"do": "withdraw"}).status_code == 303
    assert not files(world) and "已经删除" in mine.get(url).text
    with world.database.reading() as db:
        rows = db.exec(select(ApplicationPicture)).all()
    assert len(rows) == len(KINDS) and all(row.deleted_at and row.sha256 is None for row in rows)
    assert refusal(world, here, me) == "application-missing"
    assert office.get(url.replace("/my", "")).status_code == 200
    assert begun(mine) != url


def test_a_picture_that_two_applications_share_stays_for_the_other(place):
    world, _, _, mine, _ = place
    url = begun(mine)
    chief = mine.post("/my/applications/begin", data={"scheme": "ptp", "track": "chief"}).headers["location"]
    for each in (url, chief):
        mine.post(each, data={"do": "consent"})
        upload(mine, each, "photo")
    mine.post(url, data={"do": "withdraw"})
    assert len(files(world)) == 1
    mine.post(chief, data={"do": "withdraw"})
    assert not files(world)


def test_pictures_are_deleted_when_their_time_is_over(place):
    world, _, _, mine, office = place
    url = sent(mine)
    office.post(url.replace("/my", ""), data={"decision": "approve"})
    now = world.clock.now()
    for days, left in ((89, 5), (90, 1), (399, 1), (400, 0)):
        delete_old_pictures(world.database, world.app.state.private, now + timedelta(days=days))
        assert len(files(world)) == left, days
    assert one(world, Application).state == "approved"


def test_files_that_nothing_knows_are_swept_after_a_day(place):
    world, _, _, mine, _ = place
    sent(mine)
    store = world.app.state.private
    store.put(b"left over from a failed upload")
    from_now = world.clock.now().replace(year=2100)
    assert keeping.sweep(world.database, store, world.clock.now().replace(year=2000)) == 0
    assert keeping.sweep(world.database, store, from_now) == 1
    assert len(files(world)) == len(KINDS)


def test_the_id_number_must_be_the_account_s(place):
    world, _, me, mine, _ = place
    with world.database.transaction() as db:
        person = db.get_one(Person, me)
        person.id_number = "11010519491231002X"
        db.add(person)
    url = begun(mine)
    form = {"do": "send", "signed": "王小明", "agreed": "yes", **WHOLE, "id_number": OTHER + check_character(OTHER)}
    assert "和账号的身份证号不一致" in mine.post(url, data=form).text


def test_in_english(place):
    _, _, _, mine, office = place
    url = sent(mine)
    for client in (mine, office):
        client.cookies.set("lang", "en")
    assert "Two-inch photo on blue" in mine.get(url).text
    assert "Quality" in office.get("/applications").text or "officer" in office.get("/applications").text
    assert office.get(url.replace("/my", "")).status_code == 200
