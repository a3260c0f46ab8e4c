"""A package's manifest as a plain tree. Read by expat after decoding: expat alone knows no Chinese encodings.

Names go without their namespaces: packages use a dozen variants of them, and some forget to declare theirs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from exam.courseware.packages.model import BadPackage
from exam.courseware.packages.paths import decoded

MAX_BYTES = 8 * 1024 * 1024
MAX_ELEMENTS = 50_000
MAX_DEPTH = 60
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


@dataclass
class Node:
    """An element: its name and attributes in small letters without prefixes, its text, and what it holds."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    def all(self, name: str) -> list["Node"]:
        """The children of a name."""
        return [child for child in self.children if child.name == name]

    def first(self, *path: str) -> "Node | None":
        """The first element down a path of names."""
        node: Node | None = self
        for name in path:
            node = next(iter(node.all(name)), None) if node else None
        return node

    def text(self, *path: str) -> str:
        """The text of the first element down a path, white space made single; "" without one."""
        node = self.first(*path)
        return " ".join("".join(node.texts).split()) if node else ""

    def walk(self) -> Iterator["Node"]:
        """The element and everything in it, in order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def read_xml(data: bytes) -> Node:
    """The root of an XML document. Raises `BadPackage`: `package-manifest-unreadable` (line, 0 when it is not a matter
    of a line), `package-doctype` for a document with a DOCTYPE: no manifest needs one, and entities are declared there.
    """
    if len(data) > MAX_BYTES:
        raise BadPackage("package-manifest-unreadable", line=0)
    declared = _DECLARED.search(data[:400])
    text = _DECLARATION.sub("", decoded(data, declared[1].decode() if declared else "").lstrip("\ufeff"))
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(text.strip().encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise BadPackage("package-manifest-unreadable", line=error.lineno) from error
    if builder.root is None:
        raise BadPackage("package-manifest-unreadable", line=0)
    return builder.root


class _Builder:
    """Builds the tree under bounds of size and depth."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise BadPackage("package-manifest-unreadable", line=0)
        # Declarations of namespaces keep theirs: they tell the standard's edition.
        named = {key if key.startswith("xmlns") else _local(key): value for key, value in attributes.items()}
        node = Node(_local(name), named)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, name: str) -> None:
        self.open.pop()

    def data(self, text: str) -> None:
        self.open[-1].texts.append(text)

    def doctype(self, *_: object) -> None:
        raise BadPackage("package-doctype")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
