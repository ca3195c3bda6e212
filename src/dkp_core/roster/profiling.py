"""Profile fields of a guild: listing, adding, changing and removing them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ProfileFieldId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Ids, Read
from dkp_core.roster.events import ProfileFieldRemoved
from dkp_core.roster.ports import RosterView, RosterWork
from dkp_core.roster.profile_field import FIELDS_MAX, ProfileField, ProfileFieldKind, ShownTo
from dkp_core.roster.views import ProfileFieldRow


def may_see(shown_to: ShownTo, by: Actor) -> bool:
    """Whether a field that is shown to these is shown to the actor."""
    if shown_to is ShownTo.EVERYONE or by.may(Permission.ROSTER_WRITE):
        return True
    return shown_to is ShownTo.MEMBERS and by.may(Permission.ROSTER_READ)


@frozen
class ListProfileFields:
    """What the guild wants to know of each character, in order; archived fields are for officers only."""

    read: Read[RosterView]

    def __call__(self, *, by: Actor) -> tuple[ProfileFieldRow, ...]:
        by.must(Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
        with self.read(by) as views:
            return tuple(
                row
                for row in views.profile_fields()
                if may_see(row.shown_to, by) and (not row.archived or by.may(Permission.ROSTER_WRITE))
            )


@frozen
class CreateProfileField:
    """Add a field to every character's profile: text, a number, one of some choices, a flag, a date or a link.

    A required field is asked of members who enter their own characters. Without an order it comes last.
    """

    begin: Begin[RosterWork]
    ids: Ids

    def __call__(
        self,
        *,
        name: str,
        kind: ProfileFieldKind,
        choices: Sequence[str] = (),
        required: bool = False,
        shown_to: ShownTo = ShownTo.MEMBERS,
        order: int | None = None,
        by: Actor,
    ) -> ProfileField:
        by.must(Permission.ROSTER_WRITE)
        field_id = ProfileFieldId(self.ids.next("profile_field"))
        with self.begin(by) as work:
            work.guilds.get(work.guild_id)  # held, so that two new fields don't pass each other by
            fields = work.profile_fields.all()
            if len(fields) >= FIELDS_MAX:
                raise InvalidValue("name", f"there are {len(fields)} fields already", f"at most {FIELDS_MAX}")
            made = ProfileField.create(
                field_id,
                work.guild_id,
                name=name,
                kind=kind,
                choices=choices,
                required=required,
                shown_to=shown_to,
                order=max((each.order for each in fields), default=-1) + 1 if order is None else order,
            )
            work.profile_fields.save(made)
        return made


@frozen
class ChangeProfileField:
    """Change a profile field's name, choices, order or who sees it, or bring it back; its kind stays.

    What characters hold stays as it is.
    """

    begin: Begin[RosterWork]

    def __call__(
        self,
        field_id: ProfileFieldId,
        *,
        name: str | None = None,
        choices: Sequence[str] | None = None,
        required: bool | None = None,
        shown_to: ShownTo | None = None,
        order: int | None = None,
        archived: bool | None = None,
        by: Actor,
    ) -> ProfileField:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            found = work.profile_fields.get(field_id)
            changed = found.change(
                name=name, choices=choices, required=required, shown_to=shown_to, order=order, archived=archived
            )
            if changed is not found:
                work.profile_fields.save(changed)
        return changed


@frozen
class RemoveProfileField:
    """Take a profile field away: archived where a character holds a value of it, removed where none does."""

    begin: Begin[RosterWork]

    def __call__(self, field_id: ProfileFieldId, *, by: Actor) -> None:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            work.guilds.get(work.guild_id)  # held by whoever sets a value too
            found = work.profile_fields.get(field_id)
            if any(field_id in character.profile for character in work.characters.all()):
                archived = found.change(archived=True)
                if archived is not found:
                    work.profile_fields.save(archived)
                return
            work.profile_fields.remove(found.announcing(ProfileFieldRemoved(field_id=field_id, name=found.name)))
