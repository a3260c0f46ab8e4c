"""Which media type a file of a course package is served as: by its suffix only, never by what it holds.

No charset is given: old packages say their own (often GBK) in a meta element.
"""

from pathlib import PurePosixPath

OTHER = "application/octet-stream"

# Flash (swf) and what a server would have to run (asp, jsp, php) are left out on purpose: no browser can show them.
MEDIA_TYPES = {
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "application/xhtml+xml",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "xsd": "application/xml",
    "xsl": "application/xml",
    "dtd": "application/xml-dtd",
    "txt": "text/plain",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "srt": "text/plain",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpe": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "ico": "image/x-icon",
    "cur": "image/x-icon",
    "svg": "image/svg+xml",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "eot": "application/vnd.ms-fontobject",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
    "wasm": "application/wasm",
}
PAGES = frozenset({"text/html", "application/xhtml+xml"})
_OPENED = ("text/html", "application/xhtml+xml", "application/pdf", "image/", "video/", "audio/", "text/plain")


def media_type(name: str) -> str:
    """The media type of a file by its suffix; `application/octet-stream` for what a package may not show."""
    return MEDIA_TYPES.get(suffix(name), OTHER)


def suffix(name: str) -> str:
    """The suffix of a name in small letters and without its dot ("" without one)."""
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def is_page(name: str) -> bool:
    """Whether the file is a page, into which the run-time script belongs."""
    return media_type(name) in PAGES


def can_open(name: str) -> bool:
    """Whether a browser shows the file by itself, so that a learner can be sent to it."""
    return media_type(name).startswith(_OPENED)
