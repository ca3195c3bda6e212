"""Awards: who got an item for how much; taken back by reversing, never deleted (L-7, L-8, L-17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, AwardId, EntryId, GuildId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot.errors import AwardIsOver
from dkp_core.loot.events import AwardRevoked, ItemAwarded, ItemReturned
from dkp_core.loot.rules import Refund
from dkp_core.points import BUCKETS, Entry, EntryKind, Source, SourceKind


class AwardStatus(StrEnum):
    """Whether an award stands, was taken back, or its item came back."""

    STANDING = "standing"
    REVOKED = "revoked"
    MOVED = "moved"
    RETURNED = "returned"


PAID: Final = frozenset({AwardStatus.STANDING, AwardStatus.RETURNED})
"""What was paid for an award of these stays booked: what a returned item gives back is entered beside it."""


@frozen(kw_only=True)
class Award(Aggregate):
    """One copy of an item for one user; for nobody (`user_id` None) where it rots or goes to the bank.

    `pools` are those it is paid from, each in full (one; an imported item pool may name several, or none).
    `because` tells why it went there; `overbid` that an officer let it pass what was available.
    """

    id: AwardId
    guild_id: GuildId
    item_id: ItemId
    item_name: str
    auction_id: AuctionId | None
    raid_id: RaidId | None
    user_id: UserId | None
    character_name: str
    pools: tuple[PoolId, ...]
    price: Points
    because: str
    overbid: bool = False
    moved_from: AwardId | None = None
    status: AwardStatus = AwardStatus.STANDING
    actor_kind: ActorKind
    actor_id: str
    awarded_at: datetime

    @classmethod
    def make(
        cls,
        award_id: AwardId,
        guild_id: GuildId,
        *,
        item_id: ItemId,
        item_name: str,
        auction_id: AuctionId | None = None,
        raid_id: RaidId | None = None,
        user_id: UserId | None,
        character_name: str = "",
        pools: tuple[PoolId, ...],
        price: Points,
        because: str,
        overbid: bool = False,
        moved_from: AwardId | None = None,
        at: datetime,
        by: Actor,
    ) -> Award:
        """A new award. Raises: InvalidValue for a price below 0, or one that nobody would pay."""
        if price < ZERO or (price and user_id is None):
            raise InvalidValue("amount", f"{price} is not accepted", "0 or more, and 0 where nobody gets the item")
        award = cls(
            id=award_id,
            guild_id=guild_id,
            item_id=item_id,
            item_name=item_name,
            auction_id=auction_id,
            raid_id=raid_id,
            user_id=user_id,
            character_name=character_name,
            pools=pools,
            price=price,
            because=clean_text(because, "reason", length_max=500),
            overbid=overbid,
            moved_from=moved_from,
            actor_kind=by.kind,
            actor_id=by.id,
            awarded_at=at,
        )
        event = ItemAwarded(award_id=award_id, item_id=item_id, user_id=user_id, price=str(price), overbid=overbid)
        return award.announcing(event)

    @property
    def costs(self) -> int:
        """How many entries it makes: one for each pool, unless it is free."""
        return len(self.pools) if self.user_id is not None and self.price else 0

    def entries(self, first: int, *, by: Actor) -> Iterator[Entry]:
        """What it deducts; `first` is the id of the first entry."""
        for index in range(self.costs):
            yield self._entry(EntryId(first + index), self.pools[index], EntryKind.AWARD, -self.price, by.kind, by.id)

    def revoke(self, *, reason: str, moved_to: AwardId | None = None) -> Award:
        """Taken back, or moved to another award; its entries are to be reversed. Raises: AwardIsOver, InvalidValue."""
        self._must_stand()
        event = AwardRevoked(award_id=self.id, reason=_reason(reason), moved_to=moved_to)
        status = AwardStatus.REVOKED if moved_to is None else AwardStatus.MOVED
        return evolve(self, status=status).announcing(event)

    def give_back(self, refund: Refund, *, reason: str) -> Award:
        """With its item returned; `refunds` are to be entered. Raises: AwardIsOver, InvalidValue."""
        self._must_stand()
        back = self.price.times(refund.fraction)
        event = ItemReturned(award_id=self.id, reason=_reason(reason), refund=str(back))
        return evolve(self, status=AwardStatus.RETURNED).announcing(event)

    def refunds(self, first: int, refund: Refund, *, reason: str, by: Actor, at: datetime) -> Iterator[Entry]:
        """What a returned item gives back: as many entries as the award made, or none."""
        back = self.price.times(refund.fraction)
        for index in range(self.costs if back else 0):
            entry = self._entry(EntryId(first + index), self.pools[index], EntryKind.REFUND, back, by.kind, by.id)
            yield evolve(entry, note=_reason(reason), occurred_at=at, recorded_at=at)

    def _must_stand(self) -> None:
        if self.status is not AwardStatus.STANDING:
            raise AwardIsOver(self.id, self.status)

    def _entry(
        self, entry_id: EntryId, pool_id: PoolId, kind: EntryKind, amount: Points, actor_kind: ActorKind, actor_id: str
    ) -> Entry:
        assert self.user_id is not None, "nobody pays nothing"
        return Entry(
            id=entry_id,
            pool_id=pool_id,
            user_id=self.user_id,
            kind=kind,
            bucket=BUCKETS[kind],
            amount=amount,
            reason=self.item_name,
            character_name=self.character_name,
            source=Source(SourceKind.AWARD, self.id),
            actor_kind=actor_kind,
            actor_id=actor_id,
            occurred_at=self.awarded_at,
            recorded_at=self.awarded_at,
        )


def _reason(reason: str) -> str:
    cleaned = clean_text(reason, "reason", length_max=500)
    if not cleaned:
        raise InvalidValue("reason", "it is empty", "why, in up to 500 characters")
    return cleaned
