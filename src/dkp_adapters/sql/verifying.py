"""Recounting what is kept: every balance, count and summary against what it adds up to (P-3, D-9).

The databases do the adding up and answer only what differs, so that it takes no more memory however long the ledger is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import define, field, frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from dkp_adapters.sql.attendance_summaries import IS_SUMMED_UP
from dkp_adapters.sql.auctions import AUCTION_COLUMNS, STANDING, auction_of, bid_of
from dkp_adapters.sql.engine import Connection, Engine
from dkp_adapters.sql.heads import is_merged_away, with_heads
from dkp_adapters.sql.holds import hold_of
from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.snapshot import snapshot
from dkp_adapters.sql.statement import Statement, in_guild, int_sum, number_in
from dkp_adapters.sql.tables.accounts import memberships
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.loot import auctions, awards, holds
from dkp_adapters.sql.tables.merges import merged_users, merges
from dkp_adapters.sql.tables.points import adjustments, balances, entries, pools
from dkp_adapters.sql.tables.raids import (
    NEVER,
    attendance,
    attendance_totals,
    attended,
    raid_totals,
    raids,
    unresolved_names,
)
from dkp_adapters.sql.tables.recruitment import vote_changes, votes
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.points import Points
from dkp_core.loot import NOTHING_HELD, PAID, AwardStatus
from dkp_core.points import (
    FOR_GOOD,
    Bucket,
    Difference,
    EntryKind,
    Merged,
    MergeKind,
    Overbid,
    SourceKind,
    Verification,
    Verifying,
    heads,
)
from dkp_core.raids import RaidStatus

RAIDS_AT_ONCE: Final = 500

_nothing: Final = literal(0, BigInteger)


def _differing(
    kept: Select[Any],
    counted: Select[Any],
    key: Sequence[str],
    numbers: Sequence[str],
    together: Callable[[ColumnElement[int]], ColumnElement[int]] = int_sum,
) -> Statement:
    """What is kept beside what is counted, by key, where a number differs; both queries name key and numbers.

    A number of several rows of a key is their sum, or what else they come to together.
    """
    sides = {"kept": kept.subquery("kept"), "counted": counted.subquery("counted")}
    both = union_all(
        *(
            select(
                *(rows.c[name] for name in key),
                *(
                    (rows.c[name] if of_side == side else _nothing).label(f"{of_side}_{name}")
                    for of_side in sides
                    for name in numbers
                ),
            )
            for side, rows in sides.items()
        )
    ).subquery("both_sides")
    sums = {name: together(both.c[name]) for side in sides for name in (f"{side}_{number}" for number in numbers)}
    return Statement(
        select(*(both.c[name] for name in key), *sums.values())
        .prefix_with("SQL_BIG_RESULT", dialect="mysql")  # sorted: MariaDB is slow to look for each row's group
        .group_by(*(both.c[name] for name in key))
        .having(or_(*(sums[f"kept_{name}"] != sums[f"counted_{name}"] for name in numbers)))
        .order_by(*(both.c[name] for name in key))
    )


# --- balances ---------------------------------------------------------------------------------------------------------

BALANCE_NUMBERS: Final = ("earned", "spent", "adjusted", "held", "sealed", "entries")


def _sum_of(bucket: Bucket) -> ColumnElement[int]:
    return int_sum(case((entries.c.bucket == bucket.value, entries.c.amount), else_=0))


_sums_of_entries: Final = (
    select(
        entries.c.pool_id,
        entries.c.user_id,
        _sum_of(Bucket.EARNED).label("earned"),
        (-_sum_of(Bucket.SPENT)).label("spent"),
        _sum_of(Bucket.ADJUSTED).label("adjusted"),
        _nothing.label("held"),
        _nothing.label("sealed"),
        func.count().label("entries"),
    )
    .where(in_guild(entries))
    .group_by(entries.c.pool_id, entries.c.user_id)
)
_sums_of_holds: Final = (
    select(
        holds.c.pool_id,
        holds.c.user_id,
        _nothing,
        _nothing,
        _nothing,
        int_sum(holds.c.shown),
        int_sum(holds.c.sealed),
        _nothing,
    )
    .where(in_guild(holds))
    .group_by(holds.c.pool_id, holds.c.user_id)
)
BALANCE_SUMS: Final = union_all(_sums_of_entries, _sums_of_holds).subquery("sums")
"""What entries and holds come to, by pool and user: what balances have to be."""
_BALANCES: Final = _differing(
    select(balances.c.pool_id, balances.c.user_id, *(balances.c[number] for number in BALANCE_NUMBERS)).where(
        in_guild(balances)
    ),
    select(BALANCE_SUMS),
    key=("pool_id", "user_id"),
    numbers=BALANCE_NUMBERS,
)
_BALANCE_COUNT: Final = Statement(select(func.count()).select_from(balances).where(in_guild(balances)))
_ENTRY_COUNT: Final = Statement(select(func.count()).select_from(entries).where(in_guild(entries)))

# --- what moved points ------------------------------------------------------------------------------------------------


def _lists(listed: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a list such as [1,2] names the pool: it is ,1, or ,2, in it once the brackets are commas too."""
    in_commas = func.replace(func.replace(listed, "[", ",", type_=Text), "]", ",", type_=Text)
    return in_commas.like(literal("%,", Text) + cast(pools.c.id, Text) + literal(",%", Text))


_SOURCE: Final = ("source_id", "source_part", "user_id", "pool_id")


def _booked(kind: SourceKind, source: Table, *which: ColumnElement[bool]) -> Select[Any]:
    """Entries of a kind of source, which may be looked at as well."""
    return (
        select(*(entries.c[name] for name in _SOURCE), entries.c.amount)
        .select_from(
            entries.outerjoin(source, and_(source.c.guild_id == entries.c.guild_id, source.c.id == entries.c.source_id))
        )
        .where(in_guild(entries), entries.c.source_kind == kind.value, *which)
    )


def _whole(source_id: ColumnElement[int]) -> Sequence[ColumnElement[Any]]:
    """A source that has no parts."""
    return source_id.label("source_id"), _nothing.label("source_part")


# Distinct: so SQLite looks for the pools of a raid once, and not at each line of it.
_paying: Final = (
    select(raids.c.id.label("raid_id"), pools.c.id.label("pool_id"))
    .select_from(raids.join(pools, and_(pools.c.guild_id == raids.c.guild_id, _lists(raids.c.pools))))
    .where(in_guild(raids), raids.c.status != RaidStatus.CANCELLED.value)
    .distinct()
    .subquery("paying")
)
_RAIDS_PAID: Final = _differing(
    # A raid may give bonuses too; of one that was cancelled nothing is left.
    _booked(
        SourceKind.RAID,
        raids,
        or_(
            entries.c.kind == EntryKind.ATTENDANCE.value,
            raids.c.id.is_(None),
            raids.c.status == RaidStatus.CANCELLED.value,
        ),
    ),
    select(
        attendance.c.raid_id.label("source_id"),
        attendance.c.tick.label("source_part"),
        attendance.c.user_id,
        _paying.c.pool_id,
        func.coalesce(number_in(attendance.c.elsewhere, _paying.c.pool_id), attendance.c.awarded).label("amount"),
    )
    .select_from(_paying.join(attendance, attendance.c.raid_id == _paying.c.raid_id))
    .where(in_guild(attendance), attendance.c.user_id.is_not(None), attendance.c.awarded != 0),
    key=_SOURCE,
    numbers=("amount",),
)
_ADJUSTED: Final = _differing(
    # What a cap took of an adjustment goes when it is reversed.
    _booked(
        SourceKind.ADJUSTMENT,
        adjustments,
        or_(entries.c.kind != EntryKind.CAP.value, adjustments.c.reversed_at.is_not(None)),
    ),
    select(*_whole(adjustments.c.id), adjustments.c.user_id, adjustments.c.pool_id, adjustments.c.amount).where(
        in_guild(adjustments), adjustments.c.reversed_at.is_(None)
    ),
    key=_SOURCE,
    numbers=("amount",),
)
_CHARGED: Final = _differing(
    _booked(
        SourceKind.AWARD,
        awards,
        entries.c.kind != EntryKind.SHARE.value,
        or_(
            entries.c.kind == EntryKind.AWARD.value,
            awards.c.id.is_(None),
            awards.c.status != AwardStatus.RETURNED.value,
        ),
    ),
    # The item of an award that was returned was paid for; what came back for it is beside that.
    select(*_whole(awards.c.id), awards.c.user_id, pools.c.id.label("pool_id"), (-awards.c.price).label("amount"))
    .select_from(awards.join(pools, and_(pools.c.guild_id == awards.c.guild_id, _lists(awards.c.pools))))
    .where(
        in_guild(awards),
        awards.c.user_id.is_not(None),
        awards.c.price != 0,
        or_(*(awards.c.status == status.value for status in sorted(PAID))),
    ),
    key=_SOURCE,
    numbers=("amount",),
)
_SOURCES: Final = ((SourceKind.ADJUSTMENT, _ADJUSTED), (SourceKind.AWARD, _CHARGED), (SourceKind.RAID, _RAIDS_PAID))

# What was paid for an item in a zero-sum pool, less what came back for it, is what those who share it got (P-6).
_SHARED: Final = Statement(
    select(entries.c.source_id, entries.c.pool_id, int_sum(entries.c.amount))
    .where(in_guild(entries), entries.c.source_kind == SourceKind.AWARD.value)
    .group_by(entries.c.source_id, entries.c.pool_id)
    .having(
        and_(int_sum(case((entries.c.kind == EntryKind.SHARE.value, 1), else_=0)) > 0, int_sum(entries.c.amount) != 0)
    )
    .order_by(entries.c.source_id, entries.c.pool_id)
)
_OVERBIDS: Final = Statement(
    select(awards.c.id, awards.c.user_id, awards.c.pools, awards.c.price)
    .where(in_guild(awards), awards.c.overbid == 1, awards.c.status == AwardStatus.STANDING.value)
    .order_by(awards.c.id)
)

# --- holds ------------------------------------------------------------------------------------------------------------

_RUNNING: Final = Statement(
    select(*AUCTION_COLUMNS).where(in_guild(auctions), auctions.c.running == 1).order_by(auctions.c.id)
)
_HOLDS: Final = Statement(
    select(holds.c.auction_id, holds.c.user_id, holds.c.pool_id, holds.c.shown, holds.c.sealed, holds.c.copies).where(
        in_guild(holds)
    )
)

# --- attendance -------------------------------------------------------------------------------------------------------

_came: Final = attendance.c.counts == 1
_is_somebodys: Final = and_(attendance.c.user_id.is_not(None), attendance.c.ignored == 0)
_is_unresolved: Final = and_(attendance.c.user_id.is_(None), attendance.c.ignored == 0)
_with_raid: Final = attendance.join(
    raids, and_(raids.c.guild_id == attendance.c.guild_id, raids.c.id == attendance.c.raid_id)
)
_stands: Final = raids.c.status != RaidStatus.CANCELLED.value
_with_heads, _head = with_heads(_with_raid, attendance.c.user_id, attendance.c.at)

_ATTENDED: Final = _differing(
    select(
        attended.c.starts_at,
        attended.c.user_id,
        attended.c.raid_id,
        cast(attended.c.present, BigInteger).label("present"),
        literal(1, BigInteger).label("rows"),
    ).where(in_guild(attended)),
    select(
        raids.c.starts_at,
        _head.label("user_id"),
        attendance.c.raid_id,
        case((_came, 1), else_=0).label("present"),
        literal(1, BigInteger).label("rows"),
    )
    .select_from(_with_heads)
    .where(in_guild(attendance), _is_somebodys, IS_SUMMED_UP, _stands),
    key=("starts_at", "user_id", "raid_id"),
    numbers=("present", "rows"),
    together=func.max,  # who came to one tick came to the raid
)
_UNRESOLVED: Final = _differing(
    select(
        unresolved_names.c.name_key,
        unresolved_names.c.raid_id,
        unresolved_names.c.tick,
        literal(1, BigInteger).label("rows"),
    ).where(in_guild(unresolved_names)),
    select(
        attendance.c.name_key,
        attendance.c.raid_id,
        attendance.c.tick,
        literal(1, BigInteger).label("rows"),
    )
    .select_from(_with_raid)
    .where(in_guild(attendance), _is_unresolved, _stands),
    key=("name_key", "raid_id", "tick"),
    numbers=("rows",),
)


_lines_with_heads, _line_head = with_heads(attendance, attendance.c.user_id, attendance.c.at)


def _of_raid(found: ColumnElement[int]) -> Any:
    return (
        select(found)
        .select_from(_lines_with_heads)
        .where(attendance.c.guild_id == raids.c.guild_id, attendance.c.raid_id == raids.c.id)
        .correlate(raids)
        .scalar_subquery()
    )


_RAIDS: Final = Statement(
    select(
        raids.c.id,
        raids.c.status,
        raids.c.ticks,
        raids.c.counts,
        raids.c.ticks_count,
        raids.c.attendees,
        raids.c.unresolved,
        _of_raid(func.count()),
        _of_raid(func.count(case((and_(_is_somebodys, _came), _line_head)).distinct())),
        _of_raid(func.count(case((_is_unresolved, attendance.c.name_key)).distinct())),
    )
    .where(in_guild(raids), raids.c.id > bindparam("after", type_=BigInteger))
    .order_by(raids.c.id)
    .limit(bindparam("most", type_=BigInteger))
)
_HELD: Final = Statement(
    select(
        select(int_sum(raid_totals.c.held)).where(in_guild(raid_totals)).scalar_subquery(),
        select(func.count()).select_from(raids).where(in_guild(raids), raids.c.counts == 1).scalar_subquery(),
    )
)


def _earlier(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, one), else_=other)


_by_user: Final = (
    select(
        attended.c.user_id,
        int_sum(attended.c.present).label("attended"),
        func.min(case((attended.c.present == 1, attended.c.starts_at))).label("first_raid"),
        func.max(case((attended.c.present == 1, attended.c.starts_at))).label("last_raid"),
    )
    .where(in_guild(attended))
    .group_by(attended.c.user_id)
    .subquery("by_user")
)
_totals: Final = attendance_totals.c
_joined_at: Final = func.coalesce(memberships.c.joined_at, NEVER)
_since_kept: Final = _earlier(_totals.since, _joined_at)
_since_counted: Final = _earlier(func.coalesce(_by_user.c.first_raid, NEVER), _joined_at)
_attended_counted: Final = func.coalesce(_by_user.c.attended, 0)
# Held raids and beginnings in their order: before each beginning there were as many raids as were counted up to it.
_moments: Final = union_all(
    select(
        raids.c.starts_at.label("at"), literal(1, BigInteger).label("held"), literal(None, BigInteger).label("user_id")
    ).where(in_guild(raids), raids.c.counts == 1),
    select(_totals.since, _nothing, _totals.user_id).where(in_guild(attendance_totals)),
).subquery("moments")
_running: Final = select(
    _moments.c.user_id,
    func.sum(_moments.c.held).over(order_by=(_moments.c.at, _moments.c.held), rows=(None, 0)).label("held"),
).subquery("running")
HELD_BEFORE: Final = (
    select(_running.c.user_id, cast(_running.c.held, BigInteger).label("held"))
    .where(_running.c.user_id.is_not(None))
    .subquery("held_before")
)
"""How many raids were held before they count for a user, by user."""
_since: Final = (
    select(_totals.since)
    .where(_totals.guild_id == attended.c.guild_id, _totals.user_id == attended.c.user_id)
    .correlate(attended)
    .scalar_subquery()
)
# Not joined: there are few of these, and a database that does not know so would look at everybody's for each.
EXCUSED: Final = (
    select(attended.c.user_id, func.count().label("excused"))
    .where(in_guild(attended), attended.c.present == 0, attended.c.starts_at >= _since)
    .group_by(attended.c.user_id)
)
"""How many raids users were only excused from since raids count for them."""
_excused: Final = EXCUSED.subquery("excused")
_excused_counted: Final = func.coalesce(_excused.c.excused, 0)
_TOTALS: Final = Statement(
    select(
        _totals.user_id,
        _totals.attended,
        _attended_counted,
        _totals.last_raid,
        _by_user.c.last_raid,
        _since_kept,
        _since_counted,
        # What waits to be counted (NULL) is not used meanwhile.
        _totals.held_before,
        HELD_BEFORE.c.held,
        _totals.excused,
        _excused_counted,
    )
    .select_from(
        attendance_totals.join(HELD_BEFORE, HELD_BEFORE.c.user_id == _totals.user_id)
        .outerjoin(_by_user, _by_user.c.user_id == _totals.user_id)
        .outerjoin(_excused, _excused.c.user_id == _totals.user_id)
        .outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == _totals.user_id))
    )
    .where(
        in_guild(attendance_totals),
        or_(
            _totals.attended != _attended_counted,
            func.coalesce(_totals.last_raid, 0) != func.coalesce(_by_user.c.last_raid, 0),
            _since_kept != _since_counted,
            _totals.held_before != HELD_BEFORE.c.held,
            and_(_totals.held_before.is_not(None), _totals.excused != _excused_counted),
        ),
    )
    .order_by(_totals.user_id)
)
_NO_TOTALS: Final = Statement(
    select(_by_user.c.user_id, _by_user.c.attended)
    .select_from(
        _by_user.outerjoin(attendance_totals, and_(in_guild(attendance_totals), _totals.user_id == _by_user.c.user_id))
    )
    .where(_totals.user_id.is_(None))
    .order_by(_by_user.c.user_id)
)

# --- merges -----------------------------------------------------------------------------------------------------------

_LEFT_BEHIND: Final = Statement(
    select(
        balances.c.pool_id,
        balances.c.user_id,
        balances.c.earned - balances.c.spent + balances.c.adjusted,
    )
    .where(
        in_guild(balances),
        is_merged_away(balances.c.user_id),
        or_(balances.c.earned != 0, balances.c.spent != 0, balances.c.adjusted != 0),
    )
    .order_by(balances.c.pool_id, balances.c.user_id)
)
_moved: Final = int_sum(entries.c.amount)
_MOVED: Final = Statement(
    select(entries.c.source_id, entries.c.pool_id, _moved)
    .where(in_guild(entries), entries.c.source_kind == SourceKind.MERGE.value)
    .group_by(entries.c.source_id, entries.c.pool_id, entries.c.bucket)
    .having(_moved != 0)
    .order_by(entries.c.source_id, entries.c.pool_id)
)
_MERGES: Final = Statement(
    select(merges.c.id, merges.c.user_id, merges.c.into_user, merges.c.kind, merges.c.at).where(
        in_guild(merges), merges.c.undone_at.is_(None)
    )
)
_MERGED: Final = Statement(
    select(merged_users.c.merge_id, merged_users.c.user_id, merged_users.c.until, merged_users.c.head).where(
        in_guild(merged_users)
    )
)

# --- votes ------------------------------------------------------------------------------------------------------------

_VOTE: Final = ("application_id", "round", "stage", "voter")
_is_change: Final = and_(
    vote_changes.c.before.is_not(None), func.coalesce(vote_changes.c.after, "") != vote_changes.c.before
)
_VOTES: Final = _differing(
    select(*(votes.c[name] for name in _VOTE), votes.c.steps, votes.c.changes).where(in_guild(votes)),
    select(
        *(vote_changes.c[name] for name in _VOTE),
        func.count().label("steps"),
        int_sum(case((_is_change, 1), else_=0)).label("changes"),
    )
    .where(in_guild(vote_changes))
    .group_by(*(vote_changes.c[name] for name in _VOTE)),
    key=_VOTE,
    numbers=("steps", "changes"),
)
_last_change: Final = and_(
    vote_changes.c.guild_id == votes.c.guild_id,
    *(vote_changes.c[name] == votes.c[name] for name in _VOTE),
    vote_changes.c.number == votes.c.steps,
)
_ASTRAY: Final = Statement(
    select(votes.c.application_id, votes.c.voter)
    .join_from(votes, vote_changes, _last_change)
    .where(
        in_guild(votes),
        or_(
            func.coalesce(votes.c.option, "") != func.coalesce(vote_changes.c.after, ""),
            *(votes.c[name] != vote_changes.c[name] for name in ("attended", "held")),
            votes.c.cast_at != vote_changes.c.at,
        ),
    )
    .order_by(votes.c.application_id, votes.c.voter)
)
_GUILDS: Final = Statement(select(guilds.c.id).order_by(guilds.c.id))


@frozen
class SqlVerifying(Verifying):
    """Recounts the database, in one transaction that only reads; nobody waits for it."""

    engine: Engine

    def verify(self, progress: Callable[[str], None]) -> Verification:
        with snapshot(self.engine) as connection:
            found = _Found()
            ids = [GuildId(guild_id) for (guild_id,) in connection.all(_GUILDS, {})]
            for guild_id in ids:
                _Guild(connection, guild_id, found).verify(progress)
        return Verification(
            guilds=len(ids),
            balances=found.balances,
            entries=found.entries,
            differences=tuple(found.differences),
            overbids=tuple(found.overbids),
        )


def differences_in(connection: Connection, guild_id: GuildId) -> tuple[Difference, ...]:
    """What does not add up in a guild, as the transaction of the connection sees it."""
    found = _Found()
    _Guild(connection, guild_id, found).verify(lambda _: None)
    return tuple(found.differences)


@define
class _Found:
    balances: int = 0
    entries: int = 0
    differences: list[Difference] = field(factory=list)
    overbids: list[Overbid] = field(factory=list)


@frozen
class _Guild:
    """One guild, as it is looked through."""

    connection: Connection
    guild_id: GuildId
    found: _Found

    def verify(self, progress: Callable[[str], None]) -> None:
        for what, look in (
            ("balances", self._balances),
            ("sources of points", self._sources),
            ("holds", self._holds),
            ("raids", self._raids),
            ("attendance", self._attendance),
            ("merges", self._merges),
            ("votes", self._votes),
        ):
            progress(f"{what} of guild {self.guild_id}")
            look()

    def _all(self, statement: Statement, **params: int) -> list[tuple[Any, ...]]:
        return self.connection.all(statement, {"guild_id": self.guild_id, **params})

    def _number(self, statement: Statement) -> int:
        ((number,),) = self._all(statement)
        return int(number)

    def _differs(
        self, what: str, kept: object, counted: object, *, pool_id: int | None = None, user_id: int | None = None
    ) -> None:
        if kept != counted:
            self.found.differences.append(
                Difference(
                    guild_id=self.guild_id,
                    what=what,
                    pool_id=pool_id,  # type: ignore[arg-type]  # ids are whole numbers in rows
                    user_id=user_id,  # type: ignore[arg-type]  # ids are whole numbers in rows
                    kept=str(kept),
                    counted=str(counted),
                )
            )

    def _balances(self) -> None:
        self.found.balances += self._number(_BALANCE_COUNT)
        self.found.entries += self._number(_ENTRY_COUNT)
        for pool_id, user_id, *numbers in self._all(_BALANCES):
            middle = len(BALANCE_NUMBERS)
            for what, kept, counted in zip(BALANCE_NUMBERS, numbers[:middle], numbers[middle:], strict=True):
                self._differs(what, *_told_of(what, kept, counted), pool_id=pool_id, user_id=user_id)

    def _sources(self) -> None:
        for kind, statement in _SOURCES:
            for source_id, part, user_id, pool_id, booked, given in self._all(statement):
                what = f"tick {part} of raid {source_id}" if kind is SourceKind.RAID else f"{kind} {source_id}"
                self._differs(f"entries for {what}", _points(booked), _points(given), pool_id=pool_id, user_id=user_id)
        for award_id, pool_id, left in self._all(_SHARED):
            self._differs(f"price and shares of award {award_id}", _points(left), _points(0), pool_id=pool_id)
        for award_id, user_id, paid_from, price in self._all(_OVERBIDS):
            self.found.overbids += [
                Overbid(
                    guild_id=self.guild_id, award_id=award_id, user_id=user_id, pool_id=pool_id, price=Points(price)
                )
                for pool_id in json.loads(paid_from)
            ]

    def _holds(self) -> None:
        """What is held against what the bids of each auction come to; those that are over hold nothing."""
        kept = {
            (auction_id, user_id, pool_id): hold_of(held) for auction_id, user_id, pool_id, *held in self._all(_HOLDS)
        }
        counted = {}
        for row in self._all(_RUNNING):
            auction = auction_of(row)
            bids = (bid_of(auction.id, row) for row in self._all(STANDING, auction_id=auction.id))
            for user_id, hold in auction.to_hold(bids).items():
                counted[auction.id, user_id, auction.pool_id] = hold
        for key in sorted({*kept, *counted}):
            auction_id, user_id, pool_id = key
            before, after = kept.get(key, NOTHING_HELD), counted.get(key, NOTHING_HELD)
            self._differs(
                f"hold of auction {auction_id}",
                before.told,
                after.told if before.sealed == after.sealed else "another, sealed",
                pool_id=pool_id,
                user_id=user_id,
            )

    def _raids(self) -> None:
        after = 0
        while rows := self._all(_RAIDS, after=after, most=RAIDS_AT_ONCE):
            for row in rows:
                self._raid(row)
            after = rows[-1][0]
        ((kept, counted),) = self._all(_HELD)
        self._differs("raids that count", kept, counted)

    def _raid(self, row: tuple[Any, ...]) -> None:
        raid_id, status, text, counts, ticks_count, attendees, unresolved, lines, came, waiting = row
        ticks = json.loads(text)
        should_count = status != RaidStatus.CANCELLED.value and (lines > 0 or any(tick[3] for tick in ticks))
        self._differs(f"whether raid {raid_id} counts", bool(counts), should_count)
        self._differs(f"ticks of raid {raid_id}", ticks_count, len(ticks))
        self._differs(f"attendees of raid {raid_id}", attendees, came)
        self._differs(f"unresolved names of raid {raid_id}", unresolved, waiting)

    def _attendance(self) -> None:
        for _, user_id, raid_id, present, rows, should_be_present, should_be_rows in self._all(_ATTENDED):
            kept, counted = _presence(present, rows), _presence(should_be_present, should_be_rows)
            self._differs(f"presence at raid {raid_id}", kept, counted, user_id=user_id)
        for name, raid_id, tick, kept, counted in self._all(_UNRESOLVED):
            self._differs(f"{name!r} waiting at tick {tick} of raid {raid_id}", bool(kept), bool(counted))
        for row in self._all(_TOTALS):
            self._totals(row)
        for user_id, counted in self._all(_NO_TOTALS):
            self._differs("raids attended", None, counted, user_id=user_id)

    def _merges(self) -> None:
        """Who was merged has nothing left; what a merge took from one it gave to the other; and pointers lead on."""
        for pool_id, user_id, left in self._all(_LEFT_BEHIND):
            self._differs("points of who was merged", _points(left), _points(0), pool_id=pool_id, user_id=user_id)
        for merge_id, pool_id, moved in self._all(_MOVED):
            self._differs(f"entries for merge {merge_id}", _points(moved), _points(0), pool_id=pool_id)
        pointers = [
            Merged(
                user_id=user_id,
                merge_id=merge_id,
                into=into,
                at=moment_at(at),
                until=FOR_GOOD if kind == MergeKind.MERGE.value else moment_at(at),
            )
            for merge_id, user_id, into, kind, at in self._all(_MERGES)
        ]
        led = heads(pointers)
        counted = {each.user_id: (each.merge_id, micros(each.until), led[each.user_id]) for each in pointers}
        kept = {user_id: (merge_id, until, head) for merge_id, user_id, until, head in self._all(_MERGED)}
        for user_id in sorted({*kept, *counted}):
            self._differs("whom it counts for", kept.get(user_id), counted.get(user_id), user_id=user_id)

    def _votes(self) -> None:
        """Every vote against what became of it; for what anybody voted is not told (V-7)."""
        for application_id, _, _, voter, *numbers in self._all(_VOTES):
            for what, kept, counted in zip(("steps", "changes"), numbers[:2], numbers[2:], strict=True):
                self._differs(f"{what} of a vote on application {application_id}", kept, counted, user_id=voter)
        for application_id, voter in self._all(_ASTRAY):
            self._differs(f"vote on application {application_id}", "a vote", "another", user_id=voter)

    def _totals(self, row: tuple[Any, ...]) -> None:
        user_id, attended, came, last, last_came, since, began, held_before, held, excused, absent = row
        self._differs("raids attended", attended, came, user_id=user_id)
        self._differs("last raid", _moment(last), _moment(last_came), user_id=user_id)
        self._differs("first raid or joining", _moment(since), _moment(began), user_id=user_id)
        if held_before is not None:
            self._differs("raids held before", held_before, held, user_id=user_id)
            self._differs("raids excused from", excused, absent, user_id=user_id)


def _points(hundredths: int) -> str:
    """Points, which may be beyond the limits where something is wrong."""
    whole, decimals = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{decimals:02d}"


def _told_of(what: str, kept: int, counted: int) -> tuple[str, str]:
    """How a balance's number and what it should be are told."""
    if what == "sealed":  # it is told to nobody (L-11)
        return "an amount", "an amount" if kept == counted else "another"
    return (str(kept), str(counted)) if what == "entries" else (_points(kept), _points(counted))


def _presence(present: int, rows: int) -> str:
    return "none" if not rows else "attended" if present else "excused"


def _moment(micros: int | None) -> str:
    return "never" if micros is None or micros >= NEVER else moment_at(micros).isoformat()
