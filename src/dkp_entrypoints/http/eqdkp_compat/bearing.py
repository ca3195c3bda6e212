"""At which character something stands that a user got in the name of one (O-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from attrs import field, frozen

from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.points import Merged, heads
from dkp_core.roster import RosterRow
from dkp_entrypoints.http.eqdkp_compat.house import House


@frozen
class Bearers:
    """The characters, by the names that they bear or bore, and the mains of their owners."""

    house: House
    by_id: Mapping[CharacterId, RosterRow]
    mains: Mapping[UserId, CharacterId]
    pointers: Mapping[UserId, Merged]
    heads: Mapping[UserId, UserId]
    _named: dict[str, CharacterId | None] = field(factory=dict)

    @classmethod
    def of(cls, house: House, characters: Sequence[RosterRow]) -> Self:
        """Of all characters of the guild."""
        merged = house.merged()
        return cls(
            house,
            {row.id: row for row in characters},
            {row.user_id: row.id for row in characters if row.user_id is not None and row.is_main},
            {each.user_id: each for each in merged},
            heads(merged),
            {name_key(row.name): row.id for row in characters},
        )

    def character(self, user_id: UserId, name: str, at: datetime) -> CharacterId | None:
        """Where it stands what that user got then, under that name.

        It is the character of the name, whatever it is called now, if it is the user's; else the user's main, so that
        it stands with the points that it moved. Whoever has no character any more leaves it with the name.
        """
        owner, named = self._owner(user_id, at), self._bearer(name)
        bearer = None if named is None else self.by_id.get(named)
        if bearer is not None and bearer.user_id == owner:
            return bearer.id
        return self.mains.get(owner, named)

    def _owner(self, user_id: UserId, at: datetime) -> UserId:
        pointer = self.pointers.get(user_id)
        return self.heads[user_id] if pointer is not None and pointer.covers(at) else user_id

    def _bearer(self, name: str) -> CharacterId | None:
        key = name_key(name)
        if key and key not in self._named:
            self._named[key] = self.house.bearer(name)
        return self._named.get(key)
