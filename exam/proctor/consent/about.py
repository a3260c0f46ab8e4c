"""DATA: what is recorded and why, for candidates, in both languages.

The public page shows it; docs/proctoring-candidates.md is the same text (a test holds them together).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class About:
    """A text for candidates. Each section has a heading and paragraphs; those that begin with "- " are list items."""

    title: str
    lead: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]


_ZH = About(
    "监考：记录什么，为什么",
    "这里写给考生。每门考试的具体规定（是否用摄像头、多久拍一张、保存多少天）在开始页面和同意书里写明。",
    (
        (
            "四种方式",
            (
                "- 不监考：只记录答题本身。",
                "- 只看焦点：记录答卷页面发生的事，不用摄像头。",
                "- 摄像头：另外每隔几秒拍一张小照片，考后由人查看有提示的片段。",
                "- 摄像头加实时监考：监考人员在考试期间查看照片，可以给您发消息、暂停并补还时间。",
            ),
        ),
        (
            "答卷页面记录什么",
            (
                "- 页面被隐藏、窗口失去焦点、退出全屏，以及各持续多久（以服务器时间为准）。",
                "- 复制、剪切、粘贴、右键菜单、打印、第二块屏幕、第二个答卷页面。不记录复制的内容，不读取其他程序。",
                "- 断网和恢复。断网不是过错，时间和答案照规定处理。",
                "浏览器自己的权限窗口和读屏软件不算问题。",
            ),
        ),
        (
            "摄像头记录什么",
            (
                "- 小照片（最大 640×480），每 3 到 30 秒一张。不录像、不录音、不截屏。",
                "- 程序从照片里读出：有没有人脸、几张、朝向、画面是否被遮住或静止，以及与开考时是否相像的弱提示。",
                "不做人脸识别，不与任何人脸库比对。摄像头开着的时候，页面上一直看得到。",
            ),
        ),
        (
            "程序提示，由人判断",
            (
                "程序的提示分三种：有、没有、看不清。“看不清”从不算作问题。",
                "一次提示要有多张照片、持续一段时间才成立，并由监考人员看过以后确认或驳回；程序从不作决定，也不扣分。"
                "为了知道程序漏掉多少，少量没有提示的片段也会被抽查。",
                "作废成绩需要两个人先后决定。",
            ),
        ),
        (
            "便利措施",
            (
                "需要休息、头部不便、使用读屏或放大软件、不能使用摄像头的，请在考前向考试办公室申请。"
                "批准后，相应的提示不再计算；理由只有办公室和监考人员能看到。",
            ),
        ),
        (
            "同意、不同意、撤回",
            (
                "使用摄像头要您单独同意。不同意的，由监考人员核验身份，不拍照，不作人脸分析，成绩不受影响。",
                "同意以后可以随时撤回，考试中也可以：摄像头马上关闭，由监考人员核验，考试照常继续。",
                "在“我的资料”的“隐私”页面可以看到自己的答复、哪些考试有照片、保存到哪一天，可以撤回，也可以申请提前删除。",
            ),
        ),
        (
            "谁能看到，保存多久",
            (
                "只有本机构的监考人员和考试办公室能看到，每次查看都有记录。您可以看到自己被提示的片段。",
                "照片按每门考试规定的天数（最多 400 天）保存，到期自动删除；申诉和复核还没有结束的，等结束后删除。",
                "答题和事件的日志作为考试记录保存，里面没有照片，只有照片的校验值，证明没有被调换。",
            ),
        ),
        (
            "对结果有意见",
            (
                "考试中可以留言（例如“停电”）；考后可以看到自己被提示的片段和处理结果，并在规定的天数内申诉。",
                "申诉成立的，成绩、学时和证书随之更正。",
            ),
        ),
    ),
)

_EN = About(
    "Proctoring: what is recorded and why",
    "This is for candidates. What holds for an exam (whether a camera is used, how often, for how many days pictures "
    "are kept) is said on its start page and in the consent.",
    (
        (
            "Four ways",
            (
                "- Not watched: only the answers themselves are recorded.",
                "- Focus only: what happens on the answer page is recorded; no camera.",
                "- Camera: besides, a small picture every few seconds; afterwards a person looks at stretches with "
                "a hint.",
                "- Camera with live proctor: proctors look during the exam, can send you messages, and pause it and "
                "give the time back.",
            ),
        ),
        (
            "What the answer page records",
            (
                "- That the page was hidden, the window lost focus, or full screen was left, and for how long by the "
                "server's clock.",
                "- Copy, cut, paste, context menu, print, a second screen, a second answer page. Not what was "
                "copied, and nothing of other programs.",
                "- That the line was lost and came back. That is no offence; time and answers are treated by the "
                "rules.",
                "A permission window of the browser itself and a screen reader are no problem.",
            ),
        ),
        (
            "What the camera records",
            (
                "- Small pictures (640×480 at most), one every 3 to 30 seconds. No film, no sound, no screenshots.",
                "- A program reads from them: whether there is a face, how many, which way it is turned, whether the "
                "picture is covered or frozen, and a weak hint of whether it looks like the one at the start.",
                "It does not recognise faces and compares yours with no collection of faces. While the camera is on, "
                "the page always shows it.",
            ),
        ),
        (
            "Software hints, people decide",
            (
                "The program says one of three things: there, not there, can't tell. Can't tell never counts "
                "against you.",
                "A hint needs several pictures and some time, and a proctor looks and confirms or dismisses it; the "
                "program decides nothing and takes no marks. To know what it misses, a few stretches without a hint "
                "are looked at as well.",
                "Voiding a result takes two people, one after the other.",
            ),
        ),
        (
            "Accommodations",
            (
                "If you need breaks, can't keep your head still, use a screen reader or magnifier, or can't use a "
                "camera, ask the exam office before the exam. What is granted makes the hints concerned no longer "
                "count; only the office and proctors see the reason.",
            ),
        ),
        (
            "Yes, no, and taking it back",
            (
                "The camera needs your consent for it alone. If you say no, a proctor checks who you are; no picture "
                "is taken, no face analysed, and your result does not depend on it.",
                "You can take a yes back at any time, during the exam too: the camera is switched off at once, a "
                "proctor checks instead, and the exam goes on.",
                "The privacy page, from your own details, shows your answers, which exams have pictures and until "
                "when; there you can take a consent back and ask for pictures to be deleted early.",
            ),
        ),
        (
            "Who sees it, and for how long",
            (
                "Only this institution's proctors and exam office; every look is written down. You can see the "
                "stretches of yours that were hinted at.",
                "Pictures are kept for the days that the exam says (400 at most) and then deleted by themselves; "
                "while an appeal or review is open, when that has ended.",
                "The log of answers and events is kept as the record of the exam. It holds no pictures, only their "
                "checksums, to prove that none was swapped.",
            ),
        ),
        (
            "If you disagree",
            (
                "During the exam you can leave a comment (a power cut, for example); afterwards you see the "
                "stretches of yours that were hinted at and what became of them, and can appeal within the days "
                "stated.",
                "If an appeal is upheld, result, hours and certificate are put right.",
            ),
        ),
    ),
)

TEXTS: Mapping[str, About] = MappingProxyType({"zh": _ZH, "en": _EN})


def as_markdown() -> str:
    """Both texts as the document in docs."""
    parts = []
    for text in (_ZH, _EN):
        parts += [f"# {text.title}" if text is _ZH else f"## {text.title}", text.lead]
        for heading, paragraphs in text.sections:
            parts.append(f"{'##' if text is _ZH else '###'} {heading}")
            parts += _lists(paragraphs)
    return "\n\n".join(parts) + "\n"


def _lists(paragraphs: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for paragraph in paragraphs:
        if paragraph.startswith("- ") and found and found[-1].startswith("- "):
            found[-1] += f"\n{paragraph}"
        else:
            found.append(paragraph)
    return found
