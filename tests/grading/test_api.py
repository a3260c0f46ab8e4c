"""`/api/v1/results`: cursors, ETags, what is in it; and its description."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from starlette.applications import Starlette

from exam.accounts.access import Caller
from exam.accounts.models import ApiKey, Institution, Person
from exam.core.clock import FrozenClock
from exam.core.db import Database
from exam.grading import jobs, queries_feed, service
from exam.grading.models import Result
from exam.grading.queries_feed import Query
from exam.grading.service_release import release_one, withdraw_one
from tests.conftest import Client
from tests.grading.build import NOW, Built, sat, single

Make = Callable[..., Built]


@pytest.fixture
def exam(database: Database, clock: FrozenClock, built: Make) -> Built:
    """Seven released results, one not released."""
    made = built([single()], cut="2", code="QS-1")
    for _ in range(7):
        sat(database, made, [{"choice": "aa"}])
    hidden = built([single()], cut="2", release_rule="on-date", institution_id=made.institution_id, code="QS-2")
    sat(database, hidden, [{"choice": "aa"}])
    jobs.grade_pending(database, clock)
    return made


@pytest.fixture
def key(database: Database, app: Starlette, exam: Built) -> Client:
    """A program with a key of the institution."""
    return _program(database, app, exam.institution_id, ["results:read"])


def _program(database: Database, app: Starlette, institution_id: int, scopes: list[str]) -> Client:
    secret = f"key-{institution_id}-{scopes}"
    with database.transaction() as db:
        person = db.exec(select(Person)).first()
        assert person
        db.add(
            ApiKey(
                institution_id=institution_id,
                name="程序",
                prefix="key",
                secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
                scopes=scopes,
                created_at=NOW,
                created_by=person.id or 0,
            )
        )
    client = Client(app, base_url="http://127.0.0.1:8000")
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def read_all(client: Client, query: str = "limit=3") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    url: str | None = f"/api/v1/results?{query}"
    while url:
        body = client.get(url).json()
        rows += body["results"]
        url = body["next"]
    return rows


def test_released_results_page_by_page(key: Client, exam: Built) -> None:
    first = key.get("/api/v1/results?limit=3")
    assert first.status_code == 200
    assert first.headers["link"] == f'<{first.json()["next"]}>; rel="next"'
    rows = read_all(key)
    assert [row["sitting"] for row in rows] == [sitting.id for sitting in exam.sittings]
    row = rows[0]
    assert (row["marks"], row["out_of"], row["cut_marks"], row["passed"]) == ("2.00", "2.00", "2.00", True)
    assert (row["exam"]["code"], row["exam"]["practice"]) == ("QS-1", False)
    assert row["person"]["id_number"].count("*") == 8
    assert row["released_at"] == "2026-11-06T04:00:00.000000Z"


def test_what_changes_comes_again_at_the_end(key: Client, exam: Built, database: Database) -> None:
    body = key.get("/api/v1/results?limit=1000").json()
    assert body["next"] is None
    cursor = body["cursor"]
    assert key.get(f"/api/v1/results?cursor={cursor}").json()["results"] == []
    who = Caller(exam.sittings[0].person_id, "考务", exam.institution_id, "机构")
    with database.transaction() as db:
        first = db.exec(select(Result).where(Result.sitting_id == exam.sittings[0].id)).one()
        withdraw_one(db, who, first.id or 0, "复核", NOW)
    changed = key.get(f"/api/v1/results?cursor={cursor}").json()
    assert [(row["sitting"], row["status"], row["marks"]) for row in changed["results"]] == [
        (exam.sittings[0].id, "withdrawn", None)
    ]
    with database.transaction() as db:
        release_one(db, who, first.id or 0, NOW)
    again = key.get(f"/api/v1/results?cursor={changed['cursor']}").json()["results"]
    assert [(row["status"], row["marks"]) for row in again] == [("released", "2.00")]


def test_since_and_exam(key: Client, exam: Built, database: Database, clock: FrozenClock) -> None:
    clock.advance(timedelta(hours=1))
    later = sat(database, exam, [{"choice": "aa"}])
    jobs.grade_pending(database, clock)
    since = "2026-11-06T13:00:00%2B08:00"
    assert [row["sitting"] for row in read_all(key, f"since={since}")] == [later]
    assert [row["sitting"] for row in read_all(key, "since=2026-11-06T05:00:00Z")] == [later]
    assert len(read_all(key, "exam=QS-1&limit=2")) == 8
    assert read_all(key, "exam=QS-2") == []


def test_an_etag_saves_the_answer(key: Client, exam: Built, database: Database, clock: FrozenClock) -> None:
    first = key.get("/api/v1/results")
    etag = first.headers["etag"]
    for header in (etag, f"W/{etag}", f'"other", {etag}'):
        again = key.get("/api/v1/results", headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert key.get("/api/v1/results", headers={"If-None-Match": '"other"'}).status_code == 200
    sat(database, exam, [{"choice": "aa"}])
    jobs.grade_pending(database, clock)
    assert key.get("/api/v1/results", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("since=yesterday", "since"),
        ("since=2026-11-06T04:00:00", "since"),
        ("cursor=abc", "cursor"),
        ("cursor=", "cursor"),
        ("page=2", "page"),
    ],
)
def test_what_cannot_be_read_is_named(key: Client, query: str, field: str) -> None:
    response = key.get(f"/api/v1/results?{query}")
    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["problems"]] == [field]


def test_a_cursor_is_good_for_its_own_query_only(key: Client) -> None:
    cursor = key.get("/api/v1/results?limit=2").json()["cursor"]
    assert key.get(f"/api/v1/results?exam=QS-1&cursor={cursor}").status_code == 422
    assert key.get(f"/api/v1/results?limit=5&cursor={cursor}").status_code == 200


def test_who_may_ask(key: Client, exam: Built, app: Starlette, database: Database) -> None:
    anonymous = Client(app, base_url="http://127.0.0.1:8000")
    assert anonymous.get("/api/v1/results").status_code == 401
    assert _program(database, app, exam.institution_id, []).get("/api/v1/results").status_code == 403
    with database.transaction() as db:
        other = Institution(code="OTHER", name="别处", created_at=NOW)
        db.add(other)
        db.flush()
        other_id = other.id or 0
    stranger = _program(database, app, other_id, ["results:read"])
    assert stranger.get("/api/v1/results").json()["results"] == []
    cursor = key.get("/api/v1/results").json()["cursor"]
    assert stranger.get(f"/api/v1/results?cursor={cursor}").status_code == 422


def test_the_description_fits_the_answers(key: Client) -> None:
    document = key.get("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    body = key.get("/api/v1/results").json()
    assert set(body) == set(schemas["Page"]["required"])
    for row in body["results"]:
        assert set(row) == set(schemas["Result"]["required"])
        assert row["status"] in schemas["Result"]["properties"]["status"]["enum"]
    named = {each["name"] for each in document["paths"]["/api/v1/results"]["get"]["parameters"]}
    assert named == {"exam", "since", "limit", "cursor", "If-None-Match"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=8))
def test_no_row_is_lost_or_doubled_while_rows_are_added(
    database: Database, exam: Built, steps: list[tuple[int, int, bool]]
) -> None:
    """A reader going on from its cursor, between writers that add and regrade with clocks that stand or run backwards,
    ends with exactly the latest revision of everything that is released."""
    seen: dict[int, int] = {}
    after = None
    offset = 0
    for limit, added, regraded in [*steps, (1000, 0, False), (1000, 0, False)]:
        ids = [sat(database, exam, [{"choice": "aa"}]) for _ in range(added)]
        offset -= 1
        with database.transaction() as db:
            service.grade_sittings(db, ids, NOW + timedelta(seconds=offset % 3 - 1))
            if regraded:
                service.grade_sittings(db, [exam.sittings[0].id or 0], NOW - timedelta(seconds=5), "corrected")
        with database.reading() as db:
            rows, place, _ = queries_feed.read(db, Query(exam.institution_id, limit=limit, after=after))
        for row in rows:
            assert seen.get(row["sitting"], 0) < row["revision"]  # never twice the same
            seen[row["sitting"]] = row["revision"]
        after = place
    with database.reading() as db:
        current = select(Result.sitting_id, Result.number).where(
            Result.institution_id == exam.institution_id, col(Result.current), col(Result.released_at).is_not(None)
        )
        assert seen == dict(db.exec(current).all())
