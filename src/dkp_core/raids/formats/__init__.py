"""Reading who was there out of the files that game clients, add-ons and people write.

`read_dump` is the door: bytes in, a `Dump` out, or an `UnreadableDump` that says why not.
A format is one module that ends in a `READER`, and one line in `registry`.
"""

from dkp_core.raids.formats.check import (
    Attendee,
    Check,
    DumpWarning,
    Flag,
    Line,
    LineOutcome,
    LootLine,
    Presence,
    WarningKind,
)
from dkp_core.raids.formats.dump import Dump, LootReading, read_dump, read_loot
from dkp_core.raids.formats.errors import (
    DumpIsBinary,
    DumpIsBroken,
    DumpIsGuildDump,
    DumpIsHtml,
    DumpNotRecognised,
    DumpTooLarge,
    EmptyDump,
    NameColumnMissing,
    NoAttendees,
    NoLoot,
    UnreadableDump,
)
from dkp_core.raids.formats.limits import DEFAULT_LIMITS, ReadingLimits
from dkp_core.raids.formats.registry import DumpFormat

__all__ = [
    "DEFAULT_LIMITS",
    "Attendee",
    "Check",
    "Dump",
    "DumpFormat",
    "DumpIsBinary",
    "DumpIsBroken",
    "DumpIsGuildDump",
    "DumpIsHtml",
    "DumpNotRecognised",
    "DumpTooLarge",
    "DumpWarning",
    "EmptyDump",
    "Flag",
    "Line",
    "LineOutcome",
    "LootLine",
    "LootReading",
    "NameColumnMissing",
    "NoAttendees",
    "NoLoot",
    "Presence",
    "ReadingLimits",
    "UnreadableDump",
    "WarningKind",
    "read_dump",
    "read_loot",
]
