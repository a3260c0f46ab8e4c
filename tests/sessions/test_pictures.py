"""A candidate may fetch the pictures of a paper from the start of their sitting on, and of no other."""

from sqlmodel import select

from exam.core.db import Database
from exam.itembank.models import ItemVersion, PaperItem
from exam.itembank.service import vouchers
from exam.sessions import requests
from exam.sessions.models import Sitting
from exam.sessions.pictures import shown_to
from sessions.conftest import Hall

SHOWN, OTHER = "a" * 64, "b" * 64


def illustrate(database: Database, paper_id: int, digest: str) -> None:
    """Put a picture into the first item of a paper."""
    with database.transaction() as db:
        line = db.exec(select(PaperItem).where(PaperItem.paper_id == paper_id, PaperItem.position == 1)).one()
        version = db.get_one(ItemVersion, line.version_id)
        version.content = {**version.content, "stem": f"看图 ![图](picture:{digest})"}
        db.add(version)


def test_pictures_from_the_start_on(hall: Hall, database: Database) -> None:
    person, other = hall.person(), hall.person()
    sitting_id = hall.prepared(person)
    with database.reading() as db:
        paper_id = db.get_one(Sitting, sitting_id).paper_id
    illustrate(database, paper_id, SHOWN)
    for unused in set(hall.paper_ids) - {paper_id}:
        illustrate(database, unused, OTHER)

    def seen(by: int, digest: str) -> bool:
        with database.reading() as db:
            return shown_to(db, by, digest)

    assert not seen(person, SHOWN)
    hall.do(requests.Start(sitting_id, person, hall.at()))
    assert seen(person, SHOWN)
    assert not seen(person, OTHER)
    assert not seen(other, SHOWN)
    with database.transaction() as db:
        sitting = db.get_one(Sitting, sitting_id)
        sitting.state = "void"
        db.add(sitting)
    assert not seen(person, SHOWN)
    assert shown_to in vouchers
