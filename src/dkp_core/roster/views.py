"""How the roster is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from attrs import field, frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import CharacterId, ClaimId, MainChangeId, MergeId, ProfileFieldId, RankId, UserId
from dkp_core.roster.character import CharacterStatus
from dkp_core.roster.claim import ClaimStatus
from dkp_core.roster.profile_field import ProfileField, ProfileFieldKind, ShownTo


@frozen(kw_only=True)
class RankRow:
    """One rank, with how many characters hold it."""

    id: RankId
    name: str
    order: int
    is_default: bool
    is_hidden: bool
    counts_as_active: bool
    characters: int


@frozen(kw_only=True)
class RosterRow:
    """One line of the roster; `attendance_30` is the owner's, in percent with two decimals."""

    id: CharacterId
    name: str
    character_class: str
    level: int | None
    race: str
    rank: str
    rank_id: RankId
    status: CharacterStatus
    user_id: UserId | None
    owner: str | None
    is_main: bool
    main_id: CharacterId | None
    main_character: str | None
    joined_on: date
    attendance_30: str
    external_id: str | None


@frozen(kw_only=True)
class ProfileFieldRow:
    """One profile field."""

    id: ProfileFieldId
    name: str
    kind: ProfileFieldKind
    choices: tuple[str, ...]
    required: bool
    shown_to: ShownTo
    order: int
    archived: bool


@frozen(kw_only=True)
class ProfileValueRow:
    """What a character's profile says in one field; a flag as true or false, a day as 2026-11-20."""

    field_id: ProfileFieldId
    name: str
    kind: ProfileFieldKind
    shown_to: ShownTo
    value: str


@frozen(kw_only=True)
class CharacterRow:
    """One character in full."""

    id: CharacterId
    name: str
    character_class: str
    level: int | None
    race: str
    rank: str
    rank_id: RankId
    status: CharacterStatus
    user_id: UserId | None
    owner: str | None
    is_main: bool
    main_id: CharacterId | None
    main_character: str | None
    joined_on: date
    notes: str
    external_id: str | None
    aliases: tuple[str, ...]
    profile: tuple[ProfileValueRow, ...] = ()


@frozen(kw_only=True)
class OwnershipRow:
    """A period of ownership; `since` is None where it is from the beginning."""

    user_id: UserId
    owner: str
    since: datetime | None
    until: datetime | None
    reason: str


@frozen(kw_only=True)
class RankChangeRow:
    """A line of rank history."""

    at: datetime
    before: str | None
    after: str
    actor_kind: ActorKind
    actor_id: str
    reason: str


@frozen(kw_only=True)
class MainChangeRow:
    """A line of a user's main history."""

    id: MainChangeId
    at: datetime
    before_id: CharacterId
    before: str
    after_id: CharacterId
    after: str
    actor_kind: ActorKind
    actor_id: str
    waived: bool
    reason: str


@frozen(kw_only=True)
class MemberCharacterRow:
    """A member's character, as the Discord roster lists it."""

    id: CharacterId
    name: str
    character_class: str
    level: int | None
    rank: str
    is_main: bool


@frozen(kw_only=True)
class MemberRow:
    """An active member with their characters, the main first: the roster as Discord sees it, and the hierarchy.

    `discord_role_id` is the role that the main's rank stands for, None while no mapping says so.
    """

    user_id: UserId
    discord_id: str | None
    discord_username: str
    role_group: str
    main_character: str | None
    rank: str | None
    discord_role_id: str | None
    characters: tuple[MemberCharacterRow, ...]


@frozen(kw_only=True)
class AttributionRow:
    """Whose a character of that name was at that moment (P-11)."""

    name: str
    at: datetime
    character_id: CharacterId
    character: str
    user_id: UserId | None
    username: str | None


@frozen(kw_only=True)
class AuditedCharacter:
    """A character that the audit names."""

    id: CharacterId
    name: str
    user_id: UserId | None


@frozen(kw_only=True)
class AuditedUser:
    """A user that the audit names."""

    user_id: UserId
    username: str


@frozen(kw_only=True)
class RosterAudit:
    """What looks wrong with the roster (R-10); Discord's member list joins it once a server is linked."""

    unlinked_users: tuple[AuditedUser, ...]
    characters_without_owner: tuple[AuditedCharacter, ...]
    owners_without_main: tuple[AuditedUser, ...]
    mains_with_inactive_rank: tuple[AuditedCharacter, ...]
    duplicate_looking_names: tuple[tuple[str, ...], ...]


@frozen(kw_only=True)
class RosterFilter:
    """Which characters are wanted; what is None or empty does not restrict."""

    character_class: str | None = None
    rank: str | None = None
    status: CharacterStatus | None = None
    user_id: UserId | None = None
    is_main: bool | None = None
    level_min: int | None = None
    level_max: int | None = None
    attendance_min: int | None = field(default=None)
    external_id: str | None = None
    search: str = ""


@frozen(kw_only=True)
class ClaimRow:
    """A claim: who says that whose characters are theirs; `character` is the one they named.

    `code` and until when it is good are for the claimant alone, while the claim waits; the unlinked user
    (`user_id`, `username`) is not for guests.
    """

    id: ClaimId
    claimant_id: UserId
    claimant: str
    user_id: UserId | None
    username: str | None
    character: str
    status: ClaimStatus
    code: str | None = field(repr=False)
    code_until: datetime | None
    made_at: datetime
    decided_at: datetime | None
    decided_kind: ActorKind | None
    decided_by: str | None
    by_code: bool
    reason: str
    merge_id: MergeId | None


@frozen(kw_only=True)
class ClaimFilter:
    """Which claims are wanted; what is None does not restrict."""

    status: ClaimStatus | None = None
    claimant: UserId | None = None
    user_id: UserId | None = None


def profile_field_row(field: ProfileField) -> ProfileFieldRow:
    """A profile field as it is listed."""
    return ProfileFieldRow(
        id=field.id,
        name=field.name,
        kind=field.kind,
        choices=field.choices,
        required=field.required,
        shown_to=field.shown_to,
        order=field.order,
        archived=field.archived,
    )


def profile_shown(fields: Iterable[ProfileField], values: Mapping[ProfileFieldId, str]) -> tuple[ProfileValueRow, ...]:
    """What a profile says in these fields, in their order, but for archived ones."""
    return tuple(
        ProfileValueRow(field_id=each.id, name=each.name, kind=each.kind, shown_to=each.shown_to, value=values[each.id])
        for each in fields
        if each.id in values and not each.archived
    )
