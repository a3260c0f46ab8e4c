"""Claims from draft to decision, and what they post; forged ones; waivers round their deadline; entries by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from exam.accounts.permissions import Role
from exam.core.errors import Invalid, NotFound, Refused
from exam.core.objects import ObjectStore
from exam.credits import service_claims, service_evidence, service_manual
from exam.credits.calculators import Stated
from exam.credits.eligibility_claims import judged
from exam.credits.evidence import Clean
from exam.credits.ledger import sums
from exam.credits.queries_ledger import entries
from exam.credits.service_claims import Wanted
from exam.credits.service_eligibility import standing
from exam.credits.service_manual import ByHand
from tests.credits.making import NOON
from tests.scheduling.making import caller

PDF = Clean(b"%PDF-1.4\n%%EOF\n", "application/pdf")
DAY = date(2026, 6, 30)


@pytest.fixture
def place(world, tmp_path):
    institution = world.institution()
    registrar = caller(world.person(institution, Role.REGISTRAR), institution, Role.REGISTRAR)
    person = world.person(institution, Role.CANDIDATE)
    return SimpleNamespace(
        institution=institution,
        registrar=registrar,
        person=person,
        me=caller(person, institution, Role.CANDIDATE),
        other=caller(world.person(institution, Role.CANDIDATE), institution, Role.CANDIDATE),
        stranger=caller(registrar.person_id, world.institution(), Role.REGISTRAR),
        objects=ObjectStore(tmp_path / "objects"),
    )


def wanted(scheme="changzhou", kind="activity", row="patent", variant="invention", year=2026, **stated):
    return Wanted(scheme, kind, row, variant, year, Stated(**{"on": DAY, "rank": 1, **stated}))


def sent(db, place, now=NOON, **changes):
    claim = service_claims.make(db, place.me, wanted(**changes), now)
    for kind in service_claims.claim_rows.of(claim).evidence:
        service_evidence.add(db, place.objects, place.me, claim.id, kind, "a.pdf", PDF, now)
    return service_claims.send(db, place.me, claim.id, now)


def decide(db, place, claim, event, reason="已核对", **more):
    return service_claims.decide(db, place.registrar, claim.id, event, NOON, reason=reason, **more)


def total(db, place):
    return sums(entries(db, place.institution, place.person))


def test_approval_posts_and_taking_back_restores(place, db):
    claim = sent(db, place)
    assert total(db, place) == {}
    decide(db, place, claim, "approve")
    assert total(db, place) == {("changzhou", 2026, "professional"): Decimal(30)}
    [entry] = entries(db, place.institution, place.person)
    assert (entry.source_kind, entry.source_ref, entry.approved_by) == ("activity", claim.id, place.registrar.person_id)
    decide(db, place, claim, "take-back")
    assert claim.state == "refused" and total(db, place) == {}


def test_a_degree_posts_over_two_years(place, db):
    decide(db, place, sent(db, place, row="degree", variant="degree"), "approve")
    assert total(db, place) == {("changzhou", year, "professional"): Decimal(50) for year in (2026, 2027)}


def test_refusal_posts_nothing_and_needs_a_reason(place, db):
    claim = sent(db, place)
    with pytest.raises(Invalid):
        decide(db, place, claim, "refuse", reason=" ")
    assert decide(db, place, claim, "refuse").state == "refused" and total(db, place) == {}
    with pytest.raises(Refused):
        decide(db, place, claim, "approve")


def test_evidence_must_be_whole_before_sending(place, db):
    claim = service_claims.make(db, place.me, wanted(row="training", variant="full-time", **TRAINING), NOON)
    service_evidence.add(db, place.objects, place.me, claim.id, "timetable", "a.pdf", PDF, NOON)
    with pytest.raises(Refused) as refused:
        service_claims.send(db, place.me, claim.id, NOON)
    assert refused.value.refusal.code == "claim-evidence-missing"


TRAINING = {"quantity": Decimal(5), "confirmed": frozenset({"passed"})}


def test_what_the_bureau_decides_needs_its_reference(place, db):
    claim = sent(db, place, row="base-training", variant="approved", quantity=Decimal(8))
    with pytest.raises(Invalid):
        decide(db, place, claim, "approve")
    decide(db, place, claim, "approve", reference="常人社〔2026〕12号")
    assert entries(db, place.institution, place.person)[0].evidence["reference"] == "常人社〔2026〕12号"


def test_a_forged_claim_bars_the_year_until_that_is_taken_back(place, db):
    claim = sent(db, place)
    decide(db, place, claim, "approve")
    decide(db, place, claim, "forged", reason="证书系伪造")
    assert total(db, place) == {}
    [bar] = judged(db, place.institution, "changzhou")[place.person]
    assert (bar.kind, bar.year, bar.reason) == ("forged", 2026, "证书系伪造")
    found = standing(db, place.institution, place.person, "changzhou", NOON.date())
    assert not found.met
    decide(db, place, claim, "not-forged", reason="发证单位已更正")
    assert claim.state == "sent" and not judged(db, place.institution, "changzhou")
    decide(db, place, claim, "approve")
    assert total(db, place) == {("changzhou", 2026, "professional"): Decimal(30)}


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (datetime(2026, 12, 10, 15, 59, 59, tzinfo=UTC), False),  # the last second of 10 December in Shanghai
        (datetime(2026, 12, 10, 16, 0, tzinfo=UTC), True),
    ],
)
def test_waivers_are_applied_for_by_the_tenth_of_december(place, db, now, refused):
    make = {"scheme": "ccaa", "kind": "waiver", "row": "paper", "variant": ""}
    if refused:
        with pytest.raises(Refused) as error:
            sent(db, place, now, **make)
        assert error.value.refusal.code == "waiver-late"
        assert sent(db, place, now, year=2027, **make).state == "sent"  # in the year after, it still may be
    else:
        assert sent(db, place, now, **make).state == "sent"


def test_a_full_waiver_posts_no_hours_and_meets_the_year(place, db):
    claim = sent(db, place, scheme="ccaa", kind="waiver", row="maternity", variant="")
    decide(db, place, claim, "approve")
    assert claim.hours is None and total(db, place) == {}
    assert [one.kind for one in judged(db, place.institution, "ccaa")[place.person]] == ["full-waiver"]
    assert standing(db, place.institution, place.person, "ccaa", NOON.date()).met


def test_partial_waivers_count_up_to_half(place, db):
    for key in ("interviewer-several", "items-written"):
        service_claims.record_waiver(
            db,
            place.registrar,
            place.person,
            wanted("ccaa", "waiver", key, ""),
            "协会通报",
            NOON,
        )
    assert total(db, place) == {("ccaa", 2026, "elective"): Decimal(24)}
    found = standing(db, place.institution, place.person, "ccaa", NOON.date())
    assert sum(one.hours for one in found.counted) == 12  # half of 24
    assert sum(one.hours for one in found.not_counted) == 12


def test_once_and_several_exclude_each_other(place, db):
    def record(key):
        return service_claims.record_waiver(
            db, place.registrar, place.person, wanted("ccaa", "waiver", key, ""), "协会通报", NOON
        )

    once = record("interviewer-once")
    with pytest.raises(Refused) as refused:
        record("interviewer-several")
    assert refused.value.refusal.code == "waiver-already"
    decide(db, place, once, "take-back")
    assert record("interviewer-several").hours == 16


def test_who_may_do_what(place, db):
    claim = sent(db, place)
    with pytest.raises(NotFound):
        service_claims.withdraw(db, place.other, claim.id, NOON)
    with pytest.raises(NotFound):
        service_claims.decide(db, place.stranger, claim.id, "approve", NOON)
    with pytest.raises(Refused) as refused:
        service_claims.decide(db, place.me, claim.id, "approve", NOON)
    assert refused.value.refusal.code == "claim-own"
    for made, code in (
        (wanted(row="public-subject", variant="subject"), "claim-by-exam"),
        (wanted("ccaa", "waiver", "items-written", ""), "waiver-by-office"),
        (wanted(on=date(2026, 11, 7)), "claim-in-future"),
    ):
        with pytest.raises(Refused) as refused:
            service_claims.make(db, place.me, made, NOON)
        assert refused.value.refusal.code == code
    with pytest.raises(Refused):
        service_claims.record_waiver(
            db, place.registrar, place.person, wanted("ccaa", "waiver", "paper", ""), "论文", NOON
        )


def by_hand(**changes):
    values = {
        "scheme": "ccaa",
        "category": "required",
        "hours": Decimal("8"),
        "on": DAY,
        "subject": "B-1",
        "title": "合格评定",
        "reason": "他处学习",
        "reference": "证书 12",
    }
    return ByHand(**(values | changes))


def test_hours_by_hand_and_back(place, db):
    first = service_manual.enter(db, place.registrar, place.person, by_hand(), NOON)
    service_manual.enter(db, place.registrar, place.person, by_hand(hours=Decimal("0.5")), NOON)
    assert total(db, place) == {("ccaa", 2026, "required"): Decimal("8.5")}
    with pytest.raises(Invalid):
        service_manual.take_back(db, place.registrar, place.person, first.id, "", NOON)
    service_manual.take_back(db, place.registrar, place.person, first.id, "重复登记", NOON)
    assert total(db, place) == {("ccaa", 2026, "required"): Decimal("0.5")}


@pytest.mark.parametrize(
    "changes",
    [
        {"hours": Decimal("0.25")},
        {"hours": Decimal(0)},
        {"hours": Decimal(1001)},
        {"reason": " "},
        {"reference": ""},
        {"title": ""},
        {"category": "public"},
        {"scheme": "nowhere"},
        {"on": date(2026, 11, 7)},
    ],
)
def test_hours_by_hand_that_are_not_taken(place, db, changes):
    with pytest.raises(Invalid):
        service_manual.enter(db, place.registrar, place.person, by_hand(**changes), NOON)


def test_hours_of_a_claim_are_not_taken_back_by_hand(place, db):
    decide(db, place, sent(db, place), "approve")
    [entry] = entries(db, place.institution, place.person)
    with pytest.raises(Refused):
        service_manual.take_back(db, place.registrar, place.person, entry.id, "错", NOON)
