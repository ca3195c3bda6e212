"""The container: the one place that knows which adapter stands behind which port."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from dkp_core import accounts, guilds, loot, moving, notices, points, raids, recruitment, roster
from dkp_core.reactions import reactions_by_event
from dkp_entrypoints.execution import attempted
from dkp_entrypoints.settings import Settings

if TYPE_CHECKING:
    from dkp_adapters.fanout import FanOut
    from dkp_adapters.limiting import Limits
    from dkp_adapters.sql.database import SqlDatabase
    from dkp_adapters.system import HmacHashing, SystemChance, SystemClock
    from dkp_core.accounts import DiscordSignIn
    from dkp_core.kernel.ports import Sealing
    from dkp_core.moving import Packing
    from dkp_core.notices import Notifier


def _clock() -> SystemClock:
    from dkp_adapters.system import SystemClock  # adapters are dear to import: only when needed

    return SystemClock()


def _chance() -> SystemChance:
    from dkp_adapters.system import SystemChance  # as above

    return SystemChance()


def _hashing(settings: Settings) -> HmacHashing:
    from dkp_adapters.system import HmacHashing  # as above

    return HmacHashing(settings.secret_key.encode())


def _sealing(settings: Settings) -> Sealing:
    from dkp_adapters.sealing import FernetSealing, NoSealing  # as above

    return FernetSealing.of(settings.encryption_keys) if settings.encryption_keys else NoSealing()


def _discord(settings: Settings) -> DiscordSignIn:
    if not settings.discord_client_id:
        from dkp_adapters.discord.absent import NoDiscordSignIn  # as above

        return NoDiscordSignIn()
    from dkp_adapters.discord.oauth import DiscordOAuth  # as above

    return DiscordOAuth.of(
        client_id=settings.discord_client_id,
        client_secret=settings.discord_client_secret,
        api_url=settings.discord_api_url,
        scopes=settings.discord_scopes,
    )


def _session_limits(settings: Settings) -> accounts.SessionLimits:
    return accounts.SessionLimits(
        idle=timedelta(hours=settings.session_idle_hours), longest=timedelta(hours=settings.session_hours_max)
    )


def _fan_out(settings: Settings) -> FanOut:
    if not settings.redis_url:
        from dkp_adapters.fanout import MemoryFanOut  # as above

        return MemoryFanOut()
    from dkp_adapters.redis.fanout import RedisFanOut  # as above

    return RedisFanOut.open(settings.redis_url)


def _notifier(settings: Settings) -> Notifier:
    from dkp_adapters.discord.webhooks import DiscordWebhooks  # as above
    from dkp_adapters.notifying import LoggingNotifier, Notifiers  # as above

    mail: Notifier = LoggingNotifier("e-mail", "no mail server is set up")
    if settings.smtp_url:
        from dkp_adapters.mail.smtp import SmtpMail  # as above

        mail = SmtpMail.at(settings.smtp_url, settings.mail_from)
    channels = DiscordWebhooks.at(settings.webhook_hosts)
    messages = LoggingNotifier("Discord message", "no bot is set up")
    return Notifiers(channels=channels, messages=messages, mail=mail)


def _limits(settings: Settings) -> Limits:
    if not settings.redis_url:
        from dkp_adapters.limiting import MemoryLimits  # as above

        return MemoryLimits()
    from dkp_adapters.redis.limiting import RedisLimits  # as above

    return RedisLimits.open(settings.redis_url)


def _database(settings: Settings, clock: SystemClock, fan_out: FanOut) -> SqlDatabase:
    from dkp_adapters.sql.database import SqlDatabase  # as above

    database = SqlDatabase.open(settings.database_url, clock=clock, reactions=reactions_by_event())
    database.after_commit(fan_out.committed)
    return database


def _packing(database: SqlDatabase) -> Packing:
    from dkp_adapters.sql.guild_export import SqlPacking  # as above
    from dkp_entrypoints.version import own_version  # as above

    return SqlPacking(database, own_version())


class UseCases(containers.DeclarativeContainer):
    """Every use case, on the database that the settings name; `database` may be overridden by another adapter."""

    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Singleton(_clock)
    chance = providers.Singleton(_chance)
    hashing = providers.Singleton(_hashing, settings)
    sealing = providers.Singleton(_sealing, settings)
    discord = providers.Singleton(_discord, settings)
    session_limits = providers.Singleton(_session_limits, settings)
    again = providers.Object(attempted)
    fan_out = providers.Singleton(_fan_out, settings)
    limits = providers.Singleton(_limits, settings)
    notifier = providers.Singleton(_notifier, settings)
    database = providers.ThreadSafeSingleton(_database, settings, clock, fan_out)

    begin = database.provided.begin
    begin_installation = database.provided.begin_installation
    read = database.provided.read
    read_steadily = database.provided.read_steadily
    ids = database.provided.ids
    verifying = database.provided.verifying
    credentials = database.provided.credentials
    minting = providers.Singleton(accounts.Minting, chance=chance, hashing=hashing)
    doorman = providers.Singleton(
        accounts.Doorman, minting=minting, sealing=sealing, clock=clock, limits=session_limits
    )
    authenticate = providers.Singleton(accounts.Authenticate, credentials=credentials, hashing=hashing, clock=clock)
    authenticate_session = providers.Singleton(
        accounts.AuthenticateSession, credentials=credentials, hashing=hashing, clock=clock, limits=session_limits
    )
    begin_sign_in = providers.Singleton(
        accounts.BeginSignIn,
        begin=begin_installation,
        discord=discord,
        minting=minting,
        sealing=sealing,
        clock=clock,
    )
    sign_in_with_discord = providers.Singleton(
        accounts.SignInWithDiscord,
        begin=begin_installation,
        read=read,
        discord=discord,
        doorman=doorman,
        ids=ids,
        again=again,
    )
    issue_key_with_discord = providers.Singleton(
        accounts.IssueKeyWithDiscord,
        begin=begin_installation,
        read=read,
        discord=discord,
        doorman=doorman,
        ids=ids,
        again=again,
        public_url=settings.provided.public_url,
    )
    make_sign_in_link = providers.Singleton(
        accounts.MakeSignInLink, begin=begin_installation, minting=minting, clock=clock
    )
    sign_in_with_link = providers.Singleton(
        accounts.SignInWithLink, begin=begin_installation, read=read, doorman=doorman
    )
    issue_key_with_link = providers.Singleton(
        accounts.IssueKeyWithLink, begin=begin_installation, read=read, minting=minting, clock=clock
    )
    list_sessions = providers.Singleton(accounts.ListSessions, read=read, clock=clock, limits=session_limits)
    end_session = providers.Singleton(accounts.EndSession, begin=begin_installation)
    end_sessions = providers.Singleton(accounts.EndSessions, begin=begin_installation)
    sign_out = providers.Singleton(accounts.SignOut, begin=begin_installation, credentials=credentials, hashing=hashing)
    record_session_uses = providers.Singleton(accounts.RecordSessionUses, begin=begin_installation)
    prune_sign_ins = providers.Singleton(
        accounts.PruneSignIns, begin=begin_installation, clock=clock, limits=session_limits
    )
    refresh_profile = providers.Singleton(
        accounts.RefreshProfile,
        begin=begin_installation,
        discord=discord,
        sealing=sealing,
        clock=clock,
        again=again,
    )
    revoke_discord_tokens = providers.Singleton(
        accounts.RevokeDiscordTokens,
        begin=begin_installation,
        discord=discord,
        sealing=sealing,
        clock=clock,
        again=again,
    )
    reseal_secrets = providers.Singleton(
        accounts.ResealSecrets, sealed=database.provided.sealed_secrets, sealing=sealing
    )

    list_guilds = providers.Singleton(guilds.ListGuilds, read=read)
    show_guild = providers.Singleton(guilds.ShowGuild, read=read)
    change_guild = providers.Singleton(guilds.ChangeGuild, begin=begin)
    show_audit_log = providers.Singleton(guilds.ShowAuditLog, read=read)

    add_member = providers.Singleton(accounts.AddMember, begin=begin, ids=ids, clock=clock)
    change_membership = providers.Singleton(accounts.ChangeMembership, begin=begin, clock=clock)
    list_memberships = providers.Singleton(accounts.ListMemberships, read=read)
    show_user = providers.Singleton(accounts.ShowUser, read=read)
    find_user = providers.Singleton(accounts.FindUser, read=read)
    show_profile = providers.Singleton(accounts.ShowProfile, read=read)
    change_preferences = providers.Singleton(accounts.ChangePreferences, begin=begin_installation)
    set_user_active = providers.Singleton(accounts.SetUserActive, begin=begin_installation, clock=clock)
    give_consent = providers.Singleton(accounts.GiveConsent, begin=begin_installation, clock=clock)
    withdraw_consent = providers.Singleton(accounts.WithdrawConsent, begin=begin_installation, clock=clock)
    export_person = providers.Singleton(accounts.ExportPerson, begin=begin_installation, read=read, clock=clock)
    erase_user = providers.Singleton(accounts.EraseUser, begin=begin_installation, clock=clock)
    list_consents = providers.Singleton(accounts.ListConsents, read=read)
    issue_personal_key = providers.Singleton(
        accounts.IssuePersonalKey, begin=begin_installation, minting=minting, clock=clock
    )
    issue_bot_key = providers.Singleton(accounts.IssueBotKey, begin=begin, minting=minting, clock=clock)
    rotate_key = providers.Singleton(accounts.RotateKey, begin=begin_installation, minting=minting, clock=clock)
    revoke_key = providers.Singleton(accounts.RevokeKey, begin=begin_installation, clock=clock)
    change_bot_key_scopes = providers.Singleton(accounts.ChangeBotKeyScopes, begin=begin)
    list_own_keys = providers.Singleton(accounts.ListOwnKeys, read=read)
    list_bot_keys = providers.Singleton(accounts.ListBotKeys, read=read)
    record_key_uses = providers.Singleton(accounts.RecordKeyUses, begin=begin_installation)

    show_channels = providers.Singleton(notices.ShowChannels, read=read)
    set_channel_webhook = providers.Singleton(
        notices.SetChannelWebhook, begin=begin, sealing=sealing, clock=clock, hosts=settings.provided.webhook_hosts
    )
    send_test_notice = providers.Singleton(notices.SendTestNotice, begin=begin)
    list_notices = providers.Singleton(notices.ListNotices, read=read)
    list_own_notices = providers.Singleton(notices.ListOwnNotices, read=read)
    resend_notice = providers.Singleton(notices.ResendNotice, begin=begin)
    drop_notice = providers.Singleton(notices.DropNotice, begin=begin)
    send_notice = providers.Singleton(
        notices.SendNotice, read=read, begin=begin, sealing=sealing, notifier=notifier, clock=clock
    )

    enter_character = providers.Singleton(roster.EnterCharacter, begin=begin, ids=ids, clock=clock)
    change_character = providers.Singleton(roster.ChangeCharacter, begin=begin)
    approve_character = providers.Singleton(roster.ApproveCharacter, begin=begin)
    remove_character = providers.Singleton(roster.RemoveCharacter, begin=begin)
    add_alias = providers.Singleton(roster.AddAlias, begin=begin)
    update_statuses = providers.Singleton(roster.UpdateStatuses, begin=begin)
    list_main_changes = providers.Singleton(roster.ListMainChanges, read=read)
    list_profile_fields = providers.Singleton(roster.ListProfileFields, read=read)
    create_profile_field = providers.Singleton(roster.CreateProfileField, begin=begin, ids=ids)
    change_profile_field = providers.Singleton(roster.ChangeProfileField, begin=begin)
    remove_profile_field = providers.Singleton(roster.RemoveProfileField, begin=begin)
    import_roster = providers.Singleton(roster.ImportRoster, begin=begin, ids=ids, clock=clock)
    list_characters = providers.Singleton(roster.ListCharacters, read=read, clock=clock)
    show_character = providers.Singleton(roster.ShowCharacter, read=read)
    find_character = providers.Singleton(roster.FindCharacter, read=read)
    list_members = providers.Singleton(roster.ListMembers, read=read)
    show_ownership_history = providers.Singleton(roster.ShowOwnershipHistory, read=read)
    show_rank_history = providers.Singleton(roster.ShowRankHistory, read=read)
    audit_roster = providers.Singleton(roster.AuditRoster, read=read)
    reassign_character = providers.Singleton(roster.ReassignCharacter, begin=begin, clock=clock)
    forget_on_roster = providers.Singleton(roster.ForgetOnRoster, begin=begin, clock=clock)
    attribute_character = providers.Singleton(roster.AttributeCharacter, read=read, clock=clock)
    list_ranks = providers.Singleton(roster.ListRanks, read=read)
    create_rank = providers.Singleton(roster.CreateRank, begin=begin, ids=ids)
    change_rank = providers.Singleton(roster.ChangeRank, begin=begin)
    remove_rank = providers.Singleton(roster.RemoveRank, begin=begin, clock=clock)
    update_ranks = providers.Singleton(roster.UpdateRanks, begin=begin, clock=clock)

    make_claim = providers.Singleton(roster.MakeClaim, begin=begin, ids=ids, chance=chance, clock=clock)
    withdraw_claim = providers.Singleton(roster.WithdrawClaim, begin=begin, clock=clock)
    refuse_claim = providers.Singleton(roster.RefuseClaim, begin=begin, clock=clock)
    list_claims = providers.Singleton(roster.ListClaims, read=read, clock=clock)
    show_claim = providers.Singleton(roster.ShowClaim, read=read, clock=clock)
    approve_claim = providers.Singleton(points.ApproveClaim, begin=begin, ids=ids, clock=clock)
    merge_users = providers.Singleton(points.MergeUsers, begin=begin, ids=ids, clock=clock)
    undo_merge = providers.Singleton(points.UndoMerge, begin=begin, ids=ids, clock=clock)
    list_merges = providers.Singleton(points.ListMerges, read=read)
    show_merge = providers.Singleton(points.ShowMerge, read=read)
    link_user = providers.Singleton(points.LinkUser, begin=begin, clock=clock)
    unlink_user = providers.Singleton(points.UnlinkUser, begin=begin, ids=ids, clock=clock)

    found_guild = providers.Singleton(
        points.FoundGuild,
        begin=begin_installation,
        ids=ids,
        clock=clock,
        users_may_found=settings.provided.users_may_found,
    )
    list_pools = providers.Singleton(points.ListPools, read=read)
    show_pool = providers.Singleton(points.ShowPool, read=read)
    create_pool = providers.Singleton(points.CreatePool, begin=begin, ids=ids)
    change_pool = providers.Singleton(points.ChangePool, begin=begin)
    give_start_points = providers.Singleton(points.GiveStartPoints, begin=begin, ids=ids, clock=clock)
    show_policies = providers.Singleton(points.ShowPolicies, read=read)
    set_policies = providers.Singleton(points.SetPolicies, begin=begin, clock=clock)
    list_item_pools = providers.Singleton(points.ListItemPools, read=read)
    create_item_pool = providers.Singleton(points.CreateItemPool, begin=begin, ids=ids)
    change_item_pool = providers.Singleton(points.ChangeItemPool, begin=begin)
    change_main = providers.Singleton(points.ChangeMain, begin=begin, ids=ids, clock=clock)
    adjust_points = providers.Singleton(points.AdjustPoints, begin=begin, ids=ids, clock=clock)
    reverse_adjustment = providers.Singleton(points.ReverseAdjustment, begin=begin, ids=ids, clock=clock)
    list_adjustments = providers.Singleton(points.ListAdjustments, read=read)
    preview_batch = providers.Singleton(points.PreviewBatch, begin=begin, clock=clock)
    run_batch = providers.Singleton(points.RunBatch, begin=begin, ids=ids, clock=clock)
    reverse_batch = providers.Singleton(points.ReverseBatch, begin=begin, ids=ids, clock=clock)
    list_batches = providers.Singleton(points.ListBatches, read=read)
    show_batch = providers.Singleton(points.ShowBatch, read=read)
    list_batch_lines = providers.Singleton(points.ListBatchLines, read=read)
    run_due_batch = providers.Singleton(points.RunDueBatch, begin=begin, ids=ids, clock=clock)
    schedule_batches = providers.Singleton(points.ScheduleBatches, begin=begin, ids=ids, clock=clock)
    show_balances = providers.Singleton(points.ShowBalances, read=read, begin=begin, clock=clock)
    show_balance = providers.Singleton(points.ShowBalance, read=read, begin=begin)
    show_balances_of_discord_id = providers.Singleton(points.ShowBalancesOfDiscordId, read=read, begin=begin)
    show_history = providers.Singleton(points.ShowHistory, read=read)
    simulate = providers.Singleton(raids.Simulate, read=read_steadily, clock=clock)
    explain_entry = providers.Singleton(loot.ExplainEntry, read=read)
    explain_balance = providers.Singleton(points.ExplainBalance, read=read)
    dispute_entry = providers.Singleton(points.DisputeEntry, begin=begin, ids=ids, clock=clock)
    withdraw_dispute = providers.Singleton(points.WithdrawDispute, begin=begin, clock=clock)
    reject_dispute = providers.Singleton(points.RejectDispute, begin=begin, clock=clock)
    uphold_dispute = providers.Singleton(loot.UpholdDispute, begin=begin, ids=ids, clock=clock)
    list_disputes = providers.Singleton(points.ListDisputes, read=read)
    show_dispute = providers.Singleton(points.ShowDispute, read=read)
    empty_disputes = providers.Singleton(points.EmptyDisputes, begin=begin, clock=clock)
    show_standings = providers.Singleton(points.ShowStandings, read=read, clock=clock)
    standings_revision = providers.Singleton(points.StandingsRevision, read=read, clock=clock)
    verify = providers.Singleton(points.Verify, verifying=verifying)

    list_event_types = providers.Singleton(raids.ListEventTypes, read=read)
    show_event_type = providers.Singleton(raids.ShowEventType, read=read)
    create_event_type = providers.Singleton(raids.CreateEventType, begin=begin, ids=ids)
    change_event_type = providers.Singleton(raids.ChangeEventType, begin=begin)
    remove_event_type = providers.Singleton(raids.RemoveEventType, begin=begin)
    record_raid = providers.Singleton(raids.RecordRaid, begin=begin, ids=ids, clock=clock)
    change_raid = providers.Singleton(raids.ChangeRaid, begin=begin, ids=ids, clock=clock)
    add_tick = providers.Singleton(raids.AddTick, begin=begin, clock=clock)
    change_tick = providers.Singleton(raids.ChangeTick, begin=begin, ids=ids, clock=clock)
    cancel_raid = providers.Singleton(raids.CancelRaid, begin=begin, ids=ids, clock=clock)
    preview_bonus = providers.Singleton(raids.PreviewBonus, begin=begin, clock=clock)
    give_bonus = providers.Singleton(raids.GiveBonus, begin=begin, ids=ids, clock=clock)
    reward_raid = providers.Singleton(raids.RewardRaid, begin=begin, ids=ids, clock=clock)
    record_attendance = providers.Singleton(raids.RecordAttendance, begin=begin, ids=ids, clock=clock)
    change_attendance = providers.Singleton(raids.ChangeAttendance, begin=begin, ids=ids, clock=clock)
    remove_attendance = providers.Singleton(raids.RemoveAttendance, begin=begin, ids=ids, clock=clock)
    list_disagreements = providers.Singleton(raids.ListDisagreements, read=read)
    decide_disagreements = providers.Singleton(raids.DecideDisagreements, begin=begin, ids=ids, clock=clock)
    claim_standby = providers.Singleton(raids.ClaimStandby, begin=begin, ids=ids, clock=clock)
    withdraw_standby = providers.Singleton(raids.WithdrawStandby, begin=begin, ids=ids, clock=clock)
    list_raids = providers.Singleton(raids.ListRaids, read=read)
    show_raid = providers.Singleton(raids.ShowRaid, read=read)
    show_attendance = providers.Singleton(raids.ShowAttendance, read=read)
    list_attendees = providers.Singleton(raids.ListAttendees, read=read)
    raids_revision = providers.Singleton(raids.RaidsRevision, read=read)
    list_attendance_shares = providers.Singleton(raids.ListAttendanceShares, read=read, clock=clock)
    import_dump = providers.Singleton(raids.ImportDump, begin=begin, ids=ids, clock=clock)
    resolve_name = providers.Singleton(raids.ResolveName, begin=begin, ids=ids, clock=clock)
    list_unresolved = providers.Singleton(raids.ListUnresolved, read=read)
    award_waiting_names = providers.Singleton(raids.AwardWaitingNames, begin=begin, ids=ids, clock=clock)
    schedule_retention = providers.Singleton(raids.ScheduleRetention, begin=begin, clock=clock)
    forget_chat = providers.Singleton(raids.ForgetChat, begin=begin, clock=clock)
    prune_uploads = providers.Singleton(raids.PruneUploads, begin=begin, clock=clock)

    list_items = providers.Singleton(loot.ListItems, read=read)
    show_item = providers.Singleton(loot.ShowItem, read=read)
    find_item = providers.Singleton(loot.FindItem, read=read)
    enter_item = providers.Singleton(loot.EnterItem, begin=begin, ids=ids)
    change_item = providers.Singleton(loot.ChangeItem, begin=begin)
    remove_item = providers.Singleton(loot.RemoveItem, begin=begin)
    show_bid_history = providers.Singleton(loot.ShowBidHistory, read=read)
    show_rules = providers.Singleton(loot.ShowRules, read=read)
    set_rules = providers.Singleton(loot.SetRules, begin=begin, clock=clock)
    show_chat_grammar = providers.Singleton(loot.ShowChatGrammar, read=read)
    set_chat_grammar = providers.Singleton(loot.SetChatGrammar, begin=begin, clock=clock)
    read_chat = providers.Singleton(loot.ReadChat, begin=begin, read=read, ids=ids, chance=chance, clock=clock)
    start_auction = providers.Singleton(loot.StartAuction, begin=begin, ids=ids, chance=chance, clock=clock)
    list_auctions = providers.Singleton(loot.ListAuctions, read=read)
    list_running_auctions = providers.Singleton(loot.ListRunningAuctions, read=read)
    show_auction = providers.Singleton(loot.ShowAuction, read=read)
    list_bids = providers.Singleton(loot.ListBids, read=read)
    freeze_auction = providers.Singleton(loot.FreezeAuction, begin=begin, clock=clock)
    resume_auction = providers.Singleton(loot.ResumeAuction, begin=begin, clock=clock)
    extend_auction = providers.Singleton(loot.ExtendAuction, begin=begin, clock=clock)
    cancel_auction = providers.Singleton(loot.CancelAuction, begin=begin, clock=clock)
    close_auction = providers.Singleton(loot.CloseAuction, begin=begin, ids=ids, clock=clock)
    advance_auction = providers.Singleton(loot.AdvanceAuction, begin=begin, ids=ids, clock=clock)
    award_auction = providers.Singleton(loot.AwardAuction, begin=begin, ids=ids, clock=clock)
    place_bid = providers.Singleton(loot.PlaceBid, begin=begin, ids=ids, clock=clock)
    withdraw_bid = providers.Singleton(loot.WithdrawBid, begin=begin, ids=ids, clock=clock)
    withdraw_bids_of_leaver = providers.Singleton(loot.WithdrawBidsOfLeaver, begin=begin, ids=ids, clock=clock)
    validate_bid = providers.Singleton(loot.ValidateBid, read=read, begin=begin, clock=clock)
    show_max_bid = providers.Singleton(loot.ShowMaxBid, read=read, begin=begin, clock=clock)
    leave_bid = providers.Singleton(loot.LeaveBid, begin=begin, clock=clock)
    take_bid_back = providers.Singleton(loot.TakeBidBack, begin=begin)
    show_own_loot = providers.Singleton(loot.ShowOwnLoot, read=read)
    list_own_bids = providers.Singleton(loot.ListOwnBids, read=read)
    award_item = providers.Singleton(loot.AwardItem, begin=begin, ids=ids, clock=clock)
    draft_awards = providers.Singleton(loot.DraftAwards, begin=begin, ids=ids, clock=clock)
    list_award_drafts = providers.Singleton(loot.ListAwardDrafts, read=read)
    show_award_draft = providers.Singleton(loot.ShowAwardDraft, read=read)
    confirm_award_draft = providers.Singleton(loot.ConfirmAwardDraft, begin=begin, ids=ids, clock=clock)
    dismiss_award_draft = providers.Singleton(loot.DismissAwardDraft, begin=begin)
    empty_award_drafts = providers.Singleton(loot.EmptyAwardDrafts, begin=begin)
    list_awards = providers.Singleton(loot.ListAwards, read=read)
    awards_revision = providers.Singleton(loot.AwardsRevision, read=read)
    show_award = providers.Singleton(loot.ShowAward, read=read)
    reshare_awards = providers.Singleton(loot.ReshareAwards, begin=begin, ids=ids, clock=clock)
    show_priorities = providers.Singleton(loot.ShowPriorities, read=read, clock=clock)
    shuffle_start_list = providers.Singleton(loot.ShuffleStartList, begin=begin, chance=chance, clock=clock)
    revoke_award = providers.Singleton(loot.RevokeAward, begin=begin, ids=ids, clock=clock)
    move_award = providers.Singleton(loot.MoveAward, begin=begin, ids=ids, clock=clock)
    return_item = providers.Singleton(loot.ReturnItem, begin=begin, ids=ids, clock=clock)

    import_guild = providers.Singleton(moving.ImportGuild, begin=begin, ids=ids, clock=clock)
    packing = providers.Singleton(_packing, database)
    export_guild = providers.Singleton(moving.ExportGuild, packing=packing)
    import_exported_guild = providers.Singleton(moving.ImportExportedGuild, packing=packing)
    undo_import = providers.Singleton(moving.UndoImport, begin=begin, clock=clock)
    list_imports = providers.Singleton(moving.ListImports, read=read)
    show_import = providers.Singleton(moving.ShowImport, read=read)

    show_recruitment_rules = providers.Singleton(recruitment.ShowRecruitmentRules, read=read)
    set_recruitment_rules = providers.Singleton(recruitment.SetRecruitmentRules, begin=begin)
    show_application_form = providers.Singleton(recruitment.ShowApplicationForm, read=read)
    set_application_form = providers.Singleton(recruitment.SetApplicationForm, begin=begin)
    submit_application = providers.Singleton(recruitment.SubmitApplication, begin=begin, ids=ids, clock=clock)
    change_application = providers.Singleton(recruitment.ChangeApplication, begin=begin)
    withdraw_application = providers.Singleton(recruitment.WithdrawApplication, begin=begin, clock=clock)
    list_applications = providers.Singleton(recruitment.ListApplications, read=read)
    list_own_applications = providers.Singleton(recruitment.ListOwnApplications, read=read)
    show_application = providers.Singleton(recruitment.ShowApplication, read=read)
    accept_to_trial = providers.Singleton(recruitment.AcceptToTrial, begin=begin, ids=ids, clock=clock)
    reject_application = providers.Singleton(recruitment.RejectApplication, begin=begin, clock=clock)
    extend_trial = providers.Singleton(recruitment.ExtendTrial, begin=begin, clock=clock)
    comment_on_application = providers.Singleton(recruitment.CommentOnApplication, begin=begin, ids=ids, clock=clock)
    leave_feedback = providers.Singleton(recruitment.LeaveFeedback, begin=begin, ids=ids, clock=clock)
    remove_application = providers.Singleton(recruitment.RemoveApplication, begin=begin)
    post_trial_summary = providers.Singleton(recruitment.PostTrialSummary, begin=begin)
    start_voting = providers.Singleton(recruitment.StartVoting, begin=begin, clock=clock)
    cast_vote = providers.Singleton(recruitment.CastVote, begin=begin, clock=clock)
    withdraw_vote = providers.Singleton(recruitment.WithdrawVote, begin=begin, clock=clock)
    recuse_from_vote = providers.Singleton(recruitment.RecuseFromVote, begin=begin, clock=clock)
    show_vote_summary = providers.Singleton(recruitment.ShowVoteSummary, read=read, clock=clock)
    show_vote_details = providers.Singleton(recruitment.ShowVoteDetails, read=read, clock=clock)
    show_voting_eligibility = providers.Singleton(recruitment.ShowVotingEligibility, read=read, clock=clock)
    show_vote_changes = providers.Singleton(recruitment.ShowVoteChanges, read=read)
    promote_trial = providers.Singleton(recruitment.PromoteTrial, begin=begin, ids=ids, clock=clock)
    show_trial_performance = providers.Singleton(recruitment.ShowTrialPerformance, read=read, clock=clock)
    show_application_statistics = providers.Singleton(recruitment.ShowApplicationStatistics, read=read)
    decide_vote = providers.Singleton(recruitment.DecideVote, begin=begin, ids=ids, clock=clock)
    end_trial = providers.Singleton(recruitment.EndTrial, begin=begin, clock=clock)
    judge_trial = providers.Singleton(recruitment.JudgeTrial, begin=begin, clock=clock)
    follow_membership = providers.Singleton(recruitment.FollowMembership, begin=begin, clock=clock)
    empty_applications = providers.Singleton(recruitment.EmptyApplications, begin=begin, clock=clock)
