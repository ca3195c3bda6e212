"""`dkp character`: the roster."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import CharacterId
from dkp_core.points import ChangeMain
from dkp_core.roster import (
    AddAlias,
    ApproveCharacter,
    AttributeCharacter,
    AuditRoster,
    CharacterRow,
    CharacterStatus,
    EnterCharacter,
    ListCharacters,
    ListMainChanges,
    ListMembers,
    OwnershipRow,
    RankChangeRow,
    ReassignCharacter,
    RemoveCharacter,
    RosterFilter,
    ShowCharacter,
    StatusUpdate,
    UpdateStatuses,
)
from dkp_entrypoints.cli.answering import EXTERNAL_ID, LIMIT, ORDER, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.moments import day, moment
from dkp_entrypoints.cli.naming import character, rank_id, user_id
from dkp_entrypoints.cli.printing import print_json, print_rows

app = family("character", "The roster: characters, owners, mains and alts. A CHARACTER is an id, a name or an alias.")

PROFILE = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="FIELD=VALUE", help="What its profile says in a field; repeat it."),
]
CHARACTER = Annotated[str, typer.Argument(metavar="CHARACTER", help="An id, a name or an alias.")]
CHARACTERS = Annotated[list[str], typer.Argument(metavar="CHARACTER...", help="Ids, names or aliases.")]
CLASS = Annotated[str | None, typer.Option("--class", metavar="CLASS", help="The class, such as Cleric.")]
LEVEL = Annotated[int | None, typer.Option(help="The level.")]
RACE = Annotated[str | None, typer.Option(help="The race.")]
STATUS = Annotated[CharacterStatus | None, typer.Option(help="Where it stands on the roster.")]
JOINED = Annotated[str | None, typer.Option(help="Since when it is in the guild, such as 2026-11-20.")]
NOTES = Annotated[str | None, typer.Option(help="For officers and the owner.")]
REASON = Annotated[str, typer.Option(help="Why, for the history.")]

_COLUMNS = ("id", "name", "character_class", "level", "rank", "status", "owner", "main_character", "attendance_30")


@command(app, "list", ListCharacters)
def list_characters(
    call: Call,
    character_class: CLASS = None,
    rank: Annotated[str | None, typer.Option(help="Only of this rank: an id or a name.")] = None,
    status: Annotated[CharacterStatus | None, typer.Option(help="Only of this status.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="USER", help="Only of this user.")] = None,
    main: Annotated[bool | None, typer.Option("--main/--alt", help="Only mains, or only alts.")] = None,
    level_min: Annotated[int | None, typer.Option(help="Only from this level on.")] = None,
    level_max: Annotated[int | None, typer.Option(help="Only up to this level.")] = None,
    attendance_min: Annotated[int | None, typer.Option(help="Only from this attendance on, in percent.")] = None,
    external_id: EXTERNAL_ID = None,
    search: Annotated[str, typer.Option(help="A part of the name.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    wanted = RosterFilter(
        character_class=character_class,
        rank=rank,
        status=status,
        user_id=None if owner is None else user_id(call, owner),
        is_main=main,
        level_min=level_min,
        level_max=level_max,
        attendance_min=attendance_min,
        external_id=external_id,
        search=search,
    )
    rows = every(
        lambda page: call.use_cases().list_characters()(wanted, ordering=order, page=page, by=call.by()), limit
    )
    answer_rows(call, rows, _COLUMNS, nothing="No character.")


@frozen(kw_only=True)
class _Hung:
    """A member's character as a line of the hierarchy."""

    member: str
    character: str
    character_class: str
    level: int | None
    rank: str


@command(app, "members", ListMembers)
def members(call: Call) -> None:
    rows = call.use_cases().list_members()(by=call.by())
    if call.as_json:
        print_json(rows)
        return
    lines = [
        _Hung(
            member=row.discord_username if index == 0 else "",
            character=each.name if each.is_main else f"└ {each.name}",
            character_class=each.character_class,
            level=each.level,
            rank=each.rank,
        )
        for row in rows
        for index, each in enumerate(row.characters)
    ]
    print_rows(lines, ("member", "character", "character_class", "level", "rank"), nothing="No member has a character.")


def _profile(said: list[str] | None) -> dict[str, object] | None:
    """Values by field, as NAME=VALUE says them; nothing behind the sign takes a value away. Raises: InvalidValue."""
    if not said:
        return None
    values: dict[str, object] = {}
    for text in said:
        name, assigned, value = text.partition("=")
        if not assigned or not name.strip():
            raise InvalidValue("profile", f"{text[:40]!r} sets nothing", "NAME=VALUE, the name of a profile field")
        values[name.strip()] = value.strip()
    return values


@command(app, "show", ShowCharacter)
def show(call: Call, character_: CHARACTER) -> None:
    answer(call, character(call, character_))


@command(app, "add", EnterCharacter, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The character's name.")],
    owner: Annotated[str | None, typer.Option(metavar="USER", help="Whose it is; nobody's, unless given.")] = None,
    character_class: CLASS = None,
    level: LEVEL = None,
    race: RACE = None,
    rank: Annotated[str | None, typer.Option(help="An id or a name; the default rank, unless given.")] = None,
    status: STATUS = None,
    joined_on: JOINED = None,
    notes: NOTES = None,
    profile: PROFILE = None,
) -> None:
    def added(by: Actor) -> CharacterRow:
        made = call.use_cases().enter_character()(
            name=name,
            owner=None if owner is None else user_id(call, owner),
            character_class=character_class or "",
            level=level,
            race=race or "",
            rank_id=rank_id(call, rank),
            status=status,
            joined_on=day(joined_on, "joined_on"),
            notes=notes or "",
            profile=_profile(profile),
            by=by,
        )
        return call.use_cases().show_character()(made.id, by=by)

    answer(call, call.change(added))


@command(app, "set", "Change a character's class, level, race, status, rank, joining date or notes.", changes=True)
def set_character(
    call: Call,
    character_: CHARACTER,
    character_class: CLASS = None,
    level: LEVEL = None,
    race: RACE = None,
    status: STATUS = None,
    rank: Annotated[str | None, typer.Option(help="Another rank: an id or a name.")] = None,
    joined_on: JOINED = None,
    notes: NOTES = None,
    profile: PROFILE = None,
    reason: Annotated[str, typer.Option(help="Why the rank changes, for the history.")] = "",
) -> None:
    def changed(by: Actor) -> CharacterRow:
        found = character(call, character_)
        call.use_cases().change_character()(
            found.id,
            character_class=character_class,
            level=level,
            race=race,
            status=status,
            joined_on=day(joined_on, "joined_on"),
            notes=notes,
            profile=_profile(profile),
            by=by,
        )
        target = rank_id(call, rank)
        if target is not None:
            call.use_cases().update_ranks()({found.id: target}, reason=reason, by=by)
        return call.use_cases().show_character()(found.id, by=by)

    answer(call, call.change(changed))


@command(app, "rename", "Give a character another name; the old one stays as an alias.", changes=True)
def rename(
    call: Call, character_: CHARACTER, name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")]
) -> None:
    def renamed(by: Actor) -> CharacterRow:
        found = character(call, character_)
        call.use_cases().change_character()(found.id, name=name, by=by)
        return call.use_cases().show_character()(found.id, by=by)

    answer(call, call.change(renamed))


@command(app, "approve", ApproveCharacter, changes=True)
def approve(call: Call, characters: CHARACTERS) -> None:
    def approved(by: Actor) -> list[CharacterRow]:
        ids = [character(call, each).id for each in characters]
        for each in ids:
            call.use_cases().approve_character()(each, by=by)
        return [call.use_cases().show_character()(each, by=by) for each in ids]

    answer_rows(call, call.change(approved), ("id", "name", "rank", "status", "owner"))


@command(app, "status", UpdateStatuses, changes=True)
def set_status(
    call: Call,
    status: Annotated[CharacterStatus, typer.Argument(metavar="STATUS", help="Where they stand from now on.")],
    characters: CHARACTERS,
) -> None:
    def updated(by: Actor) -> tuple[StatusUpdate, ...]:
        ids = [character(call, each).id for each in characters]
        return call.use_cases().update_statuses()(ids, status=status, dry_run=call.dry_run, by=by)

    rows = call.change(updated)
    answer_rows(call, rows, ("character_id", "name", "before", "after"), nothing="All of them stand there already.")


@command(app, "main", ChangeMain, changes=True)
def main(
    call: Call,
    character_: CHARACTER,
    waive: Annotated[bool, typer.Option("--waive", help="Let go of price and waiting time, with a reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the main history.")] = "",
) -> None:
    def crowned(by: Actor) -> CharacterRow:
        found = character(call, character_)
        call.use_cases().change_main()(found.id, waive=waive, reason=reason, by=by)
        return call.use_cases().show_character()(found.id, by=by)

    answer(call, call.change(crowned))


@command(app, "mains", ListMainChanges)
def mains(call: Call, user: Annotated[str, typer.Argument(metavar="USER", help="An id, Discord id or name.")]) -> None:
    rows = call.use_cases().list_main_changes()(user_id(call, user), by=call.by())
    columns = ("at", "before", "after", "actor_kind", "actor_id", "waived", "reason")
    answer_rows(call, rows, columns, nothing="The main never changed.")


@command(app, "alt", "Hang a character under a main of the same owner.", changes=True)
def alt(call: Call, character_: CHARACTER, of: Annotated[str, typer.Option(metavar="MAIN", help="The main.")]) -> None:
    def hung(by: Actor) -> CharacterRow:
        found = character(call, character_)
        call.use_cases().change_character()(found.id, main_id=character(call, of).id, by=by)
        return call.use_cases().show_character()(found.id, by=by)

    answer(call, call.change(hung))


@command(app, "reassign", ReassignCharacter, changes=True)
def reassign(
    call: Call,
    character_: CHARACTER,
    to: Annotated[str | None, typer.Option(metavar="USER", help="The new owner.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="It belongs to nobody from now on.")] = False,
    reason: REASON = "",
) -> None:
    if (to is None) != nobody:
        raise InvalidValue("owner", "it is not said whose it is, or said twice", "either --to USER or --nobody")

    def reassigned(by: Actor) -> CharacterRow:
        found = character(call, character_)
        owner = None if to is None else user_id(call, to)
        call.use_cases().reassign_character()(found.id, owner=owner, reason=reason, by=by)
        return call.use_cases().show_character()(found.id, by=by)

    answer(call, call.change(reassigned))


@command(app, "alias", AddAlias, changes=True)
def alias(
    call: Call, character_: CHARACTER, name: Annotated[str, typer.Argument(metavar="NAME", help="The other name.")]
) -> None:
    def added(by: Actor) -> CharacterRow:
        found = character(call, character_)
        call.use_cases().add_alias()(found.id, name, by=by)
        return call.use_cases().show_character()(found.id, by=by)

    answer(call, call.change(added))


@frozen(kw_only=True)
class _Removed:
    """What became of a character that was taken off the roster."""

    id: CharacterId
    name: str
    outcome: str


@command(app, "remove", RemoveCharacter, changes=True)
def remove(call: Call, characters: CHARACTERS) -> None:
    def removed(by: Actor) -> list[_Removed]:
        found = [character(call, each) for each in characters]
        for each in found:
            call.use_cases().remove_character()(each.id, by=by)
        left = {row.id for row in _named(call, [each.name for each in found], by)}
        return [
            _Removed(id=each.id, name=each.name, outcome="retired" if each.id in left else "removed") for each in found
        ]

    answer_rows(call, call.change(removed), ("id", "name", "outcome"))


def _named(call: Call, names: list[str], by: Actor) -> list[CharacterRow]:
    found = []
    for name in names:
        try:
            found.append(call.use_cases().find_character()(name, by=by))
        except NoSuch:
            continue
    return found


@frozen(kw_only=True)
class _History:
    """Who owned a character when, and which ranks it held."""

    ownership: tuple[OwnershipRow, ...]
    ranks: tuple[RankChangeRow, ...]


@command(app, "history", "Who owned a character when, and its moves between ranks; the oldest first.")
def history(call: Call, character_: CHARACTER) -> None:
    found = character(call, character_)
    told = _History(
        ownership=call.use_cases().show_ownership_history()(found.id, by=call.by()),
        ranks=call.use_cases().show_rank_history()(found.id, by=call.by()),
    )
    if call.as_json:
        print_json(told)
        return
    zone = call.guild().timezone
    owned = ("owner", "since", "until", "reason")
    print_rows(told.ownership, owned, zone=zone, nothing="It never belonged to anybody.")
    print()
    held = ("at", "before", "after", "actor_kind", "actor_id", "reason")
    print_rows(told.ranks, held, zone=zone, nothing="It never changed its rank.")


@command(app, "owner", AttributeCharacter)
def owner_at(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name or alias.")],
    at: Annotated[str | None, typer.Option(help="At this time; now, unless given.")] = None,
) -> None:
    answer(call, call.use_cases().attribute_character()(name, at=moment(call, at, "at"), by=call.by()))


@frozen(kw_only=True)
class _Finding:
    """One thing that looks wrong."""

    finding: str
    who: str


@command(app, "audit", AuditRoster)
def audit(call: Call) -> None:
    found = call.use_cases().audit_roster()(by=call.by())
    if call.as_json:
        print_json(found)
        return
    findings = [
        *(_Finding(finding="no Discord account", who=each.username) for each in found.unlinked_users),
        *(_Finding(finding="no owner", who=each.name) for each in found.characters_without_owner),
        *(_Finding(finding="no main", who=each.username) for each in found.owners_without_main),
        *(_Finding(finding="main with an inactive rank", who=each.name) for each in found.mains_with_inactive_rank),
        *(_Finding(finding="names look alike", who=", ".join(each)) for each in found.duplicate_looking_names),
    ]
    print_rows(findings, ("finding", "who"), nothing="Nothing looks wrong.")
