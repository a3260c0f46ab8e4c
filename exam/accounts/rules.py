"""What may be typed about a person, and who may manage whose account. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exam.accounts import id_number
from exam.accounts.permissions import Role
from exam.core.decisions import Refusal
from exam.core.errors import Problem

NAME_LENGTH = 100
PASSWORD_MIN, PASSWORD_MAX = 8, 128
REASON_LENGTH = 300
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,59}")
_EMAIL = re.compile(r"[^@\s,;<>\"']{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
# The start of every published list of common passwords, and what people here type first.
# fmt: off
COMMON = frozenset(
    [
        "password", "password1", "password123", "passw0rd", "p@ssw0rd", "p@ssword", "12345678", "123456789",
        "1234567890", "87654321", "11111111", "00000000", "88888888", "66666666", "12341234", "11223344",
        "1q2w3e4r", "1qaz2wsx", "qwertyui", "qwerty123", "qwertyuiop", "asdfghjk", "abcd1234", "abc12345",
        "a1234567", "a12345678", "a123456789", "aa123456", "abc123456", "123456abc", "123456aa", "woaini1314",
        "woaini520", "5201314520", "iloveyou", "admin123", "admin1234", "admin888", "administrator", "welcome1",
        "letmein1", "sunshine1", "zxcvbnm1", "zxcvbnm123", "1234qwer", "qwer1234", "asdf1234", "147258369",
        "123123123", "987654321", "12345679", "31415926", "changeme1",
    ]
)
# fmt: on


def folded(text: str) -> str:
    """Full-width characters made half-width, blanks at the ends dropped and runs of them made one."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def person_name(text: str) -> str:
    """A name as kept: the middle dot of minority and foreign names in its one standard form (·, U+00B7)."""
    return re.sub(r"\s*[·・•‧⋅∙．]\s*", "·", folded(re.sub("[・•‧⋅∙．]", "·", text)))


def phone_number(text: str) -> str:
    """A mobile number as kept: eleven digits, without +86, blanks and hyphens."""
    digits = re.sub(r"[\s()-]", "", folded(text))
    return re.sub(r"^(\+86|0086|86(?=1[0-9]{10}$))", "", digits)


@dataclass(frozen=True)
class Identifiers:
    """The ways in which what somebody typed at sign-in may name a person."""

    id_number: str | None
    phone: str | None
    username: str


def identifiers(typed: str) -> Identifiers:
    """Read what was typed at sign-in as an ID number, a phone number or a user name."""
    number, phone = id_number.normalised(typed), phone_number(typed)
    return Identifiers(
        id_number=number if len(number) == id_number.LENGTH else None,
        phone=phone if _PHONE.fullmatch(phone) else None,
        username=folded(typed).lower()[:60],
    )


def throttle_key(typed: str) -> str:
    """One key for every way of typing the same identifier."""
    found = identifiers(typed)
    return found.id_number or found.phone or found.username


@dataclass(frozen=True)
class Details:
    """What is known of a person, as kept: normalised, None where not given."""

    name: str
    id_number: str | None = None
    phone: str | None = None
    email: str | None = None
    username: str | None = None


def details(fields: Mapping[str, str]) -> Details:
    """Typed fields, normalised."""
    return Details(
        name=person_name(fields.get("name", "")),
        id_number=id_number.normalised(fields.get("id_number", "")) or None,
        phone=phone_number(fields.get("phone", "")) or None,
        email=folded(fields.get("email", "")).lower() or None,
        username=folded(fields.get("username", "")).lower() or None,
    )


def details_of(row: Any) -> Details:
    """The details of somebody on file (anything with the attributes of `Details`)."""
    return Details(row.name, row.id_number, row.phone, row.email, row.username)


def detail_problems(person: Details, today: date, required: Collection[str]) -> list[Problem]:
    """Everything wrong with somebody's details; `required` names the fields that may not be empty."""
    found = [Problem(name, f"{name.replace('_', '-')}-required") for name in required if not getattr(person, name)]
    if person.name and not _is_name(person.name):
        found.append(Problem("name", "person-name"))
    if person.id_number and (code := id_number.wrong_with(person.id_number, today)):
        found.append(Problem("id_number", code))
    if person.phone and not _PHONE.fullmatch(person.phone):
        found.append(Problem("phone", "phone"))
    if person.email and (len(person.email) > 200 or not _EMAIL.fullmatch(person.email)):
        found.append(Problem("email", "email"))
    if person.username and not _USERNAME.fullmatch(person.username):
        found.append(Problem("username", "username"))
    return found


def _is_name(name: str) -> bool:
    letters = all(char.isalpha() or char in "·'-. " or unicodedata.category(char) == "Mn" for char in name)
    return 2 <= len(name) <= NAME_LENGTH and letters and any(char.isalpha() for char in name)


def password_problem(password: str, repeated: str, person: Details) -> Problem | None:
    """What is wrong with a password somebody chose: length first (NIST SP 800-63B), then what is easily guessed."""
    if len(password) < PASSWORD_MIN:
        return Problem("password", "password-short", {"n": PASSWORD_MIN})
    if len(password) > PASSWORD_MAX:
        return Problem("password", "password-long", {"n": PASSWORD_MAX})
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 3:
        return Problem("password", "password-common")
    own = [person.username, person.phone, person.id_number, person.id_number and person.id_number[6:14]]
    own.append(person.email and person.email.partition("@")[0])
    if any(part and len(part) >= 4 and part.casefold() in plain for part in own):
        return Problem("password", "password-personal")
    if password != repeated:
        return Problem("password_again", "password-differs")
    return None


def may_manage_account(mine: int, home: int | None, roles: Collection[tuple[int, Role]]) -> Refusal | None:
    """Whether the administrators of institution `mine` may reset the password of, disable or sign out a person.

    `home` is the institution that brought the person in; `roles` are all they hold anywhere. An administrator who
    could reset the password of somebody working elsewhere could sign in there in their name.
    """
    places = {institution for institution, _ in roles}
    home = home or (next(iter(places)) if len(places) == 1 else None)
    if home != mine:
        return Refusal("account-managed-elsewhere")
    if any(place != mine and role is not Role.CANDIDATE for place, role in roles):
        return Refusal("account-works-elsewhere")
    return None


def may_withdraw(role: Role, own: bool, administrators: int) -> Refusal | None:
    """Whether a role may be taken away: nobody shuts themselves out, and an institution keeps an administrator."""
    if role is Role.ADMINISTRATOR and own:
        return Refusal("own-administration")
    if role is Role.ADMINISTRATOR and administrators <= 1:
        return Refusal("last-administrator")
    return None


def safe_next(path: str) -> str:
    """Where to go after signing in: a path of our own, or "/".

    Browsers read a backslash as a slash and drop tabs and newlines, so anything but a plain path is refused.
    """
    plain = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() and "\\" not in path
    return path if plain and len(path) <= 1000 else "/"
