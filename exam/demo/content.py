"""The demo's content as it lies in its files: banks, papers, people."""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "content"


def read(name: str) -> Any:
    """One file of the content."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def paper(code: str) -> dict[str, Any]:
    """The definition of a paper."""
    found: dict[str, Any] = next(paper for paper in read("papers.json")["papers"] if paper["code"] == code)
    return found


@cache
def people() -> dict[str, Any]:
    """Institutions, people, who waits for activation, and whose sign-ins are printed."""
    found: dict[str, Any] = read("people.json")
    return found
