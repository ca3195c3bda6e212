"""Zeal's attendance call: one line for the call, then a line per raider, cells between pipes."""

from __future__ import annotations

from typing import Final

from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check, WarningKind
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted, number_in
from dkp_core.raids.formats.text import DumpText

GROUP, NAME, CLASS, LEVEL, RANK = range(5)
CELLS_MIN: Final = LEVEL + 1
CALL_CELLS: Final = (2, 3)
RECOGNISED_SHARE_MIN: Final = 0.5


def recognises(sample: Sample) -> bool:
    """Rows of group, name, class and level between pipes, below the call; or the client's file name."""
    if (
        sample.file_name.startswith("zealraidattendance")
        and sample.share(lambda line: "|" in line) >= RECOGNISED_SHARE_MIN
    ):
        return True
    rows = Sample(sample.file_name, sample.lines[1:])
    return rows.share(is_member) >= RECOGNISED_SHARE_MIN


def is_member(line: str) -> bool:
    """Whether a line looks like one raider's row."""
    cells = cells_of(line)
    return len(cells) >= CELLS_MIN and number_in(cells[GROUP]) is not None and number_in(cells[LEVEL]) is not None


def cells_of(line: str) -> list[str]:
    """What stands between the pipes."""
    return [cell.strip() for cell in line.split("|")]


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check with its call and zone, taken when the file's name says."""
    sheet = Sheet(account)
    call_name = place = None
    started = False
    for number, line in text.lines():
        cells = cells_of(line)
        if not any(cells):
            sheet.noise()
        elif not started and not is_member(line) and len(cells) in CALL_CELLS:
            call_name, place, *call_type = cells
            sheet.header(number, noted(*(f"call type {cell}" for cell in call_type if cell)))
            started = True
        else:
            if not started:
                sheet.warn(WarningKind.NO_HEADER, "The file does not start with the call and its zone.", line=number)
                started = True
            _take_row(sheet, number, cells)
    return (sheet.closed(taken_at=time_in(file_name), place=place, call_name=call_name),)


def _take_row(sheet: Sheet, number: int, cells: list[str]) -> None:
    group = number_in(cells[GROUP])
    if len(cells) < CELLS_MIN:
        sheet.unreadable(number, f"it has {len(cells)} cells; a raider has group|name|class|level|rank")
    elif group is None:
        sheet.unreadable(number, f"it starts with {cells[GROUP]!r}, not with a group number")
    else:
        level = number_in(cells[LEVEL])
        sheet.attend(
            number,
            cells[NAME],
            level=level,
            character_class=cells[CLASS],
            group=group,
            detail=noted(
                f"level {cells[LEVEL]!r} is no number" if level is None else "",
                *(f"rank {cell}" for cell in cells[RANK : RANK + 1] if cell),
                *(f"column {column}: {cell}" for column, cell in enumerate(cells[RANK + 1 :], RANK + 2) if cell),
            ),
        )


READER: Final = FormatReader(
    title="Zeal attendance call (ZealRaidAttendance_*.txt)",
    recognises=recognises,
    read=read,
)
