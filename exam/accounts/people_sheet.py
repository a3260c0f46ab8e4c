"""A sheet of people, read: rows with their details and roles, and what is wrong with each. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from exam.accounts import rules
from exam.accounts.permissions import Role
from exam.accounts.rules import Details
from exam.core.errors import Invalid, Problem
from exam.core.i18n import N_
from exam.core.xlsx import Row, as_text, lost_digits

# The columns in the order of the template: field, heading, other headings that are understood, whether needed.
COLUMNS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("name", N_("姓名"), ("Name", "名字", "考生姓名"), True),
    ("id_number", N_("证件号码"), ("ID number", "身份证号", "身份证号码", "身份证", "证件号", "公民身份号码"), True),
    ("phone", N_("手机号"), ("Phone", "手机", "手机号码", "电话", "联系电话"), False),
    ("email", N_("电子邮箱"), ("E-mail", "Email", "邮箱", "电子邮件"), False),
    ("username", N_("用户名"), ("User name", "Username", "登录名"), False),
    ("roles", N_("角色"), ("Roles", "Role", "身份"), False),
)
ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.CANDIDATE: N_("考生"),
        Role.ITEM_WRITER: N_("命题员"),
        Role.REVIEWER: N_("审题员"),
        Role.PROCTOR: N_("监考员"),
        Role.MARKER: N_("阅卷员"),
        Role.REGISTRAR: N_("考务员"),
        Role.OFFICER: N_("机构负责人"),
        Role.ADMINISTRATOR: N_("管理员"),
    }
)
# The template's example row is recognised by this start of the name, and passed over.
EXAMPLE = "示例"
EXAMPLE_ROW = ("示例 王芳", "110101199003070011", "13800001234", "wangfang@example.com", "wangfang", "考生")


@dataclass(frozen=True)
class Found:
    """Something wrong in a sheet: where (row from 1, the field's column), and what."""

    row: int
    column: str
    problem: Problem


@dataclass(frozen=True)
class PersonRow:
    """A row that can be read, whether or not it is right."""

    number: int
    person: Details
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet read: its rows, what is wrong with them, and headings that mean nothing to us (passed over)."""

    rows: tuple[PersonRow, ...]
    problems: tuple[Found, ...]
    ignored: tuple[str, ...] = ()

    @property
    def bad(self) -> frozenset[int]:
        """The numbers of the rows with something wrong."""
        return frozenset(found.row for found in self.problems)


def read(rows: Sequence[Row], today: date) -> Sheet:
    """Read the rows of a workbook. Raises `Invalid` when it has no such headings or no people at all."""
    if not rows:
        raise Invalid([Problem("file", "file-empty")])
    places, ignored = _headings(rows[0])
    people: list[PersonRow] = []
    problems: list[Found] = []
    for row in rows[1:]:
        cells = {name: row.cells[at] if at < len(row.cells) else None for name, at in places.items()}
        if as_text(cells["name"]).startswith(EXAMPLE):
            continue
        person = rules.details({name: as_text(cell) for name, cell in cells.items() if name != "roles"})
        roles, unknown = roles_in(as_text(cells.get("roles")))
        problems += [Found(row.number, "roles", Problem("roles", "role-unknown", {"text": text})) for text in unknown]
        if lost_digits(cells["id_number"]):
            problems.append(Found(row.number, "id_number", Problem("id_number", "digits-lost")))
        else:
            wrong = rules.detail_problems(person, today, ("name", "id_number"))
            problems += [Found(row.number, problem.field, problem) for problem in wrong]
        people.append(PersonRow(row.number, person, roles))
    if not people:
        raise Invalid([Problem("file", "sheet-no-people")])
    return Sheet(tuple(people), tuple(problems + _twice(people)), ignored)


def roles_in(text: str) -> tuple[tuple[Role, ...], list[str]]:
    """Roles by their Chinese names or codes, separated by 、 or a comma (none means candidate); what isn't a role."""
    known = {name: role for role, name in ROLE_NAMES.items()} | {role.value: role for role in Role}
    parts = [part.strip() for part in re.split("[、，,；;/]", text)]
    parts = [part for part in parts if part] or [ROLE_NAMES[Role.CANDIDATE]]
    roles = dict.fromkeys(known[part] for part in parts if part in known)
    return tuple(roles), [part[:40] for part in parts if part not in known]


def _headings(row: Row) -> tuple[dict[str, int], tuple[str, ...]]:
    meant = {other.casefold(): name for name, heading, others, _ in COLUMNS for other in (heading, *others)}
    places: dict[str, int] = {}
    ignored = []
    for at, cell in enumerate(row.cells):
        heading = rules.folded(as_text(cell)).rstrip("*").strip()
        name = meant.get(heading.casefold())
        if name and name not in places:
            places[name] = at
        elif heading:
            ignored.append(heading[:40])
    missing = [heading for name, heading, _, needed in COLUMNS if needed and name not in places]
    if missing:
        raise Invalid([Problem("file", "sheet-no-heading", {"heading": heading}) for heading in missing])
    return places, tuple(ignored)


def _twice(people: Iterable[PersonRow]) -> list[Found]:
    """The second and later rows with an ID number, phone or user name that an earlier row has."""
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for row in people:
        for name in ("id_number", "phone", "username"):
            value: Any = getattr(row.person, name)
            if not value:
                continue
            first = seen.setdefault((name, value), row.number)
            if first != row.number:
                problems.append(Found(row.number, name, Problem(name, "row-twice", {"n": first})))
    return problems
