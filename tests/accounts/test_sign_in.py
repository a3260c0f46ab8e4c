"""Signing in and out, in place too; one-time passwords; sign-ins that end."""

from datetime import timedelta

import pytest
from sqlmodel import select

from exam.accounts import sign_in, signals
from exam.accounts.access import SESSION_COOKIE, token_hash
from exam.accounts.models import BrowserSession
from exam.accounts.passwords import one_time, stale
from exam.accounts.permissions import Role
from exam.accounts.seen import EVERY_SECONDS
from exam.core import tokens
from tests.accounts.conftest import PASSWORD

NUMBER = "320411197710049982"


@pytest.mark.parametrize(
    "typed", [NUMBER, "３２０４１１１９７７１００４９９８２", "138 0000 0001", "+8613800000001", "Zhang"]
)
def test_by_id_number_phone_or_user_name(visitor, somebody, typed):
    somebody(Role.CANDIDATE, id_number=NUMBER, phone="13800000001", username="zhang")
    someone = visitor()
    answer = someone.sign_in(typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookies = answer.headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith(f"{SESSION_COOKIE}="))
    assert "HttpOnly" in session and "SameSite=lax" in session and "Secure" not in session
    assert someone.get("/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "password"),
    [("zhang", "wrong password"), ("nobody", PASSWORD), ("", PASSWORD), ("zhang", ""), ("passwordless", "x")],
)
def test_a_wrong_guess_says_no_more_than_that(visitor, somebody, typed, password):
    somebody(Role.CANDIDATE, username="zhang")
    somebody(Role.CANDIDATE, username="passwordless", password_hash=None)
    answer = visitor().sign_in(typed, password)
    assert answer.status_code == 422
    assert SESSION_COOKIE not in answer.cookies
    if typed and password:
        assert "与密码不符" in answer.text


@pytest.mark.parametrize(
    ("state", "says"), [("registered", "正在等待管理员审核"), ("refused", "照片不清"), ("disabled", "照片不清")]
)
def test_who_may_not_come_in_is_told_only_with_the_password(visitor, somebody, state, says):
    somebody(Role.CANDIDATE, username="zhang", state=state, state_reason="照片不清")
    assert "与密码不符" in visitor().sign_in("zhang", "wrong password").text
    answer = visitor().sign_in("zhang")
    assert answer.status_code == 200 and says in answer.text and SESSION_COOKIE not in answer.cookies


def test_the_form_needs_its_token(visitor, somebody):
    somebody(Role.CANDIDATE, username="zhang")
    answer = visitor().post("/sign-in", {"identifier": "zhang", "password": PASSWORD})
    assert answer.status_code == 403
    other = visitor()
    other.get("/sign-in")
    stranger = visitor()
    stranger.get("/sign-in")
    stranger.page = other.page
    assert stranger.post("/sign-in", {"identifier": "zhang", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(("onward", "goes"), [("/me", "/me"), ("//evil.example", "/"), ("https://evil.example", "/")])
def test_on_to_own_pages_only(visitor, somebody, onward, goes):
    somebody(Role.CANDIDATE, username="zhang")
    assert visitor().sign_in("zhang", onward=onward).headers["location"] == goes


def test_each_sign_in_has_a_new_token_and_ends_the_last_of_the_browser(visitor, somebody, database):
    somebody(Role.CANDIDATE, username="zhang")
    someone = visitor()
    someone.sign_in("zhang")
    first = someone.token
    someone.token = "planted-by-another-site"
    someone.sign_in("zhang")
    assert someone.token not in (first, "planted-by-another-site")
    someone.token = first
    someone.get("/me")  # the sign-in page forwards whoever is signed in; the form still signs in anew
    someone.post("/sign-in", {"identifier": "zhang", "password": PASSWORD})
    with database.reading() as db:
        rows = db.exec(select(BrowserSession)).all()
    assert len({row.token_hash for row in rows}) == len(rows)
    assert {row.token_hash for row in rows if row.ended_at} == {token_hash(first)}


def test_sign_out_ends_it_on_the_server(visitor, somebody):
    somebody(Role.CANDIDATE, username="zhang")
    someone = visitor()
    someone.sign_in("zhang")
    token = someone.token
    someone.get("/")
    assert someone.post("/sign-out").headers["location"] == "/sign-in"
    someone.token = token
    assert someone.get("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("idle", "total", "alive"),
    [
        (timedelta(minutes=239), timedelta(minutes=239), True),
        (timedelta(minutes=240), timedelta(minutes=240), False),
        (timedelta(minutes=239), timedelta(hours=12) - timedelta(seconds=1), True),
        (timedelta(minutes=239), timedelta(hours=12), False),
        (timedelta(minutes=-600), timedelta(minutes=-600), True),  # a clock set back signs nobody out
    ],
)
def test_sign_ins_end_by_idleness_and_by_age(visitor, somebody, clock, idle, total, alive):
    somebody(Role.CANDIDATE, username="zhang")
    someone = visitor()
    someone.sign_in("zhang")
    left = total
    while left > idle:
        step = min(idle, left - idle)
        clock.advance(step)
        left -= step
        assert someone.get("/").status_code == 200
    clock.advance(left)
    assert (someone.get("/").status_code == 200) is alive


def test_last_use_is_written_by_a_job_not_by_reading_pages(visitor, somebody, clock, app, database):
    somebody(Role.CANDIDATE, username="zhang")
    someone = visitor()
    someone.sign_in("zhang")
    started = clock.now()

    def written():
        with database.reading() as db:
            return db.exec(select(BrowserSession.last_seen_at)).one()

    for minutes, kept in ((2, started), (4, started + timedelta(minutes=4))):
        clock.at = started + timedelta(minutes=minutes)
        someone.get("/")
        assert written() == started
        app.state.gate.seen.flush(database)
        assert written() == kept
    assert EVERY_SECONDS == 60


def test_too_many_tries_are_told_to_wait(visitor, somebody):
    somebody(Role.CANDIDATE, username="zhang")
    someone = visitor()
    for _ in range(5):
        assert someone.sign_in("zhang", "wrong password").status_code == 422
    answer = someone.sign_in("zhang")
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0 and "秒后再试" in answer.text
    assert visitor().sign_in("nobody-else").status_code == 422


def test_a_password_kept_with_old_settings_is_hashed_anew(visitor, somebody, person_of):
    password, light = one_time()
    person = somebody(Role.CANDIDATE, username="zhang", password_hash=light)
    assert stale(light)
    assert visitor().sign_in("zhang", password).status_code == 303
    assert not stale(person_of(person).password_hash)


def test_a_one_time_password_has_to_be_replaced_first(visitor, somebody, person_of):
    password, light = one_time()
    person = somebody(Role.CANDIDATE, username="zhang", password_hash=light, must_change_password=True)
    someone = visitor()
    someone.sign_in("zhang", password)
    for path in ("/", "/me", "/people"):
        assert someone.get(path).headers["location"] == "/me/password"
    assert "一次性密码" in someone.get("/me/password").text
    for new, again in (("short", "short"), ("12345678", "12345678"), ("good enough 1", "other"), (password, password)):
        assert someone.post("/me/password", {"password": new, "password_again": again}).status_code == 422
        assert someone.get("/").status_code == 303
        someone.get("/me/password")
    someone.post("/me/password", {"password": "good enough 1", "password_again": "good enough 1"})
    assert someone.get("/").status_code == 200
    assert not person_of(person).must_change_password


def test_somebody_in_an_exam_is_not_sent_away_to_change_a_password(visitor, somebody, monkeypatch):
    password, light = one_time()
    person = somebody(Role.CANDIDATE, username="zhang", password_hash=light, must_change_password=True)
    monkeypatch.setattr(signals, "in_exam", [lambda db, person_id: person_id == person])
    someone = visitor()
    someone.sign_in("zhang", password)
    assert someone.get("/").status_code == 200


def test_changing_the_password_ends_every_other_sign_in(visitor, somebody):
    somebody(Role.CANDIDATE, username="zhang")
    here, there = visitor(), visitor()
    here.sign_in("zhang")
    there.sign_in("zhang")
    here.get("/me/password")
    new = {"password": "good enough 1", "password_again": "good enough 1"}
    assert here.post("/me/password", {"old_password": "wrong", **new}).status_code == 422
    assert here.post("/me/password", {"old_password": PASSWORD, **new}).status_code == 303
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 303
    assert visitor().sign_in("zhang").status_code == 422
    assert visitor().sign_in("zhang", "good enough 1").status_code == 303


def test_own_sign_ins_are_shown_and_can_be_ended(visitor, somebody, database):
    somebody(Role.CANDIDATE, username="zhang", id_number=NUMBER)
    here, there = visitor(), visitor()
    there.sign_in("zhang")
    here.sign_in("zhang")
    page = here.get("/me").text
    assert "320411********9982" in page and NUMBER not in page
    with database.reading() as db:
        first = db.exec(select(BrowserSession.id).order_by(BrowserSession.id)).first()
    here.post(f"/me/sign-ins/{first}/end")
    assert there.get("/me").status_code == 303 and here.get("/me").status_code == 200
    there.sign_in("zhang")
    here.get("/me")
    here.post("/me/sign-ins/end-others")
    assert there.get("/me").status_code == 303 and here.get("/me").status_code == 200


class TestAgain:
    """Signing in again in place, for a page whose sign-in ended under it."""

    @pytest.fixture
    def ended(self, visitor, somebody, clock):
        self.person = somebody(Role.CANDIDATE, username="zhang")
        someone = visitor()
        someone.sign_in("zhang")
        someone.get("/me")
        clock.advance(timedelta(hours=5))
        return someone

    def token(self, app, clock, **change):
        made = tokens.make(app.state.secret, change.get("purpose", sign_in.AGAIN), [self.person, None], clock.now())
        clock.advance(change.get("age", timedelta(0)))
        return made

    def again(self, visitor, password=PASSWORD, **kwargs):
        body = {"password": password, **kwargs.pop("body", {})}
        return visitor.http.post("/sign-in/again", json=body, **kwargs)

    def test_by_the_page_s_token_even_without_any_cookie(self, ended, visitor, app, clock):
        for someone in (ended, visitor()):
            answer = self.again(someone, body={"token": self.token(app, clock)})
            assert answer.status_code == 200
            csrf = answer.json()["csrf"]
            assert someone.get("/me").status_code == 200
            assert someone.csrf == csrf
            assert self.again(someone, body={"token": answer.json()["token"]}).status_code == 200

    def test_by_the_page_s_csrf_token_and_the_ended_cookie(self, ended, visitor):
        assert self.again(ended, headers={"X-CSRF-Token": "0" * 64}).status_code == 401
        csrf = ended.csrf
        assert self.again(visitor(), headers={"X-CSRF-Token": csrf}).status_code == 401
        assert self.again(ended, headers={"X-CSRF-Token": csrf}).status_code == 200
        assert ended.get("/me").status_code == 200

    def test_after_signing_out_in_another_tab(self, visitor, somebody, app, clock):
        self.person = somebody(Role.CANDIDATE, username="zhang")
        someone = visitor()
        someone.sign_in("zhang")
        someone.get("/")
        someone.post("/sign-out")
        assert self.again(someone, body={"token": self.token(app, clock)}).status_code == 200

    @pytest.mark.parametrize("password", ["wrong", "", None, 7, ["x"]])
    def test_a_wrong_password(self, ended, app, clock, password):
        answer = self.again(ended, password, body={"token": self.token(app, clock)})
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["code"] == "password-wrong"

    def test_guesses_are_throttled(self, ended, app, clock):
        token = self.token(app, clock)
        answers = [self.again(ended, "wrong", body={"token": token}).status_code for _ in range(6)]
        assert answers == [422] * 5 + [429]

    @pytest.mark.parametrize(
        "change", [{"purpose": "known-device"}, {"age": timedelta(days=2, seconds=1)}], ids=["purpose", "age"]
    )
    def test_a_token_of_another_kind_or_too_old(self, ended, app, clock, change):
        assert self.again(ended, body={"token": self.token(app, clock, **change)}).status_code == 401

    def test_another_site_s_request_is_refused(self, ended, app, clock):
        token = self.token(app, clock)
        form = ended.http.post("/sign-in/again", data={"password": PASSWORD, "token": token})
        plain = ended.http.post(
            "/sign-in/again",
            content=f'{{"password": "{PASSWORD}", "token": "{token}"}}',
            headers={"content-type": "text/plain"},
        )
        cross = self.again(ended, body={"token": token}, headers={"Sec-Fetch-Site": "cross-site"})
        assert [form.status_code, plain.status_code, cross.status_code] == [401] * 3

    def test_who_was_disabled_meanwhile_stays_out(self, ended, app, clock, database):
        from exam.accounts.models import Person

        with database.transaction() as db:
            person = db.get(Person, self.person)
            person.state = "disabled"
            db.add(person)
        answer = self.again(ended, body={"token": self.token(app, clock)})
        assert (answer.status_code, answer.json()["error"]) == (409, "account-not-open")


def test_cookies_on_tls_are_secure_and_bound_to_the_host(settings, clock, database, somebody, world):
    from starlette.testclient import TestClient

    from exam.app import create_app
    from tests.accounts.conftest import Browser

    safe = create_app(settings.model_copy(update={"public_url": "https://exam.example"}), clock, database)
    somebody(Role.CANDIDATE, username="zhang")
    someone = Browser(TestClient(safe, base_url="https://exam.example", follow_redirects=False))
    answer = someone.sign_in("zhang")
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-sid="))
    assert "Secure" in session and "Path=/" in session and "Domain" not in session
    assert someone.get("/").status_code == 200


def test_the_address_behind_trusted_proxies(settings, clock, database):
    from starlette.requests import Request

    from exam.app import create_app

    app = create_app(settings.model_copy(update={"trusted_proxies": "10.0.0.1, 10.0.0.2"}), clock, database)

    def address(peer: str, forwarded: str = "") -> str:
        headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
        return app.state.gate.address(Request({"type": "http", "client": (peer, 1), "headers": headers}))

    assert address("203.0.113.7") == "203.0.113.7"
    assert address("203.0.113.7", "1.1.1.1") == "203.0.113.7"
    assert address("10.0.0.1", "1.1.1.1, 203.0.113.7") == "203.0.113.7"
    assert address("10.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.2") == "203.0.113.7"
    assert address("10.0.0.1") == "10.0.0.1"


def test_language_and_institution_are_remembered(visitor, somebody, world, person_of, database):
    from exam.accounts.models import RoleGrant

    here, there = world.institution("here"), world.institution("there")
    person = somebody(Role.CANDIDATE, username="zhang", institution_id=here)
    someone = visitor()
    someone.get("/sign-in")
    assert someone.post("/language", {"lang": "en", "next": "/register"}).headers["location"] == "/register"
    assert "Register" in someone.get("/register").text
    assert someone.post("/language", {"lang": "fr"}).status_code == 422
    someone.sign_in("zhang")
    someone.get("/")
    someone.post("/language", {"locale": "en"})
    assert person_of(person).locale == "en"
    someone.get("/me")
    assert someone.post("/institution", {"institution": str(there)}).status_code == 404
    with database.transaction() as db:
        db.add(RoleGrant(person_id=person, institution_id=there, role="marker", granted_at=world.clock.now()))
    someone.get("/me")
    someone.post("/institution", {"institution": str(there)})
    assert "Marker" in someone.get("/me").text
    again = visitor()
    again.sign_in("zhang")
    assert "Institution there" in again.get("/me").text
