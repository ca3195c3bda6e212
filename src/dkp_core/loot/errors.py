"""What can be refused about items, auctions and awards."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, PoolId, RaidId
from dkp_core.kernel.points import Points


@define
class LootRefused(Conflict):
    """Something about auctions and awards that the rules do not allow."""

    rule: ClassVar[str] = "L-2"
    code: ClassVar[str] = "loot_refused"


@define
class WrongStatus(LootRefused):
    """The auction is not in a state in which this can be done: closed twice, awarded twice, or cancelled before."""

    auction: AuctionId
    auction_status: str
    wanted: str
    rule: ClassVar[str] = "L-7"
    code: ClassVar[str] = "wrong_auction_status"

    @property
    def sentence(self) -> str:
        return f"Auction {self.auction} is {self.auction_status}; this takes one that is {self.wanted}."


@define
class AlreadyOnAuction(LootRefused):
    """There is an auction for this drop already."""

    auction: AuctionId
    item: str
    code: ClassVar[str] = "already_on_auction"

    @property
    def sentence(self) -> str:
        return (
            f"Auction {self.auction} sells {self.item!r} already; for several copies give a quantity, "
            "for another drop say that it is another."
        )


@define
class IsUpNow(LootRefused):
    """A bid is left for what is not up yet; on what is up one bids."""

    auction: AuctionId
    item: str
    rule: ClassVar[str] = "L-14"
    code: ClassVar[str] = "is_up_now"

    @property
    def sentence(self) -> str:
        return f"{self.item!r} is up in auction {self.auction} now: bid there."


@define
class NoWinner(LootRefused):
    """Nobody bid: who gets the item has to be said."""

    auction: AuctionId
    rule: ClassVar[str] = "L-7"
    code: ClassVar[str] = "no_winner"

    @property
    def sentence(self) -> str:
        return f"Nobody won auction {self.auction}: award it to nobody, or give it to somebody for free."


@define
class CannotPay(LootRefused):
    """The points do not cover the price any more; an officer may let the overbid through, or pass the bidder over."""

    user: int
    price: Points
    available: Points
    rule: ClassVar[str] = "L-7"
    code: ClassVar[str] = "cannot_pay"

    @property
    def sentence(self) -> str:
        return f"User {self.user} has {self.available}, and the price is {self.price}."


@define
class NobodyShares(LootRefused):
    """What an item costs in a zero-sum pool is shared out among a raid's attendees, and there are none."""

    pool: PoolId
    raid: RaidId | None
    rule: ClassVar[str] = "P-6"
    code: ClassVar[str] = "nobody_shares"

    @property
    def sentence(self) -> str:
        shared = f"Pool {self.pool} is zero-sum: what an item costs is shared out among its raid's attendees"
        if self.raid is None:
            return f"{shared}. Name the raid it dropped in, or give it for free."
        return f"{shared}, and nobody attended raid {self.raid}. Take its attendance first, or give the item for free."


@define
class AwardedAlready(LootRefused):
    """An award that is called out has been made: by another officer, or from another log."""

    award: AwardId
    item: str
    rule: ClassVar[str] = "L-10"
    code: ClassVar[str] = "awarded_already"

    @property
    def sentence(self) -> str:
        return f"{self.item!r} was awarded so already: award {self.award}."


@define
class AwardIsOver(LootRefused):
    """An award is revoked, moved or returned once."""

    award: AwardId
    award_status: str
    rule: ClassVar[str] = "L-8"
    code: ClassVar[str] = "award_is_over"

    @property
    def sentence(self) -> str:
        return f"Award {self.award} was {self.award_status} already."


@define
class DraftIsSettled(LootRefused):
    """An award draft is confirmed or dismissed once."""

    draft: AwardDraftId
    draft_status: str
    rule: ClassVar[str] = "D-11"
    code: ClassVar[str] = "draft_is_settled"

    @property
    def sentence(self) -> str:
        return f"Award draft {self.draft} was {self.draft_status} already."


@define
class AwardStands(LootRefused):
    """What was paid for an item goes back with its award, not behind its back."""

    award: AwardId
    shared_at: RaidId | None = None
    rule: ClassVar[str] = "P-14"
    code: ClassVar[str] = "award_stands"

    @property
    def sentence(self) -> str:
        if self.shared_at is not None:
            return (
                f"Award {self.award} stands, and this is a share of it: correct the attendance of raid "
                f"{self.shared_at}, share its items out anew (dkp award reshare {self.shared_at}), and uphold the "
                "dispute then."
            )
        return (
            f"Award {self.award} stands: revoke it, move it, or return its item first "
            f"(dkp award revoke {self.award}), and uphold the dispute then."
        )
