"""Names of the source as they are here: at most so long, printable, and none twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from attrs import frozen

from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.fitting import Fitting
from dkp_core.kernel.names import NAME_LENGTH_MAX, name_key


@frozen
class Naming:
    """How rows of a table are named: by their own names where they can be, else `<what> <id>`; changes are remarked."""

    table: str
    what: str
    accounting: Accounting

    def one(self, old_id: int, raw: str, row: int | None = None) -> str:
        """The name as it can be kept, whoever else has it; the row goes into the archive where the name is cut."""
        fitting = Fitting()
        name = fitting.name(raw, f"{self.what} {old_id}")
        for text in fitting.remarks:
            if fitting.is_cut and row is not None:
                self.accounting.cut(self.table, row, old_id, text)
            else:
                self.accounting.remark(self.table, old_id, text)
        return name

    def unlike(self, raw: Iterable[tuple[int, str]]) -> Mapping[int, str]:
        """Names by id, none of them that of another: the first that is called so keeps its name."""
        wanted = {old_id: self.one(old_id, name) for old_id, name in raw}
        used: set[str] = set()
        found: dict[int, str] = {}
        doubled: list[int] = []
        for old_id, name in wanted.items():
            if name_key(name) in used:
                doubled.append(old_id)
            else:
                used.add(name_key(name))
                found[old_id] = name
        for old_id in doubled:
            name = _numbered(wanted[old_id], used)
            used.add(name_key(name))
            found[old_id] = name
            self.accounting.remark(self.table, old_id, f"{wanted[old_id]!r} is there twice; it is {name!r} here")
        return found


def _numbered(name: str, used: set[str]) -> str:
    for number in count(2):
        ending = f" ({number})"
        made = name[: NAME_LENGTH_MAX - len(ending)].rstrip() + ending
        if name_key(made) not in used:
            return made
    raise AssertionError("numbers do not end")
