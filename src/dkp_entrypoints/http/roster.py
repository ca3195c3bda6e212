"""Characters, ranks and what officers do with many of them at once, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from attrs import frozen
from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import CharacterId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.points import MainChangeReport
from dkp_core.roster import (
    AttributionRow,
    CharacterRow,
    CharacterStatus,
    MainChangeRow,
    MemberRow,
    OwnershipRow,
    ProfileFieldKind,
    ProfileFieldRow,
    RankChangeRow,
    RankRow,
    RankUpdate,
    RosterAudit,
    RosterFileKind,
    RosterFilter,
    RosterImport,
    RosterRow,
    ShownTo,
    StatusUpdate,
    WhenMissing,
    profile_field_row,
)
from dkp_entrypoints.http.operation import Call, Files, Operations, Speed
from dkp_entrypoints.http.reading import Body, ExternalId, Id, Moment, Paged, Query, Text, Whole, moment_of

UPDATES_MAX: Final = 5000
NamedOrId = Annotated[Id | str, Meta(description="An id, or a name as a text.")]

ProfileValues = Annotated[
    dict[str, str | int | bool | None], Meta(description="Values by the name or id of a profile field.")
]

characters: Final = Operations("Characters")
ranks: Final = Operations("Ranks")
officers: Final = Operations("Officers")


class RosterQuery(Paged, frozen=True, kw_only=True):
    """Which characters are wanted."""

    character_class: str | None = None
    rank: Annotated[str, Meta(description="A rank's name or id.")] | None = None
    status: CharacterStatus | None = None
    user_id: Id | None = None
    is_main: bool | None = None
    level: Whole | None = None
    level_min: Whole | None = None
    level_max: Whole | None = None
    attendance_min: Annotated[int, Meta(ge=0, le=100)] | None = None
    external_id: ExternalId | None = None
    search: str = ""
    ordering: str = ""


class NewCharacterBody(Body, frozen=True, kw_only=True):
    """A character for the roster."""

    name: str
    owner: Annotated[Id, Meta(description="A user's id; officers only.")] | None = None
    character_class: str = ""
    level: Whole | None = None
    race: str = ""
    rank_id: Id | None = None
    status: CharacterStatus | None = None
    joined_on: date | None = None
    notes: Text = ""
    profile: ProfileValues | None = None


class CharacterBody(Body, frozen=True, kw_only=True):
    """What changes about a character; another rank is written into its rank history, with the reason."""

    name: str | None = None
    character_class: str | None = None
    level: Whole | None = None
    race: str | None = None
    status: CharacterStatus | None = None
    joined_on: date | None = None
    notes: Text | None = None
    is_main: bool | None = None
    main_id: Id | None = None
    rank_id: Id | None = None
    reason: Text = ""
    profile: ProfileValues | None = None


class ReassignBody(Body, frozen=True, kw_only=True):
    """Who gets the character; null for nobody."""

    owner: Id | None
    reason: Text = ""


class AliasBody(Body, frozen=True, kw_only=True):
    """A name that stands for the character too."""

    name: str


@characters.get("/api/characters/", Permission.ROSTER_READ, Permission.ROSTER_PUBLIC, polled=True)
def list_characters(call: Call, query: RosterQuery) -> Page[RosterRow]:
    wanted = RosterFilter(
        character_class=query.character_class,
        rank=query.rank,
        status=query.status,
        user_id=None if query.user_id is None else UserId(query.user_id),
        is_main=query.is_main,
        level_min=query.level if query.level_min is None else query.level_min,
        level_max=query.level if query.level_max is None else query.level_max,
        attendance_min=query.attendance_min,
        external_id=query.external_id,
        search=query.search,
    )
    return call.use_cases.list_characters()(wanted, ordering=query.ordering, page=query.wanted, by=call.by)


@characters.post("/api/characters/", Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
def enter_character(call: Call, body: NewCharacterBody) -> CharacterRow:
    entered = call.use_cases.enter_character()(
        name=body.name,
        owner=None if body.owner is None else UserId(body.owner),
        character_class=body.character_class,
        level=body.level,
        race=body.race,
        rank_id=None if body.rank_id is None else RankId(body.rank_id),
        status=body.status,
        joined_on=body.joined_on,
        notes=body.notes,
        profile=body.profile,
        by=call.by,
    )
    return _shown(call, entered.id)


@characters.get("/api/characters/{character_id}/", Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
def show_character(call: Call, character_id: CharacterId) -> CharacterRow:
    return call.use_cases.show_character()(character_id, by=call.by)


@characters.change("/api/characters/{character_id}/", Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
def change_character(call: Call, character_id: CharacterId, body: CharacterBody) -> CharacterRow:
    """`rank_id` moves it to another rank, which officers may; `is_main` makes it the main, for what the guild asks."""
    if body.is_main and body.main_id is not None:
        raise InvalidValue("main_id", "the character is to be a main itself", "one of is_main and main_id")
    if body.is_main is False and body.main_id is None and _shown(call, character_id).is_main:
        raise InvalidValue("is_main", "a main gives way to another", "make the other character the main")
    if body.is_main:
        call.use_cases.change_main()(character_id, reason=body.reason, by=call.by)
    if body.rank_id is not None:
        call.use_cases.update_ranks()({character_id: RankId(body.rank_id)}, reason=body.reason, by=call.by)
    call.use_cases.change_character()(
        character_id,
        name=body.name,
        character_class=body.character_class,
        level=body.level,
        race=body.race,
        status=body.status,
        joined_on=body.joined_on,
        notes=body.notes,
        main_id=None if body.main_id is None else CharacterId(body.main_id),
        profile=body.profile,
        by=call.by,
    )
    return _shown(call, character_id)


class MainBody(Body, frozen=True, kw_only=True):
    """Why the main changes; officers may waive what the guild asks for it, with a reason."""

    waive: bool = False
    reason: Text = ""


@characters.post(
    "/api/characters/{character_id}/make-main/",
    Permission.CHARACTERS_OWN,
    Permission.ROSTER_WRITE,
    status=200,
    idempotent=True,
)
def change_main(call: Call, character_id: CharacterId, body: MainBody) -> MainChangeReport:
    return call.use_cases.change_main()(character_id, waive=body.waive, reason=body.reason, by=call.by)


@characters.get("/api/users/{user_id}/main-history/", Permission.ROSTER_READ)
def list_main_changes(call: Call, user_id: UserId) -> tuple[MainChangeRow, ...]:
    return call.use_cases.list_main_changes()(user_id, by=call.by)


@characters.delete("/api/characters/{character_id}/", Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
def remove_character(call: Call, character_id: CharacterId) -> None:
    call.use_cases.remove_character()(character_id, by=call.by)


@characters.post("/api/characters/{character_id}/approve/", Permission.ROSTER_WRITE, status=200)
def approve_character(call: Call, character_id: CharacterId) -> CharacterRow:
    call.use_cases.approve_character()(character_id, by=call.by)
    return _shown(call, character_id)


@characters.post("/api/characters/{character_id}/reassign/", Permission.ROSTER_WRITE, status=200)
def reassign_character(call: Call, character_id: CharacterId, body: ReassignBody) -> CharacterRow:
    owner = None if body.owner is None else UserId(body.owner)
    call.use_cases.reassign_character()(character_id, owner=owner, reason=body.reason, by=call.by)
    return _shown(call, character_id)


@characters.post("/api/characters/{character_id}/aliases/", Permission.ROSTER_WRITE)
def add_alias(call: Call, character_id: CharacterId, body: AliasBody) -> CharacterRow:
    call.use_cases.add_alias()(character_id, body.name, by=call.by)
    return _shown(call, character_id)


@characters.get("/api/characters/{character_id}/ownership-history/", Permission.ROSTER_READ)
def show_ownership_history(call: Call, character_id: CharacterId) -> tuple[OwnershipRow, ...]:
    return call.use_cases.show_ownership_history()(character_id, by=call.by)


@characters.get("/api/characters/{character_id}/rank-history/", Permission.ROSTER_READ)
def show_rank_history(call: Call, character_id: CharacterId) -> tuple[RankChangeRow, ...]:
    return call.use_cases.show_rank_history()(character_id, by=call.by)


@characters.get("/api/characters/by-name/{name}/", Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
def find_character(call: Call, name: str) -> CharacterRow:
    return call.use_cases.find_character()(name, by=call.by)


@characters.get("/api/discord/roster/", Permission.ROSTER_READ, polled=True)
def list_members(call: Call) -> tuple[MemberRow, ...]:
    return call.use_cases.list_members()(by=call.by)


class AttributionQuery(Query, frozen=True, kw_only=True):
    """The moment that is asked about; now, unless named."""

    at: Moment | None = None


@characters.get("/api/points/character-attribution/{name}/", Permission.ROSTER_READ)
def attribute_character(call: Call, name: str, query: AttributionQuery) -> AttributionRow:
    return call.use_cases.attribute_character()(name, at=moment_of(query.at, "at"), by=call.by)


def _shown(call: Call, character_id: CharacterId) -> CharacterRow:
    return call.use_cases.show_character()(character_id, by=call.seeing(Permission.ROSTER_READ))


# --- profile fields ---------------------------------------------------------------------------------------------------


class NewProfileFieldBody(Body, frozen=True, kw_only=True):
    """A field for every character's profile; `choices` are for the kind choice."""

    name: str
    kind: ProfileFieldKind
    choices: tuple[str, ...] = ()
    required: bool = False
    shown_to: ShownTo = ShownTo.MEMBERS
    order: Whole | None = None


class ProfileFieldBody(Body, frozen=True, kw_only=True):
    """What changes about a profile field."""

    name: str | None = None
    choices: tuple[str, ...] | None = None
    required: bool | None = None
    shown_to: ShownTo | None = None
    order: Whole | None = None
    archived: bool | None = None


@characters.get("/api/roster/fields/", Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
def list_profile_fields(call: Call) -> tuple[ProfileFieldRow, ...]:
    return call.use_cases.list_profile_fields()(by=call.by)


@characters.post("/api/roster/fields/", Permission.ROSTER_WRITE)
def create_profile_field(call: Call, body: NewProfileFieldBody) -> ProfileFieldRow:
    made = call.use_cases.create_profile_field()(
        name=body.name,
        kind=body.kind,
        choices=body.choices,
        required=body.required,
        shown_to=body.shown_to,
        order=body.order,
        by=call.by,
    )
    return profile_field_row(made)


@characters.change("/api/roster/fields/{field_id}/", Permission.ROSTER_WRITE)
def change_profile_field(call: Call, field_id: ProfileFieldId, body: ProfileFieldBody) -> ProfileFieldRow:
    changed = call.use_cases.change_profile_field()(
        field_id,
        name=body.name,
        choices=body.choices,
        required=body.required,
        shown_to=body.shown_to,
        order=body.order,
        archived=body.archived,
        by=call.by,
    )
    return profile_field_row(changed)


@characters.delete("/api/roster/fields/{field_id}/", Permission.ROSTER_WRITE)
def remove_profile_field(call: Call, field_id: ProfileFieldId) -> None:
    call.use_cases.remove_profile_field()(field_id, by=call.by)


# --- ranks ------------------------------------------------------------------------------------------------------------


class NewRankBody(Body, frozen=True, kw_only=True):
    """A rank for the hierarchy; the lowest order stands first."""

    name: str
    order: Whole | None = None
    is_default: bool = False
    is_hidden: bool = False
    counts_as_active: bool = True


class RankBody(Body, frozen=True, kw_only=True):
    """What changes about a rank."""

    name: str | None = None
    order: Whole | None = None
    is_default: bool | None = None
    is_hidden: bool | None = None
    counts_as_active: bool | None = None


class RankRemovalQuery(Query, frozen=True, kw_only=True):
    """The rank that its characters move to, and why."""

    into: Id | None = None
    reason: Text = ""


@ranks.get("/api/ranks/", Permission.ROSTER_READ, Permission.ROSTER_PUBLIC, polled=True)
def list_ranks(call: Call) -> tuple[RankRow, ...]:
    return call.use_cases.list_ranks()(by=call.by)


@ranks.post("/api/ranks/", Permission.ROSTER_WRITE)
def create_rank(call: Call, body: NewRankBody) -> RankRow:
    rank = call.use_cases.create_rank()(
        name=body.name,
        order=body.order,
        is_default=body.is_default,
        is_hidden=body.is_hidden,
        counts_as_active=body.counts_as_active,
        by=call.by,
    )
    return _shown_rank(call, rank.id)


@ranks.change("/api/ranks/{rank_id}/", Permission.ROSTER_WRITE)
def change_rank(call: Call, rank_id: RankId, body: RankBody) -> RankRow:
    call.use_cases.change_rank()(
        rank_id,
        name=body.name,
        order=body.order,
        is_default=body.is_default,
        is_hidden=body.is_hidden,
        counts_as_active=body.counts_as_active,
        by=call.by,
    )
    return _shown_rank(call, rank_id)


@ranks.delete("/api/ranks/{rank_id}/", Permission.ROSTER_WRITE)
def remove_rank(call: Call, rank_id: RankId, query: RankRemovalQuery) -> None:
    into = None if query.into is None else RankId(query.into)
    call.use_cases.remove_rank()(rank_id, into=into, reason=query.reason, by=call.by)


def _ranks(call: Call) -> tuple[RankRow, ...]:
    return call.use_cases.list_ranks()(by=call.seeing(Permission.ROSTER_READ))


def _shown_rank(call: Call, rank_id: RankId) -> RankRow:
    return next(rank for rank in _ranks(call) if rank.id == rank_id)


# --- many at once -----------------------------------------------------------------------------------------------------


class WantedRank(Body, frozen=True, kw_only=True):
    """A character and the rank it gets."""

    character: NamedOrId
    rank: NamedOrId


class RankUpdatesBody(Body, frozen=True, kw_only=True):
    """Many characters, each with its rank."""

    updates: Annotated[tuple[WantedRank, ...], Meta(min_length=1, max_length=UPDATES_MAX)]
    reason: Text = ""
    dry_run: bool = False


class StatusUpdatesBody(Body, frozen=True, kw_only=True):
    """Many characters and the status they get."""

    characters: Annotated[tuple[NamedOrId, ...], Meta(min_length=1, max_length=UPDATES_MAX)]
    status: CharacterStatus
    dry_run: bool = False


@frozen(kw_only=True)
class RankUpdates:
    """What a bulk update of ranks changes, or would change."""

    dry_run: bool
    updated: int
    updates: tuple[RankUpdate, ...]


@frozen(kw_only=True)
class StatusUpdates:
    """What a bulk update of statuses changes, or would change."""

    dry_run: bool
    updated: int
    updates: tuple[StatusUpdate, ...]


@officers.post("/api/admin/bulk-rank-update/", Permission.ROSTER_WRITE, use_case="update_ranks", status=200)
def update_ranks(call: Call, body: RankUpdatesBody) -> RankUpdates:
    """Characters and ranks are named by id or by name; what stays as it is, is not listed."""
    call.by.must(Permission.ROSTER_WRITE)
    ids = _characters(call, [each.character for each in body.updates], "updates")
    known = {name_key(rank.name): rank.id for rank in _ranks(call)}
    wanted = {character_id: _rank_id(each.rank, known) for character_id, each in zip(ids, body.updates, strict=True)}
    updates = call.use_cases.update_ranks()(wanted, reason=body.reason, dry_run=body.dry_run, by=call.by)
    return RankUpdates(dry_run=body.dry_run, updated=len(updates), updates=updates)


@officers.post("/api/admin/bulk-status-update/", Permission.ROSTER_WRITE, use_case="update_statuses", status=200)
def update_statuses(call: Call, body: StatusUpdatesBody) -> StatusUpdates:
    """Characters are named by id or by name; what stays as it is, is not listed."""
    call.by.must(Permission.ROSTER_WRITE)
    ids = _characters(call, body.characters, "characters")
    updates = call.use_cases.update_statuses()(ids, status=body.status, dry_run=body.dry_run, by=call.by)
    return StatusUpdates(dry_run=body.dry_run, updated=len(updates), updates=updates)


class RosterImportBody(Body, frozen=True, kw_only=True):
    """A file that tells of the roster, as the form's `file` or its content in `text`, and how it is to be taken."""

    text: str | None = None
    file_name: Annotated[str, Meta(max_length=255)] = ""
    kind: RosterFileKind | None = None
    missing: WhenMissing = WhenMissing.LEAVE
    create_ranks: bool = False
    create_owners: bool = False
    reason: Text = ""
    dry_run: bool = False


@officers.post(
    "/api/admin/roster-import/", Permission.ROSTER_WRITE, speed=Speed.LONG, status=200, files=Files.FORM_OR_CSV
)
def import_roster(call: Call, body: RosterImportBody) -> RosterImport:
    """A table comes as the `file` of a form, as `text`, or as the body itself; then the other fields are parameters of
    the query.
    """
    if (body.text is None) == (call.upload is None):
        fault = "there is no file" if body.text is None else "there are two files"
        raise InvalidValue("text", fault, "the content of a file as text, or a file in the form's field file")
    return call.use_cases.import_roster()(
        [call.upload.data if call.upload is not None else (body.text or "").encode()],
        file_name=body.file_name or (call.upload.name if call.upload is not None else ""),
        kind=body.kind,
        missing=body.missing,
        create_ranks=body.create_ranks,
        create_owners=body.create_owners,
        reason=body.reason,
        dry_run=body.dry_run,
        by=call.by,
    )


@officers.get("/api/admin/roster-audit/", Permission.ROSTER_WRITE)
def audit_roster(call: Call) -> RosterAudit:
    return call.use_cases.audit_roster()(by=call.by)


def _characters(call: Call, named: Sequence[int | str], field: str) -> list[CharacterId]:
    """The ids of characters named by id or name. Raises: NoSuch; InvalidValue where one is named twice."""
    find, by = call.use_cases.find_character(), call.seeing(Permission.ROSTER_READ)
    ids = [CharacterId(each) if isinstance(each, int) else find(each, by=by).id for each in named]
    if len(set(ids)) < len(ids):
        raise InvalidValue(field, "a character is named twice", "each character once")
    return ids


def _rank_id(named: int | str, known: dict[str, RankId]) -> RankId:
    if isinstance(named, int):
        return RankId(named)
    found = known.get(name_key(named))
    if found is None:
        raise NoSuch("rank", named[:80])
    return found
