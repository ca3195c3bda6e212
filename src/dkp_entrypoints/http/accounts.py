"""Users, memberships and keys over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from attrs import frozen
from msgspec import UNSET, Meta, UnsetType

from dkp_core.accounts import (
    Consent,
    ConsentKind,
    IssuedKey,
    KeyRow,
    Membership,
    MembershipRow,
    MembershipStatus,
    NotificationKind,
    PersonExport,
    ProfileRow,
    RoleGroup,
    UserRow,
)
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_entrypoints.http.operation import Call, Operations, Speed
from dkp_entrypoints.http.reading import Body, ExternalId, Moment, Paged, Query, Text, Whole, moment_of

OWN_PROFILE: Final = "a user's own key"

users: Final = Operations("Users")
keys: Final = Operations("Keys")
memberships: Final = Operations("Memberships")


class PreferencesBody(Body, frozen=True, kw_only=True):
    """What you prefer."""

    timezone: str | None = None
    locale: str | None = None
    default_guild: Annotated[
        int | str | UnsetType | None, Meta(description="Slug or id of a guild; null for none.")
    ] = UNSET
    muted: (
        Annotated[
            tuple[str, ...],
            Meta(description=f"What you do not want to be notified of, of: {', '.join(sorted(NotificationKind))}."),
        ]
        | None
    ) = None


@users.get("/api/users/me/", own=OWN_PROFILE, personal=True)
def show_profile(call: Call) -> ProfileRow:
    return call.use_cases.show_profile()(by=call.by)


@users.change("/api/users/me/", own=OWN_PROFILE, personal=True)
def change_preferences(call: Call, body: PreferencesBody) -> ProfileRow:
    guild = body.default_guild
    call.use_cases.change_preferences()(
        timezone=body.timezone,
        locale=body.locale,
        default_guild=str(guild) if isinstance(guild, int | str) else None,
        forget_default_guild=guild is None,
        muted=body.muted,
        by=call.by,
    )
    return call.use_cases.show_profile()(by=call.by)


class ErasureBody(Body, frozen=True, kw_only=True):
    """That you mean it."""

    confirm: Annotated[str, Meta(description="Your username, as your profile shows it.")]


class ConsentBody(Body, frozen=True, kw_only=True):
    """What you agree to."""

    kind: ConsentKind


class ConsentQuery(Query, frozen=True, kw_only=True):
    """What you agree to no longer."""

    kind: ConsentKind


@users.get("/api/users/me/export/", own=OWN_PROFILE, personal=True, speed=Speed.LONG)
def export_person(call: Call) -> PersonExport:
    return call.use_cases.export_person()(by=call.by)


@users.delete("/api/users/me/", own=OWN_PROFILE, personal=True)
def erase_user(call: Call, body: ErasureBody) -> None:
    """It can't be undone. Who comes back later with the same Discord account is somebody new here."""
    if call.by.user_id is None:
        raise NotPermitted("a user's own key or session")
    call.use_cases.erase_user()(call.by.user_id, confirm=body.confirm, by=call.by)


@users.get("/api/users/me/consents/", own=OWN_PROFILE, personal=True)
def list_consents(call: Call) -> tuple[Consent, ...]:
    return call.use_cases.list_consents()(by=call.by)


@users.post("/api/users/me/consents/", own=OWN_PROFILE, personal=True, status=200)
def give_consent(call: Call, body: ConsentBody) -> Consent:
    return call.use_cases.give_consent()(body.kind, by=call.by)


@users.delete("/api/users/me/consents/", own=OWN_PROFILE, personal=True)
def withdraw_consent(call: Call, query: ConsentQuery) -> None:
    call.use_cases.withdraw_consent()(query.kind, by=call.by)


@users.get("/api/users/{user_id}/", Permission.ROSTER_READ, own="whoever it is")
def show_user(call: Call, user_id: UserId) -> UserRow:
    return call.use_cases.show_user()(user_id, by=call.by)


@users.get("/api/users/by-discord-id/{discord_id}/", Permission.ROSTER_READ)
def find_user(call: Call, discord_id: str) -> UserRow:
    return call.use_cases.find_user()(discord_id, by=call.by)


# --- keys -------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class NewKey:
    """A key that was just made or rotated; `token` is the whole key, and is shown this once."""

    id: str
    kind: str
    name: str
    prefix: str
    owner: UserId | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    old_secret_until: datetime | None
    token: str

    @classmethod
    def of(cls, issued: IssuedKey) -> NewKey:
        """The key as it is shown once."""
        key = issued.key
        return cls(
            id=key.id,
            kind=key.kind,
            name=key.name,
            prefix=key.prefix,
            owner=key.owner,
            scopes=tuple(sorted(key.scopes)),
            created_at=key.created_at,
            expires_at=key.expires_at,
            old_secret_until=key.old_digest_until,
            token=issued.token,
        )


class PersonalKeyBody(Body, frozen=True, kw_only=True):
    """A key of your own."""

    name: str
    expires_at: Moment | None = None


class BotKeyBody(Body, frozen=True, kw_only=True):
    """A key for a bot."""

    name: str
    scopes: tuple[str, ...]
    expires_at: Moment | None = None


class RotationBody(Body, frozen=True, kw_only=True):
    """How long the old secret goes on working."""

    grace_seconds: Whole = 0


class ScopesBody(Body, frozen=True, kw_only=True):
    """What a bot key may do."""

    scopes: tuple[str, ...]


@keys.get("/api/auth/api-keys/", own=OWN_PROFILE, personal=True)
def list_own_keys(call: Call) -> tuple[KeyRow, ...]:
    return call.use_cases.list_own_keys()(by=call.by)


@keys.post("/api/auth/api-keys/", own=OWN_PROFILE, personal=True)
def issue_personal_key(call: Call, body: PersonalKeyBody) -> NewKey:
    expires_at = moment_of(body.expires_at, "expires_at")
    return NewKey.of(call.use_cases.issue_personal_key()(name=body.name, expires_at=expires_at, by=call.by))


@keys.delete("/api/auth/api-keys/{key}/", own="a key of your own", personal=True)
def revoke_key(call: Call, key: str) -> None:
    call.use_cases.revoke_key()(key, by=call.by)


@keys.post("/api/auth/api-keys/{key}/rotate/", own="a key of your own", personal=True, status=200)
def rotate_key(call: Call, key: str, body: RotationBody) -> NewKey:
    return NewKey.of(call.use_cases.rotate_key()(key, grace_seconds=body.grace_seconds, by=call.by))


@keys.get("/api/auth/bot-keys/", Permission.BOT_KEYS_WRITE)
def list_bot_keys(call: Call) -> tuple[KeyRow, ...]:
    return call.use_cases.list_bot_keys()(by=call.by)


@keys.post("/api/auth/bot-keys/", Permission.BOT_KEYS_WRITE)
def issue_bot_key(call: Call, body: BotKeyBody) -> NewKey:
    issued = call.use_cases.issue_bot_key()(
        name=body.name, scopes=body.scopes, expires_at=moment_of(body.expires_at, "expires_at"), by=call.by
    )
    return NewKey.of(issued)


@keys.delete("/api/auth/bot-keys/{key}/", Permission.BOT_KEYS_WRITE, use_case="revoke_key")
def revoke_bot_key(call: Call, key: str) -> None:
    call.by.must(Permission.BOT_KEYS_WRITE)
    call.use_cases.revoke_key()(key, by=call.by)


@keys.post("/api/auth/bot-keys/{key}/rotate/", Permission.BOT_KEYS_WRITE, use_case="rotate_key", status=200)
def rotate_bot_key(call: Call, key: str, body: RotationBody) -> NewKey:
    call.by.must(Permission.BOT_KEYS_WRITE)
    return NewKey.of(call.use_cases.rotate_key()(key, grace_seconds=body.grace_seconds, by=call.by))


@keys.put("/api/auth/bot-keys/{key}/permissions/", Permission.BOT_KEYS_WRITE)
def change_bot_key_scopes(call: Call, key: str, body: ScopesBody) -> KeyRow:
    call.use_cases.change_bot_key_scopes()(key, scopes=body.scopes, by=call.by)
    return next(row for row in call.use_cases.list_bot_keys()(by=call.by) if row.id == key)


# --- memberships ------------------------------------------------------------------------------------------------------


class MembershipsQuery(Paged, frozen=True, kw_only=True):
    """Which memberships are wanted."""

    role_group: RoleGroup | None = None
    status: MembershipStatus | None = None
    external_id: ExternalId | None = None
    search: str = ""
    ordering: str = ""


class NewMemberBody(Body, frozen=True, kw_only=True):
    """Who gets a place in the guild."""

    discord_id: int | str
    username: str | None = None
    role_group: RoleGroup = RoleGroup.MEMBER
    joined_at: Moment | None = None


class MembershipBody(Body, frozen=True, kw_only=True):
    """What changes about a membership."""

    role_group: RoleGroup | None = None
    status: MembershipStatus | None = None
    reason: Text = ""


@memberships.get("/api/memberships/", Permission.MEMBERSHIPS_READ, Permission.MEMBERSHIPS_WRITE)
def list_memberships(call: Call, query: MembershipsQuery) -> Page[MembershipRow]:
    return call.use_cases.list_memberships()(
        role_group=query.role_group,
        status=query.status,
        external_id=query.external_id,
        search=query.search,
        ordering=query.ordering,
        page=query.wanted,
        by=call.by,
    )


@memberships.post("/api/memberships/", Permission.MEMBERSHIPS_WRITE)
def add_member(call: Call, body: NewMemberBody) -> MembershipRow:
    membership = call.use_cases.add_member()(
        discord_id=str(body.discord_id),
        username=body.username,
        role_group=body.role_group,
        joined_at=moment_of(body.joined_at, "joined_at"),
        by=call.by,
    )
    return _shown(call, membership)


@memberships.change("/api/memberships/{user_id}/", Permission.MEMBERSHIPS_WRITE)
def change_membership(call: Call, user_id: UserId, body: MembershipBody) -> MembershipRow:
    membership = call.use_cases.change_membership()(
        user_id, role_group=body.role_group, status=body.status, reason=body.reason, by=call.by
    )
    return _shown(call, membership)


def _shown(call: Call, membership: Membership) -> MembershipRow:
    user = call.use_cases.show_user()(membership.user_id, by=call.seeing(Permission.ROSTER_READ))
    return MembershipRow(
        user_id=membership.user_id,
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
