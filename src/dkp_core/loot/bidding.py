"""Bidding: placing, withdrawing, asking first (L-4, L-5, L-9, L-11 to L-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import AuctionId, BidId, PoolId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.period import Period, night_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.loot.auction import Auction, OpenAuction, Placed
from dkp_core.loot.bid import NOTHING_HELD, Bid, Bidder, BidOutcome, BidRecord, BidSource, Offer, Purse
from dkp_core.loot.judging import fitted, least_allowed, most_allowed
from dkp_core.loot.ports import Bidders, LootView, LootWork
from dkp_core.loot.refusals import BidRefused, OverAvailable, UnknownBidder
from dkp_core.loot.rules import Mode, Rules
from dkp_core.loot.tier import Tier
from dkp_core.points import SealedHoldsSeen, note_look, sees_sealed

ADVANCE_AUCTION: Final = "advance_auction"


@frozen(kw_only=True)
class Whose:
    """Whom a bid is for: a user, by id or Discord id, else who owns the character."""

    user_id: UserId | None = None
    discord_id: str | None = None
    character: str = ""

    @property
    def said(self) -> str:
        """As it was said, for who is nobody here."""
        return self.discord_id or (str(self.user_id) if self.user_id is not None else self.character)

    def asked_by(self, by: Actor) -> Whose:
        """Who it is when nobody is named: who asks. Raises: NotPermitted, InvalidValue where nobody is."""
        by.must(Permission.BIDS_WRITE, Permission.BIDS_OWN)
        if self.user_id is None and self.discord_id is None:
            if by.user_id is not None and not (self.character and by.may(Permission.BIDS_WRITE)):
                return evolve(self, user_id=by.user_id)
            if not self.character:
                accepted = "discord_id, or the name of one of the bidder's characters"
                raise InvalidValue("discord_id", "it is not said who bids", accepted)
        elif not by.may(Permission.BIDS_WRITE) and self.user_id != by.user_id and self.discord_id is None:
            raise NotPermitted(Permission.BIDS_WRITE)
        return self


def must_be_own(bidder: Bidder | None, by: Actor) -> None:
    """Refuse who bids for somebody else and may not. Raises: NotPermitted, also for who is nobody here."""
    if not by.may(Permission.BIDS_WRITE) and (bidder is None or bidder.user_id != by.user_id):
        raise NotPermitted(Permission.BIDS_WRITE)


@frozen(kw_only=True)
class PlacedBid:
    """A bid that was accepted. `leading` is None where bids are sealed, `receipt` is for those that are (L-15)."""

    bid_id: BidId
    auction: AuctionId
    user_id: UserId
    character: str
    amount: Points
    ceiling: Points | None
    copies: int
    available: Points
    leading: bool | None
    receipt: str | None
    closes_at: datetime | None
    placed_at: datetime


@frozen
class PlaceBid:
    """Bid on an open auction; the points offered are held while the bid leads, or until the close where it is sealed.

    With a ceiling, the system bids the least that leads, up to it. A bid that is refused is recorded with the reason.
    Bots with the scope for it, and officers, bid for members: by Discord id, user id or character.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        auction_id: AuctionId,
        *,
        amount: Points | None = None,
        ceiling: Points | None = None,
        copies: int = 1,
        tier: Tier | None = None,
        character: str = "",
        user_id: UserId | None = None,
        discord_id: str | None = None,
        by: Actor,
    ) -> PlacedBid:
        whose = Whose(user_id=user_id, discord_id=discord_id, character=_character(character)).asked_by(by)
        offer = Offer(amount=amount, ceiling=ceiling, copies=copies, tier=tier)
        source = BidSource.BOT if by.kind is ActorKind.BOT else BidSource.API
        with self.begin(by) as work:
            auction = work.auctions.get(auction_id)
            answer = bid_on(work, auction, offer, whose, source=source, ids=self.ids, at=self.clock.now(), by=by)
        return answer.or_raise(by)


@frozen(kw_only=True)
class Answer:
    """What became of a bid: it was placed, or refused; `auction` is as it stands then."""

    auction: Auction
    bidder: Bidder | None
    purse: Purse = field(default=Purse(current=ZERO), repr=False)
    placed: Placed | None = field(default=None, repr=False)
    refusal: BidRefused | None = field(default=None, repr=False)

    def refused(self, by: Actor) -> BidRefused | None:
        """Why it was refused, with no more numbers than who asks may know (L-11)."""
        refusal = self.refusal
        if not isinstance(refusal, OverAvailable) or self.bidder is None:
            return refusal
        knows = sees_sealed(by, self.bidder.user_id) or not self.purse.hides
        return refusal if knows else OverAvailable(refusal.auction, refusal.amount, None, refusal.floor)

    def or_raise(self, by: Actor) -> PlacedBid:
        """The bid that was placed. Raises: the refusal."""
        refusal = self.refused(by)
        if refusal is not None:
            raise refusal
        assert self.placed is not None, "it is one or the other"
        bid, auction = self.placed.bid, self.auction
        knows = sees_sealed(by, bid.user_id)
        purse = self.purse if knows else self.purse.as_seen
        held = self.placed.holds[bid.user_id]
        sealed = auction.rules.mode.is_sealed
        is_open = isinstance(auction, OpenAuction) and auction.rules.mode is Mode.OPEN
        return PlacedBid(
            bid_id=bid.id,
            auction=auction.id,
            user_id=bid.user_id,
            character=bid.character_name,
            amount=bid.amount,
            ceiling=bid.ceiling if knows and bid.ceiling != bid.amount else None,
            copies=bid.copies,
            available=purse.free - (held.points if knows else held.shown),
            leading=bid.user_id in auction.concerned if is_open else None,
            receipt=bid.made_as.receipt(auction.seed, bid.amount) if sealed else None,
            closes_at=auction.closes_at,
            placed_at=auction.last_at,
        )


def bid_on(
    work: LootWork,
    auction: Auction,
    offer: Offer,
    whose: Whose,
    *,
    source: BidSource,
    ids: Ids,
    at: datetime,
    by: Actor,
) -> Answer:
    """Judge a bid, and write down what it comes to: the bid and what it holds, or the refusal. The auction is locked.

    Raises: NotPermitted, InvalidValue where no amount is said; then nothing is written.
    """
    bid_id = BidId(ids.next("bid"))
    found = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id, character=whose.character)
    if source is not BidSource.STANDING:  # that one was its bidder's own when it was left
        must_be_own(found, by)
    if found is None:
        refusal: BidRefused = UnknownBidder(auction.id, whose.said)
        work.bids.append([_refused(bid_id, auction, None, whose.character, offer, refusal, source, at, by)])
        return Answer(auction=auction, bidder=None, refusal=refusal)
    purses = work.holds.purses(auction.pool_id, auction.id, auction.concerned | {found.user_id})
    purse = purses[found.user_id]
    if purse.hides and by.user_id != found.user_id and source is not BidSource.STANDING:
        # Whoever bids for a member learns of what is sealed, if only from being refused (L-11).
        work.announce(SealedHoldsSeen(user_id=found.user_id))
    bidder = informed(work.bidders, found, auction, _night(work, auction), at)
    if source is BidSource.STANDING:
        offer = fitted(offer, bidder, purse, auction.rules, auction.phase)
    own = work.bids.of(auction.id, bidder.user_id) if auction.rules.phases else None
    placed = auction.place(offer, bidder, purse, own=own, bid_id=bid_id, at=at)
    if isinstance(placed, BidRefused):
        name = bidder.character_name or whose.character
        work.bids.append([_refused(bid_id, auction, bidder.user_id, name, offer, placed, source, at, by)])
        return Answer(auction=auction, bidder=bidder, purse=purse, refusal=placed)
    when = placed.auction.last_at
    raised = [accepted(evolve(bid, id=BidId(ids.next("bid"))), BidSource.PROXY, when, by) for bid in placed.raised]
    work.bids.append([accepted(placed.bid, source, when, by), *raised])
    before = {user_id: purses[user_id].here for user_id in placed.holds}
    work.holds.move(auction.id, auction.pool_id, before, placed.holds)
    work.auctions.save(placed.auction)
    schedule(work, auction, placed.auction)
    return Answer(auction=placed.auction, bidder=bidder, purse=purse, placed=placed)


def bid_seen(work: LootWork, auction: Auction, offer: Offer, whose: Whose, *, at: datetime) -> Answer:
    """How a bid would be judged by what everybody sees: nothing is written, nothing that is sealed counts (L-11)."""
    found = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id, character=whose.character)
    if found is None:
        return Answer(auction=auction, bidder=None, refusal=UnknownBidder(auction.id, whose.said))
    purse = work.holds.purses(auction.pool_id, auction.id, {found.user_id})[found.user_id].as_seen
    bidder = informed(work.bidders, found, auction, _night(work, auction), at, sealed=False)
    own = work.bids.of(auction.id, bidder.user_id) if auction.rules.phases else None
    placed = auction.as_seen.place(offer, bidder, purse, own=own, bid_id=BidId(0), at=at)
    if isinstance(placed, BidRefused):
        return Answer(auction=auction, bidder=bidder, purse=purse, refusal=placed)
    return Answer(auction=placed.auction, bidder=bidder, purse=purse, placed=placed)


def schedule(work: LootWork, before: Auction | None, after: Auction) -> None:
    """See to it that the auction moves at its time, and no more at an earlier one."""
    key = f"auction:{after.id}"
    was = None if before is None else before.due_at
    if after.due_at == was:
        return
    if after.due_at is None:
        work.deadlines.cancel(key)
    else:
        work.deadlines.set(key, ADVANCE_AUCTION, after.due_at, {"auction_id": after.id})


def informed(
    bidders: Bidders, bidder: Bidder, auction: Auction, night: Period | None, at: datetime, *, sealed: bool = True
) -> Bidder:
    """The bidder with what the auction's rules ask about, and nothing that they don't; `sealed` as for `wins`."""
    rules = auction.rules
    if rules.needs_attendance:
        bidder = evolve(bidder, attendance=bidders.attendance(bidder.user_id, rules.attendance_days, at))
    if rules.attendees_only:
        there = auction.raid_id is not None and bidders.attended(bidder.user_id, auction.raid_id)
        bidder = evolve(bidder, attended=there)
    if night is not None:
        wins = bidders.wins(
            bidder.user_id, auction.pool_id, raid_id=auction.raid_id, night=night, but=auction.id, sealed=sealed
        )
        bidder = evolve(bidder, wins=wins)
    return bidder


def _night(work: LootWork, auction: Auction) -> Period | None:
    if not auction.rules.limits:
        return None
    guild = work.guilds.named(str(work.guild_id))
    assert guild is not None, "work is in a guild"
    return night_of(auction.opens_at, guild.timezone)


def _character(name: str) -> str:
    return clean_text(name, "character", length_max=64)


def _refused(
    bid_id: BidId,
    auction: Auction,
    user_id: UserId | None,
    character: str,
    offer: Offer,
    refusal: BidRefused,
    source: BidSource,
    at: datetime,
    by: Actor,
) -> BidRecord:
    said = next((points for points in (offer.amount, offer.ceiling) if points is not None), ZERO)
    return BidRecord(
        id=bid_id,
        auction_id=auction.id,
        user_id=user_id,
        character_name=character,
        amount=said,
        ceiling=said if offer.ceiling is None else offer.ceiling,
        outcome=BidOutcome.REFUSED,
        refusal=refusal.code,
        reason=refusal.sentence,
        source=source,
        actor_kind=by.kind,
        actor_id=by.id,
        at=auction.after(at),
    )


def accepted(bid: Bid, source: BidSource, at: datetime, by: Actor) -> BidRecord:
    """What is kept of a bid that stands."""
    return BidRecord(
        id=bid.id,
        auction_id=bid.auction_id,
        user_id=bid.user_id,
        character_name=bid.character_name,
        amount=bid.amount,
        ceiling=bid.ceiling,
        outcome=BidOutcome.ACCEPTED,
        bid=bid,
        source=source,
        actor_kind=by.kind,
        actor_id=by.id,
        at=at,
    )


@frozen
class WithdrawBid:
    """Take a bid back: a sealed one until the close, an open one only while it does not lead."""

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        auction_id: AuctionId,
        *,
        user_id: UserId | None = None,
        discord_id: str | None = None,
        character: str = "",
        by: Actor,
    ) -> None:
        whose = Whose(user_id=user_id, discord_id=discord_id, character=_character(character)).asked_by(by)
        with self.begin(by) as work:
            auction = work.auctions.get(auction_id)
            refusal = withdraw_from(work, auction, whose, ids=self.ids, at=self.clock.now(), by=by)
            if refusal is not None:
                raise refusal


def withdraw_from(
    work: LootWork, auction: Auction, whose: Whose, *, ids: Ids, at: datetime, by: Actor
) -> BidRefused | None:
    """Withdraw a bid, or tell why not; the auction is locked. Raises: NotPermitted."""
    bidder = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id, character=whose.character)
    must_be_own(bidder, by)
    if bidder is None:
        return UnknownBidder(auction.id, whose.said)
    own = work.bids.of(auction.id, bidder.user_id)
    withdrawn = auction.withdraw(bidder.user_id, own=own, at=at)
    if isinstance(withdrawn, BidRefused):
        return withdrawn
    assert own is not None, "without a bid there is nothing to withdraw"
    held = work.holds.purses(auction.pool_id, auction.id, {bidder.user_id})[bidder.user_id].here
    record = evolve(
        accepted(own, BidSource.BOT if by.kind is ActorKind.BOT else BidSource.API, withdrawn.last_at, by),
        id=BidId(ids.next("bid")),
        outcome=BidOutcome.WITHDRAWN,
        bid=None,
    )
    work.bids.append([record])
    work.holds.move(auction.id, auction.pool_id, {bidder.user_id: held}, {bidder.user_id: NOTHING_HELD})
    work.auctions.save(withdrawn)
    return None


@frozen(kw_only=True)
class BidCheck:
    """Whether a bid would stand now: if not, by which rule. `minimum` is None where nothing that they bid can lead."""

    valid: bool
    code: str | None
    rule: str | None
    detail: str | None
    minimum: Points | None
    maximum: Points
    available: Points


@frozen
class ValidateBid:
    """Say whether a bid would stand right now; nothing is held, and nothing promised.

    What sealed bids hold counts for the bidder, and for bots that bid for members, which is noted in the audit log.
    """

    read: Read[LootView]
    begin: Begin[LootWork]
    clock: Clock

    def __call__(
        self,
        auction_id: AuctionId,
        *,
        amount: Points | None = None,
        ceiling: Points | None = None,
        copies: int = 1,
        tier: Tier | None = None,
        character: str = "",
        user_id: UserId | None = None,
        discord_id: str | None = None,
        by: Actor,
    ) -> BidCheck:
        whose = Whose(user_id=user_id, discord_id=discord_id, character=_character(character)).asked_by(by)
        offer = Offer(amount=amount, ceiling=ceiling, copies=copies, tier=tier)
        now = self.clock.now()
        with self.read(by) as views:
            found = views.bidding(
                auction_id,
                user_id=whose.user_id,
                discord_id=whose.discord_id,
                character=whose.character,
                sealed=(whose.user_id is not None and sees_sealed(by, whose.user_id)) or by.kind is ActorKind.BOT,
                at=now,
            )
        must_be_own(found.bidder, by)
        if found.bidder is None:
            return _check(UnknownBidder(auction_id, whose.said), None, ZERO, ZERO)
        purse, auction = found.purse, found.auction
        if not sees_sealed(by, found.bidder.user_id):
            purse, auction = purse.as_seen, auction.as_seen
        elif purse.hides:
            note_look(self.begin, found.bidder.user_id, by)
        judged = auction.place(offer, found.bidder, purse, own=found.own, bid_id=BidId(0), at=now)
        least = least_allowed(
            found.bidder,
            purse,
            terms=auction.terms,
            phase=auction.phase,
            leads=auction.leads,
            own=found.own,
            at=now,
        )
        most = most_allowed(found.bidder, purse, auction.rules)
        return _check(judged if isinstance(judged, BidRefused) else None, least, most, purse.free)


def _check(refusal: BidRefused | None, minimum: Points | None, maximum: Points, available: Points) -> BidCheck:
    return BidCheck(
        valid=refusal is None,
        code=refusal.code if refusal else None,
        rule=refusal.rule if refusal else None,
        detail=refusal.sentence if refusal else None,
        minimum=minimum,
        maximum=maximum,
        available=available,
    )


@frozen(kw_only=True)
class MaxBid:
    """The most that a user could bid in a pool, or on an auction within its caps."""

    user_id: UserId
    pool_id: PoolId
    auction: AuctionId | None
    current: Points
    held: Points
    available: Points
    max_bid: Points


@frozen
class ShowMaxBid:
    """The most that a user could bid now: on an auction within its rules, or in a pool; of the holds that are sealed

    only the user, and bots that bid for members, are told.
    """

    read: Read[LootView]
    begin: Begin[LootWork]
    clock: Clock

    def __call__(
        self,
        *,
        auction_id: AuctionId | None = None,
        pool_id: PoolId | None = None,
        user_id: UserId | None = None,
        discord_id: str | None = None,
        by: Actor,
    ) -> MaxBid:
        if user_id is None and discord_id is None:
            user_id = by.user_id
        by.must(Permission.BIDS_WRITE, Permission.POINTS_READ)
        with self.read(by) as views:
            whose = views.user_with(user_id=user_id, discord_id=discord_id)
            if auction_id is not None:
                found = views.bidding(
                    auction_id, user_id=whose, discord_id=None, character="", sealed=False, at=self.clock.now()
                )
                pool, purse, bidder, rules = found.auction.pool_id, found.purse, found.bidder, found.auction.rules
            else:
                pool, rules = views.latest_rules(pool_id)
                purse, bidder = views.purse(whose, pool), None
        if not sees_sealed(by, whose):
            purse = purse.as_seen
        elif purse.hides:
            note_look(self.begin, whose, by)
        return MaxBid(
            user_id=whose,
            pool_id=pool,
            auction=auction_id,
            current=purse.current,
            held=purse.held.points,
            available=purse.current - purse.held.points,
            max_bid=_most(purse, bidder, rules),
        )


def _most(purse: Purse, bidder: Bidder | None, rules: Rules) -> Points:
    return max(ZERO, purse.above(rules.to_leave)) if bidder is None else most_allowed(bidder, purse, rules)
