"""Auctions and their bidders as plain values, for tests of the rules alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import evolve

from dkp_core.kernel.ids import AuctionId, BidId, CharacterId, GuildId, ItemId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    Bid,
    Bidder,
    BidRefused,
    Hold,
    Offer,
    OpenAuction,
    Placed,
    Purse,
    Rules,
    ScheduledAuction,
    Terms,
    Tier,
)
from dkp_core.loot.bid import NOTHING_HELD
from dkp_core.raids import AttendanceShare

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
SEED = bytes(range(32))
AUCTION = AuctionId(7)


def rules(**values: object) -> Rules:
    """The default rules, with these set as an officer would."""
    return Rules.of(values, "rules")


def terms(wanted: Rules, quantity: int = 1) -> Terms:
    """What decides an auction with those rules."""
    return Terms(auction_id=AUCTION, rules=wanted, quantity=quantity, seed=SEED)


def a_bid(user: int, amount: str, *, after: float = 0, **more: object) -> Bid:
    """A bid of that user, so many seconds after the opening."""
    points = Points.of(amount)
    given = {"ceiling": points, "character_id": CharacterId(user), "character_name": f"Hero{user}"} | more
    return Bid(
        id=BidId(user),
        auction_id=AUCTION,
        user_id=UserId(user),
        amount=points,
        placed_at=NOW + timedelta(seconds=after),
        **given,  # type: ignore[arg-type]  # as the test says
    )


def a_bidder(user: int = 1, **more: object) -> Bidder:
    """A full member who bids for their main."""
    known = Bidder(
        user_id=UserId(user),
        is_member=True,
        is_trial=False,
        character_id=CharacterId(user),
        character_name=f"Hero{user}",
        owns_character=True,
        tier=Tier.MAIN,
        rank_id=None,
        character_class="Warrior",
    )
    return evolve(known, **more)  # type: ignore[arg-type]  # as the test says


def a_share(percent: int) -> AttendanceShare:
    """That many of a hundred raids attended."""
    return AttendanceShare(attended=percent, held=100)


def a_purse(current: str = "1000", held: Hold = NOTHING_HELD, here: Hold = NOTHING_HELD) -> Purse:
    """What a bidder has."""
    return Purse(current=Points.of(current), held=held, here=here)


def an_offer(amount: str | None = None, ceiling: str | None = None, copies: int = 1, tier: Tier | None = None) -> Offer:
    """What somebody says they would pay."""
    return Offer(
        amount=None if amount is None else Points.of(amount),
        ceiling=None if ceiling is None else Points.of(ceiling),
        copies=copies,
        tier=tier,
    )


def start(wanted: Rules | None = None, quantity: int = 1, **more: object) -> ScheduledAuction | OpenAuction:
    """An auction that is started now, and opens at once unless another time is given."""
    given = {"opens_at": None, "closes_at": None} | more
    return ScheduledAuction.start(
        AUCTION,
        GuildId(1),
        item_id=ItemId(3),
        item_name="Spear of Fate",
        quantity=quantity,
        raid_id=None,
        pool_id=PoolId(2),
        rules=wanted or Rules(),
        rules_version=1,
        seed=SEED,
        at=NOW,
        **given,  # type: ignore[arg-type]  # as the test says
    )


def an_auction(wanted: Rules | None = None, quantity: int = 1, closes_at: datetime | None = None) -> OpenAuction:
    """An auction that opens now."""
    started = start(wanted, quantity, closes_at=closes_at)
    assert isinstance(started, OpenAuction)
    return started


def placed(answer: Placed | BidRefused) -> tuple[OpenAuction, Placed]:
    """A bid that has to have been accepted, and the auction it left."""
    assert isinstance(answer, Placed), answer
    assert isinstance(answer.auction, OpenAuction)
    return answer.auction, answer


def bid(
    auction: OpenAuction,
    user: int,
    amount: str | None = None,
    *,
    ceiling: str | None = None,
    after: float = 0,
    copies: int = 1,
    own: Bid | None = None,
    purse: Purse | None = None,
    **more: object,
) -> Placed | BidRefused:
    """What a bid of that user comes to, so many seconds after the opening."""
    return auction.place(
        an_offer(amount, ceiling, copies),
        a_bidder(user, **more),
        purse or a_purse(),
        own=own,
        bid_id=BidId(auction.bids + 1),
        at=NOW + timedelta(seconds=after),
    )


def leading(auction: OpenAuction) -> Mapping[int, str]:
    """Who leads, with the amount that everybody sees."""
    return {lead.bid.user_id: str(lead.bid.amount) for lead in auction.leads}
