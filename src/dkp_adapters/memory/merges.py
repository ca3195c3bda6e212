"""Claims, merges, and whose things are whose since, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_adapters.memory.tables import GuildTables
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ClaimId, MergeId, PoolId, UserId
from dkp_core.points import FOR_GOOD, Balance, Merge, Merged, Merges, heads
from dkp_core.roster import Claim, Claims

Head = Callable[[UserId, datetime], UserId]
"""For whom it counts what a user had at a moment."""


def pointers_of(tables: GuildTables) -> Mapping[UserId, Merged]:
    """Who was merged, by user."""
    return {merge.user_id: merge.pointer for merge in tables.merges.values() if merge.stands}


def heads_of(tables: GuildTables) -> Mapping[UserId, UserId]:
    """For whom it counts in the end what those had who were merged."""
    return heads(pointers_of(tables).values())


def heads_in(tables: GuildTables) -> Head:
    """Tells for whom it counts what a user had, as the guild's merges are now."""
    pointers, found = pointers_of(tables), heads_of(tables)

    def head(user_id: UserId, at: datetime) -> UserId:
        pointer = pointers.get(user_id)
        return user_id if pointer is None or not pointer.covers(at) else found[user_id]

    return head


def merged_away(tables: GuildTables) -> frozenset[UserId]:
    """Who has nothing here any more, since it is all another's."""
    return frozenset(user_id for user_id, pointer in pointers_of(tables).items() if pointer.until == FOR_GOOD)


@frozen
class MemoryClaims(Claims):
    """The claims on the guild's unlinked users."""

    session: Session

    def find(self, claim_id: ClaimId) -> Claim:
        claim = self.session.tables.claims.get(claim_id)
        if claim is None:
            raise NoSuch("claim", claim_id)
        return claim

    def get(self, claim_id: ClaimId) -> Claim:
        return self.find(claim_id)

    def open_on(self, user_id: UserId) -> tuple[Claim, ...]:
        return tuple(claim for claim in self._open() if claim.user_id == user_id)

    def open_by(self, claimant: UserId) -> tuple[Claim, ...]:
        return tuple(claim for claim in self._open() if claim.claimant == claimant)

    def made_since(self, claimant: UserId, since: datetime) -> int:
        claims = self.session.tables.claims.values()
        return sum(claim.claimant == claimant and claim.made_at >= since for claim in claims)

    def with_codes(self, codes: Sequence[str]) -> tuple[Claim, ...]:
        return tuple(claim for claim in self._open() if claim.code in codes)

    def save(self, claim: Claim) -> None:
        same = (each for each in self._open() if (each.claimant, each.user_id) == (claim.claimant, claim.user_id))
        if claim.is_open and any(each.id != claim.id for each in same):
            raise Stale(f"user {claim.claimant} claimed user {claim.user_id} first")
        self.session.save(self.session.tables.claims, claim.id, claim)

    def _open(self) -> list[Claim]:
        claims = self.session.tables.claims.values()
        return sorted((claim for claim in claims if claim.is_open), key=lambda claim: claim.id)


@frozen
class MemoryMerges(Merges):
    """The guild's merges; nothing is summed up that would have to follow."""

    session: Session

    def get(self, merge_id: MergeId) -> Merge:
        merge = self.session.tables.merges.get(merge_id)
        if merge is None:
            raise NoSuch("merge", merge_id)
        return merge

    def of(self, users: Collection[UserId]) -> tuple[Merge, ...]:
        merges = self.session.tables.merges.values()
        found = (merge for merge in merges if merge.stands and (merge.user_id in users or merge.into in users))
        return tuple(sorted(found, key=lambda merge: merge.id))

    def head(self, user_id: UserId, at: datetime) -> UserId:
        return heads_in(self.session.tables)(user_id, at)

    def hold(self, user_id: UserId, into: UserId) -> Mapping[UserId, Mapping[PoolId, Balance]]:
        tables = self.session.tables
        found: dict[UserId, dict[PoolId, Balance]] = {user_id: {}, into: {}}
        for (pool_id, owner), balance in tables.balances.items():
            if owner in found:
                found[owner][pool_id] = balance
        for (_, owner), held in tables.holds.items():
            if owner in found:
                balance = found[owner].get(held.pool_id, Balance())
                found[owner][held.pool_id] = evolve(balance, held=balance.held + held.hold.sealed)
        return found

    def save(self, merge: Merge) -> None:
        others = self.of((merge.user_id,))
        if merge.stands and any(each.user_id == merge.user_id and each.id != merge.id for each in others):
            raise Stale(f"user {merge.user_id} was merged by somebody else first")
        self.session.save(self.session.tables.merges, merge.id, merge)
