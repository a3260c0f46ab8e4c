"""Large files: bounded by the setting that a route names, stored without being held in memory."""

import hashlib

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from exam.accounts import access
from exam.accounts.permissions import Role
from exam.core import web
from exam.core.objects import ObjectStore
from tests.conftest import Client

MIB = 1024 * 1024


def named(request):
    sizes = [len(file.file.read()) for file in web.form(request).getlist("file") if not isinstance(file, str)]
    return PlainTextResponse(f"{sizes} {len(web.form(request))}")


@pytest.fixture
def sender(app: Starlette, settings, signed_in) -> Client:
    """Somebody signed in at a site with a route bounded by `media_limit_mib`, which is 3."""
    settings.media_limit_mib = 3
    route = web.page_route(
        "/large", named, access=access.SIGNED_IN, name="large", methods=["POST"], limit_mib="media_limit_mib"
    )
    app.router.routes.insert(0, route)
    return signed_in(Role.ITEM_WRITER)


@pytest.mark.parametrize(("size", "status"), [(3 * MIB, 200), (3 * MIB + web.AROUND_A_FILE, 413), (5 * MIB, 413)])
def test_the_named_setting_bounds_the_body(sender: Client, size: int, status: int):
    answer = sender.post("/large", files={"file": b"x" * size}, data={"title": "甲"})
    assert answer.status_code == status
    assert ("3 MB" in answer.text) == (status == 413)


def test_many_files_but_few_and_short_fields(sender: Client):
    assert sender.post("/large", files=[("file", b"x")] * web.LARGE_FORM["max_files"]).status_code == 200
    assert sender.post("/large", files=[("file", b"x")] * (web.LARGE_FORM["max_files"] + 1)).status_code == 400
    assert sender.post("/large", files={"file": b"x"}, data={"text": "x" * web.AROUND_A_FILE * 2}).status_code == 400
    many = {f"f{n}": "x" for n in range(web.LARGE_FORM["max_fields"] + 1)}
    assert sender.post("/large", files={"file": b"x"}, data=many).status_code == 400


def test_nobody_else_makes_us_take_it_in(sender: Client):
    sender.cookies.clear()
    assert sender.post("/large", files={"file": b"x"}).status_code == 401


def test_a_file_is_taken_over(tmp_path):
    store, content = ObjectStore(tmp_path / "objects"), b"x" * (2 * MIB + 1)
    for _ in range(2):
        with store.waiting() as path:
            path.write_bytes(content)
            assert store.put_file(path) == hashlib.sha256(content).hexdigest()
            assert not path.exists()
    assert store.put(content) == hashlib.sha256(content).hexdigest() and store.get(store.put(content)) == content
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 1


def test_what_is_not_taken_over_goes(tmp_path):
    store = ObjectStore(tmp_path / "objects")
    with pytest.raises(ValueError), store.waiting() as path:
        path.write_bytes(b"x")
        raise ValueError
    assert list(store.folder.iterdir()) == []
