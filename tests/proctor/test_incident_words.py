"""Every incident can be said in a sentence, in both languages, by the clock of Shanghai."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.core import i18n
from exam.proctor.detectors import DETECTORS
from exam.proctor.incidents import words as incident_words

BEGAN = datetime(2026, 11, 6, 6, 2, 11, tzinfo=UTC)  # 14:02:11 in Shanghai


@dataclass
class Noticed:
    kind: str = "several-faces"
    began_at: datetime = BEGAN
    ended_at: datetime | None = BEGAN + timedelta(seconds=9)
    reason: dict[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("incident", "zh", "en"),
    [
        (
            Noticed(reason={"hits": 3, "of": 4, "faces": 2}),
            "画面里不止一张脸（2 张脸，4 帧画面中的 3 帧），14:02:11 至 14:02:20",
            "Several faces (2 faces, 3 of 4 frames), 14:02:11 to 14:02:20",
        ),
        (Noticed(), "画面里不止一张脸，14:02:11 至 14:02:20", "Several faces, 14:02:11 to 14:02:20"),
        (
            Noticed("hidden", reason={"times": 3, "seconds": 125}),
            "答卷页面被切到后台（发生 3 次，共 2 分 5 秒），14:02:11 至 14:02:20",
            "Exam page hidden (3 times, 2 min 5 s in all), 14:02:11 to 14:02:20",
        ),
        (
            Noticed("unfocused", reason={"times": 1, "seconds": 0.2}),
            "光标离开答卷窗口，14:02:11 至 14:02:20",
            "Exam window without focus, 14:02:11 to 14:02:20",
        ),
        (
            Noticed("frames-missing", reason={"missing": 7}),
            "缺少画面（少 7 帧画面），14:02:11 至 14:02:20",
            "Pictures missing (7 pictures missing), 14:02:11 to 14:02:20",
        ),
        (
            Noticed("line-lost", ended_at=None, reason={"seconds": 3720}),
            "网络中断（共 1 小时 2 分），14:02:11 起，仍在继续",
            "Line lost (1 h 2 min in all), since 14:02:11, still going on",
        ),
        (Noticed("print", ended_at=BEGAN), "打印或保存页面，14:02:11", "Page printed or saved, 14:02:11"),
        (
            Noticed("camera-lost", ended_at=BEGAN + timedelta(hours=12)),
            "摄像头断开，14:02:11 至 2026-11-07 02:02:11",
            "Camera lost, 14:02:11 to 2026-11-07 02:02:11",
        ),
        (
            Noticed("noted", ended_at=BEGAN, reason={"text": "桌上有手机"}),
            "监考人员的记录：桌上有手机，14:02:11",
            "Noted by a proctor: 桌上有手机, 14:02:11",
        ),
    ],
)
def test_an_incident_is_said_in_a_sentence(incident: Noticed, zh: str, en: str) -> None:
    assert incident_words.sentence(incident) == zh
    i18n.current_locale.set("en")
    assert incident_words.sentence(incident) == en


@pytest.mark.parametrize("kind", incident_words.KINDS)
@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_kind_has_its_name_and_its_meaning(kind: str, locale: str) -> None:
    assert i18n.has(f"incident.{kind}", locale)
    assert i18n.has(f"incident.{kind}.why", locale)


def test_every_detector_is_covered() -> None:
    assert set(DETECTORS) < set(incident_words.KINDS)


@given(
    kind=st.sampled_from(incident_words.KINDS),
    seconds=st.none() | st.integers(0, 200_000),
    reason=st.dictionaries(
        st.sampled_from(["hits", "of", "faces", "times", "seconds", "missing", "text", "other"]),
        st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(0, 1e6) | st.text(max_size=20),
    ),
)
def test_whatever_the_numbers_there_is_a_sentence(kind: str, seconds: int | None, reason: dict[str, Any]) -> None:
    ended = None if seconds is None else BEGAN + timedelta(seconds=seconds)
    said = incident_words.words(Noticed(kind, BEGAN, ended, reason))
    assert said.title and said.when in said.sentence and "%(" not in said.sentence.replace(str(reason.get("text")), "")
