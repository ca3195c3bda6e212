"""Names that somebody typed or pasted: one per line, or several with commas."""

from __future__ import annotations

from typing import Final

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import name_as_read
from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet
from dkp_core.raids.formats.text import DumpText

BULLETS: Final = ("- ", "* ", "• ", "– ")
NUMBER_DIGITS_MAX: Final = 4
COMMENT: Final = "#"
NOT_IN_NAMES: Final = frozenset(':<>[]{}|=\t"\\')
"""What a table, a log or a program has in every line and no character name has."""

WORDS_MAX: Final = 4
"""Words of a name, in a file that nobody declared a list of names: more is a sentence."""

RECOGNISED_SHARE_MIN: Final = 0.9


def recognises(sample: Sample) -> bool:
    """Nearly every line is names and nothing else."""
    return sample.share(is_names) >= RECOGNISED_SHARE_MIN


def is_names(line: str) -> bool:
    """Whether a line could be one name, or several with commas; a remark counts too."""
    return line.lstrip().startswith(COMMENT) or all(
        fault_of(entry) is None and len(entry.split()) <= WORDS_MAX for entry in entries_of(line)
    )


def entries_of(line: str) -> list[str]:
    """The names in a line, without bullets or numbering; empty ones (a trailing comma) left out."""
    stripped = map(unbulleted, line.replace(";", ",").split(","))
    return [entry for entry in stripped if entry]


def unbulleted(entry: str) -> str:
    """An entry without what chat programs and people put before it: "- Name", "12. Name", "3) Name"."""
    entry = entry.strip()
    for bullet in BULLETS:
        if entry.startswith(bullet):
            return entry.removeprefix(bullet).strip()
    digits = len(entry) - len(entry.lstrip("0123456789"))
    if 0 < digits <= NUMBER_DIGITS_MAX and entry[digits : digits + 2] in (". ", ") "):
        return entry[digits + 2 :].strip()
    return entry


def fault_of(entry: str) -> str | None:
    """Why an entry is no name; None when it is one."""
    odd = NOT_IN_NAMES.intersection(entry)
    if odd:
        return f"no name has {min(odd)!r} in it"
    try:
        name_as_read(entry)
    except InvalidValue as fault:
        return fault.fault
    return None


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check; its time is the file name's, if that has one."""
    sheet = Sheet(account)
    for number, line in text.lines():
        entries = entries_of(line)
        if not entries:
            sheet.noise()
        elif line.lstrip().startswith(COMMENT):
            sheet.metadata(number, line.strip())
        else:
            for entry in entries:
                odd = NOT_IN_NAMES.intersection(entry)
                if odd:
                    sheet.unreadable(number, f"no name has {min(odd)!r} in it: {entry}")
                else:
                    sheet.attend(number, entry)
    return (sheet.closed(taken_at=time_in(file_name)),)


READER: Final = FormatReader(
    title="list of names (one per line, or with commas)",
    recognises=recognises,
    read=read,
)
