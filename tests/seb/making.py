"""Makes exams require SEB, and plays SEB: the headers and hashes that it would send."""

from exam.accounts.permissions import Role
from exam.core.db import Database
from exam.seb import service
from exam.seb.keys import Said, address, bound
from exam.seb.service import Wanted
from tests.scheduling.making import caller
from tests.sessions.conftest import Hall

SITE = "http://127.0.0.1:8000"
WRONG = "0" * 64


def require(hall: Hall, *, required: bool = True) -> str:
    """Have the hall's exam require SEB in our configuration, or no longer; returns its Config Key."""
    office = caller(hall.person("考务"), hall.institution_id, Role.REGISTRAR)
    with hall.database.transaction() as db:
        service.save(db, office, hall.exam_id, Wanted(required, "ours"), SITE, hall.clock.now())
        (key,) = service.keys_of(db, hall.exam_id, "config")
    return key.key


def add_browser_key(database: Database, hall: Hall, key: str) -> None:
    office = caller(hall.person("考务"), hall.institution_id, Role.REGISTRAR)
    with database.transaction() as db:
        service.add_key(db, office, hall.exam_id, {"key": key, "note": "3.9"}, hall.clock.now())


def by_header(key: str, path: str) -> dict[str, str]:
    """What a version that sends headers sends with a request."""
    return {"X-SafeExamBrowser-ConfigKeyHash": bound(address(SITE, path), key)}


def by_page(key: str, sitting_id: int) -> dict[str, str]:
    """What our page sends with every request in a version that tells its script."""
    return {"X-Exam-Seb": f"{bound(address(SITE, f'/sittings/{sitting_id}'), key)};"}


def said(key: str, path: str) -> tuple[Said, ...]:
    """The same as the answer path has it."""
    url = address(SITE, path)
    return (Said(url, bound(url, key)),)
