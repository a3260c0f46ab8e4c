"""`exam bench sheet`: a long result sheet downloaded from a real server as CSV and as XLSX.

`rate` is rows a second over both files; `p50_ms` and `p99_ms` are the times in which each further thousand rows of the
CSV arrive; `growth_mib` is how much the server's memory rose over what it was after a first short download;
`floor_rate` is the same rows, in memory, written by the plain csv module and XlsxWriter in this process.
"""

import csv
import http.client
import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psutil
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import insert
from sqlmodel import Session

from exam.accounts.access import SESSION_COOKIE, token_hash
from exam.accounts.models import BrowserSession, Person, RoleGrant
from exam.accounts.permissions import Role
from exam.bench import frame
from exam.bench.seed import Seeded, seed
from exam.core.db import Database
from exam.grading import queries_sheet, sheet_files
from exam.grading.models import Result
from exam.scheduling.models import Booking, Exam
from exam.sessions.models import Sitting

TOKEN = "bench-officer-" + "x" * 32
BLOCK = 5000
STEP = 1000
PIECE = 64 * 1024


def run(rows: int) -> dict[str, Any]:
    """Measure a sheet of `rows` rows."""
    with frame.data_folder() as folder:
        frame.upgrade(folder)
        seeded = seed(folder, rows, 2, datetime.now(UTC))
        institution_id = _fill(seeded)
        with frame.exam_server(folder, frame.free_port()) as server:
            measured = _measure(server, rows)
        floor = _floor(seeded.database, institution_id)
        seeded.database.close()
    rate = 2 * rows / (measured["csv_s"] + measured["xlsx_s"])
    return frame.report({**measured, "rate": rate, "floor_rate": floor, "ratio": rate / floor, "rows": rows})


def _fill(seeded: Seeded) -> int:
    """A sitting and a released result for each candidate, and an institution officer who is signed in."""
    with seeded.database.transaction() as db:
        exam = db.get_one(Exam, seeded.exam_id)
        for start in range(0, len(seeded.candidates), BLOCK):
            _fill_block(db, exam, seeded, start)
        now = datetime.now(UTC)
        officer = Person(name="机构负责人", username="bench-officer", state="active", created_at=now)
        db.add(officer)
        db.flush()
        officer_id, at = officer.id or 0, exam.institution_id
        db.add(RoleGrant(person_id=officer_id, institution_id=at, role=Role.OFFICER, granted_at=now))
        db.add(
            BrowserSession(
                person_id=officer_id,
                institution_id=at,
                token_hash=token_hash(TOKEN),
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(hours=10),
                address="127.0.0.1",
                user_agent="bench",
            )
        )
        return exam.institution_id


def _fill_block(db: Session, exam: Exam, seeded: Seeded, start: int) -> None:
    at = datetime.now(UTC) - timedelta(days=30)
    sittings, results = [], []
    for number, candidate in enumerate(seeded.candidates[start : start + BLOCK], start + 1):
        booking = db.get_one(Booking, candidate.booking_id)
        submitted = at + timedelta(seconds=number)
        own = {
            "institution_id": exam.institution_id,
            "exam_id": exam.id,
            "enrolment_id": booking.enrolment_id,
            "booking_id": candidate.booking_id,
            "person_id": candidate.person_id,
        }
        sittings.append({**own, "id": number, **_sitting(submitted)})
        marks = Decimal(number % 401) / 100
        results.append({**own, "sitting_id": number, **_result(exam, marks, submitted)})
    papers = db.connection().exec_driver_sql("SELECT MIN(id) FROM paper").scalar_one()
    db.connection().execute(insert(Sitting), [{**row, "paper_id": papers} for row in sittings])
    db.connection().execute(insert(Result), results)
    db.expunge_all()


def _sitting(submitted: datetime) -> dict[str, Any]:
    return {
        "seed": "bench",
        "scheme": "practice",
        "scheme_version": "2011-01-01",
        "state": "submitted",
        "duration_seconds": 3600,
        "extra_seconds": 0,
        "prepared_at": submitted,
        "started_at": submitted,
        "deadline": submitted,
        "submitted_at": submitted,
        "submitted_by": "candidate",
        "claim": 1,
    }


def _result(exam: Exam, marks: Decimal, submitted: datetime) -> dict[str, Any]:
    return {
        "number": 1,
        "current": True,
        "chance": 1,
        "submitted_at": submitted,
        "state": "final",
        "cause": "graded",
        "marks": marks,
        "out_of": Decimal(4),
        "cut_marks": exam.cut_marks,
        "passed": marks >= exam.cut_marks,
        "graded_at": submitted,
        "released_at": submitted,
        "withdrawn_reason": "",
        "changed_at": submitted,
        "log_hash": "0" * 64,
        "detail": {"slots": [], "chapters": [], "points": []},
    }


def _measure(server: frame.Server, rows: int) -> dict[str, Any]:
    _download(server, "csv?q=nobody", lambda piece: None)
    _download(server, "xlsx?q=nobody", lambda piece: None)
    before = psutil.Process(server.process.pid).memory_info().rss
    server.peak = before
    steps: list[float] = []
    counted, errors = 0, 0
    last = time.perf_counter()

    def count(piece: bytes) -> None:
        nonlocal counted, last
        then, counted = counted, counted + piece.count(b"\n")
        now = time.perf_counter()
        if counted // STEP > then // STEP:
            passed = counted // STEP - then // STEP
            steps.extend([1000 * (now - last) / passed] * passed)
            last = now

    csv_s, _ = _download(server, "csv", count)
    errors += counted != rows + 1
    book = io.BytesIO()
    xlsx_s, size = _download(server, "xlsx", lambda piece: book.write(piece))
    peak = server.peak
    book.seek(0)
    errors += CalamineWorkbook.from_filelike(book).get_sheet_by_index(0).height != rows + 1
    steps.sort()
    return {
        "csv_s": csv_s,
        "xlsx_s": xlsx_s,
        "xlsx_mib": size / frame.MIB,
        "p50_ms": frame.percentile(steps, 0.5),
        "p99_ms": frame.percentile(steps, 0.99),
        "errors": errors,
        "peak_rss_mib": peak / frame.MIB,
        "growth_mib": (peak - before) / frame.MIB,
        "client": "http.client",
    }


def _download(server: frame.Server, what: str, take: Callable[[bytes], object]) -> tuple[float, int]:
    """Fetch a file; seconds and bytes. Raises RuntimeError for anything but the file."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("GET", f"/sheets/download/{what}", headers={"Cookie": f"{SESSION_COOKIE}={TOKEN}"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"/sheets/download/{what} answered {response.status}")
    size = 0
    while piece := response.read1(PIECE):
        size += len(piece)
        take(piece)
    connection.close()
    return time.perf_counter() - started, size


def _floor(database: Database, institution_id: int) -> float:
    """Rows a second of the two writers alone, over both files."""
    chosen = queries_sheet.Filter(institution_id)
    rows = [sheet_files.cells(row, "zh", full_id=False) for row in _rows(database, chosen)]
    started = time.perf_counter()
    with io.StringIO(newline="") as out:
        csv.writer(out).writerows(rows)
    book = xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            elif cell is not None:
                sheet.write_number(number, column, cell)
    book.close()
    return 2 * len(rows) / (time.perf_counter() - started)


def _rows(database: Database, chosen: queries_sheet.Filter) -> Iterator[queries_sheet.Row]:
    for batch in queries_sheet.batches(database, chosen):
        yield from batch
