"""Tests for the recount of what is kept in memory: it finds what was tampered with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pytest
from attrs import evolve

from dkp_adapters.memory.tables import GuildTables, Held
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import AwardStatus, Hold, Whose
from dkp_core.points import Difference, Overbid
from tests.unit.guild_house import GuildHouse, Person

SEALED: Final = {"mode": "sealed_first_price"}


class Sale:
    """A guild in which bids hold points in four auctions, a fifth is closed, and one was awarded."""

    def __init__(self) -> None:
        house = self.house = GuildHouse()
        self.ann, self.ben = house.joins("Ann"), house.joins("Ben")
        house.plays(self.ann, "Anna")
        house.plays(self.ben, "Benno")
        house.attends(house.raids(house.event_type(points="100")), "Anna", "Benno")
        house.use.set_rules()(house.pool, {"fixed_price_rolls": True}, by=house.operator)
        roll = {"mode": "fixed_price_roll", "minimum": "3"}
        self.open, self.sealed, self.rolled = self.start(), self.start(SEALED), self.start(roll)
        self.closed, self.over = self.start(), self.start()
        self.bid(self.open, self.ann, "10", "15")
        self.bid(self.open, self.ben, "11")
        self.bid(self.sealed, self.ann, "20")
        self.bid(self.sealed, self.ben, "21")
        house.use.withdraw_bid()(self.sealed, by=self.ben.by)
        self.bid(self.rolled, self.ben, "3")
        self.bid(self.closed, self.ben, "5")
        house.use.close_auction()(self.closed, by=house.officer.by)
        self.bid(self.over, self.ann, "7")
        (award,) = house.use.award_auction()(self.over, by=house.officer.by)
        self.award = award.id
        self.copies = self.start({"copies_each": 3}, quantity=3)
        self.bid(self.copies, self.ben, "2", copies=2)

    def start(self, rules: Mapping[str, object] | None = None, quantity: int = 1) -> AuctionId:
        """An auction."""
        start = self.house.use.start_auction()
        by = self.house.officer.by
        return start(item="Cloak", quantity=quantity, rules=rules or {}, another=True, by=by).id

    def bid(self, auction_id: AuctionId, who: Person, amount: str, ceiling: str | None = None, copies: int = 1) -> None:
        """A bid."""
        most = None if ceiling is None else Points.of(ceiling)
        self.house.use.place_bid()(auction_id, amount=Points.of(amount), ceiling=most, copies=copies, by=who.by)

    def tamper(self, change: Callable[[GuildTables], object]) -> None:
        """Change what is kept behind everybody's back."""
        with self.house.memory.scope() as scope:
            change(scope.begun().of(self.house.id))

    def differences(self) -> list[tuple[str, UserId | None, str, str]]:
        """What the recount finds."""
        found: tuple[Difference, ...] = self.house.use.verify()(by=self.house.operator).differences
        return [(each.what, each.user_id, each.kept, each.counted) for each in found]


@pytest.fixture
def sale() -> Sale:
    """Auctions in every state that holds."""
    return Sale()


def test_what_bids_hold_and_awards_cost_adds_up(sale: Sale) -> None:
    """P-3, L-5: in every mode, and whatever became of an auction."""
    assert sale.differences() == []


def test_a_balance_that_shows_another_hold_is_named(sale: Sale) -> None:
    """P-3."""
    key = (sale.house.pool, sale.ann.id)
    sale.tamper(lambda tables: tables.balances.put(key, evolve(tables.balances[key], held=ZERO)))
    assert sale.differences() == [("held", sale.ann.id, "0.00", "12.00")]


def test_a_ceiling_that_is_not_held_is_named_without_its_amount(sale: Sale) -> None:
    """L-5, L-11."""
    held = Held(sale.house.pool, Hold(shown=Points.of(12)))
    sale.tamper(lambda tables: tables.holds.put((sale.open, sale.ann.id), held))
    assert sale.differences() == [(f"hold of auction {sale.open}", sale.ann.id, "12.00 shown", "another, sealed")]


def test_a_sealed_bid_that_is_not_held_is_named_without_its_amount(sale: Sale) -> None:
    """L-5, L-11."""
    sale.tamper(lambda tables: tables.holds.drop((sale.sealed, sale.ann.id)))
    assert sale.differences() == [(f"hold of auction {sale.sealed}", sale.ann.id, "0.00 shown", "another, sealed")]


@pytest.mark.parametrize(("auction", "price"), [("rolled", "3.00"), ("closed", "5.00")])
def test_a_bid_that_is_not_held_is_named(sale: Sale, auction: str, price: str) -> None:
    """L-5, L-7: in a roll, and of a winner."""
    auction_id = getattr(sale, auction)
    sale.tamper(lambda tables: tables.holds.drop((auction_id, sale.ben.id)))
    left = str(Points.of("12") - Points.of(price))
    assert sale.differences() == [
        ("held", sale.ben.id, "12.00", left),
        (f"hold of auction {auction_id}", sale.ben.id, "0.00 shown", f"{price} shown"),
    ]


def test_a_hold_for_too_many_copies_is_named(sale: Sale) -> None:
    """L-5."""
    held = Held(sale.house.pool, Hold(shown=Points.of(4), copies=3))
    sale.tamper(lambda tables: tables.holds.put((sale.copies, sale.ben.id), held))
    assert sale.differences() == [
        (f"hold of auction {sale.copies}", sale.ben.id, "4.00 shown for 3 copies", "4.00 shown for 2 copies")
    ]


def test_a_hold_of_an_auction_that_is_over_is_named(sale: Sale) -> None:
    """L-7."""
    held = Held(sale.house.pool, Hold(shown=Points.of(7)))
    sale.tamper(lambda tables: tables.holds.put((sale.over, sale.ann.id), held))
    assert sale.differences() == [
        ("held", sale.ann.id, "12.00", "19.00"),
        (f"hold of auction {sale.over}", sale.ann.id, "7.00 shown", "0.00 shown"),
    ]


def test_an_award_at_another_price_is_named(sale: Sale) -> None:
    """P-13."""
    sale.tamper(lambda tables: tables.awards.put(sale.award, evolve(tables.awards[sale.award], price=Points.of(8))))
    assert sale.differences() == [(f"entries for award {sale.award}", sale.ann.id, "-7.00", "-8.00")]


@pytest.mark.parametrize("status", [AwardStatus.REVOKED, AwardStatus.MOVED])
def test_an_award_that_was_taken_back_without_its_price_is_named(sale: Sale, status: AwardStatus) -> None:
    """L-8."""
    sale.tamper(lambda tables: tables.awards.put(sale.award, evolve(tables.awards[sale.award], status=status)))
    assert sale.differences() == [(f"entries for award {sale.award}", sale.ann.id, "-7.00", "0.00")]


def test_an_award_that_is_gone_is_named(sale: Sale) -> None:
    """P-13."""
    sale.tamper(lambda tables: tables.awards.drop(sale.award))
    assert sale.differences() == [(f"entries for award {sale.award}", sale.ann.id, "-7.00", "0.00")]


def test_what_is_revoked_moved_and_returned_adds_up(sale: Sale) -> None:
    """L-8, L-17: a refund is no part of the price."""
    use, by = sale.house.use, sale.house.officer.by
    given = [
        use.award_item()(item="Robe", to=Whose(user_id=sale.ann.id), amount=Points.of(2), by=by).id for _ in range(3)
    ]
    use.revoke_award()(given[0], reason="a mistake", by=by)
    use.move_award()(given[1], to=Whose(user_id=sale.ben.id), reason="a mistake", by=by)
    use.return_item()(given[2], reason="not needed", by=by)
    assert sale.differences() == []


def test_overbids_that_stand_are_listed_and_are_no_difference(sale: Sale) -> None:
    """P-13: an officer let them pass; one that was taken back is an overbid no more."""
    use, by = sale.house.use, sale.house.officer.by
    to = Whose(user_id=sale.ann.id)
    over = use.award_item()(item="Robe", to=to, amount=Points.of(500), allow_overbid=True, by=by)
    found = use.verify()(by=sale.house.operator)
    expected = Overbid(
        guild_id=sale.house.id,
        award_id=over.id,
        user_id=sale.ann.id,
        pool_id=sale.house.pool,
        price=over.price,
    )
    assert (found.clean, found.overbids) == (True, (expected,))
    use.revoke_award()(over.id, reason="a mistake", by=by)
    assert use.verify()(by=sale.house.operator).overbids == ()
