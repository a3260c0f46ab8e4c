"""Item texts: from the author's Markdown to HTML that is safe to put on a page, and to plain text for lists and search.

Three walls, each enough by itself: the parser escapes raw HTML (`markdown`), the allow list below drops every element
and attribute not named, and the page's Content-Security-Policy allows no inline script. Full-width and half-width
characters are shown as they were written.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it.token import Token
from markupsafe import Markup, escape

from exam.itembank.markdown import PICTURE, build_parser

MAX_SOURCE = 20_000
"""Longest text of an item, in characters; a longer one is shown as plain text and refused when saved."""

_CACHE = 20_000
_PICTURE_ADDRESS = re.compile(r"/pictures/[0-9a-f]{64}\Z")
_BLANK_MARK = re.compile(r'<span class="blank" data-blank="([0-9]{1,2})"></span>')
# Control characters, and the marks that would let a text reverse what stands beside it.
_UNSEEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])

_md = build_parser()


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src" and not _PICTURE_ADDRESS.match(value):
        return None
    return value


_TAGS = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "span", "img"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={"span": {"data-tex", "data-blank"}, "img": {"src", "alt", "loading"}, "ol": {"start"}},
    allowed_classes={
        "span": {"math", "display", "blank"},
        "p": {"heading"},
        "th": {"align-left", "align-center", "align-right"},
        "td": {"align-left", "align-center", "align-right"},
    },
    attribute_filter=_attribute,
    url_schemes=set(),
    link_rel=None,
)


def _safe(cleaned: str) -> Markup:
    """Only for what has just left the cleaner, or a stretch of it."""
    return Markup(cleaned)  # noqa: S704 - the one place where HTML is declared safe


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of HTML, and the id of the blank that follows it (`None` after the last stretch)."""

    html: Markup
    blank: str | None


@lru_cache(_CACHE)
def render(source: str) -> Markup:
    """A text with paragraphs, tables and lists (stem, passage, explanation) as safe HTML."""
    if len(source) > MAX_SOURCE:
        return Markup("<p>{}</p>").format(source[:MAX_SOURCE] + "…")
    return _safe(_cleaner.clean(_md.render(source.translate(_UNSEEN))))


@lru_cache(_CACHE)
def render_inline(source: str) -> Markup:
    """A text that stands inside a line (an option's), as safe HTML without paragraphs."""
    if len(source) > MAX_SOURCE:
        return escape(source[:MAX_SOURCE] + "…")
    return _safe(_cleaner.clean(_md.renderInline(source.translate(_UNSEEN))))


def pieces(html: Markup) -> tuple[Piece, ...]:
    """Rendered HTML cut at its blanks, in reading order.

    Each piece alone may be unbalanced HTML; all of them one after another, with an input after each that names a blank,
    are balanced, since a blank stands only where a word may stand.
    """
    parts = _BLANK_MARK.split(html)
    blanks: list[str | None] = [*parts[1::2], None]
    return tuple(Piece(_safe(text), blank) for text, blank in zip(parts[0::2], blanks, strict=True))


def _inline_tokens(source: str) -> Iterator[Token]:
    for block in _md.parse(source[:MAX_SOURCE].translate(_UNSEEN)):
        if block.children is not None:
            yield from block.children
            yield Token("softbreak", "", 0)
        elif block.content:
            yield block
            yield Token("softbreak", "", 0)


def blank_ids(source: str) -> tuple[str, ...]:
    """The blanks `{{n}}` of a text in reading order, repeats included; those in code or formulas don't count."""
    if "{{" not in source:
        return ()
    return tuple(token.content for token in _inline_tokens(source) if token.type == "blank")


def pictures(source: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pictures of a text: hashes of those that will be shown, and addresses of those that won't."""
    shown: list[str] = []
    dropped: list[str] = []
    if "![" not in source:
        return (), ()
    for token in _inline_tokens(source):
        if token.type == "image":
            address = str(token.attrs.get("src", ""))
            match = PICTURE.match(address)
            if match:
                shown.append(match[1].lower())
            else:
                dropped.append(address)
    return tuple(shown), tuple(dropped)


@lru_cache(_CACHE)
def plain_text(source: str) -> str:
    """The words of a text on one line, for lists and search: no markup, formulas by their source, blanks as `____`."""
    words: list[str] = []
    for token in _inline_tokens(source):
        if token.type == "blank":
            words.append("____")
        elif token.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif token.type == "image":
            words.append(f"[{token.content}]" if PICTURE.match(str(token.attrs.get("src", ""))) else "")
        else:
            words.append(token.content)
    return " ".join("".join(words).split())


def joined(texts: Iterable[str]) -> str:
    """Several texts as one plain line, for search."""
    return " ".join(filter(None, map(plain_text, texts)))
