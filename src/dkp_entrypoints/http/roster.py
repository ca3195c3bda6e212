"""Characters, ranks and what officers do with many of them at once, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from attrs import frozen
from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import CharacterId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.roster import (
    AttributionRow,
    CharacterRow,
    CharacterStatus,
    MemberRow,
    OwnershipRow,
    RankChangeRow,
    RankRow,
    RankUpdate,
    RosterAudit,
    RosterFilter,
    RosterRow,
    StatusUpdate,
)
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Id, Moment, Paged, Query, Text, Whole, moment_of

UPDATES_MAX: Final = 5000
NamedOrId = Annotated[Id | str, Meta(description="An id, or a name as a text.")]

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
        by=call.by,
    )
    return _shown(call, entered.id)


@characters.get("/api/characters/{character_id}/", Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
def show_character(call: Call, character_id: CharacterId) -> CharacterRow:
    return call.use_cases.show_character()(character_id, by=call.by)


@characters.change("/api/characters/{character_id}/", Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
def change_character(call: Call, character_id: CharacterId, body: CharacterBody) -> CharacterRow:
    """`rank_id` moves it to another rank, which officers may."""
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
        is_main=body.is_main,
        main_id=None if body.main_id is None else CharacterId(body.main_id),
        by=call.by,
    )
    return _shown(call, character_id)


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
