"""What was booked in a pool, from SQL, to be replayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, case, or_, select

from dkp_adapters.sql.batches import SqlTurnout
from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.raids import LINE_COLUMNS, RAID_COLUMNS, line_of, raid_of_row
from dkp_adapters.sql.statement import Statement, in_guild, json_values
from dkp_adapters.sql.tables.points import balances, entries
from dkp_adapters.sql.tables.raids import attendance, raids
from dkp_adapters.sql.views.guilds import SqlGuildsView
from dkp_adapters.sql.views.points import SqlPointsView
from dkp_adapters.sql.views.raids import SqlRaidsView, awards_in_pool, pool_pattern_of
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import PoolId, RaidId, UserId
from dkp_core.points import Bucket, EntryKind, PastEntry, SourceKind
from dkp_core.raids import Attendance, PastView, Raid

_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_BALANCES: Final = Statement(
    select(balances.c.user_id, balances.c.earned, balances.c.spent, balances.c.adjusted).where(
        in_guild(balances), balances.c.pool_id == _pool_id
    )
)
_is_imported: Final = and_(entries.c.actor_kind == ActorKind.IMPORT.value, entries.c.kind != EntryKind.IMPORT.value)
_booked_at: Final = case(
    (and_(_is_imported, entries.c.occurred_at < entries.c.recorded_at), entries.c.occurred_at),
    else_=entries.c.recorded_at,
)
_ENTRIES: Final = Statement(
    select(
        entries.c.id,
        entries.c.user_id,
        entries.c.kind,
        entries.c.bucket,
        entries.c.amount,
        entries.c.source_kind,
        entries.c.source_id,
        entries.c.source_part,
        entries.c.character_name,
        entries.c.occurred_at,
        entries.c.recorded_at,
        entries.c.reverses,
        entries.c.policies_version,
        case((_is_imported, 1), else_=0),
    )
    .where(
        in_guild(entries),
        entries.c.pool_id == _pool_id,
        or_(
            _booked_at >= bindparam("booked_since", type_=BigInteger),
            entries.c.occurred_at >= bindparam("occurred_since", type_=BigInteger),
        ),
    )
    .order_by(entries.c.id)
)
_is_wanted: Final = or_(
    raids.c.starts_at >= bindparam("starts_since", type_=BigInteger), raids.c.id.in_(json_values("named"))
)
_RAIDS: Final = Statement(
    select(*RAID_COLUMNS).where(in_guild(raids), awards_in_pool(), _is_wanted).order_by(raids.c.id)
)
_LINES: Final = Statement(
    select(*LINE_COLUMNS)
    .join_from(attendance, raids, (raids.c.guild_id == attendance.c.guild_id) & (raids.c.id == attendance.c.raid_id))
    .where(in_guild(attendance), in_guild(raids), awards_in_pool(), _is_wanted)
    .order_by(attendance.c.raid_id, attendance.c.tick, attendance.c.name_key)
)
_KINDS: Final[Mapping[str, EntryKind]] = {kind.value: kind for kind in EntryKind}
_BUCKETS: Final[Mapping[str, Bucket]] = {bucket.value: bucket for bucket in Bucket}
_SOURCES: Final[Mapping[str, SourceKind]] = {kind.value: kind for kind in SourceKind}


class SqlPastView(SqlRaidsView, SqlPointsView, SqlGuildsView, PastView):
    """Reads what was booked in a pool."""

    @property
    def turnout(self) -> SqlTurnout:
        return SqlTurnout(self.session)

    def past_balances(self, pool_id: PoolId) -> Mapping[UserId, tuple[int, int, int]]:
        rows = self.session.all(_BALANCES, pool_id=pool_id)
        return {user_id: (earned, -spent, adjusted) for user_id, earned, spent, adjusted in rows}

    def past_entries(
        self, pool_id: PoolId, *, booked_since: datetime, occurred_since: datetime
    ) -> tuple[PastEntry, ...]:
        rows = self.session.all(
            _ENTRIES,
            pool_id=pool_id,
            booked_since=micros(booked_since),
            occurred_since=micros(occurred_since),
        )
        return tuple(map(_entry, rows))

    def past_raids(
        self, pool_id: PoolId, *, starts_since: datetime, named: Collection[RaidId]
    ) -> tuple[tuple[Raid, tuple[Attendance, ...]], ...]:
        wanted = {
            "pool_pattern": pool_pattern_of(pool_id),
            "starts_since": micros(starts_since),
            "named": sorted(named),
        }
        found = [raid_of_row(row) for row in self.session.all(_RAIDS, **wanted)]
        lines: defaultdict[RaidId, list[Attendance]] = defaultdict(list)
        for row in self.session.all(_LINES, **wanted):
            lines[row[0]].append(line_of(row))
        return tuple((raid, tuple(lines[raid.id])) for raid in found)


def _entry(row: tuple[Any, ...]) -> PastEntry:
    (
        entry_id,
        user_id,
        kind,
        bucket,
        amount,
        source_kind,
        source_id,
        part,
        name,
        occurred_at,
        recorded_at,
        reverses,
        version,
        imported,
    ) = row
    return PastEntry(
        entry_id,
        user_id,
        _KINDS[kind],
        _BUCKETS[bucket],
        amount,
        _SOURCES[source_kind],
        source_id,
        part,
        name,
        moment_at(occurred_at),
        moment_at(recorded_at),
        reverses,
        version,
        bool(imported),
    )
