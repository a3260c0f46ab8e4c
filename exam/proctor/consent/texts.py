"""DATA: what a candidate is told before they are asked about camera and face images, in both languages, by version.

Face images are sensitive personal information; who is asked must be told what, why, how long, who and what else could
be done, and be asked for this alone (Personal Information Protection Law of the PRC, articles 17, 28, 29 and 30). A
text that changes gets a new version; the answers keep the version that was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exam.proctor.terms import Terms


@dataclass(frozen=True)
class Line:
    """A sentence. `when`: "always", "live" (somebody watches during the exam), "recorded" (nobody does), "identity"
    (one is checked before the start or afterwards)."""

    text: str
    when: str = "always"


@dataclass(frozen=True)
class Text:
    """A consent in one language. Each part has a heading and its sentences; `yes` and `no` are the answers."""

    title: str
    lead: str
    parts: tuple[tuple[str, tuple[Line, ...]], ...]
    yes: str
    no: str


@dataclass(frozen=True)
class Version:
    """A wording in both languages. `version` is the day from which it is shown."""

    version: str
    texts: Mapping[str, Text]


_ZH = Text(
    title="摄像头和人脸图像：请您决定",
    lead="这门考试用摄像头监考。人脸图像是敏感个人信息，需要您单独同意。不同意也可以考试，不影响成绩。",
    parts=(
        (
            "采集什么",
            (
                Line("考试期间，摄像头大约每 %(interval)s 秒拍一张小照片（最大 640×480）。不录像、不录音、不截屏。"),
                Line("开考前的身份核验：一张正面照、一张转头照和一张身份证照片。", "identity"),
                Line(
                    "程序从照片里读出：有没有人脸、有几张、朝向哪里、画面是否被遮住或静止不动，以及与开考时是否相像的弱提示。"
                    "不做人脸识别，不与任何人脸库比对。"
                ),
            ),
        ),
        (
            "为什么",
            (
                Line("确认是您本人在独立作答，使成绩可信。"),
                Line("程序只作提示，由监考人员看过以后判断。程序“看不清”从不算作问题。"),
            ),
        ),
        (
            "保存多久",
            (Line("考试结束后 %(days)s 天删除。您申诉或复核还没有结束的，等结束后删除。您可以申请提前删除。"),),
        ),
        (
            "谁能看到",
            (
                Line("考试期间，本机构的监考人员实时查看。", "live"),
                Line("考试后，本机构的监考人员只查看有提示的片段和少量随机抽查的片段。", "recorded"),
                Line("本机构的监考人员和考试办公室；每次查看都有记录。您也可以看到自己被提示的片段。"),
                Line("不提供给其他任何人，不用于其他目的。"),
            ),
        ),
        (
            "不同意怎么办",
            (
                Line("由监考人员核验您的身份，不拍摄照片，不作任何人脸分析；不会因此扣分或失去考试机会。"),
                Line("监考人员核验通过后就可以开始，可能需要等几分钟。"),
                Line("开始以前可以更改答复。同意以后可以随时撤回：考试中撤回，摄像头马上关闭，考试照常继续。"),
            ),
        ),
    ),
    yes="同意使用摄像头",
    no="不同意，由监考人员核验",
)

_EN = Text(
    title="Camera and face images: you decide",
    lead="This exam is watched by camera. Face images are sensitive personal information, so we ask you for this "
    "alone. You can take the exam without it, and your result does not depend on it.",
    parts=(
        (
            "What is taken",
            (
                Line(
                    "During the exam the camera takes a small picture about every %(interval)s seconds (640×480 at "
                    "most). No film, no sound, no screenshots."
                ),
                Line(
                    "Before the start, to check who you are: a picture of your face, one with your head turned, and "
                    "one of your ID card.",
                    "identity",
                ),
                Line(
                    "A program reads from the pictures whether there is a face, how many, which way it is turned, "
                    "whether the picture is covered or frozen, and a weak hint of whether it looks like the one at "
                    "the start. It does not recognise faces and compares yours with no collection of faces."
                ),
            ),
        ),
        (
            "Why",
            (
                Line("So that it is you who answers, by yourself, and your result can be trusted."),
                Line(
                    "The program only gives hints; a person looks and decides. That it can't see well never counts "
                    "against you."
                ),
            ),
        ),
        (
            "How long",
            (
                Line(
                    "Everything is deleted %(days)s days after the exam; while an appeal or a review is open, when "
                    "that has ended. You can ask for it to be deleted earlier."
                ),
            ),
        ),
        (
            "Who sees it",
            (
                Line("During the exam, this institution's proctors, live.", "live"),
                Line(
                    "After the exam, this institution's proctors: only stretches with a hint, and a few drawn at "
                    "random.",
                    "recorded",
                ),
                Line(
                    "This institution's proctors and its exam office; every look is written down. You can see the "
                    "stretches of yours that were hinted at."
                ),
                Line("Nobody else gets it, and it is used for nothing else."),
            ),
        ),
        (
            "If you say no",
            (
                Line(
                    "A proctor checks who you are. No picture is taken and no face analysed; you lose no marks and no "
                    "chance for it."
                ),
                Line("You can start once a proctor has approved you, which may take a few minutes."),
                Line(
                    "You can change your answer until you start, and take a yes back at any time: during the exam the "
                    "camera is switched off at once and the exam goes on."
                ),
            ),
        ),
    ),
    yes="I agree to the camera",
    no="No, a proctor shall check me",
)

VERSIONS: tuple[Version, ...] = (Version("2026-11-21", MappingProxyType({"zh": _ZH, "en": _EN})),)
CURRENT = VERSIONS[-1]


@dataclass(frozen=True)
class Shown:
    """A consent as a sitting's page shows it: its parts as (heading, sentences)."""

    version: str
    title: str
    lead: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    yes: str
    no: str


def shown(terms: Terms, locale: str) -> Shown:
    """What the candidate of a sitting is told, with the numbers of its terms."""
    text = CURRENT.texts.get(locale, _ZH)
    holds = {"always", "live" if terms.level == "live" else "recorded"}
    if terms.identity != "none":
        holds.add("identity")
    numbers = {"interval": terms.interval_seconds, "days": terms.keep_days}
    parts = tuple(
        (heading, tuple(line.text % numbers for line in lines if line.when in holds)) for heading, lines in text.parts
    )
    return Shown(CURRENT.version, text.title, text.lead, parts, text.yes, text.no)
