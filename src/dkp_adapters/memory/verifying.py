"""Recounting what is kept in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from attrs import frozen

from dkp_adapters.memory.tables import GuildTables, Snapshot
from dkp_core.kernel.ids import GuildId, PoolId, UserId
from dkp_core.points import Balance, Difference, Entry, Verification, Verifying


@frozen
class MemoryVerifying(Verifying):
    """Recounts the balances; nothing else is kept that could differ from what it adds up to."""

    look: Callable[[], Snapshot]

    def verify(self, progress: Callable[[str], None]) -> Verification:
        snapshot = self.look()
        differences: list[Difference] = []
        guilds = {guild_id: snapshot.of(guild_id) for guild_id in snapshot.installation.guilds}
        for guild_id, tables in guilds.items():
            progress(f"balances of guild {guild_id}")
            differences += _differences(guild_id, tables)
        return Verification(
            guilds=len(guilds),
            balances=sum(len(tables.balances) for tables in guilds.values()),
            entries=sum(len(tables.entries) for tables in guilds.values()),
            differences=tuple(differences),
        )


def _differences(guild_id: GuildId, tables: GuildTables) -> Iterator[Difference]:
    entries: defaultdict[tuple[PoolId, UserId], list[Entry]] = defaultdict(list)
    for entry in tables.entries.values():
        entries[entry.pool_id, entry.user_id].append(entry)
    for pool_id, user_id in sorted({*entries, *tables.balances}):
        kept = tables.balances.get((pool_id, user_id), Balance())
        counted = Balance(held=kept.held).moved_by(entries[pool_id, user_id])
        for what in ("earned", "spent", "adjusted"):
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
