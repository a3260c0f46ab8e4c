"""Files in one file: any program opens it, and not one byte of it can be other than we would have written it."""

import io
import stat
import zipfile
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.proctor.evidence import zips as evidence_zip
from exam.proctor.evidence.zips import BadFile

MEMBERS = [("readme.txt", [b"hel", b"lo"]), ("pictures/ab.jpg", [b"\xff\xd8" * 500]), ("log.jsonl", [])]


def made(members: list[tuple[str, list[bytes]]] = MEMBERS) -> bytes:
    file = io.BytesIO()
    evidence_zip.write(file, members)
    return file.getvalue()


def refused(data: bytes) -> str:
    """Why a file is not taken, read to its end; "" for a good one."""
    file = io.BytesIO(data)
    try:
        for member in evidence_zip.read(file):
            for _ in evidence_zip.content(file, member):
                pass
    except BadFile as bad:
        return bad.code
    return ""


def test_any_program_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(made())) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [name for name, _ in MEMBERS]
        assert opened.read("pictures/ab.jpg") == b"\xff\xd8" * 500


def test_the_same_content_is_the_same_file() -> None:
    assert made() == made([(name, [b"".join(pieces)]) for name, pieces in MEMBERS])
    assert refused(made()) == "" and refused(made([])) == ""


@settings(deadline=None)
@given(st.integers(0, len(made()) - 1), st.integers(1, 255))
def test_any_byte_that_is_changed_is_found(place: int, by: int) -> None:
    data = bytearray(made())
    data[place] ^= by
    assert refused(bytes(data))


@settings(deadline=None)
@given(st.integers(0, len(made())), st.binary(min_size=1, max_size=40))
def test_any_byte_that_is_added_is_found(place: int, added: bytes) -> None:
    data = made()
    assert refused(data[:place] + added + data[place:])


@settings(deadline=None)
@given(st.integers(0, len(made()) - 1), st.integers(1, 400))
def test_any_byte_that_is_taken_away_is_found(place: int, count: int) -> None:
    data = made()
    assert refused(data[:place] + data[place + count :])


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_noise_is_no_file(data: bytes) -> None:
    assert refused(data)


def as_others_write(names: list[str], packed: int = zipfile.ZIP_STORED, mode: int = 0o600) -> bytes:
    file = io.BytesIO()
    twice = pytest.warns(UserWarning) if len(set(names)) < len(names) else nullcontext()
    with twice, zipfile.ZipFile(file, "w", packed) as opened:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = packed
            opened.writestr(info, b"0" * 10_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "too-short"),
        (b"PK", "too-short"),
        (b"before" + made(), "not-ours"),
        (made() + b"behind", "not-ours"),
        (as_others_write(["../../etc/passwd"]), "name"),
        (as_others_write(["/etc/passwd"]), "name"),
        (as_others_write(["a\\b"]), "name"),
        (as_others_write(["a/../b"]), "name"),
        (as_others_write(["a\x00b"]), "not-ours"),  # the library cuts the name there
        (as_others_write(["a" * 200]), "name"),
        (as_others_write(["a", "a"]), "twice"),
        (as_others_write(["bomb"], zipfile.ZIP_DEFLATED), "packed"),
        (as_others_write(["link"], mode=stat.S_IFLNK | 0o777), "not-ours"),
        (as_others_write(["plain"]), "not-ours"),  # the date and the maker are not ours
    ],
)
def test_tricks_are_found_by_name(data: bytes, code: str) -> None:
    assert refused(data) == code


@pytest.mark.parametrize("name", ["", "A", "../a", "a/b/c/d", "a//b", "a/", ".a", "a..b", "\u4e2d", "x" * 121])
def test_a_bad_name_is_not_written(name: str) -> None:
    with pytest.raises(BadFile, match="name"):
        made([(name, [b""])])


def test_there_is_an_end_to_how_much_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_zip, "MOST_MEMBERS", 2)
    with pytest.raises(BadFile, match="too-many"):
        made()
    monkeypatch.setattr(evidence_zip, "MOST_BYTES", 100)
    with pytest.raises(BadFile, match="too-large"):
        made([("a", [b"0" * 101])])


def test_members_are_read_one_beside_the_other() -> None:
    file = io.BytesIO(made([("a", [b"1" * 600_000]), ("b", [b"2" * 600_000])]))
    first, second = (evidence_zip.content(file, member) for member in evidence_zip.read(file))
    whole: tuple[list[bytes], list[bytes]] = ([], [])
    for one, two in zip(first, second, strict=True):
        whole[0].append(one)
        whole[1].append(two)
    assert b"".join(whole[0]) == b"1" * 600_000 and b"".join(whole[1]) == b"2" * 600_000
