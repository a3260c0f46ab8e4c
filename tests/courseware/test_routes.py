"""The editor as a browser uses it."""

import re
from types import SimpleNamespace

import pytest
from sqlmodel import select

from exam.accounts.models import Person
from exam.accounts.permissions import Role
from exam.core import web
from exam.courseware import signals
from exam.courseware.models import CourseChapter, Courseware, Cue
from tests.courseware import making
from tests.courseware.making import NOON, course, cue_form, settings
from tests.scheduling.making import caller

MIB = 1024 * 1024


class Editor:
    """A writer's browser, and a course of their institution in work."""

    def __init__(self, world, database):
        self.world, self.database = world, database
        here = world.institution()
        with database.transaction() as db:
            who = caller(world_person(db, here), here, Role.REGISTRAR)
            self.made = course(db, who)
        self.here, self.course = here, f"/courseware/{self.made.course.id}"
        self.client = world.signed_in(Role.ITEM_WRITER, institution_id=here)

    def chapter(self, title="第一讲"):
        """The address of a new chapter."""
        answer = self.client.post(f"{self.course}/chapters", data={"title": title})
        assert answer.status_code == 303
        return answer.headers["location"]

    def one(self, model):
        with self.database.reading() as db:
            return db.exec(select(model)).one()

    def publish(self):
        """Published, whatever is missing."""
        with self.database.transaction() as db:
            making.publish_now(db, self.made)


def world_person(db, institution_id):
    person = Person(name="教务", state="active", created_at=NOON, applied_to=institution_id)
    db.add(person)
    db.flush()
    return person.id


@pytest.fixture
def editor(world, database):
    return Editor(world, database)


def text_of(answer):
    return re.sub(r"\s+", " ", answer.text)


def test_from_nothing_to_published(editor):
    client = editor.client
    assert "还没有章" in client.get(editor.course).text
    first = editor.chapter()
    assert "先选择抽题的题库" not in client.get(editor.course).text
    page = client.post(f"{editor.course}/publish")
    assert page.status_code == 422 and "还没有内容：放进视频" in page.text
    answer = client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{first}#content")
    captions = {"caption": ("a.vtt", making.CAPTIONS.encode())}
    assert client.post(f"{first}/caption", data={"language": "zh"}, files=captions).status_code == 303
    assert client.post(f"{first}/cue", data=cue_form(from_="0:04")).headers["location"] == f"{first}#cues"
    assert client.post(f"{editor.course}/spread").status_code == 303
    page = client.get(first).text
    assert "<video" in page and f"{first}/captions/zh" in page and "0:04" in page
    assert "内容齐全" in client.get(editor.course).text
    assert client.post(f"{editor.course}/publish").status_code == 303
    assert editor.one(Courseware).state == "published"
    page = client.get(editor.course).text
    assert (
        "已发布，内容不能修改" in page and f"{editor.course}/withdraw" in page and f"{editor.course}/spread" not in page
    )
    assert "已发布，可以学习" in client.get("/courseware").text
    assert client.post(f"{editor.course}/withdraw").status_code == 303
    assert editor.one(Courseware).state == "draft"


def test_the_film_comes_in_ranges(editor):
    first, client, film = editor.chapter(), editor.client, making.film()
    assert client.get(f"{first}/film").status_code == 404
    client.post(f"{first}/film", files={"film": ("a.webm", film)})
    whole = client.get(f"{first}/film")
    assert (whole.content, whole.headers["content-type"]) == (film, "video/webm")
    assert whole.headers["x-content-type-options"] == "nosniff" and "private" in whole.headers["cache-control"]
    part = client.get(f"{first}/film", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, film[10:20])
    assert "media-src 'self'" in client.get(first).headers["content-security-policy"]


def test_slides_and_a_package(editor):
    first, client = editor.chapter(), editor.client
    files = [("slides", (f"{n}.png", making.picture(n))) for n in (1, 2)]
    assert client.post(f"{first}/slides", data={"each": "30"}, files=files).status_code == 303
    assert client.get(f"{first}/slides/2").headers["content-type"] == "image/png"
    assert client.get(f"{first}/slides/3").status_code == 404
    assert client.post(f"{first}/slide", data={"text.1": "封面", "do": "down.1"}).status_code == 303
    assert "第 2 页：封面" in client.get(first).text
    package = {"package": ("p.zip", making.package())}
    assert client.post(f"{first}/package", data={"minutes": "15"}, files=package).status_code == 303
    page = client.get(first).text
    assert "SCORM 1.2" in page and "a.html" in page and "15:00" in page
    assert client.post(f"{first}/package", data={"minutes": "20"}).status_code == 303
    assert editor.one(CourseChapter).length_ms == 1_200_000


@pytest.mark.parametrize(
    ("path", "data", "files", "said"),
    [
        ("film", {}, {"film": ("a.webm", b"x")}, "这不是 MP4 或 WebM 视频"),
        ("film", {}, None, "请选择文件"),
        ("slides", {"each": "30"}, {"slides": ("a.png", b"x")}, "不是 PNG"),
        ("slides", {"each": "4"}, {"slides": ("a.png", b"x")}, "5 到 3600 之间的整数"),
        ("package", {"minutes": ""}, {"package": ("a.zip", b"x")}, "1 到 480 之间的整数"),
        ("package", {"minutes": "9"}, {"package": ("a.zip", making.package("2004 3rd Edition"))}, "SCORM 2004 课件"),
        ("package", {"minutes": "9"}, None, "请选择文件"),
        ("caption", {"language": "zh"}, {"caption": ("a.vtt", b"x")}, "WebVTT"),
    ],
)
def test_a_file_that_is_refused_is_said_beside_its_field(editor, path, data, files, said):
    first = editor.chapter()
    answer = editor.client.post(f"{first}/{path}", data=data, files=files)
    assert answer.status_code == 422 and said in answer.text and "处需要更正" in answer.text
    assert editor.one(CourseChapter).length_ms == 0


def test_what_was_typed_is_kept(editor):
    first, client = editor.chapter(), editor.client
    client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    answer = client.post(f"{first}/cue", data=cue_form(from_="9:59", items="7"))
    assert answer.status_code == 422
    assert 'value="9:59"' in answer.text and 'value="7"' in answer.text and "时间应在 0:03 到 0:0" in answer.text
    answer = client.post(f"{first}/points", data={"points": "0:05 bald"})
    assert answer.status_code == 422 and "0:05 bald" in answer.text and "“bald”不是时间" in answer.text
    answer = client.post(first, data={"title": "", "title_en": "Kept"})
    assert answer.status_code == 422 and 'value="Kept"' in answer.text
    answer = client.post(f"{editor.course}/settings", data=settings(editor.made.bank, idle="1"))
    assert answer.status_code == 422 and 'name="idle" type="number" value="1"' in text_of(answer)
    assert client.post(f"{editor.course}/chapters", data={"title": " ", "title_en": "New"}).status_code == 422


def test_cues_are_changed_and_removed(editor):
    first, client = editor.chapter(), editor.client
    client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    client.post(f"{first}/cue", data=cue_form(from_="0:04"))
    cue = editor.one(Cue).id
    assert 'value="0:04"' in client.get(f"{first}?cue={cue}").text
    assert client.get(f"{first}?cue={cue + 1}").status_code == 404
    assert client.post(f"{first}/cue", data={**cue_form(from_="0:03"), "cue": str(cue)}).status_code == 303
    assert editor.one(Cue).from_ms == 3000
    for odd in ("x", str(cue + 1), "0"):
        assert client.post(f"{first}/cue", data={"cue": odd, "do": "remove"}).status_code == 404
    asked = lambda db, cue_id: 1  # noqa: E731
    signals.asked_at.append(asked)
    try:
        answer = client.post(f"{first}/cue", data={"cue": str(cue), "do": "remove"})
    finally:
        signals.asked_at.remove(asked)
    assert answer.status_code == 409 and "已经有人答过" in answer.text
    assert client.post(f"{first}/cue", data={"cue": str(cue), "do": "remove"}).status_code == 303


def test_chapters_are_moved_and_removed(editor):
    first, second, client = editor.chapter("甲讲"), editor.chapter("乙讲"), editor.client
    assert client.post(f"{second}/move", data={"way": "up"}).headers["location"] == editor.course
    page = client.get(editor.course).text
    assert page.index("乙讲") < page.index("甲讲")
    assert client.post(f"{first}/remove").status_code == 303
    assert editor.one(CourseChapter).title == "乙讲"


def test_published_content_is_frozen(editor):
    first, client = editor.chapter(), editor.client
    client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    editor.publish()
    page = client.get(first).text
    assert (
        "已发布，内容不能修改" in page and f'action="{first}/film"' not in page and f'action="{first}/cue"' not in page
    )
    for path, data, files in (
        ("film", {}, {"film": ("a.webm", making.film())}),
        ("slides", {"each": "30"}, {"slides": ("a.png", making.picture())}),
        ("package", {"minutes": "5"}, {"package": ("a.zip", making.package())}),
        ("caption", {"language": "zh"}, {"caption": ("a.vtt", making.CAPTIONS.encode())}),
        ("slide", {"do": "remove.1"}, None),
        ("cue", cue_form(), None),
        ("points", {"points": ""}, None),
        ("remove", {}, None),
        ("move", {"way": "up"}, None),
    ):
        answer = client.post(f"{first}/{path}", data=data, files=files)
        assert answer.status_code == 409 and "先撤回" in answer.text.replace("请", ""), path
    assert client.post(first, data={"title": "改了名"}).status_code == 303
    assert editor.one(CourseChapter).title == "改了名"


def test_nobody_else_sees_it(editor):
    first = editor.chapter()
    editor.client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    stranger = editor.world.signed_in(Role.ITEM_WRITER)
    assert "没有网络课程" in stranger.get("/courseware").text.replace("还", "")
    for path in (editor.course, first, f"{first}/film", f"{first}/slides/1", f"{first}/captions/zh"):
        assert stranger.get(path).status_code == 404
    film = {"film": ("a.webm", making.film())}
    assert stranger.post(f"{first}/film", files=film).status_code == 404
    for role in (Role.CANDIDATE, Role.PROCTOR, Role.MARKER):
        other = editor.world.signed_in(role, institution_id=editor.here)
        assert other.get("/courseware").status_code == other.get(f"{first}/film").status_code == 403
        assert other.post(f"{first}/film", files=film).status_code == 403


@pytest.mark.parametrize(("path", "field"), [("film", "film"), ("slides", "slides"), ("package", "package")])
def test_uploads_are_bounded_by_the_setting(editor, path, field):
    first = editor.chapter()
    editor.client.app.state.settings.media_limit_mib = 1
    sent = {field: ("a.bin", bytes(MIB + web.AROUND_A_FILE))}
    answer = editor.client.post(f"{first}/{path}", data={"each": "30", "minutes": "5"}, files=sent)
    assert answer.status_code == 413 and "1 MB" in answer.text
    sent = {field: ("a.bin", bytes(MIB + 1))}
    answer = editor.client.post(f"{first}/{path}", data={"each": "30", "minutes": "5"}, files=sent)
    assert answer.status_code == 422


def test_figures_of_cues_and_items(editor):
    first, client = editor.chapter(), editor.client
    client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    client.post(f"{first}/cue", data=cue_form(from_="0:04", items="5"))
    had = SimpleNamespace(passed=41, failed=7, timed_out=3, open=0, asked=200, repeated=26)
    items = [SimpleNamespace(code="1-1", stem="最难的题", asked=8, right=1)]
    ask = lambda db, course_id: SimpleNamespace(cues={editor.one(Cue).id: had}, items=items)  # noqa: E731
    before = list(signals.figures)
    signals.figures[:] = [ask]
    try:
        page = text_of(client.get(editor.course))
    finally:
        signals.figures[:] = before
    for cell in ("41", "7", "3", "13%", "8"):
        assert f'<td class="num">{cell}</td>' in page
    assert "最难的题" in page and '<td class="num">2</td>' in page


def test_in_english(editor):
    first, client = editor.chapter(), editor.client
    client.post(f"{first}/film", files={"film": ("a.webm", making.film())})
    client.cookies.set("lang", "en")
    assert "In work" in client.get("/courseware").text
    assert "What is missing" in client.get(editor.course).text and "Pop-up quizzes" in client.get(first).text
