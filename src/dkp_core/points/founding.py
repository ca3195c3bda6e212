"""Founding a guild: with its first officer, a ladder of ranks and a pool (A-11)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.accounts import Membership, RoleGroup, User, known_user
from dkp_core.guilds import Guild
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import GuildId, PoolId, RankId
from dkp_core.kernel.ports import BeginInstallation, Clock, Ids
from dkp_core.points.pool import Pool
from dkp_core.points.ports import FoundingInstallation
from dkp_core.roster import Rank

# Name, whether new members get it, whether it counts as active.
RANKS: Final = (
    ("Leader", False, True),
    ("Officer", False, True),
    ("Raider", False, True),
    ("Member", True, True),
    ("Trial", False, True),
    ("Inactive", False, False),
)
POOL: Final = "DKP"


@frozen
class Founded:
    """A guild as it was founded, and its first officer."""

    guild: Guild
    officer: User


@frozen
class FoundGuild:
    """Make a guild and its first officer, with a ladder of ranks and a default pool.

    The operator names the officer by Discord id; where the installation lets users found guilds, a user's guild has
    that user as its first officer.
    """

    begin: BeginInstallation[FoundingInstallation]
    ids: Ids
    clock: Clock
    users_may_found: bool = False

    def __call__(
        self,
        *,
        name: str,
        officer_discord_id: str | None = None,
        officer_username: str | None = None,
        slug: str | None = None,
        timezone: str = "UTC",
        by: Actor,
    ) -> Founded:
        if not by.is_operator and not (self.users_may_found and by.user_id is not None):
            raise NotPermitted("operator")
        if by.is_operator == (officer_discord_id is None):
            accepted = "the Discord id of the first officer, from the operator; nothing from a user, who is the officer"
            raise InvalidValue("officer", "the first officer is not named, or need not be", accepted)
        now = self.clock.now()
        guild_id = GuildId(self.ids.next("guild"))
        pool_id = PoolId(self.ids.next("pool"))
        first_rank = self.ids.next("rank", len(RANKS))
        with self.begin(by) as work:
            guild = Guild.found(guild_id, name=name, slug=slug, timezone=timezone, at=now)
            work.guilds.save(guild)
            officer = self._officer(work, officer_discord_id, officer_username, now, by)
            inside = work.enter(guild_id)
            inside.memberships.save(Membership.begin(guild_id, officer.id, RoleGroup.OFFICER, now))
            for order, (rank, is_default, counts_as_active) in enumerate(RANKS):
                inside.ranks.save(
                    Rank.create(
                        RankId(first_rank + order),
                        guild_id,
                        name=rank,
                        order=order,
                        is_default=is_default,
                        counts_as_active=counts_as_active,
                    )
                )
            inside.pools.save(Pool.create(pool_id, guild_id, name=POOL, is_default=True))
        return Founded(guild, officer)

    def _officer(
        self, work: FoundingInstallation, discord_id: str | None, username: str | None, at: datetime, by: Actor
    ) -> User:
        if discord_id is None:
            assert by.user_id is not None, "a user founds"
            return work.users.get(by.user_id)
        return known_user(work.users, self.ids, discord_id, username, at)
