"""Files become a chapter's content, or are refused with the reason and nothing written."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from exam.core import i18n
from exam.core.errors import Invalid, NotFound, Problem, Refused
from exam.courseware import queries, service_cues, service_media, signals, uploads, view
from exam.courseware.models import Caption, Cue, PackageFile, Slide
from exam.courseware.packages import Launch
from tests.courseware import making
from tests.courseware.making import NOON, chapter, cue_form, filled, publish_now, upload
from tests.courseware.test_slides import pdf

SECONDS = {"each": "30"}


def problem(call, *args):
    with pytest.raises(Invalid) as error:
        call(*args)
    (found,) = error.value.problems
    return found.field, found.code


def put_film(db, office, found, store):
    film = uploads.take_film(store, upload(making.film()), 1)
    return service_media.put_film(db, office, found.id, film, NOON)


def put_slides(db, office, found, store, number=3, **fields):
    pictures = uploads.take_slides(store, [upload(making.picture(n), f"{n}.png") for n in range(1, number + 1)])
    return service_media.put_slides(db, office, found.id, pictures, {**SECONDS, **fields}, NOON)


def put_package(db, office, found, store, minutes=15):
    packed = uploads.take_package(store, upload(making.package()), 1)
    return service_media.put_package(db, office, found.id, packed, minutes, NOON)


def objects(store):
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_a_film(db, place, made, store):
    found = put_film(db, place.office, chapter(db, place.office, made), store)
    assert (found.kind, found.media_type, found.width, found.height) == ("video", "video/webm", *making.SIZE)
    assert abs(found.length_ms - 1000 * making.SECONDS) < 500
    assert store.get(found.sha256) == making.film() and found.size == len(making.film())
    assert len(objects(store)) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "video-not-known"),
        (b"GIF89a" + bytes(100), "video-not-known"),
        (making.film()[:60], "video-damaged"),
        (bytes(1024 * 1024 + 1), "file-too-large-for-media"),
    ],
)
def test_a_film_that_is_not_taken_leaves_nothing(store, data, code):
    assert problem(uploads.take_film, store, upload(data), 1) == ("film", code)
    assert objects(store) == []


def test_new_content_takes_the_place_of_the_old_and_cuts_what_is_beyond_it(db, place, made, store):
    office = place.office
    found = put_slides(db, office, chapter(db, office, made), store)
    assert found.length_ms == 90_000
    for at in ("0:04", "0:30", "1:00"):
        service_cues.save_cue(db, office, found.id, None, cue_form(from_=at), NOON)
    service_cues.set_points(db, office, found.id, "0:05 1:30", NOON)
    kept = db.exec(select(Cue).where(Cue.from_ms == 60_000)).one()
    asked = lambda db, cue_id: int(cue_id == kept.id)  # noqa: E731
    signals.asked_at.append(asked)
    try:
        put_film(db, office, found, store)
    finally:
        signals.asked_at.remove(asked)
    assert db.exec(select(Slide)).all() == [] and found.points == [5_000]
    assert [cue.from_ms for cue in queries.cues_of(db, [found.id])[found.id]] == [4_000, 60_000]
    put_package(db, office, found, store)
    assert (found.sha256, found.width, found.kind, found.length_ms) == ("", 0, "package", 900_000)
    put_slides(db, office, found, store, mode="add")
    assert (
        db.exec(select(PackageFile)).all() == [] and found.package == {} and len(queries.slides_of(db, found.id)) == 3
    )


def test_slides_in_the_order_of_their_names(db, place, made, store):
    sent = [upload(making.picture(n), f"page {n}.png") for n in (10, 2, 1)]
    taken = uploads.take_slides(store, sent)
    alone = [uploads.take_slides(store, [upload(making.picture(n))])[0].sha256 for n in (1, 2, 10)]
    assert [one.sha256 for one in taken] == alone


def test_pictures_are_written_anew(store):
    (taken,) = uploads.take_slides(store, [upload(making.picture(9, ".jpg") + b"<script>", "a.jpg")])
    assert taken.media_type == "image/jpeg" and b"<script>" not in store.get(taken.sha256)


def test_a_pdf_becomes_a_slide_a_page(store):
    taken = uploads.take_slides(store, [upload(pdf((160, 90), (90, 160)), "a.pdf")])
    assert [one.media_type for one in taken] == ["image/png", "image/png"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([b"x"], "picture-not-a-picture"),
        ([b"%PDF-1.7 nothing"], "slides-damaged"),
        ([pdf((160, 90), password="x")], "slides-encrypted"),
        ([pdf((160, 90)), making.picture()], "slides-one-pdf"),
        ([making.picture(), bytes(6 * 1024 * 1024)], "picture-too-large"),
    ],
)
def test_slides_that_are_not_taken(store, files, code):
    sent = [upload(data, f"{n}.png") for n, data in enumerate(files)]
    assert problem(uploads.take_slides, store, sent) == ("slides", code)


def test_of_several_files_it_is_said_which(store):
    sent = [upload(making.picture(), "a.png"), upload(b"x", "b.png")]
    with pytest.raises(Invalid) as error:
        uploads.take_slides(store, sent)
    (shown,) = view.in_words(error.value.problems)
    assert (shown.code, shown.params["file"], shown.params["why"]) == (
        "one-of-the-files",
        "b.png",
        "不是 PNG、JPEG 或 WebP 图片",
    )


def test_more_slides_are_added_or_take_the_place(db, place, made, store):
    found = put_slides(db, place.office, chapter(db, place.office, made), store, 2)
    put_slides(db, place.office, found, store, 1, mode="add", each="5")
    assert [(slide.number, slide.ms) for slide in queries.slides_of(db, found.id)] == [
        (1, 30_000),
        (2, 30_000),
        (3, 5_000),
    ]
    assert found.length_ms == 65_000
    put_slides(db, place.office, found, store, 1, mode="replace")
    assert len(queries.slides_of(db, found.id)) == 1 and found.length_ms == 30_000


def test_a_chapter_has_at_most_two_hundred_slides(db, place, made, store):
    found = chapter(db, place.office, made)
    one = uploads.take_slides(store, [upload(making.picture())])
    service_media.put_slides(db, place.office, found.id, one * 200, SECONDS, NOON)
    more = (db, place.office, found.id, one, {**SECONDS, "mode": "add"}, NOON)
    assert problem(service_media.put_slides, *more) == ("slides", "slides-too-many")


@pytest.mark.parametrize(("each", "right"), [("4", False), ("5", True), ("3600", True), ("3601", False), ("", False)])
def test_how_long_a_slide_is_shown(each, right):
    if right:
        assert service_media.read_seconds({"each": each}) == int(each)
    else:
        assert problem(service_media.read_seconds, {"each": each}) == ("each", "whole-between")


def test_slides_are_changed_moved_and_removed(db, place, made, store):
    found = put_slides(db, place.office, chapter(db, place.office, made), store)
    first, second, third = (slide.id for slide in queries.slides_of(db, found.id))
    typed = {"seconds.1": "40", "text.1": " 一  页 ", "do": "down.1"}
    service_media.save_slides(db, place.office, found.id, typed, NOON)
    service_media.save_slides(db, place.office, found.id, {"do": "up.1"}, NOON)
    service_media.save_slides(db, place.office, found.id, {"do": "remove.3"}, NOON)
    assert [(slide.id, slide.number, slide.ms, slide.text) for slide in queries.slides_of(db, found.id)] == [
        (second, 1, 30_000, ""),
        (first, 2, 40_000, "一 页"),
    ]
    assert found.length_ms == 70_000 and db.get(Slide, third) is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [({"seconds.2": "4"}, ("seconds.2", "whole-between")), ({"text.3": "字" * 501}, ("text.3", "too-long"))],
)
def test_wrong_slides(db, place, made, store, typed, found):
    one = put_slides(db, place.office, chapter(db, place.office, made), store)
    db.commit()
    typed = {"seconds.1": "99", **typed}
    assert problem(service_media.save_slides, db, place.office, one.id, typed, NOON) == found
    db.rollback()
    assert {slide.ms for slide in queries.slides_of(db, one.id)} == {30_000}


def test_a_package(db, place, made, store):
    found = put_package(db, place.office, chapter(db, place.office, made), store)
    assert (found.kind, found.length_ms, found.package["kind"]) == ("package", 900_000, "scorm-1.2")
    (launch,) = found.package["launches"]
    assert (launch["path"], launch["title"], launch["mastery"]) == ("a.html", "第一课", None)
    files = {file.path: file for file in db.exec(select(PackageFile))}
    assert set(files) == {"a.html", "imsmanifest.xml"} and files["a.html"].media_type == "text/html"
    assert store.get(files["a.html"].sha256).decode() == "<p>课</p>"
    service_media.put_package(db, place.office, found.id, None, 20, NOON)
    assert found.length_ms == 1_200_000 and len(db.exec(select(PackageFile)).all()) == 2


def test_a_launch_is_kept_as_plain_values():
    assert service_media._launch(Launch("a", "甲", "a.html", mastery=Decimal("80.5")))["mastery"] == "80.5"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"x", "package-not-zip"), (making.package("2004 3rd Edition"), "package-scorm-2004")],
)
def test_a_package_that_is_not_taken(store, data, code):
    assert problem(uploads.take_package, store, upload(data), 1) == ("package", code)


def test_only_a_package_has_a_time_to_be_changed(db, place, made):
    found = chapter(db, place.office, made)
    call = (db, place.office, found.id, None, 20, NOON)
    assert problem(service_media.put_package, *call) == ("package", "file-not-chosen")


@pytest.mark.parametrize(("minutes", "right"), [("0", False), ("1", True), ("480", True), ("481", False)])
def test_the_time_of_a_package(minutes, right):
    if right:
        assert service_media.read_minutes({"minutes": minutes}) == int(minutes)
    else:
        assert problem(service_media.read_minutes, {"minutes": minutes}) == ("minutes", "whole-between")


def test_captions(db, place, made):
    office = place.office
    found = filled(db, chapter(db, office, made))
    text = uploads.take_captions(upload(making.CAPTIONS.encode()))
    for language in ("zh", "en", "zh"):
        service_media.put_caption(db, office, found.id, language, text, NOON)
    assert [one.language for one in queries.captions_of(db, found.id)] == ["zh", "en"]
    service_media.remove_caption(db, office, found.id, "zh", NOON)
    assert [one.language for one in db.exec(select(Caption))] == ["en"]
    with pytest.raises(NotFound):
        service_media.remove_caption(db, office, found.id, "zh", NOON)
    call = (db, office, found.id, "fr", text, NOON)
    assert problem(service_media.put_caption, *call) == ("language", "required")
    assert problem(uploads.take_captions, upload(b"x")) == ("caption", "captions-not-vtt")


def test_captions_need_a_film(db, place, made):
    call = (db, place.office, chapter(db, place.office, made).id, "zh", making.CAPTIONS, NOON)
    assert problem(service_media.put_caption, *call) == ("caption", "captions-no-film")


def test_published_nothing_comes_in(db, place, made, store):
    found = put_slides(db, place.office, chapter(db, place.office, made), store)
    publish_now(db, made)
    film = uploads.take_film(store, upload(making.film()), 1)
    for call, args in (
        (service_media.put_film, (film, NOON)),
        (service_media.put_slides, ([], SECONDS, NOON)),
        (service_media.save_slides, ({"do": "remove.1"}, NOON)),
        (service_media.put_package, (None, 5, NOON)),
        (service_media.put_caption, ("zh", making.CAPTIONS, NOON)),
        (service_media.remove_caption, ("zh", NOON)),
        (service_media.may_fill, ()),
    ):
        with pytest.raises(Refused) as error:
            call(db, place.office, found.id, *args)
        assert error.value.refusal.code == "courseware-published"
    with pytest.raises(NotFound):
        service_media.may_fill(db, place.stranger, found.id)


def test_seconds_in_problems_are_shown_as_times():
    shown = view.in_words([Problem("from", "cue-where", {"least": 3, "most": 3725}), Problem("", "points-end")])
    assert [dict(one.params) for one in shown] == [{"least": "0:03", "most": "1:02:05"}, {}]


def test_every_refusal_of_a_file_has_a_text_in_both_languages():
    folder = Path(uploads.__file__).parent
    codes = {
        code for path in folder.rglob("*.py") for code in re.findall(r'Bad\w+\(\s*"([a-z0-9-]+)"', path.read_text())
    }
    missing = {(code, locale) for code in codes for locale in i18n.LOCALES if not i18n.has(f"problem.{code}", locale)}
    assert len(codes) > 40 and not missing
