"""The four files of an AICC course: `.crs` (the course), `.des` (titles), `.au` (launches), `.cst` (their order).

The files are INI and CSV of any order of columns and any case. They do not say by which of AICC's two ways a unit
reports; what is read here are units that lie in the package, and those report through the script interface or not at
all. `exam.courseware.packages` refuses what speaks the other way, HACP, only.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

from exam.courseware.packages.model import BadPackage, Launch, Package
from exam.courseware.packages.paths import Finder, decoded, finder, shown
from exam.courseware.packages.scorm import (
    MAX_DATA,
    MAX_LAUNCHES,
    MAX_TITLE,
    limit_action_of,
    located,
    mastery_of,
    seconds_of,
    unique,
)

NEEDED = (".crs", ".des", ".au", ".cst")
MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5000
Table = list[dict[str, list[str]]]


def read_course(names: frozenset[str], read: Callable[[str, int], bytes]) -> Package:
    """What the description files say; `names` are the package's files, `read` gives one of them up to a size.

    Raises `BadPackage`: `package-aicc-incomplete` (suffix), `package-aicc-unreadable` (path),
    `package-nothing-to-launch`, `package-too-many-launches` (n), `package-aicc-program` (item), and those of
    `scorm.located`.
    """
    files = _files(names)
    course = _course(decoded(read(files[".crs"], MAX_BYTES)))
    tables = {kind: _table(files[kind], decoded(read(files[kind], MAX_BYTES))) for kind in files if kind != ".crs"}
    units = _by_id(tables[".au"], "system_id")
    described = _by_id(tables[".des"], "system_id")
    before = _by_id(tables.get(".pre", []), "structure_element")
    order = _order(tables[".cst"], units) or list(units)
    find = finder(names)
    launches = [_launch(units[key], described.get(key, {}), before.get(key, {}), find) for key in order]
    if not launches:
        raise BadPackage("package-nothing-to-launch")
    if len(launches) > MAX_LAUNCHES:
        raise BadPackage("package-too-many-launches", n=MAX_LAUNCHES)
    title = course.get("course_title", "") or _one(described.get("root", {}), "title") or launches[0].title
    return Package("aicc", title[:MAX_TITLE], tuple(unique(launches)))


def _files(names: frozenset[str]) -> dict[str, str]:
    """The description files by suffix: those beside the one course file, best of the same name."""
    courses = sorted(name for name in names if "/" not in name and name.lower().endswith(".crs"))
    if len(courses) != 1:
        raise BadPackage("package-aicc-incomplete", suffix=".crs")
    stem = courses[0][:-4].lower()
    found = {".crs": courses[0]}
    for kind in (*NEEDED[1:], ".pre"):
        beside = sorted(name for name in names if "/" not in name and name.lower().endswith(kind))
        same = [name for name in beside if name.lower() == f"{stem}{kind}"]
        if same or len(beside) == 1:
            found[kind] = (same or beside)[0]
        elif kind in NEEDED:
            raise BadPackage("package-aicc-incomplete", suffix=kind)
    return found


def _course(text: str) -> dict[str, str]:
    """The keys of the section [Course], in small letters."""
    found: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        entry = line.strip()
        if entry.startswith("["):
            section = entry.strip("[]").strip().lower()
        elif section == "course" and "=" in entry and not entry.startswith(";"):
            key, _, value = entry.partition("=")
            found.setdefault(key.strip().lower(), value.strip().strip('"'))
    return found


def _table(name: str, text: str) -> Table:
    """The rows of a CSV file, each as its cells by column in small letters; a column may come more than once."""
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), skipinitialspace=True)]
    except csv.Error as error:
        raise BadPackage("package-aicc-unreadable", path=shown(name)) from error
    rows = [row for row in rows if any(row)]
    if not rows or len(rows) > MAX_ROWS:
        raise BadPackage("package-aicc-unreadable", path=shown(name))
    heads = [cell.lower().replace(" ", "_") for cell in rows[0]]
    table: Table = []
    for row in rows[1:]:
        cells: dict[str, list[str]] = {}
        for at, cell in enumerate(row):
            # A structure may have more members in a row than its heading has columns.
            cells.setdefault(heads[min(at, len(heads) - 1)], []).append(cell)
        table.append(cells)
    return table


def _one(row: Mapping[str, Sequence[str]], column: str) -> str:
    return next(iter(row.get(column, ())), "")


def _by_id(table: Table, column: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for row in table:
        if key := _one(row, column).lower():
            found.setdefault(key, row)
    return found


def _order(structure: Table, units: Mapping[str, object]) -> list[str]:
    """The units in the order of the course's structure, each once: blocks hold units and other blocks."""
    blocks = {_one(row, "block").lower(): [member.lower() for member in row.get("member", ())] for row in structure}
    return list(dict.fromkeys(_walk("root", blocks, units)))


def _walk(top: str, blocks: Mapping[str, Sequence[str]], units: Mapping[str, object]) -> Iterator[str]:
    waiting, opened = [top], set[str]()
    while waiting:
        key = waiting.pop()
        if key in units:
            yield key
        elif key in blocks and key not in opened:
            opened.add(key)  # a block within itself ends here
            waiting.extend(reversed(blocks[key]))


def _launch(
    unit: Mapping[str, Sequence[str]],
    described: Mapping[str, Sequence[str]],
    before: Mapping[str, Sequence[str]],
    find: Finder,
) -> Launch:
    identifier = _one(unit, "system_id")
    title = _one(described, "title")
    named = title or identifier
    address = _one(unit, "file_name")
    if not address:
        raise BadPackage("package-aicc-program", item=shown(named))
    path, query, fragment = located(named, address, (), _one(unit, "web_launch"), find)
    return Launch(
        identifier,
        title,
        path,
        query,
        fragment,
        "sco",
        mastery_of(_one(unit, "mastery_score")),
        seconds_of(_one(unit, "max_time_allowed")),
        limit_action_of(_one(unit, "time_limit_action")),
        _one(unit, "core_vendor")[:MAX_DATA],
        _one(before, "prerequisite")[:MAX_DATA],
    )
