"""What may be typed about a person, and who may manage whom: tables round every boundary."""

from datetime import date

import pytest

from exam.accounts import id_number, rules
from exam.accounts.devices import device_name
from exam.accounts.permissions import Role
from exam.accounts.rules import Details

TODAY = date(2026, 11, 6)


def number(first17: str) -> str:
    return first17 + id_number.check_character(first17)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("320411197710049982", "320411197710049982"),
        (" 11010519491231002x ", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
        ("320411 19771004 9982", "320411197710049982"),
        ("320411-19771004-9982", "320411197710049982"),
    ],
)
def test_an_id_number_is_normalised(typed: str, kept: str):
    assert id_number.normalised(typed) == kept
    assert id_number.wrong_with(kept, TODAY) is None


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("11010519491231002X", None),  # the example of GB 11643-1999
        ("440524188001010014", "id-number-date"),  # the standard's other example, born 1880
        ("11010519491231002", "id-number-length"),
        ("11010519491231002XX", "id-number-length"),
        ("110105491231002", "id-number-length"),
        ("1101051949123100AX", "id-number-characters"),
        ("11010519491231002A", "id-number-characters"),
        ("X1010519491231002X", "id-number-characters"),
        ("110105194912310021", "id-number-check"),
        (number("10010519491231002"), "id-number-area"),
        (number("16010519491231002"), "id-number-area"),
        (number("83000019900101001"), None),
        (number("84000019900101001"), "id-number-area"),
        (number("11010519491231000"), "id-number-area"),
        (number("11010520240229001"), None),
        (number("11010520230229001"), "id-number-date"),
        (number("11010520261106001"), None),
        (number("11010520261107001"), "id-number-date"),
        (number("11010519060101001"), None),
        (number("11010519051231001"), "id-number-date"),
        (number("11010519901301001"), "id-number-date"),
        (number("11010519900100001"), "id-number-date"),
    ],
)
def test_an_id_number_is_checked(value: str, wrong: str | None):
    assert id_number.wrong_with(value, TODAY) == wrong


def test_every_single_mistyped_digit_shows():
    good = "320411197710049982"
    for place in range(18):
        for digit in "0123456789X":
            bad = good[:place] + digit + good[place + 1 :]
            assert (id_number.wrong_with(bad, TODAY) is None) == (bad == good)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("320411197710049982", "320411********9982"), (None, ""), ("", ""), ("1234567890", "*" * 10)],
)
def test_masked(value: str | None, shown: str):
    assert id_number.masked(value) == shown


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("３２０４１１１９７７１００４９９８２", ("320411197710049982", None)),
        ("138 0000 0001", (None, "13800000001")),
        ("+86 138-0000-0001", (None, "13800000001")),
        ("8613800000001", (None, "13800000001")),
        ("Candidate1", (None, None)),
        ("13800000001x", (None, None)),
    ],
)
def test_what_is_typed_at_sign_in(typed: str, found: tuple[str | None, str | None]):
    ids = rules.identifiers(typed)
    assert (ids.id_number, ids.phone) == found
    assert ids.username == ids.username.lower()


def problems(**given: str) -> list[tuple[str, str]]:
    person = rules.details({"name": "王芳", **given})
    return [(problem.field, problem.code) for problem in rules.detail_problems(person, TODAY, ("name",))]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"name": ""}, [("name", "name-required")]),
        ({"name": "王"}, [("name", "person-name")]),
        ({"name": "王" * 100}, []),
        ({"name": "王" * 101}, [("name", "person-name")]),
        ({"name": "买买提•阿不都热合曼"}, []),
        ({"name": "Anne-Marie O'Neill"}, []),
        ({"name": "=cmd()"}, [("name", "person-name")]),
        ({"name": "王芳3"}, [("name", "person-name")]),
        ({"phone": "13800000001"}, []),
        ({"phone": "１３８００００００01"}, []),
        ({"phone": "12800000001"}, [("phone", "phone")]),
        ({"phone": "1380000000"}, [("phone", "phone")]),
        ({"email": "a@b.cn"}, []),
        ({"email": "a@b"}, [("email", "email")]),
        ({"email": "a b@c.cn"}, [("email", "email")]),
        ({"username": "Ab1"}, []),
        ({"username": "ab"}, [("username", "username")]),
        ({"username": "1ab"}, [("username", "username")]),
        ({"username": "13800000001"}, [("username", "username")]),
        ({"id_number": "320411197710049981"}, [("id_number", "id-number-check")]),
    ],
)
def test_details(given: dict[str, str], expected: list[tuple[str, str]]):
    assert problems(**given) == expected


def test_names_are_kept_in_one_form():
    assert rules.person_name(" 买买提 • 阿不都 ") == "买买提·阿不都"
    assert rules.person_name("欧阳　静怡") == "欧阳 静怡"


PERSON = Details("王芳", "320411197710049982", "13800000001", "wangfang@example.com", "wangfang")


@pytest.mark.parametrize(
    ("password", "again", "code"),
    [
        ("a1b2c3d", None, "password-short"),
        ("a1b2c3d4", None, None),
        ("正确的马电池订书钉", None, None),
        ("x1" * 64, None, "password-common"),  # two characters only
        ("xy1" * 42 + "zz", None, None),
        ("xy1" * 42 + "zzz", None, "password-long"),
        ("Password123", None, "password-common"),
        ("88888888", None, "password-common"),
        ("abc19771004", None, "password-personal"),
        ("my13800000001", None, "password-personal"),
        ("WangFang!2026", None, "password-personal"),
        ("a1b2c3d4", "a1b2c3d5", "password-differs"),
    ],
)
def test_passwords(password: str, again: str | None, code: str | None):
    problem = rules.password_problem(password, password if again is None else again, PERSON)
    assert (problem.code if problem else None) == code


HERE, THERE = 1, 2


@pytest.mark.parametrize(
    ("home", "roles", "refusal"),
    [
        (HERE, [], None),
        (HERE, [(HERE, Role.CANDIDATE)], None),
        (HERE, [(HERE, Role.ADMINISTRATOR)], None),
        (HERE, [(HERE, Role.CANDIDATE), (THERE, Role.CANDIDATE)], None),
        (HERE, [(HERE, Role.CANDIDATE), (THERE, Role.MARKER)], "account-works-elsewhere"),
        (THERE, [(HERE, Role.CANDIDATE)], "account-managed-elsewhere"),
        (None, [(HERE, Role.CANDIDATE)], None),
        (None, [(HERE, Role.CANDIDATE), (THERE, Role.CANDIDATE)], "account-managed-elsewhere"),
        (None, [], "account-managed-elsewhere"),
    ],
)
def test_who_manages_an_account(home: int | None, roles: list[tuple[int, Role]], refusal: str | None):
    found = rules.may_manage_account(HERE, home, roles)
    assert (found.code if found else None) == refusal


@pytest.mark.parametrize(
    ("role", "own", "administrators", "refusal"),
    [
        (Role.MARKER, True, 1, None),
        (Role.ADMINISTRATOR, False, 2, None),
        (Role.ADMINISTRATOR, True, 2, "own-administration"),
        (Role.ADMINISTRATOR, False, 1, "last-administrator"),
    ],
)
def test_withdrawing(role: Role, own: bool, administrators: int, refusal: str | None):
    found = rules.may_withdraw(role, own, administrators)
    assert (found.code if found else None) == refusal


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("/", "/"),
        ("/sittings/5?x=1", "/sittings/5?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("/a\\b", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("evil", "/"),
        ("", "/"),
        ("/" + "a" * 999, "/" + "a" * 999),
        ("/" + "a" * 1000, "/"),
    ],
)
def test_only_own_paths_follow_a_sign_in(path: str, goes: str):
    assert rules.safe_next(path) == goes


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("curl/8.0", "curl/8.0"),
        ("", ""),
    ],
)
def test_browsers_have_names(header: str, name: str):
    assert device_name(header) == name
