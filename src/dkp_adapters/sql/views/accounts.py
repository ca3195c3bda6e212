"""How users, memberships and keys are shown, from SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, exists, func, literal, or_, select

from dkp_adapters.sql.accounts import CONSENT_COLUMNS, consent_of
from dkp_adapters.sql.moments import micros, moment_at, moment_or_none
from dkp_adapters.sql.personal import OFFICERS_FIELDS, Reading, guilds_naming_somebody, readings
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.accounts import api_keys, consents, memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.loot import awards, bids
from dkp_adapters.sql.tables.merges import merged_users
from dkp_adapters.sql.tables.points import entries
from dkp_adapters.sql.tables.raids import attendance_totals
from dkp_adapters.sql.tables.roster import characters, ownerships
from dkp_adapters.sql.tables.sign_ins import sessions, sign_in_links
from dkp_adapters.sql.views import (
    PAGE_OFFSET,
    PAGE_SIZE,
    SqlView,
    ordered_by,
    page_params,
    part_of,
    pattern_of,
)
from dkp_core.accounts import (
    AccountsView,
    Consent,
    KeyKind,
    KeyRow,
    MembershipRow,
    MembershipStatus,
    ProfileRow,
    RoleGroup,
    SessionRow,
    UserGuildRow,
    UserRow,
)
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest

_the_id: Final = bindparam("the_id", type_=BigInteger)


# --- users ------------------------------------------------------------------------------------------------------------


def has_place() -> ColumnElement[bool]:
    """Whether a row of `users` has a membership (outer joined) or a history in the guild at work."""
    history = (
        (characters, characters.c.owner),
        (ownerships, ownerships.c.owner),
        (entries, entries.c.user_id),
        (attendance_totals, attendance_totals.c.user_id),
        (bids, bids.c.user_id),
        (awards, awards.c.user_id),
        (merged_users, merged_users.c.into_user),
    )
    return or_(
        memberships.c.user_id.is_not(None),
        *(exists(select(literal(1)).where(in_guild(kept), user_id == users.c.id)) for kept, user_id in history),
    )


_with_membership: Final = users.outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id))
_SELECT_USER: Final = (
    select(
        users.c.id,
        users.c.discord_id,
        users.c.username,
        users.c.global_name,
        users.c.avatar_url,
        memberships.c.role_group,
        memberships.c.trial,
        memberships.c.status,
        memberships.c.joined_at,
        memberships.c.merged_into,
        memberships.c.external_id,
    )
    .select_from(_with_membership)
    .where(has_place())
)
_USER: Final = Statement(_SELECT_USER.where(users.c.id == _the_id))
_USER_WITH_DISCORD_ID: Final = Statement(
    _SELECT_USER.where(users.c.discord_id == bindparam("discord_id", type_=users.c.discord_id.type))
)
_PROFILE: Final = Statement(
    select(
        users.c.id,
        users.c.discord_id,
        users.c.username,
        users.c.global_name,
        users.c.discriminator,
        users.c.avatar_url,
        users.c.email,
        users.c.timezone,
        users.c.locale,
        users.c.default_guild,
        users.c.muted,
        users.c.added_at,
        guilds.c.id,
        guilds.c.slug,
        guilds.c.name,
        memberships.c.role_group,
        memberships.c.status,
    )
    .select_from(
        users.outerjoin(memberships, memberships.c.user_id == users.c.id).outerjoin(
            guilds, guilds.c.id == memberships.c.guild_id
        )
    )
    .where(users.c.id == _the_id)
    .order_by(guilds.c.name_key, guilds.c.id),
    across_guilds=True,  # a person may see where they are
)


# --- memberships ------------------------------------------------------------------------------------------------------

_MEMBERSHIP_COLUMNS: Final = {
    "username": users.c.username_key,
    "role_group": memberships.c.role_group,
    "status": memberships.c.status,
    "joined_at": memberships.c.joined_at,
    "user_id": memberships.c.user_id,
}
_NEVER_NULL: Final[frozenset[str]] = frozenset()


def _called_elsewhere() -> Select[Any]:
    """Who had that external id: who it counts for since, where that is a member of the guild."""
    holder, merged, place = memberships.alias("holder"), merged_users.alias("merged"), memberships.alias("place")
    given = bindparam("external_id", type_=memberships.c.external_id.type)
    since = and_(in_guild(merged), merged.c.user_id == holder.c.user_id)
    return (
        select(func.coalesce(place.c.user_id, holder.c.user_id))
        .select_from(
            holder.outerjoin(merged, since).outerjoin(place, and_(in_guild(place), place.c.user_id == merged.c.head))
        )
        .where(in_guild(holder), holder.c.external_id == given)
    )


@lru_cache(maxsize=256)
def _memberships(wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many there are."""
    columns: tuple[ColumnElement[Any], ...] = (
        memberships.c.user_id,
        users.c.discord_id,
        users.c.username,
        memberships.c.role_group,
        memberships.c.trial,
        memberships.c.status,
        memberships.c.joined_at,
        memberships.c.ended_at,
        memberships.c.reason,
        memberships.c.merged_into,
        memberships.c.external_id,
        func.count().over(),
    )
    query: Select[Any] = (
        select(*((func.count(),) if counted else columns))
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(in_guild(memberships))
    )
    if "role_group" in wanted:
        query = query.where(memberships.c.role_group == bindparam("role_group"))
    if "status" in wanted:
        query = query.where(memberships.c.status == bindparam("status"))
    if "external_id" in wanted:
        query = query.where(memberships.c.user_id.in_(_called_elsewhere()))
    if "search" in wanted:
        query = query.where(part_of(users.c.username_key))
    if counted:
        return Statement(query)
    query = query.order_by(
        *ordered_by(ordering, _MEMBERSHIP_COLUMNS, _NEVER_NULL), users.c.username_key, memberships.c.user_id
    )
    return Statement(query.limit(PAGE_SIZE).offset(PAGE_OFFSET))


# --- keys -------------------------------------------------------------------------------------------------------------

_SELECT_KEY: Final = select(
    api_keys.c.id,
    api_keys.c.kind,
    api_keys.c.name,
    api_keys.c.prefix,
    api_keys.c.owner,
    api_keys.c.scopes,
    api_keys.c.created_at,
    api_keys.c.expires_at,
    api_keys.c.revoked_at,
    api_keys.c.old_digest_until,
    api_keys.c.last_used_at,
    api_keys.c.use_count,
).order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
_PERSONAL_KEYS: Final = Statement(
    _SELECT_KEY.where(api_keys.c.kind == KeyKind.PERSONAL.value, api_keys.c.owner == _the_id),
    across_guilds=True,  # a person's keys belong to no guild
)
_BOT_KEYS: Final = Statement(_SELECT_KEY.where(api_keys.c.kind == KeyKind.BOT.value, in_guild(api_keys)))
_MERGED_INTO: Final = Statement(
    select(memberships.c.user_id)
    .where(in_guild(memberships), memberships.c.merged_into == _the_id)
    .order_by(memberships.c.user_id)
)
_CONSENTS: Final = Statement(
    select(*CONSENT_COLUMNS).where(consents.c.user_id == _the_id).order_by(consents.c.given_at.desc(), consents.c.kind)
)


# --- sessions ---------------------------------------------------------------------------------------------------------

_SESSIONS: Final = Statement(
    select(sessions.c.id, sessions.c.device, sessions.c.created_at, sessions.c.last_seen_at, sessions.c.ends_at)
    .where(
        sessions.c.user_id == _the_id,
        sessions.c.ends_at > bindparam("at", type_=BigInteger),
        sessions.c.last_seen_at > bindparam("seen_after", type_=BigInteger),
    )
    .order_by(sessions.c.last_seen_at.desc(), sessions.c.id.desc())
)
_USER_ID_OF: Final = Statement(
    select(users.c.id).where(users.c.discord_id == bindparam("discord_id", type_=users.c.discord_id.type))
)
_USER_ID_OF_LINK: Final = Statement(
    select(sign_in_links.c.user_id).where(
        sign_in_links.c.digest == bindparam("digest", type_=sign_in_links.c.digest.type)
    )
)


class SqlAccountsView(SqlView, AccountsView):
    """Reads users, memberships and keys."""

    def user(self, user_id: UserId) -> UserRow:
        row = self.session.first(_USER, the_id=user_id)
        if row is None:
            raise NoSuch("user", user_id)
        return _user_row(row)

    def consents(self, user_id: UserId) -> tuple[Consent, ...]:
        return tuple(map(consent_of, self.session.all(_CONSENTS, the_id=user_id)))

    def held_on(self, user_id: UserId, *, own: bool) -> Mapping[str, tuple[Mapping[str, object], ...]]:
        if self.session.first(_PROFILE, the_id=user_id) is None:
            raise NoSuch("user", user_id)
        keys = [row[0] for row in self.session.all(_PERSONAL_KEYS, the_id=user_id)]
        found: dict[str, list[dict[str, object]]] = {}

        def collect(reading: Reading, whose: int, guild_id: int, officers_fields: frozenset[str]) -> None:
            rows = self.session.all(
                reading.statement, guild_id=guild_id, theirs=whose, theirs_as_text=str(whose), their_keys=keys
            )
            found.setdefault(reading.section, []).extend(reading.row(row, officers_fields) for row in rows)

        everywhere = [reading for reading in readings(own=own) if not reading.of_guild]
        for reading in everywhere:
            collect(reading, user_id, 0, frozenset())
        for (guild_id,) in self.session.all(guilds_naming_somebody(), theirs=user_id):
            merged = self.session.all(_MERGED_INTO, guild_id=guild_id, the_id=user_id)
            hidden = frozenset(str(each) for (each,) in self.session.all(OFFICERS_FIELDS, guild_id=guild_id))
            for whose in (user_id, *(each for (each,) in merged)):
                for reading in readings(own=own):
                    if reading.of_guild:
                        collect(reading, whose, guild_id, hidden)
        return {section: tuple(rows) for section, rows in found.items()}

    def user_with_discord_id(self, discord_id: str) -> UserRow:
        row = self.session.first(_USER_WITH_DISCORD_ID, discord_id=discord_id)
        if row is None:
            raise NoSuch("user with Discord id", discord_id)
        return _user_row(row)

    def profile(self, user_id: UserId) -> ProfileRow:
        rows = self.session.all(_PROFILE, the_id=user_id)
        if not rows:
            raise NoSuch("user", user_id)
        first = rows[0]
        return ProfileRow(
            id=first[0],
            discord_id=first[1],
            username=first[2],
            global_name=first[3],
            discriminator=first[4],
            avatar_url=first[5],
            email=first[6],
            timezone=first[7],
            locale=first[8],
            default_guild=first[9],
            muted=tuple(json.loads(first[10])),
            added_at=moment_at(first[11]),
            guilds=tuple(
                UserGuildRow(
                    id=guild_id, slug=slug, name=name, role_group=RoleGroup(role_group), status=MembershipStatus(status)
                )
                for guild_id, slug, name, role_group, status in (row[12:] for row in rows)
                if guild_id is not None
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
        params: dict[str, Any] = {}
        if role_group is not None:
            params["role_group"] = role_group.value
        if status is not None:
            params["status"] = status.value
        if external_id is not None:
            params["external_id"] = external_id
        if name_key(search):
            params["search"] = pattern_of(search)
        wanted = frozenset(params)
        rows = self.session.all(_memberships(wanted, ordering), **params, **page_params(page))
        if rows:
            return Page(tuple(map(_membership_row, rows)), rows[0][-1])
        counted = self.session.first(_memberships(wanted, (), counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def keys(self, *, kind: KeyKind, owner: UserId | None) -> tuple[KeyRow, ...]:
        if kind is KeyKind.BOT:
            return tuple(map(_key_row, self.session.all(_BOT_KEYS)))
        return tuple(map(_key_row, self.session.all(_PERSONAL_KEYS, the_id=owner)))

    def sessions(self, user_id: UserId, *, at: datetime, seen_after: datetime) -> tuple[SessionRow, ...]:
        rows = self.session.all(_SESSIONS, the_id=user_id, at=micros(at), seen_after=micros(seen_after))
        return tuple(map(_session_row, rows))

    def user_id_of(self, discord_id: str) -> UserId | None:
        row = self.session.first(_USER_ID_OF, discord_id=discord_id)
        return None if row is None else UserId(row[0])

    def user_id_of_link(self, digest: str) -> UserId | None:
        row = self.session.first(_USER_ID_OF_LINK, digest=digest)
        return None if row is None else UserId(row[0])


def _user_row(row: tuple[Any, ...]) -> UserRow:
    (
        user_id,
        discord_id,
        username,
        global_name,
        avatar_url,
        role_group,
        trial,
        status,
        joined_at,
        merged_into,
        external_id,
    ) = row
    return UserRow(
        id=user_id,
        discord_id=discord_id,
        username=username,
        global_name=global_name,
        avatar_url=avatar_url,
        role_group=RoleGroup.GUEST if role_group is None else RoleGroup(role_group),
        trial=bool(trial),
        status=None if status is None else MembershipStatus(status),
        joined_at=moment_or_none(joined_at),
        merged_into=merged_into,
        external_id=external_id,
    )


def _membership_row(row: tuple[Any, ...]) -> MembershipRow:
    (
        user_id,
        discord_id,
        username,
        role_group,
        trial,
        status,
        joined_at,
        ended_at,
        reason,
        merged_into,
        external_id,
        _,
    ) = row
    return MembershipRow(
        user_id=user_id,
        discord_id=discord_id,
        username=username,
        role_group=RoleGroup(role_group),
        trial=bool(trial),
        status=MembershipStatus(status),
        joined_at=moment_at(joined_at),
        ended_at=moment_or_none(ended_at),
        reason=reason,
        merged_into=merged_into,
        external_id=external_id,
    )


def _session_row(row: tuple[Any, ...]) -> SessionRow:
    session_id, device, created_at, last_seen_at, ends_at = row
    return SessionRow(
        id=session_id,
        device=device,
        created_at=moment_at(created_at),
        last_seen_at=moment_at(last_seen_at),
        ends_at=moment_at(ends_at),
    )


def _key_row(row: tuple[Any, ...]) -> KeyRow:
    (
        key_id,
        kind,
        name,
        prefix,
        owner,
        scopes,
        created_at,
        expires_at,
        revoked_at,
        old_digest_until,
        last_used_at,
        use_count,
    ) = row
    return KeyRow(
        id=key_id,
        kind=kind,
        name=name,
        prefix=prefix,
        owner=owner,
        scopes=tuple(json.loads(scopes)),
        created_at=moment_at(created_at),
        expires_at=moment_or_none(expires_at),
        revoked_at=moment_or_none(revoked_at),
        old_secret_until=moment_or_none(old_digest_until),
        last_used_at=moment_or_none(last_used_at),
        use_count=use_count,
    )
