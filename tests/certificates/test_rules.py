"""When a certificate is due and until when it holds, its number, what the public is told: round each boundary."""

from datetime import UTC, date, datetime

import pytest

from exam import schemes
from exam.certificates import rules
from exam.schemes.kinds import certificates_for
from exam.schemes.rows import Issue

AT = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
BATCHES = (date(2024, 8, 27), date(2024, 11, 10), date(2025, 3, 4))


def kind(scheme, key):
    on = date(2026, 11, 5)
    rows = [rule.value for rule in schemes.get(scheme).certificates if rule.holds(on)]
    return next(row for row in rows if row.key == key)


def test_changzhou_is_due_fifteen_working_days_after_the_window():
    issue = kind("changzhou", "public-subject").issue
    start = rules.counted_from(issue, date(2026, 11, 6), date(2026, 11, 10), ())
    assert (start, rules.due(issue, start, {}).day) == (date(2026, 11, 10), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("done", "batch", "due"),
    [
        (date(2024, 8, 26), date(2024, 8, 27), date(2024, 9, 5)),
        (date(2024, 8, 27), date(2024, 8, 27), date(2024, 9, 5)),
        (date(2024, 8, 28), date(2024, 11, 10), date(2024, 11, 19)),
        (date(2025, 3, 4), date(2025, 3, 4), date(2025, 3, 13)),
        (date(2025, 3, 5), date(2025, 3, 5), date(2025, 3, 14)),  # no batch any more: from the day itself
    ],
)
def test_ccib_is_due_seven_working_days_after_the_batch(done, batch, due):
    issue = kind("ccib", "ability-level").issue
    start = rules.counted_from(issue, done, None, BATCHES)
    assert (start, rules.due(issue, start, {}).day) == (batch, due)


def test_at_once_is_the_day_of_the_outcome():
    issue = Issue("outcome", 0)
    start = rules.counted_from(issue, date(2026, 11, 6), date(2026, 11, 10), BATCHES)
    assert rules.due(issue, start, {}).day == date(2026, 11, 6)


@pytest.mark.parametrize(
    ("start", "until"),
    [
        (date(2024, 8, 27), date(2028, 8, 27)),
        (date(2024, 2, 29), date(2028, 2, 29)),
        (date(2096, 2, 29), date(2100, 2, 28)),
    ],
)
def test_ccib_certificates_hold_four_years(start, until):
    assert rules.valid_until(kind("ccib", "ability-level"), start) == until


def test_others_hold_without_end():
    assert rules.valid_until(kind("changzhou", "public-subject"), date(2026, 11, 10)) is None


@pytest.mark.parametrize(
    ("state", "today", "told"),
    [
        ("due", date(2026, 1, 1), None),
        ("withdrawn", date(2026, 1, 1), None),
        ("issued", date(2028, 8, 27), "in-force"),
        ("issued", date(2028, 8, 28), "expired"),
        ("revoked", date(2026, 1, 1), "revoked"),
        ("revoked", date(2029, 1, 1), "revoked"),
    ],
)
def test_what_the_public_is_told(state, today, told):
    assert rules.standing(state, date(2028, 8, 27), today) == told


def test_numbers_have_the_form_of_the_notice():
    face = kind("ccaa", "face-to-face")
    fields = {"year": 2026, "body": "CCAA012", "course": "KC15", "hours": 16, "class_number": "03"}
    assert rules.number(face, fields, 7) == "CCAA012-2026-KC15-16-03-0007"
    assert rules.series_key(face, "ccaa", fields) == "ccaa|face-to-face|CCAA012|2026"
    filed = kind("ccaa", "filed")
    fields = {"year": 2026, "approval": "CNCA-R-2002-001", "hours": 4, "class_number": "01"}
    assert rules.number(filed, fields, 12) == "CNCA-R-2002-001-2026-04-01-0012"
    assert rules.number(kind("changzhou", "public-subject"), {"year": 2026}, 5) == "CZ-2026-000005"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"body": "CCAA012", "course": "K", "hours": 8, "class_number": "1"}, None),
        ({"body": "", "course": "K", "hours": 8, "class_number": "1"}, "certificate-issuer-missing"),
        ({"body": "CCAA012", "course": "K", "hours": None, "class_number": "1"}, "certificate-field-missing"),
    ],
)
def test_a_number_needs_all_its_parts(fields, code):
    refusal = rules.may_number(kind("ccaa", "face-to-face"), fields)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("state", "today", "code"),
    [
        ("due", date(2026, 11, 30), "certificate-too-early"),
        ("due", date(2026, 12, 1), None),
        ("due", date(2026, 12, 2), None),
        ("withdrawn", date(2026, 12, 2), "certificate-not-due"),
    ],
)
def test_nothing_is_issued_before_its_day(state, today, code):
    refusal = rules.may_issue(state, date(2026, 12, 1), today, AT)
    assert (refusal.code if refusal else None) == code
    if code == "certificate-too-early":
        assert refusal is not None and refusal.allowed_from == AT


@pytest.mark.parametrize("number", ["CCAA012", "CCAA000"])
def test_body_numbers(number):
    assert rules.BODY.fullmatch(number)


@pytest.mark.parametrize("number", ["CCAA12", "CCAA0123", "ccaa012", "CCAA112", "CCAA0A2"])
def test_what_is_no_body_number(number):
    assert not rules.BODY.fullmatch(number)


@pytest.mark.parametrize(
    ("number", "fits"),
    [("CNCA-R-2002-001", True), ("CNCA-R-2002", False), ("CNCA-R-2002-001-1", False), ("CNCA--2002-001", False)],
)
def test_approval_numbers_have_four_groups(number, fits):
    assert bool(rules.APPROVAL.fullmatch(number)) == fits


@pytest.mark.parametrize(
    ("one", "other"),
    [("买买提·吐尔逊", "买买提•吐尔逊"), ("张 三", "张三"), ("ＬＩ", "li"), ("Anna Berg", "anna berg ")],
)
def test_names_are_compared_without_what_keyboards_differ_in(one, other):
    assert rules.name_key(one) == rules.name_key(other)


def test_every_kind_of_every_scheme_can_be_numbered():
    known = {"body", "approval", "course", "hours", "class_number", "track_code"}
    for scheme in schemes.SCHEMES.values():
        for rule in scheme.certificates:
            assert rules.needed_fields(rule.value) <= known
            assert set(rule.value.serial_within) <= known | {"year"}
    assert certificates_for(schemes.get("practice"), date(2026, 1, 1), "passed") == []
