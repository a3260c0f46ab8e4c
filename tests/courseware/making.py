"""Courses in work, and files to put into them, for the tests of courseware."""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from sqlmodel import Session

from exam.accounts.access import Caller
from exam.courses.models import Course
from exam.courseware import service
from exam.courseware.models import CourseChapter, Courseware
from exam.courseware.uploads import Upload
from exam.itembank.models import Bank, Chapter
from exam.vision.film import write_webm
from tests.courses.making import opened
from tests.courseware.test_packages import manifest
from tests.learning.making import add_item

NOON = datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
SIZE, FPS, SECONDS = (64, 48), 5, 8
CAPTIONS = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n你好\n"
_serial = count(1)


@dataclass
class Made:
    """A course in work with the chapters of its bank."""

    course: Course
    bank: Bank
    pools: list[Chapter] = field(default_factory=list)


def course(db: Session, office: Caller, pools: int = 2, items: int = 12, **changes: Any) -> Made:
    """A course whose content is begun, with a bank of so many chapters of so many items."""
    n = next(_serial)
    found = opened(db, office, code=f"W{n}", **changes)
    bank = Bank(institution_id=office.institution_id, code=f"WB{n}", title="题库", delivery="online", created_at=NOON)
    db.add(bank)
    db.flush()
    made = Made(found, bank)
    for number in range(1, pools + 1):
        pool = Chapter(bank_id=bank.id or 0, number=number, title=f"题库第{number}章")
        db.add(pool)
        db.flush()
        for item in range(items):
            add_item(db, bank.id or 0, pool.id or 0, f"{number}-{item + 1}", item)
        made.pools.append(pool)
    service.save_settings(db, office, found.id or 0, settings(bank), NOON)
    return made


def settings(bank: Bank | None, /, **changes: str) -> dict[str, str]:
    """The form of settings."""
    stated = {"bank": str(bank.id) if bank else "", "idle": "300", "exercise_items": "0", "exercise_accuracy": "60"}
    return {**stated, **changes}


def chapter(db: Session, office: Caller, made: Made, title: str = "章") -> CourseChapter:
    """A chapter at the end, still empty."""
    return service.add_chapter(db, office, made.course.id or 0, {"title": title}, NOON)


def filled(db: Session, found: CourseChapter, length_ms: int = 60_000, points: tuple[int, ...] = ()) -> CourseChapter:
    """The chapter as if a film of this length were in it."""
    found.kind, found.sha256, found.media_type = "video", "0" * 64, "video/webm"
    found.length_ms, found.points = length_ms, list(points)
    db.add(found)
    db.flush()
    return found


def publish_now(db: Session, made: Made) -> None:
    """Published, whatever is missing."""
    content = db.get_one(Courseware, made.course.id)
    content.state = "published"
    db.add(content)
    db.flush()


def cue_form(**changes: str) -> dict[str, str]:
    """The form of a cue."""
    stated = {"kind": "fixed", "from": "0:20", "until": "", "items": "2", "accuracy": "60", "seconds": "60"}
    return {**stated, **{name.rstrip("_"): value for name, value in changes.items()}}


@cache
def film() -> bytes:
    """A real WebM of eight seconds."""
    frames = (np.full((SIZE[1], SIZE[0], 3), 5 * n % 250, np.uint8) for n in range(FPS * SECONDS))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.webm"
        write_webm(path, frames, SIZE, FPS)
        return path.read_bytes()


def picture(shade: int = 200, suffix: str = ".png") -> bytes:
    """A grey picture."""
    return cv2.imencode(suffix, np.full((48, 64, 3), shade, np.uint8))[1].tobytes()


def package(version: str = "1.2", **files: str) -> bytes:
    """A SCORM package of one lesson."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("imsmanifest.xml", manifest(version=version))
        book.writestr("a.html", "<p>课</p>")
        for name, content in files.items():
            book.writestr(name, content)
    return written.getvalue()


def upload(data: bytes, name: str = "file") -> Upload:
    """A file as sent."""
    return Upload(name, io.BytesIO(data))
