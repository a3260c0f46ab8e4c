"""DATA: what whoever watches may do to a sitting, the usual words for it, and why a sitting is ended.

Everything is written into the sitting's log and the audit log. All of it can be taken back but the end, which the exam
office can void, and a message that was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exam.core.i18n import N_
from exam.sessions.states import RUNNING, State

MOST_WORDS = 300
EXTRA_MINUTES = 15
"""Settled: what a supervisor gives at once makes good for a changed mouse; more is the exam office's to give."""
EXTRA_TOTAL_MINUTES = 30
"""Settled: of a sitting, by those who may not adjust sittings otherwise."""
TAKE_BACK_SECONDS = 120
"""Settled: time to see that one clicked the wrong candidate; later the candidate counts on it."""
LEFT_SECONDS = 300
"""Settled: nobody's time is taken back down to less than this."""


@dataclass(frozen=True)
class Deed:
    """`states`: the sitting's, in which it is offered. `words`: whether words are asked for; `usual`: those one can
    choose, told in the candidate's language. `to_candidate`: whether the candidate reads them.
    """

    key: str
    label: str
    icon: str
    states: frozenset[str]
    about: str
    words: bool = True
    usual: tuple[str, ...] = ()
    to_candidate: bool = True


_RUNNING = frozenset(RUNNING)
_ROWS = (
    Deed(
        "message",
        N_("发消息"),
        "send",
        _RUNNING,
        N_("考生的页面会弹出这条消息，要点“我已阅读”才能继续作答。"),
        usual=(
            N_("请坐到摄像头正前方，让整张脸都在画面里。"),
            N_("画面太暗，请开灯或面向光源。"),
            N_("请把手机收起来，放到够不着的地方。"),
            N_("请保持安静，不要出声读题。"),
            N_("请关闭其他程序和浏览器标签页。"),
            N_("请关掉第二个屏幕，或把它转开。"),
        ),
    ),
    Deed(
        "room",
        N_("请考生展示环境"),
        "eye",
        _RUNNING,
        N_("请考生用摄像头慢慢照一遍桌面和房间。需要时间的话，可以先暂停考试。"),
        usual=(
            N_("请用摄像头慢慢照一遍桌面和四周，然后继续作答。"),
            N_("请把桌面、桌下和身后照给我们看，然后继续作答。"),
        ),
    ),
    Deed(
        "face",
        N_("请考生再露一次脸"),
        "user",
        _RUNNING,
        N_("请考生正对摄像头几秒钟，方便您和入场核验的照片对照。"),
        usual=(N_("请正对摄像头坐好，保持几秒钟。"), N_("请摘下帽子或口罩，正对摄像头坐好。")),
    ),
    Deed(
        "pause",
        N_("暂停考试"),
        "pause",
        frozenset({State.IN_PROGRESS}),
        N_("考生看不到题目，计时停止；恢复时暂停的时间全部补回。"),
        usual=(N_("请稍候，监考人员正在处理。"), N_("设备故障，正在处理。"), N_("按批准的安排休息。")),
    ),
    Deed(
        "resume",
        N_("恢复考试"),
        "play",
        frozenset({State.PAUSED}),
        N_("题目重新出现，计时继续，暂停的时间全部补回。"),
        words=False,
    ),
    Deed(
        "extra",
        N_("加时"),
        "clock",
        _RUNNING,
        N_("考生几秒内就看到新的截止时间和原因。两分钟内可以收回。"),
        usual=(N_("设备故障，补回处理的时间。"), N_("监考人员处理事情占用了时间。"), N_("按批准的安排加时。")),
    ),
    Deed(
        "take-back",
        N_("收回刚才的加时"),
        "undo-2",
        _RUNNING,
        N_("把刚才给这名考生的加时收回，截止时间退回原处。只在给出后两分钟内可以收回。"),
        words=False,
    ),
    Deed(
        "note",
        N_("记录情况"),
        "flag",
        _RUNNING,
        N_("写下您亲眼看到的情况，供复核时判断。考生事后能看到这条记录。"),
        to_candidate=False,
    ),
    Deed(
        "end",
        N_("结束考试"),
        "ban",
        _RUNNING,
        N_("考试立即停止并交卷，已保存的答案计分。您自己不能撤销；只有考务人员可以作废这次考试。"),
    ),
)
DEEDS: Mapping[str, Deed] = MappingProxyType({row.key: row for row in _ROWS})

END_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "identity": N_("身份不符"),
        "material": N_("使用不允许的资料或设备"),
        "help": N_("有他人协助"),
        "recording": N_("拍摄、记录或传播试题"),
        "disorder": N_("扰乱考试秩序"),
        "asked": N_("考生自己要求结束"),
        "technical": N_("设备故障，无法继续"),
        "other": N_("其他"),
    }
)
"""Why a sitting is ended; the code is kept, the words are read."""

SEVERITIES: Mapping[int, str] = MappingProxyType({1: N_("提示"), 2: N_("应当查看"), 3: N_("优先查看")})
"""How much an incident weighs, in words."""


def offered(state: str, *, taken_back: bool = False) -> tuple[Deed, ...]:
    """What can be done to a sitting in this state; `taken_back`: whether extra time may be taken back."""
    return tuple(deed for deed in _ROWS if state in deed.states and (deed.key != "take-back" or taken_back))
