"""Bids: what is offered, by whom it may be judged, and what it keeps reserved (L-4, L-5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, BidId, CharacterId, RankId, UserId
from dkp_core.kernel.points import POINTS_MAX, ZERO, Points
from dkp_core.loot.chance import MadeAs
from dkp_core.loot.rules import COPIES_MAX, Span
from dkp_core.loot.tier import Tier
from dkp_core.raids import AttendanceShare

_TIERS: Final = tuple(Tier)
WEIGHT: Final = 10_000
"""The weight of a bid that counts once."""
MOST: Final = Points.of(POINTS_MAX.replace(",", "")).hundredths
"""The most that can be bid, in hundredths."""


class BidSource(StrEnum):
    """Through what a bid came."""

    API = "api"
    BOT = "bot"
    CHAT = "chat"
    STANDING = "standing"
    PROXY = "proxy"
    LEAVING = "leaving"
    ELSEWHERE = "elsewhere"


class BidOutcome(StrEnum):
    """What became of a bid when it was made."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


def tier_order(tier: Tier) -> int:
    """Mains before alts before boxes."""
    return _TIERS.index(tier)


@frozen(kw_only=True)
class Offer:
    """What somebody says they would pay for each of so many copies.

    `ceiling` asks the system to bid the least that leads, up to it (L-14); `amount` may then be left out. `tier` makes
    it a bid as an alt or a box. Amounts are in no repr, since a repr may be logged.
    """

    amount: Points | None = field(default=None, repr=False)
    ceiling: Points | None = field(default=None, repr=False)
    copies: int = 1
    tier: Tier | None = None

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.copies <= COPIES_MAX:
            raise InvalidValue("copies", f"{self.copies} is out of range", f"1 to {COPIES_MAX}")


@frozen(kw_only=True)
class Bidder:
    """Who bids, for which character: what the rules ask about.

    `is_member`: the membership is in force, as a member or above, or as a trial where those may bid;
    `owns_character`: the character is the bidder's own.
    `attendance` is None where the rules don't ask, `attended` whether the bidder was at the auction's raid, and `wins`
    are the prices, in hundredths, of what counts for the rules' limits: won, or led or bid for in another auction.
    """

    user_id: UserId
    is_member: bool
    is_trial: bool
    character_id: CharacterId | None
    character_name: str
    owns_character: bool
    tier: Tier
    rank_id: RankId | None
    character_class: str | None
    attendance: AttendanceShare | None = None
    attended: bool = True
    wins: Mapping[Span, tuple[int, ...]] = field(factory=dict)


@frozen(kw_only=True)
class Bid:
    """An accepted bid, with everything that ranks it, as it was when it was made.

    `amount` is what is bid, each copy; `ceiling` how far the system bids on (equal where it does not). `weight`, in
    ten-thousandths, is how many times it counts; `phase` is the one its bidder began to bid in. `moved_from` are its
    ids where it was made, if it has others since.
    """

    id: BidId
    auction_id: AuctionId
    user_id: UserId
    character_id: CharacterId | None
    character_name: str
    amount: Points = field(repr=False)
    ceiling: Points = field(repr=False)
    copies: int = 1
    tier: Tier = Tier.MAIN
    weight: int = WEIGHT
    phase: int = 0
    attendance: AttendanceShare | None = None
    placed_at: datetime
    moved_from: MadeAs | None = None

    @property
    def made_as(self) -> MadeAs:
        """The ids that chance knows it by."""
        return self.moved_from or MadeAs(self.auction_id, self.id, self.user_id)


@frozen(kw_only=True)
class Hold:
    """Points that a user's bid keeps reserved in one auction: what all may see of it, and what is sealed (L-11).

    It is for all `copies` together.
    """

    shown: Points = field(default=ZERO, repr=False)
    sealed: Points = field(default=ZERO, repr=False)
    copies: int = 1

    @property
    def points(self) -> Points:
        """All of it."""
        return self.shown + self.sealed

    @property
    def told(self) -> str:
        """What anybody may be told of it."""
        return f"{self.shown} shown" + (f" for {self.copies} copies" if self.copies > 1 else "")


NOTHING_HELD: Final = Hold()


@frozen(kw_only=True)
class Purse:
    """What a bidder has in the auction's pool: current points, all that is held, and what is held in this auction."""

    current: Points
    held: Hold = NOTHING_HELD
    here: Hold = NOTHING_HELD

    @property
    def free(self) -> Points:
        """What a bid in this auction may take: its own hold here does not stand in its way (L-5)."""
        held, here = self.held, self.here
        elsewhere = held.shown.hundredths + held.sealed.hundredths - here.shown.hundredths - here.sealed.hundredths
        return Points(self.current.hundredths - elsewhere)

    def above(self, floor: Points, *, given_back: int = 0) -> Points:
        """What a bid in this auction may take where so much has to be left; below 0 where less is left already.

        `given_back` are hundredths that are about to come back.
        """
        return _within(self.free.hundredths + given_back - floor.hundredths)

    def owing(self, floor: Points) -> Points:
        """The same for who holds the price already: whatever else is held."""
        return _within(self.current.hundredths - floor.hundredths)

    @property
    def as_seen(self) -> Purse:
        """The same as others see it, who know of no sealed hold."""
        return evolve(self, held=Hold(shown=self.held.shown), here=Hold(shown=self.here.shown))

    @property
    def hides(self) -> bool:
        """Whether sealed bids or ceilings hold something that others don't see."""
        return bool(self.held.sealed)


def _within(hundredths: int) -> Points:
    return Points(max(-MOST, min(MOST, hundredths)))


@frozen(kw_only=True)
class BidRecord:
    """A bid as history keeps it: also one that was refused, and why, or withdrawn. `user_id` is None for a stranger."""

    id: BidId
    auction_id: AuctionId
    user_id: UserId | None
    character_name: str
    amount: Points = field(repr=False)
    ceiling: Points = field(repr=False)
    outcome: BidOutcome
    bid: Bid | None = field(default=None, repr=False)
    refusal: str = ""
    reason: str = field(default="", repr=False)
    source: BidSource
    actor_kind: str
    actor_id: str
    at: datetime
