"""How users, memberships and keys are shown, from memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_adapters.memory.merges import heads_of
from dkp_adapters.memory.tables import KeyUse
from dkp_adapters.memory.views.glance import Glance, MemoryView, part_of
from dkp_adapters.memory.views.ordering import Columns, ordered, page_of
from dkp_adapters.memory.views.personal import held_on
from dkp_core.accounts import (
    AccountsView,
    ApiKey,
    Consent,
    KeyKind,
    KeyRow,
    Membership,
    MembershipRow,
    MembershipStatus,
    ProfileRow,
    RoleGroup,
    SessionRow,
    User,
    UserGuildRow,
    UserRow,
    UserSession,
)
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest

_MEMBERSHIP_COLUMNS: Final[Columns[MembershipRow]] = {
    "username": lambda row: name_key(row.username),
    "role_group": lambda row: row.role_group.value,
    "status": lambda row: row.status.value,
    "joined_at": lambda row: row.joined_at,
    "user_id": lambda row: row.user_id,
}


@frozen
class MemoryAccountsView(MemoryView, AccountsView):
    """Reads users, memberships and keys."""

    def user(self, user_id: UserId) -> UserRow:
        glance = self.look()
        return _user_row(glance, glance.user(user_id))

    def user_with_discord_id(self, discord_id: str) -> UserRow:
        glance = self.look()
        return _user_row(glance, glance.user_with_discord_id(discord_id))

    def held_on(self, user_id: UserId, *, own: bool) -> Mapping[str, tuple[Mapping[str, object], ...]]:
        snapshot = self.look().snapshot
        if user_id not in snapshot.installation.users:
            raise NoSuch("user", user_id)
        return held_on(snapshot, user_id, own=own)

    def consents(self, user_id: UserId) -> tuple[Consent, ...]:
        mine = [each for each in self.look().installation.consents.values() if each.user_id == user_id]
        by_kind = sorted(mine, key=lambda consent: consent.kind)
        return tuple(sorted(by_kind, key=lambda consent: consent.given_at, reverse=True))

    def profile(self, user_id: UserId) -> ProfileRow:
        glance = self.look()
        user = glance.installation.users.get(user_id)
        if user is None:
            raise NoSuch("user", user_id)
        guilds = sorted(glance.installation.guilds.values(), key=lambda guild: (name_key(guild.name), guild.id))
        places = ((guild, glance.snapshot.of(guild.id).memberships.get(user_id)) for guild in guilds)
        return ProfileRow(
            id=user.id,
            discord_id=user.discord_id,
            username=user.username,
            global_name=user.global_name,
            discriminator=user.discriminator,
            avatar_url=user.avatar_url,
            email=user.email,
            timezone=user.timezone,
            locale=user.locale,
            default_guild=user.default_guild,
            muted=tuple(sorted(user.muted)),
            added_at=user.added_at,
            guilds=tuple(
                UserGuildRow(
                    id=guild.id, slug=guild.slug, name=guild.name, role_group=place.role_group, status=place.status
                )
                for guild, place in places
                if place is not None
            ),
        )

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
        glance = self.look()
        called_so = None if external_id is None else _called_elsewhere(glance, external_id)
        rows = (
            _membership_row(glance.installation.users[membership.user_id], membership)
            for membership in glance.tables.memberships.values()
            if role_group in (None, membership.role_group)
            and status in (None, membership.status)
            and (called_so is None or membership.user_id in called_so)
        )
        wanted = sorted(
            (row for row in rows if part_of(search, row.username)),
            key=lambda row: (name_key(row.username), row.user_id),
        )
        return page_of(ordered(wanted, ordering, _MEMBERSHIP_COLUMNS), page)

    def keys(self, *, kind: KeyKind, owner: UserId | None) -> tuple[KeyRow, ...]:
        glance = self.look()
        guild_id = None if kind is KeyKind.PERSONAL else glance.guild_id
        keys = (
            key
            for key in glance.installation.api_keys.values()
            if (key.kind, key.owner, key.guild_id) == (kind, owner, guild_id)
        )
        newest_first = sorted(keys, key=lambda key: (key.created_at, key.id), reverse=True)
        return tuple(_key_row(key, glance.installation.key_uses.get(key.id, KeyUse())) for key in newest_first)

    def sessions(self, user_id: UserId, *, at: datetime, seen_after: datetime) -> tuple[SessionRow, ...]:
        sessions = self.look().installation.sessions.values()
        live = (
            each
            for each in sessions
            if each.user_id == user_id and each.ends_at > at and each.last_seen_at > seen_after
        )
        return tuple(map(_session_row, sorted(live, key=lambda each: (each.last_seen_at, each.id), reverse=True)))

    def user_id_of(self, discord_id: str) -> UserId | None:
        users = self.look().installation.users.values()
        return next((user.id for user in users if user.discord_id == discord_id), None)

    def user_id_of_link(self, digest: str) -> UserId | None:
        link = self.look().installation.sign_in_links.get(digest)
        return None if link is None else link.user_id


def _called_elsewhere(glance: Glance, external_id: str) -> frozenset[UserId]:
    """Who had that external id: who it counts for since, where that is a member of the guild."""
    places, heads = glance.tables.memberships, heads_of(glance.tables)
    had = [each.user_id for each in places.values() if each.external_id == external_id]
    return frozenset(head if (head := heads.get(each, each)) in places else each for each in had)


def _session_row(session: UserSession) -> SessionRow:
    return SessionRow(
        id=session.id,
        device=session.device,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        ends_at=session.ends_at,
    )


def _user_row(glance: Glance, user: User) -> UserRow:
    membership = glance.tables.memberships.get(user.id)
    return UserRow(
        id=user.id,
        discord_id=user.discord_id,
        username=user.username,
        global_name=user.global_name,
        avatar_url=user.avatar_url,
        role_group=membership.role_group if membership else RoleGroup.GUEST,
        trial=membership.trial if membership else False,
        status=membership.status if membership else None,
        joined_at=membership.joined_at if membership else None,
        merged_into=membership.merged_into if membership else None,
        external_id=membership.external_id if membership else None,
    )


def _membership_row(user: User, membership: Membership) -> MembershipRow:
    return MembershipRow(
        user_id=user.id,
        discord_id=user.discord_id,
        username=user.username,
        role_group=membership.role_group,
        trial=membership.trial,
        status=membership.status,
        joined_at=membership.joined_at,
        ended_at=membership.ended_at,
        reason=membership.reason,
        merged_into=membership.merged_into,
        external_id=membership.external_id,
    )


def _key_row(key: ApiKey, use: KeyUse) -> KeyRow:
    return KeyRow(
        id=key.id,
        kind=key.kind.value,
        name=key.name,
        prefix=key.prefix,
        owner=key.owner,
        scopes=tuple(sorted(key.scopes)),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        old_secret_until=key.old_digest_until,
        last_used_at=use.last_at,
        use_count=use.count,
    )
