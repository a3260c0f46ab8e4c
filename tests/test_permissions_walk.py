"""Every route × every role × whose data: what the table of permissions says is what the site does.

The walk grows by itself: a new route is walked as soon as it is declared. Its path parameters are filled from
`tests/walk_world.py`; a parameter that nothing there is named after fails with a message that says so.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from exam.accounts.access import Access
from exam.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from exam.app import routes_by_name
from tests.walk_world import World, build, send

ROUTES = routes_by_name()
# Parameters that are words, or that mean different things in different places: (start of the path, parameter) → the
# object's name in the world, or a fixed value after "=".
MEANT = {
    ("/results/", "sitting_id"): "graded_sitting",
    ("/sittings/", "message_id"): "sitting_message",
    ("/sittings/", "name"): "=1",
    ("/proctoring/sittings/", "name"): "=1",
    ("/sheets/", "sitting_id"): "graded_sitting",
    ("/marking/", "number"): "task_number",
    ("/items/", "number"): "version_number",
    ("/courseware/", "number"): "slide_number",
    ("/courseware/", "language"): "=zh",
    ("/learn/", "selection_id"): "learn_selection",
    ("/learn/", "chapter_id"): "learn_chapter",
    ("/learn/", "number"): "=1",
    ("/learn/", "language"): "=zh",
    ("/exams/", "event"): "=close",
    ("/exams/", "key_id"): "seb_key",
    ("/schemes/", "scheme"): "=ptp",
    ("/calendar/", "scheme"): "=ptp",
    ("/courses/", "event"): "=close",
    ("/sheets/", "kind"): "=csv",
    ("/cohorts/", "month"): "=none",
    ("/eligibility/", "kind"): "=csv",
    ("/proctoring/", "deed"): "=message",
}
# Forms that are right enough for the site to look whose object it is; "@name" stands for an object of the world.
FORMS: dict[str, dict[str, Any]] = {
    "grant_role": {"role": "marker"},
    "withdraw_role": {"role": "candidate"},
    "switch_institution": {"institution": "@institution_id"},
    "exam_extra_time": {"minutes": "5", "reason": "停电"},
    "sitting_extra_time": {"minutes": "5", "reason": "停电"},
    "void_sitting": {"reason": "设备故障"},
    "seb_unlock": {"reason": "已查看"},
    "seb_excuse": {"reason": "读屏软件"},
    "item_create": {"kind": "true-false"},
    "item_preview": {"kind": "true-false"},
    "revoke_certificate": {"reason": "冒名顶替"},
    "fee": {"do": "void", "reason": "收错"},
    "payment": {"do": "undo", "reason": "录错"},
    "application": {"decision": "approve"},
    "my_application": {"do": "withdraw"},
    "application_begin": {"scheme": "ptp", "track": "director"},
    "invoices": {"do": "issue", "invoice": "@invoice_id", "number": "24317"},
    "card_batch": {"card": "@card_id", "reason": "遗失"},
    "course_people": {"way": "finished", "lines": "nobody"},
    "course_edit": {"title": "课程", "hours": "1"},
    "exam_proctoring": {
        "level": "focus",
        "detectors": "hidden",
        "interval_seconds": "5",
        "keep_days": "90",
        "appeal_days": "10",
        "blind_share": "2",
        "room_size": "40",
    },
    "enrolment_accommodation": {"do": "grant", "accommodation": "head-movement", "accommodation_reason": "证明"},
    "decide_erasure": {"do": "refuse", "answer": "申诉还没有结束"},
    "proctoring_consent": {"do": "withdrawn"},
    "check_in_ladder": {"error": "busy", "rung": "retry", "cameras": 1},
    "check_in_one": {"decision": "approve"},
    "appeal": {"decision": "refused", "answer": "维持"},
    "void_propose": {"reason": "冒名"},
    "my_incidents": {"do": "comment", "comment": "停电"},
    "exam_seb": {"required": "yes", "mode": "ours"},
    "exam_seb_key": {"key": "0" * 64, "note": "3.9"},
    "notice_new": {"opens": "2026-12-25T16:00:00+00:00", "kind": "cancel", "number": "2", "reason": "场地"},
    "learn_open": {"at": 5},
    "learn_quiz_answer": {"responses": [None]},
    "deed_do": {"words": "请坐正"},
    "sync_answers": {"claim": 1, "answers": [], "events": []},
}
PERSONAL = {
    "enrolment_id",
    "booking_id",
    "sitting_id",
    "session_id",
    "result_id",
    "graded_sitting",
    "certificate_id",
} | {"claim_id", "evidence_id", "selection_id", "payment_id", "invoice_id", "message_id"}
PERSONAL |= {"sitting_message", "application_id", "picture_id", "learn_selection", "learn_chapter", "quiz_id"}
# Open to anybody, each for a reason; a new one has to be written down here.
PUBLIC = {
    "sign_in",
    "sign_in_submit",
    "sign_in_again",
    "set_language",
    "register",
    "register_submit",
    "registered",
    "openapi",
    "health",
    "check",
    "badge",
    "check_token",
    "issuer_key",
    "issuer_keys",
    "issuer_profile",
    "issuer_revoked",
    # Its address holds a ticket that is only given to the package's learner: the frame without an origin has no cookie.
    "package_file",
    # SEB fetches its configuration itself, without a cookie; the address holds a ticket given to its candidates.
    "seb_file",
    "seb_quit",
    # A candidate's phone as camera is not signed in: its address holds a token for this one sitting.
    "phone_camera",
    "phone_try",
    "phone_test",
    "phone_identity",
    "phone_state",
    "phone_frames",
    # What is recorded and why is read before anybody signs in.
    "proctoring_about",
    # Whoever checks evidence gets the key from the site, not from the file.
    "evidence_key",
}
# Unsafe without the CSRF check of forms: the proof it asks for instead is in `exam.accounts.sign_in`.
WITHOUT_CSRF = {"sign_in_again"}
# A phone has no cookie that another site could use: the token in the address is the proof (`checkin.phone_links`).
WITHOUT_CSRF |= {"phone_try", "phone_test", "phone_identity", "phone_frames"}
# What an empty form or object may be answered with by a route that lets the caller through.
LET_THROUGH = {200, 201, 202, 204, 303, 400, 409, 422}
# Where "the caller's own" is narrower than the walk can tell, and "not found" is right for some who are signed in: a
# picture is shown to those who write items and to those in whose paper it stands; practice is never diagnosed.
SOMETIMES_NOT_FOUND = {"picture", "end_own_sign_in", "diagnosis", "cohort", "notice_new", "message_read"}
SOMETIMES_NOT_FOUND |= {"my_application_picture", "application_picture", "application_begin"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("walk") / "data")


def declared(name: str) -> Any:
    endpoint = getattr(ROUTES[name].endpoint, "declared", None)
    assert endpoint is not None, f"the route {name} is not declared through exam.core.web"
    return endpoint


def parameters(route: Route) -> list[str]:
    return re.findall(r"{(\w+)(?::\w+)?}", route.path)


def meant(route: Route, parameter: str) -> str:
    for (start, name), target in MEANT.items():
        if name == parameter and route.path.startswith(start):
            return target
    return parameter


def address(route: Route, objects: Mapping[str, Any], but: Mapping[str, Any] | None = None, only: str = "") -> str:
    """The route's address for the objects of a world; the parameter `only` taken from `but`."""
    values = {}
    for parameter in parameters(route):
        target = meant(route, parameter)
        found = but if but is not None and parameter == only else objects
        if target.startswith("="):
            values[parameter] = target[1:]
            continue
        assert found.get(target) is not None, (
            f"the walk has nothing for {{{parameter}}} of {route.path}: give it an object `{target}` in "
            "tests/walk_world.py, or say in MEANT what the parameter means here"
        )
        values[parameter] = found[target]
    return str(route.url_path_for(route.name, **values))


def body(name: str, world: World) -> dict[str, Any]:
    """What to send to a route: JSON where it takes JSON, else its form."""
    form = {
        field: str(world.here.objects[value[1:]]) if str(value).startswith("@") else value
        for field, value in FORMS.get(name, {}).items()
    }
    return {"body": form} if declared(name).json else {"form": form}


def methods(route: Route) -> list[str]:
    return sorted(set(route.methods or ()) - {"HEAD"})


def holders(access: Access) -> list[Role]:
    if access.kind == "permission":
        return [role for role in Role if access.permission in ROLE_PERMISSIONS[role]]
    return list(Role) if access.kind in ("signed-in", "public") else []


def foreign(route: Route, own: Mapping[str, Any], others: Mapping[str, Any], names: set[str] | None) -> Iterator[str]:
    """The route's addresses with one of the objects belonging to others."""
    for parameter in parameters(route):
        target = meant(route, parameter)
        differs = not target.startswith("=") and own.get(target) != others.get(target)
        if differs and (names is None or target in names) and others.get(target) is not None:
            yield address(route, own, others, parameter)


WALKED = sorted(name for name in ROUTES if declared(name).access.kind != "public")


def test_public_routes_are_written_down():
    public = {name for name in ROUTES if declared(name).access.kind == "public"}
    assert public <= PUBLIC, f"open to anybody, but not in PUBLIC: {sorted(public - PUBLIC)}"


def test_every_unsafe_route_of_people_checks_csrf():
    unchecked = {
        name
        for name, route in ROUTES.items()
        if set(methods(route)) - {"GET"} and not declared(name).csrf and declared(name).access.kind != "scope"
    }
    assert unchecked <= WITHOUT_CSRF


def test_every_permission_is_held_and_used():
    used = {declared(name).access.permission for name in ROUTES} - {None}
    held = {permission for role in Role for permission in ROLE_PERMISSIONS[role]}
    assert used <= held
    assert held == set(Permission)


@pytest.mark.parametrize("name", WALKED)
def test_who_may_not(name: str, world: World, tmp_path: Path):
    """Nobody, programs, other roles, holders of the permission elsewhere, other candidates: and nothing is changed."""
    route, endpoint = ROUTES[name], declared(name)
    access, own = endpoint.access, world.here.objects
    with world.copy(tmp_path / "copy") as client:
        before = _written(client)
        for method in methods(route):
            url = address(route, own)
            anonymous = send(client, method, url, **body(name, world))
            if method == "GET" and not endpoint.json:
                assert anonymous.status_code == 303
                assert anonymous.headers["location"].startswith("/sign-in")
            else:
                assert anonymous.status_code == 401
            if access.kind != "scope":
                assert send(client, method, url, key=world.here.key, **body(name, world)).status_code == 403
            for role in set(Role) - set(holders(access)):
                answer = send(client, method, url, token=world.here.tokens[role], **body(name, world))
                assert answer.status_code == 403, f"{role} {method} {url}"
            for role in holders(access):
                _others(client, world, route, role, method)
        assert _written(client) == before, "a refused request has changed something"


def _others(client: Any, world: World, route: Route, role: Role, method: str) -> None:
    own, token = world.here.objects, world.here.tokens[role]
    urls = list(foreign(route, own, world.there.objects, None))
    if role is Role.CANDIDATE:
        urls += foreign(route, own, world.theirs, PERSONAL)
    for url in urls:
        answer = send(client, method, url, token=token, **body(route.name, world))
        assert answer.status_code == 404, (
            f"{role} of another institution or candidate: {method} {url}: {answer.status_code} (an empty form that is "
            "refused before the site looks whose it is: give the route a right one in FORMS)"
        )


def _written(client: Any) -> dict[str, Any]:
    """The size and, where there is one, the last id of every table that a deed could change."""
    state = client.app.state
    with state.database.reading() as db:
        tables = [
            row[0] for row in db.connection().exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            table: db.connection().exec_driver_sql(f"SELECT count(*), max(rowid) FROM {table}").one()
            for table in tables
            if table not in ("beat",)
        }


@pytest.mark.parametrize("name", [name for name in WALKED if declared(name).access.kind != "scope"])
def test_who_may(name: str, world: World, tmp_path: Path):
    """Each role that holds the permission gets through to its own institution's data, and to its own."""
    route, endpoint = ROUTES[name], declared(name)
    url = address(route, world.here.objects)
    for role in holders(endpoint.access):
        for method in methods(route):
            with world.copy(tmp_path / f"{role}-{method}") as client:
                answer = send(client, method, url, token=world.here.tokens[role], **body(name, world))
            allowed = LET_THROUGH | ({404} if name in SOMETIMES_NOT_FOUND else set())
            assert answer.status_code in allowed, f"{role} {method} {url}: {answer.status_code} {answer.text[:2000]}"


@pytest.mark.parametrize("name", [name for name in WALKED if declared(name).access.kind == "scope"])
def test_programs_with_a_key(name: str, world: World, tmp_path: Path):
    route = ROUTES[name]
    with world.copy(tmp_path / "copy") as client:
        for method in methods(route):
            url = address(route, world.here.objects)
            assert send(client, method, url, key=world.here.key, body={}).status_code in LET_THROUGH
            assert send(client, method, url, key=world.here.key + "x", body={}).status_code == 401
            for other in foreign(route, world.here.objects, world.there.objects, None):
                assert send(client, method, other, key=world.here.key, body={}).status_code == 404


def test_a_form_without_its_token_is_refused(world: World, tmp_path: Path):
    """Every route that changes something, called by somebody who may, from another site."""
    with world.copy(tmp_path / "copy") as client:
        before = _written(client)
        for name in WALKED:
            route, endpoint = ROUTES[name], declared(name)
            for role in holders(endpoint.access)[:1]:
                for method in set(methods(route)) - {"GET"}:
                    client.cookies.clear()
                    headers = {"Cookie": f"sid={world.here.tokens[role]}"}
                    answer = client.request(method, address(route, world.here.objects), headers=headers, data={})
                    assert answer.status_code == 403, f"{method} {route.path}"
        assert _written(client) == before
