"""The wall: all watched sittings under way, the few that need somebody in front, live."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from exam.accounts.access import Caller, caller, may
from exam.accounts.permissions import Permission
from exam.core import audit, streams, web
from exam.core.i18n import gettext
from exam.proctor.incidents import words as incident_words
from exam.proctor.wall import board as wall_board
from exam.proctor.wall import deeds, views
from exam.proctor.wall import queries as queries_wall
from exam.proctor.wall import rules as wall_rules
from exam.proctor.wall import view as wall_view
from exam.proctor.wall.queries import Place, Snapshot
from exam.proctor.wall.rules import Filter

SUPERVISE = may(Permission.SITTING_SUPERVISE)
EVENT_STREAM = "text/event-stream"


def read_place(request: Request, who: Caller) -> Place:
    """The exam and the room of a query string, of the caller's institution; what makes no sense is passed over."""
    return Place(who.institution_id, _number(request, "exam"), _number(request, "room"))


def read_filter(request: Request) -> Filter:
    """What else a query string narrows the wall to."""
    given = request.query_params
    line, kind = given.get("line", ""), given.get("kind", "")
    return Filter(
        line=line if line in wall_view.LINES else "",
        kind=kind if kind in incident_words.KINDS else "",
        undecided=given.get("undecided") == "yes",
    )


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:10]) <= web.MAX_ID else None


def wall(request: Request) -> Response:
    """`GET /proctoring?exam=&room=&line=&kind=&undecided=` (name `wall`) → `proctor/wall.html`.

    `tiles` (id → `queries_wall.tile`), `arrangement` (`wall_rules.Arrangement` of those that fit), `total`, `left_out`
    (how many more than a wall shows), `exams`, `rooms`, `place`, `chosen`, `kinds` (to filter by), `data` (for the
    script), `view`. The visit is written down, once in ten minutes; the pictures are too, a line for each sitting.
    """
    who, now = caller(request), web.now(request)
    place, chosen = read_place(request, who), read_filter(request)
    with web.reading(request) as db:
        found = queries_wall.snapshot(db, place, now)
        exams = queries_wall.exams_under_way(db, who.institution_id)
        rooms = queries_wall.rooms_under_way(db, place)
    _visit(request, who)
    ranks = {each: tile["rank"] for each, tile in found.tiles.items() if wall_rules.fits(tile, chosen)}
    context = {
        "tiles": found.tiles,
        "arrangement": wall_rules.arrange(ranks),
        "shown": len(ranks),
        "total": found.total,
        "left_out": found.total - len(found.tiles),
        "most": queries_wall.MOST_TILES,
        "exams": exams,
        "exam_names": dict(exams),
        "rooms": rooms,
        "room_options": [(room, room) for room in rooms],
        "offered": deeds.offered,
        "place": place,
        "chosen": chosen,
        "kinds": [
            (kind, incident_words.name_of(kind)) for kind in incident_words.KINDS if kind != incident_words.BLIND
        ],
        "data": _data(request, found, exams),
        "view": wall_view,
        "rules": wall_rules,
    }
    return web.render(request, "proctor/wall.html", context)


def _data(request: Request, found: Snapshot, exams: list[tuple[int, str]]) -> dict[str, Any]:
    query = request.url.query
    stream = str(request.app.url_path_for("wall_live")) + (f"?{query}" if query else "")
    chosen = read_filter(request)
    return {
        "stream": stream,
        "now": found.at // 1000,
        "total": found.total,
        "tiles": list(found.tiles.values()),
        "filter": {"line": chosen.line, "kind": chosen.kind, "undecided": chosen.undecided},
        "exams": {str(each): name for each, name in exams},
        "icons": wall_view.ICONS,
        "severity": {str(each): kind for each, kind in wall_view.SEVERITY_KIND.items()},
        "act": wall_rules.ACT,
        "bands": [row.band for row in wall_rules.ROWS],
        "few": wall_rules.FEW,
        "addresses": wall_view.addresses(request),
        "accommodations": {kind: gettext(label) for kind, label in wall_view.ACCOMMODATIONS.items()},
        "texts": wall_view.words(),
    }


def _visit(request: Request, who: Caller) -> None:
    """Write down that somebody came to the wall, which shows pictures of everybody on it."""
    seen, now = views.remembered(request.app.state), web.now(request)
    key = (who.person_id, -who.institution_id)
    if not views.worth_an_entry(seen.get(key), now):
        return
    with web.transaction(request) as db:
        audit.record(
            db,
            at=now,
            action="proctor.wall",
            subject=("institution", who.institution_id),
            institution_id=who.institution_id,
            actor_id=who.person_id,
        )
    seen[key] = now


def wall_live(request: Request) -> Response:
    """`GET /proctoring/live?exam=&room=` (name `wall_live`): what the wall shows, as JSON; to who asks for
    `text/event-stream` as a stream of it (`wall_board.watch`: "wall", then "change").
    """
    who = caller(request)
    place = read_place(request, who)
    if EVENT_STREAM not in request.headers.get("accept", ""):
        with web.reading(request) as db:
            found = queries_wall.snapshot(db, place, web.now(request))
        told = {"now": found.at // 1000, "total": found.total, "tiles": list(found.tiles.values())}
        return JSONResponse(told)
    state, headers = request.app.state, dict(request.scope["headers"])

    async def still_may() -> bool:
        known = await state.doorman.who(headers, state.clock.now())
        return (
            known is not None
            and known.institution_id == who.institution_id
            and Permission.SITTING_SUPERVISE in known.permissions
        )

    return streams.response(wall_board.watch(state, place, still_may))


routes: list[BaseRoute] = [
    web.page_route("/proctoring", wall, access=SUPERVISE, name="wall"),
    web.fetch_route("/proctoring/live", wall_live, access=SUPERVISE, name="wall_live", methods=["GET"]),
]
