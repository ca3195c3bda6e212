"""What rows of EQdkp Plus say, made to fit here; what had to change is told (O-2, G-9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar
from unicodedata import normalize

from attrs import define, field

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.external import NEVER
from dkp_adapters.eqdkp.mapping.part import CHUNK
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import DECOMPOSED, NAME_LENGTH_MAX, TEXT_LENGTH_MAX, clean_name, clean_text, piles_up
from dkp_core.moving import Why

ACTOR_LENGTH_MAX: Final = 128
NOBODY: Final = "eqdkp"
"""Who did what nobody is named for."""
_MORE: Final = "…"
_SHOWN: Final = 100
_JOINERS: Final = "\u200c\u200d"

T = TypeVar("T")
R = TypeVar(
    "R", rows.User, rows.Group, rows.Right, rows.Character, rows.Rank,
    rows.Pool, rows.ItemPool, rows.Event, rows.Raid, rows.Item, rows.Adjustment,
)  # fmt: skip


def chunks(things: Iterable[T]) -> Iterator[list[T]]:
    """These, so many at a time as a part gives them."""
    given = iter(things)
    while chunk := list(islice(given, CHUNK)):
        yield chunk


def first_of_each(given: Iterable[R], again: Callable[[R], None] = lambda _: None) -> Iterator[R]:
    """The rows as they come, but for those whose id came before: they are told `again`."""
    seen = set[int]()
    for row in given:
        if row.id in seen:
            again(row)
        else:
            seen.add(row.id)
            yield row


def as_duplicate(accounting: Accounting) -> Callable[[R], None]:
    """Leaves a row out whose id came before."""
    return lambda row: accounting.leave_out(
        row.table, row.ordinal, Why.DUPLICATE, f"an earlier row has the id {row.id} too"
    )


@define
class Together:
    """Rows that were written down together: the key that says so has no place here, so that the archive keeps them."""

    _accounting: Accounting
    _first: dict[str, int] = field(factory=dict, init=False)

    def take(self, row: rows.Item | rows.Adjustment) -> None:
        """One more row of the table."""
        first = self._first.setdefault(row.group_key, row.ordinal) if row.group_key else row.ordinal
        if first != row.ordinal:
            self._accounting.archive_too(row.table, first)
            self._accounting.archive_too(row.table, row.ordinal)


@define
class Fitting:
    """Makes what one row says fit here, and keeps what is to be told of it."""

    remarks: list[str] = field(factory=list, init=False)
    is_cut: bool = field(default=False, init=False)
    has_more: bool = field(default=False, init=False)
    """Whether the archive is to have the row whole, though there is nothing to be told of it."""

    def remark(self, text: str) -> None:
        """Something is otherwise here."""
        self.remarks.append(text)

    def cut(self, text: str) -> None:
        """Something is less here: the archive is to have the row whole."""
        self.is_cut = True
        self.remarks.append(text)

    def name(self, raw: str, otherwise: str, *, length_max: int = NAME_LENGTH_MAX) -> str:
        """The name as it is kept: without what nobody sees, no longer than it may be, else `otherwise`."""
        try:
            return clean_name(raw, length_max=length_max)
        except InvalidValue as refused:
            fault = refused.fault
        seen = " ".join(_seen(raw).split())
        self.is_cut |= len(seen) > length_max
        if len(seen) > length_max:
            seen = seen[: length_max - 1].rstrip() + _MORE
        try:
            kept = clean_name(seen, length_max=length_max)
        except InvalidValue:
            kept = otherwise
        self.remarks.append(f"the name {_shortly(raw)} is no name here ({fault}): it is {kept!r}")
        return kept

    def text(self, raw: str, what: str, *, length_max: int = TEXT_LENGTH_MAX) -> str:
        """The text as it is kept: as much of it as there may be."""
        if len(raw) <= length_max and raw.isascii() and raw.isprintable():  # as most texts are
            return raw.strip()
        try:
            return clean_text(raw, what, length_max=length_max)
        except InvalidValue as refused:
            fault = refused.fault
        self.cut(f"of the {what} only what fits is here ({fault}): the archive has the whole")
        return _fitting(raw, length_max)

    def date(self, at: datetime | None) -> datetime:
        """The moment, or the beginning of 1970 where there is none."""
        if at is None:
            self.remarks.append(f"it has no date: it is dated {NEVER:%Y-%m-%d}")
            return NEVER
        return at

    def actor(self, by: str) -> str:
        """Who did it, by the name they had."""
        cleaned = " ".join(_seen(by).split())
        if len(cleaned) > ACTOR_LENGTH_MAX:
            cleaned = cleaned[: ACTOR_LENGTH_MAX - 1] + _MORE
            self.cut(f"who did it is kept as {cleaned!r}")
        return cleaned or NOBODY

    def changed_by(self, row: rows.Raid | rows.Item | rows.Adjustment) -> None:
        """Who changed it last has no place here, if it was another than who wrote it down."""
        self.has_more |= row.updated_by not in ("", row.added_by)

    def tell(self, accounting: Accounting, row: rows.Row, old_id: object) -> None:
        """The row is imported; with what is to be told of it, and what was not quite right in it."""
        accounting.imported(row.table)
        if self.has_more:
            accounting.archive_too(row.table, row.ordinal)
        for flaw in row.flaws:
            accounting.remark(row.table, old_id, f"{flaw.column}: {flaw.reason}")
        for index, text in enumerate(self.remarks):
            if self.is_cut and not index:
                accounting.cut(row.table, row.ordinal, old_id, text)
            else:
                accounting.remark(row.table, old_id, text)


def _seen(raw: str) -> str:
    """The text with spaces for line breaks and the like, and without what nobody sees."""
    if raw.isprintable():
        return raw
    return "".join(each if each.isprintable() or each in _JOINERS else " " if each.isspace() else "" for each in raw)


def _fitting(raw: str, length_max: int) -> str:
    """As much of the text as there may be; nothing where more accents stand on a letter than anybody reads."""
    begins = raw[: DECOMPOSED * length_max]
    kept = "".join(each for each in begins if each != "\0" and not "\ud800" <= each <= "\udfff")
    if piles_up(kept):
        return ""
    kept = normalize("NFC", kept).strip()
    return kept if len(kept) <= length_max else kept[: length_max - 1].rstrip() + _MORE


def _shortly(raw: str) -> str:
    return repr(raw if len(raw) <= _SHOWN else raw[: _SHOWN - 1] + _MORE)
