"""The zip of a course package: what is refused before anything is inflated, and while it is."""

import io
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exam.courseware.packages import BadPackage
from exam.courseware.packages.archive import Limits, open_archive
from exam.courseware.packages.paths import MAX_PATH, joined, safe_name


def zipped(folder: Path, files: Mapping[str, bytes | str], name: str = "p.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for entry, content in files.items():
            book.writestr(entry, content)
    return path


def raw(folder: Path, *infos: tuple[zipfile.ZipInfo, bytes]) -> Path:
    path = folder / "raw.zip"
    with zipfile.ZipFile(path, "w") as book:
        for info, content in infos:
            book.writestr(info, content)
    return path


def code(call: Callable[[], object]) -> str:
    with pytest.raises(BadPackage) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    "name",
    [
        "../a.html",
        "a/../../b.html",
        "..\\b.html",
        "/etc/passwd",
        "\\\\host\\share",
        "C:\\a.html",
        "c:a.html",
        "a/d:/b",
        "a\nb.html",
        "a\u202eb.html",
        "x" * (MAX_PATH + 1),
        "a/ /b.html",
        "./",
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    assert code(lambda: open_archive(zipped(tmp_path, {"imsmanifest.xml": "x", name: "x"}))) == "package-bad-path"


def test_a_name_with_nul(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"aXb.html": "x"})
    path.write_bytes(path.read_bytes().replace(b"aXb.html", b"a\0b.html"))
    assert code(lambda: open_archive(path)) == "package-bad-path"


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.html", "A.HTML"), ("a\\b.html", "a/b.html"), ("a", "a/b.html"), ("é.html", "e\u0301.html")],
)
def test_names_that_are_the_same(tmp_path: Path, first: str, second: str) -> None:
    assert code(lambda: open_archive(zipped(tmp_path, {first: "1", second: "2"}))) == "package-same-name"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("link.html")
    info.external_attr = (kind | 0o777) << 16
    assert code(lambda: open_archive(raw(tmp_path, (info, b"/etc/passwd")))) == "package-symlink"


def test_encrypted_and_oddly_compressed(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.html": "x"})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    assert code(lambda: open_archive(path)) == "package-encrypted"
    info = zipfile.ZipInfo("a.html")
    info.compress_type = zipfile.ZIP_LZMA
    assert code(lambda: open_archive(raw(tmp_path, (info, b"x")))) == "package-odd-compression"


def test_a_bomb_is_seen_before_it_goes_off(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.html": b"\0" * (11 * 1024 * 1024)})
    assert code(lambda: open_archive(path)) == "package-suspicious-ratio"
    many = zipped(tmp_path, {f"{n}.html": b"\0" * (2 * 1024 * 1024) for n in range(6)}, "many.zip")
    assert code(lambda: open_archive(many)) == "package-suspicious-ratio"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(files=2), None),
        (Limits(files=1), "package-too-many-files"),
        (Limits(file=10), None),
        (Limits(file=9), "package-file-too-large"),
        (Limits(total=20), None),
        (Limits(total=19), "package-too-large"),
    ],
)
def test_limits_at_their_edge(tmp_path: Path, limits: Limits, expected: str | None) -> None:
    path = zipped(tmp_path, {"a.html": "0123456789", "b.html": "0123456789"})
    if expected:
        assert code(lambda: open_archive(path, limits)) == expected
    else:
        open_archive(path, limits).close()


def test_a_crowd_of_entries_is_counted_before_the_directory_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(b"PK\x01\x02" * 14_000)
    assert code(lambda: open_archive(path)) == "package-too-many-files"


@pytest.mark.parametrize("data", [b"", b"PK", b"<html>", b"PK\x05\x06" + b"\xff" * 18])
def test_no_zip(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(data)
    assert code(lambda: open_archive(path)) == "package-not-zip"


@pytest.mark.parametrize("declared", [3, 5000])
def test_a_size_that_lies(tmp_path: Path, declared: int) -> None:
    path = zipped(tmp_path, {"a.html": b"x" * 1000})
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(mark) + at, declared)
    path.write_bytes(bytes(data))
    with open_archive(path) as archive:
        assert code(lambda: archive.read("a.html", 10_000)) == "package-damaged"


def test_a_wrong_check_sum(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.html")
    path = raw(tmp_path, (info, b"content"))
    path.write_bytes(path.read_bytes().replace(b"content", b"CONTENT"))
    with open_archive(path) as archive:
        assert code(lambda: archive.read("a.html", 100)) == "package-damaged"


def test_names_of_chinese_windows(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"XXXX.html": "x"})
    path.write_bytes(path.read_bytes().replace(b"XXXX", "课程".encode("gbk")))
    with open_archive(path) as archive:
        assert archive.names == {"课程.html"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet=st.sampled_from("ab./\\: \0C课\u0301\n~"), min_size=1, max_size=12), max_size=5))
def test_no_name_leaves_the_package(names: list[str]) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as file:
        for name in dict.fromkeys(names):
            info = zipfile.ZipInfo()
            info.filename = name
            file.writestr(info, b"x")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.zip"
        path.write_bytes(book.getvalue())
        try:
            archive = open_archive(path)
        except BadPackage:
            return
        with archive:
            for name in archive.names:
                assert (Path("/somewhere/else") / name).resolve().is_relative_to("/somewhere/else")
                assert not name.startswith("/") and "\\" not in name and "\0" not in name
                assert safe_name(name) == name


@given(st.lists(st.text(alphabet="ab./\\ ", max_size=8), max_size=3), st.text(alphabet="ab./\\ ", max_size=12))
def test_no_reference_leaves_the_package(bases: list[str], path: str) -> None:
    found = joined(bases, path)
    assert found is None or (Path("/somewhere/else") / found).resolve().is_relative_to("/somewhere/else")
