"""Guilds, their settings and their audit log over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from dkp_core.guilds import GuildRow
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Moment, Paged, moment_of

guilds = Operations("Guilds")


class NewGuildBody(Body, frozen=True, kw_only=True):
    """A guild to be made."""

    name: str
    slug: str | None = None
    timezone: str = "UTC"


class GuildBody(Body, frozen=True, kw_only=True):
    """What changes about a guild; settings by name, those not named stay."""

    name: str | None = None
    timezone: str | None = None
    first_weekday: Annotated[str, Meta(description="monday to sunday")] | None = None
    settings: dict[str, bool | int] | None = None


@guilds.get("/api/guilds/", Permission.ROSTER_READ, Permission.GUILD_WRITE)
def list_guilds(call: Call) -> tuple[GuildRow, ...]:
    return call.use_cases.list_guilds()(by=call.by)


@guilds.post("/api/guilds/", own="a user's own key, where the installation lets users found guilds", personal=True)
def found_guild(call: Call, body: NewGuildBody) -> GuildRow:
    founded = call.use_cases.found_guild()(name=body.name, slug=body.slug, timezone=body.timezone, by=call.by)
    guild = founded.guild
    return GuildRow(
        id=guild.id,
        slug=guild.slug,
        name=guild.name,
        timezone=guild.timezone,
        first_weekday=guild.first_weekday,
        settings=guild.settings.values(),
        founded_at=guild.founded_at,
    )


@guilds.get("/api/guilds/{guild}/", Permission.ROSTER_READ, Permission.GUILD_WRITE)
def show_guild(call: Call) -> GuildRow:
    """`guild` is a slug or id."""
    return call.use_cases.show_guild()(by=call.by)


@guilds.change("/api/guilds/{guild}/", Permission.GUILD_WRITE)
def change_guild(call: Call, body: GuildBody) -> GuildRow:
    """`guild` is a slug or id."""
    call.use_cases.change_guild()(
        name=body.name,
        timezone=body.timezone,
        first_weekday=body.first_weekday,
        settings=body.settings,
        by=call.by,
    )
    return call.use_cases.show_guild()(by=call.by)


class SettingsBody(Body, frozen=True, kw_only=True):
    """Settings by name; those not named stay."""

    public_roster: bool | None = None
    trials_are_active: bool | None = None
    trials_bid: bool | None = None
    approve_own_characters: bool | None = None
    leave_out_excused: bool | None = None
    keep_uploads_days: int | None = None

    @property
    def given(self) -> dict[str, bool | int]:
        """The settings that are named."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not None}


@guilds.get("/api/guilds/{guild}/settings/", Permission.ROSTER_READ, Permission.GUILD_WRITE, use_case="show_guild")
def show_guild_settings(call: Call) -> Mapping[str, bool | int]:
    """Just the settings, by name."""
    return call.use_cases.show_guild()(by=call.by).settings


@guilds.change("/api/guilds/{guild}/settings/", Permission.GUILD_WRITE, use_case="change_guild")
def change_guild_settings(call: Call, body: SettingsBody) -> Mapping[str, bool | int]:
    """Just the settings, by name."""
    return call.use_cases.change_guild()(settings=body.given, by=call.by).settings.values()


class AuditQuery(Paged, frozen=True, kw_only=True):
    """Which events are wanted; `since` belongs to it, `until` does not."""

    name: str | None = None
    aggregate: str | None = None
    aggregate_id: str | None = None
    actor_kind: str | None = None
    actor_id: str | None = None
    since: Moment | None = None
    until: Moment | None = None


@guilds.get("/api/audit-log/", Permission.AUDIT_READ)
def show_audit_log(call: Call, query: AuditQuery) -> Page[AuditRow]:
    wanted = AuditFilter(
        name=query.name,
        aggregate=query.aggregate,
        aggregate_id=query.aggregate_id,
        actor_kind=query.actor_kind,
        actor_id=query.actor_id,
        since=moment_of(query.since, "since"),
        until=moment_of(query.until, "until"),
    )
    return call.use_cases.show_audit_log()(wanted, page=query.wanted, by=call.by)
