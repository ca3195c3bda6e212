"""One transaction over one guild, or over the installation: the repositories that it hands out."""

from __future__ import annotations

from functools import cached_property

from dkp_adapters.memory.accounts import MemoryApiKeys, MemoryConsents, MemoryMemberships, MemoryUsers
from dkp_adapters.memory.batches import MemoryBatches, MemoryTurnout
from dkp_adapters.memory.deadlines import MemoryDeadlines
from dkp_adapters.memory.disputes import MemoryDisputes
from dkp_adapters.memory.guilds import MemoryGuilds
from dkp_adapters.memory.imports import MemoryImports
from dkp_adapters.memory.intake import MemoryIntake
from dkp_adapters.memory.kept_answers import MemoryKeptAnswers
from dkp_adapters.memory.loot import (
    MemoryAuctions,
    MemoryAwardDrafts,
    MemoryAwards,
    MemoryBids,
    MemoryChatGrammars,
    MemoryChatLines,
    MemoryHolds,
    MemoryHouseRules,
    MemoryItems,
    MemoryStandingBids,
)
from dkp_adapters.memory.merges import MemoryClaims, MemoryMerges
from dkp_adapters.memory.notices import MemoryChannels, MemoryNotices
from dkp_adapters.memory.points import MemoryAdjustments, MemoryItemPools, MemoryLedger, MemoryPoolPolicies, MemoryPools
from dkp_adapters.memory.profile_fields import MemoryProfileFields
from dkp_adapters.memory.raids import (
    MemoryAttendances,
    MemoryEventTypes,
    MemoryRaids,
    MemorySightings,
    MemoryUploads,
)
from dkp_adapters.memory.recruitment import (
    MemoryApplicationForms,
    MemoryApplications,
    MemoryComments,
    MemoryRecruitmentRulebook,
    MemoryVotes,
)
from dkp_adapters.memory.roster import MemoryCharacters, MemoryRanks
from dkp_adapters.memory.sign_ins import (
    MemoryDiscordTokens,
    MemorySignInAttempts,
    MemorySignInLinks,
    MemoryUserSessions,
)
from dkp_adapters.memory.transaction import Session
from dkp_adapters.memory.views.bidders import MemoryBidders
from dkp_adapters.memory.views.glance import Glance
from dkp_adapters.memory.views.trials import MemoryPerformances, MemoryVoters
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import GuildId
from dkp_core.moving import MovingWork
from dkp_core.points import FoundingInstallation
from dkp_core.recruitment import RecruitmentWork


class MemoryWork(MovingWork, RecruitmentWork, FoundingInstallation):
    """The unit of work of every context: one class satisfies each of their narrow `…Work` protocols."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def guild_id(self) -> GuildId:
        return self.session.guild_id

    def enter(self, guild_id: GuildId) -> MemoryWork:
        return MemoryWork(self.session.within(guild_id))

    def announce(self, *events: DomainEvent) -> None:
        self.session.announce(*events)

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
    def consents(self) -> MemoryConsents:
        return MemoryConsents(self.session)

    @cached_property
    def kept_answers(self) -> MemoryKeptAnswers:
        return MemoryKeptAnswers(self.session)

    @cached_property
    def sessions(self) -> MemoryUserSessions:
        return MemoryUserSessions(self.session)

    @cached_property
    def sign_in_attempts(self) -> MemorySignInAttempts:
        return MemorySignInAttempts(self.session)

    @cached_property
    def sign_in_links(self) -> MemorySignInLinks:
        return MemorySignInLinks(self.session)

    @cached_property
    def discord_tokens(self) -> MemoryDiscordTokens:
        return MemoryDiscordTokens(self.session)

    @cached_property
    def notices(self) -> MemoryNotices:
        return MemoryNotices(self.session)

    @cached_property
    def channels(self) -> MemoryChannels:
        return MemoryChannels(self.session)

    @cached_property
    def profile_fields(self) -> MemoryProfileFields:
        return MemoryProfileFields(self.session)

    @cached_property
    def ranks(self) -> MemoryRanks:
        return MemoryRanks(self.session)

    @cached_property
    def characters(self) -> MemoryCharacters:
        return MemoryCharacters(self.session)

    @cached_property
    def claims(self) -> MemoryClaims:
        return MemoryClaims(self.session)

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
    def disputes(self) -> MemoryDisputes:
        return MemoryDisputes(self.session)

    @cached_property
    def batches(self) -> MemoryBatches:
        return MemoryBatches(self.session)

    @cached_property
    def turnout(self) -> MemoryTurnout:
        return MemoryTurnout(self._glance)

    @cached_property
    def merges(self) -> MemoryMerges:
        return MemoryMerges(self.session)

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

    @cached_property
    def sightings(self) -> MemorySightings:
        return MemorySightings(self.session)

    @cached_property
    def items(self) -> MemoryItems:
        return MemoryItems(self.session)

    @cached_property
    def policies(self) -> MemoryPoolPolicies:
        return MemoryPoolPolicies(self.session)

    @cached_property
    def house_rules(self) -> MemoryHouseRules:
        return MemoryHouseRules(self.session)

    @cached_property
    def chat_grammars(self) -> MemoryChatGrammars:
        return MemoryChatGrammars(self.session)

    @cached_property
    def auctions(self) -> MemoryAuctions:
        return MemoryAuctions(self.session)

    @cached_property
    def bids(self) -> MemoryBids:
        return MemoryBids(self.session)

    @cached_property
    def bidders(self) -> MemoryBidders:
        return MemoryBidders(lambda: Glance(self.session.transaction.snapshot(), self.guild_id))

    @cached_property
    def holds(self) -> MemoryHolds:
        return MemoryHolds(self.session)

    @cached_property
    def awards(self) -> MemoryAwards:
        return MemoryAwards(self.session)

    @cached_property
    def award_drafts(self) -> MemoryAwardDrafts:
        return MemoryAwardDrafts(self.session)

    @cached_property
    def standing_bids(self) -> MemoryStandingBids:
        return MemoryStandingBids(self.session)

    @cached_property
    def chat_lines(self) -> MemoryChatLines:
        return MemoryChatLines(self.session)

    @cached_property
    def recruitment_rules(self) -> MemoryRecruitmentRulebook:
        return MemoryRecruitmentRulebook(self.session)

    @cached_property
    def application_forms(self) -> MemoryApplicationForms:
        return MemoryApplicationForms(self.session)

    @cached_property
    def applications(self) -> MemoryApplications:
        return MemoryApplications(self.session)

    @cached_property
    def comments(self) -> MemoryComments:
        return MemoryComments(self.session)

    @cached_property
    def votes(self) -> MemoryVotes:
        return MemoryVotes(self.session)

    @cached_property
    def voters(self) -> MemoryVoters:
        return MemoryVoters(self._glance)

    @cached_property
    def performances(self) -> MemoryPerformances:
        return MemoryPerformances(self._glance)

    @cached_property
    def intake(self) -> MemoryIntake:
        return MemoryIntake(self.session)

    @cached_property
    def imports(self) -> MemoryImports:
        return MemoryImports(self.session)

    def _glance(self) -> Glance:
        return Glance(self.session.transaction.snapshot(), self.guild_id)
