"""Users, memberships and keys in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.tables import KeyUse
from dkp_adapters.memory.transaction import INSTALLATION, Session
from dkp_adapters.memory.views.personal import guilds_naming
from dkp_core.accounts import (
    AlreadyAMember,
    ApiKey,
    ApiKeys,
    Consent,
    ConsentKind,
    Consents,
    DiscordIdTaken,
    KeyKind,
    Membership,
    Memberships,
    NamedMember,
    User,
    Users,
)
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import GuildId, UserId


@frozen
class MemoryUsers(Users):
    """All users of the installation."""

    session: Session

    def get(self, user_id: UserId) -> User:
        user = self.session.installation.users.get(user_id)
        if user is None:
            raise NoSuch("user", user_id)
        return user

    def with_discord_id(self, discord_id: str) -> User | None:
        users = self.session.installation.users.values()
        return next((user for user in users if user.discord_id == discord_id), None)

    def save(self, user: User) -> None:
        if user.discord_id is not None:
            holder = self.with_discord_id(user.discord_id)
            if holder is not None and holder.id != user.id:
                raise DiscordIdTaken(user.discord_id, holder.id)
        self.session.save(self.session.installation.users, user.id, user)

    def guilds_of(self, user_id: UserId) -> tuple[GuildId, ...]:
        return guilds_naming(self.session.transaction.snapshot(), user_id)


@frozen
class MemoryConsents(Consents):
    """What people agreed to; the events stand in the installation's log, wherever they happen."""

    session: Session

    def last(self, user_id: UserId, kind: ConsentKind) -> Consent | None:
        consents = self.session.installation.consents.values()
        mine = (each for each in consents if (each.user_id, each.kind) == (user_id, kind))
        return max(mine, key=lambda consent: consent.given_at, default=None)

    def put(self, consent: Consent, event: DomainEvent) -> None:
        key = (consent.user_id, consent.kind, consent.given_at)
        self.session.installation.consents.put(key, consent)
        self.session.within(INSTALLATION).announce(event)


@frozen
class MemoryMemberships(Memberships):
    """The memberships of one guild."""

    session: Session

    def get(self, user_id: UserId) -> Membership:
        membership = self.find(user_id)
        if membership is None:
            raise NoSuch("membership of user", user_id)
        return membership

    def find(self, user_id: UserId) -> Membership | None:
        return self.session.tables.memberships.get(user_id)

    def merged_into(self, user_id: UserId) -> tuple[UserId, ...]:
        memberships = self.session.tables.memberships.values()
        return tuple(sorted(each.user_id for each in memberships if each.merged_into == user_id))

    def named(self) -> tuple[NamedMember, ...]:
        users = self.session.installation.users
        here = (users[each.user_id] for each in self.session.tables.memberships.values() if each.merged_into is None)
        named = sorted((user for user in here if user.erased_at is None), key=lambda user: user.id)
        return tuple(NamedMember(user_id=user.id, discord_id=user.discord_id, username=user.username) for user in named)

    def officers(self) -> frozenset[UserId]:
        memberships = self.session.tables.memberships.values()
        users = self.session.installation.users.values()
        without_access = {user.id for user in users if user.deactivated_at is not None or user.discord_id is None}
        return frozenset(each.user_id for each in memberships if each.is_officer) - without_access

    def save(self, membership: Membership) -> None:
        if membership.version == 0 and self.find(membership.user_id) is not None:
            raise AlreadyAMember(membership.user_id)
        self.session.save(self.session.tables.memberships, membership.user_id, membership)


@frozen
class MemoryApiKeys(ApiKeys):
    """All keys of the installation."""

    session: Session

    def get(self, key_id: str) -> ApiKey:
        key = self.session.installation.api_keys.get(key_id)
        if key is None or self._is_another_guilds(key):
            raise NoSuch("key", key_id)
        return key

    def save(self, key: ApiKey) -> None:
        # What happens to a guild's bot stands in that guild's audit log, wherever it was decided.
        session = self.session if key.guild_id is None else self.session.within(key.guild_id)
        session.save(self.session.installation.api_keys, key.id, key)

    def of_owner(self, user_id: UserId) -> tuple[ApiKey, ...]:
        keys = self.session.installation.api_keys.values()
        mine = (key for key in keys if (key.kind, key.owner) == (KeyKind.PERSONAL, user_id))
        return tuple(sorted(mine, key=lambda key: key.id))

    def used(self, uses: Mapping[str, tuple[int, datetime]]) -> None:
        installation = self.session.installation
        for key_id, (count, at) in uses.items():
            if key_id in installation.api_keys:
                before = installation.key_uses.get(key_id, KeyUse())
                last_at = at if before.last_at is None else max(before.last_at, at)
                installation.key_uses.put(key_id, KeyUse(before.count + count, last_at))

    def _is_another_guilds(self, key: ApiKey) -> bool:
        """Whether it is a bot of a guild that is not the one at work; the installation sees all."""
        return key.guild_id is not None and self.session.guild_id not in (INSTALLATION, key.guild_id)
