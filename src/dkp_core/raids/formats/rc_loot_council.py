"""RCLootCouncil's export: who was awarded what, the whole history of a guild in one table."""

from __future__ import annotations

from typing import Final

from dkp_core.raids.formats.check import Check
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.loot_table import Cells, WonRow, WonTable, day_in, has_columns, hour_in, item_in, the_rest
from dkp_core.raids.formats.sheet import FileAccount, noted
from dkp_core.raids.formats.text import DumpText

NOTHING: Final = frozenset({"nil", "unknown"})
"""What the add-on writes where it has nothing to say."""

GONE: Final = frozenset({"disenchant", "banking", "bank", "entzaubern", "bankfach", "désenchanter", "banque"})
"""Reasons by which nobody gets the item, though whoever carries it is named."""

_READ: Final = ("player", "date", "time", "item", "class", "itemstring", "gear1", "gear2")


def recognises(sample: Sample) -> bool:
    """The columns that no other table has."""
    return has_columns(sample, "player", "item", "response", "isawardreason")


def read(text: DumpText, account: FileAccount, _file_name: str) -> tuple[Check, ...]:
    """A check for every night: the history holds them all, ordered by player."""
    return WonTable(account, text.lines(), _won).checks()


def _won(cells: Cells) -> WonRow:
    item = item_in(cells.get("item", ""))
    kept = {title: cell for title, cell in cells.items() if cell.casefold() not in NOTHING}
    is_reason = cells.get("isawardreason", "").casefold() in {"true", "1"}
    return WonRow(
        name=cells.get("player", ""),
        item=item or cells.get("itemid", ""),
        said=cells.get("date", ""),
        day=day_in(cells.get("date", "")),
        hour=hour_in(cells.get("time", "")),
        rot=is_reason and cells.get("response", "").casefold() in GONE,
        note=noted(*the_rest(kept, *_READ)),
        character_class=cells.get("class") or None,
    )


READER: Final = FormatReader(
    title="RCLootCouncil's loot history (CSV or TSV)",
    recognises=recognises,
    read=read,
)
