"""One transaction over one guild, and the queries of one guild: the repositories and views that they hand out.

A repository is a class that takes the `Session`; it appears here once, as a property that makes it when it is first
used:

    @cached_property
    def raids(self) -> SqlRaids:
        return SqlRaids(self.session)
"""

from __future__ import annotations

from functools import cached_property

from dkp_adapters.sql.accounts import SqlApiKeys, SqlConsents, SqlMemberships, SqlUsers
from dkp_adapters.sql.attendance_summaries import AttendanceSummaries
from dkp_adapters.sql.auctions import SqlAuctions, SqlBids
from dkp_adapters.sql.award_drafts import SqlAwardDrafts
from dkp_adapters.sql.balances import BalanceMoves
from dkp_adapters.sql.batches import SqlBatches, SqlTurnout
from dkp_adapters.sql.bidders import SqlBidders
from dkp_adapters.sql.deadlines import SqlDeadlines
from dkp_adapters.sql.disputes import SqlDisputes
from dkp_adapters.sql.guilds import SqlGuilds
from dkp_adapters.sql.holds import SqlHolds
from dkp_adapters.sql.imports import SqlImports
from dkp_adapters.sql.intake import SqlIntake
from dkp_adapters.sql.kept_answers import SqlKeptAnswers
from dkp_adapters.sql.loot import (
    SqlAwards,
    SqlChatGrammars,
    SqlChatLines,
    SqlHouseRules,
    SqlItems,
    SqlStandingBids,
)
from dkp_adapters.sql.merge_watch import MergeWatch
from dkp_adapters.sql.merges import SqlClaims, SqlMerges
from dkp_adapters.sql.notices import SqlChannels, SqlNotices
from dkp_adapters.sql.performances import SqlPerformances
from dkp_adapters.sql.points import SqlAdjustments, SqlItemPools, SqlLedger, SqlPoolPolicies, SqlPools
from dkp_adapters.sql.profile_fields import SqlProfileFields
from dkp_adapters.sql.raids import SqlAttendances, SqlEventTypes, SqlRaids, SqlUploads
from dkp_adapters.sql.recruitment import (
    SqlApplicationForms,
    SqlApplications,
    SqlComments,
    SqlRecruitmentRulebook,
    SqlVoters,
    SqlVotes,
)
from dkp_adapters.sql.roster import SqlCharacters, SqlRanks
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.sightings import SqlSightings
from dkp_adapters.sql.sign_ins import SqlDiscordTokens, SqlSignInAttempts, SqlSignInLinks, SqlUserSessions
from dkp_adapters.sql.views.accounts import SqlAccountsView
from dkp_adapters.sql.views.audit_log import SqlAuditLog
from dkp_adapters.sql.views.loot import SqlLootView
from dkp_adapters.sql.views.moving import SqlImportsView
from dkp_adapters.sql.views.notices import SqlNoticesView
from dkp_adapters.sql.views.past import SqlPastView
from dkp_adapters.sql.views.recruitment import SqlRecruitmentView
from dkp_adapters.sql.views.roster import SqlRosterView
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import Work


class SqlWork(Work):
    """The unit of work of every context: one class satisfies each of their narrow `…Work` protocols."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def guild_id(self) -> GuildId:
        return self.session.guild_id

    def announce(self, *events: DomainEvent) -> None:
        self.session.announce(*events)

    @cached_property
    def deadlines(self) -> SqlDeadlines:
        return SqlDeadlines(self.session)

    @cached_property
    def guilds(self) -> SqlGuilds:
        return SqlGuilds(self.session)

    @cached_property
    def users(self) -> SqlUsers:
        return SqlUsers(self.session)

    @cached_property
    def memberships(self) -> SqlMemberships:
        return SqlMemberships(self.session)

    @cached_property
    def api_keys(self) -> SqlApiKeys:
        return SqlApiKeys(self.session)

    @cached_property
    def consents(self) -> SqlConsents:
        return SqlConsents(self.session)

    @cached_property
    def kept_answers(self) -> SqlKeptAnswers:
        return SqlKeptAnswers(self.session)

    @cached_property
    def sessions(self) -> SqlUserSessions:
        return SqlUserSessions(self.session)

    @cached_property
    def sign_in_attempts(self) -> SqlSignInAttempts:
        return SqlSignInAttempts(self.session)

    @cached_property
    def sign_in_links(self) -> SqlSignInLinks:
        return SqlSignInLinks(self.session)

    @cached_property
    def discord_tokens(self) -> SqlDiscordTokens:
        return SqlDiscordTokens(self.session)

    @cached_property
    def notices(self) -> SqlNotices:
        return SqlNotices(self.session)

    @cached_property
    def channels(self) -> SqlChannels:
        return SqlChannels(self.session)

    @cached_property
    def profile_fields(self) -> SqlProfileFields:
        return SqlProfileFields(self.session)

    @cached_property
    def ranks(self) -> SqlRanks:
        return SqlRanks(self.session)

    @cached_property
    def characters(self) -> SqlCharacters:
        return SqlCharacters(self.session)

    @cached_property
    def pools(self) -> SqlPools:
        return SqlPools(self.session)

    @cached_property
    def item_pools(self) -> SqlItemPools:
        return SqlItemPools(self.session)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.session, self._balances, self._merge_watch)

    @cached_property
    def _balances(self) -> BalanceMoves:
        return BalanceMoves(self.session)

    @cached_property
    def _merge_watch(self) -> MergeWatch:
        return MergeWatch(self.session)

    @cached_property
    def policies(self) -> SqlPoolPolicies:
        return SqlPoolPolicies(self.session)

    @cached_property
    def adjustments(self) -> SqlAdjustments:
        return SqlAdjustments(self.session)

    @cached_property
    def disputes(self) -> SqlDisputes:
        return SqlDisputes(self.session)

    @cached_property
    def batches(self) -> SqlBatches:
        return SqlBatches(self.session)

    @cached_property
    def turnout(self) -> SqlTurnout:
        return SqlTurnout(self.session)

    @cached_property
    def merges(self) -> SqlMerges:
        return SqlMerges(self.session, self._balances, self._attendance_summaries)

    @cached_property
    def claims(self) -> SqlClaims:
        return SqlClaims(self.session)

    @cached_property
    def event_types(self) -> SqlEventTypes:
        return SqlEventTypes(self.session)

    @cached_property
    def raids(self) -> SqlRaids:
        return SqlRaids(self.session, self._attendance_summaries)

    @cached_property
    def attendances(self) -> SqlAttendances:
        return SqlAttendances(self.session, self._attendance_summaries)

    @cached_property
    def _attendance_summaries(self) -> AttendanceSummaries:
        return AttendanceSummaries(self.session, self._merge_watch)

    @cached_property
    def uploads(self) -> SqlUploads:
        return SqlUploads(self.session)

    @cached_property
    def sightings(self) -> SqlSightings:
        return SqlSightings(self.session)

    @cached_property
    def items(self) -> SqlItems:
        return SqlItems(self.session)

    @cached_property
    def house_rules(self) -> SqlHouseRules:
        return SqlHouseRules(self.session)

    @cached_property
    def chat_grammars(self) -> SqlChatGrammars:
        return SqlChatGrammars(self.session)

    @cached_property
    def auctions(self) -> SqlAuctions:
        return SqlAuctions(self.session)

    @cached_property
    def bids(self) -> SqlBids:
        return SqlBids(self.session)

    @cached_property
    def bidders(self) -> SqlBidders:
        return SqlBidders(self.session, self.holds.write, self._attendance_summaries.write)

    @cached_property
    def holds(self) -> SqlHolds:
        return SqlHolds(self.session, self._balances)

    @cached_property
    def awards(self) -> SqlAwards:
        return SqlAwards(self.session)

    @cached_property
    def award_drafts(self) -> SqlAwardDrafts:
        return SqlAwardDrafts(self.session)

    @cached_property
    def standing_bids(self) -> SqlStandingBids:
        return SqlStandingBids(self.session)

    @cached_property
    def chat_lines(self) -> SqlChatLines:
        return SqlChatLines(self.session)

    @cached_property
    def recruitment_rules(self) -> SqlRecruitmentRulebook:
        return SqlRecruitmentRulebook(self.session)

    @cached_property
    def application_forms(self) -> SqlApplicationForms:
        return SqlApplicationForms(self.session)

    @cached_property
    def applications(self) -> SqlApplications:
        return SqlApplications(self.session)

    @cached_property
    def comments(self) -> SqlComments:
        return SqlComments(self.session)

    @cached_property
    def votes(self) -> SqlVotes:
        return SqlVotes(self.session)

    @cached_property
    def voters(self) -> SqlVoters:
        return SqlVoters(self.session)

    @cached_property
    def performances(self) -> SqlPerformances:
        return SqlPerformances(self.session)

    @cached_property
    def intake(self) -> SqlIntake:
        return SqlIntake(self.session)

    @cached_property
    def imports(self) -> SqlImports:
        return SqlImports(self.session)

    def enter(self, guild_id: GuildId) -> SqlWork:
        """The same transaction, in that guild: for work of the installation that reaches into one."""
        assert self.session.transaction is not None
        return SqlWork(self.session.transaction.session(guild_id, self.session.by))


class SqlViews(
    SqlAuditLog,
    SqlAccountsView,
    SqlRosterView,
    SqlPastView,
    SqlLootView,
    SqlRecruitmentView,
    SqlNoticesView,
    SqlImportsView,
):
    """The query ports of every context."""
