"""API keys of an institution, and its audit log."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from exam.accounts import access, service_keys
from exam.accounts.models import ApiKey
from exam.accounts.permissions import Role, Scope
from exam.core import audit
from exam.core.audit import AuditEvent
from exam.core.errors import Invalid
from tests.accounts.conftest import actions


@pytest.fixture
def officer(visitor, world, somebody):
    """An institution officer's browser on the page of keys."""
    here = world.institution("here")
    somebody(Role.OFFICER, username="officer", institution_id=here)
    someone = visitor()
    someone.sign_in("officer")
    someone.get("/api-keys")
    someone.institution = here
    return someone


def make(officer, **form) -> str:
    answer = officer.post("/api-keys", {"name": "人事系统", "scopes": ["results:read"], **form})
    assert answer.status_code == 200
    return re.search(r"<code>(exam_[\w-]+)</code>", answer.text)[1]


def who_has(app, database, clock, secret: str):
    with database.reading() as db:
        return app.state.gate._by_key(db, secret, clock.now())


def test_a_key_is_shown_once_and_kept_as_a_hash(officer, app, database, clock):
    secret = make(officer)
    assert secret not in officer.get("/api-keys").text
    with database.reading() as db:
        kept = db.exec(select(ApiKey)).one()
    assert kept.secret_hash == access.token_hash(secret) and secret.startswith(kept.prefix) and len(secret) > 40
    caller = who_has(app, database, clock, secret)
    assert (caller.institution_id, caller.scopes, caller.person_id) == (officer.institution, {Scope.RESULTS_READ}, 0)
    assert who_has(app, database, clock, secret + "x") is None


def test_last_use_is_written_by_the_job(officer, app, database, clock):
    secret = make(officer)
    who_has(app, database, clock, secret)
    assert "从未使用" in officer.get("/api-keys").text
    app.state.gate.seen.flush(database)
    assert "从未使用" not in officer.get("/api-keys").text


def test_a_key_ends_by_hand_and_by_date(officer, app, database, clock):
    first, second = make(officer), make(officer, expires="2026-11-07")
    with database.reading() as db:
        key_id = db.exec(select(ApiKey.id).order_by(ApiKey.id)).first()
    officer.get("/api-keys")
    assert officer.post(f"/api-keys/{key_id}/revoke").status_code == 303
    assert who_has(app, database, clock, first) is None
    clock.advance(timedelta(hours=36) - timedelta(seconds=1))  # 2026-11-07 23:59:59 in Shanghai
    assert who_has(app, database, clock, second) is not None
    clock.advance(timedelta(seconds=1))
    assert who_has(app, database, clock, second) is None
    with database.reading() as db:
        assert [a for a in actions(db, officer.institution) if a.startswith("api-key")] == [
            "api-key.add",
            "api-key.add",
            "api-key.revoke",
        ]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": ""}, "请填写密钥的名称"),
        ({"scopes": []}, "请从列出的选项中选择"),
        ({"scopes": ["everything"]}, "请从列出的选项中选择"),
        ({"expires": "2026-11-05"}, "日期须在今天以后"),
        ({"expires": "yesterday"}, "日期不对"),
        ({"name": "x" * 101}, "太长"),
    ],
)
def test_a_key_that_can_not_be_made(officer, form, says):
    answer = officer.post("/api-keys", {"name": "人事系统", "scopes": ["results:read"], **form})
    assert answer.status_code == 422 and says in answer.text


def test_scopes_are_checked_in_the_service(db, world, clock):
    caller = access.Caller(1, "x", 1, "x")
    with pytest.raises(Invalid):
        service_keys.add_key(db, caller, name="x", scopes=[], expires_at=None, now=clock.now())


@pytest.fixture
def auditor(visitor, world, somebody, database):
    """An administrator's browser, and a log with some deeds in it."""
    here = world.institution("here")
    admin_id = somebody(Role.ADMINISTRATOR, username="admin", institution_id=here, name="唐管理")
    person = somebody(Role.CANDIDATE, institution_id=here, name="王芳")
    with database.transaction() as db:
        for action, detail in (
            ("person.disable", {"reason": "=1+1"}),
            ("person.enable", {}),
            ("unknown.deed", {"n": 3}),
        ):
            audit.record(
                db,
                at=world.clock.now(),
                action=action,
                subject=("person", person),
                institution_id=here,
                actor_id=admin_id,
                detail=detail,
            )
    someone = visitor()
    someone.sign_in("admin")
    someone.institution, someone.person = here, person
    return someone


def rows(page: str) -> int:
    return page.count('<td class="num">')


def test_the_log_says_who_did_what_to_whom(auditor):
    page = auditor.get("/audit").text
    assert "停用账号" in page and "唐管理" in page and "王芳" in page and "unknown.deed" in page
    assert "记录链完整：4 条记录" in page
    auditor.post("/language", {"lang": "en"})
    assert "Account disabled" in auditor.get("/audit").text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?action=person.disable", 1),
        ("?who=唐", 4),
        ("?who=%25", 0),
        ("?who=王", 0),
        ("?since=2026-11-06&until=2026-11-06", 4),
        ("?since=2026-11-07", 0),
        ("?until=2026-11-05", 0),
        ("?since=rubbish", 4),
        ("?subject=person 0", 0),
        ("?before=3", 2),
        ("?before=rubbish", 4),
    ],
)
def test_filters(auditor, query, count):
    answer = auditor.get(f"/audit{query}")
    assert answer.status_code == 200 and rows(answer.text) == count


def test_other_institutions_logs_stay_theirs(auditor, visitor, somebody):
    somebody(Role.ADMINISTRATOR, username="boss")
    other = visitor()
    other.sign_in("boss")
    assert rows(other.get("/audit").text) == 1  # their own sign-in
    assert "王芳" not in other.get("/audit.csv").text


def test_an_edit_shows(auditor, database):
    with database.transaction() as db:
        event = db.exec(select(AuditEvent).where(AuditEvent.action == "person.enable")).one()
        event.actor_id = 999
        db.add(event)
    page = auditor.get("/audit").text
    assert "断裂" in page and "changed at 2" in page


def test_the_export_holds_everything_and_no_formulas(auditor):
    answer = auditor.get("/audit.csv?subject=person%20" + str(auditor.person))
    assert answer.text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert lines[0][3] == "事项" and [line[3] for line in lines[1:]] == ["unknown.deed", "恢复账号", "停用账号"]
    assert not [cell for line in lines for cell in line if cell[:1] in "=+-@" and cell]


def test_a_long_log_is_paged_and_its_chain_checked_when_asked(auditor, database, world, monkeypatch):
    from exam.accounts import routes_audit

    monkeypatch.setattr(routes_audit, "ALWAYS_CHECKED", 20)
    with database.transaction() as db:
        for n in range(60):
            audit.record(
                db,
                at=world.clock.now(),
                action="person.change",
                subject=("person", n),
                institution_id=auditor.institution,
                actor_id=None,
            )
    page = auditor.get("/audit").text
    assert rows(page) == 50 and "现在验证整条链" in page and "before=15" in page
    assert "记录链完整：64 条记录" in auditor.get("/audit?check=1").text
    assert rows(auditor.get("/audit?before=15").text) == 14
