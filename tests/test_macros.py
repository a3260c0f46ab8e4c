"""The template macros: errors land beside their fields, ids match the summary's links, nothing typed becomes markup."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from exam.core.errors import Problem
from exam.core.templating import environment

FORMS = '{% from "_macros/forms.html" import field, textarea, select, checkbox, radios, checkboxes, error_summary %}'
STATES = '{% from "_macros/states.html" import notice, refusal, empty, tag, progress, requirement %}'
TABLES = '{% from "_macros/tables.html" import pagination, sort_th %}'
CHARTS = '{% from "_macros/charts.html" import chart, ring %}'
NASTY = '"><script>alert(1)</script>'


def render(source: str, **context: Any) -> str:
    return environment().from_string(source).render(**context)


@pytest.mark.parametrize(
    "call",
    [
        "field(nasty, 'a', nasty, hint=nasty)",
        "textarea(nasty, 'a', nasty, hint=nasty)",
        "select(nasty, 'a', [(nasty, nasty)], nasty, hint=nasty, blank=nasty)",
        "checkbox(nasty, 'a', true, nasty, hint=nasty)",
        "radios(nasty, 'a', [(nasty, nasty, nasty)], nasty, hint=nasty)",
        "checkboxes(nasty, 'a', [(nasty, nasty)], [nasty], hint=nasty)",
        "error_summary([problem], {'a': nasty})",
    ],
)
def test_what_was_typed_never_becomes_markup(call: str) -> None:
    page = render(FORMS + "{{ " + call + " }}", nasty=NASTY, problem=Problem("a", "required"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "call",
    [
        "field('x', name, '', problems)",
        "textarea('x', name, '', problems)",
        "select('x', name, [('1', 'one')], '', problems)",
        "checkbox('x', name, false, 'yes', problems)",
        "radios('x', name, [('1', 'one'), ('2', 'two')], '', problems)",
        "checkboxes('x', name, [('1', 'one'), ('2', 'two')], [], problems)",
    ],
)
@pytest.mark.parametrize("name", ["stem", "options.2.text", "parts[1]"])
def test_summary_links_to_the_field_with_the_problem(call: str, name: str) -> None:
    problems = (Problem("elsewhere", "required"), Problem(name, "required"))
    page = render(FORMS + "{{ error_summary(problems) }}{{ " + call + " }}", name=name, problems=problems)
    links = re.findall(r'href="#([^"]+)"', page)
    assert f'id="{links[1]}"' in page
    assert f'id="{links[0]}"' not in page
    assert page.count("必须填写") == 3  # two in the summary, one beside the field
    assert f'aria-describedby="{links[1]}-error"' in page


def test_no_problems_draw_no_summary() -> None:
    assert render(FORMS + "{{ error_summary(()) }}").strip() == ""


@pytest.mark.parametrize("kind", ["password", "file"])
def test_secrets_and_files_are_not_sent_back(kind: str) -> None:
    assert "geheim" not in render(FORMS + "{{ field('x', 'a', 'geheim', type=kind) }}", kind=kind)


def test_optional_fields_say_so_and_required_ones_are_marked_for_the_browser() -> None:
    assert "可不填" not in render(FORMS + "{{ field('x', 'a') }}")
    assert " required" in render(FORMS + "{{ field('x', 'a') }}")
    page = render(FORMS + "{{ field('x', 'a', required=false) }}")
    assert "可不填" in page
    assert " required" not in page


def test_zero_is_a_value() -> None:
    assert 'value="0"' in render(FORMS + "{{ field('x', 'a', 0, min=0) }}")
    assert 'min="0"' in render(FORMS + "{{ field('x', 'a', 0, min=0) }}")
    assert 'value=""' in render(FORMS + "{{ field('x', 'a', none) }}")


def test_refusal_names_the_instant_in_local_time_only_when_there_is_one() -> None:
    at = datetime(2026, 11, 4, 16, 0, tzinfo=UTC)
    assert "2026-11-05 00:00" in render(STATES + "{{ refusal('x', at) }}", at=at)
    assert "2026" not in render(STATES + "{{ refusal('x') }}")


@pytest.mark.parametrize(
    ("value", "needed", "met"), [(0, 1, False), (9, 10, False), (10, 10, True), (11, 10, True), (0, 0, True)]
)
def test_requirement_is_said_in_words(value: int, needed: int, met: bool) -> None:
    page = render(STATES + "{{ requirement('x', value, needed) }}", value=value, needed=needed)
    assert ("已满足" in page) is met
    assert (f"还缺 {needed - value}" in page) is not met


def test_missing_pages_have_no_links() -> None:
    page = render(TABLES + "{{ pagination('', '?after=9', '1–9') }}")
    assert "下一页" in page
    assert "上一页" not in page


@pytest.mark.parametrize(("value", "dash"), [(0, None), (12, "50.0 100"), (24, "100 100"), (30, "100 100")])
def test_ring_is_drawn_to_its_share(value: int, dash: str | None) -> None:
    page = render(CHARTS + "{{ ring('x', value, 24) }}", value=value)
    assert (f'stroke-dasharray="{dash}"' in page) if dash else ("stroke-dasharray" not in page)


def test_chart_leaves_a_gap_where_there_is_no_value() -> None:
    page = render(CHARTS + "{{ chart('line', 'x', 'y', ['a', 'b'], [('n', [none, 3])]) }}")
    assert re.findall(r'data-value="([^"]*)"', page) == ["3"]
    assert "style=" not in page
