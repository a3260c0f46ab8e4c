"""What a film's headers tell, the boundary of each refusal, and that no file whatever brings anything but a refusal."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exam.courseware.bounded import MOST_PIECES
from exam.courseware.containers import BadVideo, Video, read_video

from . import films as f

HOURS = 4 * 3600


@pytest.fixture
def read(tmp_path):
    def run(data):
        path = tmp_path / "film"
        path.write_bytes(data)
        return read_video(path)

    return run


def refused(read, data):
    with pytest.raises(BadVideo) as caught:
        read(data)
    return caught.value.code, caught.value.params


def picture(codec="avc1", **more):
    return f.track("vide", codec, **more)


MP4 = Video("video/mp4", 5000, 1280, 720, "avc1", "mp4a")
WEBM = Video("video/webm", 5000, 1280, 720, "V_VP9", "A_OPUS")
MDAT = f.box("mdat", b"film" * 50)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(f.mp4(after=(MDAT,)), id="moov first"),
        pytest.param(f.mp4(before=(MDAT,)), id="moov last"),
        pytest.param(f.mp4(before=(f.wide_box("mdat", b"x"),)), id="64 bits"),
        pytest.param(f.mp4(after=(struct.pack(">I4s", 0, b"mdat") + b"film",)), id="to the end"),
        pytest.param(f.mp4(after=(MDAT, bytes(7))), id="padding"),
        pytest.param(f.mp4(header=f.clock("mvhd", 90000, 450000, version=1)), id="version 1"),
        pytest.param(f.mp4(header=f.clock("mvhd", 600, 2**32 - 1)), id="length of the tracks"),
        pytest.param(f.mp4(header=f.clock("mvhd", 600, 2**64 - 1, version=1)), id="length of the tracks, 64 bits"),
        pytest.param(f.mp4(ftyp=f.box("ftyp", b"qt  ", bytes(4), b"mp42")), id="compatible brand"),
    ],
)
def test_an_mp4_is_read_wherever_its_header_is(read, data):
    assert read(data) == MP4


def test_a_fragmented_mp4_tells_its_length_or_is_refused(read):
    silent = {"header": f.clock("mvhd", 1000, 0), "tracks": (picture(length=0),)}
    extends = f.box("mvex", f.box("mehd", struct.pack(">II", 0, 7000)))
    assert read(f.mp4(**silent, more=(extends,))).duration_ms == 7000
    wide = f.box("mvex", f.box("mehd", struct.pack(">IQ", 1 << 24, 8000)))
    assert read(f.mp4(**silent, more=(wide,))).duration_ms == 8000
    assert refused(read, f.mp4(**silent, more=(f.box("mvex"),))) == ("video-no-duration", {})


def test_a_turned_picture_is_as_wide_as_it_is_shown(read):
    found = read(f.mp4(tracks=(picture(turned=True),)))
    assert (found.width, found.height, found.audio_codec) == (720, 1280, "")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((f.info(), f.tracks(), f.cluster(0, f.block(0))), id="plain"),
        pytest.param((f.tracks(), f.info(), f.cluster(0)), id="tracks first"),
        pytest.param((f.cluster(0, f.block(0)), f.info(), f.tracks()), id="headers last"),
        pytest.param((f.element("ec", bytes(30)), f.info(scale=None), f.tracks()), id="no scale said"),
        pytest.param((f.info(None), f.tracks(), f.cluster(0, f.block(9)), f.cluster(4990, f.block(10))), id="blocks"),
        pytest.param((f.info(None), f.tracks(), f.cluster(4990, f.group(10), f.block(5))), id="groups"),
        pytest.param((f.info(0.0), f.tracks(), f.cluster(5002, f.block(-2))), id="a length of nothing"),
        pytest.param((f.info(float("nan")), f.tracks(), f.cluster(5000, f.block(0))), id="not a number"),
    ],
)
@pytest.mark.parametrize("size", [None, f.UNKNOWN], ids=["size", "unknown size"])
def test_a_webm_is_read(read, parts, size):
    assert read(f.webm(*parts, size=size)) == WEBM


def test_a_recording_with_clusters_of_unknown_size_is_as_long_as_its_last_block(read):
    recorded = [f.cluster(time, f.block(0), f.block(900), size=f.UNKNOWN) for time in range(0, 5000, 1000)]
    data = f.webm(f.info(None), f.tracks(), *recorded, f.element("1254c367", b"tags"), size=f.UNKNOWN)
    assert read(data).duration_ms == 4900


@pytest.mark.parametrize(("milliseconds", "code"), [(999, "video-too-short"), (1000, None), (HOURS * 1000, None)])
def test_the_shortest_and_the_longest(read, milliseconds, code):
    for data in (f.mp4(header=f.clock("mvhd", 1000, milliseconds)), f.webm(f.info(float(milliseconds)), f.tracks())):
        if code:
            assert refused(read, data) == (code, {"seconds": 1})
        else:
            assert read(data).duration_ms == milliseconds


def test_too_long(read):
    for data in (
        f.mp4(header=f.clock("mvhd", 1000, HOURS * 1000 + 1)),
        f.mp4(header=f.clock("mvhd", 1, 2**64 - 2, version=1)),
        f.webm(f.info(HOURS * 1000 + 1.0), f.tracks()),
        f.webm(f.info(1e14, scale=10**9), f.tracks()),
    ):
        assert refused(read, data) == ("video-too-long", {"hours": 4})


@pytest.mark.parametrize("sizes", [(4096, 4096), (4097, 10), (10, 4097)])
def test_the_largest_picture(read, sizes):
    width, height = sizes
    for data in (
        f.mp4(tracks=(picture(width=width, height=height),)),
        f.webm(f.info(), f.tracks(f.entry(1, "V_VP8", *sizes))),
    ):
        if max(sizes) > 4096:
            expected = ("video-too-large-picture", {"width": width, "height": height, "side": 4096})
            assert refused(read, data) == expected
        else:
            assert read(data).width == 4096


@pytest.mark.parametrize("codec", ["avc1", "avc3", "vp08", "vp09", "av01"])
@pytest.mark.parametrize("sound", ["mp4a", "Opus", "opus"])
def test_codecs_of_mp4(read, codec, sound):
    found = read(f.mp4(tracks=(f.track("soun", sound), f.track("text", "tx3g"), picture(codec))))
    assert (found.video_codec, found.audio_codec) == (codec, sound)


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (f.mp4(tracks=(picture("hvc1"), f.SOUND)), "hvc1"),
        (f.mp4(tracks=(picture("encv"),)), "encv"),
        (f.mp4(tracks=(f.PICTURE, f.track("soun", "ac-3"))), "ac-3"),
        (f.mp4(tracks=(f.SOUND,)), "-"),
        (f.mp4(tracks=(picture("a\0\x1b<"),)), "a??<"),
        (f.webm(f.info(), f.tracks(f.entry(1, "V_MPEG4/ISO/AVC"))), "V_MPEG4/ISO/AVC"),
        (f.webm(f.info(), f.tracks(f.entry(1, "V_VP8"), f.entry(2, "A_AAC"))), "A_AAC"),
        (f.webm(f.info(), f.tracks(f.entry(2, "A_OPUS"))), "-"),
    ],
)
def test_other_codecs_are_named(read, data, codec):
    assert refused(read, data) == ("video-codec", {"codec": codec})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * 100,
        b"\x1a\x45\xdf\xa3" + bytes(3),
        f.box("ftyp", b"qt  ", bytes(4), b"qt  "),
        f.box("ftyp", b"heic", bytes(4), b"mif1heic"),
        f.webm(ebml=f.element("1a45dfa3", f.element("4282", b"matroska"))),
        b"RIFF" + bytes(60),
    ],
)
def test_other_files_are_not_known(read, data):
    assert refused(read, data) == ("video-not-known", {})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(f.FTYP, id="nothing but a brand"),
        pytest.param(f.mp4(after=(MDAT,))[:-1], id="cut off"),
        pytest.param(f.mp4(header=b""), id="no header"),
        pytest.param(f.mp4(header=f.clock("mvhd", 0, 3000)), id="no ticks"),
        pytest.param(f.mp4(header=f.box("mvhd", bytes(4))), id="short header"),
        pytest.param(f.mp4(tracks=(f.box("trak"),)), id="empty track"),
        pytest.param(f.mp4(tracks=(picture(entries=b""),)), id="no entry"),
        pytest.param(f.mp4(tracks=(picture(entries=f.box("avc1")),)), id="short entry"),
        pytest.param(f.mp4(tracks=(picture(entries=f.box("avc1", bytes(28)) * 17),)), id="many entries"),
        pytest.param(f.mp4(tracks=(picture(width=0),)), id="no width"),
        pytest.param(f.FTYP + struct.pack(">I4s", 7, b"moov") + bytes(20), id="small size"),
        pytest.param(f.FTYP + struct.pack(">I4sQ", 1, b"moov", 15) + bytes(20), id="small 64-bit size"),
        pytest.param(f.FTYP + struct.pack(">I4sQ", 1, b"moov", 2**64 - 1), id="huge size"),
        pytest.param(f.FTYP + struct.pack(">I4s", 8, b"free") * MOST_PIECES, id="endless boxes"),
        pytest.param(f.EBML, id="no segment"),
        pytest.param(f.webm(f.info(), f.cluster(0)), id="no tracks"),
        pytest.param(f.webm()[:-1], id="webm cut off"),
        pytest.param(f.webm(f.info(scale=0), f.tracks()), id="scale of nothing"),
        pytest.param(f.webm(f.element("1549a966", b"", size=f.UNKNOWN), f.tracks()), id="info of unknown size"),
        pytest.param(f.webm(f.info(), f.tracks(*[f.entry(1, "V_VP8")] * 17)), id="many tracks"),
        pytest.param(f.webm(f.info(), f.tracks(f.entry(1, "V_VP8", 0))), id="no pixels"),
        pytest.param(f.webm(f.info(), f.element("1654ae6b", b"\x00")), id="no id"),
        pytest.param(f.webm(f.info(None), f.tracks(), f.cluster(0, f.element("a0"))), id="empty group"),
        pytest.param(f.webm(f.info(None), f.tracks(), f.cluster(0, f.element("a3", b"\x81"))), id="short block"),
        pytest.param(f.webm(f.element("18538067", size=f.UNKNOWN)), id="segment in a segment"),
    ],
)
def test_damage_is_said(read, data):
    assert refused(read, data) == ("video-damaged", {})


def test_a_recording_too_fine_to_be_counted_has_no_length(read):
    blocks = f.element("a3", b"\x81\0\0\x80", size=b"\x84") * (MOST_PIECES // 2)
    data = f.webm(f.info(None), f.tracks(), f.cluster(0, blocks))
    assert refused(read, data) == ("video-no-duration", {})
    assert refused(read, f.webm(f.info(None), f.tracks())) == ("video-no-duration", {})


WHOLE = (
    f.mp4(after=(MDAT,)),
    f.mp4(before=(f.wide_box("mdat", b"x"),), more=(f.box("mvex", f.box("mehd", bytes(8))),)),
    f.webm(),
    f.webm(f.info(None), f.tracks(), f.cluster(2000, f.group(5), f.block(9), size=f.UNKNOWN), size=f.UNKNOWN),
)
quietly = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
starts = st.sampled_from([b"", f.FTYP, f.EBML, f.EBML + bytes.fromhex("18538067") + f.UNKNOWN])


def survives(read, data):
    try:
        found = read(data)
    except BadVideo as error:
        assert error.code.startswith("video-")
    else:
        assert 1000 <= found.duration_ms <= HOURS * 1000


@quietly
@given(start=starts, rest=st.binary(max_size=400))
def test_random_bytes_bring_a_refusal_or_a_film(read, start, rest):
    survives(read, start + rest)


@st.composite
def mutated(draw):
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8) | st.just(b"\xff" * 8) | st.just(bytes(8)))
        if not data:
            break
    return bytes(data)


@quietly
@given(data=mutated())
def test_mutated_films_bring_a_refusal_or_a_film(read, data):
    survives(read, data)


@pytest.mark.parametrize("data", WHOLE)
def test_no_part_of_a_film_brings_anything_else(read, data):
    for cut in range(len(data)):
        survives(read, data[:cut])
        survives(read, data[cut:])
