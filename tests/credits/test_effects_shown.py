"""Before the office does what moves somebody's eligibility it sees who gains, who loses and which certificates are
touched; nothing is written until that is confirmed, and what changed meanwhile is shown anew."""

import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import func, select

from exam import schemes
from exam.accounts.permissions import Role
from exam.certificates import service_issue
from exam.certificates.models import Certificate
from exam.core.audit import AuditEvent
from exam.credits.effects import moved
from exam.credits.facts import Facts
from exam.credits.models import HourEntry, Membership
from exam.credits.models_claims import Claim
from exam.credits.service_eligibility import standing
from tests.credits.facts_made import entry
from tests.credits.making import NOON, confirmed, passed, token

TODAY = date(2026, 11, 6)
TABLES = (HourEntry, Membership, Claim, Certificate)


@pytest.fixture
def place(world, database, app):
    institution = world.institution()
    person = world.person(institution, Role.CANDIDATE, name="欧阳明")
    return SimpleNamespace(
        institution=institution,
        person=person,
        database=database,
        address=f"/hours/people/{person}",
        office=world.signed_in(Role.REGISTRAR, institution_id=institution),
        me=world.client(person, institution),
        world=world,
    )


def written(place) -> list[Any]:
    """Everything that a deed could have written."""
    with place.database.reading() as db:
        found: list[Any] = [[row.model_dump() for row in db.exec(select(table)).all()] for table in TABLES]
        return [*found, db.exec(select(func.count()).select_from(AuditEvent)).one()]


def met(place, scheme, track=None):
    with place.database.reading() as db:
        return standing(db, place.institution, place.person, scheme, TODAY, track).met


def hours(scheme="changzhou", category="professional", amount="48", **more):
    return {
        "do": "manual",
        "scheme": scheme,
        "category": category,
        "on": "2026-05-05",
        "hours": amount,
        "title": "专业培训",
        "reference": "证书 12",
        "reason": "他处学习",
        **more,
    }


def english(client, address, data):
    client.cookies.set("lang", "en")
    answer = client.post(address, data=data)
    client.cookies.set("lang", "zh")
    return re.sub(r"<[^>]*>", " ", answer.text)


def shown_only(place, address, data):
    """The page of an effect; nothing was written for it."""
    before = written(place)
    answer = place.office.post(address, data=data)
    assert answer.status_code == 200 and written(place) == before
    assert "还没有办理" in answer.text and "欧阳明" in answer.text
    return answer.text


def test_hours_by_hand(place):
    with place.database.transaction() as db:
        passed(db, place.institution, place.person)
    page = shown_only(place, place.address, hours())
    assert "确认人工登记学时" in page and "变为满足" in page and ">+48<" in page and "还差 48 学时" in page
    assert 'name="reference" value="证书 12"' in page
    assert "Confirm hours entered by hand" in english(place.office, place.address, hours())
    assert confirmed(place.office, place.address, hours()).status_code == 303
    assert met(place, "changzhou")


def test_taking_them_back(place):
    with place.database.transaction() as db:
        passed(db, place.institution, place.person)
    confirmed(place.office, place.address, hours())
    with place.database.reading() as db:
        number = db.exec(select(HourEntry.id).where(HourEntry.source_kind == "manual")).one()
    back = {"do": "take-back", "entry": str(number), "reason": "重复"}
    page = shown_only(place, place.address, back)
    assert "变为不满足" in page and ">-48<" in page and "专业培训" in page
    assert confirmed(place.office, place.address, back).status_code == 303
    assert not met(place, "changzhou")


def test_somebody_elses_entry_is_not_taken_back_on_this_page(place):
    other = place.world.person(place.institution, Role.CANDIDATE)
    confirmed(place.office, f"/hours/people/{other}", hours())
    with place.database.reading() as db:
        number = db.exec(select(HourEntry.id)).one()
    back = {"do": "take-back", "entry": str(number), "reason": "重复"}
    assert place.office.post(place.address, data=back).status_code == 404


def test_what_changed_meanwhile_is_shown_anew(place):
    page = shown_only(place, place.address, hours())
    assert "变为不满足" in page  # as a figure: nobody
    with place.database.transaction() as db:
        passed(db, place.institution, place.person)
    before = written(place)
    again = place.office.post(place.address, data={**hours(), "seen": token(page)})
    assert again.status_code == 409 and written(place) == before
    assert "已经变化" in again.text and token(again.text) != token(page)
    assert place.office.post(place.address, data={**hours(), "seen": token(again.text)}).status_code == 303
    assert met(place, "changzhou")


def test_twice_confirmed_is_asked_again(place):
    page = shown_only(place, place.address, hours())
    sent = {**hours(), "seen": token(page)}
    assert place.office.post(place.address, data=sent).status_code == 303
    assert place.office.post(place.address, data=sent).status_code == 409


def test_what_moves_nobody_is_done_at_once(place):
    same = hours(subject="P-1")
    assert confirmed(place.office, place.address, same).status_code == 303
    assert place.office.post(place.address, data=same).status_code == 303  # a duplicate counts nothing
    assert place.office.post(place.address, data={"do": "member", "measure": "ccaa"}).status_code == 303


def test_what_is_wrong_is_said_before_any_effect(place):
    assert place.office.post(place.address, data=hours(amount="0.3")).status_code == 422


def test_certificates_that_hours_lead_to_are_named(place):
    proof = hours("ptp", "training", "30", track="officer")
    page = shown_only(place, place.address, proof)
    assert "学时证明" in page and "将列入待颁发" in page
    assert "Would become due" in english(place.office, place.address, proof)
    assert confirmed(place.office, place.address, proof).status_code == 303
    with place.database.reading() as db:
        number = db.exec(select(HourEntry.id)).one()
    back = {"do": "take-back", "entry": str(number), "reason": "误登"}
    assert "待颁发，将取消" in shown_only(place, place.address, back)
    with place.database.transaction() as db:
        service_issue.issue(db, db.exec(select(Certificate.id)).one(), NOON, None)
    page = shown_only(place, place.address, back)
    assert "已颁发，依据将不再成立" in page and "XS-2026-000001" in page
    assert confirmed(place.office, place.address, back).status_code == 303
    with place.database.reading() as db:
        assert db.exec(select(Certificate.problem)).one() == "basis-undone"


def learned(place, amount="24"):
    for category in ("required", "elective", "filed"):
        each = str(Decimal(amount) / 3)
        confirmed(place.office, place.address, hours("ccaa", category, each, title=category))


def test_what_is_known_of_a_person(place):
    learned(place)
    assert met(place, "ccaa")
    with place.database.reading() as db:
        member = db.exec(select(Membership.id)).one()
    facts = {"do": "facts", "member": str(member), "fact-fields": "2", "reason": "新增领域"}
    page = shown_only(place, place.address, facts)
    assert "变为不满足" in page and "还差 8 学时" in page and "两个以上注册领域" in page
    assert "Two or more" in english(place.office, place.address, facts)
    assert confirmed(place.office, place.address, facts).status_code == 303
    assert not met(place, "ccaa")


def test_the_dates_of_a_cycle(place):
    member = {"do": "member", "measure": "ccib"}
    assert place.office.post(place.address, data=member).status_code == 303
    confirmed(place.office, place.address, hours("ccib", "elective", "40", on="2024-05-05"))
    assert met(place, "ccib")
    with place.database.reading() as db:
        number = db.exec(select(Membership.id)).one()
    facts = {"do": "facts", "member": str(number), "reason": "核对"}
    cycle = {**facts, "cycle_from": "2024-06-01", "cycle_until": "2028-05-31"}
    page = shown_only(place, place.address, cycle)
    assert "2028-05-31" in page and "变为不满足" in page
    assert confirmed(place.office, place.address, cycle).status_code == 303
    assert not met(place, "ccib")


def test_a_speciality_added_and_ended(place):
    confirmed(place.office, place.address, hours("ptp", "training", "30", track="officer"))
    with place.database.reading() as db:
        number = db.exec(select(Membership.id)).one()
    assert met(place, "ptp", "officer")
    end = {"do": "end", "member": str(number), "reason": "离职"}
    # what was learned stays, so nothing moves
    assert place.office.post(place.address, data=end).status_code == 303
    assert met(place, "ptp", "officer")


def test_ending_a_membership_that_decided_the_track(place):
    learned(place)
    with place.database.reading() as db:
        number = db.exec(select(Membership.id)).one()
    confirmed(place.office, place.address, {"do": "facts", "member": str(number), "fact-fields": "2", "reason": "新增"})
    page = shown_only(place, place.address, {"do": "end", "member": str(number), "reason": "离职"})
    assert "变为满足" in page and "单一注册领域" in page


def test_waivers_that_the_office_records(place):
    waiver = {"do": "waiver", "waiver": "ccaa/items-written", "on": "2026-05-05", "quantity": "1", "reason": "通报"}
    page = shown_only(place, place.address, waiver)
    assert "确认登记减免" in page and ">+8<" in page and "统一考试出题" in page
    assert confirmed(place.office, place.address, waiver).status_code == 303
    with place.database.reading() as db:
        assert db.exec(select(Claim.state)).one() == "approved"
    assert place.office.post(place.address, data=waiver).status_code == 409  # once a year


def claim(place, **changes):
    data = {"scheme": "changzhou", "kind": "activity", "row": "patent", "variant": "invention"}
    data |= {"on": "2026-06-30", "quantity": "1", "rank": "1", **changes}
    answer = place.me.post("/my/claims/new", data=data)
    address = answer.headers["location"].replace("http://127.0.0.1:8000", "")
    kinds = re.findall(r'name="kind"[^>]*value="([a-z-]+)"|<option value="([a-z-]+)"', place.me.get(address).text)
    for kind in {one or other for one, other in kinds}:
        file = ("a.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
        place.me.post(address, data={"do": "evidence", "kind": kind}, files={"file": file})
    assert place.me.post(address, data={"do": "send"}).status_code == 303
    return "/hours/claims/" + address.rsplit("/", 1)[1]


def state(place, address):
    with place.database.reading() as db:
        return db.get_one(Claim, int(address.rsplit("/", 1)[1])).state


def test_a_claim_accepted_undone_and_refused(place):
    address = claim(place)
    page = shown_only(place, address, {"event": "approve"})
    assert ">+30<" in page and "发明专利" in page
    assert "Invention patent" in english(place.office, address, {"event": "approve"})
    assert confirmed(place.office, address, {"event": "approve"}).status_code == 303
    undo = {"event": "take-back", "reason": "核对有误"}
    assert ">-30<" in shown_only(place, address, undo)
    assert confirmed(place.office, address, undo).status_code == 303
    assert state(place, address) == "refused"
    other = claim(place)
    # a refusal takes nothing away, so there is nothing to show
    assert place.office.post(other, data={"event": "refuse", "reason": "材料不全"}).status_code == 303


def test_a_claim_marked_as_forged_and_not(place):
    with place.database.transaction() as db:
        passed(db, place.institution, place.person)
    confirmed(place.office, place.address, hours())
    address = claim(place)
    forged = {"event": "forged", "reason": "证书系伪造"}
    page = shown_only(place, address, forged)
    assert "变为不满足" in page and "资格取消" in page
    assert confirmed(place.office, address, forged).status_code == 303
    assert not met(place, "changzhou")
    cleared = {"event": "not-forged", "reason": "发证单位已更正"}
    page = shown_only(place, address, cleared)
    assert "变为满足" in page
    assert confirmed(place.office, address, cleared).status_code == 303
    assert met(place, "changzhou") and state(place, address) == "sent"


def test_a_claim_decided_by_somebody_else_meanwhile_is_refused(place):
    address = claim(place)
    page = shown_only(place, address, {"event": "approve"})
    colleague = place.world.signed_in(Role.REGISTRAR, institution_id=place.institution)
    assert colleague.post(address, data={"event": "refuse", "reason": "材料不全"}).status_code == 303
    late = place.office.post(address, data={"event": "approve", "seen": token(page)})
    assert late.status_code == 409 and state(place, address) == "refused"


def test_the_cap_is_in_what_is_shown(place):
    first = {"do": "waiver", "waiver": "ccaa/case-judged", "on": "2026-05-05", "quantity": "1", "reason": "通报"}
    assert ">+12<" in shown_only(place, place.address, first)  # 16 hours, of which half of 24 count
    confirmed(place.office, place.address, first)
    second = {**first, "waiver": "ccaa/items-written"}
    assert place.office.post(place.address, data=second).status_code == 303  # over the cap: it moves nothing


def test_a_change_of_track_moves_every_year_with_hours():
    years = tuple(
        entry(kind, 8, f"{year}-05-05") for year in (2024, 2025) for kind in ("required", "elective", "filed")
    )
    before, after = Facts(entries=years), Facts(entries=years, member={"fields": 2})
    found = moved(schemes.get("ccaa"), 1, before, after, TODAY)
    assert [(one.before.cycle.year, one.loses) for one in found] == [(2024, True), (2025, True), (2026, False)]
