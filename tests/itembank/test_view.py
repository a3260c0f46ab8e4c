"""The view of an item and its partials: same everywhere, nothing of the key, names that read back."""

from decimal import Decimal
from html.parser import HTMLParser

import pytest

from exam.core.i18n import current_locale
from exam.core.templating import environment
from exam.itembank import types
from exam.itembank.order import option_order
from exam.itembank.view import candidate_view, field_name, prepare, response_from_form
from tests.itembank.samples import CASE, MULTIPLE, OPTIONS, RIGHT, SHORT, SINGLE, changed
from tests.itembank.test_types_public import SECRET

IDS = [option["id"] for option in OPTIONS]
VOID = {"input", "br", "img", "hr"}


class Page(HTMLParser):
    """Reads a partial: that its elements are balanced, and its form as a browser would send it."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.labels, self.sent, self.controls, self.text = [], [], [], {}, [], None
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert not {"style", "onclick", "onchange"} & set(given) and tag != "script"
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "label":
            self.labels.append(given["for"])
        if tag in ("input", "textarea"):
            self.controls.append(given)
            if "disabled" not in given and ("checked" in given or given.get("type") not in ("radio", "checkbox")):
                self.sent.setdefault(given["name"], []).append(given.get("value", ""))
            self.text = given["name"] if tag == "textarea" else None

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.text and self.open and self.open[-1] == "textarea":
            self.sent[self.text] = [data.removeprefix("\n")]


def shown(kind, content, response=None, *, seed="s", slot=3, readonly=False):
    item = candidate_view(kind, content, seed, slot)
    template = environment().get_template(item["template"])
    return template.render(slot=str(slot), item=item, response=response, readonly=readonly)


@pytest.mark.parametrize("kind", list(RIGHT))
def test_the_partial_is_sound_and_reads_back(kind):
    content, response = RIGHT[kind]
    page = Page(shown(kind, content, response))
    assert len(page.ids) == len(set(page.ids))
    assert set(page.labels) <= set(page.ids)
    for control in page.controls:
        assert control["id"] in page.labels or control.get("aria-label")
        assert control["name"].startswith("a3-") and control["data-field"]
    again = response_from_form(prepare(kind, content), 3, lambda name: page.sent.get(name, []))
    assert types.score(kind, content, again, Decimal(7)) == types.score(kind, content, response, Decimal(7))


@pytest.mark.parametrize("kind", list(RIGHT))
def test_an_empty_form_answers_nothing(kind):
    content = RIGHT[kind][0]
    page = Page(shown(kind, content))
    assert response_from_form(prepare(kind, content), 3, lambda name: page.sent.get(name, [])) is None
    assert response_from_form(prepare(kind, content), 3, lambda name: []) is None


@pytest.mark.parametrize("kind", list(RIGHT))
def test_read_only_takes_nothing(kind):
    for control in Page(shown(kind, *RIGHT[kind], readonly=True)).controls:
        assert "disabled" in control or "readonly" in control


@pytest.mark.parametrize("kind", list(RIGHT))
def test_nothing_of_the_key_is_on_the_page(kind):
    html = shown(kind, RIGHT[kind][0])
    for secret in SECRET:
        assert secret not in html.replace('data-blank="1000"', "")


@pytest.mark.parametrize("kind", list(RIGHT))
def test_english_is_complete(kind):
    token = current_locale.set("en")
    try:
        content = changed(RIGHT[kind][0], stem="{{1}} {{2}} {{3}}")
        ascii_only = {"options": [{"id": option, "text": option} for option in IDS]}
        if "options" in content:
            content |= ascii_only
        for part in content.get("parts", ()):
            part["content"] = changed(part["content"], stem="{{1}} {{2}} {{3}}")
            if "options" in part["content"]:
                part["content"] |= ascii_only
        assert shown(kind, content).isascii()
    finally:
        current_locale.reset(token)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"policy": "all-or-nothing"}, "全部选对才得分"),
        ({}, "少选得部分分，错选不得分"),
        ({"policy": "per-option", "penalty": "0.5"}, "按选项计分，错选扣分"),
        ({"policy": "per-option", "penalty": "0"}, "（按选项计分）"),
    ],
)
def test_the_marking_policy_is_told(policy, told):
    assert told in shown("multiple-choice", {**MULTIPLE, **policy})


def test_letters_follow_the_shown_order_and_values_the_option():
    html = shown("single-choice", SINGLE, seed="other")
    order = option_order("other", 3, IDS)
    controls = Page(html).controls
    assert [control["value"] for control in controls] == list(order) != IDS
    assert [control["data-letter"] for control in controls] == ["A", "B", "C", "D"]


def test_parts_are_ordered_by_their_own_slot():
    view = candidate_view("case-analysis", CASE, "seed", 3)
    part = view["parts"][0]["item"]
    assert part["slot"] == "3.1" and part["name"] == "a3-1" == field_name("3.1")
    assert [option["id"] for option in part["options"]] == list(option_order("seed", "3.1", IDS))


@pytest.mark.parametrize("settings", [{"content": {"shuffle": False}, "paper": True}, {"content": {}, "paper": False}])
def test_a_fixed_order_is_shown_as_authored(settings):
    item = candidate_view("single-choice", {**SINGLE, **settings["content"]}, "other", 3, shuffle=settings["paper"])
    assert [option["id"] for option in item["options"]] == IDS


def test_a_blank_that_is_no_input_is_drawn_as_a_line():
    assert "质量是____。" in shown("single-choice", {**SINGLE, "stem": "质量是{{1}}。"})


def test_a_draft_can_be_previewed():
    html = shown("fill-in-the-blank", {"stem": "甲{{1}}乙{{2}}", "blanks": [{"id": "1"}]})
    assert html.count("<input") == 1 and "乙____" in html
    for kind in types.TYPES:
        Page(shown(kind, {}))


def test_what_was_typed_is_escaped():
    typed = {"text": "</textarea><script>alert(1)</script>"}
    assert "<script>" not in shown("short-answer", SHORT, typed)
    html = shown("calculation", RIGHT["calculation"][0], {"value": '"><script>', "unit": "'>"})
    assert "<script>" not in html and Page(html).sent["a3-value"] == ['"><script>']


def test_a_written_answer_keeps_its_first_line_break():
    page = Page(shown("short-answer", SHORT, {"text": "\n第二行"}))
    assert page.sent["a3-text"] == ["\n第二行"]
