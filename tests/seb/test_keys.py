"""Keys of Safe Exam Browser: SEB-JSON and hashes against published vectors and vectors of our own; who proves what."""

import hashlib
import json
import plistlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.seb import config
from exam.seb.keys import Finding, Required, Said, address, bound, config_keys, judge, seb_json

DATA = Path(__file__).resolve().parents[3] / "shared/data/interop/seb"
needs_vectors = pytest.mark.skipif(
    not DATA.is_dir(), reason="the outside vectors (../shared/data/interop) are not here"
)
URL = "https://exam.example.org/sittings/7/sync"
RIGHT, WRONG, NEWEST, OLDER = (hashlib.sha256(name.encode()).hexdigest() for name in ("right", "wrong", "3.9", "3.8"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "{}"),
        ({"b": 1, "A": 2, "c": 3}, '{"A":2,"b":1,"c":3}'),
        # Without regard to case: by plain code points "allowWlan" would come before "allowedDisplayBuiltin".
        ({"allowWlan": False, "allowedDisplayBuiltin": True}, '{"allowedDisplayBuiltin":true,"allowWlan":false}'),
        ({"originatorVersion": "SEB_Win_3.9", "x": 1}, '{"x":1}'),
        ({"empty": {}, "x": {"empty": {}, "y": []}}, '{"x":{"y":[]}}'),
        ({"rules": [{"b": 1, "a": {}}, {}]}, '{"rules":[{"b":1},{}]}'),
        ({"path": "C:\\exam\\", "tab": "a\tb", "slash": "a/b"}, '{"path":"C:\\exam\\","slash":"a/b","tab":"a\tb"}'),
        ({"text": "监考 é 𠮷"}, '{"text":"监考 é 𠮷"}'),
        ({"data": b"\x00\xff"}, '{"data":"AP8="}'),
        ({"at": datetime(2026, 11, 5, 1, 2, 3, tzinfo=UTC)}, '{"at":"2026-11-05T01:02:03+00:00"}'),
        ({"whole": 1.0, "part": 0.25, "many": -12}, '{"many":-12,"part":0.25,"whole":1}'),
    ],
)
def test_seb_json(settings: dict[str, Any], expected: str) -> None:
    assert seb_json(settings) == expected


def test_the_config_key_is_the_sha256_of_the_json_and_ignores_the_order_and_who_saved_it() -> None:
    one = {"startURL": "https://exam.example.org/", "allowQuit": True, "originatorVersion": "one"}
    other = {"originatorVersion": "other", "allowQuit": True, "startURL": "https://exam.example.org/"}
    expected = hashlib.sha256(b'{"allowQuit":true,"startURL":"https://exam.example.org/"}').hexdigest()
    assert config_keys(one) == config_keys(other) == (expected,)


def test_a_quotation_mark_has_two_keys_since_the_systems_differ() -> None:
    keys = config_keys({"quitText": 'say "done"'})
    forms = ['{"quitText":"say "done""}', '{"quitText":"say \\"done\\""}']
    assert keys == tuple(hashlib.sha256(form.encode()).hexdigest() for form in forms)


@needs_vectors
def test_published_files_have_their_published_keys() -> None:
    vectors = json.loads((DATA / "vectors.json").read_text(encoding="utf-8"))
    for file in vectors["files"]:
        settings = config.read((DATA / "fixtures" / file["file"]).read_bytes())
        assert len(seb_json(settings)) == file["seb_json_len"]
        assert config_keys(settings) == (file["config_key"],), file["file"]
    whole = (DATA / "fixtures" / "JSON_unencrypted_mac_001.txt").read_text(encoding="utf-8")
    assert seb_json(config.read((DATA / "fixtures" / "unencrypted_mac_001.seb").read_bytes())) == whole


@needs_vectors
def test_published_headers_and_lists() -> None:
    vectors = json.loads((DATA / "vectors.json").read_text(encoding="utf-8"))
    for header in vectors["headers"]:
        assert bound(header["url"], header["key_value"]) == header["header"]
    for each in vectors["plist_to_sebjson"]:
        xml = f'<?xml version="1.0"?><plist version="1.0"><dict>{each["plist"]}</dict></plist>'
        assert seb_json(plistlib.loads(xml.encode(), fmt=plistlib.FMT_XML)) == each["json"], each["name"]


@pytest.mark.parametrize(
    ("public_url", "path", "query", "expected"),
    [
        ("https://exam.example.org", "/sittings/7", "", "https://exam.example.org/sittings/7"),
        ("https://exam.example.org/", "/sittings/7", "", "https://exam.example.org/sittings/7"),
        ("https://Exam.Example.ORG:443", "/", "", "https://exam.example.org/"),
        ("http://exam.example.org:80", "/", "", "http://exam.example.org/"),
        ("https://exam.example.org:8443", "/a%20b", "x=1&y=%E8", "https://exam.example.org:8443/a%20b?x=1&y=%E8"),
        ("http://exam.example.org:443", "/", "", "http://exam.example.org:443/"),
        ("https://exam.example.org/kao/", "/sittings/7", "", "https://exam.example.org/kao/sittings/7"),
        ("https://中国.中国", "/", "", "https://xn--fiqs8s.xn--fiqs8s/"),
        ("http://[::1]:8000", "/", "", "http://[::1]:8000/"),
    ],
)
def test_the_address_is_that_of_the_settings_as_a_browser_writes_it(
    public_url: str, path: str, query: str, expected: str
) -> None:
    assert address(public_url, path, query) == expected


def test_a_fragment_is_no_part_of_the_address() -> None:
    assert bound(f"{URL}#q-3", RIGHT) == bound(URL, RIGHT)


def said(config: str = "", browser: str = "", url: str = URL) -> Said:
    """What SEB with these keys says of an address."""
    return Said(URL, bound(url, config) if config else "", bound(url, browser) if browser else "")


ANY_VERSION, ONE_OF_TWO = Required(frozenset({RIGHT})), Required(frozenset({RIGHT}), frozenset({NEWEST, OLDER}))
P, A, U = Finding.PRESENT, Finding.ABSENT, Finding.UNKNOWN


@pytest.mark.parametrize(
    ("required", "given", "finding"),
    [
        (ANY_VERSION, [], U),
        (ANY_VERSION, [said()], U),
        (ANY_VERSION, [said(RIGHT)], P),
        (ANY_VERSION, [said(WRONG)], A),
        (ANY_VERSION, [said(RIGHT, WRONG)], P),  # no Browser Exam Keys asked for
        (ANY_VERSION, [said(browser=NEWEST)], U),
        (ANY_VERSION, [said(RIGHT, url=f"{URL}/other")], A),  # the hash of another page
        (ANY_VERSION, [Said(URL, RIGHT)], A),  # the bare key proves nothing: anybody may have the file
        (ONE_OF_TWO, [said(RIGHT, NEWEST)], P),
        (ONE_OF_TWO, [said(RIGHT, OLDER)], P),
        (ONE_OF_TWO, [said(RIGHT, WRONG)], A),
        (ONE_OF_TWO, [said(WRONG, NEWEST)], A),
        (ONE_OF_TWO, [said(RIGHT)], U),  # which program it is nobody said
        (ONE_OF_TWO, [said(browser=OLDER)], P),  # old versions send nothing else, and it covers the settings
        # Header and page: one proof is enough, a wrong hash counts against silence only.
        (ANY_VERSION, [said(), said(RIGHT)], P),
        (ANY_VERSION, [said(WRONG), said(RIGHT)], P),
        (ANY_VERSION, [said(WRONG), said()], A),
    ],
)
def test_what_is_said_proves(required: Required, given: list[Said], finding: Finding) -> None:
    assert judge(required, given) == finding


def test_hashes_are_taken_in_either_case() -> None:
    shout = said(RIGHT)
    assert judge(ANY_VERSION, [Said(URL, f" {shout.config.upper()} ")]) == Finding.PRESENT


@given(st.text(max_size=100), st.text(max_size=100))
def test_whatever_is_sent_is_never_taken_for_a_proof(config: str, browser: str) -> None:
    found = judge(ONE_OF_TWO, [Said(URL, config, browser)])
    assert found != Finding.PRESENT
    assert (found == Finding.UNKNOWN) == (not config and not browser)
