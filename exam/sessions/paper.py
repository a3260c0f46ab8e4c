"""The paper page, put together from pieces that are rendered once: the frame per paper and language, an item per
version.

What belongs to one candidate (order of items and options, numbers, names, tokens) is put in by joining bytes. Marks
that stand for these values in the rendered pieces are random to the process, so that no item's text can hold one.
"""

import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from exam.accounts.access import Caller, caller
from exam.accounts.permissions import Permission, Role
from exam.core import i18n
from exam.core.templating import environment
from exam.itembank import types
from exam.itembank.order import option_order
from exam.itembank.types.choices import LETTERS
from exam.itembank.view import PreparedItem, prepare
from exam.scheduling.models import Exam
from exam.sessions import signals
from exam.sessions.models import Sitting
from exam.sessions.plan import Line, Plan, plan

FRAME_SECONDS = 60.0  # a frame is rendered anew this often, as the exam's title may be corrected
_NONCE = secrets.token_hex(8)
SLOT, LETTER, ITEMS, SITTING, CSRF, NAME = (f"q{_NONCE}{what}z" for what in ("s", "l", "i", "t", "c", "n"))


@dataclass(frozen=True, slots=True)
class OptionPlace:
    """Where a list of options stands in an item's HTML: `label` names it in the seed's order."""

    label: str
    ids: tuple[str, ...]
    shuffle: bool
    blocks: Mapping[str, tuple[bytes, ...]]
    """Option → its HTML at each place (first, second …), with `SLOT` still in it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An item's HTML cut where lists of options belong: `texts[0] list[0] texts[1] …`."""

    texts: tuple[bytes, ...]
    lists: tuple[OptionPlace, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The page without what belongs to one candidate: stretches of HTML, and the mark that follows each."""

    stretches: tuple[tuple[bytes, str], ...]
    items: tuple[Piece, ...]
    plan: Plan
    made: float


Frames = dict[tuple[int, int, str], Frame]


def respond(request: Request, db: Session, sitting: Sitting) -> Response:
    """The paper of a sitting in progress, as a response."""
    who = caller(request)
    frame = frame_of(request.app, db, sitting.exam_id, sitting.paper_id, i18n.current_locale.get())
    body = page(frame, sitting.id or 0, sitting.seed, who.name, who.csrf_token)
    headers = {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(compress(body), headers={**headers, "Content-Encoding": "gzip"})
    return Response(body, headers=headers)


def compress(body: bytes) -> bytes:
    """Gzip, fast rather than small."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def page(frame: Frame, sitting_id: int, seed: str, name: str, csrf: str) -> bytes:
    """The page of one candidate."""
    order = frame.plan.order(seed)
    parts: list[bytes] = []
    for slot, index in enumerate(order, 1):
        parts.append(_item(frame.items[index], seed, slot, frame.plan.shuffle_options))
    values = {
        ITEMS: b"".join(parts),
        SITTING: str(sitting_id).encode(),
        CSRF: csrf.encode(),
        NAME: str(escape(name)).encode(),
        "": b"",
    }
    return b"".join([piece for text, mark in frame.stretches for piece in (text, values[mark])])


def _item(piece: Piece, seed: str, slot: int, shuffle: bool) -> bytes:
    parts = [piece.texts[0]]
    for place, text in zip(piece.lists, piece.texts[1:], strict=True):
        order = option_order(seed, f"{slot}{place.label}", place.ids, shuffle=shuffle and place.shuffle)
        parts += [place.blocks[option][at] for at, option in enumerate(order)]
        parts.append(text)
    return b"".join(parts).replace(_SLOT_BYTES, str(slot).encode())


_SLOT_BYTES = SLOT.encode()


def known_frame(frames: Frames, exam_id: int, paper_id: int, locale: str) -> Frame | None:
    """The frame, if it is rendered and fresh."""
    found = frames.get((exam_id, paper_id, locale))
    return found if found is not None and found.made + FRAME_SECONDS > time.monotonic() else None


def frame_of(app: Any, db: Session, exam_id: int, paper_id: int, locale: str) -> Frame:
    """The frame of a paper in a language, rendered if need be."""
    frames: Frames = app.state.sessions.frames
    found = known_frame(frames, exam_id, paper_id, locale)
    if found is None:
        exam = db.get_one(Exam, exam_id)
        token = i18n.current_locale.set(locale)
        try:
            stale = frames.get((exam_id, paper_id, locale))
            parts = [part for asked in signals.paper_parts if (part := asked(db, exam)) is not None]
            found = _render_frame(app, exam, plan(db, paper_id), locale, stale.items if stale else None, parts)
        finally:
            i18n.current_locale.reset(token)
        frames[exam_id, paper_id, locale] = found
    return found


def _render_frame(
    app: Any, exam: Exam, paper: Plan, locale: str, items: tuple[Piece, ...] | None, parts: list[Any]
) -> Frame:
    base = f"/sittings/{SITTING}"
    urls = {"view": base, **{name: f"{base}/{name}" for name in ("sync", "claim", "submit", "receipts")}}
    urls["read"] = f"{base}/messages/0/read"
    urls["sign_in"] = str(app.url_path_for("sign_in_again"))
    context = {
        **_neutral_context(app, exam),
        "page": {"sitting_id": SITTING, "csrf": CSRF, "candidate": NAME, "urls": urls},
        "items_html": ITEMS,
        "parts": parts,
        "exam": exam,
        "count": len(paper.lines),
        "total_marks": paper.total_marks,
        "kinds": kinds(paper),
        "home_url": "/",
        "locale": locale,
        "csrf_token": CSRF,
    }
    html = environment().get_template("sessions/paper.html").render(context)
    if items is None:
        items = tuple(render_item(line, len(paper.lines)) for line in paper.lines)
    return Frame(_cut(html, (ITEMS, SITTING, CSRF, NAME)), items, paper, time.monotonic())


def _neutral_context(app: Any, exam: Exam) -> dict[str, Any]:
    """What base.html shows, of nobody in particular: the frame is everybody's."""
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "app": app}
    request = Request({**scope, "scheme": "http", "server": ("127.0.0.1", 80), "root_path": "", "state": {}})
    request.state.caller = Caller(
        person_id=0,
        name=NAME,
        institution_id=exam.institution_id,
        institution_name="",
        roles=frozenset({Role.CANDIDATE}),
        permissions=frozenset({Permission.SITTING_TAKE}),
        csrf_token=CSRF,
    )
    return {
        "now": app.state.clock.now(),
        "url": lambda route, **params: str(app.url_path_for(route, **params)),
        **app.state.page_context(request),
        "request": None,
    }


def _cut(html: str, marks: tuple[str, ...]) -> tuple[tuple[bytes, str], ...]:
    stretches: list[tuple[bytes, str]] = []
    while True:
        at, mark = (
            min((at, mark) for mark in marks if (at := html.find(mark)) >= 0)
            if any(mark in html for mark in marks)
            else (-1, "")
        )
        if at < 0:
            return (*stretches, (html.encode(), ""))
        stretches.append((html[:at].encode(), mark))
        html = html[at + len(mark) :]


def kinds(paper: Plan) -> list[tuple[str, int, Any]]:
    """How many items of each kind, and their marks, in the order of kinds."""
    found = []
    for kind in types.TYPES:
        marks = [line.marks for line in paper.lines if line.kind == kind]
        if marks:
            found.append((kind, len(marks), sum(marks)))
    return found


def render_item(line: Line, count: int) -> Piece:
    """An item's HTML, cut where its options belong, with marks for its number and the options' letters.

    The item is rendered by the same template as everywhere: once without options, and once with each option alone. What
    the second has more than the first is that option's block.
    """
    prepared = prepare(line.kind, line.content)
    show = _renderer(line, count)
    lists = list(_option_lists(prepared))
    bare = show(_only(prepared, None, ""))
    places: list[tuple[int, OptionPlace]] = []
    for label, item in lists:
        alone = {option: show(_only(prepared, label, option)) for option in item.options}
        start = min(_common(bare, each) for each in alone.values())
        blocks = {option: each[start : start + len(each) - len(bare)] for option, each in alone.items()}
        for option, block in blocks.items():
            if bare[:start] + block + bare[start:] != alone[option]:
                raise ValueError(f"the template of {line.kind} does not show options one after another")
        lettered = {
            option: tuple(block.replace(LETTER, letter).encode() for letter in LETTERS[: len(blocks)])
            for option, block in blocks.items()
        }
        places.append((start, OptionPlace(label, tuple(item.options), item.shuffle, lettered)))
    places.sort(key=lambda place: place[0])
    cuts = [0, *(start for start, _ in places), len(bare)]
    texts = tuple(bare[a:b].encode() for a, b in pairwise(cuts))
    return Piece(texts, tuple(place for _, place in places))


def _option_lists(item: PreparedItem, label: str = "") -> list[tuple[str, PreparedItem]]:
    own = [(label, item)] if item.options else []
    return own + [found for part, inner in item.parts for found in _option_lists(inner, f"{label}.{part}")]


def _only(item: PreparedItem, wanted: str | None, option: str, label: str = "") -> PreparedItem:
    """The item with no options but one: `option` of the list labelled `wanted`."""
    kept = {option: item.options[option]} if label == wanted and option in item.options else {}
    parts = tuple((part, _only(inner, wanted, option, f"{label}.{part}")) for part, inner in item.parts)
    return replace(item, options=kept, parts=parts)


def _common(a: str, b: str) -> int:
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return at


def _renderer(line: Line, count: int) -> Callable[[PreparedItem], str]:
    env = environment()
    frame = env.get_template("sessions/_item.html")

    def show(item: PreparedItem) -> str:
        view = item.view("", SLOT, shuffle=False)
        _mark_letters(view)
        body = env.get_template(view["template"]).render(slot=SLOT, item=view, response=None, readonly=False)
        about = {"slot": SLOT, "html": Markup(body), "kind": line.kind, "marks": line.marks}  # noqa: S704 - rendered
        return frame.render(item={**about, "kind_name": types.item_type(line.kind).name}, count=count)

    return show


def _mark_letters(view: dict[str, Any]) -> None:
    for option in view["options"]:
        option["letter"] = LETTER
    for part in view["parts"]:
        _mark_letters(part["item"])
