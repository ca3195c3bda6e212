"""Who may be bidding, and what the rules ask about them, from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_adapters.memory.views.attendance import AttendanceCounts
from dkp_adapters.memory.views.glance import Glance
from dkp_core.accounts import ACTIVE_ROLE_GROUPS, MembershipStatus, User
from dkp_core.kernel.ids import AuctionId, PoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import Period
from dkp_core.loot import AwardStatus, Bidder, Bidders, Span, Tier
from dkp_core.raids import WINDOWS, AttendanceShare, RaidStatus
from dkp_core.roster import Character, CharacterStatus

_NOT_PLAYED: Final = frozenset({CharacterStatus.PENDING, CharacterStatus.RETIRED})
_ACTIVE: Final = frozenset({CharacterStatus.ACTIVE, CharacterStatus.TRIAL})


@frozen
class MemoryBidders(Bidders):
    """Who may be bidding in a guild; `look` says what is to be seen now."""

    look: Callable[[], Glance]

    def find(
        self, *, user_id: UserId | None = None, discord_id: str | None = None, character: str = ""
    ) -> Bidder | None:
        glance = self.look()
        named = _bearer(glance, character)
        user = _user(glance, user_id, discord_id, named)
        if user is None or user.id not in glance.known_users:
            return None
        played = named if character else _default_character(glance, user.id)
        if played is None or played.owner != user.id or played.status in _NOT_PLAYED:
            played = None
        membership = glance.tables.memberships.get(user.id)
        is_trial = membership is not None and membership.trial
        return Bidder(
            user_id=user.id,
            is_member=membership is not None
            and membership.status is MembershipStatus.IN_FORCE
            and ((is_trial and glance.trials_bid) or membership.role_group in ACTIVE_ROLE_GROUPS)
            and user.deactivated_at is None,
            is_trial=is_trial,
            character_id=played.id if played else None,
            character_name=played.name if played else character,
            owns_character=played is not None,
            tier=Tier.ALT if played and not played.is_main else Tier.MAIN,
            rank_id=played.rank_id if played else None,
            character_class=played.character_class if played else None,
        )

    def attendance(self, user_id: UserId, days: int, at: datetime) -> AttendanceShare:
        count = AttendanceCounts(self.look(), at).of(user_id)
        return count.windows[WINDOWS.index(days)] if days else count.lifetime

    def attended(self, user_id: UserId, raid_id: RaidId) -> bool:
        return user_id in self.attendees(raid_id)

    def attendees(self, raid_id: RaidId) -> tuple[UserId, ...]:
        glance = self.look()
        raid = glance.tables.raids.get(raid_id)
        if raid is None or raid.status is RaidStatus.CANCELLED:
            return ()
        return tuple(
            sorted(
                {
                    glance.head(line.user_id, line.at)
                    for line in glance.tables.attendance.values()
                    if line.raid_id == raid_id and line.user_id is not None and line.counts
                }
            )
        )

    def wins(
        self,
        user_id: UserId,
        pool_id: PoolId,
        *,
        raid_id: RaidId | None,
        night: Period,
        but: AuctionId,
        sealed: bool = True,
    ) -> Mapping[Span, tuple[int, ...]]:
        counted = [*self._won(user_id, pool_id), *self._held(user_id, pool_id, but, sealed=sealed)]
        return {
            Span.RAID: tuple(
                sorted(price for price, of_raid, _ in counted if of_raid is not None and of_raid == raid_id)
            ),
            Span.NIGHT: tuple(sorted(price for price, _, at in counted if at in night)),
        }

    def _won(self, user_id: UserId, pool_id: PoolId) -> Iterator[tuple[int, RaidId | None, datetime]]:
        glance = self.look()
        for award in glance.tables.awards.values():
            owner = None if award.user_id is None else glance.head(award.user_id, award.awarded_at)
            if owner == user_id and pool_id in award.pools and award.status is AwardStatus.STANDING:
                yield award.price.hundredths, award.raid_id, award.awarded_at

    def _held(
        self, user_id: UserId, pool_id: PoolId, but: AuctionId, *, sealed: bool
    ) -> Iterator[tuple[int, RaidId | None, datetime]]:
        tables = self.look().tables
        for (auction_id, holder), held in tables.holds.items():
            counts = (held.hold.points if sealed else held.hold.shown).hundredths
            if (holder, held.pool_id) == (user_id, pool_id) and auction_id != but and counts:
                auction = tables.auctions[auction_id]
                copies = held.hold.copies
                yield from [(counts // copies, auction.raid_id, auction.opens_at)] * copies


def _user(glance: Glance, user_id: UserId | None, discord_id: str | None, named: Character | None) -> User | None:
    users = glance.installation.users
    if user_id is not None:
        return users.get(user_id)
    if discord_id is not None:
        return next((user for user in users.values() if user.discord_id == discord_id), None)
    return users[named.owner] if named is not None and named.owner is not None else None


def _bearer(glance: Glance, name: str) -> Character | None:
    borne = glance.tables.names.get(name_key(name))
    return None if borne is None else glance.tables.characters[borne.character_id]


def _default_character(glance: Glance, user_id: UserId) -> Character | None:
    """A user's active main, else their first active character by name."""
    active = [each for each in glance.tables.characters.values() if each.owner == user_id and each.status in _ACTIVE]
    return min(active, key=lambda each: (not each.is_main, name_key(each.name), each.id), default=None)
