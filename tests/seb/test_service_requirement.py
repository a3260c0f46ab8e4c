"""An exam comes to ask for SEB: by our configuration or an uploaded one, with versions, within its institution."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from exam.core.audit import AuditEvent
from exam.core.errors import Invalid, NotFound, Refused
from exam.seb import config, links, service, signals
from exam.seb.keyring import TTL_SECONDS, Keyring, read
from exam.seb.keys import config_keys
from exam.seb.models import SebKey, SebRequirement
from exam.seb.service import Wanted
from tests.scheduling.conftest import Case
from tests.scheduling.making import caller, open_exam

SITE = "https://exam.example.org"
OURS = Wanted(required=True, mode="ours", camera=True)
FILE = config.write_packed({"startURL": "https://exam.example.org/", "allowQuit": False})


@pytest.fixture
def running() -> Iterator[list[int]]:
    """How many sittings are said to be under way: a list of one number that a test may change."""
    count = [0]

    def ask(_db: object, _exam_id: int) -> int:
        return count[0]

    signals.running.append(ask)
    yield count
    signals.running.remove(ask)


def saved(case: Case, wanted: Wanted) -> SebRequirement:
    with case.database.transaction() as db:
        return service.save(db, case.registrar, case.exam_id, wanted, SITE, case.now)


def keys(case: Case, kind: str) -> list[str]:
    with case.database.reading() as db:
        return [row.key for row in service.keys_of(db, case.exam_id, kind)]


def test_our_configuration_begins_at_the_exam_and_its_key_is_what_is_asked_for(case: Case) -> None:
    row = saved(case, OURS)
    assert (row.required, row.mode, row.start_url) == (True, "ours", f"{SITE}/seb/exams/{case.exam_id}")
    with case.database.reading() as db:
        file = service.file_of(db, case.exam_id)
        settings = config.read(file.content)
        assert settings["quitURL"] == f"{SITE}/seb/quit"
        assert read(db)[case.exam_id].config == frozenset(config_keys(settings))
        assert [row.action for row in db.exec(select(AuditEvent).where(AuditEvent.subject_kind == "exam"))][-1] == (
            "exam.seb"
        )


def test_an_uploaded_file_is_given_out_as_it_is_and_kept_until_another_comes(case: Case) -> None:
    saved(case, Wanted(required=True, mode="uploaded", file=("学院.seb", FILE)))
    again = saved(case, Wanted(required=True, mode="uploaded"))
    assert again.start_url == "https://exam.example.org/"
    with case.database.reading() as db:
        assert service.file_of(db, case.exam_id).content == FILE
    assert keys(case, "config") == list(config_keys(config.read(FILE)))


def test_nothing_is_half_written_when_a_file_is_refused(case: Case) -> None:
    for content, code in ((b"pswd....", "seb-file-encrypted"), (b"", "seb-file-empty")):
        with pytest.raises(Invalid) as caught:
            saved(case, Wanted(required=True, mode="uploaded", file=("x.seb", content)))
        assert caught.value.problems[0].code == code
    with pytest.raises(Invalid):
        saved(case, Wanted(required=True, mode="uploaded"))
    with case.database.reading() as db:
        assert db.get(SebRequirement, case.exam_id) is None
        assert db.exec(select(SebKey)).all() == []


def test_the_quit_password_is_kept_or_goes_and_is_never_written_down_plainly(case: Case) -> None:
    saved(case, Wanted(required=True, mode="ours", password="天空海阔-7"))
    with case.database.reading() as db:
        content = service.file_of(db, case.exam_id).content
        assert "天空海阔" not in content.decode()
        assert config.read(content)["hashedQuitPassword"] == config.quit_hash("天空海阔-7")
        assert all("天空海阔" not in str(row.detail) for row in db.exec(select(AuditEvent)))
    before = keys(case, "config")
    assert saved(case, Wanted(required=True, mode="ours", camera=False, keep_password=True)).quit_password
    saved(case, Wanted(required=True, mode="ours", camera=True, keep_password=True))
    saved(case, Wanted(required=True, mode="ours", camera=False))
    assert keys(case, "config") != before
    with case.database.reading() as db:
        assert not db.get_one(SebRequirement, case.exam_id).quit_password


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"mode": "ours"}, None),
        ({"mode": "uploaded"}, None),
        ({}, ("mode", "required")),
        ({"mode": "other"}, ("mode", "required")),
        ({"mode": "ours", "password": "12345"}, ("password", "seb-password-length")),
        ({"mode": "ours", "password": "123456"}, None),
        ({"mode": "ours", "password": "x" * 100}, None),
        ({"mode": "ours", "password": "x" * 101}, ("password", "seb-password-length")),
    ],
)
def test_the_form(fields: dict[str, str], problem: tuple[str, str] | None) -> None:
    if problem is None:
        assert not service.read_wanted(fields, None).required
        return
    with pytest.raises(Invalid) as caught:
        service.read_wanted(fields, None)
    assert [(each.field, each.code) for each in caught.value.problems] == [problem]


def test_versions_are_listed_once_whole_and_may_go_again(case: Case) -> None:
    saved(case, OURS)
    config_key = keys(case, "config")[0]

    def add(key: str, note: str = "3.9") -> None:
        with case.database.transaction() as db:
            service.add_key(db, case.registrar, case.exam_id, {"key": key, "note": note}, case.now)

    add(" AB" + "c" * 62 + "\n")
    assert keys(case, "browser") == ["ab" + "c" * 62]
    for key, code in (("ab" + "c" * 62, "seb-key-known"), (config_key, "seb-key-known"), ("f" * 63, "seb-not-a-key")):
        with pytest.raises(Invalid) as caught:
            add(key)
        assert caught.value.problems[0].code == code
    with pytest.raises(Invalid):
        add("f" * 64, note=" ")
    for n in range(service.MOST_KEYS - 1):
        add(f"{n:064x}")
    with pytest.raises(Invalid) as caught:
        add("e" * 64)
    assert caught.value.problems[0].code == "seb-too-many-keys"
    with case.database.transaction() as db:
        row = service.keys_of(db, case.exam_id, "browser")[0]
        service.remove_key(db, case.registrar, case.exam_id, row.id or 0, case.now)
        with pytest.raises(NotFound):
            service.remove_key(db, case.registrar, case.exam_id, row.id or 0, case.now)
        (of_config,) = service.keys_of(db, case.exam_id, "config")
        with pytest.raises(NotFound):  # the Config Key goes with its file only
            service.remove_key(db, case.registrar, case.exam_id, of_config.id or 0, case.now)


def test_while_sittings_are_under_way_nobody_is_locked_out(case: Case, running: list[int]) -> None:
    running[0] = 2
    with pytest.raises(Refused) as caught:
        saved(case, OURS)
    assert caught.value.refusal.code == "seb-sittings-running"
    running[0] = 0
    saved(case, OURS)
    running[0] = 2
    saved(case, OURS)  # the same once more changes nothing
    with pytest.raises(Refused):
        saved(case, Wanted(required=True, mode="ours", camera=False))
    saved(case, Wanted(required=False, mode="ours"))
    with case.database.reading() as db:
        assert read(db) == {}


def test_versions_while_sittings_are_under_way(case: Case, running: list[int]) -> None:
    saved(case, OURS)

    def add(key: str) -> None:
        with case.database.transaction() as db:
            service.add_key(db, case.registrar, case.exam_id, {"key": key * 64, "note": key}, case.now)

    def remove(note: str) -> None:
        with case.database.transaction() as db:
            row = next(row for row in service.keys_of(db, case.exam_id, "browser") if row.note == note)
            service.remove_key(db, case.registrar, case.exam_id, row.id or 0, case.now)

    running[0] = 1
    with pytest.raises(Refused):
        add("a")
    running[0] = 0
    add("a")
    running[0] = 1
    add("b")
    with pytest.raises(Refused):
        remove("a")
    running[0] = 0
    remove("a")
    running[0] = 1
    remove("b")
    assert keys(case, "browser") == []


def test_other_institutions_are_not_found(case: Case, world) -> None:
    elsewhere = world.institution()
    stranger = caller(world.person(elsewhere), elsewhere)
    with case.database.transaction() as db:
        for act in (
            lambda: service.save(db, stranger, case.exam_id, OURS, SITE, case.now),
            lambda: service.add_key(db, stranger, case.exam_id, {"key": "a" * 64, "note": "x"}, case.now),
            lambda: service.remove_key(db, stranger, case.exam_id, 1, case.now),
        ):
            with pytest.raises(NotFound):
                act()


def test_the_keyring_is_read_again_after_a_change_or_a_few_seconds(case: Case, monkeypatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr("exam.seb.keyring.time.monotonic", lambda: seconds[0])
    ring = Keyring()
    with case.database.reading() as db:
        assert ring.fresh(db) == {}
    with case.database.transaction() as db:
        service.save(db, case.registrar, case.exam_id, OURS, SITE, case.now)
    with case.database.reading() as db:
        assert ring.fresh(db) == {}  # another process made the change
        assert set(ring.fresh(db, now=True)) == {case.exam_id}
    with case.database.transaction() as db:
        other = open_exam(db, case.registrar, case.now)
        service.save(db, case.registrar, other.id or 0, OURS, SITE, case.now)
        ring.forget_after(db)
    with case.database.reading() as db:
        assert set(ring.fresh(db)) == {case.exam_id, other.id}
    saved(case, Wanted(required=False, mode="ours"))
    with case.database.reading() as db:
        seconds[0] += TTL_SECONDS
        assert set(ring.fresh(db)) == {case.exam_id, other.id}
        seconds[0] += 0.1
        assert set(ring.fresh(db)) == {other.id}


def test_a_ticket_is_for_one_exam_and_some_hours(case: Case) -> None:
    secret, now = b"s" * 32, case.now
    ticket = links.ticket(secret, 7, now)
    assert links.exam_of_ticket(secret, ticket, now + links.VALID) == 7
    for token, at in ((ticket, now + links.VALID + timedelta(seconds=1)), (ticket + "x", now), ("", now)):
        with pytest.raises(NotFound):
            links.exam_of_ticket(secret, token, at)
    with pytest.raises(NotFound):
        links.exam_of_ticket(b"t" * 32, ticket, now)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://a.cn/x", "sebs://a.cn/x"), ("http://a.cn:8000/x", "seb://a.cn:8000/x"), ("ftp://a.cn", "ftp://a.cn")],
)
def test_the_launching_address(url: str, expected: str) -> None:
    assert links.launching(url) == expected
