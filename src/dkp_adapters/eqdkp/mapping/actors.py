"""Who did what on the old site: users of it by their ids, so that whoever they become here is meant (A-12, O-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.external import external_id, is_external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting
from dkp_core.kernel.names import name_key


@frozen
class Actors:
    """The users of a source by their names, as they are written and as they compare; a name of several is nobody's."""

    _written: Mapping[str, int] = field(factory=dict)
    _compared: Mapping[str, int] = field(factory=dict)
    _names: Mapping[int, str] = field(factory=dict)

    @classmethod
    def of(cls, users: Iterable[rows.User]) -> Actors:
        """These."""
        known = list(users)
        named = [each for each in known if each.name.strip()]
        return cls(
            _of_one((each.name, each.id) for each in named),
            _of_one((name_key(each.name), each.id) for each in named),
            {each.id: each.name for each in known},
        )

    def named(self, name: str, fitting: Fitting) -> str:
        """Who is named: the user of that name by its id, else by the name, which is all that there is."""
        user = self._written.get(name)
        if user is None:
            user = self._compared.get(name_key(name))
        if user is not None:
            return external_id(user)
        kept = fitting.actor(name)
        if is_external_id(kept):
            kept = repr(kept)
            fitting.remark(f"who did it is kept as {kept}, since no user has that name")
        return kept

    def numbered(self, user: int, name: str, fitting: Fitting) -> str:
        """Who has that id, whatever they were called then; where nobody has, who is named."""
        if user not in self._names:
            return self.named(name, fitting)
        fitting.has_more |= name not in ("", self._names[user])
        return external_id(user)


def _of_one(given: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    """What is there once."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for name, user in given:
        if found.setdefault(name, user) != user:
            twice.add(name)
    return {name: user for name, user in found.items() if name not in twice}
