"""Pictures: refused before they are decoded, written anew, seen only by those who may."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from sqlmodel import Session

from exam.accounts.permissions import Role
from exam.itembank import service
from exam.vision.header import Header, read_header
from exam.vision.pictures import MOST_BYTES, BadPicture, clean


def encoded(kind: str, width: int = 8, height: int = 6) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(kind, pixels)[1].tobytes()


def png_claiming(width: int, height: int, tail: bytes = b"") -> bytes:
    """A small PNG whose header claims these dimensions."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + tail


def webp_claiming(width: int, height: int, inner: bytes) -> bytes:
    """An extended WebP whose canvas claims these dimensions, round the stream of another."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas + inner[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(("kind", "named"), [(".png", "png"), (".jpg", "jpeg"), (".webp", "webp")])
def test_headers_are_read_without_decoding(kind, named):
    assert read_header(encoded(kind, 300, 7)) == Header(named, 300, 7)


@pytest.mark.parametrize(("kind", "media"), [(".png", "image/png"), (".jpg", "image/jpeg"), (".webp", "image/png")])
def test_pictures_are_written_anew_at_their_size(kind, media):
    picture = clean(encoded(kind, 31, 17))
    assert (picture.media_type, picture.width, picture.height) == (media, 31, 17)
    assert read_header(picture.data) is not None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture-empty"),
        (b"x" * (MOST_BYTES + 1), "picture-too-large"),
        (b"GIF89a" + b"\0" * 100, "picture-not-a-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "picture-not-a-picture"),
        (b"%PDF-1.7", "picture-not-a-picture"),
        (b"\x89PNG\r\n\x1a\n", "picture-not-a-picture"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture-not-a-picture"),
        (b"\xff\xd8\xff", "picture-not-a-picture"),
        (b"\xff\xd8\xff\xe0\0\x01", "picture-not-a-picture"),
        (b"RIFF\0\0\0\0WEBP", "picture-not-a-picture"),
        (png_claiming(0, 5), "picture-not-a-picture"),
        (png_claiming(60_000, 60_000), "picture-too-many-pixels"),
        (png_claiming(8193, 1), "picture-too-many-pixels"),
        (png_claiming(4001, 4000), "picture-too-many-pixels"),
        (png_claiming(2**31 - 1, 2**31 - 1), "picture-too-many-pixels"),
        (png_claiming(50, 50)[:40], "picture-damaged"),
        (webp_claiming(3, 3, encoded(".webp", 200, 200)), "picture-not-a-picture"),
        (webp_claiming(16_384, 16_384, encoded(".webp", 16, 16)), "picture-not-a-picture"),
        (encoded(".jpg", 64, 64)[:200], "picture-damaged"),
        (encoded(".jpg", 64, 64)[:100], "picture-not-a-picture"),
    ],
)
def test_attacks_are_refused(data, code):
    with pytest.raises(BadPicture) as bad:
        clean(data)
    assert bad.value.code == code


def test_the_largest_picture_allowed_is_taken():
    assert read_header(png_claiming(4000, 4000)) == Header("png", 4000, 4000)
    assert clean(encoded(".png", 8192, 8)).width == 8192


def test_a_picture_cut_off_in_its_pixels_is_never_half_taken():
    whole = encoded(".jpg", 400, 400)
    try:
        picture = clean(whole[: len(whole) // 2])
    except BadPicture as bad:
        assert bad.code == "picture-damaged"
    else:
        assert (picture.width, picture.height) == (400, 400)


def test_nothing_but_pixels_is_kept():
    script = b"<script>alert(1)</script>"
    text = b"tEXtComment\0" + script
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    plain = encoded(".png")
    polyglot = plain[:33] + chunk + plain[33:] + script + b"PK\x03\x04" + script
    jpeg = encoded(".jpg")
    exif = b"Exif\0\0" + script
    with_exif = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:] + script
    for data in (polyglot, with_exif):
        picture = clean(data)
        assert script not in picture.data and b"PK\x03\x04" not in picture.data


def test_transparency_is_kept_and_depth_becomes_eight_bits():
    deep = cv2.imencode(".png", np.full((4, 4, 4), 40_000, np.uint16))[1].tobytes()
    again = cv2.imdecode(np.frombuffer(clean(deep).data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert again.shape == (4, 4, 4) and again.dtype == np.uint8


def upload(client, data: bytes):
    return client.post("/pictures", files={"picture": ("p.png", data, "image/png")})


def test_upload_and_who_may_see_it(world, database):
    home, away = world.institution(), world.institution()
    writer = world.signed_in(Role.ITEM_WRITER, institution_id=home)
    answer = upload(writer, encoded(".png"))
    assert answer.status_code == 201
    sha = answer.json()["sha256"]
    assert upload(writer, encoded(".png")).json()["sha256"] == sha
    address = f"/pictures/{sha}"
    shown = writer.get(address)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["cache-control"] == "private, no-cache"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert writer.get(address, headers={"If-None-Match": shown.headers["etag"]}).status_code == 304
    for role, place, status in [
        (Role.REVIEWER, home, 200),
        (Role.REGISTRAR, home, 200),
        (Role.MARKER, home, 200),
        (Role.CANDIDATE, home, 404),
        (Role.PROCTOR, home, 404),
        (Role.ADMINISTRATOR, home, 404),
        (Role.ITEM_WRITER, away, 404),
        (Role.CANDIDATE, away, 404),
    ]:
        assert world.signed_in(role, institution_id=place).get(address).status_code == status, role
    assert writer.get("/pictures/" + "0" * 64).status_code == 404
    assert writer.get("/pictures/..%2fsecret.key").status_code == 404


def test_a_candidate_sees_a_picture_that_a_higher_package_vouches_for(world):
    home = world.institution()
    sha = upload(world.signed_in(Role.ITEM_WRITER, institution_id=home), encoded(".png")).json()["sha256"]
    person = world.person(home, Role.CANDIDATE)

    def vouch(db: Session, person_id: int, digest: str) -> bool:
        return (person_id, digest) == (person, sha)

    before = list(service.vouchers)
    service.vouchers[:] = [vouch]
    try:
        assert world.client(person, home).get(f"/pictures/{sha}").status_code == 200
        assert world.signed_in(Role.CANDIDATE, institution_id=home).get(f"/pictures/{sha}").status_code == 404
    finally:
        service.vouchers[:] = before


@pytest.mark.parametrize("data", [b"", b"GIF89a", png_claiming(60_000, 60_000)])
def test_a_bad_upload_is_refused_with_its_reason(world, data):
    answer = upload(world.signed_in(Role.ITEM_WRITER), data)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["code"].startswith("picture-")


def test_an_upload_over_the_limit_and_one_without_a_file(world):
    writer = world.signed_in(Role.ITEM_WRITER)
    assert upload(writer, b"x" * (7 * 1024 * 1024)).status_code == 413
    assert writer.post("/pictures", data={"picture": "text"}).status_code == 422
