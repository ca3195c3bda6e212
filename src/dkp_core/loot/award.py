"""Awards: who got an item for how much; taken back by reversing, never deleted (L-7, L-8, L-17)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from dkp_core.loot.events import AwardReshared, AwardRevoked, ItemAwarded, ItemReturned
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
    `because` tells why it went there; `overbid` that an officer let it pass what was available. `shared_with` are
    those, in order of id, among whom its price was shared out in the zero-sum ones of its pools.
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
    shared_with: tuple[UserId, ...] = ()
    status: AwardStatus = AwardStatus.STANDING
    actor_kind: ActorKind
    actor_id: str
    awarded_at: datetime
    external_id: str | None = None

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
        shared_with: tuple[UserId, ...] = (),
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
            shared_with=shared_with,
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

    @property
    def booked_at(self) -> tuple[tuple[UserId, datetime], ...]:
        """Whom its entries are of, and when they occurred."""
        users = self.shared_with if self.user_id is None else (self.user_id, *self.shared_with)
        return tuple((user_id, self.awarded_at) for user_id in dict.fromkeys(users))

    @property
    def parts(self) -> Mapping[UserId, Points]:
        """What each of those who share its price gets of it, in each pool that it is shared out in."""
        return _parted(self.price, self.shared_with)

    def shares(self, pools: Collection[PoolId], *, by: Actor, at: datetime | None = None) -> Iterator[Entry]:
        """What those who share its price get in these pools, from the award on; their ids are to be given."""
        for entry in self._shares(self.price, pools, by):
            yield evolve(entry, recorded_at=at or self.awarded_at)

    def shares_back(
        self, refund: Refund, pools: Collection[PoolId], *, reason: str, by: Actor, at: datetime
    ) -> Iterator[Entry]:
        """What a returned item takes back from them: all together what is refunded, parted as the price was."""
        for entry in self._shares(-self.price.times(refund.fraction), pools, by):
            yield evolve(entry, note=given_reason(reason), occurred_at=at, recorded_at=at)

    def _shares(self, total: Points, pools: Collection[PoolId], by: Actor) -> Iterator[Entry]:
        for pool_id in sorted(pools):
            for user_id, part in _parted(total, self.shared_with).items():
                share = self._entry(EntryId(0), pool_id, EntryKind.SHARE, part, by.kind, by.id)
                yield evolve(share, user_id=user_id, character_name="")

    def reshare(self, users: tuple[UserId, ...], *, reason: str) -> Award:
        """With its price shared out among others; the shares are to be made anew. Raises: AwardIsOver, InvalidValue."""
        self._must_stand()
        event = AwardReshared(award_id=self.id, reason=given_reason(reason), shared_with=users)
        return evolve(self, shared_with=users).announcing(event)

    def revoke(self, *, reason: str, moved_to: AwardId | None = None) -> Award:
        """Taken back, or moved to another award; its entries are to be reversed. Raises: AwardIsOver, InvalidValue."""
        self._must_stand()
        event = AwardRevoked(award_id=self.id, reason=given_reason(reason), moved_to=moved_to)
        status = AwardStatus.REVOKED if moved_to is None else AwardStatus.MOVED
        return evolve(self, status=status).announcing(event)

    def give_back(self, refund: Refund, *, reason: str) -> Award:
        """With its item returned; `refunds` are to be entered. Raises: AwardIsOver, InvalidValue."""
        self._must_stand()
        back = self.price.times(refund.fraction)
        event = ItemReturned(award_id=self.id, reason=given_reason(reason), refund=str(back))
        return evolve(self, status=AwardStatus.RETURNED).announcing(event)

    def refunds(self, first: int, refund: Refund, *, reason: str, by: Actor, at: datetime) -> Iterator[Entry]:
        """What a returned item gives back: as many entries as the award made, or none."""
        back = self.price.times(refund.fraction)
        for index in range(self.costs if back else 0):
            entry = self._entry(EntryId(first + index), self.pools[index], EntryKind.REFUND, back, by.kind, by.id)
            yield evolve(entry, note=given_reason(reason), occurred_at=at, recorded_at=at)

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


def _parted(total: Points, users: Sequence[UserId]) -> Mapping[UserId, Points]:
    """Equal shares, left-over hundredths one each in order of user id; who would get nothing is left out (P-6)."""
    parts = zip(users, total.shares(len(users)), strict=True) if users else ()
    return {user_id: part for user_id, part in parts if part}


def given_reason(reason: str) -> str:
    """The reason that was given, cleaned. Raises: InvalidValue where there is none."""
    cleaned = clean_text(reason, "reason", length_max=500)
    if not cleaned:
        raise InvalidValue("reason", "it is empty", "why, in up to 500 characters")
    return cleaned
