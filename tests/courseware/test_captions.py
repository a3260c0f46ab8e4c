"""Captions written anew: what stays, what goes, what is refused and where."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.courseware.captions import MOST_BYTES, BadCaptions, read_captions

HEAD = "WEBVTT\n\n"
CUE = "00:01.000 --> 00:02.500\n公正性\n"
DONE = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n公正性\n"


def refused(data):
    with pytest.raises(BadCaptions) as caught:
        read_captions(data if isinstance(data, bytes) else data.encode())
    return caught.value.code, caught.value.params


def shown(text):
    """The text of the one cue whose lines are `text`."""
    return read_captions(f"{HEAD}00:01.000 --> 00:02.000\n{text}\n".encode()).split("\n", 3)[3].rstrip("\n")


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + CUE).encode(),
        (HEAD + CUE).encode("utf-8-sig"),
        (HEAD + CUE).encode("gb18030"),
        (HEAD + CUE).replace("\n", "\r\n").encode(),
        (HEAD + CUE).replace("\n", "\r").encode(),
        f"WEBVTT - 第一章\nKind: captions\nLanguage: zh\n\n\n{CUE}\n\n".encode(),
        f"WEBVTT\n{CUE}".encode(),
        f"{HEAD}STYLE\n::cue {{ background: url(//x) }}\n\nREGION\nid:a\n\nNOTE words\nmore\n\n{CUE}".encode(),
        f"{HEAD}first cue\n{CUE}".encode(),
        f"{HEAD}{CUE}\n00:03.000 --> 00:04.000\n<x></x>\n".encode(),
        f"1\n{CUE}".replace(".", ",").encode(),
        "1\r\n00:00:01,000 --> 00:00:02,500\r\n{\\an8}<font color=red>公正性</font>\r\n".encode("gb18030"),
        f"\n\n{CUE}".encode(),
    ],
)
def test_captions_become_plain_webvtt(data):
    assert read_captions(data) == DONE


def test_what_was_written_is_read_to_the_same():
    text = f"{HEAD}a\n1:00:01.000 --> 100:00:02.000 line:0 position:50%,center region:x\n<v 张 三>a &amp; b\nc\n\n{CUE}"
    with pytest.raises(BadCaptions):
        read_captions(text.encode())  # not in order
    once = read_captions(text.replace("00:01.000 --> 00:02.500", "99:00:01.000 --> 99:00:02.500").encode())
    assert once.startswith(
        "WEBVTT\n\n01:00:01.000 --> 100:00:02.000 line:0 position:50%,center\n<v 张 三>a &amp; b\nc\n\n"
    )
    assert read_captions(once.encode()) == once


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<b>a</b> <i>b</i> <u>c</u>", "<b>a</b> <i>b</i> <u>c</u>"),
        ("<c.red.big>a</c> <lang en>b</lang>", "<c.red.big>a</c> <lang en>b</lang>"),
        ("<ruby>汉<rt>hàn</rt></ruby>", "<ruby>汉<rt>hàn</rt></ruby>"),
        ("a<00:00:01.500>b", "ab"),
        ("<script src=x>a</script>", "a"),
        ("<B onclick=x>a</B>", "<b>a</b>"),
        ('<b."x">a<>', "a&lt;&gt;"),
        ("<v 张&lt;三>a", "<v 张&lt;三>a"),
        ("<<b>a", "&lt;<b>a"),
        ("<v x&#10;>a", "<v x>a"),
        ("{\\an8}a", "{\\an8}a"),  # a habit of SubRip only
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;b&gt; &amp;lt; &nbsp;x", "&lt;b&gt; &amp;lt; \xa0x"),
        ("a&#10;&#10;STYLE", "a  STYLE"),
        ("a &#45;&#45;&gt; b", "a --&gt; b"),
        ("a\nb", "a\nb"),
        ("a\n<x>\nb", "a\nb"),
        ("a&#0;&#7;&#x2028;b", "a\ufffdb"),
    ],
)
def test_tags_and_references(text, kept):
    assert shown(text) == kept


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("00:02.000 --> 00:02.000\na", 3),
        ("00:02.000 --> 00:01.999\na", 3),
        ("name\n00:02.000 -> 00:03.000\na", 4),
        ("name\n00:60.000 --> 01:03.000\na", 4),
        ("00:02 --> 00:03\na", 3),
        (f"{CUE}\n00:00.999 --> 00:03.000\na", 6),
        (f"{CUE}\nlost words", 6),
        (f"{CUE}\nlost words\nof two lines", 7),
        (f"{CUE}00:03.000 --> 00:04.000\na", 5),
        ("٠٠:٠٢.٠٠٠ --> 00:03.000\na", 3),
    ],
)
def test_bad_times_are_named_by_their_line(text, line):
    assert refused(HEAD + text) == ("captions-timing", {"line": line})


def test_cues_may_overlap_and_begin_together():
    times = "00:01.000 --> 00:05.000\na\n\n00:01.000 --> 00:02.000\nb\n"
    assert read_captions((HEAD + times).encode()).count("-->") == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "captions-not-vtt"),
        (b"WEBVTTX\n\n", "captions-not-vtt"),
        (b"\nWEBVTT\n\n", "captions-not-vtt"),
        ("公正性".encode(), "captions-not-vtt"),
        (b"1\n2\n00:00:01,000 --> 00:00:02,000\na", "captions-not-vtt"),
        (b"WEBVTT", "captions-empty"),
        (f"{HEAD}NOTE nothing".encode(), "captions-empty"),
        (f"{HEAD}00:01.000 --> 00:02.000\n<x>".encode(), "captions-empty"),
        (f"{HEAD}{CUE}\0".encode(), "captions-not-text"),
        ("WEBVTT".encode("utf-16"), "captions-not-text"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "captions-not-text"),
    ],
)
def test_what_is_no_captions_is_refused(data, code):
    assert refused(data) == (code, {})


def test_the_largest():
    whole = (HEAD + CUE).encode()
    assert read_captions(whole + b"\n" * (MOST_BYTES - len(whole))) == DONE
    assert refused(whole + b"\n" * (MOST_BYTES + 1 - len(whole))) == ("captions-too-large", {"most": 1})


MARKS = ["<", ">", "</", "b", "v x", "&lt;", "&#10;", "&", "-->", "\n", "\r", " ", "\t", "{\\a", "}"]
PIECES = st.sampled_from([*MARKS, "STYLE", "00:03.000", "字"])


@given(text=st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_whatever_comes_in_only_allowed_tags_come_out(text):
    try:
        done = read_captions(f"{HEAD}00:01.000 --> 00:02.000\nx{text}".encode("utf-8", "ignore"))
    except BadCaptions:
        return
    assert read_captions(done.encode()) == done
    for block in done.split("\n\n")[1:]:
        first, *words = block.strip("\n").split("\n")
        assert re.fullmatch(r"[\d:.]+ --> [\d:.]+( [a-z:%\d.,-]+)*", first)
        assert all(re.match(r"</?(b|i|u|v|c|lang|ruby|rt)\b", tag) for tag in re.findall("<[^>]*>?", "\n".join(words)))


@given(data=st.binary(max_size=200))
def test_random_bytes_are_refused_or_read(data):
    for start in (b"", HEAD.encode(), f"{HEAD}{CUE}\n".encode()):
        try:
            read_captions(start + data)
        except BadCaptions as error:
            assert error.code.startswith("captions-")
