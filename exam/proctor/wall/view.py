"""What the templates and scripts of the wall need to show things: icons of signals, words, addresses."""

from typing import Any

from starlette.requests import Request

from exam.core.i18n import N_, gettext
from exam.core.templating import static_url
from exam.proctor.incidents import words as incident_words
from exam.proctor.wall import rules as wall_rules
from exam.proctor.wall.deeds import DEEDS

ICONS = {
    "no-face": "user",
    "several-faces": "users",
    "away": "eye-off",
    "covered": "ban",
    "frozen": "pause",
    "loop": "refresh-cw",
    "other-person": "circle-question-mark",
    "camera-lost": "image",
    "frames-missing": "hourglass",
    "hidden": "eye-off",
    "unfocused": "circle",
    "full-screen": "layout-grid",
    "clipboard": "copy",
    "context-menu": "menu",
    "print": "printer",
    "second-screen": "monitor",
    "second-page": "external-link",
    "line-lost": "wifi-off",
    "noted": "pencil",
    "blind": "flag",
}
FILTER_KINDS = tuple(kind for kind in incident_words.KINDS if kind != incident_words.BLIND)
SEVERITY_KIND = {1: "", 2: "warn", 3: "bad"}
"""Severity → the kind of tag that shows it, beside its words."""
LINES = {"up": N_("在线"), "lost": N_("断线"), "unknown": N_("尚未连上")}
NO_PICTURE = {
    "human": N_("人工监考，不用摄像头"),
    "focus": N_("只看页面焦点，没有画面"),
    "camera": N_("还没有画面"),
}

ACCOMMODATIONS = {
    "breaks": N_("休息"),
    "head-movement": N_("头部活动"),
    "reading-aid": N_("读屏或放大工具"),
    "camera-off": N_("不使用摄像头"),
}


def no_picture(tile: dict[str, Any]) -> str:
    """Why a tile has no picture."""
    return gettext(NO_PICTURE["camera" if tile["camera"] else tile["route"] if tile["route"] != "camera" else "focus"])


def addresses(request: Request) -> dict[str, str]:
    """Addresses with 0 for the sitting and the picture's number, for scripts."""
    where = request.app.url_path_for
    return {
        "sitting": str(where("proctor_sitting", sitting_id=0)),
        "picture": str(where("proctor_picture", sitting_id=0, name="0")),
        "watch": str(where("sitting_watch", sitting_id=0)),
        "deed": str(where("deed", sitting_id=0, deed="0")),
        "sprite": static_url("icons/sprite.svg"),
    }


def words() -> dict[str, Any]:
    """Texts for the wall's script, in the request's language."""
    return {
        "kinds": {kind: incident_words.name_of(kind) for kind in incident_words.KINDS},
        "why": [gettext(f"wall.why.{row.key}") for row in wall_rules.ROWS],
        "lines": {key: gettext(label) for key, label in LINES.items()},
        "noPicture": {key: gettext(label) for key, label in NO_PICTURE.items()},
        "deeds": {key: gettext(deed.label) for key, deed in DEEDS.items()},
        "over": gettext("时间到"),
        "paused": gettext("已暂停"),
        "unread": gettext("{n} 条消息未读"),
        "muted": gettext("不计：{list}"),
        "count": gettext("×{n}"),
        "ended": gettext("（已过去）"),
        "live": gettext("自动更新中，最近更新 {time}"),
        "lost": gettext("连不上服务器，墙上是 {time} 的情况，正在重试。"),
        "back": gettext("已恢复更新。"),
        "signedOut": gettext("登录已失效，不再更新。请刷新页面重新登录。"),
        "urgent": gettext("{name}：{what}"),
        "more": gettext("另有 {n} 人也需要看"),
        "hints": gettext("{n} 人有提示"),
        "quiet": gettext("{n} 人无异常"),
        "none": gettext("现在没有人需要您马上看。"),
        "failed": gettext("没有成功，请再试一次。"),
        "room": gettext("考场 {n}"),
        "unlock": gettext("查看并解锁"),
        "handle": gettext("处理：{name}"),
        "items": gettext("{n} 项"),
        "comma": gettext("、"),
    }
