"""Profile fields in SQL."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, delete, insert, literal, select, update

from dkp_adapters.sql.guilds import revise_roster
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Params, Statement, binds, in_guild, locking, to_json
from dkp_adapters.sql.tables.roster import profile_fields
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import ProfileFieldId
from dkp_core.kernel.names import name_key
from dkp_core.roster import ProfileField, ProfileFieldKind, ProfileFields, ShownTo

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)
_WRITTEN: Final = ("name", "name_key", "kind", "choices", "required", "shown_to", "position", "archived")
_SELECT: Final = select(
    profile_fields.c.id,
    profile_fields.c.guild_id,
    profile_fields.c.name,
    profile_fields.c.kind,
    profile_fields.c.choices,
    profile_fields.c.required,
    profile_fields.c.shown_to,
    profile_fields.c.position,
    profile_fields.c.archived,
    profile_fields.c.version,
).where(in_guild(profile_fields))
_GET: Final = Statement(locking(_SELECT.where(profile_fields.c.id == _the_id)))
EVERY_FIELD: Final = Statement(_SELECT.order_by(profile_fields.c.position, profile_fields.c.id))


def _name_taken(params: Params) -> Exception:
    return NameTaken("profile field", params["name"])


def _lost(_: Params) -> Exception:
    return Stale("somebody else was faster")


_VIOLATIONS: Final = {"uq_profile_fields_guild_id_name_key": _name_taken, "pk_profile_fields": _lost}
_INSERT: Final = Statement(
    insert(profile_fields).values({"guild_id": GUILD, **binds(profile_fields, "id", *_WRITTEN), "version": literal(1)}),
    violations=_VIOLATIONS,
)
_UPDATE: Final = Statement(
    update(profile_fields)
    .where(in_guild(profile_fields), profile_fields.c.id == _the_id, profile_fields.c.version == _read_version)
    .values({**binds(profile_fields, *_WRITTEN), "version": profile_fields.c.version + 1}),
    violations=_VIOLATIONS,
)
_DELETE: Final = Statement(
    delete(profile_fields).where(
        in_guild(profile_fields), profile_fields.c.id == _the_id, profile_fields.c.version == _read_version
    )
)


class SqlProfileFields(ProfileFields):
    """What the guild wants to know of each character, in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, field_id: ProfileFieldId) -> ProfileField:
        row = self.session.first(_GET, the_id=field_id)
        if row is None:
            raise NoSuch("profile field", field_id)
        return profile_field(row)

    def all(self) -> tuple[ProfileField, ...]:
        return tuple(map(profile_field, self.session.all(EVERY_FIELD)))

    def save(self, field: ProfileField) -> None:
        assert field.guild_id == self.session.guild_id, "the field is of another guild"
        values = {
            "name": field.name,
            "name_key": name_key(field.name),
            "kind": field.kind.value,
            "choices": to_json(list(field.choices)),
            "required": int(field.required),
            "shown_to": field.shown_to.value,
            "position": field.order,
            "archived": int(field.archived),
        }
        if field.version == 0:
            self.session.run(_INSERT, id=field.id, **values)
        else:
            self.session.saved(self.session.run(_UPDATE, the_id=field.id, read_version=field.version, **values))
        revise_roster(self.session, self.session.guild_id)
        self.session.save_events(field)

    def remove(self, field: ProfileField) -> None:
        self.session.saved(self.session.run(_DELETE, the_id=field.id, read_version=field.version))
        revise_roster(self.session, self.session.guild_id)
        self.session.save_events(field)


def profile_field(row: tuple[Any, ...]) -> ProfileField:
    """A profile field as it is kept."""
    field_id, guild_id, name, kind, choices, required, shown_to, position, archived, version = row
    return ProfileField(
        id=field_id,
        guild_id=guild_id,
        name=name,
        kind=ProfileFieldKind(kind),
        choices=tuple(json.loads(choices)),
        required=bool(required),
        shown_to=ShownTo(shown_to),
        order=position,
        archived=bool(archived),
        version=version,
    )
