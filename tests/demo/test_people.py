"""The demo's institutions and people: fictitious, but shaped as real ones are."""

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest

from .content import CONTENT, load

DATA = load(CONTENT / "people.json")
PEOPLE: list[dict[str, Any]] = DATA["people"]
INSTITUTIONS = [institution["code"] for institution in DATA["institutions"]]
ROLES = {
    "candidate",
    "item-writer",
    "reviewer",
    "proctor",
    "marker",
    "registrar",
    "institution-officer",
    "administrator",
}
NEVER_GIVEN_OUT = {"996", "997", "998", "999"}
"""Order codes kept for people past a hundred, so that no number here is anybody's."""
DEMO_DATE = date(2026, 11, 5)


def check_digit(first17: str) -> str:
    """GB 11643 (ISO 7064, MOD 11-2): weights are 2^(18-position) modulo 11."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first17))
    return "0123456789X"[(12 - total % 11) % 11]


def test_the_check_digit_of_the_standards_own_example() -> None:
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["username"])
def test_a_person_is_plausible_and_nobody(person: dict[str, Any]) -> None:
    number = person["id_number"]
    assert re.fullmatch(r"[1-9]\d{16}[\dX]", number)
    assert number[17] == check_digit(number[:17])
    assert number[14:17] in NEVER_GIVEN_OUT
    born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert 22 <= (DEMO_DATE - born).days / 365.25 <= 60
    assert re.fullmatch(r"1380000\d{4}", person["phone"])
    assert re.fullmatch(r"[a-z0-9]+", person["username"])
    assert person["email"] == f"{person['username']}@example.com"
    assert person["institution"] in INSTITUTIONS
    assert person["roles"] and set(person["roles"]) <= ROLES
    assert re.fullmatch(r"[\u3400-\u9fff\U00020000-\U0003ffff]+(·[\u4e00-\u9fff]+)*", person["name"])


def test_nothing_that_must_be_unique_is_there_twice() -> None:
    for column in ("username", "id_number", "phone", "email"):
        assert len({person[column] for person in PEOPLE}) == len(PEOPLE), column


def test_two_institutions_each_with_every_role() -> None:
    assert len(INSTITUTIONS) == len(set(INSTITUTIONS)) == 2
    assert all(row["name"] and row["name_en"].isascii() for row in DATA["institutions"])
    for code in INSTITUTIONS:
        assert {role for person in PEOPLE if person["institution"] == code for role in person["roles"]} == ROLES


def test_there_are_enough_candidates() -> None:
    assert len(PEOPLE) >= 59
    found = Counter(person["institution"] for person in PEOPLE if person["roles"] == ["candidate"])
    assert found.total() == 45
    assert min(found.values()) >= 10


def test_names_that_software_gets_wrong_are_among_them() -> None:
    names = Counter(person["name"] for person in PEOPLE)
    assert [name for name, count in names.items() if count > 1] == ["王芳"], "two people of one name"
    assert any(ord(letter) > 0xFFFF for name in names for letter in name), "a letter beyond the basic plane"
    assert any("\u3400" <= letter <= "\u4dbf" for name in names for letter in name), "a letter of extension A"
    assert max(map(len, names)) >= 15 and any(name.count("·") >= 2 for name in names), "a very long name"


def test_the_sign_in_list_shows_every_role_of_both_institutions() -> None:
    listed = [person for person in PEOPLE if person["username"] in DATA["sign_in_list"]]
    assert len(listed) == len(DATA["sign_in_list"]) == len(set(DATA["sign_in_list"]))
    for code in INSTITUTIONS:
        assert {role for person in listed if person["institution"] == code for role in person["roles"]} == ROLES
    users = {"candidate1", "writer1", "reviewer1", "proctor1", "marker1", "registrar1", "officer1", "admin1"}
    assert users | {user + "b" for user in users} <= set(DATA["sign_in_list"])
