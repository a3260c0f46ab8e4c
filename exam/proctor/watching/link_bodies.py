"""What a link of a sitting's log may say of a face: what was counted and measured, never what somebody looks like.

A link can't be taken out of the log without breaking it, so nothing may stand there that the law lets people have
deleted: no picture (only its hash), no shape of a face, nothing made for comparing faces. Those lie in rows and files,
which `retention` deletes.
"""

from collections.abc import Mapping
from typing import Any

PERSONAL = frozenset({"points", "shape", "fingerprint", "likeness", "likenesses", "baseline"})


def impersonal(seen: Mapping[str, Any]) -> dict[str, Any]:
    """An observation without what shows how somebody looks."""
    return {name: value for name, value in seen.items() if name not in PERSONAL}


def personal_in(body: Any) -> set[str]:
    """What of a link's body must not be there, at any depth; for tests."""
    if isinstance(body, Mapping):
        inner = (personal_in(value) for value in body.values())
        return set(PERSONAL & set(body)).union(*inner)
    if isinstance(body, list | tuple):
        return set[str]().union(*(personal_in(value) for value in body))
    return set()
