"""EverQuest's raid window in a file: `/outputfile raid`, live (9 cells) and classic (5 or 6)."""

from __future__ import annotations

from typing import Final

from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check, WarningKind
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted, number_in
from dkp_core.raids.formats.text import DumpText

GROUP, NAME, LEVEL, CLASS, ROLE = range(5)
CELLS_MIN: Final = CLASS + 1
"""Group, name, level and class. A row with fewer was cut, perhaps within the name: nobody is paid by it."""

RECOGNISED_SHARE_MIN: Final = 0.5


def recognises(sample: Sample) -> bool:
    """Rows of group number, name and level between tabs; or the client's file name and group numbers."""
    if sample.file_name.startswith("raidroster") and sample.share(has_group) >= RECOGNISED_SHARE_MIN:
        return True
    return sample.share(is_member) >= RECOGNISED_SHARE_MIN


def has_group(line: str) -> bool:
    """Whether a line starts with a group number."""
    return number_in(line.partition("\t")[0]) is not None


def is_member(line: str) -> bool:
    """Whether a line looks like one raider's row."""
    cells = line.split("\t", CELLS_MIN)
    return len(cells) >= CELLS_MIN and has_group(line) and bool(cells[NAME]) and number_in(cells[LEVEL]) is not None


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check, taken when the file's name says.

    The cells after the role have no verified meaning; what they hold is kept in the line's detail.
    """
    sheet = Sheet(account)
    nameless = 0
    for number, line in text.lines():
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells):
            sheet.noise()
        elif not any(cells[NAME:]) and has_group(cells[GROUP]):
            nameless += 1
            sheet.unreadable(number, f"a member of group {cells[GROUP]} without a name")
        elif not has_group(cells[GROUP]):
            sheet.unreadable(number, f"it starts with {cells[GROUP]!r}, not with a group number")
        elif len(cells) < CELLS_MIN:
            sheet.unreadable(number, f"it has {len(cells)} cells; a raid dump's rows have 5, 6 or 9")
        else:
            level = number_in(cells[LEVEL])
            sheet.attend(
                number,
                cells[NAME],
                level=level,
                character_class=cells[CLASS],
                group=number_in(cells[GROUP]),
                detail=noted(
                    f"level {cells[LEVEL]!r} is no number" if level is None else "",
                    *(f"role {cell}" for cell in cells[ROLE : ROLE + 1] if cell),
                    *(f"column {column}: {cell}" for column, cell in enumerate(cells[ROLE + 1 :], ROLE + 2) if cell),
                ),
            )
    if nameless:
        sheet.warn(
            WarningKind.NAMELESS_ROWS,
            f"{nameless} rows hold a group and no name; whoever was zoning then is missing from the dump.",
            read=nameless,
        )
    return (sheet.closed(taken_at=time_in(file_name)),)


READER: Final = FormatReader(
    title="EverQuest raid dump (RaidRoster_*.txt)",
    recognises=recognises,
    read=read,
)
