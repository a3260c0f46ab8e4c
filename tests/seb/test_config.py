"""Files of Safe Exam Browser: every wrapping that is read, everything hostile that is refused, and our own."""

import gzip
import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core.errors import Invalid
from exam.seb import config
from exam.seb.keys import config_keys, seb_json

START = {"startURL": "https://exam.example.org/", "allowQuit": True, "rules": [{"active": True, "data": b"\x01"}]}
XML = plistlib.dumps(START)
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def refusal(content: bytes) -> str:
    """The code with which a file is refused."""
    with pytest.raises(Invalid) as caught:
        config.read(content)
    (problem,) = caught.value.problems
    assert problem.field == "file"
    return problem.code


def listed(inside: str) -> bytes:
    """A property list of these elements, with an address to begin at."""
    return f'<plist version="1.0"><dict><key>startURL</key><string>x</string>{inside}</dict></plist>'.encode()


@pytest.mark.parametrize(
    "content",
    [
        XML,
        XML.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + XML,
        gzip.compress(XML),
        b"plnd" + XML,
        b"plnd" + gzip.compress(XML),
        gzip.compress(b"plnd" + gzip.compress(XML)),
        config.write(START),
        config.write_packed(START),
    ],
)
def test_every_unencrypted_wrapping_is_read(content: bytes) -> None:
    assert config.read(content) == START


@pytest.mark.parametrize("prefix", [b"pswd", b"pwcc", b"pkhs", b"phsk"])
def test_an_encrypted_file_is_told_from_a_broken_one(prefix: bytes) -> None:
    assert refusal(prefix + b"\x03\x01 anything") == "seb-file-encrypted"
    assert refusal(gzip.compress(prefix + b"\x03\x01 anything")) == "seb-file-encrypted"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "seb-file-empty"),
        (b"hello", "seb-file-unreadable"),
        (b"\x1f\x8bnot gzip", "seb-file-unreadable"),
        (gzip.compress(XML)[:-9], "seb-file-unreadable"),
        (b"plnd", "seb-file-unreadable"),
        (b"bplist00" + b"\0" * 40, "seb-file-unreadable"),
        (XML[:-20], "seb-file-unreadable"),
        (plistlib.dumps(["no dictionary"]), "seb-file-unreadable"),
        (b"<plist/>", "seb-file-unreadable"),
        (plistlib.dumps({"allowQuit": True}), "seb-file-no-start"),
        (plistlib.dumps({"startURL": "  "}), "seb-file-no-start"),
        (plistlib.dumps({"startURL": 7}), "seb-file-no-start"),
        (listed("<key>n</key><integer>" + "9" * 5000 + "</integer>"), "seb-file-unreadable"),
        (listed("<key>n</key><integer>" + "9" * 19 + "</integer>"), "seb-file-unreadable"),
        (listed("<key>n</key><real>nan</real>"), "seb-file-unreadable"),
        (listed("<key>n</key><real>1e999</real>"), "seb-file-unreadable"),
        (listed("<key>n</key><date>2026-13-40T00:00:00Z</date>"), "seb-file-unreadable"),
        (listed("<key>n</key><date>today</date>"), "seb-file-unreadable"),
        (listed("<key>n</key><data>*</data><string>no key</string>"), "seb-file-unreadable"),
        (listed("<key>n</key><key>m</key>"), "seb-file-unreadable"),
        (listed("</dict></dict>"), "seb-file-unreadable"),
    ],
)
def test_what_is_no_configuration_is_refused(content: bytes, code: str) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE plist [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE plist [<!ATTLIST plist version CDATA "9">]>',
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd" [ ]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declarations_inside_the_file_are_refused(doctype: str, encoding: str) -> None:
    body = listed("").decode()
    content = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{body}'.encode(encoding)
    if encoding == "utf-16" and "ENTITY" not in doctype:
        assert config.read(content) == {"startURL": "x"}  # harmless: no more than what the list itself may say
    else:
        assert refusal(content) == "seb-file-unreadable"


def test_sizes_are_bounded_before_anything_is_unpacked_or_read() -> None:
    fits = XML + b" " * (config.MAX_FILE - len(XML))
    assert config.read(fits) == START
    assert refusal(fits + b" ") == "seb-file-too-large"
    assert config.read(gzip.compress(XML + b" " * (config.MAX_XML - len(XML)))) == START
    bomb = gzip.compress(XML + b" " * (300 * 1024 * 1024), compresslevel=1)
    assert len(bomb) > config.MAX_FILE
    layered = gzip.compress(b"plnd" + gzip.compress(b" " * (100 * 1024 * 1024)))
    assert len(layered) < config.MAX_FILE
    assert refusal(layered) == "seb-file-too-large"


def test_depth_and_number_of_values_are_bounded() -> None:
    def nested(depth: int) -> bytes:
        return listed(f"<key>n</key>{'<array>' * depth}{'</array>' * depth}")

    assert seb_json(config.read(nested(config.MAX_DEPTH))).count("[") == config.MAX_DEPTH
    assert refusal(nested(config.MAX_DEPTH + 1)) == "seb-file-unreadable"
    assert refusal(nested(30_000)) == "seb-file-unreadable"
    few = "<true/>" * (config.MAX_VALUES - 3)  # beside the dictionary, its text and the list
    assert config.read(listed(f"<key>n</key><array>{few}</array>"))
    assert refusal(listed(f"<key>n</key><array>{few}<true/></array>")) == "seb-file-unreadable"


@given(st.binary(max_size=300))
def test_random_bytes_never_do_more_than_be_refused(content: bytes) -> None:
    for wrapped in (content, gzip.compress(content), b"plnd" + content, HEAD + content, listed("") + content):
        try:
            config.read(wrapped)
        except Invalid as error:
            assert error.problems[0].code.startswith("seb-file-")


@given(
    st.dictionaries(
        st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12),
        st.recursive(
            st.booleans() | st.integers(-(10**17), 10**17) | st.text('ab"\\é考&<>', max_size=8) | st.binary(max_size=6),
            lambda inside: (
                st.lists(inside, max_size=3) | st.dictionaries(st.text("aB", min_size=1), inside, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=8,
    )
)
def test_what_is_written_is_read_with_the_same_key(settings: dict[str, Any]) -> None:
    settings = {**settings, "startURL": "https://exam.example.org/"}
    for content in (config.write(settings), config.write_packed(settings)):
        again = config.read(content)
        assert again == settings
        assert config_keys(again) == config_keys(settings)


def test_our_own_configuration_begins_and_ends_with_us_and_asks_for_the_password_it_was_given() -> None:
    ours = config.Ours("https://exam.example.org/seb/7", "https://exam.example.org/seb/quit")
    plain = config.for_exam(ours)
    assert plain["startURL"] == ours.start_url
    assert plain["quitURL"] == ours.quit_url
    assert plain["browserMediaCaptureCamera"] is True
    assert plain["browserMediaCaptureMicrophone"] is False
    assert (plain["sendBrowserExamKey"], plain["browserWindowWebView"]) == (True, 3)  # headers and script
    assert "hashedQuitPassword" not in plain
    locked = config.for_exam(config.Ours(ours.start_url, ours.quit_url, config.quit_hash("蓝天"), camera=False))
    assert locked["hashedQuitPassword"] == "59ce7b21b155e652599329c036b74e95f60bac24fc9e21c6feb72b66e8d037ea"
    assert locked["browserMediaCaptureCamera"] is False
    assert config_keys(plain) != config_keys(locked)
    assert config.quit_hash("") == ""


def test_a_stream_that_goes_on_after_its_end_is_no_second_file() -> None:
    assert config.read(gzip.compress(XML) + b"anything") == START
