"""The pages of hours and claims: in both languages, from a draft to the office's decision, other people kept out."""

import re
from types import SimpleNamespace

import pytest

from exam import schemes
from exam.accounts.permissions import Role
from exam.core import i18n
from exam.credits.claim_view import CONFIRMS, EVIDENCE, UNITS
from exam.vision.header import read_header
from tests.credits.making import confirmed, passed

PDF = ("a.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
TRAINING = {
    "scheme": "changzhou",
    "kind": "activity",
    "row": "training",
    "variant": "full-time",
    "on": "2026-06-30",
    "quantity": "5",
    "confirm-passed": "yes",
}


@pytest.fixture
def place(world, database):
    institution = world.institution()
    person = world.person(institution, Role.CANDIDATE)
    with database.transaction() as db:
        passed(db, institution, person)
    return SimpleNamespace(
        institution=institution,
        person=person,
        me=world.client(person, institution),
        office=world.signed_in(Role.REGISTRAR, institution_id=institution),
        other=world.signed_in(Role.CANDIDATE, institution_id=institution),
        elsewhere=world.signed_in(Role.REGISTRAR),
    )


def made(place, **changes):
    answer = place.me.post("/my/claims/new", data={**TRAINING, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].replace("http://127.0.0.1:8000", "")


def sent(place):
    address = made(place)
    for kind in ("completion-certificate", "timetable"):
        answer = place.me.post(address, data={"do": "evidence", "kind": kind}, files={"file": PDF})
        assert answer.status_code == 303
    assert place.me.post(address, data={"do": "send"}).status_code == 303
    return address


def english(client, address):
    client.cookies.set("lang", "en")
    text = client.get(address).text
    client.cookies.set("lang", "zh")
    return re.sub(r"<[^>]*>", " ", text)


@pytest.mark.parametrize("address", ["/my/hours", "/my/claims"])
def test_my_pages_in_both_languages(place, address):
    assert place.me.get(address).status_code == 200
    assert "credits" not in english(place.me, address)


def test_every_form_opens(place):
    for scheme in schemes.SCHEMES.values():
        for rule in scheme.activities:
            for variant in rule.value.variants:
                ask = {"scheme": scheme.key, "kind": "activity", "row": rule.value.key, "variant": variant.key}
                assert place.me.get("/my/claims/new", params=ask).status_code == 200
        for rule in scheme.waivers:
            ask = {"scheme": scheme.key, "kind": "waiver", "row": rule.value.key}
            assert place.me.get("/my/claims/new", params=ask).status_code == 200
    assert place.me.get("/my/claims/new").status_code == 303


def test_every_row_has_its_texts():
    for scheme in schemes.SCHEMES.values():
        for activity in (rule.value for rule in scheme.activities):
            variants = activity.variants
            for text in (activity.title, *(one.title for one in variants)):
                assert i18n.has(text, "en"), text
            asked = {*activity.evidence, *(key for one in variants for key in one.evidence)}
            assert asked <= EVIDENCE.keys()
            assert {key for one in variants for key in one.confirms} <= CONFIRMS.keys()
            assert {one.unit for one in variants} <= UNITS.keys() | {"year", "once"}
        for waiver in (rule.value for rule in scheme.waivers):
            assert i18n.has(waiver.title, "en"), waiver.title
            assert set(waiver.evidence) <= EVIDENCE.keys()


def test_from_draft_to_hours(place):
    address = sent(place)
    claim = address.rsplit("/", 1)[1]
    assert "等待审核" in place.me.get(address).text
    assert f"/hours/claims/{claim}" in place.office.get("/hours/claims").text
    page = place.office.get(f"/hours/claims/{claim}").text
    file = re.search(rf"/hours/claims/{claim}/files/\d+", page).group()
    answer = place.office.get(file)
    assert answer.content == PDF[1] and answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    for decision in ({"event": "refuse"}, {"event": "send"}):
        assert place.office.post(f"/hours/claims/{claim}", data=decision).status_code == 422
    assert confirmed(place.office, f"/hours/claims/{claim}", {"event": "approve"}).status_code == 303
    assert place.office.post(f"/hours/claims/{claim}", data={"event": "approve"}).status_code == 409
    assert "全脱产培训" in place.me.get("/my/hours").text
    assert "Full-time training" in english(place.me, "/my/hours")
    forged = {"event": "forged", "reason": "证书系伪造"}
    assert confirmed(place.office, f"/hours/claims/{claim}", forged).status_code == 303
    for page in (place.me.get(address).text, place.office.get(f"/hours/claims/{claim}").text):
        assert "证书系伪造" in page and "取消" in page
    assert "已撤销" in place.me.get("/my/hours").text


def test_others_see_nothing(place):
    address = sent(place)
    claim = address.rsplit("/", 1)[1]
    file = re.search(rf"{address}/files/\d+", place.me.get(address).text).group()
    for client in (place.other, place.elsewhere):
        for path in (address, file, f"/hours/claims/{claim}", "/hours" + file.removeprefix("/my")):
            assert client.get(path).status_code in (403, 404)
    assert place.elsewhere.get(f"/hours/people/{place.person}").status_code == 404


def test_a_draft_is_its_makers_alone(place):
    address = made(place)
    claim = address.rsplit("/", 1)[1]
    assert place.office.get(f"/hours/claims/{claim}").status_code == 404
    assert place.me.post(address, data={"do": "send"}).status_code == 409  # evidence is missing
    assert place.me.post(address, data={"do": "withdraw"}).status_code == 303


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"quantity": "x"}, 422),
        ({"on": "gestern"}, 422),
        ({"quantity": "1.5"}, 409),
        ({"confirm-passed": None}, 409),
        ({"row": "nothing"}, 404),
    ],
)
def test_forms_that_are_not_right_come_back(place, changes, status):
    data = {name: value for name, value in {**TRAINING, **changes}.items() if value is not None}
    assert place.me.post("/my/claims/new", data=data).status_code == status


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90", b"%PDF-1.4 cut short", b"<svg onload=x>", b"%PDF-" + b"0" * 5_300_000]
)
def test_files_that_are_not_taken(place, content):
    address = made(place)
    data = {"do": "evidence", "kind": "timetable"}
    assert place.me.post(address, data=data, files={"file": ("a.pdf", content)}).status_code == 422
    assert "files/" not in place.me.get(address).text


def test_a_picture_is_written_anew(place):
    import cv2
    import numpy as np

    _done, written = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))
    address = made(place)
    hidden = written.tobytes() + b"<script>hidden</script>"
    answer = place.me.post(address, data={"do": "evidence", "kind": "timetable"}, files={"file": ("a.png", hidden)})
    assert answer.status_code == 303
    file = re.search(rf"{address}/files/\d+", place.me.get(address).text).group()
    kept = place.me.get(file).content
    assert read_header(kept).format == "png" and b"hidden" not in kept
    number = file.rsplit("/", 1)[1]
    assert place.me.post(address, data={"do": "remove", "file": number}).status_code == 303
    assert place.me.get(file).status_code == 404


def test_the_office_enters_and_takes_back(place):
    address = f"/hours/people/{place.person}"
    hand = {
        "do": "manual",
        "scheme": "ccaa",
        "category": "required",
        "on": "2026-05-05",
        "hours": "8",
        "title": "合格评定",
        "reference": "证书 12",
        "reason": "他处学习",
    }
    assert confirmed(place.office, address, hand).status_code == 303
    assert place.office.post(address, data={**hand, "hours": "0.25"}).status_code == 422
    page = place.office.get(address).text
    entry = re.search(r'name="entry" value="(\d+)"', page).group(1)
    back = {"do": "take-back", "entry": entry}
    assert place.office.post(address, data=back).status_code == 422
    assert confirmed(place.office, address, {**back, "reason": "重复"}).status_code == 303
    assert place.office.post(address, data={"do": "nothing"}).status_code == 422
    waiver = {"do": "waiver", "waiver": "ccaa/items-written", "on": "2026-05-05", "quantity": "1", "reason": "通报"}
    assert confirmed(place.office, address, waiver).status_code == 303
    assert "Wrote items" in english(place.office, address)


def test_the_office_corrects_what_is_known(place):
    address = f"/hours/people/{place.person}"
    assert place.office.post(address, data={"do": "member", "measure": "ccib"}).status_code == 303
    assert place.office.post(address, data={"do": "member", "measure": "ptp/officer"}).status_code == 303
    member = re.search(r'name="member" value="(\d+)"', place.office.get(address).text).group(1)
    facts = {"do": "facts", "member": member, "fact-holder": "1", "reason": "已核对证书"}
    for changes, status in (
        ({"cycle_from": "2022-08-28"}, 422),
        ({"cycle_from": "2022-08-28", "cycle_until": "2021-08-27"}, 422),
        ({"fact-fields": "x"}, 422),
        ({"reason": ""}, 422),
        ({"member": "999"}, 404),
    ):
        assert place.office.post(address, data={**facts, **changes}).status_code == status, changes
    cycle = {**facts, "cycle_from": "2022-08-28", "cycle_until": "2026-08-27"}
    assert confirmed(place.office, address, cycle).status_code == 303
    assert "2026-08-27" in place.office.get(address).text
    end = {"do": "end", "member": member, "reason": "离职"}
    assert place.office.post(address, data=end).status_code == 303
    assert "2026-08-27" not in place.office.get(address).text
