"""Why a bid is refused: each a rule with its numbers and a sentence (L-13)."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.points import ZERO, Points


@define
class BidRefused(Conflict):
    """A bid that the rules do not allow; it is recorded with the reason."""

    auction: AuctionId
    rule: ClassVar[str] = "L-5"
    code: ClassVar[str] = "bid_refused"


@define
class AuctionNotOpen(BidRefused):
    """Nobody bids but on an open auction."""

    auction_status: str
    rule: ClassVar[str] = "L-4"
    code: ClassVar[str] = "auction_not_open"

    @property
    def sentence(self) -> str:
        return f"Auction {self.auction} is {self.auction_status}, not open."


@define
class UnknownBidder(BidRefused):
    """Nobody here has that Discord id or character."""

    bidder: str
    rule: ClassVar[str] = "L-4"
    code: ClassVar[str] = "unknown_bidder"

    @property
    def sentence(self) -> str:
        return f"Nobody in this guild is known as {self.bidder!r}."


@define
class NotYourCharacter(BidRefused):
    """Bids are made for characters of one's own."""

    character: str
    rule: ClassVar[str] = "L-4"
    code: ClassVar[str] = "not_your_character"

    @property
    def sentence(self) -> str:
        if not self.character:
            return "The bidder owns no character to bid for."
        return f"The bidder owns no character {self.character!r}."


@define
class NotEligible(BidRefused):
    """The auction's rules don't let this bidder bid; `why` names the rule, `wanted` and `found` what it asks for."""

    why: str
    wanted: str
    found: str
    rule: ClassVar[str] = "L-2"
    code: ClassVar[str] = "not_eligible"

    @property
    def sentence(self) -> str:
        return f"Bidding here takes {self.wanted}; this bidder has {self.found}."


@define
class AmountNotPositive(BidRefused):
    """A bid offers something."""

    amount: Points
    code: ClassVar[str] = "amount_not_positive"

    @property
    def sentence(self) -> str:
        return f"A bid of {self.amount} offers nothing; it has to be more than 0."


@define
class BidTooLow(BidRefused):
    """The bid is below what it takes now."""

    amount: Points
    minimum: Points
    code: ClassVar[str] = "bid_too_low"

    @property
    def sentence(self) -> str:
        return f"The bid must be at least {self.minimum}; {self.amount} was bid."


@define
class OffTheIncrement(BidRefused):
    """Bids are the minimum plus a whole number of increments."""

    amount: Points
    increment: Points
    lower: Points
    higher: Points
    code: ClassVar[str] = "off_the_increment"

    @property
    def sentence(self) -> str:
        return f"Bids go in steps of {self.increment}: {self.lower} or {self.higher}, not {self.amount}."


@define
class NotThePrice(BidRefused):
    """A roll has a fixed price."""

    amount: Points
    price: Points
    rule: ClassVar[str] = "L-3"
    code: ClassVar[str] = "not_the_price"

    @property
    def sentence(self) -> str:
        return f"The price is {self.price}; {self.amount} was bid."


@define
class OverAvailable(BidRefused):
    """The bid is over what the bidder has left; `available` is None for who may not know it (L-11)."""

    amount: Points
    available: Points | None
    floor: Points
    code: ClassVar[str] = "over_available"

    @property
    def sentence(self) -> str:
        if self.available is None:
            return f"{self.amount} is more than the bidder has available."
        if self.floor < ZERO:
            return f"{self.amount} is more than the {self.available} available and the {-self.floor} of debt allowed."
        beside = f", of which {self.floor} have to be left" if self.floor else ""
        return f"{self.amount} is more than the {self.available} available{beside}."


@define
class OverCap(BidRefused):
    """The bid is over the cap that binds this bidder."""

    amount: Points
    cap: Points
    why: str
    rule: ClassVar[str] = "L-2"
    code: ClassVar[str] = "over_cap"

    @property
    def sentence(self) -> str:
        return f"{self.why} may bid {self.cap} at most; {self.amount} was bid."


@define
class LimitReached(BidRefused):
    """The bidder won as much as the rules allow, or is about to."""

    items: int
    over: Points
    per: str
    rule: ClassVar[str] = "L-2"
    code: ClassVar[str] = "limit_reached"

    @property
    def sentence(self) -> str:
        more = f" for more than {self.over}" if self.over else ""
        return f"{self.items} item(s){more} each {self.per} is the limit, and the bidder has won or leads so many."


@define
class CannotLead(BidRefused):
    """Whoever leads comes before this bidder, whatever is bid."""

    why: str
    rule: ClassVar[str] = "L-6"
    code: ClassVar[str] = "cannot_lead"

    @property
    def sentence(self) -> str:
        return f"No bid of this bidder can lead: {self.why}."


@define
class TooManyCopies(BidRefused):
    """One user wins so many copies at most."""

    copies: int
    at_most: int
    rule: ClassVar[str] = "L-3"
    code: ClassVar[str] = "too_many_copies"

    @property
    def sentence(self) -> str:
        return f"One user gets {self.at_most} at most here; {self.copies} were bid for."


@define
class NoCeilingHere(BidRefused):
    """The system bids on in open auctions alone."""

    mode: str
    rule: ClassVar[str] = "L-14"
    code: ClassVar[str] = "no_ceiling_here"

    @property
    def sentence(self) -> str:
        return f"Ceilings are for open auctions; this one is {self.mode}: bid an amount."


@define
class NoBidToWithdraw(BidRefused):
    """There is no bid of this bidder that stands."""

    rule: ClassVar[str] = "L-4"
    code: ClassVar[str] = "no_bid_to_withdraw"

    @property
    def sentence(self) -> str:
        return f"The bidder has no bid on auction {self.auction}."


@define
class LeadingBidStays(BidRefused):
    """An open bid is withdrawn only while it does not lead."""

    amount: Points
    rule: ClassVar[str] = "L-4"
    code: ClassVar[str] = "leading_bid_stays"

    @property
    def sentence(self) -> str:
        return f"The bid of {self.amount} leads, and can't be withdrawn."
