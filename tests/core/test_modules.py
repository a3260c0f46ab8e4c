"""Scripts joined into one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exam.core import modules


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules with one entry, `page.js`."""
    monkeypatch.setattr(modules, "STATIC_DIR", tmp_path)
    monkeypatch.setattr(modules, "ENTRIES", frozenset({"page.js"}))
    modules.joined.cache_clear()
    yield tmp_path
    modules.joined.cache_clear()


def test_each_module_runs_once_before_those_that_need_it(sources: Path) -> None:
    (sources / "a.js").write_text("export const one = 1;\nexport function two() { return 2; }\n")
    (sources / "b.js").write_text('import { one } from "./a.js";\nexport class Three {}\n')
    (sources / "page.js").write_text(
        'import { one, two } from "./a.js";\nimport { Three } from "./b.js";\nimport "./b.js";\n'
    )
    text = modules.joined("page.js").decode()
    assert text.count("export ") == text.count("import ") == 0
    assert [text.index(f"// {name}") for name in ("a.js", "b.js", "page.js")] == sorted(
        text.index(f"// {name}") for name in ("a.js", "b.js", "page.js")
    )
    assert "return { one, two };" in text
    assert "const { Three } = module2;" in text


@pytest.mark.parametrize(
    "source",
    [
        'import all from "./a.js";',
        'import * as all from "./a.js";',
        'import { a as b } from "./a.js";',
        "export default 1;",
        "export let a = 1;",
        'const a = await import("./a.js");',
        "const a = await fetch(1);",
        'import { one } from "https://elsewhere/a.js";',
    ],
)
def test_what_cannot_be_joined_is_refused_at_start(sources: Path, source: str) -> None:
    (sources / "a.js").write_text("export const one = 1;\n")
    (sources / "page.js").write_text(source + "\n")
    with pytest.raises(ValueError, match="joined"):
        modules.joined("page.js")


def test_a_circle_is_refused(sources: Path) -> None:
    (sources / "a.js").write_text('import { x } from "./page.js";\n')
    (sources / "page.js").write_text('import { y } from "./a.js";\nexport const x = 1;\n')
    with pytest.raises(ValueError, match="circle"):
        modules.joined("page.js")


def test_only_known_entries_are_sent(sources: Path) -> None:
    with pytest.raises(KeyError):
        modules.joined("../secrets.js")


def test_the_script_of_the_sitting_page_can_be_joined() -> None:
    modules.joined.cache_clear()
    assert modules.joined_url("sessions/paper.js").startswith("/static/joined/sessions/paper.js?v=")
