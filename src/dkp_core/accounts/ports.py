"""What the accounts context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from dkp_core.accounts.api_key import ApiKey, KeyKind
from dkp_core.accounts.consent import Consent, ConsentKind
from dkp_core.accounts.discord_identity import DiscordIdentity
from dkp_core.accounts.discord_tokens import DiscordGrant, DiscordSignedIn, UserTokens
from dkp_core.accounts.membership import Membership, MembershipStatus
from dkp_core.accounts.role_group import RoleGroup
from dkp_core.accounts.session import UserSession
from dkp_core.accounts.sign_in_attempt import SignInAttempt
from dkp_core.accounts.sign_in_link import SignInLink
from dkp_core.accounts.user import User
from dkp_core.accounts.views import (
    Credential,
    KeyRow,
    MembershipRow,
    ProfileRow,
    SessionCredential,
    SessionRow,
    UserRow,
)
from dkp_core.guilds import GuildInstallation, GuildWork
from dkp_core.kernel.domain_events import DomainEvent
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

    @abstractmethod
    def guilds_of(self, user_id: UserId) -> tuple[GuildId, ...]:
        """The guilds in which the user has a membership or a history, in order of id; not locked."""


@frozen(kw_only=True)
class NamedMember:
    """Somebody with a membership, by all that a file may name them by."""

    user_id: UserId
    discord_id: str | None
    username: str


class Memberships(Protocol):
    """The memberships of one guild."""

    @abstractmethod
    def get(self, user_id: UserId) -> Membership:
        """The user's membership, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def find(self, user_id: UserId) -> Membership | None:
        """The user's membership, not locked; None if there is none."""

    @abstractmethod
    def merged_into(self, user_id: UserId) -> tuple[UserId, ...]:
        """Who turned out to be that user here, in order of user id; not locked."""

    @abstractmethod
    def named(self) -> tuple[NamedMember, ...]:
        """Everybody with a membership, in force or not, who was not merged into another; by user id, not locked."""

    @abstractmethod
    def officers(self) -> frozenset[UserId]:
        """Who is an officer in force; all their memberships locked, in order of user id, until the transaction ends.

        Whom the operator shut out of every guild is none, nor is who is unlinked: they can't sign in.
        """

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
    def of_owner(self, user_id: UserId) -> tuple[ApiKey, ...]:
        """The personal keys of that user, revoked ones too, locked in order of id until the transaction ends."""

    @abstractmethod
    def used(self, uses: Mapping[str, tuple[int, datetime]]) -> None:
        """Add to the use counts: key id to (how often, when last). Unknown ids are passed over."""


class Consents(Protocol):
    """What people agreed to; who changes that holds the user."""

    @abstractmethod
    def last(self, user_id: UserId, kind: ConsentKind) -> Consent | None:
        """The last consent of that kind, withdrawn or not; None where there never was one."""

    @abstractmethod
    def put(self, consent: Consent, event: DomainEvent) -> None:
        """Keep it, in place of the one that was given at the same moment, and store the event."""


class KeptAnswers(Protocol):
    """What callers were answered within a day, kept to be told again to who asks the same again (G-7).

    Within a guild these callers are its members and bots.
    """

    @abstractmethod
    def forget(self, callers: Collection[str]) -> None:
        """Forget what these callers (`user:12`, `api_key:…`) were answered."""

    @abstractmethod
    def blank(self, words: Collection[str], is_told: Callable[[str, str], bool]) -> None:
        """Empty each text for which `is_told`, in all answers that have one of these words in them; they stay.

        It is asked with the name of the field that the text stands in, itself or in a list.
        """


class UserSessions(Protocol):
    """All sessions of the installation."""

    @abstractmethod
    def find(self, session_id: str) -> UserSession | None:
        """The session, not locked; None where there is none (any more)."""

    @abstractmethod
    def of_user(self, user_id: UserId) -> tuple[UserSession, ...]:
        """The user's sessions in order of id, idle ones too, not locked."""

    @abstractmethod
    def begin(self, session: UserSession) -> None:
        """Store a new session and the events it carries."""

    @abstractmethod
    def end(self, session: UserSession) -> None:
        """Forget the session, and store the events it carries. Raises: Stale where somebody else ended it first."""

    @abstractmethod
    def seen(self, seen: Mapping[str, datetime]) -> None:
        """Note when sessions were used last, by id; never earlier than is known. Unknown ids are passed over."""

    @abstractmethod
    def prune(self, *, at: datetime, not_seen_after: datetime) -> int:
        """Forget those that have ended at that moment or were not used after the other; answers how many."""


class SignInAttempts(Protocol):
    """Attempts to sign in with Discord that are under way."""

    @abstractmethod
    def begin(self, attempt: SignInAttempt) -> None:
        """Remember an attempt."""

    @abstractmethod
    def take(self, state_digest: str) -> SignInAttempt | None:
        """The attempt of that state, which is forgotten: nobody else gets it. None where there is none (any more)."""

    @abstractmethod
    def prune(self, at: datetime) -> int:
        """Forget those that have expired; answers how many."""


class SignInLinks(Protocol):
    """One-time links that were not used yet."""

    @abstractmethod
    def add(self, link: SignInLink) -> None:
        """Remember a link."""

    @abstractmethod
    def take(self, digest: str) -> SignInLink | None:
        """The link of that digest, which is forgotten: nobody else gets it. None where there is none (any more)."""

    @abstractmethod
    def prune(self, at: datetime) -> int:
        """Forget those that have expired; answers how many."""


class DiscordTokens(Protocol):
    """What Discord let us have of each user."""

    @abstractmethod
    def find(self, user_id: UserId) -> UserTokens | None:
        """The user's tokens, doomed or not, locked until the transaction ends; None where there are none."""

    @abstractmethod
    def save(self, tokens: UserTokens) -> None:
        """Store the tokens and the events they carry. Raises: Stale."""

    @abstractmethod
    def forget(self, tokens: UserTokens) -> None:
        """Remove the tokens, and store the events they carry. Raises: Stale."""

    @abstractmethod
    def doom(self, user_id: UserId) -> None:
        """Have the user's tokens revoked at Discord and then forgotten; nothing happens where there are none.

        Stores DiscordTokensDoomed, unless they are doomed already.
        """


class DiscordSignIn(Protocol):
    """Discord, as far as it tells who somebody is; asks it over the network, so never within a transaction."""

    @abstractmethod
    def authorize_url(self, *, state: str, challenge: str, redirect_uri: str) -> str:
        """Where a person is sent to say yes; `challenge` is the SHA-256 of the verifier. Raises: DiscordNotSetUp."""

    @abstractmethod
    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> DiscordSignedIn:
        """What a code comes to, once; it is never sent twice.

        Raises: DiscordRefused, DiscordUnavailable, DiscordNotSetUp.
        """

    @abstractmethod
    def identity(self, access_token: str) -> DiscordIdentity | None:
        """Whose token that is; None where Discord does not take it (any more). Raises: DiscordUnavailable."""

    @abstractmethod
    def refresh(self, refresh_token: str) -> DiscordGrant | None:
        """Other tokens for this one, which ends; None where Discord does not take it (any more).

        Raises: DiscordUnavailable.
        """

    @abstractmethod
    def revoke(self, token: str) -> None:
        """Give back all that was granted with that token; one that is known no longer is as good.

        Raises: DiscordUnavailable, DiscordNotSetUp.
        """


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

    @property
    @abstractmethod
    def consents(self) -> Consents:
        """What people agreed to."""

    @property
    @abstractmethod
    def kept_answers(self) -> KeptAnswers:
        """What callers were answered within a day."""

    @property
    @abstractmethod
    def sessions(self) -> UserSessions:
        """The sessions."""

    @property
    @abstractmethod
    def discord_tokens(self) -> DiscordTokens:
        """What Discord let us have."""


class AccountsInstallation(GuildInstallation, Protocol):
    """A transaction over users, keys, sessions and guilds."""

    @abstractmethod
    def announce(self, *events: DomainEvent) -> None:
        """Store events that no aggregate carries."""

    @property
    @abstractmethod
    def users(self) -> Users:
        """The users."""

    @property
    @abstractmethod
    def api_keys(self) -> ApiKeys:
        """The keys."""

    @property
    @abstractmethod
    def consents(self) -> Consents:
        """What people agreed to."""

    @property
    @abstractmethod
    def kept_answers(self) -> KeptAnswers:
        """What callers were answered within a day."""

    @property
    @abstractmethod
    def sessions(self) -> UserSessions:
        """The sessions."""

    @property
    @abstractmethod
    def discord_tokens(self) -> DiscordTokens:
        """What Discord let us have."""

    @property
    @abstractmethod
    def sign_in_attempts(self) -> SignInAttempts:
        """Attempts to sign in."""

    @property
    @abstractmethod
    def sign_in_links(self) -> SignInLinks:
        """One-time links."""

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
        external_id: str | None = None,
        search: str,
        ordering: tuple[Order, ...],
        page: PageRequest,
    ) -> Page[MembershipRow]:
        """The guild's memberships by MEMBERSHIP_COLUMNS, else by username; `search` is a part of the username.

        By an external id whoever had it is found as who it counts for since, if they were merged or unlinked and that
        one is a member.
        """

    @abstractmethod
    def keys(self, *, kind: KeyKind, owner: UserId | None) -> tuple[KeyRow, ...]:
        """Personal keys of that owner, or the guild's bot keys (owner None); the newest first, revoked ones too."""

    @abstractmethod
    def sessions(self, user_id: UserId, *, at: datetime, seen_after: datetime) -> tuple[SessionRow, ...]:
        """The user's sessions that have not ended at one moment and were used after the other, the last used first."""

    @abstractmethod
    def user_id_of(self, discord_id: str) -> UserId | None:
        """The user of that Discord account, wherever they have a place; None if nobody has it."""

    @abstractmethod
    def user_id_of_link(self, digest: str) -> UserId | None:
        """Whom a one-time link is for, by the digest of its code; None where there is none (any more)."""

    @abstractmethod
    def held_on(self, user_id: UserId, *, own: bool) -> Mapping[str, tuple[Mapping[str, object], ...]]:
        """All that is held on a user, in every guild, and on who turned out to be them: rows of JSON, by what they are.

        Secrets, of which only digests are kept, and what tells of others are left out; without `own` also what nobody
        but the user is told before an auction is closed (L-11). Raises: NoSuch.
        """

    @abstractmethod
    def consents(self, user_id: UserId) -> tuple[Consent, ...]:
        """Every consent of that user, the latest first, then by kind."""


class Credentials(Protocol):
    """Looks up who calls, in one question to the store."""

    @abstractmethod
    def find(self, prefix: str, guild: str | None) -> Credential | None:
        """The key of that prefix, with its owner and guilds; `guild` is the slug or id named by the caller, if any."""

    @abstractmethod
    def find_session(self, session_id: str, guild: str | None) -> SessionCredential | None:
        """The session of that id, with its user and guilds; `guild` is the slug or id named by the caller, if any."""
