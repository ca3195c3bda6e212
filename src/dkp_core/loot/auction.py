"""Auctions: a type for each state, so that what can't be done in one can't be said (L-2 to L-7, L-14 to L-16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self, TypeVar

from attrs import evolve, field, fields, frozen

from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, AwardId, BidId, GuildId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.points import Points
from dkp_core.loot.bid import NOTHING_HELD, Bid, Bidder, Hold, Offer, Purse
from dkp_core.loot.chance import commitment
from dkp_core.loot.errors import WrongStatus
from dkp_core.loot.events import (
    AuctionAwarded,
    AuctionCancelled,
    AuctionClosed,
    AuctionExtended,
    AuctionFrozen,
    AuctionOpened,
    AuctionResumed,
    AuctionStarted,
    BidPlaced,
    BidWithdrawn,
    PhaseBegan,
)
from dkp_core.loot.judging import judge, least_above
from dkp_core.loot.refusals import AuctionNotOpen, BidRefused, LeadingBidStays, NoBidToWithdraw
from dkp_core.loot.rules import Mode, Rules
from dkp_core.loot.settlement import Lead, Settlement, Terms, allot, conclude, rank, same_group, settle
from dkp_core.loot.status import RUNNING, AuctionStatus

A = TypeVar("A", bound="Auction")
QUANTITY_MAX: Final = 100
_INSTANT: Final = timedelta(microseconds=1)


@frozen(kw_only=True)
class Placed:
    """What a bid comes to: the auction as it goes on, the bid, and what is held now by whom it concerns."""

    auction: Auction
    bid: Bid
    holds: Mapping[UserId, Hold]
    raised: tuple[Bid, ...] = ()
    """Other bids that the system raised in answer."""


@frozen(kw_only=True)
class Released:
    """What an auction comes to without somebody's bid: the auction, and what is held now by whom it concerns.

    `moved` are bids of others that stand for another amount, or no further, than before.
    """

    auction: RunningAuction
    holds: Mapping[UserId, Hold]
    moved: tuple[Bid, ...] = ()


@frozen(kw_only=True)
class Auction(Aggregate):
    """The bidding session for an item that dropped (L-2).

    `seed` decides rolls and seals receipts; it is secret until the close. `bids` counts those accepted, `phase` is
    numbered from 0, `last_at` is when it last moved: clocks of several hosts differ, an auction's never goes back.
    `leads` are the best bids of one that runs openly, the best first.
    """

    status: ClassVar[AuctionStatus]

    id: AuctionId
    guild_id: GuildId
    item_id: ItemId
    item_name: str
    quantity: int
    raid_id: RaidId | None
    pool_id: PoolId
    rules: Rules
    rules_version: int
    opens_at: datetime
    closes_at: datetime | None
    phase: int = 0
    seed: bytes = field(repr=False)
    bids: int = 0
    last_at: datetime
    leads: tuple[Lead, ...] = field(default=(), repr=False)

    @property
    def seed_hash(self) -> str:
        """The commitment to the seed, which anybody may see; empty for bidding elsewhere, which has none."""
        return commitment(self.seed) if self.seed else ""

    @property
    def terms(self) -> Terms:
        """What decides it beside the bids."""
        return Terms(auction_id=self.id, rules=self.rules, quantity=self.quantity, seed=self.seed)

    @property
    def due_at(self) -> datetime | None:
        """When it moves by itself: opens, hands over or closes; None where it does not."""
        return None

    @property
    def concerned(self) -> frozenset[UserId]:
        """Who holds something that another bid may change."""
        return frozenset(lead.bid.user_id for lead in self.leads)

    @property
    def as_seen(self) -> Self:
        """The same as everybody sees it, who knows of no ceiling."""
        return evolve(self, leads=tuple(_without_ceiling(lead) for lead in self.leads))

    def to_hold(self, bids: Iterable[Bid]) -> Mapping[UserId, Hold]:  # noqa: ARG002  # it may hold nothing
        """What it keeps reserved while those bids stand: nothing before it opens, and after it is over (L-5)."""
        return {}

    def place(  # nobody bids on an auction that is not open
        self,
        offer: Offer,  # noqa: ARG002
        bidder: Bidder,  # noqa: ARG002
        purse: Purse,  # noqa: ARG002
        *,
        own: Bid | None,  # noqa: ARG002
        bid_id: BidId,  # noqa: ARG002
        at: datetime,  # noqa: ARG002
    ) -> Placed | BidRefused:
        """What the offer comes to; `own` is the bidder's bid that stands, if there is one."""
        return AuctionNotOpen(self.id, self.status)

    def withdraw(
        self,
        user_id: UserId,  # noqa: ARG002
        *,
        own: Bid | None,  # noqa: ARG002
        at: datetime,  # noqa: ARG002
    ) -> OpenAuction | BidRefused:
        """Without the user's bid."""
        return AuctionNotOpen(self.id, self.status)

    def cancel(self, *, reason: str, at: datetime) -> CancelledAuction:
        """Called off; nothing is held any more. Raises: WrongStatus where it is over, InvalidValue."""
        if self.status not in RUNNING:
            raise WrongStatus(self.id, self.status, "not over")
        why = clean_text(reason, "reason", length_max=500)
        cancelled = become(CancelledAuction, self, reason=why, leads=(), last_at=self.after(at))
        return cancelled.announcing(AuctionCancelled(auction_id=self.id, reason=why))

    def must_be(self, wanted: AuctionStatus) -> WrongStatus:
        """The error that says in which state it is instead."""
        return WrongStatus(self.id, self.status, wanted)

    def after(self, at: datetime) -> datetime:
        """That moment, or when the auction last moved if another host's clock was ahead."""
        return max(at, self.last_at)


@frozen(kw_only=True)
class ScheduledAuction(Auction):
    """An auction that is to open."""

    status: ClassVar = AuctionStatus.SCHEDULED

    @classmethod
    def start(
        cls,
        auction_id: AuctionId,
        guild_id: GuildId,
        *,
        item_id: ItemId,
        item_name: str,
        quantity: int,
        raid_id: RaidId | None,
        pool_id: PoolId,
        rules: Rules,
        rules_version: int,
        opens_at: datetime | None,
        closes_at: datetime | None,
        seed: bytes,
        at: datetime,
    ) -> ScheduledAuction | OpenAuction:
        """A new auction: open at once, unless it is to open later. Raises: InvalidValue."""
        if not 1 <= quantity <= QUANTITY_MAX:
            raise InvalidValue("quantity", f"{quantity} is out of range", f"1 to {QUANTITY_MAX}")
        begins = max(at, opens_at or at)
        if closes_at is not None and closes_at <= begins:
            raise InvalidValue("closes_at", f"{closes_at.isoformat()} is not after the opening", "a time after it")
        if closes_at is not None and rules.phases:
            raise InvalidValue(
                "closes_at", "the phases say how long the auction lasts", "none, or rules without phases"
            )
        scheduled = cls(
            id=auction_id,
            guild_id=guild_id,
            item_id=item_id,
            item_name=item_name,
            quantity=quantity,
            raid_id=raid_id,
            pool_id=pool_id,
            rules=rules,
            rules_version=rules_version,
            opens_at=begins,
            closes_at=closes_at or _end(begins, rules),
            seed=seed,
            last_at=at,
        )
        event = AuctionStarted(
            auction_id=auction_id,
            item_id=item_id,
            pool_id=pool_id,
            raid_id=raid_id,
            quantity=quantity,
            mode=rules.mode,
            seed_hash=scheduled.seed_hash,
            opens_at=begins.isoformat(),
            closes_at=_told(scheduled.closes_at),
        )
        scheduled = scheduled.announcing(event)
        return scheduled if begins > at else become(OpenAuction, scheduled)

    @property
    def due_at(self) -> datetime | None:
        return self.opens_at

    def open(self, at: datetime) -> OpenAuction:
        """Open now; one that opens late still lasts as long as it was to."""
        begins = max(self.after(at), self.opens_at)
        closes_at = None if self.closes_at is None else self.closes_at + (begins - self.opens_at)
        opened = become(OpenAuction, self, opens_at=begins, closes_at=closes_at, last_at=begins)
        return opened.announcing(AuctionOpened(auction_id=self.id, closes_at=_told(closes_at)))


@frozen(kw_only=True)
class RunningAuction(Auction):
    """An auction that opened, and has not closed."""

    @property
    def current_amount(self) -> Points | None:
        """The lowest bid that leads, which everybody may see; None while nobody leads, or where bids are sealed."""
        return min((lead.bid.amount for lead in self.leads), default=None)

    @property
    def copies_led(self) -> int:
        """How many copies somebody leads."""
        return sum(lead.copies for lead in self.leads)

    def led_by(self, user_id: UserId) -> Lead | None:
        """The lead of that user, if there is one."""
        return next((lead for lead in self.leads if lead.bid.user_id == user_id), None)

    def to_hold(self, bids: Iterable[Bid]) -> Mapping[UserId, Hold]:
        if self.rules.mode is Mode.OPEN:
            return {lead.bid.user_id: held_by(lead) for lead in self.leads}
        return {bid.user_id: _held_for(bid, self.rules.mode) for bid in bids}

    def close(self, bids: Iterable[Bid], at: datetime) -> ClosedAuction:
        """Closed, with winners and prices; `bids` are those that stand."""
        settlement = self._led_to(bids) if self.rules.mode is Mode.OPEN else settle(bids, self.terms)
        when = self.after(at)
        winners = tuple(win.bid.user_id for win in settlement.wins)
        closed = become(ClosedAuction, self, settlement=settlement, leads=(), closes_at=when, last_at=when)
        return closed.announcing(AuctionClosed(auction_id=self.id, winners=winners))

    def without(
        self,
        own: Bid,
        others: Iterable[Bid],
        made_for: Mapping[UserId, Points],
        purses: Mapping[UserId, Purse],
        *,
        reason: str,
        at: datetime,
    ) -> Released:
        """As if the bidder of `own` had never bid, though it led: the others' bids that stand decide who leads now.

        Who leads holds points for it already; who would lead anew goes as far as their purse does, and whose purse does
        not reach what they bid is passed over. What the system raised since a bid was `made_for` so much falls back to
        what it takes now.
        """
        event = BidWithdrawn(auction_id=self.id, bid_id=own.id, user_id=own.user_id, reason=reason)
        after = evolve(self, last_at=self.after(at)).announcing(event)
        if self.rules.mode is not Mode.OPEN:
            return Released(auction=after, holds={own.user_id: NOTHING_HELD})
        before = {bid.user_id: bid for bid in others}
        able = (_able(bid, self.led_by(bid.user_id), purses[bid.user_id], self.rules) for bid in before.values())
        relaxed = [evolve(bid, amount=made_for[bid.user_id]) for bid in able if bid is not None]
        allotted, beaten = allot(relaxed, self.terms)
        leads = tuple(Lead(bid=_raised(lead.bid, beaten, self.terms), copies=lead.copies) for lead in allotted)
        holds = dict.fromkeys((*self.concerned, own.user_id), NOTHING_HELD)
        holds |= {lead.bid.user_id: held_by(lead) for lead in leads}
        moved = tuple(
            lead.bid
            for lead in leads
            if (lead.bid.amount, lead.bid.ceiling)
            != (before[lead.bid.user_id].amount, before[lead.bid.user_id].ceiling)
        )
        return Released(auction=evolve(after, leads=leads), holds=holds, moved=moved)

    def _led_to(self, bids: Iterable[Bid]) -> Settlement:
        """Who leads has won, for what everybody saw: what ceilings were is nobody's business, also afterwards."""
        beaten = [evolve(bid, ceiling=bid.amount) for bid in bids if bid.user_id not in self.concerned]
        return conclude(self.as_seen.leads, sorted(beaten, key=lambda bid: rank(bid, self.terms)), self.terms)


@frozen(kw_only=True)
class OpenAuction(RunningAuction):
    """An auction that takes bids."""

    status: ClassVar = AuctionStatus.OPEN

    @property
    def due_at(self) -> datetime | None:
        return self.closes_at

    def is_due(self, at: datetime) -> bool:
        """Whether its time, or its phase's, is over."""
        return self.closes_at is not None and at >= self.closes_at

    def place(
        self, offer: Offer, bidder: Bidder, purse: Purse, *, own: Bid | None, bid_id: BidId, at: datetime
    ) -> Placed | BidRefused:
        # Later than every bid before it: which was first is never a matter of two hosts' clocks.
        now = max(at, self.last_at + _INSTANT)
        if self.is_due(now):
            return AuctionNotOpen(self.id, "past its close")
        judged = judge(
            offer, bidder, purse, terms=self.terms, phase=self.phase, leads=self.leads, own=own, bid_id=bid_id, at=now
        )
        if isinstance(judged, BidRefused):
            return judged
        if self.rules.mode is Mode.OPEN:
            leads, bid, holds = self._led(judged)
        else:
            leads, bid, holds = self.leads, judged, {judged.user_id: _held_for(judged, self.rules.mode)}
        auction = evolve(self, bids=self.bids + 1, last_at=now, closes_at=self._sniped(now), leads=leads)
        event = BidPlaced(
            auction_id=self.id,
            bid_id=bid.id,
            user_id=bid.user_id,
            amount=None if self.rules.mode.is_sealed else str(bid.amount),
            closes_at=_told(auction.closes_at) if auction.closes_at != self.closes_at else None,
        )
        before = {lead.bid.user_id: lead.bid for lead in self.leads}
        raised = tuple(
            lead.bid
            for lead in auction.leads
            if lead.bid.user_id != bid.user_id and lead.bid != before[lead.bid.user_id]
        )
        return Placed(auction=auction.announcing(event), bid=bid, holds=holds, raised=raised)

    def withdraw(self, user_id: UserId, *, own: Bid | None, at: datetime) -> OpenAuction | BidRefused:
        now = self.after(at)
        if self.is_due(now):
            return AuctionNotOpen(self.id, "past its close")
        if own is None:
            return NoBidToWithdraw(self.id)
        lead = self.led_by(user_id)
        if lead is not None:
            return LeadingBidStays(self.id, lead.bid.amount)
        event = BidWithdrawn(auction_id=self.id, bid_id=own.id, user_id=user_id)
        return evolve(self, last_at=now).announcing(event)

    def next_phase(self, at: datetime, *, filled: bool) -> OpenAuction | None:
        """The auction in its next phase; None where it has none, or every copy has its bid: then it is to be closed."""
        if self.phase + 1 >= len(self.rules.phases) or filled:
            return None
        now = self.after(at)
        closes_at = now + timedelta(seconds=self.rules.phases[self.phase + 1].seconds)
        going_on = evolve(self, phase=self.phase + 1, closes_at=closes_at, last_at=now)
        return going_on.announcing(PhaseBegan(auction_id=self.id, phase=going_on.phase + 1, closes_at=_told(closes_at)))

    def extend(self, closes_at: datetime | None, *, at: datetime) -> OpenAuction:
        """With another close; None leaves it to be closed by hand. Raises: InvalidValue for a time that has been."""
        now = self.after(at)
        if closes_at is not None and closes_at <= now:
            raise InvalidValue("closes_at", f"{closes_at.isoformat()} has been", "a time to come")
        extended = evolve(self, closes_at=closes_at, last_at=now)
        return extended.announcing(AuctionExtended(auction_id=self.id, closes_at=_told(closes_at)))

    def freeze(self, *, reason: str, at: datetime) -> FrozenAuction:
        """With its clock standing still. Raises: InvalidValue."""
        now = self.after(at)
        frozen_ = become(FrozenAuction, self, frozen_at=now, last_at=now)
        why = clean_text(reason, "reason", length_max=500)
        return frozen_.announcing(AuctionFrozen(auction_id=self.id, reason=why))

    def _sniped(self, now: datetime) -> datetime | None:
        if self.closes_at is None or not self.rules.anti_snipe_seconds:
            return self.closes_at
        return max(self.closes_at, now + timedelta(seconds=self.rules.anti_snipe_seconds))

    def _led(self, bid: Bid) -> tuple[tuple[Lead, ...], Bid, Mapping[UserId, Hold]]:
        """Who leads with the bid among the others, each raised as far as it takes (L-14); the bid so; what is held."""
        others = [lead.bid for lead in self.leads if lead.bid.user_id != bid.user_id]
        leads, beaten = allot([*others, bid], self.terms)
        raised = tuple(Lead(bid=_raised(lead.bid, beaten, self.terms), copies=lead.copies) for lead in leads)
        shown = next((lead.bid for lead in raised if lead.bid.user_id == bid.user_id), None)
        holds = dict.fromkeys((*self.concerned, bid.user_id), NOTHING_HELD)
        holds |= {lead.bid.user_id: held_by(lead) for lead in raised}
        return raised, shown or evolve(bid, amount=bid.ceiling), holds


@frozen(kw_only=True)
class FrozenAuction(RunningAuction):
    """An auction whose clock stands still: nobody bids, nothing is due, and what is held stays held (L-16)."""

    status: ClassVar = AuctionStatus.FROZEN
    frozen_at: datetime

    def resume(self, at: datetime) -> OpenAuction:
        """Open again, for as long as it had left."""
        now = self.after(at)
        stood = now - self.frozen_at
        closes_at = None if self.closes_at is None else max(self.closes_at + stood, now + timedelta(seconds=1))
        resumed = become(OpenAuction, self, closes_at=closes_at, last_at=now)
        return resumed.announcing(AuctionResumed(auction_id=self.id, closes_at=_told(closes_at)))


@frozen(kw_only=True)
class ClosedAuction(Auction):
    """An auction whose winners and prices are found, and that is to be awarded."""

    status: ClassVar = AuctionStatus.CLOSED
    settlement: Settlement = field(factory=Settlement)

    @property
    def holds(self) -> Mapping[UserId, Hold]:
        """What stays held until the award: the winners' prices, for all to see."""
        return {
            win.bid.user_id: Hold(shown=_all_copies(win.price, win.copies), copies=win.copies)
            for win in self.settlement.wins
        }

    def to_hold(self, bids: Iterable[Bid]) -> Mapping[UserId, Hold]:  # noqa: ARG002  # it is settled
        return self.holds

    def award(self, settlement: Settlement, awards: Sequence[AwardId], at: datetime) -> AwardedAuction:
        """Awarded to the winners of that settlement (another one than its own where bidders were passed over)."""
        awarded = become(AwardedAuction, self, settlement=settlement, last_at=self.after(at))
        return awarded.announcing(AuctionAwarded(auction_id=self.id, awards=tuple(awards)))


@frozen(kw_only=True)
class AwardedAuction(Auction):
    """An auction that is over: what it sold was handed out."""

    status: ClassVar = AuctionStatus.AWARDED
    settlement: Settlement = field(factory=Settlement)


@frozen(kw_only=True)
class CancelledAuction(Auction):
    """An auction that was called off; `settlement` is its result where it was closed, and so published, before."""

    status: ClassVar = AuctionStatus.CANCELLED
    reason: str = ""
    settlement: Settlement | None = None


def result_of(auction: Auction) -> Settlement | None:
    """What an auction came to, which is published; None of one that was never closed, also if it was called off."""
    return auction.settlement if isinstance(auction, ClosedAuction | AwardedAuction | CancelledAuction) else None


def become(kind: type[A], auction: Auction, **changed: object) -> A:
    """The auction in another state: all that both states know, and what the new one adds."""
    known = {each.name: getattr(auction, each.name) for each in fields(kind) if hasattr(auction, each.name)}
    return kind(**{**known, **changed})


def _without_ceiling(lead: Lead) -> Lead:
    return evolve(lead, bid=evolve(lead.bid, ceiling=lead.bid.amount))


def held_by(lead: Lead) -> Hold:
    """What a lead keeps reserved: what it shows for everybody to see, and the rest of its ceiling sealed (L-14)."""
    shown = _all_copies(lead.bid.amount, lead.copies)
    return Hold(shown=shown, sealed=_all_copies(lead.bid.ceiling, lead.copies) - shown, copies=lead.copies)


def _held_for(bid: Bid, mode: Mode) -> Hold:
    """What a bid keeps reserved where nobody leads: all that it offers, for all to see unless bids are sealed."""
    offered = _all_copies(bid.ceiling, bid.copies)
    if mode.is_sealed:
        return Hold(sealed=offered, copies=bid.copies)
    return Hold(shown=offered, copies=bid.copies)


def _able(bid: Bid, lead: Lead | None, purse: Purse, rules: Rules) -> Bid | None:
    """The bid as far as its bidder could still pay for it; None where that is less than what was bid.

    Who leads holds points for it: that much stands, and for further copies the purse decides.
    """
    means = purse.above(rules.to_leave).hundredths
    if lead is not None:
        reaches = lead.copies == bid.copies or means >= bid.ceiling.hundredths * bid.copies
        return lead.bid if reaches else evolve(lead.bid, copies=lead.copies)
    reach = Points(means // bid.copies)
    if reach < bid.amount:
        return None
    return bid if bid.ceiling <= reach else evolve(bid, ceiling=reach)


def _raised(bid: Bid, beaten: Sequence[Bid], terms: Terms) -> Bid:
    """The bid at the least that nobody of the beaten can go beyond, within its own ceiling.

    That is where an auction by hand ends whose price climbs step by step, until no more bidders are in than copies.
    """
    rivals = [other for other in beaten if other.user_id != bid.user_id]
    if not rivals or not same_group(bid, rivals[0], terms.rules):
        return bid
    least = least_above(bid, rivals[0], rivals[0].ceiling, terms.rules)
    most = bid.ceiling.hundredths
    amount = max(bid.amount.hundredths, min(most, most if least is None else least))
    return bid if amount == bid.amount.hundredths else evolve(bid, amount=Points(amount))


def _all_copies(amount: Points, copies: int) -> Points:
    return Points(amount.hundredths * copies)


def _end(begins: datetime, rules: Rules) -> datetime | None:
    seconds = rules.phases[0].seconds if rules.phases else rules.seconds
    return None if seconds is None else begins + timedelta(seconds=seconds)


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
