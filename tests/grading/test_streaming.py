"""Long sheets: every row once, in batches, with memory that does not grow with their length."""

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from python_calamine import CalamineWorkbook

from exam.bench.seed import seed
from exam.bench.sheet import _fill
from exam.core.db import Database
from exam.grading import queries_sheet, sheet_files
from exam.grading.queries_sheet import Filter, Row
from exam.settings import Settings
from tests.grading.build import NOW

ROWS = 10_000
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def long_sheet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Filter]]:
    """Ten thousand released results."""
    folder = tmp_path_factory.mktemp("long")
    seeded = seed(folder, ROWS, 2, NOW)
    institution_id = _fill(seeded)
    database = Database(Settings(data_dir=folder).effective_database_url)
    yield database, Filter(institution_id)
    database.close()
    seeded.database.close()


def test_batches_hold_every_row_once(long_sheet: tuple[Database, Filter]) -> None:
    sittings = [row.sitting_id for rows in queries_sheet.batches(*long_sheet) for row in rows]
    assert len(sittings) == ROWS == len(set(sittings))


def peak(work: Callable[[], object]) -> float:
    """The greatest memory that `work` held at once, in MiB."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / MIB


def test_csv_streams_flat(long_sheet: tuple[Database, Filter]) -> None:
    def stream() -> None:
        lines = sum(piece.count(b"\n") for piece in sheet_files.as_csv(queries_sheet.batches(*long_sheet), "zh"))
        assert lines == ROWS + 1

    stream()
    assert peak(stream) < 8


def test_xlsx_streams_flat(long_sheet: tuple[Database, Filter], tmp_path: pytest.TempPathFactory) -> None:
    def few() -> Iterator[list[Row]]:
        yield next(queries_sheet.batches(*long_sheet))

    file = io.BytesIO()
    sheet_files.write_xlsx(few(), file, "zh", full_id=False)
    path = f"{tmp_path}/sheet.xlsx"

    def write() -> None:
        with open(path, "wb") as out:  # noqa: PTH123
            assert sheet_files.write_xlsx(queries_sheet.batches(*long_sheet), out, "zh", full_id=False) == ROWS

    assert peak(write) < 12
    assert CalamineWorkbook.from_path(path).get_sheet_by_index(0).height == ROWS + 1


def test_csv_and_rows_agree(long_sheet: tuple[Database, Filter]) -> None:
    text = b"".join(sheet_files.as_csv(queries_sheet.batches(*long_sheet), "zh")).decode("utf-8-sig")
    written = list(csv.reader(io.StringIO(text)))[1:]
    rows = [row for batch in queries_sheet.batches(*long_sheet) for row in batch]
    assert [line[7] for line in written] == [str(row.marks) for row in rows]
