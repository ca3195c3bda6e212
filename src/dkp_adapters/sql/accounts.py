"""Users, memberships and API keys in SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Join,
    Select,
    Text,
    and_,
    bindparam,
    case,
    column,
    insert,
    literal,
    null,
    or_,
    select,
    union,
    update,
)
from sqlalchemy import func as sql

from dkp_adapters.sql.guilds import ROSTER_REVISIONS_ORDER, guild_id_of, revise_roster, session_in
from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.personal import guilds_naming_somebody
from dkp_adapters.sql.session import INSTALLATION, Session
from dkp_adapters.sql.sign_ins import SESSION_COLUMNS, session_of
from dkp_adapters.sql.statement import GUILD, Params, Statement, binds, in_guild, json_rows, locking, to_json, upsert
from dkp_adapters.sql.tables.accounts import api_keys, consents, memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.roster import characters
from dkp_adapters.sql.tables.sign_ins import sessions
from dkp_core.accounts import (
    AlreadyAMember,
    ApiKey,
    ApiKeys,
    Consent,
    ConsentKind,
    Consents,
    Credential,
    CredentialGuild,
    Credentials,
    DiscordIdTaken,
    KeyKind,
    Membership,
    Memberships,
    MembershipStatus,
    NamedMember,
    NotificationKind,
    RoleGroup,
    SessionCredential,
    User,
    Users,
)
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- users ------------------------------------------------------------------------------------------------------------

_USER_WRITTEN: Final = (
    "discord_id",
    "username",
    "username_key",
    "global_name",
    "discriminator",
    "avatar_url",
    "email",
    "timezone",
    "locale",
    "default_guild",
    "muted",
    "deactivated_at",
    "signed_in_at",
    "erased_at",
)
_SELECT_USER: Final = select(
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
    users.c.deactivated_at,
    users.c.signed_in_at,
    users.c.erased_at,
    users.c.version,
)
_GET_USER: Final = Statement(locking(_SELECT_USER.where(users.c.id == _the_id)))
_discord_id: Final = bindparam("discord_id", type_=users.c.discord_id.type)
_USER_WITH_DISCORD_ID: Final = Statement(_SELECT_USER.where(users.c.discord_id == _discord_id))
_HAS_DISCORD_ID: Final = Statement(select(users.c.id).where(users.c.discord_id == _discord_id, users.c.id != _the_id))
# Who was just found to be nobody's is somebody's by now: trying again tells whose.
_USER_VIOLATIONS: Final = {"uq_users_discord_id": _lost, "pk_users": _lost}
_INSERT_USER: Final = Statement(
    insert(users).values({**binds(users, "id", *_USER_WRITTEN, "added_at"), "version": literal(1)}),
    violations=_USER_VIOLATIONS,
)
_UPDATE_USER: Final = Statement(
    update(users)
    .where(users.c.id == _the_id, users.c.version == _read_version)
    .values({**binds(users, *_USER_WRITTEN), "version": users.c.version + 1}),
    violations=_USER_VIOLATIONS,
)
_of_user: Final = bindparam("user_id", type_=BigInteger)
_REVISE_ROSTERS_OF_USER: Final = Statement(
    update(guilds)
    .where(
        guilds.c.id.in_(
            union(
                select(memberships.c.guild_id).where(memberships.c.user_id == _of_user),
                select(characters.c.guild_id).where(characters.c.owner == _of_user),
            )
        )
    )
    .values(roster_revision=guilds.c.roster_revision + 1),
    across_guilds=True,  # a person has one name in all of them
)


class SqlUsers(Users):
    """Users in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, user_id: UserId) -> User:
        row = self.session.first(_GET_USER, the_id=user_id)
        if row is None:
            raise NoSuch("user", user_id)
        return _user(row)

    def with_discord_id(self, discord_id: str) -> User | None:
        row = self.session.first(_USER_WITH_DISCORD_ID, discord_id=discord_id)
        return None if row is None else _user(row)

    def save(self, user: User) -> None:
        if user.discord_id is not None:
            taken = self.session.first(_HAS_DISCORD_ID, discord_id=user.discord_id, the_id=user.id)
            if taken is not None:
                raise DiscordIdTaken(user.discord_id, taken[0])
        values = {
            "discord_id": user.discord_id,
            "username": user.username,
            "username_key": name_key(user.username),
            "global_name": user.global_name,
            "discriminator": user.discriminator,
            "avatar_url": user.avatar_url,
            "email": user.email,
            "timezone": user.timezone,
            "locale": user.locale,
            "default_guild": user.default_guild,
            "muted": to_json(sorted(user.muted)),
            "deactivated_at": micros_or_none(user.deactivated_at),
            "signed_in_at": micros_or_none(user.signed_in_at),
            "erased_at": micros_or_none(user.erased_at),
        }
        if user.version == 0:
            self.session.run(_INSERT_USER, id=user.id, added_at=micros(user.added_at), **values)
        else:
            self.session.saved(self.session.run(_UPDATE_USER, the_id=user.id, read_version=user.version, **values))
            self.session.defer(ROSTER_REVISIONS_ORDER, lambda: self._revise_rosters(user.id))
        self.session.save_events(user)

    def guilds_of(self, user_id: UserId) -> tuple[GuildId, ...]:
        return tuple(GuildId(guild_id) for (guild_id,) in self.session.all(guilds_naming_somebody(), theirs=user_id))

    def _revise_rosters(self, user_id: UserId) -> None:
        self.session.run(_REVISE_ROSTERS_OF_USER, user_id=user_id)


def _user(row: tuple[Any, ...]) -> User:
    (
        user_id,
        discord_id,
        username,
        global_name,
        discriminator,
        avatar_url,
        email,
        timezone,
        locale,
        default_guild,
        muted,
        added_at,
        deactivated_at,
        signed_in_at,
        erased_at,
        version,
    ) = row
    return User(
        id=user_id,
        discord_id=discord_id,
        username=username,
        global_name=global_name,
        discriminator=discriminator,
        avatar_url=avatar_url,
        email=email,
        timezone=timezone,
        locale=locale,
        default_guild=default_guild,
        muted=frozenset(map(NotificationKind, json.loads(muted))),
        added_at=moment_at(added_at),
        deactivated_at=moment_or_none(deactivated_at),
        signed_in_at=moment_or_none(signed_in_at),
        erased_at=moment_or_none(erased_at),
        version=version,
    )


# --- consents ---------------------------------------------------------------------------------------------------------

_kind: Final = bindparam("kind", type_=consents.c.kind.type)
CONSENT_COLUMNS: Final = (consents.c.user_id, consents.c.kind, consents.c.given_at, consents.c.withdrawn_at)
"""What `consent_of` makes a consent of, in its order."""
_LAST_CONSENT: Final = Statement(
    select(*CONSENT_COLUMNS)
    .where(consents.c.user_id == _of_user, consents.c.kind == _kind)
    .order_by(consents.c.given_at.desc())
    .limit(1)
)
_PUT_CONSENT: Final = Statement(
    upsert(
        consents,
        binds(consents, "user_id", "kind", "given_at", "withdrawn_at"),
        key=("user_id", "kind", "given_at"),
        update=lambda _, new: {"withdrawn_at": new.withdrawn_at},
    )
)


class SqlConsents(Consents):
    """What people agreed to, in SQL; the events stand in the installation's log, wherever they happen."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def last(self, user_id: UserId, kind: ConsentKind) -> Consent | None:
        row = self.session.first(_LAST_CONSENT, user_id=user_id, kind=kind.value)
        return None if row is None else consent_of(row)

    def put(self, consent: Consent, event: DomainEvent) -> None:
        self.session.run(
            _PUT_CONSENT,
            user_id=consent.user_id,
            kind=consent.kind.value,
            given_at=micros(consent.given_at),
            withdrawn_at=micros_or_none(consent.withdrawn_at),
        )
        session_in(self.session, INSTALLATION).announce(event)


def consent_of(row: tuple[Any, ...]) -> Consent:
    """A consent, from its CONSENT_COLUMNS."""
    user_id, kind, given_at, withdrawn_at = row
    return Consent(
        user_id=user_id,
        kind=ConsentKind(kind),
        given_at=moment_at(given_at),
        withdrawn_at=moment_or_none(withdrawn_at),
    )


# --- memberships ------------------------------------------------------------------------------------------------------

_MEMBERSHIP_WRITTEN: Final = (
    "role_group",
    "trial",
    "status",
    "joined_at",
    "ended_at",
    "reason",
    "merged_into",
    "was_member",
    "external_id",
)
_SELECT_MEMBERSHIP: Final = select(
    memberships.c.guild_id,
    memberships.c.user_id,
    memberships.c.role_group,
    memberships.c.trial,
    memberships.c.status,
    memberships.c.joined_at,
    memberships.c.ended_at,
    memberships.c.reason,
    memberships.c.merged_into,
    memberships.c.was_member,
    memberships.c.external_id,
    memberships.c.version,
).where(in_guild(memberships), memberships.c.user_id == _the_id)
_GET_MEMBERSHIP: Final = Statement(locking(_SELECT_MEMBERSHIP))
_FIND_MEMBERSHIP: Final = Statement(_SELECT_MEMBERSHIP)
_MERGED_INTO: Final = Statement(
    select(memberships.c.user_id)
    .where(in_guild(memberships), memberships.c.merged_into == _the_id)
    .order_by(memberships.c.user_id)
)
_NAMED_MEMBERS: Final = Statement(
    select(memberships.c.user_id, users.c.discord_id, users.c.username)
    .join_from(memberships, users, users.c.id == memberships.c.user_id)
    .where(in_guild(memberships), memberships.c.merged_into.is_(None), users.c.erased_at.is_(None))
    .order_by(memberships.c.user_id)
)
_OFFICERS: Final = Statement(
    locking(
        select(memberships.c.user_id)
        .where(
            in_guild(memberships),
            memberships.c.role_group == RoleGroup.OFFICER.value,
            memberships.c.status == MembershipStatus.IN_FORCE.value,
        )
        .order_by(memberships.c.user_id)
    )
)
# A question of its own, asked once the officers are locked: PostgreSQL answers what a waiting one was asked as it was
# before it waited, unless the very row that it waited for was changed.
_OFFICERS_WITHOUT_ACCESS: Final = Statement(
    select(memberships.c.user_id)
    .join_from(memberships, users, users.c.id == memberships.c.user_id)
    .where(
        in_guild(memberships),
        memberships.c.role_group == RoleGroup.OFFICER.value,
        memberships.c.status == MembershipStatus.IN_FORCE.value,
        or_(users.c.deactivated_at.is_not(None), users.c.discord_id.is_(None)),
    )
)


def _already_a_member(params: Params) -> Exception:
    return AlreadyAMember(params["user_id"])


_INSERT_MEMBERSHIP: Final = Statement(
    insert(memberships).values(
        {"guild_id": GUILD, **binds(memberships, "user_id", *_MEMBERSHIP_WRITTEN), "version": literal(1)}
    ),
    violations={"pk_memberships": _already_a_member},
)
_UPDATE_MEMBERSHIP: Final = Statement(
    update(memberships)
    .where(in_guild(memberships), memberships.c.user_id == _the_id, memberships.c.version == _read_version)
    .values({**binds(memberships, *_MEMBERSHIP_WRITTEN), "version": memberships.c.version + 1})
)


class SqlMemberships(Memberships):
    """The memberships of one guild in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, user_id: UserId) -> Membership:
        row = self.session.first(_GET_MEMBERSHIP, the_id=user_id)
        if row is None:
            raise NoSuch("membership of user", user_id)
        return _membership(row)

    def find(self, user_id: UserId) -> Membership | None:
        row = self.session.first(_FIND_MEMBERSHIP, the_id=user_id)
        return None if row is None else _membership(row)

    def merged_into(self, user_id: UserId) -> tuple[UserId, ...]:
        return tuple(UserId(merged) for (merged,) in self.session.all(_MERGED_INTO, the_id=user_id))

    def named(self) -> tuple[NamedMember, ...]:
        rows = self.session.all(_NAMED_MEMBERS)
        return tuple(NamedMember(user_id=user_id, discord_id=d, username=name) for user_id, d, name in rows)

    def officers(self) -> frozenset[UserId]:
        officers = frozenset(UserId(user_id) for (user_id,) in self.session.all(_OFFICERS))
        return officers - {UserId(user_id) for (user_id,) in self.session.all(_OFFICERS_WITHOUT_ACCESS)}

    def save(self, membership: Membership) -> None:
        assert membership.guild_id == self.session.guild_id, "the membership is of another guild"
        values = {
            "role_group": membership.role_group.value,
            "trial": int(membership.trial),
            "status": membership.status.value,
            "joined_at": micros(membership.joined_at),
            "ended_at": micros_or_none(membership.ended_at),
            "reason": membership.reason,
            "merged_into": membership.merged_into,
            "was_member": int(membership.was_member),
            "external_id": membership.external_id,
        }
        if membership.version == 0:
            self.session.run(_INSERT_MEMBERSHIP, user_id=membership.user_id, **values)
        else:
            count = self.session.run(
                _UPDATE_MEMBERSHIP, the_id=membership.user_id, read_version=membership.version, **values
            )
            self.session.saved(count)
        revise_roster(self.session, membership.guild_id)
        self.session.save_events(membership)


def _membership(row: tuple[Any, ...]) -> Membership:
    (
        guild_id,
        user_id,
        role_group,
        trial,
        status,
        joined_at,
        ended_at,
        reason,
        merged_into,
        was_member,
        external_id,
        version,
    ) = row
    return Membership(
        guild_id=guild_id,
        user_id=user_id,
        role_group=RoleGroup(role_group),
        trial=bool(trial),
        status=MembershipStatus(status),
        joined_at=moment_at(joined_at),
        ended_at=moment_or_none(ended_at),
        reason=reason,
        merged_into=merged_into,
        was_member=bool(was_member),
        external_id=external_id,
        version=version,
    )


# --- keys -------------------------------------------------------------------------------------------------------------

_KEY_WRITTEN: Final = (
    "name",
    "prefix",
    "digest",
    "scopes",
    "expires_at",
    "revoked_at",
    "old_digest",
    "old_digest_until",
)
_KEY_COLUMNS: Final = (
    api_keys.c.id,
    api_keys.c.kind,
    api_keys.c.name,
    api_keys.c.prefix,
    api_keys.c.digest,
    api_keys.c.owner,
    api_keys.c.guild_id,
    api_keys.c.scopes,
    api_keys.c.created_at,
    api_keys.c.expires_at,
    api_keys.c.revoked_at,
    api_keys.c.old_digest,
    api_keys.c.old_digest_until,
    api_keys.c.version,
)
_the_key: Final = bindparam("the_id", type_=api_keys.c.id.type)
_GET_KEY: Final = Statement(
    locking(select(*_KEY_COLUMNS).where(api_keys.c.id == _the_key)),
    across_guilds=True,  # whose it is, is asked below
)
_KEYS_OF_OWNER: Final = Statement(
    locking(
        select(*_KEY_COLUMNS)
        .where(api_keys.c.owner == _of_user, api_keys.c.kind == KeyKind.PERSONAL.value)
        .order_by(api_keys.c.id)
    ),
    across_guilds=True,  # a person's keys belong to no guild
)
_KEY_VIOLATIONS: Final = {"uq_api_keys_prefix": _lost, "pk_api_keys": _lost}
_INSERT_KEY: Final = Statement(
    insert(api_keys).values(
        {
            **binds(api_keys, "id", "kind", "owner", *_KEY_WRITTEN, "created_at"),
            "guild_id": bindparam("of_guild", type_=BigInteger),
            "use_count": literal(0),
            "version": literal(1),
        }
    ),
    violations=_KEY_VIOLATIONS,
    across_guilds=True,  # personal keys belong to none
)
_UPDATE_KEY: Final = Statement(
    update(api_keys)
    .where(api_keys.c.id == _the_key, api_keys.c.version == _read_version)
    .values({**binds(api_keys, *_KEY_WRITTEN), "version": api_keys.c.version + 1}),
    violations=_KEY_VIOLATIONS,
    across_guilds=True,  # the version is only known to who has read it
)
_uses: Final = json_rows("uses", column("id", Text), column("uses", BigInteger), column("last_used_at", BigInteger))
_ADD_USES: Final = Statement(
    update(api_keys)
    .where(api_keys.c.id == _uses.c.id)
    .values(
        use_count=api_keys.c.use_count + _uses.c.uses,
        last_used_at=case(
            (sql.coalesce(api_keys.c.last_used_at, 0) < _uses.c.last_used_at, _uses.c.last_used_at),
            else_=api_keys.c.last_used_at,
        ),
    ),
    across_guilds=True,  # one process counts for all guilds
)


class SqlApiKeys(ApiKeys):
    """API keys in SQL; within a guild, other guilds' bot keys are not there (G-1)."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, key_id: str) -> ApiKey:
        row = self.session.first(_GET_KEY, the_id=key_id)
        if row is None:
            raise NoSuch("key", key_id)
        key = _key(row)
        if self.session.guild_id and key.guild_id not in (None, self.session.guild_id):
            raise NoSuch("key", key_id)
        return key

    def save(self, key: ApiKey) -> None:
        values = {
            "name": key.name,
            "prefix": key.prefix,
            "digest": key.digest,
            "scopes": to_json(sorted(key.scopes)),
            "expires_at": micros_or_none(key.expires_at),
            "revoked_at": micros_or_none(key.revoked_at),
            "old_digest": key.old_digest,
            "old_digest_until": micros_or_none(key.old_digest_until),
        }
        if key.version == 0:
            self.session.run(
                _INSERT_KEY,
                id=key.id,
                kind=key.kind.value,
                owner=key.owner,
                of_guild=key.guild_id,
                created_at=micros(key.created_at),
                **values,
            )
        else:
            self.session.saved(self.session.run(_UPDATE_KEY, the_id=key.id, read_version=key.version, **values))
        session_in(self.session, key.guild_id or self.session.guild_id).save_events(key)

    def of_owner(self, user_id: UserId) -> tuple[ApiKey, ...]:
        return tuple(map(_key, self.session.all(_KEYS_OF_OWNER, user_id=user_id)))

    def used(self, uses: Mapping[str, tuple[int, datetime]]) -> None:
        if uses:
            # In order of id, so that two processes do not lock each other out.
            rows = [[key_id, count, micros(last)] for key_id, (count, last) in sorted(uses.items())]
            self.session.run(_ADD_USES, uses=rows)


_SCOPES: Final = {permission.value: permission for permission in Permission}


@lru_cache(maxsize=1024)
def scopes_from(text: str) -> frozenset[Permission]:
    """Scopes as they are kept; one that this program does not know gives nothing."""
    return frozenset(_SCOPES[name] for name in json.loads(text) if name in _SCOPES)


def _key(row: tuple[Any, ...]) -> ApiKey:
    (
        key_id,
        kind,
        name,
        prefix,
        digest,
        owner,
        guild_id,
        scopes,
        created_at,
        expires_at,
        revoked_at,
        old_digest,
        old_digest_until,
        version,
    ) = row
    return ApiKey(
        id=key_id,
        kind=KeyKind(kind),
        name=name,
        prefix=prefix,
        digest=digest,
        owner=owner,
        guild_id=guild_id,
        scopes=scopes_from(scopes),
        created_at=moment_at(created_at),
        expires_at=moment_or_none(expires_at),
        revoked_at=moment_or_none(revoked_at),
        old_digest=old_digest,
        old_digest_until=moment_or_none(old_digest_until),
        version=version,
    )


# --- who calls --------------------------------------------------------------------------------------------------------

_KEY_WIDTH: Final = len(_KEY_COLUMNS)
_GUILD_WIDTH: Final = 4
_SESSION_WIDTH: Final = len(SESSION_COLUMNS)
_PLACE_WIDTH: Final = 5
_NO_GUILD: Final = (null(),) * _GUILD_WIDTH
_owned, _own, _named, _only, _one = (guilds.alias(name) for name in ("owned", "own", "named", "only_one", "one"))


def _guild_columns(alias: Any) -> tuple[ColumnElement[Any], ...]:
    return (alias.c.id, alias.c.slug, alias.c.public_roster, alias.c.trials_bid)


def _finding_key(named: ColumnElement[bool] | None) -> Statement:
    """The key with its owner, one row for each of the owner's memberships; the other guilds stand in every row."""
    found = (
        api_keys.outerjoin(users, users.c.id == api_keys.c.owner)
        .outerjoin(memberships, memberships.c.user_id == api_keys.c.owner)
        .outerjoin(_own, _own.c.id == api_keys.c.guild_id)
    )
    which = api_keys.c.prefix == bindparam("wanted", type_=api_keys.c.prefix.type)
    return _finding(found, (*_KEY_COLUMNS, *_place_columns(), *_guild_columns(_own)), named, which)


def _finding_session(named: ColumnElement[bool] | None) -> Statement:
    """The session with its user, in rows of the same form; no guild is its own."""
    found = sessions.join(users, users.c.id == sessions.c.user_id).outerjoin(
        memberships, memberships.c.user_id == sessions.c.user_id
    )
    which = sessions.c.id == bindparam("wanted", type_=sessions.c.id.type)
    return _finding(found, (*SESSION_COLUMNS, *_place_columns(), *_NO_GUILD), named, which)


def _place_columns() -> tuple[ColumnElement[Any], ...]:
    of_user = (users.c.deactivated_at, users.c.default_guild)
    return (*of_user, memberships.c.role_group, memberships.c.trial, memberships.c.status, *_guild_columns(_owned))


def _finding(
    found: Join, columns: tuple[ColumnElement[Any], ...], named: ColumnElement[bool] | None, which: ColumnElement[bool]
) -> Statement:
    # Two look-ups in the primary key tell whether there is just one guild, however many there are.
    only = and_(
        _only.c.id == select(sql.min(_one.c.id)).scalar_subquery(),
        _only.c.id == select(sql.max(_one.c.id)).scalar_subquery(),
    )
    query: Select[Any] = select(
        *columns, *_guild_columns(_only), *(_guild_columns(_named) if named is not None else _NO_GUILD)
    ).select_from(found.outerjoin(_owned, _owned.c.id == memberships.c.guild_id).outerjoin(_only, only))
    if named is not None:
        query = query.outerjoin(_named, named)
    return Statement(query.where(which), across_guilds=True)  # which guild it is about, is what is asked


@frozen
class _Finding:
    """The three ways to ask for a caller: without naming a guild, naming its slug, naming its id."""

    unnamed: Statement
    with_slug: Statement
    with_id: Statement

    def rows(self, session: Session, wanted: str, guild: str | None) -> list[tuple[Any, ...]]:
        """What is found for that prefix or id."""
        if guild is None:
            return session.all(self.unnamed, wanted=wanted)
        named_id = guild_id_of(guild)
        if named_id is not None:
            return session.all(self.with_id, wanted=wanted, named_id=named_id)
        return session.all(self.with_slug, wanted=wanted, slug=guild)


_BY_SLUG: Final = _named.c.slug == bindparam("slug", type_=guilds.c.slug.type)
_BY_ID: Final = _named.c.id == bindparam("named_id", type_=BigInteger)
_KEYS: Final = _Finding(*map(_finding_key, (None, _BY_SLUG, _BY_ID)))
_SESSIONS: Final = _Finding(*map(_finding_session, (None, _BY_SLUG, _BY_ID)))


class Reading(Protocol):
    """What an opened reading has."""

    session: Session


@frozen
class SqlCredentials(Credentials):
    """Who calls, in one SELECT."""

    reading: Callable[[], AbstractContextManager[Reading]]

    def find(self, prefix: str, guild: str | None) -> Credential | None:
        with self.reading() as views:
            rows = _KEYS.rows(views.session, prefix, guild)
        if not rows:
            return None
        return Credential(key=_key(rows[0][:_KEY_WIDTH]), **_whereabouts(rows, _KEY_WIDTH))

    def find_session(self, session_id: str, guild: str | None) -> SessionCredential | None:
        with self.reading() as views:
            rows = _SESSIONS.rows(views.session, session_id, guild)
        if not rows:
            return None
        session = session_of(rows[0][:_SESSION_WIDTH])
        return SessionCredential(session=session, **_whereabouts(rows, _SESSION_WIDTH))


def _whereabouts(rows: list[tuple[Any, ...]], start: int) -> dict[str, Any]:
    """The fields of `Whereabouts`, from rows in which they begin at that column."""
    first, owned_at = rows[0], start + _PLACE_WIDTH
    others_at = owned_at + _GUILD_WIDTH
    deactivated_at, default_guild = first[start : start + 2]
    found: dict[int, CredentialGuild] = {}
    for row in rows:
        role_group, trial, status = row[start + 2 : owned_at]
        guild_id, slug, public_roster, trials_bid = row[owned_at:others_at]
        if guild_id is not None:
            found[guild_id] = CredentialGuild(
                id=guild_id,
                slug=slug,
                public_roster=bool(public_roster),
                trials_bid=bool(trials_bid),
                role_group=RoleGroup(role_group),
                trial=bool(trial),
                status=MembershipStatus(status),
            )
    own, only, named = (
        _stranger(first[at : at + _GUILD_WIDTH]) for at in range(others_at, others_at + 3 * _GUILD_WIDTH, _GUILD_WIDTH)
    )
    for other in (own, named):
        if other is not None:
            found.setdefault(other.id, other)
    return {
        "owner_deactivated": deactivated_at is not None,
        "default_guild": default_guild,
        "guilds": tuple(found.values()),
        "only_guild": None if only is None else found.get(only.id, only),
    }


def _stranger(columns: tuple[Any, ...]) -> CredentialGuild | None:
    """A guild in which the caller has no place."""
    guild_id, slug, public_roster, trials_bid = columns
    if guild_id is None:
        return None
    return CredentialGuild(
        id=guild_id,
        slug=slug,
        public_roster=bool(public_roster),
        trials_bid=bool(trials_bid),
        role_group=None,
        trial=False,
        status=None,
    )
