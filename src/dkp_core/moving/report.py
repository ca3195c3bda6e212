"""What an import tells: rows in and out, and every number old against new (O-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from attrs import frozen

from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import Balance


class Why(StrEnum):
    """Why a row of the source is not in the guild."""

    ORPHAN = "orphan"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    ARCHIVED = "archived"


@frozen(kw_only=True)
class Found:
    """What the store says of a guild after everything was written, at a moment.

    `net` is what entries come to by the name of the character in them, those of kind import left out. `attendance` has
    (attended, held) for 30, 60 and 90 days and the lifetime of each user, by pool; `joined` is when each
    member did.
    """

    at: datetime
    balances: Mapping[tuple[PoolId, UserId], Balance]
    net: Mapping[tuple[PoolId, UserId, str], Points]
    attendance: Mapping[tuple[PoolId, UserId], Sequence[tuple[int, int]]]
    joined: Mapping[UserId, datetime]


@frozen(kw_only=True)
class TableCount:
    """A table of the source: how many rows it has, how many were imported, and how many were not, by the reason."""

    table: str
    rows: int
    imported: int
    listed: Mapping[Why, int]

    @property
    def is_complete(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.imported + sum(self.listed.values())


@frozen(kw_only=True)
class ListedRow:
    """A row that was not imported, which of its table it is, and why."""

    table: str
    row: int
    why: Why
    reason: str


@frozen(kw_only=True)
class Remark:
    """Something that was imported otherwise than it stood: the row's table and old id, and what was done."""

    table: str
    old_id: str
    text: str


@frozen(kw_only=True)
class BalanceProof:
    """A character's points in a pool: what the old site shows, and what is here.

    `single` is the character's own and `with_twinks` that of its main's whole group, both before decay and caps;
    `shown_single` and `shown_with_twinks` what the old site shows after them. `net` is what the entries in the
    character's name come to here, `balance` what its owner has. `because` explains, by rule, where those that should
    agree do not: nothing is left unexplained if `agrees`.
    """

    character: str
    old_id: str
    pool: str
    owner: str
    single: Points
    with_twinks: Points
    shown_single: Points
    shown_with_twinks: Points
    net: Points
    balance: Points
    because: Sequence[str] = ()
    agrees: bool = True


@frozen(kw_only=True)
class AttendanceProof:
    """A character's attendance in a pool over a window (`days`, None for its lifetime), (attended, of) each.

    `old` is with twinks where the old site's pages show it so, else the character's own; `new` is its owner's.
    """

    character: str
    old_id: str
    pool: str
    days: int | None
    old_single: tuple[int, int]
    old_with_twinks: tuple[int, int]
    new: tuple[int, int]
    because: Sequence[str] = ()
    agrees: bool = True


@frozen(kw_only=True)
class Reconciliation:
    """An entry of kind import: what the old site shows and the imported rows do not come to, and why."""

    user: str
    pool: str
    amount: Points
    reason: str


@frozen(kw_only=True)
class Report:
    """What an import did, or would do: for an officer to read, and for a program.

    `unreckoned` is what else decides what the old site shows, and was not reckoned with: whether the numbers are those
    that it shows is not known then. `faults` is what is not kept as it came, or does not add up.
    """

    program: str
    version: str
    source: str
    read_at: datetime
    notes: Sequence[str] = ()
    unreckoned: Sequence[str] = ()
    tables: Sequence[TableCount] = ()
    listed: Sequence[ListedRow] = ()
    remarks: Sequence[Remark] = ()
    balances: Sequence[BalanceProof] = ()
    attendance: Sequence[AttendanceProof] = ()
    reconciliations: Sequence[Reconciliation] = ()
    faults: Sequence[str] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every row of every table is accounted for."""
        return all(each.is_complete for each in self.tables)

    @property
    def is_proven(self) -> bool:
        """Whether all is kept as it came, and every number agrees, or differs by a rule that is named."""
        agree = all(each.agrees for each in self.balances) and all(each.agrees for each in self.attendance)
        return agree and not self.faults
