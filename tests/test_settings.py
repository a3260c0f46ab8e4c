"""Every setting is documented where operators look."""

from pathlib import Path

import pytest

from exam.settings import Settings

OPERATIONS = Path(__file__).parent.parent / "docs" / "operations.md"


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_setting_is_documented(name: str) -> None:
    variable = f"`EXAM_{name.upper()}`"
    assert variable in OPERATIONS.read_text(encoding="utf-8"), f"{variable} is missing in docs/operations.md"
    assert Settings.model_fields[name].description


def test_a_level_that_there_is_not_is_refused() -> None:
    assert Settings(log_level="warning").log_level == "warning"
    with pytest.raises(ValueError, match="log_level"):
        Settings(log_level="loud")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    import re

    named = set(re.findall(r"`EXAM_([A-Z_]+)`", OPERATIONS.read_text(encoding="utf-8")))
    assert named <= {name.upper() for name in Settings.model_fields}
