"""`dkp profile-field`: what a guild wants to know of each character."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.roster import (
    ChangeProfileField,
    CreateProfileField,
    ListProfileFields,
    ProfileFieldKind,
    ProfileFieldRow,
    RemoveProfileField,
    ShownTo,
    profile_field_row,
)
from dkp_entrypoints.cli.answering import answer, answer_rows, done
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import profile_field

app = family("profile-field", "What the guild wants to know of each character. A FIELD is an id or a name.")

FIELD = Annotated[str, typer.Argument(metavar="FIELD", help="An id or a name.")]
CHOICES = Annotated[list[str] | None, typer.Option("--choice", metavar="CHOICE", help="One of its choices; repeat it.")]
REQUIRED = Annotated[bool | None, typer.Option("--required/--optional", help="Whether members have to fill it in.")]
SHOWN_TO = Annotated[ShownTo | None, typer.Option(help="Who sees what it holds.")]
PLACE = Annotated[int | None, typer.Option("--order", help="Its place: the first field has the lowest number.")]

_COLUMNS = ("id", "name", "kind", "choices", "required", "shown_to", "order", "archived")


@command(app, "list", ListProfileFields)
def list_fields(call: Call) -> None:
    answer_rows(call, call.use_cases().list_profile_fields()(by=call.by()), _COLUMNS, nothing="There is none.")


@command(app, "add", CreateProfileField, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    kind: Annotated[ProfileFieldKind, typer.Option(help="What it holds.")] = ProfileFieldKind.TEXT,
    choices: CHOICES = None,
    required: REQUIRED = None,
    shown_to: SHOWN_TO = None,
    order: PLACE = None,
) -> None:
    def added(by: Actor) -> ProfileFieldRow:
        made = call.use_cases().create_profile_field()(
            name=name,
            kind=kind,
            choices=tuple(choices or ()),
            required=bool(required),
            shown_to=shown_to or ShownTo.MEMBERS,
            order=order,
            by=by,
        )
        return profile_field_row(made)

    answer(call, call.change(added))


@command(app, "set", ChangeProfileField, changes=True)
def set_field(
    call: Call,
    field: FIELD,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    choices: CHOICES = None,
    required: REQUIRED = None,
    shown_to: SHOWN_TO = None,
    order: PLACE = None,
    archived: Annotated[
        bool | None, typer.Option("--archive/--restore", help="Ask for it and show it no more, or again.")
    ] = None,
) -> None:
    def changed(by: Actor) -> ProfileFieldRow:
        found = call.use_cases().change_profile_field()(
            profile_field(call, field).id,
            name=name,
            choices=tuple(choices) if choices else None,
            required=required,
            shown_to=shown_to,
            order=order,
            archived=archived,
            by=by,
        )
        return profile_field_row(found)

    answer(call, call.change(changed))


@command(app, "remove", RemoveProfileField, changes=True)
def remove(call: Call, field: FIELD) -> None:
    def removed(by: Actor) -> ProfileFieldRow:
        found = profile_field(call, field)
        call.use_cases().remove_profile_field()(found.id, by=by)
        return found

    gone = call.change(removed)
    done(call, f"The profile field {gone.name} is gone.", id=gone.id, name=gone.name)
