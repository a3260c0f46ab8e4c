"""What is kept of passwords, and that guessing costs the same whether or not there is somebody."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exam.accounts import passwords, service_sign_in
from exam.accounts.models import Person
from exam.core import i18n


def test_kept_as_argon2id_with_a_salt_of_its_own():
    first, second = passwords.make_hash("good enough 1"), passwords.make_hash("good enough 1")
    assert first != second and first.startswith("$argon2id$") and "m=19456,t=2,p=1" in first
    assert passwords.right("good enough 1", first) and not passwords.right("good enough 2", first)
    assert not passwords.stale(first)


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$broken"])
def test_nothing_matches_what_is_no_hash(kept):
    assert not passwords.right("anything", kept)


def test_one_time_passwords_are_random_and_easy_to_copy():
    made = {passwords.one_time()[0] for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch("[2-9a-hjkmnp-z]{14}", password) for password in made)
    password, kept = passwords.one_time()
    assert passwords.right(password, kept) and passwords.stale(kept)


@pytest.mark.parametrize(
    ("person", "checks"),
    [
        (None, 1),
        (Person(name="x", password_hash=None), 1),
        (Person(name="x", password_hash=passwords.make_hash("other")), 1),
        (Person(name="x", password_hash=passwords.one_time()[1]), 2),  # the light one, then a full one for the time
    ],
    ids=["nobody", "no password", "wrong", "wrong one-time"],
)
def test_every_wrong_guess_costs_one_full_check(monkeypatch, person, checks):
    seen = []
    matches = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda kept, password: seen.append(kept) or matches(kept, password))
    assert service_sign_in.judge(person, "wrong").outcome == "wrong"
    assert len(seen) == checks and not passwords.stale(seen[-1])


def test_never_more_than_two_at_once(monkeypatch):
    running, most, lock = 0, 0, threading.Lock()

    def slow(kept: str, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(passwords, "_matches", slow)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: passwords.right("x", "y"), range(32)))
    assert most == passwords.AT_ONCE


def test_every_deed_and_code_has_its_words():
    """Deeds recorded through helpers, problems named by field: the texts that a search for literals can't see."""
    folder = Path(passwords.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    deeds = set(re.findall(r'db, now, "([a-z.-]+)"', source)) | {"person.disable", "person.enable"}
    assert len(deeds) > 10
    needed = {f"audit.{deed}" for deed in deeds}
    needed |= {f"problem.{name}-required" for name in ("name", "id-number", "phone", "identifier", "password")}
    assert not {text for text in needed for locale in i18n.LOCALES if not i18n.has(text, locale)}
