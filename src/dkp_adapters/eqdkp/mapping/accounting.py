"""What became of each row of the source: nothing is lost without being listed (O-2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import define, field

from dkp_adapters.eqdkp.spool import Fault
from dkp_core.moving import ListedRow, Remark, TableCount, Why


@define
class Accounting:
    """Rows as they are dealt with, each of them once, by table (without prefix) and by which of its table's it is."""

    _imported: Counter[str] = field(factory=Counter, init=False)
    _listed: dict[tuple[str, int], ListedRow] = field(factory=dict, init=False)
    _remarks: list[Remark] = field(factory=list, init=False)
    _cut: set[tuple[str, int]] = field(factory=set, init=False)
    _archived: dict[str, tuple[int, str]] = field(factory=dict, init=False)

    def imported(self, table: str, count: int = 1) -> None:
        """So many more rows of a table have a home."""
        self._imported[table] += count

    def leave_out(self, table: str, row: int, why: Why, reason: str) -> None:
        """A row has none."""
        self._listed[table, row] = ListedRow(table=table, row=row, why=why, reason=reason)

    def archive_rest(self, table: str, rows: int, reason: str) -> None:
        """None of a table's rows has one, so many as it has; what is said of single ones stays said."""
        self._archived[table] = (rows, reason)

    def is_touched(self, table: str) -> bool:
        """Whether a row of a table was imported."""
        return table in self._imported

    def remark(self, table: str, old_id: object, text: str) -> None:
        """Something was imported otherwise than it stood."""
        self._remarks.append(Remark(table=table, old_id=str(old_id), text=text))

    def cut(self, table: str, row: int, old_id: object, text: str) -> None:
        """Something in a row that was imported is shorter here: the whole row is to be archived as well."""
        self._cut.add((table, row))
        self.remark(table, old_id, text)

    def archive_too(self, table: str, row: int) -> None:
        """A row that was imported holds more than has a place here: the whole row is to be archived as well."""
        self._cut.add((table, row))

    def take_faults(self, faults: Sequence[Fault]) -> None:
        """Rows that could not be read at all."""
        for each in faults:
            self.leave_out(each.table, each.ordinal, Why.UNREADABLE, each.reason)

    @property
    def listed(self) -> Sequence[ListedRow]:
        """The rows without a home, by table and row."""
        found = dict(self._listed)
        for table, (rows, reason) in self._archived.items():
            for row in range(1, rows + 1):
                found.setdefault((table, row), _archived(table, row, reason))
        return [found[key] for key in sorted(found)]

    def listed_as(self, table: str, row: int) -> ListedRow | None:
        """How a row is listed; None where it has a home."""
        found = self._listed.get((table, row))
        if found is None and table in self._archived:
            return _archived(table, row, self._archived[table][1])
        return found

    @property
    def cut_rows(self) -> Sequence[tuple[str, int]]:
        """The rows that have something longer than it is here, by table and row."""
        return sorted(self._cut)

    @property
    def remarks(self) -> Sequence[Remark]:
        """What was imported otherwise than it stood."""
        return tuple(self._remarks)

    def counts(self, tables: Mapping[str, int]) -> Sequence[TableCount]:
        """Each table of the source, with what became of its rows."""
        whys: dict[str, Counter[Why]] = {}
        for each in self._listed.values():
            whys.setdefault(each.table, Counter())[each.why] += 1
        for table, (count, _) in self._archived.items():
            said = whys.setdefault(table, Counter())
            if count > said.total():
                said[Why.ARCHIVED] += count - said.total()
        return [
            TableCount(table=table, rows=rows, imported=self._imported[table], listed=dict(whys.get(table, {})))
            for table, rows in sorted(tables.items())
        ]


def _archived(table: str, row: int, reason: str) -> ListedRow:
    return ListedRow(table=table, row=row, why=Why.ARCHIVED, reason=reason)
