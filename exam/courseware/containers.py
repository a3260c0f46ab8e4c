"""What a film's file claims to be, read from its headers alone: container, length, size, codecs.

A film is not decoded here and never read as a whole. A hostile file can claim anything; it costs a few MiB at most.
"""

from pathlib import Path

from exam.courseware.bounded import BadVideo, Source, Video, opened
from exam.courseware.mp4 import is_mp4, read_mp4
from exam.courseware.webm import is_webm, read_webm

__all__ = ["BadVideo", "Video", "read_video"]

VIDEO_CODECS = frozenset({"avc1", "avc3", "vp08", "vp09", "av01", "V_VP8", "V_VP9", "V_AV1"})
AUDIO_CODECS = frozenset({"", "mp4a", "opus", "Opus", "A_VORBIS", "A_OPUS"})
LEAST_SECONDS = 1
MOST_HOURS = 4
MOST_SIDE = 4096


def read_video(path: Path) -> Video:
    """The film in the file at `path`. Raises `BadVideo`, and OSError where there is no such file."""
    with opened(path) as source:
        return _checked(_parsed(source))


def _parsed(source: Source) -> Video:
    if is_mp4(source):
        return read_mp4(source)
    if is_webm(source):
        return read_webm(source)
    raise BadVideo("video-not-known")


def _checked(video: Video) -> Video:
    for codec, allowed in ((video.video_codec, VIDEO_CODECS), (video.audio_codec, AUDIO_CODECS)):
        if codec not in allowed:
            raise BadVideo("video-codec", codec=codec)
    if not video.width or not video.height:
        raise BadVideo("video-damaged")
    if max(video.width, video.height) > MOST_SIDE:
        raise BadVideo("video-too-large-picture", width=video.width, height=video.height, side=MOST_SIDE)
    if not video.duration_ms:
        raise BadVideo("video-no-duration")
    if video.duration_ms < LEAST_SECONDS * 1000:
        raise BadVideo("video-too-short", seconds=LEAST_SECONDS)
    if video.duration_ms > MOST_HOURS * 3_600_000:
        raise BadVideo("video-too-long", hours=MOST_HOURS)
    return video
