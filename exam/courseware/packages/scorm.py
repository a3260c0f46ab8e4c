"""The manifest of a SCORM 1.2 package: what is launched, in which order, with which numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from exam.courseware.packages.media_types import can_open, suffix
from exam.courseware.packages.model import BadPackage, Launch, Package
from exam.courseware.packages.paths import (
    Finder,
    finder,
    host_of,
    is_external,
    joined,
    shown,
    split_reference,
    with_parameters,
)
from exam.courseware.packages.xml import Node, read_xml

MAX_TITLE = 300
MAX_LAUNCHES = 500
MAX_DATA = 4096
_TIMESPAN = re.compile(r"([0-9]{1,4}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]{1,2})?")
_LIMIT_ACTIONS = frozenset({"exit,message", "exit,no message", "continue,message", "continue,no message"})
_LIMIT_LETTERS = {"e": "exit", "c": "continue", "m": "message", "n": "no message"}
_EDITION_2004 = ("adlcp_v1p3", "adlseq_v1p3", "adlnav_v1p3", "imsss")


@dataclass(frozen=True)
class _Resource:
    """A resource: its address as written, the folders it is seen from, and whether it talks to the platform."""

    href: str
    bases: tuple[str, ...]
    is_sco: bool


def read_manifest(xml: bytes, names: frozenset[str]) -> Package:
    """What a package's `imsmanifest.xml` says; `names` are the package's files.

    Raises `BadPackage`: `package-manifest-unreadable` (line), `package-doctype`, `package-scorm-2004`,
    `package-not-scorm` (schema), `package-nothing-to-launch`, `package-too-many-launches` (n),
    `package-item-without-resource` (item), `package-external-launch` (item, host), `package-bad-path` (path),
    `package-missing-file` (item, path), `package-flash` (item, path), `package-cannot-open` (item, path).
    """
    root = read_xml(xml)
    if root.name != "manifest":
        raise BadPackage("package-manifest-unreadable", line=0)
    _check_edition(root)
    resources = _resources(root)
    organization = _organization(root)
    items = _items(organization) if organization else []
    find = finder(names)
    launches = [_of_item(item, resources, find) for item in items] or _of_resources(resources, find)
    if not launches:
        raise BadPackage("package-nothing-to-launch")
    if len(launches) > MAX_LAUNCHES:
        raise BadPackage("package-too-many-launches", n=MAX_LAUNCHES)
    title = (organization.text("title") if organization else "") or _lom_title(root) or launches[0].title
    return Package("scorm-1.2", title[:MAX_TITLE], tuple(unique(launches)))


def seconds_of(timespan: str) -> int | None:
    """HHHH:MM:SS.SS as whole seconds; None for anything else and for nothing."""
    found = _TIMESPAN.fullmatch(timespan.strip())
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]) or None if found else None


def mastery_of(text: str) -> Decimal | None:
    """A mastery score of 0 to 100; None for anything else."""
    try:
        score = Decimal(text.strip())
    except InvalidOperation:
        return None
    return score if score.is_finite() and 0 <= score <= 100 else None


def limit_action_of(text: str) -> str:
    """One of the four words for what happens when the time is over, or "". AICC has letters for them."""
    parts = [" ".join(part.split()) for part in text.lower().split(",")]
    action = ",".join(_LIMIT_LETTERS.get(part, part) for part in parts)
    return action if action in _LIMIT_ACTIONS else ""


def located(item: str, href: str, bases: Sequence[str], parameters: str, find: Finder) -> tuple[str, str, str]:
    """The file of the package that a launch address means, and its query and fragment. `item` names it in refusals.

    Raises what `read_manifest` raises about addresses.
    """
    if any(is_external(part) for part in (*bases, href)):
        outer = next(part for part in (*bases, href) if is_external(part))
        raise BadPackage("package-external-launch", item=shown(item), host=shown(host_of(outer)))
    path, query, fragment = split_reference(href)
    full = joined(bases, path)
    if full is None or path.startswith("/"):
        raise BadPackage("package-bad-path", path=shown(href))
    found = find(full)
    if found is None:
        raise BadPackage("package-missing-file", item=shown(item), path=shown(full))
    if suffix(found) in ("swf", "dcr", "flv"):
        raise BadPackage("package-flash", item=shown(item), path=shown(found))
    if not can_open(found):
        raise BadPackage("package-cannot-open", item=shown(item), path=shown(found))
    return (found, *with_parameters(query, fragment, parameters))


def unique(launches: Sequence[Launch]) -> Iterator[Launch]:
    """The launches with identifiers that are there and differ: what a learner did is kept by them."""
    taken: set[str] = set()
    for number, launch in enumerate(launches, start=1):
        wanted = shown(launch.identifier.strip()) or f"item-{number}"
        name = wanted if wanted not in taken else f"{wanted}~{number}"
        while name in taken:
            name += "~"
        taken.add(name)
        yield replace(launch, identifier=name, title=(launch.title or name)[:MAX_TITLE])


def _check_edition(root: Node) -> None:
    schema, version = root.text("metadata", "schema"), root.text("metadata", "schemaversion").lower()
    if "common cartridge" in schema.lower() or "qti" in schema.lower():
        raise BadPackage("package-not-scorm", schema=shown(schema))
    spaces = [value.lower() for key, value in root.attributes.items() if key.startswith("xmlns")]
    by_space = any(edition in space for space in spaces for edition in _EDITION_2004)
    if "2004" in version or "1.3" in version or (by_space and version != "1.2"):
        raise BadPackage("package-scorm-2004")


def _resources(root: Node) -> dict[str, _Resource]:
    """The resources with an address, by identifier, in the manifest's order."""
    found: dict[str, _Resource] = {}
    for holder in root.all("resources"):
        for node in holder.all("resource"):
            bases = tuple(base for level in (root, holder, node) if (base := level.attributes.get("base", "").strip()))
            href = node.attributes.get("href", "").strip()
            if href:
                is_sco = node.attributes.get("scormtype", "").strip().lower() == "sco"
                found.setdefault(node.attributes.get("identifier", "").strip(), _Resource(href, bases, is_sco))
    return found


def _organization(root: Node) -> Node | None:
    """The default organization, or the first one."""
    holder = root.first("organizations")
    found = holder.all("organization") if holder else []
    default = holder.attributes.get("default", "").strip() if holder else ""
    named = [node for node in found if node.attributes.get("identifier", "").strip() == default]
    return next(iter(named or found), None)


def _items(organization: Node) -> list[Node]:
    """What can be launched, in order. Invisible items are left out, unless the whole package is made of them: some
    tools mark the only lesson so, to hide a table of contents with one line."""
    items = [
        node for node in organization.walk() if node.name == "item" and node.attributes.get("identifierref", "").strip()
    ]
    visible = [node for node in items if node.attributes.get("isvisible", "").strip().lower() not in ("false", "0")]
    return visible or items


def _of_item(item: Node, resources: Mapping[str, _Resource], find: Finder) -> Launch:
    identifier = item.attributes.get("identifier", "").strip()
    title = item.text("title")
    resource = resources.get(item.attributes["identifierref"].strip())
    if resource is None:
        raise BadPackage("package-item-without-resource", item=shown(title or identifier))
    parameters = item.attributes.get("parameters", "")
    path, query, fragment = located(title or identifier, resource.href, resource.bases, parameters, find)
    return Launch(
        identifier,
        title,
        path,
        query,
        fragment,
        "sco" if resource.is_sco else "asset",
        mastery_of(item.text("masteryscore")),
        seconds_of(item.text("maxtimeallowed")),
        limit_action_of(item.text("timelimitaction")),
        # As written: white space may mean something to the content.
        "".join(data.texts)[:MAX_DATA] if (data := item.first("datafromlms")) else "",
        item.text("prerequisites")[:MAX_DATA],
    )


def _of_resources(resources: Mapping[str, _Resource], find: Finder) -> list[Launch]:
    """The launches of a package without an organization: its resources that talk to the platform."""
    return [
        Launch(identifier, "", *located(identifier, resource.href, resource.bases, "", find))
        for identifier, resource in resources.items()
        if resource.is_sco
    ]


def _lom_title(root: Node) -> str:
    title = root.first("metadata", "lom", "general", "title")
    return next((text for node in title.walk() if (text := node.text())), "") if title else ""
