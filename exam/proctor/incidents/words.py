"""What an incident says in a sentence: pure, in either language, times in Shanghai.

A sentence tells what was noticed, how often or for how long, and when. It never says what somebody did or meant.
`Incident.reason` may hold (each left out where it says nothing):

- `hits`, `of`: on so many of so many frames it was seen (camera, frames)
- `faces`: the most faces on one of them
- `times`: how often in a row it happened; `seconds`: how long it was in all
- `missing`: how many frames didn't come
- `text`: the words of whoever noted it by hand
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from exam.core.clock import SHANGHAI
from exam.core.i18n import gettext
from exam.proctor.detectors import DETECTORS

BY_HAND = "noted"
BLIND = "blind"
KINDS = (*DETECTORS, BY_HAND, BLIND)
"""Every kind that has words: `incident.<kind>` names it, `incident.<kind>.why` says what it can and can't mean."""
_FEW_SECONDS = 1


class Told(Protocol):
    """What of an incident its words need."""

    kind: str
    began_at: datetime
    ended_at: datetime | None
    reason: dict[str, Any]


@dataclass(frozen=True)
class Words:
    """An incident in words: its name, how much of it there was (may be ""), and when; `sentence` is all of them."""

    title: str
    amount: str
    when: str
    sentence: str


def name_of(kind: str) -> str:
    """The name of what was noticed, in the request's language."""
    return gettext(f"incident.{kind}")


def meaning_of(kind: str) -> str:
    """What it can mean and what it does not, for whoever looks at it."""
    return gettext(f"incident.{kind}.why")


def words(incident: Told) -> Words:
    """The words of an incident in the request's language."""
    title, amount, when = name_of(incident.kind), amount_of(incident.reason), when_of(incident)
    if text := str(incident.reason.get("text", "")).strip():
        title = gettext("%(title)s：%(text)s", title=title, text=text)
    key = "%(title)s（%(amount)s），%(when)s" if amount else "%(title)s，%(when)s"
    return Words(title, amount, when, gettext(key, title=title, amount=amount, when=when))


def sentence(incident: Told) -> str:
    """The incident in one sentence: "Several faces (3 of 4 frames), 14:02:11 to 14:02:20"."""
    return words(incident).sentence


def amount_of(reason: Mapping[str, Any]) -> str:
    """How much of it there was: frames, faces, times, seconds; "" where nothing is known."""
    said: list[str] = []
    hits, of, faces = (_whole(reason.get(name)) for name in ("hits", "of", "faces"))
    if faces is not None and faces > 1:
        said.append(gettext("%(n)s 张脸", n=faces))
    if hits is not None and of is not None:
        said.append(gettext("%(of)s 帧画面中的 %(hits)s 帧", of=of, hits=hits))
    if missing := _whole(reason.get("missing")):
        said.append(gettext("少 %(n)s 帧画面", n=missing))
    if (times := _whole(reason.get("times"))) is not None and times > 1:
        said.append(gettext("发生 %(n)s 次", n=times))
    if (seconds := _whole(reason.get("seconds"))) is not None and seconds >= _FEW_SECONDS:
        said.append(gettext("共 %(span)s", span=span(seconds)))
    return gettext("，").join(said)


def span(seconds: int) -> str:
    """Whole seconds as people say them: 45 秒, 2 分 5 秒, 1 小时 3 分."""
    if seconds < 60:
        return gettext("%(n)s 秒", n=seconds)
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        if rest:
            return gettext("%(minutes)s 分 %(seconds)s 秒", minutes=minutes, seconds=rest)
        return gettext("%(minutes)s 分钟", minutes=minutes)
    return gettext("%(hours)s 小时 %(minutes)s 分", hours=minutes // 60, minutes=minutes % 60)


def when_of(incident: Told) -> str:
    """From when to when, by the clock in Shanghai; the date is said of what goes beyond midnight."""
    began, ended = incident.began_at.astimezone(SHANGHAI), incident.ended_at
    first = f"{began:%H:%M:%S}"
    if ended is None:
        return gettext("%(time)s 起，仍在继续", time=first)
    until = ended.astimezone(SHANGHAI)
    last = f"{until:%H:%M:%S}" if until.date() == began.date() else f"{until:%Y-%m-%d %H:%M:%S}"
    return first if first == last else gettext("%(began)s 至 %(ended)s", began=first, ended=last)


def _whole(value: Any) -> int | None:
    """A number as a whole one; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(value)
