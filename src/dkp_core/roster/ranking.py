"""Ranks, and characters moving between them (R-2, R-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, RankId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.roster.character import Character
from dkp_core.roster.enrolling import must_all_exist
from dkp_core.roster.errors import DefaultRankNeeded
from dkp_core.roster.events import RankMerged, RankRemoved
from dkp_core.roster.ports import RosterView, RosterWork
from dkp_core.roster.rank import Rank, RankChange
from dkp_core.roster.views import RankRow


@frozen
class ListRanks:
    """The guild's ranks, the highest first, with how many characters hold each."""

    read: Read[RosterView]

    def __call__(self, *, by: Actor) -> tuple[RankRow, ...]:
        by.must(Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
        with self.read(by) as views:
            return views.ranks()


@frozen
class CreateRank:
    """Add a rank to the hierarchy; without an order it comes last."""

    begin: Begin[RosterWork]
    ids: Ids

    def __call__(
        self,
        *,
        name: str,
        order: int | None = None,
        is_default: bool = False,
        is_hidden: bool = False,
        counts_as_active: bool = True,
        by: Actor,
    ) -> Rank:
        by.must(Permission.ROSTER_WRITE)
        rank_id = RankId(self.ids.next("rank"))
        with self.begin(by) as work:
            work.guilds.get(work.guild_id)  # held, so that two new defaults don't pass each other by
            ranks = work.ranks.all()
            rank = Rank.create(
                rank_id,
                work.guild_id,
                name=name,
                order=max((each.order for each in ranks), default=-1) + 1 if order is None else order,
                is_default=is_default or not ranks,
                is_hidden=is_hidden,
                counts_as_active=counts_as_active,
            )
            _keep_one_default(work, ranks, rank)
            work.ranks.save(rank)
        return rank


@frozen
class ChangeRank:
    """Change a rank's name, order or flags; a new default takes over from the old one."""

    begin: Begin[RosterWork]

    def __call__(
        self,
        rank_id: RankId,
        *,
        name: str | None = None,
        order: int | None = None,
        is_default: bool | None = None,
        is_hidden: bool | None = None,
        counts_as_active: bool | None = None,
        by: Actor,
    ) -> Rank:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            work.guilds.get(work.guild_id)  # as above
            ranks = work.ranks.all()
            rank = work.ranks.get(rank_id)
            if rank.is_default and is_default is False:
                raise DefaultRankNeeded(rank_id)
            changed = rank.change(
                name=name,
                order=order,
                is_default=is_default,
                is_hidden=is_hidden,
                counts_as_active=counts_as_active,
            )
            _keep_one_default(work, ranks, changed)
            if changed is not rank:
                work.ranks.save(changed)
        return changed


def _keep_one_default(work: RosterWork, ranks: Sequence[Rank], rank: Rank) -> None:
    if rank.is_default:
        for other in ranks:
            if other.is_default and other.id != rank.id:
                work.ranks.save(other.change(is_default=False))


@frozen
class RemoveRank:
    """Remove a rank that no character holds, or merge it into another: its characters move there."""

    begin: Begin[RosterWork]
    clock: Clock

    def __call__(self, rank_id: RankId, *, into: RankId | None = None, reason: str = "", by: Actor) -> None:
        by.must(Permission.ROSTER_WRITE)
        if into == rank_id:
            raise InvalidValue("into", "a rank can't be merged into itself", "another rank of the guild")
        with self.begin(by) as work:
            work.ranks.all()
            rank = work.ranks.get(rank_id)
            if rank.is_default:
                raise DefaultRankNeeded(rank_id)
            if into is None:
                work.ranks.remove(rank.announcing(RankRemoved(rank_id=rank_id, name=rank.name)))
                return
            target = work.ranks.get(into)
            holders = work.characters.holding(rank_id)
            move_characters(work, holders, target.id, reason=reason, at=self.clock.now(), by=by)
            event = RankMerged(rank_id=rank_id, into=target.id, characters=len(holders))
            work.ranks.remove(rank.announcing(event))


@frozen
class RankUpdate:
    """What a bulk update of ranks does to one character."""

    character_id: CharacterId
    name: str
    before: RankId
    after: RankId


@frozen
class UpdateRanks:
    """Move many characters between ranks at once, each to its own; a dry run shows what would change (R-6)."""

    begin: Begin[RosterWork]
    clock: Clock

    def __call__(
        self, ranks: Mapping[CharacterId, RankId], *, reason: str = "", dry_run: bool = False, by: Actor
    ) -> tuple[RankUpdate, ...]:
        by.must(Permission.ROSTER_WRITE)
        wanted = sorted(ranks)
        with self.begin(by) as work:
            known = {rank_id: work.ranks.get(rank_id).id for rank_id in sorted(set(ranks.values()))}
            found = work.characters.some(wanted)
            must_all_exist(wanted, found)
            moving = [each for each in found if each.rank_id != known[ranks[each.id]]]
            if not dry_run:
                for each in moving:
                    move_characters(work, (each,), ranks[each.id], reason=reason, at=self.clock.now(), by=by)
        return tuple(RankUpdate(each.id, each.name, each.rank_id, ranks[each.id]) for each in moving)


def move_characters(
    work: RosterWork, characters: Sequence[Character], rank_id: RankId, *, reason: str, at: datetime, by: Actor
) -> None:
    """Move characters to a rank, and write their rank history."""
    moved = [each.move_to(rank_id, reason=reason) for each in characters]
    work.characters.save(*moved)
    work.characters.record_rank_changes(
        [
            RankChange(
                character_id=each.id,
                at=at,
                before=each.rank_id,
                after=rank_id,
                actor_kind=by.kind,
                actor_id=by.id,
                reason=reason,
            )
            for each in characters
        ]
    )
