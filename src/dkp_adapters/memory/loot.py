"""Items, house rules, auctions, bids, what they hold, awards and lines of chat in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_adapters.memory.tables import Dated, GuildTables, Held
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    NOTHING_HELD,
    RUNNING,
    Auction,
    Auctions,
    AuctionStatus,
    Award,
    AwardDraft,
    AwardDrafts,
    Awards,
    AwardStatus,
    Bid,
    BidOutcome,
    BidRecord,
    Bids,
    BidSource,
    ChatGrammar,
    ChatGrammars,
    ChatLines,
    DraftStatus,
    Hold,
    Holds,
    HouseRules,
    Item,
    Items,
    Purse,
    Rules,
    StandingBid,
    StandingBids,
)
from dkp_core.points import Balance, BalanceOutOfRange
from dkp_core.raids import RaidStatus


@frozen
class MemoryItems(Items):
    """The guild's items."""

    session: Session

    def get(self, item_id: ItemId) -> Item:
        item = self.session.tables.items.get(item_id)
        if item is None:
            raise NoSuch("item", item_id)
        return item

    def named(self, name: str) -> Item | None:
        key, items = name_key(name), self.session.tables.items.values()
        return next((item for item in items if name_key(item.name) == key), None)

    def known(self, names: Collection[str]) -> Mapping[str, ItemId]:
        items = sorted(self.session.tables.items.values(), key=lambda item: item.id, reverse=True)
        by_name, by_external_id = (
            {name_key(item.name): item.id for item in items},
            {item.external_id: item.id for item in items},
        )
        found = {name: by_name.get(name_key(name)) or (by_external_id.get(name) if name else None) for name in names}
        return {name: item_id for name, item_id in found.items() if item_id is not None}

    def save(self, item: Item) -> None:
        other = self.named(item.name)
        if other is not None and other.id != item.id:
            raise NameTaken("item", item.name)
        self.session.save(self.session.tables.items, item.id, item)

    def remove(self, item: Item) -> bool:
        tables = self.session.tables
        sold = (auction.item_id for auction in tables.auctions.values())
        if item.id in (*sold, *(award.item_id for award in tables.awards.values())):
            return False
        self.session.remove(tables.items, item.id, item)
        for key in [key for key in tables.standing_bids if key[0] == item.id]:
            tables.standing_bids.drop(key)
        return True


@frozen
class MemoryHouseRules(HouseRules):
    """The rules of the guild's pools."""

    session: Session

    def of(self, pool_id: PoolId) -> tuple[int, Rules]:
        versions = rules_of(self.session.tables, pool_id)
        latest = max(versions, default=0)
        return latest, versions[latest].value if versions else Rules()

    def append(self, pool_id: PoolId, version: int, rules: Rules, event: DomainEvent) -> None:
        kept = self.session.tables.house_rules
        if (pool_id, version) in kept:
            raise Stale(f"version {version} of the rules of pool {pool_id} was made by somebody else first")
        kept.put((pool_id, version), Dated(rules, self.session.now))
        self.session.announce(event)


def rules_of(tables: GuildTables, pool_id: PoolId) -> Mapping[int, Dated[Rules]]:
    """Every version of a pool's rules, by its number."""
    return {version: kept for (of_pool, version), kept in tables.house_rules.items() if of_pool == pool_id}


@frozen
class MemoryChatGrammars(ChatGrammars):
    """How the guild says bids in chat."""

    session: Session

    def latest(self) -> tuple[int, ChatGrammar]:
        kept = self.session.tables.chat_grammars
        latest = max(kept, default=0)
        return latest, kept[latest].value if kept else ChatGrammar()

    def append(self, version: int, grammar: ChatGrammar, event: DomainEvent) -> None:
        kept = self.session.tables.chat_grammars
        if version in kept:
            raise Stale(f"version {version} of the chat grammar was made by somebody else first")
        kept.put(version, Dated(grammar, self.session.now))
        self.session.announce(event)


@frozen
class MemoryAuctions(Auctions):
    """The guild's auctions."""

    session: Session

    def get(self, auction_id: AuctionId) -> Auction:
        auction = self.session.tables.auctions.get(auction_id)
        if auction is None:
            raise NoSuch("auction", auction_id)
        return auction

    def selling(self, item_id: ItemId, raid_id: RaidId | None) -> tuple[AuctionId, ...]:
        return tuple(
            auction.id
            for auction in self._in_order()
            if auction.status in RUNNING
            and auction.item_id == item_id
            and (raid_id is None or auction.raid_id in (None, raid_id))
        )

    def open(self) -> tuple[tuple[AuctionId, str], ...]:
        return tuple(
            (auction.id, auction.item_name) for auction in self._in_order() if auction.status is AuctionStatus.OPEN
        )

    def running(self) -> tuple[AuctionId, ...]:
        return tuple(auction.id for auction in self._in_order() if auction.status in RUNNING)

    def save(self, auction: Auction) -> None:
        self.session.save(self.session.tables.auctions, auction.id, auction)

    def _in_order(self) -> list[Auction]:
        return sorted(self.session.tables.auctions.values(), key=lambda auction: auction.id)


@frozen
class MemoryBids(Bids):
    """The bids of the guild."""

    session: Session

    def append(self, records: Sequence[BidRecord]) -> None:
        for record in records:
            assert record.id not in self.session.tables.bids, "a bid is made once"
            self.session.tables.bids.put(record.id, record)

    def standing(self, auction_id: AuctionId) -> tuple[Bid, ...]:
        found = standing_bids(self.session.tables, auction_id)
        return tuple(found[user_id] for user_id in sorted(found))

    def made_for(self, auction_id: AuctionId) -> Mapping[UserId, Points]:
        return {
            record.bid.user_id: record.amount
            for record in self.session.tables.bids.values()
            if record.auction_id == auction_id and record.bid is not None and record.source is not BidSource.PROXY
        }

    def of(self, auction_id: AuctionId, user_id: UserId) -> Bid | None:
        return standing_bids(self.session.tables, auction_id).get(user_id)


def standing_bids(tables: GuildTables, auction_id: AuctionId) -> Mapping[UserId, Bid]:
    """Each bidder's last accepted bid in an auction, unless it was withdrawn since."""
    found: dict[UserId, Bid] = {}
    for record in tables.bids.values():
        if record.auction_id == auction_id and record.user_id is not None:
            if record.outcome is BidOutcome.WITHDRAWN:
                found.pop(record.user_id, None)
            elif record.bid is not None:
                found[record.user_id] = record.bid
    return found


@frozen
class MemoryHolds(Holds):
    """What bids keep reserved; balances keep what everybody may see of it, the rest is counted when asked for."""

    session: Session

    def purses(self, pool_id: PoolId, auction_id: AuctionId, users: Collection[UserId]) -> Mapping[UserId, Purse]:
        tables = self.session.tables
        for user_id in sorted(users):
            if (pool_id, user_id) not in tables.balances:
                tables.balances.put((pool_id, user_id), Balance())
        return {user_id: purse_of(tables, pool_id, user_id, auction_id) for user_id in sorted(users)}

    def of(self, auction_id: AuctionId) -> Mapping[UserId, Hold]:
        held = self.session.tables.holds.items()
        return {user_id: each.hold for (of_auction, user_id), each in held if of_auction == auction_id}

    def move(
        self, auction_id: AuctionId, pool_id: PoolId, before: Mapping[UserId, Hold], after: Mapping[UserId, Hold]
    ) -> None:
        tables = self.session.tables
        for user_id in {*before, *after}:
            was, becomes = before.get(user_id, NOTHING_HELD), after.get(user_id, NOTHING_HELD)
            kept = tables.holds.get((auction_id, user_id), Held(pool_id, NOTHING_HELD))
            assert kept.hold == was, "what is told of before is what is held"
            if becomes == NOTHING_HELD:
                tables.holds.drop((auction_id, user_id))
            else:
                tables.holds.put((auction_id, user_id), Held(pool_id, becomes))
            try:
                balance = tables.balances.get((pool_id, user_id), Balance())
                held = balance.held + (becomes.shown - was.shown)
                tables.balances.put((pool_id, user_id), evolve(balance, held=held))
                _ = purse_of(tables, pool_id, user_id, None).free
            except InvalidValue as beyond:
                raise BalanceOutOfRange(pool_id, user_id) from beyond


def purse_of(tables: GuildTables, pool_id: PoolId, user_id: UserId, auction_id: AuctionId | None) -> Purse:
    """What a user has in a pool, and of it what is held in that auction."""
    held = dict(holds_of(tables, user_id))
    here = None if auction_id is None else held.get(auction_id)
    in_pool = [each.hold for each in held.values() if each.pool_id == pool_id]
    return Purse(
        current=tables.balances.get((pool_id, user_id), Balance()).current,
        held=Hold(
            shown=Points(sum(hold.shown.hundredths for hold in in_pool)),
            sealed=Points(sum(hold.sealed.hundredths for hold in in_pool)),
        ),
        here=NOTHING_HELD if here is None else here.hold,
    )


def holds_of(tables: GuildTables, user_id: UserId) -> Iterator[tuple[AuctionId, Held]]:
    """What a user's bids hold, with the auctions they hold it in."""
    return ((auction_id, held) for (auction_id, holder), held in tables.holds.items() if holder == user_id)


@frozen
class MemoryAwards(Awards):
    """The guild's awards."""

    session: Session

    def get(self, award_id: AwardId) -> Award:
        award = self.session.tables.awards.get(award_id)
        if award is None:
            raise NoSuch("award", award_id)
        return award

    def standing_since(self, item_id: ItemId, since: datetime) -> tuple[Award, ...]:
        return tuple(
            award
            for award in sorted(self.session.tables.awards.values(), key=lambda award: award.id)
            if award.item_id == item_id and award.status is AwardStatus.STANDING and award.awarded_at >= since
        )

    def standing_at(self, raid_id: RaidId) -> tuple[Award, ...]:
        return tuple(
            award
            for award in sorted(self.session.tables.awards.values(), key=lambda award: award.id)
            if award.raid_id == raid_id and award.status is AwardStatus.STANDING
        )

    def shared_at(self, raid_id: RaidId) -> tuple[Award, ...]:
        return tuple(
            award
            for award in sorted(self.session.tables.awards.values(), key=lambda award: award.id)
            if award.raid_id == raid_id and award.status is AwardStatus.STANDING and award.shared_with
        )

    def save(self, *awards: Award) -> None:
        for award in awards:
            self.session.save(self.session.tables.awards, award.id, award)


@frozen
class MemoryAwardDrafts(AwardDrafts):
    """What files tell of loot."""

    session: Session

    def get(self, draft_id: AwardDraftId) -> AwardDraft:
        draft = self.session.tables.award_drafts.get(draft_id)
        if draft is None:
            raise NoSuch("award draft", draft_id)
        return draft

    def drafted(self, raid_id: RaidId, fingerprints: Sequence[str]) -> Mapping[str, RaidId]:
        wanted = frozenset(fingerprints)
        tables = self.session.tables
        found: dict[str, RaidId] = {}
        for each in sorted(tables.award_drafts.values(), key=lambda draft: (draft.raid_id != raid_id, draft.id)):
            counts = each.raid_id == raid_id or (
                each.status is not DraftStatus.DISMISSED
                and tables.raids[each.raid_id].status is not RaidStatus.CANCELLED
            )
            if each.fingerprint in wanted and counts:
                found.setdefault(each.fingerprint, each.raid_id)
        return found

    def of_user(self, user_id: UserId) -> tuple[AwardDraft, ...]:
        theirs = (each for each in self.session.tables.award_drafts.values() if each.user_id == user_id)
        return tuple(sorted(theirs, key=lambda draft: draft.id))

    def append(self, drafts: Sequence[AwardDraft], event: DomainEvent) -> None:
        for draft in drafts:
            if self.drafted(draft.raid_id, [draft.fingerprint]).get(draft.fingerprint) == draft.raid_id:
                raise Stale("somebody else drafted it first")
            self.session.save(self.session.tables.award_drafts, draft.id, draft)
        self.session.announce(event)

    def save(self, draft: AwardDraft) -> None:
        self.session.save(self.session.tables.award_drafts, draft.id, draft)


@frozen
class MemoryStandingBids(StandingBids):
    """Bids that wait for their auction."""

    session: Session

    def of_item(self, item_id: ItemId) -> tuple[StandingBid, ...]:
        waiting = (bid for bid in self.session.tables.standing_bids.values() if bid.item_id == item_id)
        return tuple(sorted(waiting, key=lambda bid: (bid.left_at, bid.user_id)))

    def of_user(self, user_id: UserId) -> tuple[StandingBid, ...]:
        left = (bid for bid in self.session.tables.standing_bids.values() if bid.user_id == user_id)
        return tuple(sorted(left, key=lambda bid: bid.item_id))

    def find(self, item_id: ItemId, user_id: UserId) -> StandingBid | None:
        return self.session.tables.standing_bids.get((item_id, user_id))

    def put(self, bid: StandingBid, event: DomainEvent) -> None:
        self.session.tables.standing_bids.put((bid.item_id, bid.user_id), bid)
        self.session.announce(event)

    def remove(self, bids: Sequence[StandingBid], *events: DomainEvent) -> None:
        for bid in bids:
            self.session.tables.standing_bids.drop((bid.item_id, bid.user_id))
        self.session.announce(*events)


@frozen
class MemoryChatLines(ChatLines):
    """Lines of chat that were applied."""

    session: Session

    def applied(self, fingerprints: Sequence[str]) -> frozenset[str]:
        return frozenset(each for each in fingerprints if each in self.session.tables.chat_lines)

    def append(self, fingerprints: Sequence[str]) -> None:
        kept = self.session.tables.chat_lines
        if any(each in kept for each in fingerprints):
            raise Stale("one of these lines was applied by somebody else first")
        for each in fingerprints:
            kept.put(each, self.session.now)
