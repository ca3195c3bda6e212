"""Recounting what is kept in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from attrs import frozen

from dkp_adapters.memory.loot import standing_bids
from dkp_adapters.memory.tables import GuildTables, Snapshot
from dkp_core.kernel.ids import AuctionId, AwardId, GuildId, PoolId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import NOTHING_HELD, PAID, AwardStatus, Hold
from dkp_core.points import Balance, Difference, Entry, EntryKind, Overbid, SourceKind, Verification, Verifying

_Payment = tuple[AwardId, UserId, PoolId]


@frozen
class MemoryVerifying(Verifying):
    """Recounts balances, holds and what awards cost; nothing else is kept that could differ from what it adds up to."""

    look: Callable[[], Snapshot]

    def verify(self, progress: Callable[[str], None]) -> Verification:
        snapshot = self.look()
        differences: list[Difference] = []
        overbids: list[Overbid] = []
        guilds = {guild_id: snapshot.of(guild_id) for guild_id in snapshot.installation.guilds}
        for guild_id, tables in guilds.items():
            progress(f"balances, holds and awards of guild {guild_id}")
            differences += differences_in(guild_id, tables)
            overbids += _overbids(guild_id, tables)
        return Verification(
            guilds=len(guilds),
            balances=sum(len(tables.balances) for tables in guilds.values()),
            entries=sum(len(tables.entries) for tables in guilds.values()),
            differences=tuple(differences),
            overbids=tuple(overbids),
        )


def differences_in(guild_id: GuildId, tables: GuildTables) -> Iterator[Difference]:
    """What does not add up in a guild."""
    yield from _of_balances(guild_id, tables)
    yield from _of_holds(guild_id, tables)
    yield from _of_awards(guild_id, tables)
    yield from _of_shares(guild_id, tables)


def _of_balances(guild_id: GuildId, tables: GuildTables) -> Iterator[Difference]:
    entries: defaultdict[tuple[PoolId, UserId], list[Entry]] = defaultdict(list)
    for entry in tables.entries.values():
        entries[entry.pool_id, entry.user_id].append(entry)
    shown: Counter[tuple[PoolId, UserId]] = Counter()
    for (_, user_id), held in tables.holds.items():
        shown[held.pool_id, user_id] += held.hold.shown.hundredths
    for pool_id, user_id in sorted({*entries, *shown, *tables.balances}):
        kept = tables.balances.get((pool_id, user_id), Balance())
        counted = Balance(held=Points(shown[pool_id, user_id])).moved_by(entries[pool_id, user_id])
        for what in ("earned", "spent", "adjusted", "held"):
            before, after = getattr(kept, what), getattr(counted, what)
            if before != after:
                yield Difference(
                    guild_id=guild_id,
                    what=what,
                    pool_id=pool_id,
                    user_id=user_id,
                    kept=str(before),
                    counted=str(after),
                )


def _of_holds(guild_id: GuildId, tables: GuildTables) -> Iterator[Difference]:
    """What is held against what the bids of each auction come to; of what is sealed it tells no amount (L-11)."""
    kept: defaultdict[AuctionId, dict[UserId, Hold]] = defaultdict(dict)
    for (auction_id, user_id), held in tables.holds.items():
        kept[auction_id][user_id] = held.hold
    for auction in tables.auctions.values():
        counted = auction.to_hold(standing_bids(tables, auction.id).values())
        for user_id in sorted({*kept[auction.id], *counted}):
            before, after = kept[auction.id].get(user_id, NOTHING_HELD), counted.get(user_id, NOTHING_HELD)
            if before != after:
                yield Difference(
                    guild_id=guild_id,
                    what=f"hold of auction {auction.id}",
                    pool_id=auction.pool_id,
                    user_id=user_id,
                    kept=before.told,
                    counted=after.told if before.sealed == after.sealed else "another, sealed",
                )


def _of_awards(guild_id: GuildId, tables: GuildTables) -> Iterator[Difference]:
    """What was booked for each award against its price, or nothing where it was taken back; refunds are beside it."""
    booked: Counter[_Payment] = Counter()
    for entry in tables.entries.values():
        if entry.kind is EntryKind.AWARD and entry.source.kind is SourceKind.AWARD:
            booked[AwardId(entry.source.id), entry.user_id, entry.pool_id] += entry.amount.hundredths
    due: Counter[_Payment] = Counter()
    for award in tables.awards.values():
        if award.user_id is not None and award.status in PAID:
            due.update({(award.id, award.user_id, pool_id): -award.price.hundredths for pool_id in award.pools})
    for award_id, user_id, pool_id in sorted({*booked, *due}):
        kept, counted = booked[award_id, user_id, pool_id], due[award_id, user_id, pool_id]
        if kept != counted:
            yield Difference(
                guild_id=guild_id,
                what=f"entries for award {award_id}",
                pool_id=pool_id,
                user_id=user_id,
                kept=str(Points(kept)),
                counted=str(Points(counted)),
            )


def _of_shares(guild_id: GuildId, tables: GuildTables) -> Iterator[Difference]:
    """What was paid for an item in a zero-sum pool, less refunds, against what those who share it got."""
    left: Counter[tuple[int, PoolId]] = Counter()
    shared = set()
    for entry in tables.entries.values():
        if entry.source.kind is SourceKind.AWARD:
            left[entry.source.id, entry.pool_id] += entry.amount.hundredths
            if entry.kind is EntryKind.SHARE:
                shared.add((entry.source.id, entry.pool_id))
    for award_id, pool_id in sorted(shared):
        if left[award_id, pool_id]:
            yield Difference(
                guild_id=guild_id,
                what=f"price and shares of award {award_id}",
                pool_id=pool_id,
                user_id=None,
                kept=str(Points(left[award_id, pool_id])),
                counted=str(ZERO),
            )


def _overbids(guild_id: GuildId, tables: GuildTables) -> Iterator[Overbid]:
    for award in sorted(tables.awards.values(), key=lambda award: award.id):
        if award.overbid and award.user_id is not None and award.status is AwardStatus.STANDING:
            for pool_id in award.pools:
                yield Overbid(
                    guild_id=guild_id, award_id=award.id, user_id=award.user_id, pool_id=pool_id, price=award.price
                )
