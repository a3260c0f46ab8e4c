"""A file of evidence checked with nothing but itself and a key: every way of changing it is found."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from exam.accounts.models import Institution
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.core.events import canonical
from exam.proctor.evidence import checkpoints
from exam.proctor.evidence import keys as evidence_keys
from exam.proctor.evidence.report import UNPROVEN, WRONG
from exam.settings import Settings
from tests.conftest import NOON
from tests.proctor.conftest import make_hall, make_room, picture
from tests.proctor.evidence_files import (
    Members,
    change,
    check,
    exported,
    extra,
    lines,
    members,
    packed,
    put,
    rechain,
    resign,
)
from tests.proctor.evidence_story import Story, tell


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A sitting that was signed at its start, in between and at its end; nothing here changes it."""
    folder = tmp_path_factory.mktemp("story")
    database = Database(Settings(data_dir=folder).effective_database_url)
    SQLModel.metadata.create_all(database.write_engine)
    with database.transaction() as db:
        place = Institution(code="I", name="机构", created_at=NOON)
        db.add(place)
        db.flush()
    hall = make_hall(database, FrozenClock(NOON), place.id or 0)
    yield tell(make_room(hall), folder, step=300, signs=True)
    database.close()


@pytest.fixture(scope="module")
def data(story: Story) -> bytes:
    return exported(story)


def drop(name: str, number: int) -> Callable[[Members], None]:
    def act(found: Members) -> None:
        rows = lines(found, name)
        del rows[number]
        put(found, name, rows)

    return act


def swap_links(found: Members) -> None:
    rows = lines(found, "log.jsonl")
    rows[5], rows[6] = rows[6], rows[5]
    put(found, "log.jsonl", rows)


def fork(found: Members) -> None:
    """Another end from the fifth link on, that fits in itself."""
    rows = lines(found, "log.jsonl")
    rows[5]["body"] = rows[5]["body"].replace("1", "2")
    rechain(rows)
    put(found, "log.jsonl", rows)
    manifest = json.loads(found["manifest.json"])
    manifest["head"] = {"seq": rows[-1]["seq"], "hash": rows[-1]["hash"]}
    found["manifest.json"] = canonical(manifest).encode()


def cut(found: Members) -> None:
    """The last three links gone, with the checkpoints over them, and a head that fits."""
    rows = lines(found, "log.jsonl")[:-3]
    put(found, "log.jsonl", rows)
    put(
        found,
        "checkpoints.jsonl",
        [each for each in lines(found, "checkpoints.jsonl") if each["seq"] <= rows[-1]["seq"]],
    )
    manifest = json.loads(found["manifest.json"])
    manifest["head"] = {"seq": rows[-1]["seq"], "hash": rows[-1]["hash"]}
    found["manifest.json"] = canonical(manifest).encode()


def first_picture(found: Members) -> str:
    return next(name for name in found if name.startswith("pictures/"))


def swap_picture(found: Members) -> None:
    found[first_picture(found)] = picture(77)


def other_picture(found: Members) -> None:
    """Another picture under its right name."""
    del found[first_picture(found)]
    found[f"pictures/{hashlib.sha256(picture(77)).hexdigest()}.jpg"] = picture(77)


def no_picture(found: Members) -> None:
    del found[first_picture(found)]


def without(name: str) -> Callable[[Members], None]:
    return lambda found: found.pop(name) and None


CASES: dict[str, tuple[Callable[[Members], None], set[str]]] = {
    "an answer edited": (change("log.jsonl", 5, body='{"choice":"b2"}'), {"link-changed"}),
    "an instant edited": (change("log.jsonl", 5, at=1), {"link-changed"}),
    "a kind edited": (change("log.jsonl", 5, kind="page.hidden"), {"link-changed"}),
    "a hash edited": (change("log.jsonl", 5, hash="0" * 64), {"link-changed", "link-fork"}),
    "a link deleted": (drop("log.jsonl", 5), {"link-gap", "link-fork"}),
    "the first link deleted": (drop("log.jsonl", 0), {"link-gap", "link-fork"}),
    "links reordered": (swap_links, {"link-gap", "link-fork"}),
    "the last link cut off": (drop("log.jsonl", -1), {"log-cut", "checkpoint-beyond"}),
    "the tail cut off with its checkpoints": (cut, {"head-unsigned"}),
    "another end": (fork, {"checkpoint-other"}),
    "a picture swapped": (swap_picture, {"picture-changed"}),
    "another picture": (other_picture, {"picture-missing", "picture-unknown"}),
    "a picture gone": (no_picture, {"picture-missing"}),
    "a picture more": (extra(f"pictures/{'ab' * 32}.jpg"), {"picture-unknown", "picture-changed"}),
    "a checkpoint forged": (change("checkpoints.jsonl", 0, signature="00" * 64), {"checkpoint-signature"}),
    "a checkpoint of a stranger's key": (change("checkpoints.jsonl", 0, key_id="00" * 32), {"checkpoint-key"}),
    "a checkpoint of another sitting": (
        change("checkpoints.jsonl", 0, sitting_id=99),
        {"checkpoint-sitting", "checkpoint-signature"},
    ),
    "a checkpoint gone": (drop("checkpoints.jsonl", 1), {"checkpoint-missing"}),
    "the last checkpoint gone": (drop("checkpoints.jsonl", -1), {"head-unsigned"}),
    "a frame's row edited": (change("tables/frames.jsonl", 0, picture="ab" * 32), {"frame-differs"}),
    "a frame's row gone": (drop("tables/frames.jsonl", 0), {"frame-differs"}),
    "a frame marked as erased": (change("tables/frames.jsonl", 0, erased=True), {"erased-differs"}),
    "a message edited": (change("tables/messages.jsonl", 0, text="别的"), {"row-unknown", "row-missing"}),
    "a message gone": (drop("tables/messages.jsonl", 0), {"row-missing"}),
    "extra time edited": (change("tables/adjustments.jsonl", 0, seconds=9), {"row-unknown", "row-missing"}),
    "a table gone": (without("tables/messages.jsonl"), {"row-missing"}),
    "the log gone": (without("log.jsonl"), {"member-missing"}),
    "the manifest gone": (without("manifest.json"), {"member-missing"}),
    "the signature gone": (without("manifest.sig"), {"member-missing"}),
    "a file more": (extra("notes.txt"), {"member-unknown"}),
    "nonsense for a log": (lambda found: found.update({"log.jsonl": b"{]\n"}), {"unreadable"}),
    "a log of something else": (lambda found: found.update({"log.jsonl": b"[]\n"}), {"unreadable"}),
    "a deep line": (lambda found: found.update({"log.jsonl": b"[" * 100_000 + b"\n"}), {"unreadable"}),
    "a line without an end": (lambda found: found.update({"log.jsonl": found["log.jsonl"] + b"x"}), {"unreadable"}),
    "a number of words": (change("log.jsonl", 5, seq="6"), {"unreadable"}),
    "a manifest of words": (lambda found: found.update({"manifest.json": b'"x"'}), {"unreadable"}),
}


@pytest.mark.parametrize("case", CASES)
def test_tampering_is_found(story: Story, data: bytes, case: str) -> None:
    """Twice: by somebody without a key, and by somebody who makes the manifest anew with a key of their own."""
    act, codes = CASES[case]
    found = members(data)
    act(found)
    report = check(packed(found), story.keys.public)
    assert not report.ok and codes <= report.codes(), report.to_json()
    if "manifest.json" in found and found["manifest.json"].startswith(b"{"):
        stranger = evidence_keys.load(Settings(data_dir=story.store.folder.parent / "stranger"))
        resign(found, stranger)
        again = check(packed(found), story.keys.public)
        assert "key-not-trusted" in again.codes()
        assert codes - {"member-missing"} <= again.codes(), again.to_json()
        assert not check(packed(found)).ok or case == "the signature gone", "what does not fit needs no key"


def test_a_made_up_file_needs_the_key_to_be_found_out(story: Story, data: bytes) -> None:
    """Whoever makes everything anew with a key of their own: only the key got by another way speaks against it."""
    stranger = evidence_keys.load(Settings(data_dir=story.store.folder.parent / "stranger"))
    found = members(data)
    rows = lines(found, "log.jsonl")
    rows[-1]["at"] += 1
    rechain(rows)
    put(found, "log.jsonl", rows)
    points, last = [], 0
    for each in lines(found, "checkpoints.jsonl"):
        at = checkpoints.Signed(**{**each, "at": story.room.clock.now()}).at
        made = checkpoints.sign(stranger, story.sitting, each["seq"], rows[each["seq"] - 1]["hash"], last, at)
        last = each["seq"]
        points.append({**made.__dict__, "at": at.isoformat(timespec="microseconds")})
    put(found, "checkpoints.jsonl", points)
    manifest = json.loads(found["manifest.json"])
    manifest["head"]["hash"] = rows[-1]["hash"]
    found["manifest.json"] = canonical(manifest).encode()
    resign(found, stranger)
    alone = check(packed(found))
    assert alone.ok and not alone.trusted and alone.key_id == stranger.key_id
    assert check(packed(found), story.keys.public).codes() & set(WRONG) == {"key-not-trusted"}


def test_any_byte_changed_in_any_member_is_found(story: Story, data: bytes) -> None:
    found = members(data)
    names = sorted(found)

    @settings(deadline=None, max_examples=150)
    @given(st.sampled_from(names), st.integers(0, 10**9), st.integers(1, 255))
    def try_it(name: str, place: int, by: int) -> None:
        content = bytearray(found[name])
        if content:
            content[place % len(content)] ^= by
            assert not check(packed({**found, name: bytes(content)}), story.keys.public).ok

    try_it()


def test_any_bytes_are_answered_with_a_report(data: bytes) -> None:

    @settings(deadline=None, max_examples=100)
    @given(st.integers(0, len(data)), st.binary(max_size=30), st.integers(0, 500))
    def try_it(place: int, added: bytes, gone: int) -> None:
        other = data[:place] + added + data[place + gone :]
        assert check(other).ok == (other == data)

    try_it()


def test_every_code_has_its_words() -> None:
    assert set[str]().union(*(codes for _, codes in CASES.values())) <= set(WRONG)
    assert not set(WRONG) & set(UNPROVEN)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """`exam evidence …` as on another machine: an empty folder, nothing in the environment."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"]}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from exam.cli import main; main()", "evidence", *words]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    yield run
    assert {path.name for path in folder.iterdir()} <= {"e.zip", "key.pem"}, "nothing is left behind"


def test_on_another_machine(story: Story, data: bytes, tmp_path: Path, elsewhere: Any) -> None:
    folder = tmp_path / "elsewhere"
    (folder / "e.zip").write_bytes(data)
    (folder / "key.pem").write_text(evidence_keys.published(story.keys))
    whole = elsewhere("verify", "e.zip", "--key", "key.pem", "--json")
    assert whole.returncode == 0, whole.stderr
    assert json.loads(whole.stdout)["ok"] is True and json.loads(whole.stdout)["key_given"] is True
    (folder / "e.zip").write_bytes(data[:-1])
    assert elsewhere("verify", "e.zip").returncode == 1
