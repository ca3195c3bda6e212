"""Awards: of auctions, without one, from elsewhere; revoked, moved, returned (L-7 to L-9, L-17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import AuctionId, AwardId, BidId, ItemId, ItemPoolId, PoolId, RaidId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.loot.auction import Auction, AwardedAuction, ClosedAuction, RunningAuction
from dkp_core.loot.auctioning import pools_of, raid_of
from dkp_core.loot.award import Award
from dkp_core.loot.bid import Bid, BidOutcome, BidRecord, BidSource
from dkp_core.loot.bidding import Whose, schedule
from dkp_core.loot.cataloguing import known_item
from dkp_core.loot.errors import CannotPay, LootRefused, NobodyShares, NoWinner
from dkp_core.loot.item import Item
from dkp_core.loot.ports import AWARD_COLUMNS, LootView, LootWork
from dkp_core.loot.rules import Mode, Rules
from dkp_core.loot.settlement import Lead, Settlement, Win, allot, conclude, settle
from dkp_core.loot.sharing import Sharing, booked_for, shared_pools, sharing_of
from dkp_core.loot.status import AuctionStatus
from dkp_core.loot.views import AwardFilter, AwardRow
from dkp_core.points import Entry, Policies, book, numbered, take_back


@frozen
class AwardAuction:
    """Hand out what an auction sold: the price is deducted, loot and price history written, and the hold let go.

    An open auction is closed first. Without bids it goes to nobody, or to somebody for free. Who can't pay any more is
    refused, unless an officer lets the overbid through, or passes the bidder over for the next.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        auction_id: AuctionId,
        *,
        passing_over: Sequence[UserId] = (),
        to_nobody: bool = False,
        to: Whose | None = None,
        allow_overbid: bool = False,
        reason: str = "",
        by: Actor,
    ) -> tuple[Award, ...]:
        by.must(Permission.AUCTIONS_WRITE)
        at = self.clock.now()
        with self.begin(by) as work:
            auction = _to_award(work, work.auctions.get(auction_id), at)
            settlement = _without(work, auction, frozenset(passing_over))
            if (to_nobody or to) and settlement.wins:
                accepted = "neither: somebody won; pass the winners over first"
                raise InvalidValue("to", "it is said who gets it for free", accepted)
            if not (to_nobody or to or settlement.wins):
                raise NoWinner(auction_id)
            free = None if to is None else _receiver(work, to)
            answer = award_winners(
                work,
                auction,
                settlement,
                free=free,
                allow_overbid=allow_overbid,
                reason=reason,
                ids=self.ids,
                at=at,
                by=by,
            )
            if isinstance(answer, LootRefused) and auction.pending:
                # It is closed for good: its result is told with the refusal, and nobody bids on after that.
                work.auctions.save(auction)
        if isinstance(answer, LootRefused):
            raise answer
        return answer[1]


def _to_award(work: LootWork, auction: Auction, at: datetime) -> ClosedAuction:
    """The auction as closed: an open one is closed now. Raises: WrongStatus."""
    if isinstance(auction, RunningAuction):
        return closed(work, auction, at)
    if not isinstance(auction, ClosedAuction):
        raise auction.must_be(AuctionStatus.CLOSED)
    return auction


def closed(work: LootWork, auction: RunningAuction, at: datetime) -> ClosedAuction:
    """The auction, closed; it is to be saved. What is held for it is the winners' prices from now on."""
    after = auction.close(work.bids.standing(auction.id), at)
    work.holds.move(auction.id, auction.pool_id, work.holds.of(auction.id), after.holds)
    schedule(work, auction, after)
    return after


def _without(work: LootWork, auction: ClosedAuction, passed_over: frozenset[UserId]) -> Settlement:
    """The result as if these users had not bid."""
    if not passed_over:
        return auction.settlement
    bids = [bid for bid in work.bids.standing(auction.id) if bid.user_id not in passed_over]
    if auction.rules.mode is not Mode.OPEN:
        return settle(bids, auction.terms)
    # Who leads an open one keeps what was led, and what is left goes to the others by what everybody saw.
    wins = [win for win in auction.settlement.wins if win.bid.user_id not in passed_over]
    left = auction.quantity - sum(win.copies for win in wins)
    kept = []
    for win in wins:  # who asked for more copies than there were comes before who got none
        further = min(win.bid.copies - win.copies, left)
        left -= further
        kept.append(Lead(bid=win.bid, copies=win.copies + further))
    winners = {win.bid.user_id for win in wins}
    others = [evolve(bid, ceiling=bid.amount) for bid in bids if bid.user_id not in winners]
    more, beaten = allot(others, evolve(auction.terms, quantity=left))
    return conclude([*kept, *more], beaten, auction.terms)


def award_winners(
    work: LootWork,
    auction: ClosedAuction,
    settlement: Settlement,
    *,
    free: Receiver | None = None,
    allow_overbid: bool,
    reason: str,
    ids: Ids,
    at: datetime,
    by: Actor,
) -> tuple[AwardedAuction, tuple[Award, ...]] | CannotPay | NobodyShares:
    """Award a closed auction that is locked: the winners pay, and what nobody won goes to nobody, or to `free`.

    What is refused is answered, and nothing is written then.
    """
    winners = {win.bid.user_id for win in settlement.wins}
    try:
        pools = (auction.pool_id,) if winners else ()
        sharing = sharing_of(work, _policies(work, pools), auction.raid_id)
    except NobodyShares as refusal:
        return refusal
    # All at once, and so in one order: whoever awards beside this waits for the same balances.
    purses = work.holds.purses(auction.pool_id, auction.id, winners.union(sharing.users))
    overbids = set()
    for win in settlement.wins:
        purse = purses[win.bid.user_id]
        # Who holds the price has it, whatever else is held; who takes a passed winner's place needs it free.
        total = Points(win.price.hundredths * win.copies)
        # What a floor keeps was left when the bid was made; into debt nobody goes further than it allows.
        to_leave = auction.rules.to_leave
        holds_it = purse.here.points >= total
        means = purse.owing(min(to_leave, ZERO)) if holds_it else purse.as_seen.above(to_leave)
        if total > means:
            if not allow_overbid:
                return CannotPay(win.bid.user_id, total, means)
            overbids.add(win.bid.user_id)
    first = AwardId(ids.next("award", auction.quantity))
    copies = list(_copies(auction, settlement, free))
    awards = tuple(
        Award.make(
            AwardId(first + index),
            work.guild_id,
            item_id=auction.item_id,
            item_name=auction.item_name,
            auction_id=auction.id,
            raid_id=auction.raid_id,
            user_id=user_id,
            character_name=character,
            pools=(auction.pool_id,),
            price=price,
            because=reason or because,
            overbid=user_id in overbids,
            shared_with=sharing.users if price else (),
            at=auction.after(at),
            by=by,
        )
        for index, (user_id, character, price, because) in enumerate(copies)
    )
    awarded = auction.award(settlement, [award.id for award in awards], at)
    work.holds.move(auction.id, auction.pool_id, work.holds.of(auction.id), {})
    work.auctions.save(awarded)
    _write(work, awards, sharing, ids, by)
    return awarded, awards


_Copy = tuple[UserId | None, str, Points, str]


def _copies(auction: ClosedAuction, settlement: Settlement, free: Receiver | None) -> Iterator[_Copy]:
    """Who gets each copy, for which character, for how much and why."""
    left = auction.quantity
    for win in settlement.wins:
        left -= win.copies
        yield from [(win.bid.user_id, win.bid.character_name, win.price, _why(win))] * win.copies
    if free is not None:
        left -= 1
        yield free.user_id, free.character_name, ZERO, "nobody bid: given for free"
    yield from [(None, "", ZERO, "nobody bid for it")] * left


def _why(win: Win) -> str:
    return f"{win.bid.amount} was bid as {win.bid.tier}: {win.because}"


def _write(work: LootWork, awards: Sequence[Award], sharing: Sharing, ids: Ids, by: Actor) -> None:
    work.awards.save(*awards)
    entries = [entry for award in awards for entry in (*award.entries(0, by=by), *award.shares(sharing.pools, by=by))]
    book(work, numbered(entries, ids), ids=ids)


def _policies(work: LootWork, pools: Sequence[PoolId]) -> Mapping[PoolId, Policies]:
    return {pool_id: work.policies.of(pool_id).policies for pool_id in pools}


# --- without an auction -----------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Receiver:
    """Who gets an item, for which character."""

    user_id: UserId
    character_name: str


def _receiver(work: LootWork, whose: Whose) -> Receiver:
    """Who that is. Raises: NoSuch, InvalidValue for a character of somebody else."""
    bidder = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id, character=whose.character)
    if bidder is None:
        raise NoSuch("user", whose.said)
    if whose.character and not bidder.owns_character:
        accepted = "one of their characters, or none"
        raise InvalidValue("character", f"the user owns no character {whose.character[:64]!r}", accepted)
    return Receiver(user_id=bidder.user_id, character_name=bidder.character_name)


@frozen(kw_only=True)
class BidElsewhere:
    """A bid that was made elsewhere, as it is reported: by whom, or for which character, and how much."""

    whose: Whose
    amount: Points = field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.whose.said:
            accepted = "a discord_id, a user or a character"
            raise InvalidValue("bids", "one is nobody's", accepted)
        if self.amount <= ZERO:
            raise InvalidValue("bids", f"one is of {self.amount}", "amounts of more than 0")


@frozen
class AwardItem:
    """Award an item without an auction here: given by an officer, or the result of bidding done elsewhere.

    An item that nobody knew yet is entered; the bids made elsewhere are kept as bid history. It is paid from the pool
    named, or from those of the item pool named. More than what is available is refused, unless an officer lets the
    overbid through, which is flagged.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        *,
        item: str | None = None,
        item_id: ItemId | None = None,
        to: Whose | None,
        amount: Points,
        reason: str = "",
        raid_id: RaidId | None = None,
        pool_id: PoolId | None = None,
        item_pool_id: ItemPoolId | None = None,
        allow_overbid: bool = False,
        bids: Sequence[BidElsewhere] = (),
        by: Actor,
    ) -> Award:
        by.must(Permission.AUCTIONS_WRITE)
        if (item is None) == (item_id is None):
            raise InvalidValue("item", "the item is not named, or named twice", "a name, or the id of an item")
        if pool_id is not None and item_pool_id is not None:
            raise InvalidValue("item_pool", "a pool is named as well", "a pool, or an item pool")
        award_id = AwardId(self.ids.next("award"))
        at = self.clock.now()
        with self.begin(by) as work:
            given = work.items.get(item_id) if item_id is not None else known_item(work, self.ids, item or "")
            return award_directly(
                work,
                award_id,
                given,
                to=to,
                amount=amount,
                reason=reason,
                raid_id=raid_id,
                pool_id=pool_id,
                item_pool_id=item_pool_id,
                allow_overbid=allow_overbid,
                bids=bids,
                ids=self.ids,
                at=at,
                by=by,
            )


def award_directly(
    work: LootWork,
    award_id: AwardId,
    item: Item,
    *,
    to: Whose | None,
    amount: Points,
    reason: str,
    raid_id: RaidId | None,
    pool_id: PoolId | None,
    item_pool_id: ItemPoolId | None = None,
    allow_overbid: bool = False,
    bids: Sequence[BidElsewhere] = (),
    ids: Ids,
    at: datetime,
    by: Actor,
) -> Award:
    """Award an item that is locked, without an auction here. Raises: CannotPay, InvalidValue, NoSuch."""
    raid = raid_of(work, raid_id)
    if item_pool_id is None:
        pools = pools_of(work, item, raid, pool_id)
    else:
        pools = work.item_pools.get(item_pool_id).pools
    receiver = None if to is None else _receiver(work, to)
    policies = _policies(work, pools if receiver and amount > ZERO else ())
    sharing = sharing_of(work, policies, raid_id)
    auction_id = AuctionId(ids.next("auction")) if bids else None
    award = Award.make(
        award_id,
        work.guild_id,
        item_id=item.id,
        item_name=item.name,
        auction_id=auction_id,
        raid_id=raid_id,
        user_id=receiver.user_id if receiver else None,
        character_name=receiver.character_name if receiver else "",
        pools=pools,
        price=amount,
        because=reason,
        overbid=receiver is not None and _overbids(work, receiver.user_id, policies, sharing, amount, allow_overbid),
        shared_with=sharing.users,
        at=at,
        by=by,
    )
    if auction_id is not None:
        _keep_bids(work, auction_id, item, award, bids, ids=ids, at=at, by=by)
    _write(work, [award], sharing, ids, by)
    return award


def _overbids(
    work: LootWork,
    user_id: UserId,
    policies: Mapping[PoolId, Policies],
    sharing: Sharing,
    price: Points,
    allow_overbid: bool,
    given_back: Sequence[Entry] = (),
) -> bool:
    """Whether the price is over what is available, as everybody sees it. Raises: CannotPay unless that is allowed.

    `given_back` are entries that are about to be reversed. All whose balances will move are locked, in one order.
    """
    overbids = False
    moved = {entry.user_id for entry in given_back}
    for pool_id, policy in sorted(policies.items()):
        to_leave = work.house_rules.of(pool_id)[1].under(policy.floor).to_leave
        purse = work.holds.purses(pool_id, AuctionId(0), {user_id, *sharing.users, *moved})[user_id].as_seen
        back = sum(-each.amount.hundredths for each in given_back if (each.pool_id, each.user_id) == (pool_id, user_id))
        available = purse.above(to_leave, given_back=back)
        if price > available:
            if not allow_overbid:
                raise CannotPay(user_id, price, available)
            overbids = True
    return overbids


def _keep_bids(
    work: LootWork,
    auction_id: AuctionId,
    item: Item,
    award: Award,
    bids: Sequence[BidElsewhere],
    *,
    ids: Ids,
    at: datetime,
    by: Actor,
) -> None:
    """Keep bids that were made elsewhere, as an auction that is over."""
    first = ids.next("bid", len(bids))
    auction = AwardedAuction(
        id=auction_id,
        guild_id=work.guild_id,
        item_id=item.id,
        item_name=item.name,
        quantity=1,
        raid_id=award.raid_id,
        pool_id=award.pools[0] if award.pools else PoolId(0),
        rules=Rules(mode=Mode.ELSEWHERE),
        rules_version=0,
        opens_at=at,
        closes_at=at,
        seed=b"",
        bids=len(bids),
        last_at=at,
    )
    records = [_kept(work, auction, BidId(first + index), bid, at, by) for index, bid in enumerate(bids)]
    made = (record.bid for record in reversed(records) if record.bid and record.user_id == award.user_id)
    won = next(made, None)
    if won is not None:
        win = Win(bid=won, copies=1, price=award.price, because=award.because or "it was bid elsewhere")
        auction = evolve(auction, settlement=Settlement(wins=(win,)))
    work.auctions.save(auction)
    work.bids.append(records)


def _kept(work: LootWork, auction: Auction, bid_id: BidId, bid: BidElsewhere, at: datetime, by: Actor) -> BidRecord:
    whose = bid.whose
    found = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id, character=whose.character)
    name = whose.character or (found.character_name if found else "")
    made = None
    if found is not None:
        made = Bid(
            id=bid_id,
            auction_id=auction.id,
            user_id=found.user_id,
            character_id=found.character_id if found.owns_character else None,
            character_name=name,
            amount=bid.amount,
            ceiling=bid.amount,
            tier=found.tier,
            placed_at=at,
        )
    return BidRecord(
        id=bid_id,
        auction_id=auction.id,
        user_id=found.user_id if found else None,
        character_name=name,
        amount=bid.amount,
        ceiling=bid.amount,
        outcome=BidOutcome.ACCEPTED,
        bid=made,
        source=BidSource.ELSEWHERE,
        actor_kind=by.kind,
        actor_id=by.id,
        at=at,
    )


# --- afterwards -------------------------------------------------------------------------------------------------------


@frozen
class RevokeAward:
    """Take an award back: its entries are reversed, and the item counts as never awarded; nothing is deleted."""

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, award_id: AwardId, *, reason: str, by: Actor) -> Award:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            award = work.awards.get(award_id)
            revoked = award.revoke(reason=reason)
            work.awards.save(revoked)
            at = self.clock.now()
            take_back(work, booked_for(work, award), reason=reason.strip(), ids=self.ids, at=at, by=by)
        return revoked


@frozen
class MoveAward:
    """Give an awarded item to another member: the award is reversed and made anew, at its price unless another is set.

    More than what is available is refused, unless an officer lets the overbid through.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        award_id: AwardId,
        *,
        to: Whose,
        amount: Points | None = None,
        reason: str,
        allow_overbid: bool = False,
        by: Actor,
    ) -> Award:
        by.must(Permission.AUCTIONS_WRITE)
        new_id = AwardId(self.ids.next("award"))
        at = self.clock.now()
        with self.begin(by) as work:
            award = work.awards.get(award_id)
            receiver = _receiver(work, to)
            revoked = award.revoke(reason=reason, moved_to=new_id)
            price = award.price if amount is None else amount
            booked = booked_for(work, award)
            policies = _policies(work, award.pools if price > ZERO else ())
            sharing = sharing_of(work, policies, award.raid_id)
            moved = Award.make(
                new_id,
                work.guild_id,
                item_id=award.item_id,
                item_name=award.item_name,
                auction_id=award.auction_id,
                raid_id=award.raid_id,
                user_id=receiver.user_id,
                character_name=receiver.character_name,
                pools=award.pools,
                price=price,
                because=reason,
                overbid=_overbids(work, receiver.user_id, policies, sharing, price, allow_overbid, booked),
                moved_from=award_id,
                shared_with=sharing.users,
                at=at,
                by=by,
            )
            work.awards.save(revoked)
            take_back(work, booked, reason=reason.strip(), ids=self.ids, at=at, by=by)
            _write(work, [moved], sharing, self.ids, by)
        return moved


@frozen
class ReturnItem:
    """Take an awarded item back into the bank: the pool's rules say how much of its price is refunded."""

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, award_id: AwardId, *, reason: str, by: Actor) -> Award:
        by.must(Permission.AUCTIONS_WRITE)
        at = self.clock.now()
        with self.begin(by) as work:
            award = work.awards.get(award_id)
            refund = _rules_of(work, award).refund
            returned = award.give_back(refund, reason=reason)
            work.awards.save(returned)
            shared = shared_pools(work, award)
            back = award.shares_back(refund, shared, reason=reason, by=by, at=at)
            entries = [*award.refunds(0, refund, reason=reason, by=by, at=at), *back]
            book(work, numbered(entries, self.ids), ids=self.ids)
        return returned


def _rules_of(work: LootWork, award: Award) -> Rules:
    """What an award went by: its auction's rules, or without one those that its pool has now."""
    if award.auction_id is not None:
        auction = work.auctions.get(award.auction_id)
        if auction.rules.mode is not Mode.ELSEWHERE:
            return auction.rules
    return work.house_rules.of(award.pools[0])[1] if award.pools else Rules()


@frozen
class ListAwards:
    """The loot history, the newest first: filtered by item, raid, user, pool, status and external id, in pages."""

    read: Read[LootView]

    def __call__(self, wanted: AwardFilter, *, ordering: str = "", page: PageRequest, by: Actor) -> Page[AwardRow]:
        by.must(Permission.AUCTIONS_READ)
        orders = ordering_of(ordering, AWARD_COLUMNS)
        with self.read(by) as views:
            return views.awards(wanted, ordering=orders, page=page)


@frozen
class AwardsRevision:
    """A text that changes whenever the loot history or the items in it do; cheap to ask for.

    What people and characters are called now is not in it.
    """

    read: Read[LootView]

    def __call__(self, *, by: Actor) -> str:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.awards_revision()


@frozen
class ShowAward:
    """One award: who got the item, for how much and why."""

    read: Read[LootView]

    def __call__(self, award_id: AwardId, *, by: Actor) -> AwardRow:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.award(award_id)
