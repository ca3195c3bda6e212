"""How users, memberships and keys are shown."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.accounts.api_key import ApiKey
from dkp_core.accounts.membership import MembershipStatus
from dkp_core.accounts.role_group import RoleGroup
from dkp_core.accounts.session import UserSession
from dkp_core.kernel.ids import GuildId, UserId


@frozen(kw_only=True)
class UserRow:
    """A user as others in the guild see them: with a membership or a history here.

    `merged_into` is who an unlinked user turned out to be: what is theirs counts for that one (R-8).
    """

    id: UserId
    discord_id: str | None
    username: str
    global_name: str | None
    avatar_url: str | None
    role_group: RoleGroup
    trial: bool
    status: MembershipStatus | None
    joined_at: datetime | None
    merged_into: UserId | None
    external_id: str | None


@frozen(kw_only=True)
class ProfileRow:
    """A user as they see themselves, with their preferences and guilds; `muted` kinds of notification by name."""

    id: UserId
    discord_id: str | None
    username: str
    global_name: str | None
    discriminator: str | None
    avatar_url: str | None
    email: str | None
    timezone: str
    locale: str
    default_guild: GuildId | None
    muted: tuple[str, ...]
    added_at: datetime
    guilds: tuple[UserGuildRow, ...]


@frozen(kw_only=True)
class UserGuildRow:
    """One of a user's guilds."""

    id: GuildId
    slug: str
    name: str
    role_group: RoleGroup
    status: MembershipStatus


@frozen(kw_only=True)
class MembershipRow:
    """A membership as officers see it."""

    user_id: UserId
    discord_id: str | None
    username: str
    role_group: RoleGroup
    trial: bool
    status: MembershipStatus
    joined_at: datetime
    ended_at: datetime | None
    reason: str
    merged_into: UserId | None
    external_id: str | None


@frozen(kw_only=True)
class KeyRow:
    """A key as its owner, or an officer, sees it; never its secret."""

    id: str
    kind: str
    name: str
    prefix: str
    owner: UserId | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    old_secret_until: datetime | None
    last_used_at: datetime | None
    use_count: int


@frozen(kw_only=True)
class CredentialGuild:
    """A guild that a caller may act in: what decides their rights there."""

    id: GuildId
    slug: str
    public_roster: bool
    trials_bid: bool
    role_group: RoleGroup | None
    trial: bool
    status: MembershipStatus | None


@frozen(kw_only=True)
class Whereabouts:
    """Where a caller could act: `guilds` are the owner's (of whatever status), the bot key's own, and the one named.

    `only_guild` is the installation's where it has just one.
    """

    owner_deactivated: bool
    default_guild: GuildId | None
    guilds: tuple[CredentialGuild, ...]
    only_guild: CredentialGuild | None

    @property
    def bound_to(self) -> GuildId | None:
        """The one guild that the caller can act in, if it is so bound."""
        return None


@frozen(kw_only=True)
class Credential(Whereabouts):
    """All that is needed to know who calls with a key: the key, its owner, and the guilds that could be meant."""

    key: ApiKey

    @property
    def bound_to(self) -> GuildId | None:
        return self.key.guild_id


@frozen(kw_only=True)
class SessionCredential(Whereabouts):
    """All that is needed to know who calls within a session: the session, and the guilds that could be meant."""

    session: UserSession


@frozen(kw_only=True)
class SessionRow:
    """A session as its owner sees it; `current` is the one that asks."""

    id: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    current: bool = False
