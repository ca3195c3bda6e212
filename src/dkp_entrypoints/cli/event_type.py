"""`dkp event-type`: kinds of raids."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.points import Points
from dkp_core.raids import (
    ChangeEventType,
    CreateEventType,
    EventTypeRow,
    ListEventTypes,
    RemoveEventType,
    ShowEventType,
    modifier_of,
    points_to_award,
)
from dkp_entrypoints.cli.answering import EXTERNAL_ID, answer, answer_rows, done
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import event_type, item_pool_ids, pool_ids

app = family("event-type", "Kinds of raids, with their points. An EVENT_TYPE is an id or a name.")

EVENT_TYPE = Annotated[str, typer.Argument(metavar="EVENT_TYPE", help="An id or a name.")]
POINTS = Annotated[str | None, typer.Option(metavar="POINTS", help="What a raid of it awards, such as 12.50.")]
POOL = Annotated[
    list[str] | None,
    typer.Option(metavar="POOL", help="Where they are awarded, in each of them; the default pool, unless given."),
]
MODIFIER = Annotated[str | None, typer.Option(metavar="FACTOR", help="What the points are multiplied by, such as 1.5.")]
DESCRIPTION = Annotated[str | None, typer.Option(help="What it is.")]
METADATA = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Anything else to be kept with it.")]
ITEM_POOL = Annotated[list[str] | None, typer.Option(metavar="ITEM_POOL", help="What it drops.")]


@command(app, "list", ListEventTypes)
def list_event_types(
    call: Call,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Only those that are, or are not.")] = None,
    external_id: EXTERNAL_ID = None,
) -> None:
    columns = ("id", "name", "default_points", "modifier", "points", "pools", "active", "description")
    rows = call.use_cases().list_event_types()(active=active, external_id=external_id, by=call.by())
    answer_rows(call, rows, columns, nothing="No event type yet; dkp event-type add makes one.")


@command(app, "show", ShowEventType)
def show(call: Call, event_type_: EVENT_TYPE) -> None:
    answer(call, call.use_cases().show_event_type()(event_type(call, event_type_).id, by=call.by()))


@command(app, "add", CreateEventType, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The event type's name.")],
    points: POINTS = None,
    pool: POOL = None,
    modifier: MODIFIER = None,
    description: DESCRIPTION = None,
    metadata: METADATA = None,
    item_pool: ITEM_POOL = None,
) -> None:
    def added(by: Actor) -> EventTypeRow:
        made = call.use_cases().create_event_type()(
            name=name,
            pools=pool_ids(call, pool) if pool else None,
            default_points=points_to_award(points or 0, "points"),
            modifier=modifier_of(modifier or 1),
            description=description or "",
            metadata=_metadata(metadata or []),
            item_pools=item_pool_ids(call, item_pool or []),
            by=by,
        )
        return call.use_cases().show_event_type()(made.id, by=by)

    answer(call, call.change(added))


@command(app, "set", ChangeEventType, changes=True)
def set_event_type(
    call: Call,
    event_type_: EVENT_TYPE,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    points: POINTS = None,
    pool: POOL = None,
    modifier: MODIFIER = None,
    description: DESCRIPTION = None,
    metadata: METADATA = None,
    item_pool: ITEM_POOL = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Whether it has new raids.")] = None,
) -> None:
    def changed(by: Actor) -> EventTypeRow:
        found = event_type(call, event_type_)
        call.use_cases().change_event_type()(
            found.id,
            name=name,
            pools=pool_ids(call, pool) if pool else None,
            default_points=None if points is None else Points.of(points, "points"),
            modifier=None if modifier is None else modifier_of(modifier),
            description=description,
            metadata=None if metadata is None else _metadata(metadata),
            item_pools=None if item_pool is None else item_pool_ids(call, item_pool),
            active=active,
            by=by,
        )
        return call.use_cases().show_event_type()(found.id, by=by)

    answer(call, call.change(changed))


@command(app, "remove", RemoveEventType, changes=True)
def remove(call: Call, event_type_: EVENT_TYPE) -> None:
    def removed(by: Actor) -> tuple[EventTypeRow, str]:
        found = event_type(call, event_type_)
        call.use_cases().remove_event_type()(found.id, by=by)
        try:
            call.use_cases().show_event_type()(found.id, by=by)
        except NoSuch:
            return found, "removed"
        return found, "inactive"

    found, outcome = call.change(removed)
    told = "is gone" if outcome == "removed" else "is inactive from now on, since raids name it"
    done(call, f"The event type {found.name} {told}.", id=found.id, name=found.name, outcome=outcome)


def _metadata(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, assigned, value = text.partition("=")
        if not assigned:
            raise InvalidValue("metadata", f"{text[:40]!r} sets nothing", "NAME=VALUE")
        found[name.strip()] = value.strip()
    return found
