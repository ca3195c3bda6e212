"""One transaction over one guild, or over the installation: the repositories that it hands out."""

from __future__ import annotations

from functools import cached_property

from dkp_adapters.memory.accounts import MemoryApiKeys, MemoryMemberships, MemoryUsers
from dkp_adapters.memory.deadlines import MemoryDeadlines
from dkp_adapters.memory.guilds import MemoryGuilds
from dkp_adapters.memory.points import MemoryAdjustments, MemoryItemPools, MemoryLedger, MemoryPools
from dkp_adapters.memory.raids import MemoryAttendances, MemoryEventTypes, MemoryRaids, MemoryUploads
from dkp_adapters.memory.roster import MemoryCharacters, MemoryRanks
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.ids import GuildId
from dkp_core.points import FoundingInstallation
from dkp_core.raids import RaidsWork


class MemoryWork(RaidsWork, FoundingInstallation):
    """The unit of work of every context: one class satisfies each of their narrow `…Work` protocols."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def guild_id(self) -> GuildId:
        return self.session.guild_id

    def enter(self, guild_id: GuildId) -> MemoryWork:
        return MemoryWork(self.session.within(guild_id))

    @cached_property
    def deadlines(self) -> MemoryDeadlines:
        return MemoryDeadlines(self.session)

    @cached_property
    def guilds(self) -> MemoryGuilds:
        return MemoryGuilds(self.session)

    @cached_property
    def users(self) -> MemoryUsers:
        return MemoryUsers(self.session)

    @cached_property
    def memberships(self) -> MemoryMemberships:
        return MemoryMemberships(self.session)

    @cached_property
    def api_keys(self) -> MemoryApiKeys:
        return MemoryApiKeys(self.session)

    @cached_property
    def ranks(self) -> MemoryRanks:
        return MemoryRanks(self.session)

    @cached_property
    def characters(self) -> MemoryCharacters:
        return MemoryCharacters(self.session)

    @cached_property
    def pools(self) -> MemoryPools:
        return MemoryPools(self.session)

    @cached_property
    def item_pools(self) -> MemoryItemPools:
        return MemoryItemPools(self.session)

    @cached_property
    def ledger(self) -> MemoryLedger:
        return MemoryLedger(self.session)

    @cached_property
    def adjustments(self) -> MemoryAdjustments:
        return MemoryAdjustments(self.session)

    @cached_property
    def event_types(self) -> MemoryEventTypes:
        return MemoryEventTypes(self.session)

    @cached_property
    def raids(self) -> MemoryRaids:
        return MemoryRaids(self.session)

    @cached_property
    def attendances(self) -> MemoryAttendances:
        return MemoryAttendances(self.session)

    @cached_property
    def uploads(self) -> MemoryUploads:
        return MemoryUploads(self.session)
