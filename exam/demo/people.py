"""The demo's institutions and people: who is there from the start, and who has registered and waits."""

from datetime import datetime

from sqlmodel import select

from exam.accounts import service, service_sign_in
from exam.accounts.models import Institution
from exam.accounts.permissions import Role
from exam.accounts.rules import details
from exam.demo import content
from exam.demo.world import World


def add_people(world: World, at: datetime) -> None:
    """Both institutions with everybody of them; all have the demo's common password."""
    homes = {
        row["code"]: service.add_institution(
            world.db, code=row["code"], name=row["name"], name_en=row["name_en"], now=at
        )
        for row in content.people()["institutions"]
    }
    for row in content.people()["people"]:
        home = homes[row["institution"]].id or 0
        person = service.add_person(world.db, details(row), now=at, home=home, password_hash=world.password_hash)
        world.people[row["username"]] = person.id or 0
        for role in row["roles"]:
            service.grant(world.db, person.id or 0, home, Role(role), now=at)


def register(world: World, at: datetime) -> None:
    """Those who registered by themselves and wait for an administrator."""
    for row in content.people()["registrations"]:
        home = world.db.exec(select(Institution.id).where(Institution.code == row["institution"])).one()
        service_sign_in.register(
            world.db,
            details(row),
            password_hash=world.password_hash,
            institution_id=home or 0,
            locale="zh",
            now=at,
        )
