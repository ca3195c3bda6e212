"""That's My BIS' export of loot: what was received counts, what is wished for is kept beside it."""

from __future__ import annotations

from typing import Final

from dkp_core.raids.formats.check import Check
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.loot_table import Cells, WonRow, WonTable, has_columns, item_in, moment_in, the_rest
from dkp_core.raids.formats.sheet import FileAccount, noted
from dkp_core.raids.formats.text import DumpText

RECEIVED: Final = "received"
_READ: Final = ("character name", "character class", "item name", "received at")


def recognises(sample: Sample) -> bool:
    """The columns that every age of the export has."""
    return has_columns(sample, "type", "character name", "item name", "item id", "received at")


def read(text: DumpText, account: FileAccount, _file_name: str) -> tuple[Check, ...]:
    """A check for every night on which something was received."""
    return WonTable(account, text.lines(), _won).checks()


def _won(cells: Cells) -> WonRow:
    day, hour = moment_in(cells.get("received at", ""))
    return WonRow(
        name=cells.get("character name", ""),
        item=item_in(cells.get("item name", "")) or cells.get("item id", ""),
        said=cells.get("received at", ""),
        day=day,
        hour=hour,
        win=comparable_type(cells) == RECEIVED,
        note=noted(*the_rest(cells, *_READ)),
        character_class=cells.get("character class") or None,
    )


def comparable_type(cells: Cells) -> str:
    """What a row is about: received, wishlist, prio."""
    return cells.get("type", "").casefold()


READER: Final = FormatReader(
    title="That's My BIS' loot (CSV)",
    recognises=recognises,
    read=read,
)
