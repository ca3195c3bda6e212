"""Profile fields in memory."""

from __future__ import annotations

from attrs import frozen

from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.errors import NameTaken, NoSuch
from dkp_core.kernel.ids import ProfileFieldId
from dkp_core.kernel.names import name_key
from dkp_core.roster import ProfileField, ProfileFields


@frozen
class MemoryProfileFields(ProfileFields):
    """What the guild wants to know of each character."""

    session: Session

    def get(self, field_id: ProfileFieldId) -> ProfileField:
        found = self.session.tables.profile_fields.get(field_id)
        if found is None:
            raise NoSuch("profile field", field_id)
        return found

    def all(self) -> tuple[ProfileField, ...]:
        return tuple(sorted(self.session.tables.profile_fields.values(), key=lambda field: (field.order, field.id)))

    def save(self, field: ProfileField) -> None:
        for other in self.session.tables.profile_fields.values():
            if other.id != field.id and name_key(other.name) == name_key(field.name):
                raise NameTaken("profile field", field.name)
        self.session.save(self.session.tables.profile_fields, field.id, field)

    def remove(self, field: ProfileField) -> None:
        self.session.remove(self.session.tables.profile_fields, field.id, field)
