"""A site with short courses for the browser tests of learning: films of some seconds, quizzes in them, a package."""

import contextlib
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from e2e.conftest import Served, serving
from e2e.seeding import Candidate, Site
from exam.core.objects import ObjectStore
from exam.courses.models import Course, CourseEnrolment
from exam.courseware import uploads
from exam.courseware.models import CourseChapter, Courseware, Cue, PackageFile, Slide
from exam.itembank import types
from exam.itembank.models import Chapter, Item, ItemVersion
from exam.vision.film import write_webm
from exam.vision.pictures import encode

SECONDS, FPS = 9, 5
RIGHT = "这是对的答案"
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>课件</title>
<item identifier="i1" identifierref="r1"><title>第一课</title></item></organization></organizations>
<resources><resource identifier="r1" type="webcontent" adlcp:scormtype="sco" href="index.html">
<file href="index.html"/></resource></resources>
</manifest>"""
LESSON = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>课</title></head><body>
<p id="who"></p><button id="done">完成</button><p id="reach"></p>
<script>
var api = window.API, show = function (id, text) { document.getElementById(id).textContent = text; };
api.LMSInitialize("");
show("who", api.LMSGetValue("cmi.core.student_name") + "|" + api.LMSGetValue("cmi.core.lesson_location"));
api.LMSSetValue("cmi.core.lesson_location", "page-2"); api.LMSCommit("");
try { show("reach", "open:" + window.top.document.title); } catch (e) { show("reach", "closed"); }
document.getElementById("done").onclick = function () {
  api.LMSSetValue("cmi.core.lesson_status", "completed"); api.LMSCommit("");
};
</script></body></html>"""


@dataclass(frozen=True)
class Learner:
    """A candidate with their selection of a course."""

    candidate: Candidate
    selection_id: int


@dataclass
class School:
    """The running site with learners for each course."""

    served: Served
    learners: dict[str, list[Learner]]

    def learner(self, course: str) -> Learner:
        """A learner of a course whom no other test uses."""
        return self.learners[course].pop()

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Rows of the database, read beside the server."""
        with contextlib.closing(sqlite3.connect(f"file:{self.served.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """The site of a module."""
    folder = tmp_path_factory.mktemp("school")
    learners: dict[str, list[Learner]] = {}

    def seed(site: Site) -> dict[str, list[Candidate]]:
        learners.update(_everything(site, ObjectStore(folder / "objects")))
        return {}

    with serving(folder, seed) as served:
        yield School(served, learners)


def _everything(site: Site, store: ObjectStore) -> dict[str, list[Learner]]:
    exam = site.exam(site.paper([("true-false", {"stem": "对吗？", "key": True})]))
    bank_chapters = [_bank_chapter(site, number) for number in (2, 3)]
    two = _course(site, store, "two", bank_chapters, [(3500, 2, 50, 60)], exercise=1)
    quick = _course(site, store, "quick", bank_chapters[:1], [(3500, 2, 50, 12)])
    plain = _course(site, store, "plain", bank_chapters[:1], [])
    package = _package_course(site, store, bank_chapters[0])
    slides = _slides_course(site, store, bank_chapters[0])
    # Nobody learns two of them: what one test left open would stop the time of another.
    wanted = (("two", two, 6), ("quick", quick, 5), ("plain", plain, 4), ("package", package, 2), ("slides", slides, 2))
    found: dict[str, list[Learner]] = {}
    for name, course_id, number in wanted:
        people = [site.candidate(exam) for _ in range(number)]
        found[name] = [Learner(person, _selects(site, course_id, person.person_id)) for person in people]
    both = site.candidate(exam)
    found["both"] = [Learner(both, _selects(site, course_id, both.person_id)) for course_id in (plain, two)]
    return found


def _bank_chapter(site: Site, number: int) -> int:
    chapter_id = site.add(Chapter(bank_id=site.bank_id, number=number, title=f"第 {number} 章"))
    for n in range(12):
        options = [{"id": f"w{n}x{m}", "text": f"别的说法 {m}"} for m in range(3)]
        single = {
            "stem": f"第 {number} 章第 {n} 题？",
            "options": [*options, {"id": f"r{n}", "text": RIGHT}],
            "key": f"r{n}",
        }
        kind, content = (
            ("single-choice", single) if n < 8 else ("true-false", {"stem": f"{number}-{n} 对。", "key": True})
        )
        common: dict[str, Any] = {"kind": kind, "chapter_id": chapter_id, "difficulty": 3}
        item = Item(
            bank_id=site.bank_id, code=f"L{number}-{n}", state="ready", keyed=True, updated_at=site.now, **common
        )
        item_id = site.add(item)
        content = types.normalise(kind, content)
        site.add(
            ItemVersion(
                item_id=item_id, number=1, content=content, semantic_hash=f"l{item_id}", created_at=site.now, **common
            )
        )
    return chapter_id


def _begun(site: Site, code: str, exercise: int) -> int:
    course = Course(
        institution_id=site.institution_id,
        code=code,
        title=f"课程 {code}",
        title_en=f"Course {code}",
        scheme="ccib",
        category="elective",
        hours=Decimal(1),
        delivery="online",
        state="open",
        opened=True,
        created_at=site.now,
    )
    course_id = site.add(course)
    ware = Courseware(
        course_id=course_id,
        institution_id=site.institution_id,
        bank_id=site.bank_id,
        state="published",
        idle_seconds=300,
        exercise_items=exercise,
        exercise_accuracy=50,
        created_at=site.now,
        published_at=site.now,
    )
    site.db.add(ware)
    site.db.flush()
    return course_id


def _course(
    site: Site, store: ObjectStore, code: str, bank: list[int], cues: list[tuple[int, int, int, int]], exercise: int = 0
) -> int:
    course_id = _begun(site, code, exercise)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.webm"
        frames = (np.full((180, 320, 3), 40 + 3 * n, np.uint8) for n in range(SECONDS * FPS))
        write_webm(path, frames, (320, 180), FPS)
        with path.open("rb") as file:
            film = uploads.take_film(store, uploads.Upload("film.webm", file), 10)
    for number, bank_chapter in enumerate(bank, 1):
        chapter = CourseChapter(
            institution_id=site.institution_id,
            course_id=course_id,
            number=number,
            title=f"第 {number} 讲",
            title_en=f"Lesson {number}",
            kind="video",
            bank_chapter_id=bank_chapter,
            length_ms=film.video.duration_ms,
            points=[film.video.duration_ms // 2, film.video.duration_ms],
            sha256=film.object.sha256,
            media_type=film.object.media_type,
            size=film.object.size,
            width=320,
            height=180,
        )
        chapter_id = site.add(chapter)
        for at, items, accuracy, seconds in cues if number == 1 else ():
            cue = Cue(
                chapter_id=chapter_id,
                kind="fixed",
                from_ms=at,
                until_ms=at,
                items=items,
                accuracy=accuracy,
                seconds=seconds,
            )
            site.add(cue)
    return course_id


def _package_course(site: Site, store: ObjectStore, bank_chapter: int) -> int:
    course_id = _begun(site, "package", 0)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("imsmanifest.xml", MANIFEST)
        archive.writestr("index.html", LESSON)
    data.seek(0)
    packed = uploads.take_package(store, uploads.Upload("p.zip", data), 10)
    chapter = CourseChapter(
        institution_id=site.institution_id,
        course_id=course_id,
        number=1,
        title="课件",
        kind="package",
        bank_chapter_id=bank_chapter,
        length_ms=4000,
        points=[4000],
    )
    chapter_id = site.add(chapter)
    launches = [asdict(launch) | {"mastery": None} for launch in packed.package.launches]
    chapter.package = {"kind": "scorm-1.2", "title": "课件", "launches": launches}
    site.db.add_all(PackageFile(chapter_id=chapter_id, **asdict(file)) for file in packed.files)
    site.db.flush()
    return course_id


def _slides_course(site: Site, store: ObjectStore, bank_chapter: int) -> int:
    course_id = _begun(site, "slides", 0)
    chapter = CourseChapter(
        institution_id=site.institution_id,
        course_id=course_id,
        number=1,
        title="图文",
        kind="slides",
        bank_chapter_id=bank_chapter,
        length_ms=9000,
        points=[9000],
    )
    chapter_id = site.add(chapter)
    for number, (ms, shade) in enumerate(((4000, 90), (5000, 160)), 1):
        digest = store.put(encode(np.full((180, 320, 3), shade, np.uint8)))
        site.add(
            Slide(
                chapter_id=chapter_id, number=number, sha256=digest, media_type="image/png", ms=ms, text=f"图 {number}"
            )
        )
    site.add(Cue(chapter_id=chapter_id, kind="fixed", from_ms=3500, until_ms=3500, items=1, accuracy=100, seconds=60))
    return course_id


def _selects(site: Site, course_id: int, person_id: int) -> int:
    row = CourseEnrolment(
        institution_id=site.institution_id,
        course_id=course_id,
        person_id=person_id,
        scheme_version="2024-01-01",
        selected_at=site.now,
    )
    return site.add(row)
