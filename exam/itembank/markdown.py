"""The Markdown of item texts: CommonMark without raw HTML, with tables, formulas, pictures and blanks.

What it produces is still passed through the allow list of `content`; this room only knows how our marks are written:

- `$…$` and `$$…$$` become `<span class="math" data-tex="…">source</span>` (`math display` for the second), which KaTeX
  replaces in the browser and which stays readable without script;
- `![alt](picture:SHA256)` becomes `<img src="/pictures/SHA256">`; any other picture disappears;
- `{{1}}` becomes `<span class="blank" data-blank="1"></span>`. Authors can't write that mark themselves, raw HTML being
  escaped, so whoever shows the text may cut it at exactly this mark and put an input there (`content.pieces`).
"""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml, isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

PICTURE = re.compile(r"picture:([0-9a-fA-F]{64})\Z")
BLANK = re.compile(r"\{\{[ ]?([0-9]{1,2})[ ]?\}\}", re.ASCII)
FIRST_WIDE_PUNCTUATION = 0x2010
MAX_NESTING = 20


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or (ord(char) < FIRST_WIDE_PUNCTUATION and isPunctChar(char))


class _State(StateInline):
    """Lets emphasis begin and end beside Chinese punctuation.

    CommonMark's flanking rule expects spaces around words, so `**注意：**请` would show its asterisks. Wide punctuation
    is taken as part of the word here; the rest of the rule is CommonMark's.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[end] if end < self.posMax else " "
        before_space, after_space = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
        before_mark, after_mark = _is_punctuation(before), _is_punctuation(after)
        left = not (after_space or (after_mark and not (before_space or before_mark)))
        right = not (before_space or (before_mark and not (after_space or after_mark)))
        can_open = left and (canSplitWord or not right or before_mark)
        can_close = right and (canSplitWord or not left or after_mark)
        return Scanned(can_open, can_close, end - start)


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _blank_rule(state: StateInline, silent: bool) -> bool:
    match = BLANK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push("blank", "", 0)
        token.content = str(int(match[1]))
    state.pos = match.end()
    return True


def _tame_blocks(state: StateCore) -> None:
    """Headings become bold paragraphs (the page's outline is not the author's); alignment becomes a class (CSP)."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
            if token.type == "heading_open":
                token.attrSet("class", "heading")
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style:
                token.attrSet("class", "align-" + style.rpartition(":")[2])


def _math(display: bool) -> Any:
    kind = "math display" if display else "math"

    def render(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        source = escapeHtml(tokens[index].content.strip())
        return f'<span class="{kind}" data-tex="{source}">{source}</span>'

    return render


def _math_block(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f"<p>{_math(True)(self, tokens, index, options, env)}</p>\n"


def _image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    match = PICTURE.match(str(tokens[index].attrs.get("src", "")))
    if match is None:
        return ""
    alt = escapeHtml(self.renderInlineAsText(tokens[index].children or [], options, env))
    return f'<img src="/pictures/{match[1].lower()}" alt="{alt}" loading="lazy">'


def _blank(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f'<span class="blank" data-blank="{tokens[index].content}"></span>'


def build_parser() -> MarkdownIt:
    """The parser of item texts. A line break in the source is a line break on the page (cells of XLSX rely on it)."""
    md = MarkdownIt()
    md.inline = _Inline()
    md.configure("commonmark", options_update={"html": False, "breaks": True, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"])
    md.disable(["html_block", "html_inline", "autolink", "lheading"])
    dollarmath_plugin(md, allow_labels=False, allow_space=False, allow_blank_lines=False, double_inline=True)
    md.inline.ruler.before("escape", "blank", _blank_rule)
    md.core.ruler.push("tame_blocks", _tame_blocks)
    for name, rule in (
        ("math_inline", _math(False)),
        ("math_inline_double", _math(True)),
        ("math_block", _math_block),
        ("image", _image),
        ("blank", _blank),
    ):
        md.add_render_rule(name, rule)
    return md
