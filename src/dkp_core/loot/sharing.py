"""Zero-sum: what an item costs is shared out among the attendees of the raid it dropped in (P-6, P-12)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import AwardId, PoolId, RaidId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.loot.award import Award, given_reason
from dkp_core.loot.errors import NobodyShares
from dkp_core.loot.ports import LootWork
from dkp_core.points import Entry, EntryKind, Policies, Source, SourceKind, book, hold_all, numbered, take_back


@frozen(kw_only=True)
class Sharing:
    """Among whom what is paid is shared out, in order of user id, and in which pools."""

    pools: frozenset[PoolId] = frozenset()
    users: tuple[UserId, ...] = ()


def sharing_of(work: LootWork, policies: Mapping[PoolId, Policies], raid_id: RaidId | None) -> Sharing:
    """Among whom it is shared out what an item of that raid costs in these pools. Raises: NobodyShares."""
    shared = frozenset(pool_id for pool_id, each in policies.items() if each.zero_sum)
    if not shared:
        return Sharing()
    users = () if raid_id is None else work.bidders.attendees(raid_id)
    if not users:
        raise NobodyShares(min(shared), raid_id)
    return Sharing(pools=shared, users=users)


def booked_for(work: LootWork, award: Award) -> tuple[Entry, ...]:
    """What stands in the ledger for an award: what it cost, and its shares."""
    return work.ledger.unreversed(Source(SourceKind.AWARD, award.id), award.booked_at)


def shared_pools(work: LootWork, award: Award) -> frozenset[PoolId]:
    """The pools in which the price of an award was shared out; nothing is asked about one that was not."""
    if not award.shared_with:
        return frozenset()
    return frozenset(entry.pool_id for entry in _shares(booked_for(work, award)))


def _shares(entries: Collection[Entry]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.kind is EntryKind.SHARE)


@frozen(kw_only=True)
class ShareChange:
    """What somebody's share of an award's price was, and what it is now; in each pool that it is shared out in."""

    award_id: AwardId
    item: str
    user_id: UserId
    before: Points
    after: Points


@frozen
class ReshareAwards:
    """Share out anew what a raid's items cost in zero-sum pools, among those who are down as its attendees now.

    Awards that stand are looked at, and only those whose attendees differ are touched: their shares are reversed and
    made anew, at the time of the award. What changed is answered; a second time nothing does.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, raid_id: RaidId, *, reason: str, dry_run: bool = False, by: Actor) -> tuple[ShareChange, ...]:
        by.must(Permission.AUCTIONS_WRITE)
        why, at = given_reason(reason), self.clock.now()
        changes: list[ShareChange] = []
        anew: list[tuple[Award, tuple[Entry, ...], tuple[Entry, ...]]] = []
        with self.begin(by) as work:
            work.raids.get(raid_id).must_stand()  # locked, so that its attendance stays as it is
            awards = work.awards.shared_at(raid_id)
            users = work.bidders.attendees(raid_id) if awards else ()
            for award in awards:
                if award.shared_with == users:
                    continue
                reshared = award.reshare(users, reason=why)
                changes += _changes(award, reshared)
                shares = _shares(booked_for(work, award))
                if shares and not users:
                    raise NobodyShares(shares[0].pool_id, raid_id)
                pools = {entry.pool_id for entry in shares}
                anew.append((reshared, shares, tuple(reshared.shares(pools, by=by, at=at))))
            if not dry_run:
                hold_all(work, [entry for _, old, new in anew for entry in (*old, *new)])
                for reshared, old, new in anew:
                    work.awards.save(reshared)
                    take_back(work, old, reason=why, ids=self.ids, at=at, by=by)
                    book(work, numbered(new, self.ids), ids=self.ids)
        return tuple(changes)


def _changes(before: Award, after: Award) -> tuple[ShareChange, ...]:
    """Whose share differs, in order of user id."""
    had, has = before.parts, after.parts
    return tuple(
        ShareChange(
            award_id=after.id,
            item=after.item_name,
            user_id=user_id,
            before=had.get(user_id, ZERO),
            after=has.get(user_id, ZERO),
        )
        for user_id in sorted({*had, *has})
        if had.get(user_id, ZERO) != has.get(user_id, ZERO)
    )
