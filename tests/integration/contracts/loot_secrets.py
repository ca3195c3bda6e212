"""What nobody learns of sealed bids and ceilings before they may, from any view of any adapter (L-11, L-15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pytest
from attrs import asdict

from dkp_core.kernel.ids import AuctionId, ItemId, UserId
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import (
    AuctionFilter,
    AwardFilter,
    BidOutcome,
    ItemFilter,
    LeaveBid,
    OpenAuction,
    receipt,
)
from dkp_core.points import HistoryFilter, StandingsFilter
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.loot_views import LootHall
from tests.integration.contracts.place import EVERYTHING, NIGHT

SECRET: Final = "73.19"
"""What Ann bids sealed, or how far she would go."""
REVEALING: Final = re.compile(r"(?<!\d)(73\.19|26\.81|72\.19)(?!\d)")
"""That, what it leaves of her 100 points, and what of it goes beyond the 1 that all see her bid."""
SEALED_MODES: Final = ("sealed_first_price", "sealed_second_price")


def leave_open(hall: Hall, auction_id: AuctionId) -> None:
    """Nothing becomes of it yet."""


def freeze(hall: Hall, auction_id: AuctionId) -> None:
    """Its clock stands still."""
    auction = hall.loaded(auction_id)
    assert isinstance(auction, OpenAuction)
    hall.keep(auction.freeze(reason="", at=NIGHT))


def call_off(hall: Hall, auction_id: AuctionId) -> None:
    """An officer calls it off, to look at the bids perhaps."""
    hall.cancel(auction_id)


def close(hall: Hall, auction_id: AuctionId) -> None:
    """It is closed."""
    hall.close(auction_id)


def award(hall: Hall, auction_id: AuctionId) -> None:
    """It is awarded."""
    hall.award(auction_id)


def close_and_call_off(hall: Hall, auction_id: AuctionId) -> None:
    """It is called off when everybody has seen what it came to."""
    hall.close(auction_id)
    hall.cancel(auction_id)


FATES: Final[Mapping[str, Callable[[Hall, AuctionId], None]]] = MappingProxyType(
    {
        "open": leave_open,
        "frozen": freeze,
        "cancelled": call_off,
        "closed": close,
        "awarded": award,
        "cancelled after the close": close_and_call_off,
    }
)
BEFORE_THE_CLOSE: Final = ("open", "frozen", "cancelled")
PUBLISHED: Final = ("closed", "awarded", "cancelled after the close")


def shown(hall: Hall, viewer: UserId | None) -> Iterator[tuple[str, object]]:
    """All that the guild's views show to that viewer, by the name of the view."""
    with hall.place.views() as views:
        auctions = views.auctions(AuctionFilter(), ordering=(), page=EVERYTHING)
        yield "auctions", auctions
        yield "running", views.running()
        for row in auctions.results:
            yield "auction", views.auction(row.id)
            yield "bids", views.bids_of_auction(row.id, viewer=viewer, page=EVERYTHING)
        for item in views.items(ItemFilter(), ordering=(), page=EVERYTHING).results:
            yield "item", (item, views.item(item.id), views.item_named(item.name))
            yield "bids of item", views.bids_of_item(item.id, viewer=viewer, page=EVERYTHING)
        yield "awards", views.awards(AwardFilter(), ordering=(), page=EVERYTHING)
        for member in hall.bank.standings(hall.pool_id, StandingsFilter(everyone=True)):
            yield "standing", member
            yield "user", views.user(member.user_id)
            yield "balances", (views.balances(member.user_id), views.balance(member.user_id, hall.pool_id))
            yield "history", views.history(member.user_id, HistoryFilter(), page=EVERYTHING, newest_first=True)
        yield "events", [asdict(row) for row in views.events(AuditFilter(), page=EVERYTHING).results]
        if viewer is not None:
            yield "own bids", views.own_bids(viewer, page=EVERYTHING)
            yield "own holds", views.own_holds(viewer)
            yield "own standing bids", views.standing_bids(viewer)


def leaks(hall: Hall, viewer: UserId | None) -> list[str]:
    """The views in which that viewer finds the secret, or what gives it away."""
    return [name for name, row in shown(hall, viewer) if REVEALING.search(str(row))]


class SecretsContract(LootHall):
    """What each view shows to whom, during and after an auction."""

    # --- sealed bids --------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("fate", BEFORE_THE_CLOSE)
    @pytest.mark.parametrize("mode", SEALED_MODES)
    def test_nobody_else_learns_a_sealed_bid_before_the_close(self, hall: Hall, mode: str, fate: str) -> None:
        """L-11: one that stands, was raised, withdrawn or refused; also when the auction is called off as it runs."""
        ann, ben, cid = hall.bidder("Ann"), hall.bidder("Ben"), hall.bidder("Cid")
        auction_id = hall.start(rules={"mode": mode, "increment": "0.01"})
        hall.bid(auction_id, ann, SECRET)
        hall.bid(auction_id, ann, "50")
        hall.bid(auction_id, ann, SECRET)
        hall.bid(auction_id, cid, SECRET)
        hall.withdraw(auction_id, cid)
        hall.make(hall.record(auction_id, ann, SECRET, outcome=BidOutcome.REFUSED))
        FATES[fate](hall, auction_id)
        assert leaks(hall, None) == []
        assert leaks(hall, ben) == []
        for row in hall.bids(auction_id, ben):
            assert (row.amount, row.ceiling, row.receipt, row.reason) == (None, None, None, None)
        auction = hall.row(auction_id)
        assert (auction.seed, auction.results, auction.leaders, auction.current_amount) == (None, (), (), None)

    @pytest.mark.parametrize("fate", sorted(FATES))
    def test_bidders_see_their_own_with_receipts(self, hall: Hall, fate: str) -> None:
        """L-12, L-15: whatever becomes of the auction."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id = hall.start(rules={"mode": "sealed_first_price", "increment": "0.01"})
        receipts = [hall.bid(auction_id, ann, amount).receipt for amount in ("50", SECRET)]
        hall.bid(auction_id, ben, "60")
        FATES[fate](hall, auction_id)
        own = [row for row in hall.bids(auction_id, ann) if row.user_id == ann]
        assert [str(row.amount) for row in own] == [SECRET, "50.00"]
        assert [row.receipt for row in own] == receipts[::-1]
        assert hall.own_bids(ann) == tuple(own)

    @pytest.mark.parametrize("fate", PUBLISHED)
    @pytest.mark.parametrize("mode", SEALED_MODES)
    def test_at_the_close_everybody_may_check_every_bid(self, hall: Hall, mode: str, fate: str) -> None:
        """L-15: amounts, receipts and the seed that they were sealed with; withdrawn ones too."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id = hall.start(rules={"mode": mode, "increment": "0.01"})
        given = [hall.bid(auction_id, ann, amount).receipt for amount in ("50", SECRET)]
        given.append(hall.bid(auction_id, ben, "60").receipt)
        hall.withdraw(auction_id, ben)
        FATES[fate](hall, auction_id)
        seed = hall.row(auction_id).seed
        assert seed is not None
        withdrawn, *accepted = hall.bids(auction_id)
        assert (withdrawn.amount, withdrawn.receipt) == (Points.of(60), None)
        assert [row.receipt for row in accepted] == given[::-1]
        for row in accepted:
            assert row.user_id is not None
            assert row.amount is not None
            assert row.receipt == receipt(bytes.fromhex(seed), auction_id, row.id, row.user_id, row.amount)
        assert [str(row.amount) for row in accepted] == ["60.00", SECRET, "50.00"]

    def test_what_is_sealed_leaves_what_is_public_as_it_was(self, hall: Hall) -> None:
        """L-11: balances and standings, to the letter."""
        ann, auction_id = hall.bidder("Ann"), hall.start(rules={"mode": "sealed_first_price", "increment": "0.01"})

        def public() -> list[tuple[str, object]]:
            return [each for each in shown(hall, None) if each[0] in {"standing", "balances", "user", "history"}]

        before = public()
        hall.bid(auction_id, ann, SECRET)
        assert public() == before

    def test_in_a_roll_everybody_sees_who_is_in(self, hall: Hall) -> None:
        """L-3: its price is no secret; the seed is, until the close."""
        ann, auction = hall.bidder("Ann"), hall.drafted(rules={"mode": "fixed_price_roll", "fixed_price_rolls": True})
        hall.keep(auction)
        hall.bid(auction.id, ann)
        (row,) = hall.bids(auction.id)
        assert (row.amount, row.receipt, hall.row(auction.id).seed) == (Points.of(1), None, None)
        hall.close(auction.id)
        assert hall.row(auction.id).seed == auction.seed.hex()

    # --- ceilings -----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("fate", sorted(FATES))
    def test_nobody_else_ever_learns_a_ceiling(self, hall: Hall, fate: str) -> None:
        """L-11, L-14: not after the close either; of who leads, was raised, or withdrew."""
        ann, ben, cid = hall.bidder("Ann"), hall.bidder("Ben"), hall.bidder("Cid")
        auction_id = hall.start(quantity=2, rules={"increment": "0.01"})
        hall.bid(auction_id, ann, "1", ceiling=SECRET)
        hall.bid(auction_id, ben, "1", ceiling=SECRET)
        hall.bid(auction_id, cid, "5")
        FATES[fate](hall, auction_id)
        assert leaks(hall, None) == []
        assert leaks(hall, cid) == []
        own = [row for row in hall.bids(auction_id, ann) if row.user_id == ann]
        assert {str(row.ceiling) for row in own} == {SECRET}
        others = [row for row in hall.bids(auction_id, cid) if row.user_id != cid]
        assert {row.ceiling for row in others} == {None}
        assert None not in {row.amount for row in others}

    # --- refused bids, and bids that wait -----------------------------------------------------------------------------

    @pytest.mark.parametrize("fate", sorted(FATES))
    @pytest.mark.parametrize("mode", ["open", *SEALED_MODES])
    def test_a_refused_bid_is_its_bidders_business(self, hall: Hall, mode: str, fate: str) -> None:
        """L-11: amount and reason, for good; that there was one, everybody sees."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id = hall.start(rules={"mode": mode})
        hall.make(
            hall.record(auction_id, ann, "50", ceiling=SECRET, outcome=BidOutcome.REFUSED),
            hall.record(auction_id, None, SECRET, outcome=BidOutcome.REFUSED),
        )
        hall.bid(auction_id, ben, "5")
        FATES[fate](hall, auction_id)
        assert leaks(hall, None) == []
        assert leaks(hall, ben) == []
        _, stranger, anns = hall.bids(auction_id, ben)
        assert (anns.user_id, anns.outcome, anns.refusal) == (ann, BidOutcome.REFUSED, "bid_too_low")
        assert (anns.amount, anns.ceiling, anns.reason) == (None, None, None)
        assert (stranger.user_id, stranger.character, stranger.amount, stranger.reason) == (None, "Élan", None, None)
        (own,) = hall.own_bids(ann)
        assert (str(own.amount), str(own.ceiling), own.reason, own.receipt) == (
            "50.00",
            SECRET,
            "50.00 is too low.",
            None,
        )

    def test_nobody_else_learns_of_a_bid_that_waits(self, hall: Hall) -> None:
        """L-14: nor once it was placed, but for what leads."""
        ann, ben, item = hall.bidder("Ann"), hall.bidder("Ben"), hall.item()
        installation = hall.place.installation
        leave = LeaveBid(installation.begin, installation.clock)
        leave(ItemId(item.id), ceiling=Points.of(SECRET), user_id=ann, by=hall.place.by)
        assert leaks(hall, ben) == []
        auction_id = hall.start(item.name, rules={"increment": "0.01"})
        assert hall.row(auction_id).leader_id == ann
        assert leaks(hall, ben) == []
        with hall.place.views() as views:
            assert views.standing_bids(ann) == ()

    def test_a_secret_that_leaks_is_found(self, hall: Hall) -> None:
        """The check itself: Ann finds hers."""
        ann = hall.bidder("Ann")
        auction_id = hall.start(rules={"mode": "sealed_first_price", "increment": "0.01"})
        hall.bid(auction_id, ann, SECRET)
        assert leaks(hall, ann) == ["bids", "bids of item", "own bids", "own holds"]
        hall.close(auction_id)
        assert {"auctions", "auction", "bids", "standing", "balances"} <= set(leaks(hall, None))
