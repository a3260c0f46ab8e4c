"""Markdown to safe HTML: what is shown, what is dropped, what hostile texts become."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.itembank.content import (
    MAX_SOURCE,
    blank_ids,
    joined,
    pictures,
    pieces,
    plain_text,
    render,
    render_inline,
)

HASH = "a1" * 32


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("质量", "<p>质量</p>\n"),
        ("一\n二\n\n三", "<p>一<br>\n二</p>\n<p>三</p>\n"),
        ("**粗** *斜* ~~删~~ `码`", "<p><strong>粗</strong> <em>斜</em> <s>删</s> <code>码</code></p>\n"),
        ("**注意：**请看**“质量”**一词", "<p><strong>注意：</strong>请看<strong>“质量”</strong>一词</p>\n"),
        ("他说**（重点）**后", "<p>他说<strong>（重点）</strong>后</p>\n"),
        ('ＡＢＣ，abc；（1）(2)“引”"引"', '<p>ＡＢＣ，abc；（1）(2)“引”"引"</p>\n'),
        ("# 标题", '<p class="heading">标题</p>\n'),
        ("- 甲\n- 乙", "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>\n"),
        ("3. 甲", '<ol start="3">\n<li>甲</li>\n</ol>\n'),
        ("$a<b$", '<p><span class="math" data-tex="a&lt;b">a&lt;b</span></p>\n'),
        ("价$x$元", '<p>价<span class="math" data-tex="x">x</span>元</p>\n'),
        ("$$x^2$$", '<p><span class="math display" data-tex="x^2">x^2</span></p>\n'),
        ("$$\nx\n$$", '<p><span class="math display" data-tex="x">x</span></p>\n'),
        (
            '$"><img src=x>$',
            '<p><span class="math" data-tex="&quot;&gt;&lt;img src=x&gt;">"&gt;&lt;img src=x&gt;</span></p>\n',
        ),
        ("5 $ 与 6 $", "<p>5 $ 与 6 $</p>\n"),
        (r"\$5 与 \$6", "<p>$5 与 $6</p>\n"),
        (f"![图 1](picture:{HASH})", f'<p><img src="/pictures/{HASH}" alt="图 1" loading="lazy"></p>\n'),
        (f"![](picture:{HASH.upper()})", f'<p><img src="/pictures/{HASH}" alt="" loading="lazy"></p>\n'),
        (
            "填 {{1}}、{{ 2 }}",
            '<p>填 <span class="blank" data-blank="1"></span>、<span class="blank" data-blank="2"></span></p>\n',
        ),
        ("`{{1}}` $ {{x}} $", "<p><code>{{1}}</code> $ {{x}} $</p>\n"),
    ],
)
def test_what_is_shown(source, html):
    assert render(source) == html


def test_tables_align_by_class():
    html = render("|甲|乙|丙|\n|:-|-:|:-:|\n|1|2|3|")
    assert '<th class="align-right">乙</th>' in html and '<td class="align-center">3</td>' in html
    assert "style" not in html


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<span class="blank" data-blank="1"></span>',
    '<iframe src="//evil"></iframe>',
    "<style>*{display:none}</style>",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](https://evil.example/)",
    "<https://evil.example/>",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](https://evil.example/x.png)",
    "![x](//evil.example/x.png)",
    "![x](/pictures/../../etc/passwd)",
    "![x](picture:abc)",
    f"![x](picture:{HASH}0)",
    f"![x](picture:{HASH}?onerror=1)",
    f'![x" onerror="alert(1)](picture:{HASH})',
    f'![x](picture:{HASH} "onload=alert(1)")',
    '$" onmouseover="alert(1)$',
    "$</span><script>alert(1)</script>$",
    "$$\n</span><script>alert(1)</script>\n$$",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "|<script>|\n|-|\n|<img src=x onerror=y>|",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "<!-- --><script>x</script>",
    "<![CDATA[<script>x</script>]]>",
    "<math><mi//xlink:href='data:x,<script>'>",
    "{{1}}<b onclick=x>{{2}}",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_texts_are_inert(source):
    for html in (render(source), render_inline(source)):
        tags = re.findall(r"<(/?[a-z0-9]+)((?:[^>\"]|\"[^\"]*\")*)>", html)
        shape = re.sub(r"<(/?[a-z0-9]+)((?:[^>\"]|\"[^\"]*\")*)>", "", html)
        assert "<" not in shape
        for tag, attributes in tags:
            assert tag.lstrip("/") in ALLOWED
            names = set(re.findall(r'([a-z-]+)="', re.sub(r'="[^"]*"', '=""', attributes)))
            assert names <= {"class", "data-tex", "data-blank", "src", "alt", "loading", "start"}
            for address in re.findall(r'src="([^"]*)"', attributes):
                assert address == f"/pictures/{HASH}"


ALLOWED = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "span", "img"}
ALLOWED |= {"table", "thead", "tbody", "tr", "th", "td"}


NESTING = ["*", "[", "$", "`", "{{", "> ", "![a](", "$a ", "- ", "{{1}}", "<", "[a](", "_a*", "~", "&", "[a]: b\n"]
NESTING += [
    "`a``",
    "![",
    "|a",
    "$$\na\n",
    "\\$",
    "**a",
    "(",
    "***a* ",
    "[[]",
    "<a",
    "&#",
    "1. ",
    "\t",
    "\n> - ",
    "### ",
]


@pytest.mark.parametrize("unit", NESTING)
def test_huge_and_deeply_nested_texts_end(unit):
    source = (unit * MAX_SOURCE)[:MAX_SOURCE]
    assert len(render(source)) < 60 * MAX_SOURCE
    render_inline(source)
    plain_text(source)


def test_a_text_over_the_limit_is_shown_as_it_is():
    assert render("<b>" * MAX_SOURCE).startswith("<p>&lt;b&gt;")
    assert render_inline("*" * (MAX_SOURCE + 1)).endswith("*…")


@given(st.text(max_size=300))
def test_any_text_is_rendered(source):
    assert "<script" not in render(source).lower()
    render_inline(source)
    plain_text(source)
    cut = pieces(render(source))
    assert cut[-1].blank is None


def test_nothing_reverses_the_text_beside_it():
    assert render("a\u202eb\u2066c\x07d") == "<p>abcd</p>\n"


def test_an_option_stands_inside_a_line():
    assert render_inline("一 **二**\n$x$") == '一 <strong>二</strong><br>\n<span class="math" data-tex="x">x</span>'
    assert render_inline("# 甲\n- 乙") == "# 甲<br>\n- 乙"


def test_pieces_are_the_text_cut_at_its_blanks():
    html = render("甲{{1}}乙{{2}}")
    cut = pieces(html)
    assert [(str(p.html), p.blank) for p in cut] == [("<p>甲", "1"), ("乙", "2"), ("</p>\n", None)]
    mark = '<span class="blank" data-blank="{}"></span>'
    assert "".join(str(p.html) + (mark.format(p.blank) if p.blank else "") for p in cut) == html


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ("{{1}} {{2}} {{1}}", ("1", "2", "1")),
        ("`{{1}}` $x_{{2}}$ {{3}}", ("3",)),
        ("- {{1}}\n\n|a|\n|-|\n|{{2}}|", ("1", "2")),
        ("{{01}}", ("1",)),
        ("{{a}} {{100}} { {1}}", ()),
        ("```\n{{1}}\n```", ()),
    ],
)
def test_blanks_of_a_text(source, ids):
    assert blank_ids(source) == ids


def test_pictures_of_a_text():
    source = f"![甲](picture:{HASH}) ![乙](http://x/y.png) `![丙](picture:{HASH})`"
    assert pictures(source) == ((HASH,), ("http://x/y.png",))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**质量**是 $x^2$\n\n第二段", "质量是 x^2 第二段"),
        ("填 {{1}}。", "填 ____。"),
        (f"看图 ![流程](picture:{HASH}) ![假](x.png)", "看图 [流程]"),
        ("|甲|乙|\n|-|-|\n|1|2|", "甲 乙 1 2"),
        ("$$\nx\n$$", "x"),
        ("ＩＳＯ　９００１", "ＩＳＯ ９００１"),
        ("", ""),
    ],
)
def test_plain_text(source, text):
    assert plain_text(source) == text


def test_joined_texts():
    assert joined(["**甲**", "", "乙"]) == "甲 乙"
