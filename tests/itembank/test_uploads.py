"""What was uploaded and never confirmed is forgotten after a day."""

import os
from pathlib import Path

import pytest

from exam.core.objects import ObjectStore
from exam.itembank.uploads import KEPT_SECONDS, forget_old


@pytest.mark.parametrize(("age", "gone"), [(KEPT_SECONDS, 0), (KEPT_SECONDS + 1, 1)])
def test_uploads_wait_for_a_day(tmp_path: Path, age: int, gone: int) -> None:
    store = ObjectStore(tmp_path / "imports" / "1-2")
    digest = store.put(b"items with keys")
    os.utime(store.path(digest), (1_000_000, 1_000_000))
    assert forget_old(tmp_path, 1_000_000 + age) == gone
    assert store.path(digest).exists() is not bool(gone)


def test_no_folder_is_no_error(tmp_path: Path) -> None:
    assert forget_old(tmp_path, 1.0) == 0
