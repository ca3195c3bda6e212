"""Use cases that a running API answers: called as those on a database are, so that a command has one body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from types import NoneType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import quote

from attrs import asdict, frozen

from dkp_core.accounts import MembershipRow, MembershipStatus, ProfileRow, RoleGroup, UserRow
from dkp_core.guilds import GuildRow
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import (
    ApplicationId,
    AuctionId,
    AwardId,
    CharacterId,
    EntryId,
    EventTypeId,
    ItemId,
    ItemPoolId,
    PoolId,
    RaidId,
    UserId,
)
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.loot import (
    AuctionFilter,
    AuctionRow,
    AwardFilter,
    AwardRow,
    BidCheck,
    BidElsewhere,
    BidRow,
    ChatReading,
    ExplainedEntry,
    ItemDetailRow,
    ItemFilter,
    ItemRow,
    MaxBid,
    OwnLoot,
    PlacedBid,
    PriorityRow,
    StandingBid,
    Tier,
    Whose,
)
from dkp_core.points import (
    AdjustmentFilter,
    AdjustmentRow,
    ExplainedBalance,
    HistoryFilter,
    HistoryRow,
    ItemPoolRow,
    PoolRow,
    StandingRow,
    StandingsFilter,
    UserBalancesRow,
)
from dkp_core.raids import AttendanceShareRow, DumpFormat, EventTypeRow, ImportReport, RaidFilter, RaidRow
from dkp_core.recruitment import (
    ApplicationDetail,
    ApplicationRow,
    ApplicationStatus,
    FormRow,
    Option,
    Stage,
    VoteSummary,
)
from dkp_core.roster import CharacterRow, RosterFilter, RosterRow
from dkp_entrypoints.cli.remote import Api

P = ParamSpec("P")
R = TypeVar("R")

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
NO_NAME: Final = "standard input"


def _use_case(ask: Callable[Concatenate[RemoteUseCases, P], R]) -> Callable[[RemoteUseCases], Callable[..., R]]:
    """Hands out a use case as the container does; who acts (`by`) is whoever the key belongs to."""

    @wraps(ask)
    def provide(self: RemoteUseCases) -> Callable[..., R]:
        def run(*args: P.args, **more: P.kwargs) -> R:
            more.pop("by")
            return ask(self, *args, **more)

        return run

    return provide


@frozen
class RemoteUseCases:
    """The use cases of commands that take `--server`, each with the parameters and the answer of its namesake."""

    api: Api

    @_use_case
    def list_guilds(self) -> tuple[GuildRow, ...]:
        """`GET /api/guilds/`."""
        return self.api.get("/api/guilds/", tuple[GuildRow, ...])

    @_use_case
    def show_audit_log(self, wanted: AuditFilter, *, page: PageRequest) -> Page[AuditRow]:
        """`GET /api/audit-log/`."""
        return self.api.page("/api/audit-log/", AuditRow, page, **asdict(wanted))

    @_use_case
    def show_profile(self) -> ProfileRow:
        """`GET /api/users/me/`."""
        return self.api.get("/api/users/me/", ProfileRow)

    @_use_case
    def show_user(self, user_id: UserId) -> UserRow:
        """`GET /api/users/{user_id}/`."""
        return self.api.get(f"/api/users/{user_id}/", UserRow)

    @_use_case
    def find_user(self, discord_id: str) -> UserRow:
        """`GET /api/users/by-discord-id/{discord_id}/`."""
        return self.api.get(f"/api/users/by-discord-id/{quote(discord_id, safe='')}/", UserRow)

    @_use_case
    def list_memberships(
        self,
        *,
        role_group: RoleGroup | None = None,
        status: MembershipStatus | None = None,
        external_id: str | None = None,
        search: str = "",
        ordering: str = "",
        page: PageRequest,
    ) -> Page[MembershipRow]:
        """`GET /api/memberships/`."""
        return self.api.page(
            "/api/memberships/",
            MembershipRow,
            page,
            role_group=role_group,
            status=status,
            external_id=external_id,
            search=search,
            ordering=ordering,
        )

    @_use_case
    def list_characters(self, wanted: RosterFilter, *, ordering: str = "", page: PageRequest) -> Page[RosterRow]:
        """`GET /api/characters/`."""
        return self.api.page("/api/characters/", RosterRow, page, **asdict(wanted), ordering=ordering)

    @_use_case
    def show_character(self, character_id: CharacterId) -> CharacterRow:
        """`GET /api/characters/{character_id}/`."""
        return self.api.get(f"/api/characters/{character_id}/", CharacterRow)

    @_use_case
    def find_character(self, name: str) -> CharacterRow:
        """`GET /api/characters/by-name/{name}/`."""
        return self.api.get(f"/api/characters/by-name/{quote(name, safe='')}/", CharacterRow)

    @_use_case
    def list_pools(self) -> tuple[PoolRow, ...]:
        """`GET /api/pools/`."""
        return self.api.get("/api/pools/", tuple[PoolRow, ...])

    @_use_case
    def show_balances(
        self, user_id: UserId, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> UserBalancesRow:
        """`GET /api/points/user/{user_id}/`."""
        return self.api.get(f"/api/points/user/{user_id}/", UserBalancesRow, as_of=as_of, known_at=known_at)

    @_use_case
    def show_history(
        self, user_id: UserId, wanted: HistoryFilter, *, page: PageRequest, newest_first: bool = True
    ) -> Page[HistoryRow]:
        """`GET /api/points/history/user/{user_id}/`."""
        return self.api.page(
            f"/api/points/history/user/{user_id}/",
            HistoryRow,
            page,
            pool_id=wanted.pool_id,
            kind=wanted.kind,
            bucket=wanted.bucket,
            source_kind=wanted.source_kind,
            source_id=wanted.source_id,
            character_name=wanted.character,
            since=wanted.since,
            until=wanted.until,
            ordering="-occurred_at" if newest_first else "occurred_at",
        )

    @_use_case
    def list_adjustments(self, wanted: AdjustmentFilter, *, page: PageRequest) -> Page[AdjustmentRow]:
        """`GET /api/points/adjustments/`."""
        return self.api.page("/api/points/adjustments/", AdjustmentRow, page, **asdict(wanted))

    @_use_case
    def explain_entry(self, user_id: UserId, entry_id: EntryId) -> ExplainedEntry:
        """`GET /api/points/user/{user_id}/entries/{entry_id}/`."""
        return self.api.get(f"/api/points/user/{user_id}/entries/{entry_id}/", ExplainedEntry)

    @_use_case
    def explain_balance(self, user_id: UserId, pool_id: PoolId, *, as_of: datetime | None = None) -> ExplainedBalance:
        """`GET /api/points/user/{user_id}/pool/{pool_id}/explain/`."""
        return self.api.get(f"/api/points/user/{user_id}/pool/{pool_id}/explain/", ExplainedBalance, as_of=as_of)

    @_use_case
    def show_standings(
        self, pool_id: PoolId, wanted: StandingsFilter, *, where: Mapping[str, str] | None = None, ordering: str = ""
    ) -> tuple[StandingRow, ...]:
        """`GET /api/points/leaderboard/{pool_id}/`."""
        narrowed: dict[str, Any] = {"character_class": wanted.character_class, "rank": wanted.rank, **(where or {})}
        return self.api.get(
            f"/api/points/leaderboard/{pool_id}/",
            tuple[StandingRow, ...],
            **narrowed,
            search=wanted.search,
            everyone=wanted.everyone,
            ordering=ordering,
        )

    @_use_case
    def show_priorities(self, pool_id: PoolId, wanted: StandingsFilter) -> tuple[PriorityRow, ...]:
        """`GET /api/pools/{pool_id}/priority/`."""
        return self.api.get(f"/api/pools/{pool_id}/priority/", tuple[PriorityRow, ...], **asdict(wanted))

    @_use_case
    def list_event_types(
        self, *, active: bool | None = None, external_id: str | None = None
    ) -> tuple[EventTypeRow, ...]:
        """`GET /api/events/`."""
        return self.api.get("/api/events/", tuple[EventTypeRow, ...], active=active, external_id=external_id)

    @_use_case
    def list_raids(self, wanted: RaidFilter, *, ordering: str = "", page: PageRequest) -> Page[RaidRow]:
        """`GET /api/raids/`."""
        return self.api.page("/api/raids/", RaidRow, page, **asdict(wanted), ordering=ordering)

    @_use_case
    def list_attendance_shares(
        self,
        *,
        user_id: UserId | None = None,
        pool_id: PoolId | None = None,
        everyone: bool = False,
        ordering: str = "",
    ) -> tuple[AttendanceShareRow, ...]:
        """`GET /api/attendance/`."""
        return self.api.get(
            "/api/attendance/",
            tuple[AttendanceShareRow, ...],
            user_id=user_id,
            pool_id=pool_id,
            everyone=everyone,
            ordering=ordering,
        )

    @_use_case
    def import_dump(
        self,
        data: Iterable[bytes],
        *,
        file_name: str = "",
        format: DumpFormat | None = None,  # noqa: A002  # the word the interfaces use for it
        event_type_id: EventTypeId | None = None,
        raid_id: RaidId | None = None,
        at: datetime | None = None,
        zone: str | None = None,
        tick_name: str | None = None,
        note: str = "",
        again: bool = False,
        apply: bool = True,
    ) -> ImportReport:
        """`POST /api/points/parse-attendance/`."""
        return self.api.post(
            "/api/points/parse-attendance/",
            ImportReport,
            {
                "format": format,
                "event_type": event_type_id,
                "raid": raid_id,
                "at": None if at is None else at.isoformat(),  # without an offset it is local, and stays so
                "zone": zone,
                "tick": tick_name,
                "note": note,
                "again": again,
                "apply": apply,
            },
            file=(file_name or NO_NAME, _whole(data)),
            changes=apply,
        )

    # --- applications and votes ---------------------------------------------------------------------------------------

    @_use_case
    def submit_application(
        self,
        *,
        character_name: str,
        server: str = "",
        character_class: str = "",
        level: int | None = None,
        previous_guilds: str = "",
        availability: str = "",
        timezone: str = "",
        references: str = "",
        referees: Sequence[UserId] = (),
        email: str | None = None,
        form_version: int = 0,
        answers: Mapping[str, object] | None = None,
        discord_id: str | None = None,
        username: str | None = None,
    ) -> ApplicationRow:
        """`POST /api/applications/`."""
        body = {
            "character_name": character_name,
            "server": server,
            "character_class": character_class,
            "level": level,
            "previous_guilds": previous_guilds,
            "availability": availability,
            "timezone": timezone,
            "references": references,
            "referees": tuple(referees),
            "email": email,
            "form_version": form_version,
            "answers": answers,
            "discord_id": discord_id,
            "username": username,
        }
        return self.api.post("/api/applications/", ApplicationRow, body)

    @_use_case
    def change_application(
        self,
        application_id: ApplicationId,
        *,
        character_name: str | None = None,
        server: str | None = None,
        character_class: str | None = None,
        level: int | None = None,
        previous_guilds: str | None = None,
        availability: str | None = None,
        timezone: str | None = None,
        references: str | None = None,
        referees: Sequence[UserId] | None = None,
        email: str | None = None,
        form_version: int = 0,
        answers: Mapping[str, object] | None = None,
        discord_id: str | None = None,
    ) -> ApplicationRow:
        """`PUT /api/applications/{application_id}/`."""
        body = {
            "character_name": character_name,
            "server": server,
            "character_class": character_class,
            "level": level,
            "previous_guilds": previous_guilds,
            "availability": availability,
            "timezone": timezone,
            "references": references,
            "referees": None if referees is None else tuple(referees),
            **({} if email is None else {"email": email}),
            "form_version": form_version,
            "answers": answers,
            "discord_id": discord_id,
        }
        return self.api.put(f"/api/applications/{application_id}/", ApplicationRow, body)

    @_use_case
    def withdraw_application(
        self, application_id: ApplicationId, *, reason: str = "", discord_id: str | None = None
    ) -> ApplicationRow:
        """`POST /api/applications/{application_id}/withdraw/`."""
        body = {"reason": reason, "discord_id": discord_id}
        return self.api.post(f"/api/applications/{application_id}/withdraw/", ApplicationRow, body)

    @_use_case
    def list_own_applications(self, *, page: PageRequest) -> Page[ApplicationRow]:
        """`GET /api/applications/own/`."""
        return self.api.page("/api/applications/own/", ApplicationRow, page)

    @_use_case
    def list_applications(
        self,
        *,
        statuses: frozenset[ApplicationStatus] = frozenset(),
        archived: bool = False,
        search: str = "",
        ordering: str = "",
        page: PageRequest,
    ) -> Page[ApplicationRow]:
        """`GET /api/applications/`, of one status or of all. Raises: InvalidValue for several."""
        if len(statuses) > 1:
            raise InvalidValue("--status", "a server is asked for one", "one status, or none")
        return self.api.page(
            "/api/applications/",
            ApplicationRow,
            page,
            status=next(iter(statuses), None),
            archived=archived,
            search=search,
            ordering=ordering,
        )

    @_use_case
    def show_application(self, application_id: ApplicationId) -> ApplicationDetail:
        """`GET /api/applications/{application_id}/`."""
        return self.api.get(f"/api/applications/{application_id}/", ApplicationDetail)

    @_use_case
    def leave_feedback(self, application_id: ApplicationId, text: str) -> None:
        """`POST /api/applications/{application_id}/feedback/`."""
        self.api.post(f"/api/applications/{application_id}/feedback/", NoneType, {"text": text})

    @_use_case
    def show_application_form(self, *, version: int | None = None) -> FormRow:
        """`GET /api/applications/form/`."""
        return self.api.get("/api/applications/form/", FormRow, version=version)

    @_use_case
    def cast_vote(self, application_id: ApplicationId, option: Option) -> VoteSummary:
        """`PUT /api/applications/{application_id}/vote/`."""
        return self.api.put(f"/api/applications/{application_id}/vote/", VoteSummary, {"option": option})

    @_use_case
    def withdraw_vote(self, application_id: ApplicationId) -> None:
        """`DELETE /api/applications/{application_id}/vote/`."""
        self.api.delete(f"/api/applications/{application_id}/vote/")

    @_use_case
    def recuse_from_vote(self, application_id: ApplicationId) -> None:
        """`POST /api/applications/{application_id}/recuse/`."""
        self.api.post(f"/api/applications/{application_id}/recuse/", NoneType, {})

    @_use_case
    def show_vote_summary(
        self, application_id: ApplicationId, *, round_: int | None = None, stage: Stage | None = None
    ) -> VoteSummary:
        """`GET /api/applications/{application_id}/votes/summary/`."""
        path = f"/api/applications/{application_id}/votes/summary/"
        return self.api.get(path, VoteSummary, round=round_, stage=stage)

    # --- items and auctions -------------------------------------------------------------------------------------------

    @_use_case
    def list_item_pools(self) -> tuple[ItemPoolRow, ...]:
        """`GET /api/item-pools/`."""
        return self.api.get("/api/item-pools/", tuple[ItemPoolRow, ...])

    @_use_case
    def list_items(self, wanted: ItemFilter, *, ordering: str = "", page: PageRequest) -> Page[ItemRow]:
        """`GET /api/items/`."""
        return self.api.page("/api/items/", ItemRow, page, **asdict(wanted), ordering=ordering)

    @_use_case
    def show_item(self, item_id: ItemId) -> ItemDetailRow:
        """`GET /api/items/{item_id}/`."""
        return self.api.get(f"/api/items/{item_id}/", ItemDetailRow)

    @_use_case
    def find_item(self, name: str) -> ItemDetailRow:
        """`GET /api/items/by-name/{name}/`."""
        return self.api.get(f"/api/items/by-name/{quote(name, safe='')}/", ItemDetailRow)

    @_use_case
    def start_auction(
        self,
        *,
        item: str | None = None,
        item_id: ItemId | None = None,
        quantity: int = 1,
        raid_id: RaidId | None = None,
        pool_id: PoolId | None = None,
        rules: Mapping[str, object] | None = None,
        opens_at: datetime | None = None,
        closes_at: datetime | None = None,
        another: bool = False,
    ) -> AuctionRow:
        """`POST /api/bidding/start-bid/`."""
        body = {
            "item": item,
            "item_id": item_id,
            "quantity": quantity,
            "raid": raid_id,
            "pool": pool_id,
            "rules": rules,
            "opens_at": opens_at,
            "closes_at": closes_at,
            "another": another,
        }
        return self.api.post("/api/bidding/start-bid/", AuctionRow, body)

    @_use_case
    def list_auctions(self, wanted: AuctionFilter, *, ordering: str = "", page: PageRequest) -> Page[AuctionRow]:
        """`GET /api/bidding/`."""
        return self.api.page("/api/bidding/", AuctionRow, page, **asdict(wanted), ordering=ordering)

    @_use_case
    def list_running_auctions(self, auction_ids: Sequence[AuctionId] | None = None) -> tuple[AuctionRow, ...]:
        """`GET /api/bidding/active/`, or each of those."""
        if auction_ids is None:
            return self.api.get("/api/bidding/active/", tuple[AuctionRow, ...])
        return tuple(self.api.get(f"/api/bidding/{each}/", AuctionRow) for each in auction_ids)

    @_use_case
    def show_auction(self, auction_id: AuctionId) -> AuctionRow:
        """`GET /api/bidding/{auction_id}/`."""
        return self.api.get(f"/api/bidding/{auction_id}/", AuctionRow)

    @_use_case
    def list_bids(self, auction_id: AuctionId, *, page: PageRequest) -> Page[BidRow]:
        """`GET /api/bidding/{auction_id}/bids/`."""
        return self.api.page(f"/api/bidding/{auction_id}/bids/", BidRow, page)

    @_use_case
    def close_auction(self, auction_id: AuctionId) -> AuctionRow:
        """`POST /api/bidding/close-bid/`."""
        return self.api.post("/api/bidding/close-bid/", AuctionRow, {"auction": auction_id})

    @_use_case
    def freeze_auction(self, auction_id: AuctionId, *, reason: str = "") -> AuctionRow:
        """`POST /api/bidding/{auction_id}/freeze/`."""
        return self.api.post(f"/api/bidding/{auction_id}/freeze/", AuctionRow, {"reason": reason})

    @_use_case
    def resume_auction(self, auction_id: AuctionId) -> AuctionRow:
        """`POST /api/bidding/{auction_id}/resume/`."""
        return self.api.post(f"/api/bidding/{auction_id}/resume/", AuctionRow, {})

    @_use_case
    def extend_auction(self, auction_id: AuctionId, *, closes_at: datetime | None) -> AuctionRow:
        """`POST /api/bidding/{auction_id}/extend/`."""
        return self.api.post(f"/api/bidding/{auction_id}/extend/", AuctionRow, {"closes_at": closes_at})

    @_use_case
    def cancel_auction(self, auction_id: AuctionId, *, reason: str = "") -> AuctionRow:
        """`POST /api/bidding/{auction_id}/cancel/`."""
        return self.api.post(f"/api/bidding/{auction_id}/cancel/", AuctionRow, {"reason": reason})

    @_use_case
    def award_auction(
        self,
        auction_id: AuctionId,
        *,
        passing_over: Sequence[UserId] = (),
        to_nobody: bool = False,
        to: Whose | None = None,
        allow_overbid: bool = False,
        reason: str = "",
    ) -> tuple[AwardRow, ...]:
        """`POST /api/bidding/award-item/`."""
        body = {
            "auction": auction_id,
            "passing_over": tuple(passing_over),
            "to_nobody": to_nobody,
            **({} if to is None else _named(to)),
            "allow_overbid": allow_overbid,
            "reason": reason,
        }
        return self.api.post("/api/bidding/award-item/", _Awarded, body).awards

    # --- bids ---------------------------------------------------------------------------------------------------------

    @_use_case
    def place_bid(
        self,
        auction_id: AuctionId,
        *,
        amount: Points | None = None,
        ceiling: Points | None = None,
        copies: int = 1,
        tier: Tier | None = None,
        character: str = "",
        user_id: UserId | None = None,
        discord_id: str | None = None,
    ) -> PlacedBid:
        """`POST /api/bidding/place-bid/`."""
        whose = Whose(user_id=user_id, discord_id=discord_id, character=character)
        body = _offered(auction_id, amount, ceiling, copies, tier, whose)
        return self.api.post("/api/bidding/place-bid/", PlacedBid, body)

    @_use_case
    def withdraw_bid(
        self,
        auction_id: AuctionId,
        *,
        user_id: UserId | None = None,
        discord_id: str | None = None,
        character: str = "",
    ) -> None:
        """`POST /api/bidding/withdraw-bid/`."""
        whose = Whose(user_id=user_id, discord_id=discord_id, character=character)
        self.api.post("/api/bidding/withdraw-bid/", NoneType, {"auction": auction_id, **_named(whose)})

    @_use_case
    def validate_bid(
        self,
        auction_id: AuctionId,
        *,
        amount: Points | None = None,
        ceiling: Points | None = None,
        copies: int = 1,
        tier: Tier | None = None,
        character: str = "",
        user_id: UserId | None = None,
        discord_id: str | None = None,
    ) -> BidCheck:
        """`POST /api/discord/validate-bid/`."""
        whose = Whose(user_id=user_id, discord_id=discord_id, character=character)
        body = _offered(auction_id, amount, ceiling, copies, tier, whose)
        return self.api.post("/api/discord/validate-bid/", BidCheck, body, changes=False)

    @_use_case
    def show_max_bid(
        self,
        *,
        auction_id: AuctionId | None = None,
        pool_id: PoolId | None = None,
        user_id: UserId | None = None,
        discord_id: str | None = None,
    ) -> MaxBid:
        """`GET /api/bidding/user/{discord_id}/max-bid/`. Raises: InvalidValue for a user without a Discord id."""
        if discord_id is None:
            user = "me" if user_id is None else user_id
            discord_id = self.api.get(f"/api/users/{user}/", _OnDiscord).discord_id
        if discord_id is None:
            raise InvalidValue("user", f"user {user_id} is not linked with Discord", "a user with a Discord id")
        path = f"/api/bidding/user/{quote(discord_id, safe='')}/max-bid/"
        return self.api.get(path, MaxBid, auction=auction_id, pool=pool_id)

    @_use_case
    def show_own_loot(self) -> OwnLoot:
        """`GET /api/bidding/own/`."""
        return self.api.get("/api/bidding/own/", OwnLoot)

    @_use_case
    def list_own_bids(self, *, page: PageRequest) -> Page[BidRow]:
        """`GET /api/bidding/own/bids/`."""
        return self.api.page("/api/bidding/own/bids/", BidRow, page)

    @_use_case
    def leave_bid(
        self,
        item_id: ItemId,
        *,
        ceiling: Points,
        character: str = "",
        user_id: UserId | None = None,
        discord_id: str | None = None,
    ) -> StandingBid:
        """`PUT /api/items/{item_id}/standing-bid/`."""
        whose = Whose(user_id=user_id, discord_id=discord_id, character=character)
        return self.api.put(f"/api/items/{item_id}/standing-bid/", StandingBid, {"ceiling": ceiling, **_named(whose)})

    @_use_case
    def take_bid_back(self, item_id: ItemId, *, user_id: UserId | None = None, discord_id: str | None = None) -> None:
        """`DELETE /api/items/{item_id}/standing-bid/`."""
        self.api.delete(f"/api/items/{item_id}/standing-bid/", user=user_id, discord_id=discord_id)

    @_use_case
    def read_chat(
        self,
        lines: Sequence[str],
        *,
        owner: str,
        raid_id: RaidId | None = None,
        pool_id: PoolId | None = None,
        dry_run: bool = False,
    ) -> tuple[ChatReading, ...]:
        """`POST /api/bidding/chat-lines/`, or its preview."""
        body = {"lines": tuple(lines), "owner": owner, "raid": raid_id, "pool": pool_id}
        path = "/api/bidding/chat-lines/preview/" if dry_run else "/api/bidding/chat-lines/"
        return self.api.post(path, tuple[ChatReading, ...], body, changes=not dry_run)

    # --- awards -------------------------------------------------------------------------------------------------------

    @_use_case
    def list_awards(self, wanted: AwardFilter, *, ordering: str = "", page: PageRequest) -> Page[AwardRow]:
        """`GET /api/awards/`."""
        return self.api.page("/api/awards/", AwardRow, page, **asdict(wanted), ordering=ordering)

    @_use_case
    def show_award(self, award_id: AwardId) -> AwardRow:
        """`GET /api/awards/{award_id}/`."""
        return self.api.get(f"/api/awards/{award_id}/", AwardRow)

    @_use_case
    def award_item(
        self,
        *,
        item: str | None = None,
        item_id: ItemId | None = None,
        to: Whose | None,
        amount: Points,
        reason: str = "",
        raid_id: RaidId | None = None,
        pool_id: PoolId | None = None,
        item_pool_id: ItemPoolId | None = None,
        allow_overbid: bool = False,
        bids: Sequence[BidElsewhere] = (),
    ) -> AwardRow:
        """`POST /api/discord/bid-results/`."""
        body = {
            "item": item,
            "item_id": item_id,
            **({} if to is None else _named(to)),
            "amount": amount,
            "reason": reason,
            "raid": raid_id,
            "pool": pool_id,
            "item_pool": item_pool_id,
            "allow_overbid": allow_overbid,
            "bids": tuple({**_named(bid.whose), "amount": bid.amount} for bid in bids),
        }
        return self.api.post("/api/discord/bid-results/", AwardRow, body)


@frozen
class _Awarded:
    """What an auction was awarded as."""

    awards: tuple[AwardRow, ...]


@frozen
class _OnDiscord:
    """Who a user is on Discord."""

    discord_id: str | None


def _named(whose: Whose) -> dict[str, object]:
    """Whom it is for, as bodies say it."""
    return {"user": whose.user_id, "discord_id": whose.discord_id, "character": whose.character}


def _offered(
    auction_id: AuctionId,
    amount: Points | None,
    ceiling: Points | None,
    copies: int,
    tier: Tier | None,
    whose: Whose,
) -> dict[str, object]:
    """A bid, as bodies say it."""
    offer = {"amount": amount, "ceiling": ceiling, "copies": copies, "tier": tier}
    return {"auction": auction_id, **offer, **_named(whose)}


def _whole(data: Iterable[bytes]) -> bytes:
    """All of a file. Raises: InvalidValue where it is larger than is sent at once."""
    pieces, size = [], 0
    for piece in data:
        pieces.append(piece)
        size += len(piece)
        if size > FILE_BYTES_MAX:
            fault = f"it is larger than {FILE_BYTES_MAX // 1024**2} MB"
            raise InvalidValue("file", fault, "a smaller one, such as the part of the log that tells of the raid")
    return b"".join(pieces)
