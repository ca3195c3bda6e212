"""Taking in what comes from elsewhere, much at a time, in SQL; and taking it away again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import evolve
from sqlalchemy import BigInteger, bindparam, func, literal_column, select, union_all, update

from dkp_adapters.event_json import event_to_json
from dkp_adapters.sql.accounts import SqlMemberships, SqlUsers
from dkp_adapters.sql.attendance_summaries import has_points
from dkp_adapters.sql.guilds import SqlGuilds, revise_roster
from dkp_adapters.sql.import_traces import LOOK, SET_DEFAULT_POOL, named_since, remove, staying
from dkp_adapters.sql.loot import AWARD_WRITTEN, award_row, item_values
from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.points import (
    ADJUSTMENT_COLUMNS,
    ENTRY_COLUMNS,
    SqlItemPools,
    SqlPools,
    adjustment_row,
    append_policies,
    entry_row,
)
from dkp_adapters.sql.profile_fields import SqlProfileFields
from dkp_adapters.sql.raids import LINE_COLUMNS, RAID_WRITTEN, SqlEventTypes, line_row, raid_values
from dkp_adapters.sql.recruitment import SqlApplications, append_comment, append_form, append_steps
from dkp_adapters.sql.roster import SqlCharacters, SqlRanks
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, binds, filling, in_guild, int_sum
from dkp_adapters.sql.summing_up import sum_up
from dkp_adapters.sql.tables import all_tables
from dkp_adapters.sql.tables.accounts import memberships
from dkp_adapters.sql.tables.kernel import events
from dkp_adapters.sql.tables.loot import awards, items
from dkp_adapters.sql.tables.points import balances, entries, pools
from dkp_adapters.sql.tables.raids import raids
from dkp_adapters.sql.tallying import tallied
from dkp_adapters.sql.verifying import differences_in
from dkp_adapters.sql.views.raids import SqlRaidsView
from dkp_core.accounts import Membership, User
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.ids import ImportId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, Item
from dkp_core.moving import (
    FormVersion,
    Found,
    Import,
    Intake,
    OldDeed,
    OldTransition,
    PoliciesOf,
    Span,
    Tally,
    Telling,
    Thing,
)
from dkp_core.points import Adjustment, Balance, Difference, Entry, EntryKind, ItemPool, Pool
from dkp_core.raids import Attendance, EventType, Raid, RaidStatus
from dkp_core.recruitment import Application, Comment
from dkp_core.roster import Character, Ownership, ProfileField, Rank

A = TypeVar("A", bound=Aggregate)

NOT_DATA: Final = frozenset(
    {
        *("memberships", "ranks", "removed_ranks", "pools", "api_keys", "channel_webhooks"),
        *("recruitment_rules", "chat_grammars", "house_rules"),
        *("events", "deliveries", "deadlines", "notices", "imports"),
        *("balances", "unresolved_names", "attended", "attendance_totals", "raid_totals"),
    }
)
"""Tables of guilds that may hold something though the guild has no past: how it is set up, who is in it, what was told
of that, and what is only summed up from other tables."""

_COUNTS: Final = Statement(
    union_all(
        *(
            select(literal_column(f"'{table.name}'").label("name"), func.count().label("count"))
            .select_from(table)
            .where(in_guild(table))
            for table in all_tables().sorted_tables
            if "guild_id" in table.c and table.name not in NOT_DATA
        )
    )
)
_the_id: Final = bindparam("the_id", type_=BigInteger)
_DEFAULT_POOL: Final = Statement(select(pools.c.id).where(in_guild(pools), pools.c.is_default == 1))
_TAKE_OVER: Final = Statement(update(pools).where(in_guild(pools), pools.c.id == _the_id).values(binds(pools, *LOOK)))
_CALL_MEMBER: Final = Statement(
    update(memberships)
    .where(in_guild(memberships), memberships.c.user_id == _the_id)
    .values(binds(memberships, "external_id"))
)
_RAIDS: Final = filling(
    *(raids.c[name] for name in ("id", *RAID_WRITTEN, "counts", "attendees", "unresolved", "version"))
)
_LINES: Final = filling(*LINE_COLUMNS)
_ITEM_WRITTEN: Final = (
    *("name", "name_key", "item_pool_id", "rarity", "external_id", "active", "description", "link", "icon", "metadata"),
)
_ITEMS: Final = filling(*(items.c[name] for name in ("id", *_ITEM_WRITTEN, "version")))
_AWARDS: Final = filling(*(awards.c[name] for name in (*AWARD_WRITTEN, "version")))
_ADJUSTMENTS: Final = filling(*ADJUSTMENT_COLUMNS)
_ENTRIES: Final = filling(*ENTRY_COLUMNS)
_DEEDS: Final = filling(*(column for column in events.c if column.key != "guild_id"))
_NUMBERS: Final = ("earned", "spent", "adjusted", "held")
_BALANCES: Final = Statement(
    select(balances.c.pool_id, balances.c.user_id, *(balances.c[number] for number in _NUMBERS)).where(
        in_guild(balances)
    )
)
_NET: Final = Statement(
    select(entries.c.pool_id, entries.c.user_id, entries.c.character_name, int_sum(entries.c.amount))
    .where(in_guild(entries), entries.c.kind != EntryKind.IMPORT.value)
    .group_by(entries.c.pool_id, entries.c.user_id, entries.c.character_name)
)
_JOINED: Final = Statement(select(memberships.c.user_id, memberships.c.joined_at).where(in_guild(memberships)))

_TOLD: Final = Statement(
    select(events.c.aggregate, events.c.aggregate_id, events.c.name, events.c.actor_kind)
    .where(in_guild(events), events.c.at >= bindparam("since", type_=BigInteger))
    .distinct()
)


class SqlIntake(Intake):
    """Takes in what comes to the guild from elsewhere."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._adding: Mapping[type[Any], Callable[[Sequence[Any]], None]] = {
            Rank: self._each(SqlRanks(session).save),
            ProfileField: self._each(SqlProfileFields(session).save),
            Character: self._add_characters,
            Pool: self._each(SqlPools(session).save),
            PoliciesOf: self._add_policies,
            ItemPool: self._each(SqlItemPools(session).save),
            EventType: self._each(SqlEventTypes(session).save),
            Raid: self._add_raids,
            Attendance: self._add_attendance,
            Item: self._add_items,
            Award: self._add_awards,
            Adjustment: self._add_adjustments,
            Entry: self._add_entries,
            FormVersion: self._add_forms,
            Application: self._add_applications,
            OldTransition: self._add_steps,
            Comment: self._add_comments,
            OldDeed: self._add_deeds,
        }

    def present(self) -> Mapping[str, int]:
        SqlGuilds(self.session).get(self.session.guild_id)  # locked, so that nobody else moves in or out meanwhile
        return {name: count for name, count in self.session.all(_COUNTS) if count}

    # --- adding -------------------------------------------------------------------------------------------------------

    def add_people(self, users: Sequence[User], memberships: Sequence[Membership]) -> None:
        kept_users, kept = SqlUsers(self.session), SqlMemberships(self.session)
        for user in users:
            kept_users.save(_untold(user))
        for membership in memberships:
            if membership.version:
                self.session.write(_CALL_MEMBER, the_id=membership.user_id, external_id=membership.external_id)
            else:
                kept.save(_untold(membership))

    def add(self, things: Sequence[Thing]) -> None:
        if things:
            kind = Application if isinstance(things[0], Application) else type(things[0])
            self._adding[kind](things)

    def _each(self, save: Callable[[A], None]) -> Callable[[Sequence[Any]], None]:
        def saved(things: Sequence[Any]) -> None:
            for each in things:
                save(_untold(each))

        return saved

    def _add_characters(self, characters: Sequence[Character]) -> None:
        kept = SqlCharacters(self.session)
        kept.save(*map(_untold, characters))
        for each in characters:
            if each.owner is not None:
                kept.begin_ownership(Ownership.first(each.id, each.owner))

    def _add_policies(self, versions: Sequence[PoliciesOf]) -> None:
        for each in versions:
            append_policies(self.session, each.pool_id, each.in_force)

    def _add_raids(self, raids: Sequence[Raid]) -> None:
        self.session.fill(_RAIDS, map(_raid_row, raids))

    def _add_attendance(self, lines: Sequence[Attendance]) -> None:
        self.session.fill(_LINES, map(line_row, lines))

    def _add_items(self, given: Sequence[Item]) -> None:
        self.session.fill(_ITEMS, map(_item_row, given))

    def _add_awards(self, awards: Sequence[Award]) -> None:
        self.session.fill(_AWARDS, ([*award_row(award), 1] for award in awards))

    def _add_adjustments(self, adjustments: Sequence[Adjustment]) -> None:
        self.session.fill(_ADJUSTMENTS, map(adjustment_row, adjustments))

    def _add_entries(self, given: Sequence[Entry]) -> None:
        self.session.fill(_ENTRIES, map(entry_row, given))

    def _add_forms(self, versions: Sequence[FormVersion]) -> None:
        for each in versions:
            append_form(self.session, each.version, each.form, micros(each.at))

    def _add_applications(self, applications: Sequence[Application]) -> None:
        kept = SqlApplications(self.session)
        for each in applications:
            kept.save(evolve(each, pending=(), transitions=()))

    def _add_steps(self, steps: Sequence[OldTransition]) -> None:
        for each in steps:
            actor = (ActorKind.IMPORT.value, each.by, None)
            append_steps(self.session, each.application_id, (each.transition,), actor)

    def _add_comments(self, comments: Sequence[Comment]) -> None:
        for each in comments:
            append_comment(self.session, each)

    def _add_deeds(self, deeds: Sequence[OldDeed]) -> None:
        transaction = self.session.transaction
        assert transaction is not None, "only a unit of work takes something in"
        first_id = transaction.ids.next("event", len(deeds))
        kind = ActorKind.IMPORT.value
        rows = (
            [
                micros(deed.at),
                event_id,
                deed.event.aggregate,
                deed.event.aggregate_id,
                0,
                deed.event.event_name(),
                event_to_json(deed.event),
                kind,
                deed.by,
                None,
                kind,
                None,
            ]
            for event_id, deed in enumerate(deeds, first_id)
        )
        self.session.fill(_DEEDS, rows)

    def set_default_pool(self, pool_id: PoolId) -> PoolId | None:
        before = self.session.first(_DEFAULT_POOL)
        self.session.write(SET_DEFAULT_POOL, the_id=pool_id)
        return None if before is None else PoolId(before[0])

    def take_over(self, pool: Pool) -> None:
        self.session.write(
            _TAKE_OVER, the_id=pool.id, unit=pool.unit, decimals=pool.decimals, archived=0, external_id=pool.external_id
        )

    # --- settling -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        sum_up(self.session)
        revise_roster(self.session, self.session.guild_id)

    def found(self, at: datetime) -> Found:
        session = self.session
        known = {
            (PoolId(pool_id), UserId(user_id)): Balance(**dict(zip(_NUMBERS, map(Points, numbers), strict=True)))
            for pool_id, user_id, *numbers in session.all(_BALANCES)
        }
        net = {(pool_id, user_id, name): Points(amount) for pool_id, user_id, name, amount in session.all(_NET)}
        views, attendance = SqlRaidsView(session), {}
        for pool in SqlPools(session).all():
            for row in views.attendance_shares(user_id=None, pool_id=pool.id, everyone=True, ordering=(), at=at):
                attendance[pool.id, row.user_id] = (
                    (row.attended_30, row.held_30),
                    (row.attended_60, row.held_60),
                    (row.attended_90, row.held_90),
                    (row.attended_lifetime, row.held_lifetime),
                )
        joined = {UserId(user_id): moment_at(joined_at) for user_id, joined_at in session.all(_JOINED)}
        return Found(at=at, balances=known, net=net, attendance=attendance, joined=joined)

    def kept(self, import_id: ImportId, spans: Mapping[str, Sequence[Span]]) -> Mapping[str, Tally]:
        return tallied(self.session, import_id, spans)

    def differences(self) -> Sequence[Difference]:
        return differences_in(self.session.connection, self.session.guild_id)

    # --- undoing ------------------------------------------------------------------------------------------------------

    def named_since(self, record: Import) -> Mapping[str, int]:
        SqlGuilds(self.session).get(self.session.guild_id)
        return named_since(self.session, record)

    def told_since(self, at: datetime) -> Sequence[Telling]:
        return [
            Telling(aggregate=aggregate, aggregate_id=aggregate_id, name=name, by=ActorKind(kind))
            for aggregate, aggregate_id, name, kind in self.session.all(_TOLD, since=micros(at))
        ]

    def staying(self, record: Import) -> frozenset[UserId]:
        return staying(self.session, record)

    def remove(self, record: Import) -> None:
        remove(self.session, record)
        sum_up(self.session)
        revise_roster(self.session, self.session.guild_id)


def _raid_row(raid: Raid) -> list[Any]:
    counts = raid.status is not RaidStatus.CANCELLED and has_points(raid)
    values = raid_values(raid)
    return [raid.id, *(values[name] for name in RAID_WRITTEN), int(counts), 0, 0, 1]


def _item_row(item: Item) -> list[Any]:
    values = item_values(item)
    return [item.id, *(values[name] for name in _ITEM_WRITTEN), 1]


def _untold(aggregate: A) -> A:
    """The same, without anything to tell."""
    return evolve(aggregate, pending=()) if aggregate.pending else aggregate
