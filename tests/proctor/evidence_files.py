"""Files of evidence, exported, taken apart, changed and put together again."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from exam.core.events import canonical, link
from exam.proctor.evidence import check as evidence_check
from exam.proctor.evidence import export as evidence_export
from exam.proctor.evidence import format as evidence_format
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence import zips as evidence_zip
from exam.proctor.evidence.report import Report
from tests.proctor.evidence_story import Story

Members = dict[str, bytes]


def exported(story: Story) -> bytes:
    file = io.BytesIO()
    with story.room.database.reading() as db:
        evidence_export.export(db, story.store, story.keys, story.sitting, file, story.room.clock.now(), "test")
    return file.getvalue()


def check(data: bytes, *trusted: bytes) -> Report:
    return evidence_check.verify(io.BytesIO(data), trusted)


def members(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(found: Members) -> bytes:
    file = io.BytesIO()
    evidence_zip.write(file, ((name, [content]) for name, content in found.items()))
    return file.getvalue()


def lines(found: Members, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found[name].splitlines() if line] if name in found else []


def put(found: Members, name: str, rows: list[dict[str, Any]]) -> None:
    found[name] = b"".join(canonical(row).encode() + b"\n" for row in rows)


def resign(found: Members, keys: evidence_keys.Keys) -> None:
    """What somebody does who has a key: a manifest that fits, and its signature."""
    manifest = json.loads(found["manifest.json"])
    listed = {name: content for name, content in found.items() if not name.startswith("manifest.")}
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} for name, content in listed.items()
    }
    manifest["keys"] = {**manifest["keys"], keys.key_id: keys.public.hex()}
    data = canonical(manifest).encode()
    signature = keys.sign(evidence_format.signed(hashlib.sha256(data).hexdigest()))
    found["manifest.json"] = data
    found["manifest.sig"] = canonical({"key_id": keys.key_id, "signature": signature}).encode()


def rechain(rows: list[dict[str, Any]]) -> None:
    """Numbers and hashes that fit again from the first link on."""
    previous = "0" * 64
    for number, row in enumerate(rows, 1):
        parts = [row["kind"], row["at"], *("" if row[n] is None else row[n] for n in ("slot", "revision")), row["body"]]
        row.update(seq=number, previous=previous, hash=link(previous, number, *parts))
        previous = row["hash"]


def change(name: str, number: int, **values: Any) -> Callable[[Members], None]:
    def act(found: Members) -> None:
        rows = lines(found, name)
        rows[number].update(values)
        put(found, name, rows)

    return act


def extra(name: str) -> Callable[[Members], None]:
    return lambda found: found.update({name: b"x"})
