"""Static files arrive compressed where the browser takes it, and whole."""

import gzip

from starlette.testclient import TestClient

from exam.core.templating import STATIC_DIR, static_url


def test_styles_are_sent_gzipped_and_cacheable(app):
    client = TestClient(app)
    plain = client.get(static_url("css/app.css"), headers={"accept-encoding": "identity"})
    packed = client.get(static_url("css/app.css"), headers={"accept-encoding": "gzip"})
    assert plain.content == packed.content == (STATIC_DIR / "css/app.css").read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert "immutable" in packed.headers["cache-control"]
    assert int(packed.headers["content-length"]) < len(gzip.compress(plain.content)) + 100


def test_nothing_outside_the_folder_is_served(app):
    client = TestClient(app)
    for path in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/static/css"):
        assert client.get(path, headers={"accept-encoding": "gzip"}).status_code == 404
