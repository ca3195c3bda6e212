"""Taking in what comes from elsewhere, in memory; and taking it away again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs
from attrs import evolve, frozen

from dkp_adapters.memory.accounts import MemoryMemberships, MemoryUsers
from dkp_adapters.memory.import_traces import named_since, remove, set_default_pool, staying
from dkp_adapters.memory.loot import MemoryAwards, MemoryItems
from dkp_adapters.memory.points import MemoryItemPools, MemoryLedger, MemoryPools
from dkp_adapters.memory.profile_fields import MemoryProfileFields
from dkp_adapters.memory.raids import MemoryEventTypes, MemoryRaids
from dkp_adapters.memory.recruitment import MemoryApplications
from dkp_adapters.memory.roster import MemoryCharacters, MemoryRanks
from dkp_adapters.memory.tables import Dated, GuildTables, RecordedEvent, RecordedTransition
from dkp_adapters.memory.tallying import tallied
from dkp_adapters.memory.transaction import Session
from dkp_adapters.memory.verifying import differences_in
from dkp_adapters.memory.views.glance import Glance
from dkp_adapters.memory.views.raids import MemoryRaidsView
from dkp_core.accounts import Membership, User
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.ids import ImportId, PoolId, UserId
from dkp_core.kernel.points import ZERO, Points
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
from dkp_core.points import Adjustment, Difference, Entry, EntryKind, ItemPool, Pool
from dkp_core.raids import Attendance, EventType, Raid
from dkp_core.recruitment import Application, Comment
from dkp_core.roster import Character, Ownership, ProfileField, Rank

A = TypeVar("A", bound=Aggregate)

NOT_DATA: Final = frozenset(
    {
        *("memberships", "ranks", "removed_ranks", "pools", "channel_webhooks"),
        *("recruitment_rules", "chat_grammars", "house_rules"),
        *("events", "imports", "balances"),
    }
)
"""Tables of guilds that may hold something though the guild has no past: how it is set up, who is in it, what was told
of that, and what is only summed up from other tables."""


@frozen
class MemoryIntake(Intake):
    """Takes in what comes to the guild from elsewhere."""

    session: Session

    def present(self) -> Mapping[str, int]:
        counts = {each.name: len(getattr(self.session.tables, each.name)) for each in attrs.fields(GuildTables)}
        return {name: count for name, count in counts.items() if count and name not in NOT_DATA}

    # --- adding -------------------------------------------------------------------------------------------------------

    def add_people(self, users: Sequence[User], memberships: Sequence[Membership]) -> None:
        for user in users:
            MemoryUsers(self.session).save(_untold(user))
        for membership in memberships:
            if membership.version:
                self.session.tables.memberships.put(membership.user_id, membership)
            else:
                MemoryMemberships(self.session).save(_untold(membership))

    def add(self, things: Sequence[Thing]) -> None:
        adding = self._adding()
        for each in things:
            adding[Application if isinstance(each, Application) else type(each)](each)

    def _adding(self) -> Mapping[type[Any], Callable[[Any], None]]:
        session, tables = self.session, self.session.tables
        characters, ledger, raids = MemoryCharacters(session), MemoryLedger(session), MemoryRaids(session)

        def add_character(character: Character) -> None:
            characters.save(_untold(character))
            if character.owner is not None:
                characters.begin_ownership(Ownership.first(character.id, character.owner))

        return {
            Rank: _kept(MemoryRanks(session).save),
            ProfileField: _kept(MemoryProfileFields(session).save),
            Character: add_character,
            Pool: _kept(MemoryPools(session).save),
            PoliciesOf: lambda each: tables.policies.put((each.pool_id, each.in_force.version), each.in_force),
            ItemPool: _kept(MemoryItemPools(session).save),
            EventType: _kept(MemoryEventTypes(session).save),
            Raid: _kept(raids.save),
            Attendance: lambda line: tables.attendance.put((line.raid_id, line.tick, line.key), line),
            Item: _kept(MemoryItems(session).save),
            Award: _kept(MemoryAwards(session).save),
            Adjustment: lambda adjustment: tables.adjustments.put(adjustment.id, adjustment),
            Entry: lambda entry: ledger.append([entry]),
            FormVersion: lambda each: tables.application_forms.put(each.version, Dated(each.form, each.at)),
            Application: lambda each: MemoryApplications(session).save(evolve(each, pending=(), transitions=())),
            OldTransition: self._add_step,
            Comment: lambda comment: tables.comments.put(comment.id, comment),
            OldDeed: self._add_deed,
        }

    def _add_step(self, step: OldTransition) -> None:
        key = (step.application_id, step.transition.number)
        self.session.tables.transitions.put(key, RecordedTransition(step.transition, _old_actor(step.by)))

    def _add_deed(self, deed: OldDeed) -> None:
        session = self.session
        event_id = session.transaction.ids.next("event")
        recorded = RecordedEvent(
            id=event_id, guild_id=session.guild_id, at=deed.at, version=0, event=deed.event, by=_old_actor(deed.by)
        )
        session.tables.events.put(event_id, recorded)

    def set_default_pool(self, pool_id: PoolId) -> PoolId | None:
        tables = self.session.tables
        before = next((pool.id for pool in tables.pools.values() if pool.is_default), None)
        set_default_pool(tables, pool_id)
        return before

    def take_over(self, pool: Pool) -> None:
        own = self.session.tables.pools[pool.id]
        look = evolve(own, unit=pool.unit, decimals=pool.decimals, archived=False, external_id=pool.external_id)
        self.session.tables.pools.put(pool.id, look)

    # --- settling -----------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing to do: balances moved with their entries, and attendance is counted when it is asked for."""

    def found(self, at: datetime) -> Found:
        tables = self.session.tables
        net: dict[tuple[PoolId, UserId, str], Points] = {}
        for entry in tables.entries.values():
            if entry.kind is not EntryKind.IMPORT:
                key = (entry.pool_id, entry.user_id, entry.character_name)
                net[key] = net.get(key, ZERO) + entry.amount
        glance = Glance(self.session.transaction.snapshot(), self.session.guild_id)
        views, attendance = MemoryRaidsView(lambda: glance), {}
        for pool_id in tables.pools:
            for row in views.attendance_shares(user_id=None, pool_id=pool_id, everyone=True, ordering=(), at=at):
                attendance[pool_id, row.user_id] = (
                    (row.attended_30, row.held_30),
                    (row.attended_60, row.held_60),
                    (row.attended_90, row.held_90),
                    (row.attended_lifetime, row.held_lifetime),
                )
        joined = {user_id: membership.joined_at for user_id, membership in tables.memberships.items()}
        return Found(at=at, balances=dict(tables.balances), net=net, attendance=attendance, joined=joined)

    def kept(self, import_id: ImportId, spans: Mapping[str, Sequence[Span]]) -> Mapping[str, Tally]:
        return tallied(self.session.tables, self.session.installation, import_id, spans)

    def differences(self) -> Sequence[Difference]:
        return tuple(differences_in(self.session.guild_id, self.session.tables))

    # --- undoing ------------------------------------------------------------------------------------------------------

    def named_since(self, record: Import) -> Mapping[str, int]:
        return named_since(self.session, record)

    def told_since(self, at: datetime) -> Sequence[Telling]:
        since = (each for each in self.session.tables.events.values() if each.at >= at)
        told = (
            Telling(
                aggregate=each.event.aggregate,
                aggregate_id=each.event.aggregate_id,
                name=each.event.event_name(),
                by=each.by.kind,
            )
            for each in since
        )
        return tuple(dict.fromkeys(told))

    def staying(self, record: Import) -> frozenset[UserId]:
        return staying(self.session, record)

    def remove(self, record: Import) -> None:
        remove(self.session, record)


def _kept(save: Callable[[A], None]) -> Callable[[A], None]:
    return lambda aggregate: save(_untold(aggregate))


def _untold(aggregate: A) -> A:
    """The same, without anything to tell."""
    return evolve(aggregate, pending=()) if aggregate.pending else aggregate


def _old_actor(name: str) -> Actor:
    """Who did something elsewhere, by the name they had there."""
    return Actor(kind=ActorKind.IMPORT, id=name, entrypoint=ActorKind.IMPORT.value)
