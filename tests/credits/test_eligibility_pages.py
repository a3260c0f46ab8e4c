"""The pages, files and API of eligibility: what they say, to whom, in which state."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

from exam.accounts.access import token_hash
from exam.accounts.models import ApiKey
from exam.accounts.permissions import Role, Scope
from exam.core.xlsx import as_text, read_rows
from exam.credits.models import HourEntry
from exam.credits.service_membership import ensure


def hours(world: Any, home: int, person: int, category: str, amount: str, **more: Any) -> None:
    """Somebody's hours under CCAA, in the ledger."""
    with world.database.transaction() as db:
        ensure(db, home, person, "ccaa", world.clock.now())
        values = {"year": 2026, "on": date(2026, 3, 1), "subject": category, "title": "课程", "source_ref": person}
        db.add(
            HourEntry(
                institution_id=home,
                person_id=person,
                scheme="ccaa",
                scheme_version="2013-12-31",
                category=category,
                hours=Decimal(amount),
                source_kind="proof",
                part=len(category) + int(Decimal(amount)),
                posted_at=world.clock.now(),
                **(values | more),
            )
        )


def test_a_candidate_sees_what_is_missing_by_when_and_whose_rule_it_is(world: Any) -> None:
    home = world.institution()
    person = world.person(home, Role.CANDIDATE)
    client = world.client(person, home)
    assert "还没有要完成的学时" in client.get("/my/eligibility").text
    hours(world, home, person, "required", "6")
    page = client.get("/my/eligibility").text
    assert "还差 18 学时" in page and "还差 2 学时必修课程" in page and "另外还差 8 学时，类别不限" in page
    assert "请在 2026-12-31（含）以前完成" in page and "2026-12-10" in page
    assert "认证人员继续教育管理方案（2013）§6" in page
    assert "还差 18 学时" in client.get("/").text
    hours(world, home, person, "elective", "18")
    assert "还差 2 学时" in client.get("/my/eligibility").text
    hours(world, home, person, "required", "2")
    assert "要求已全部满足" in client.get("/my/eligibility").text
    english = client.get("/my/eligibility", headers={"Cookie": f"lang=en; sid={client.cookies['sid']}"}).text
    assert "Everything asked for is met" in english


def test_the_institutions_table_filters_pages_and_keeps_to_its_own(world: Any) -> None:
    home, other = world.institution(), world.institution()
    done, lacking = (
        world.person(home, Role.CANDIDATE, name="丁完成"),
        world.person(home, Role.CANDIDATE, name="=丙缺少"),
    )
    stranger = world.person(other, Role.CANDIDATE, name="外人")
    for category, amount in (("required", "8"), ("elective", "16")):
        hours(world, home, done, category, amount)
    hours(world, home, lacking, "required", "8")
    hours(world, other, stranger, "required", "8")
    officer = world.signed_in(Role.OFFICER, institution_id=home)
    page = officer.get("/eligibility?scheme=ccaa").text
    assert "丁完成" in page and "=丙缺少" in page and "外人" not in page
    met = officer.get("/eligibility?scheme=ccaa&state=met").text
    assert "丁完成" in met and "=丙缺少" not in met
    assert "丁完成" not in officer.get("/eligibility?scheme=ccaa&missing=elective").text
    assert "没有符合条件的人" in officer.get("/eligibility?scheme=ccaa&missing=required").text
    assert "没有符合条件的人" in officer.get("/eligibility?scheme=ccaa&q=无名").text
    assert "2025 年度" in officer.get("/eligibility?scheme=ccaa&year=2025").text
    assert officer.get(f"/eligibility/people/{lacking}?scheme=ccaa").status_code == 200
    assert officer.get(f"/eligibility/people/{stranger}?scheme=ccaa").status_code == 404
    rows = list(csv.reader(io.StringIO(officer.get("/eligibility/download/csv?scheme=ccaa").text.lstrip("\ufeff"))))
    assert [row[0] for row in rows] == ["姓名", "'=丙缺少", "丁完成"]
    book = read_rows(officer.get("/eligibility/download/xlsx?scheme=ccaa").content)
    assert {as_text(row.cells[0]) for row in book} == {"姓名", "丁完成", "=丙缺少"}
    assert officer.get("/eligibility/download/pdf").status_code == 404


def _key(world: Any, home: int, *scopes: Scope) -> dict[str, str]:
    boss = world.person(home, Role.ADMINISTRATOR)
    with world.database.transaction() as db:
        db.add(
            ApiKey(
                institution_id=home,
                name="接口",
                prefix="exam_",
                secret_hash=token_hash(f"exam_key_{home}_{len(scopes)}"),
                scopes=list(scopes),
                created_at=world.clock.now(),
                created_by=boss,
            )
        )
    return {"Authorization": f"Bearer exam_key_{home}_{len(scopes)}"}


def test_the_api_pages_through_everybody_once(world: Any) -> None:
    home = world.institution()
    people = [world.person(home, Role.CANDIDATE) for _ in range(5)]
    for person in people:
        hours(world, home, person, "required", "8")
    client, key = world.signed_in(), _key(world, home, Scope.ELIGIBILITY_READ)
    client.cookies.clear()
    found, address = [], "/api/v1/eligibility?scheme=ccaa&limit=2"
    while address:
        answer = client.get(address, headers=key)
        assert answer.status_code == 200
        found += [row["person"]["id"] for row in answer.json()["eligibility"]]
        address = answer.json()["next"]
    assert found == people
    answer = client.get(f"/api/v1/eligibility?scheme=ccaa&person={people[0]}", headers=key)
    (row,) = answer.json()["eligibility"]
    assert (row["met"], row["hours_missing"], row["track"]) == (False, "16.00", "single")
    assert {one["code"]: one["source"] for one in row["requirements"]}["required"] == "S2 §6"
    same = client.get(
        f"/api/v1/eligibility?scheme=ccaa&person={people[0]}", headers={**key, "If-None-Match": answer.headers["etag"]}
    )
    assert same.status_code == 304
    before = client.get(f"/api/v1/eligibility?scheme=ccaa&on=2025-12-31&person={people[0]}", headers=key).json()
    assert [one["reason"] for one in before["eligibility"][0]["not_counted"]] == ["out-of-cycle"]


def test_the_description_fits_what_the_api_answers(world: Any) -> None:
    home = world.institution()
    person = world.person(home, Role.CANDIDATE)
    hours(world, home, person, "required", "8")
    client, key = world.signed_in(), _key(world, home, Scope.ELIGIBILITY_READ)
    client.cookies.clear()
    document = client.get("/api/v1/openapi.json", headers=key).json()
    schemas = document["components"]["schemas"]
    body = client.get("/api/v1/eligibility?scheme=ccaa", headers=key).json()
    old = client.get("/api/v1/eligibility?scheme=ccaa&on=2025-12-31", headers=key).json()
    assert old["eligibility"][0]["not_counted"]
    body["eligibility"] += old["eligibility"]
    assert set(body) == set(schemas["EligibilityPage"]["required"])
    standing = schemas["Standing"]
    assert body["eligibility"]
    for row in body["eligibility"]:
        assert set(row) == set(standing["required"])
        for name in ("requirements", "missing", "counted", "not_counted"):
            for each in row[name]:
                assert set(each) == set(standing["properties"][name]["items"]["required"]), name
    named = {each["name"] for each in document["paths"]["/api/v1/eligibility"]["get"]["parameters"]}
    assert named == {"scheme", "on", "person", "limit", "cursor", "If-None-Match"}


def test_the_api_says_what_it_cannot_read(world: Any) -> None:
    home = world.institution()
    client, key = world.signed_in(), _key(world, home, Scope.ELIGIBILITY_READ)
    client.cookies.clear()
    answer = client.get("/api/v1/eligibility?scheme=no&on=yesterday&limit=0&cursor=x&person=y&z=1", headers=key)
    assert answer.status_code == 422
    named = {problem["field"] for problem in answer.json()["problems"]}
    assert named == {"scheme", "on", "limit", "cursor", "person", "z"}
    assert client.get("/api/v1/eligibility?scheme=ccaa").status_code == 401
    wrong = _key(world, home, Scope.RESULTS_READ, Scope.RESULTS_READ)
    assert client.get("/api/v1/eligibility?scheme=ccaa", headers=wrong).status_code == 403
