"""The editor's deeds on the lists of a content: add, remove, move up or down. Each names its place by a path."""

import copy
import re
from typing import Any

from exam.itembank import types
from exam.itembank.authoring import new_option_id
from exam.itembank.content import blank_ids
from exam.itembank.forms import free_id, new_blank, new_content

_DEED = re.compile(
    r"(add|remove|up|down):((?:parts\.[0-9]{1,3}\.content\.)?(options|rubric|parts|blanks))"
    r"(?:\.([0-9]{1,3}))?(?::([a-z-]{1,30}))?"
)


def change_rows(content: dict[str, Any], deed: str) -> tuple[dict[str, Any], str]:
    """The content after a deed such as `up:options.2` or `add:parts:true-false`, and the field to go on in.

    An unknown deed, or one that has no place to act on, changes nothing.
    """
    content = copy.deepcopy(content)
    match = _DEED.fullmatch(deed)
    if match is None:
        return content, ""
    verb, path, name, place, kind = match.groups()
    holder = _holder(content, path)
    rows = holder.get(name) if holder is not None else None
    if holder is None or not isinstance(rows, list):
        return content, ""
    if verb == "add":
        return content, _add(holder, rows, path, name, kind or "")
    index = int(place) if place else -1
    if not 0 <= index < len(rows):
        return content, ""
    if verb == "remove":
        gone = rows.pop(index)
        _forget(holder, name, gone)
        index = min(index, len(rows) - 1)
        return content, f"{path}.{index}" if rows else path
    to = index - 1 if verb == "up" else index + 1
    if 0 <= to < len(rows):
        rows.insert(to, rows.pop(index))
        index = to
    return content, f"{path}.{index}"


def _holder(content: dict[str, Any], path: str) -> dict[str, Any] | None:
    steps = path.split(".")
    if len(steps) == 1:
        return content
    parts = content.get("parts")
    place = int(steps[1])
    if not isinstance(parts, list) or place >= len(parts):
        return None
    inner = parts[place].get("content")
    return inner if isinstance(inner, dict) else None


def _add(holder: dict[str, Any], rows: list[Any], path: str, name: str, kind: str) -> str:
    if name == "options":
        rows.append({"id": new_option_id([option["id"] for option in rows]), "text": ""})
    elif name == "rubric":
        rows.append({"id": free_id(line["id"] for line in rows), "text": "", "weight": 1})
    elif name == "blanks":
        used = {*blank_ids(holder["stem"]), *(blank["id"] for blank in rows)}
        number = next(str(each) for each in range(1, 100) if str(each) not in used)
        holder["stem"] = f"{holder['stem']}{{{{{number}}}}}"
        rows.append(new_blank(number))
    elif kind in types.PART_KINDS:
        part = {"id": free_id(part["id"] for part in rows), "kind": kind, "weight": 1, "content": new_content(kind)}
        rows.append(part)
    return f"{path}.{len(rows) - 1}"


def _forget(holder: dict[str, Any], name: str, gone: dict[str, Any]) -> None:
    """What else must go with a row: an option leaves the key, a blank the stem."""
    if name == "options":
        key = holder.get("key")
        if isinstance(key, list):
            holder["key"] = [option for option in key if option != gone["id"]]
        elif key == gone["id"]:
            holder["key"] = None
    elif name == "blanks":
        holder["stem"] = holder["stem"].replace(f"{{{{{gone['id']}}}}}", "____")
