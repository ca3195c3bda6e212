"""`dkp rank`: the ladder, and characters moving on it."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, RankId
from dkp_core.roster import ChangeRank, CreateRank, ListRanks, RankRow, RemoveRank, RosterFilter, UpdateRanks
from dkp_entrypoints.cli.answering import answer, answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import character, rank, rank_id

app = family("rank", "Ranks, and characters moving between them. A RANK is an id or a name.")

RANK = Annotated[str, typer.Argument(metavar="RANK", help="An id or a name.")]
ORDER = Annotated[int | None, typer.Option(help="Its place: the highest rank has the lowest number.")]
DEFAULT = Annotated[bool | None, typer.Option("--default/--not-default", help="Whether new members get it.")]
HIDDEN = Annotated[bool | None, typer.Option("--hidden/--visible", help="Whether rosters leave it out.")]
ACTIVE = Annotated[bool | None, typer.Option("--active/--inactive", help="Whether it counts as active.")]
REASON = Annotated[str, typer.Option(help="Why, for the rank history.")]

_COLUMNS = ("id", "name", "order", "is_default", "is_hidden", "counts_as_active", "characters")


@command(app, "list", ListRanks)
def list_ranks(call: Call) -> None:
    answer_rows(call, call.use_cases().list_ranks()(by=call.by()), _COLUMNS)


@command(app, "add", CreateRank, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The rank's name.")],
    order: ORDER = None,
    default: DEFAULT = None,
    hidden: HIDDEN = None,
    active: ACTIVE = None,
) -> None:
    def added(by: Actor) -> RankRow:
        made = call.use_cases().create_rank()(
            name=name,
            order=order,
            is_default=bool(default),
            is_hidden=bool(hidden),
            counts_as_active=active is not False,
            by=by,
        )
        return _row(call, made.id, by)

    answer(call, call.change(added))


@command(app, "set", ChangeRank, changes=True)
def set_rank(
    call: Call,
    rank_: RANK,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    order: ORDER = None,
    default: DEFAULT = None,
    hidden: HIDDEN = None,
    active: ACTIVE = None,
) -> None:
    def changed(by: Actor) -> RankRow:
        found = rank(call, rank_)
        call.use_cases().change_rank()(
            found.id, name=name, order=order, is_default=default, is_hidden=hidden, counts_as_active=active, by=by
        )
        return _row(call, found.id, by)

    answer(call, call.change(changed))


@command(app, "remove", RemoveRank, changes=True)
def remove(
    call: Call,
    rank_: RANK,
    into: Annotated[str | None, typer.Option(metavar="RANK", help="The rank that its characters move to.")] = None,
    reason: REASON = "",
) -> None:
    def removed(by: Actor) -> RankRow:
        found = rank(call, rank_)
        call.use_cases().remove_rank()(found.id, into=rank_id(call, into), reason=reason, by=by)
        return found

    gone = call.change(removed)
    done(call, f"The rank {gone.name} is gone.", id=gone.id, name=gone.name)


@frozen(kw_only=True)
class _Move:
    """A character that goes from one rank to another."""

    character_id: CharacterId
    name: str
    before: str
    after: str


@command(app, "move", UpdateRanks, changes=True)
def move(
    call: Call,
    rank_: Annotated[str, typer.Argument(metavar="RANK", help="The rank they move to: an id or a name.")],
    characters: Annotated[
        list[str] | None, typer.Argument(metavar="[CHARACTER]...", help="Ids or names of characters.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="RANK", help="All characters that hold this rank.")
    ] = None,
    reason: REASON = "",
) -> None:
    def moved(by: Actor) -> list[_Move]:
        target = rank(call, rank_)
        wanted = [character(call, each).id for each in characters or ()]
        if from_ is not None:
            wanted += _holding(call, rank(call, from_), by)
        if not wanted:
            raise InvalidValue("characters", "nobody is named", "ids or names of characters, or --from RANK")
        updates = call.use_cases().update_ranks()(
            dict.fromkeys(wanted, target.id), reason=reason, dry_run=call.dry_run, by=by
        )
        names = {row.id: row.name for row in call.use_cases().list_ranks()(by=by)}
        return [
            _Move(character_id=each.character_id, name=each.name, before=names[each.before], after=names[each.after])
            for each in updates
        ]

    moves = call.change(moved)
    answer_rows(call, moves, ("character_id", "name", "before", "after"), nothing="All of them hold it already.")


def _holding(call: Call, held: RankRow, by: Actor) -> list[CharacterId]:
    wanted = RosterFilter(rank=str(held.id))
    return [row.id for row in every(lambda page: call.use_cases().list_characters()(wanted, page=page, by=by))]


def _row(call: Call, wanted: RankId, by: Actor) -> RankRow:
    return next(row for row in call.use_cases().list_ranks()(by=by) if row.id == wanted)
