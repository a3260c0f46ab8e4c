"""Static files, compressed once and kept."""

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from exam.core.modules import ENTRIES, joined

COMPRESSIBLE = frozenset({".css", ".js", ".mjs", ".svg", ".json"})
MIN_BYTES = 500
JOINED = "joined/"


@lru_cache(maxsize=256)
def _compressed(path: str, _modified: float) -> bytes:
    return gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0)


@lru_cache(maxsize=8)
def _joined_compressed(entry: str) -> bytes:
    return gzip.compress(joined(entry), compresslevel=9, mtime=0)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


def _joined(entry: str, scope: Scope) -> Response:
    if entry not in ENTRIES or scope["method"] not in ("GET", "HEAD"):
        raise HTTPException(status_code=404)
    if not _takes_gzip(scope):
        return Response(joined(entry), media_type="text/javascript")
    headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
    return Response(_joined_compressed(entry), media_type="text/javascript", headers=headers)


class CompressedStaticFiles(StaticFiles):
    """Serves text files gzipped where the browser takes it; fonts and pictures are compressed already."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path.startswith(JOINED):
            return _joined(path.removeprefix(JOINED), scope)
        found, stat = self.lookup_path(path)
        wanted = _takes_gzip(scope) and Path(found).suffix in COMPRESSIBLE and scope["method"] == "GET"
        if stat is None or not wanted or stat.st_size < MIN_BYTES:
            return await super().get_response(path, scope)
        plain = self.file_response(found, stat, scope)
        if plain.status_code != 200:  # the browser has it already
            return plain
        body = _compressed(str(found), stat.st_mtime)
        headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
        headers |= {name: plain.headers[name] for name in ("etag", "last-modified") if name in plain.headers}
        return Response(body, media_type=plain.media_type, headers=headers)
