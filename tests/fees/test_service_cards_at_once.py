"""A card is used once, however many try it at the same time."""

from concurrent.futures import ThreadPoolExecutor

from sqlmodel import select

from exam.core.errors import Refused
from exam.fees import service_cards
from exam.fees.models import FeePayment
from tests.fees.making import KEY, NOON, place_in


def test_eight_who_redeem_one_card_at_once(world, database):
    place = place_in(world)
    with database.transaction() as db:
        batch = service_cards.make(db, place.office, KEY, "changzhou", 50, 1, "", NOON)
        _, [(_, code)] = service_cards.export(db, place.office, KEY, batch.id, NOON)

    def try_it(number):
        try:
            with database.transaction() as db:
                service_cards.redeem(db, (place.me, place.other)[number % 2], code, NOON)
            return 1
        except Refused as error:
            assert error.refusal.code == "card-used"
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(8))) == 1
    with database.reading() as db:
        assert len(db.exec(select(FeePayment)).all()) == 1
