"""What can be refused about items, auctions and awards."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AuctionId, AwardId
from dkp_core.kernel.points import Points


@define
class WrongStatus(Conflict):
    """The auction is not in a state in which this can be done: closed twice, awarded twice, or cancelled before."""

    auction: AuctionId
    status: str
    wanted: str
    code: ClassVar[str] = "wrong_auction_status"

    @property
    def sentence(self) -> str:
        return f"Auction {self.auction} is {self.status}; this takes one that is {self.wanted}."


@define
class AlreadyOnAuction(Conflict):
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
class NoWinner(Conflict):
    """Nobody bid: who gets the item has to be said."""

    auction: AuctionId
    code: ClassVar[str] = "no_winner"

    @property
    def sentence(self) -> str:
        return f"Nobody won auction {self.auction}: award it to nobody, or give it to somebody for free."


@define
class CannotPay(Conflict):
    """The points do not cover the price any more; an officer may let the overbid through, or pass the bidder over."""

    user: int
    price: Points
    available: Points
    code: ClassVar[str] = "cannot_pay"

    @property
    def sentence(self) -> str:
        return f"User {self.user} has {self.available}, and the price is {self.price}."


@define
class AwardIsOver(Conflict):
    """An award is revoked, moved or returned once."""

    award: AwardId
    status: str
    code: ClassVar[str] = "award_is_over"

    @property
    def sentence(self) -> str:
        return f"Award {self.award} was {self.status} already."
