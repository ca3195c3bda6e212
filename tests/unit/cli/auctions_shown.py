"""Auctions and bids as they are shown, for the tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dkp_core.kernel.ids import AuctionId, BidId, ItemId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AuctionRow,
    AuctionStatus,
    BidOutcome,
    BidRow,
    BidSource,
    Mode,
    ResultRow,
    Rules,
    Tier,
    commitment,
    receipt,
)

SEED = bytes(range(32))
OPENED = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
AUCTION = AuctionId(17)


def auction(
    mode: Mode = Mode.SEALED_FIRST_PRICE, *, rules: dict[str, object] | None = None, **changed: Any
) -> AuctionRow:
    """A closed auction of one copy; results are pairs of a user and a price."""
    results = changed.pop("results", ())
    house = Rules.of({"fixed_price_rolls": True, "mode": mode, **(rules or {})}, "rules")
    shown: dict[str, Any] = {
        "id": AUCTION,
        "item_id": ItemId(1),
        "item": "Cloak",
        "quantity": 1,
        "raid_id": None,
        "pool_id": PoolId(1),
        "status": AuctionStatus.CLOSED,
        "mode": mode,
        "minimum_bid": house.minimum,
        "increment": house.increment,
        "current_amount": None,
        "leader_id": None,
        "leader_character": None,
        "leaders": (),
        "bids": 2,
        "opens_at": OPENED,
        "closes_at": OPENED + timedelta(minutes=2),
        "phase": 1,
        "phases": max(1, len(house.phases)),
        "rules": house.values(),
        "rules_version": 1,
        "seed_hash": commitment(SEED),
        "seed": SEED.hex(),
        "results": tuple(_result(user, price) for user, price in results),
        "reason": "",
        "version": 3,
    }
    return AuctionRow(**{**shown, **changed})


def _result(user: int, price: str) -> ResultRow:
    points = Points.of(price)
    name = f"Character{user}"
    return ResultRow(
        user_id=UserId(user),
        username=f"user{user}",
        character=name,
        tier=Tier.MAIN,
        amount=points,
        copies=1,
        price=points,
        because="it is higher",
    )


def bid(bid_id: int, user: int, amount: str, **changed: Any) -> BidRow:
    """An accepted bid, with its receipt."""
    points = Points.of(amount)
    shown: dict[str, Any] = {
        "id": BidId(bid_id),
        "auction_id": AUCTION,
        "item_id": ItemId(1),
        "item": "Cloak",
        "user_id": UserId(user),
        "username": f"user{user}",
        "character": f"Character{user}",
        "tier": Tier.MAIN,
        "amount": points,
        "ceiling": points,
        "copies": 1,
        "outcome": BidOutcome.ACCEPTED,
        "refusal": "",
        "reason": None,
        "source": BidSource.API,
        "receipt": receipt(SEED, AUCTION, BidId(bid_id), UserId(user), points),
        "placed_at": OPENED + timedelta(seconds=bid_id),
    }
    return BidRow(**{**shown, **changed})
