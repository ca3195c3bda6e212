"""What the accounts context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from dkp_core.accounts.api_key import ApiKey, KeyKind
from dkp_core.accounts.membership import Membership, MembershipStatus
from dkp_core.accounts.role_group import RoleGroup
from dkp_core.accounts.user import User
from dkp_core.accounts.views import Credential, KeyRow, MembershipRow, ProfileRow, UserRow
from dkp_core.guilds import GuildInstallation, GuildWork
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.ports import Work


class Users(Protocol):
    """All users of the installation; they belong to no guild (G-1)."""

    @abstractmethod
    def get(self, user_id: UserId) -> User:
        """The user, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def with_discord_id(self, discord_id: str) -> User | None:
        """The user of that Discord account; None if nobody has it."""

    @abstractmethod
    def save(self, user: User) -> None:
        """Store the user and the events they carry. Raises: DiscordIdTaken, Stale."""


class Memberships(Protocol):
    """The memberships of one guild."""

    @abstractmethod
    def get(self, user_id: UserId) -> Membership:
        """The user's membership, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def find(self, user_id: UserId) -> Membership | None:
        """The user's membership, not locked; None if there is none."""

    @abstractmethod
    def officers(self) -> frozenset[UserId]:
        """Who is an officer in force; all their memberships locked, in order of user id, until the transaction ends."""

    @abstractmethod
    def save(self, membership: Membership) -> None:
        """Store the membership and the events it carries. Raises: AlreadyAMember, Stale."""


class ApiKeys(Protocol):
    """All keys of the installation."""

    @abstractmethod
    def get(self, key_id: str) -> ApiKey:
        """The key, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def save(self, key: ApiKey) -> None:
        """Store the key and the events it carries. Raises: Stale."""

    @abstractmethod
    def used(self, uses: Mapping[str, tuple[int, datetime]]) -> None:
        """Add to the use counts: key id to (how often, when last). Unknown ids are passed over."""


class AccountsWork(GuildWork, Work, Protocol):
    """A transaction over a guild's memberships, and the users behind them."""

    @property
    @abstractmethod
    def users(self) -> Users:
        """The users."""

    @property
    @abstractmethod
    def memberships(self) -> Memberships:
        """The guild's memberships."""

    @property
    @abstractmethod
    def api_keys(self) -> ApiKeys:
        """The keys."""


class AccountsInstallation(GuildInstallation, Protocol):
    """A transaction over users, keys and guilds."""

    @property
    @abstractmethod
    def users(self) -> Users:
        """The users."""

    @property
    @abstractmethod
    def api_keys(self) -> ApiKeys:
        """The keys."""

    @abstractmethod
    def enter(self, guild_id: GuildId) -> AccountsWork:
        """A guild's own work, in the same transaction."""


MEMBERSHIP_COLUMNS = ("username", "role_group", "status", "joined_at", "user_id")


class AccountsView(Protocol):
    """Reads users, memberships and keys."""

    @abstractmethod
    def user(self, user_id: UserId) -> UserRow:
        """A user with a membership or a history (entries, attendance, characters, loot) here. Raises: NoSuch."""

    @abstractmethod
    def user_with_discord_id(self, discord_id: str) -> UserRow:
        """The same by Discord id. Raises: NoSuch."""

    @abstractmethod
    def profile(self, user_id: UserId) -> ProfileRow:
        """A user with preferences and guilds. Raises: NoSuch."""

    @abstractmethod
    def memberships(
        self,
        *,
        role_group: RoleGroup | None,
        status: MembershipStatus | None,
        search: str,
        ordering: tuple[Order, ...],
        page: PageRequest,
    ) -> Page[MembershipRow]:
        """The guild's memberships by MEMBERSHIP_COLUMNS, else by username; `search` is a part of the username."""

    @abstractmethod
    def keys(self, *, kind: KeyKind, owner: UserId | None) -> tuple[KeyRow, ...]:
        """Personal keys of that owner, or the guild's bot keys (owner None); the newest first, revoked ones too."""


class Credentials(Protocol):
    """Looks up who calls, in one question to the store."""

    @abstractmethod
    def find(self, prefix: str, guild: str | None) -> Credential | None:
        """The key of that prefix, with its owner and guilds; `guild` is the slug or id named by the caller, if any."""
