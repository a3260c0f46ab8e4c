"""Captions that people upload, written anew as plain WebVTT: times in order, a handful of tags, no styles.

SubRip (.srt), which most editors write, is converted.
"""

import html
import re
from dataclasses import dataclass

from exam.core.errors import BadFile

MOST_MIB = 1
MOST_BYTES = MOST_MIB * 1024 * 1024
TAGS = frozenset({"b", "i", "u", "v", "c", "lang", "ruby", "rt"})
WITH_WORDS = frozenset({"v", "lang"})

_TIME = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?", re.ASCII)
_SETTING = re.compile(
    r"vertical:(rl|lr)|line:(-?\d{1,4}|\d{1,3}(\.\d{1,4})?%)(,(start|center|end))?|size:\d{1,3}(\.\d{1,4})?%"
    r"|position:\d{1,3}(\.\d{1,4})?%(,(line-left|center|line-right))?|align:(start|center|end|left|right)",
    re.ASCII,
)
_TAG = re.compile(r"<(/?[A-Za-z][^<>]*|[\d:.]+)>", re.ASCII)  # the latter: a time, when the rest is to be shown
_TAG_PARTS = re.compile(r"(/?)([A-Za-z]*)((?:\.[\w-]{1,40}){0,8})(?:[ \t]+(.*))?")
_PLACE = re.compile(r"\{\\[^{}]*\}")  # {\an8}: where SubRip's players put a cue
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class BadCaptions(BadFile):
    """Captions that are not taken; `code` says why (`captions-…`), `params` fill its text (`line` counts from 1)."""


@dataclass(frozen=True)
class Cue:
    """What is shown when: milliseconds from the film's start, settings and text fit to be written."""

    start: int
    end: int
    settings: str
    text: str


@dataclass(frozen=True)
class Block:
    """Lines between empty ones, and the number of the first."""

    line: int
    lines: tuple[str, ...]


def read_captions(data: bytes) -> str:
    """The captions in `data` (WebVTT or SubRip; UTF-8, or GB18030; at most 1 MiB) as safe WebVTT.

    Styles, regions, notes, identifiers and unknown tags are dropped. Raises `BadCaptions`.
    """
    blocks = _blocks(_decoded(data))
    webvtt = bool(blocks) and re.match(r"WEBVTT(?:[ \t]|$)", blocks[0].lines[0]) is not None and blocks[0].line == 1
    if webvtt:
        blocks = _without_header(blocks)
    elif not blocks or not any("-->" in line for line in blocks[0].lines[:2]):
        raise BadCaptions("captions-not-vtt")
    else:
        blocks = [Block(block.line, tuple(_PLACE.sub("", line) for line in block.lines)) for block in blocks]
    cues: list[Cue] = []
    for block in blocks:
        if re.match(r"(STYLE|REGION|NOTE)(?:[ \t]|$)", block.lines[0]):
            continue
        cue = _cue(block, cues[-1].start if cues else 0)
        if cue.text:
            cues.append(cue)
    if not cues:
        raise BadCaptions("captions-empty")
    return "\n".join(["WEBVTT", "", *(f"{_written(cue)}\n" for cue in cues)])


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise BadCaptions("captions-too-large", most=MOST_MIB)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not _CONTROL.search(text):
            return text
    raise BadCaptions("captions-not-text")


def _blocks(text: str) -> list[Block]:
    found, begun = [], []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            begun.append(line.rstrip())
        elif begun:
            found.append(Block(number - len(begun), tuple(begun)))
            begun = []
    return found


def _without_header(blocks: list[Block]) -> list[Block]:
    """The blocks behind the header, whose words nobody needs; a cue that sticks to it is one all the same."""
    head, rest = blocks[0], blocks[1:]
    first = next((at for at, line in enumerate(head.lines) if "-->" in line), None)
    return rest if first is None else [Block(head.line + first, head.lines[first:]), *rest]


def _cue(block: Block, earliest: int) -> Cue:
    """The block's cue, which may have an identifier before its times. Raises `BadCaptions` (`captions-timing`)."""
    named = "-->" not in block.lines[0]
    if named and len(block.lines) == 1:
        raise BadCaptions("captions-timing", line=block.line)
    line = block.line + named
    found = _TIMING.fullmatch(block.lines[named])
    if found is None:
        raise BadCaptions("captions-timing", line=line)
    start, end = _milliseconds(*found.groups()[:4]), _milliseconds(*found.groups()[4:8])
    if not earliest <= start < end:
        raise BadCaptions("captions-timing", line=line)
    words = block.lines[named + 1 :]
    for number, text in enumerate(words, line + 1):
        if "-->" in text:  # the next cue without an empty line before it: a browser would show it as text or lose it
            raise BadCaptions("captions-timing", line=number)
    kept = (_clean(text) for text in words)
    return Cue(start, end, _settings(found[9] or ""), "\n".join(text for text in kept if text))


def _milliseconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def _settings(text: str) -> str:
    return " ".join(word for word in text.split() if _SETTING.fullmatch(word))


def _clean(line: str) -> str:
    """A line of a cue with the allowed tags, everything else as text; empty where only tags are left."""
    parts = _TAG.split(line)  # text, tag, text, tag, ...
    words, tags = [_text(part) for part in parts[::2]], [_tag(part) for part in parts[1::2]]
    if not "".join(words).strip():
        return ""
    mixed = [part for pair in zip(words, [*tags, ""], strict=True) for part in pair]
    return "".join(mixed).strip()


def _text(text: str) -> str:
    """Text as text: what a character reference names can neither end a line nor begin a tag."""
    plain = re.sub(r"[\n\r\t]", " ", html.unescape(text))
    return html.escape(_CONTROL.sub("", plain), quote=False)


def _tag(inside: str) -> str:
    found = _TAG_PARTS.fullmatch(inside.strip())
    name = found[2].lower() if found else ""
    if found is None or name not in TAGS:
        return ""
    if found[1]:
        return f"</{name}>"
    words = _text(found[4] or "").strip() if name in WITH_WORDS else ""
    return f"<{name}{found[3]} {words}>" if words else f"<{name}{found[3]}>"


def _written(cue: Cue) -> str:
    times = f"{_clock(cue.start)} --> {_clock(cue.end)}"
    return f"{times} {cue.settings}\n{cue.text}" if cue.settings else f"{times}\n{cue.text}"


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{thousandths:03d}"
