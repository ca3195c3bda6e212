"""What a dump says: who was there at one attendance check, and what became of each line of the file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from dkp_core.kernel.points import Points


class Presence(StrEnum):
    """How a character was there (D-3); a format that does not say means present."""

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    STANDBY = "standby"
    ABSENT_EXCUSED = "absent_excused"


class Flag(StrEnum):
    """What a client marks a character with; kept, since some guilds pay nothing to the hidden or idle."""

    ANONYMOUS = "anonymous"
    ROLEPLAY = "roleplay"
    AFK = "afk"
    LINKDEAD = "linkdead"
    LFG = "lfg"
    TRADER = "trader"
    BUYER = "buyer"
    OFFLINE = "offline"
    GM = "gm"


class LineOutcome(StrEnum):
    """What a line of the file turned out to be; every line has one (D-5)."""

    ATTENDEE = "attendee"
    LOOT = "loot"
    REPEATED = "repeated"
    HEADER = "header"
    FOOTER = "footer"
    METADATA = "metadata"
    UNREADABLE = "unreadable"
    NOISE = "noise"


class WarningKind(StrEnum):
    """What is odd about a check without making it worthless."""

    COUNT_MISMATCH = "count_mismatch"
    NO_FOOTER = "no_footer"
    NO_HEADER = "no_header"
    LIST_CUT_SHORT = "list_cut_short"
    NAMELESS_ROWS = "nameless_rows"
    TIMES_DIFFER = "times_differ"
    TIME_UNREADABLE = "time_unreadable"
    UNKNOWN_STATUS = "unknown_status"
    TENTATIVE = "tentative"
    MOVES_NOT_READ = "moves_not_read"


@frozen(kw_only=True)
class DumpWarning:
    """What a person should look at before applying the dump; `said` and `read` are two counts that differ."""

    kind: WarningKind
    sentence: str
    line: int | None = None
    said: int | None = None
    read: int | None = None


@frozen(kw_only=True)
class Attendee:
    """One character named by a dump, with what the dump says of it.

    `name` is as read, in NFC; `line` is the physical line, from 1. `group` 0 is in the raid without a group.
    """

    name: str
    line: int
    level: int | None = None
    character_class: str | None = None
    race: str | None = None
    guild: str | None = None
    zone: str | None = None
    group: int | None = None
    flags: frozenset[Flag] = frozenset()
    presence: Presence = Presence.PRESENT


@frozen(kw_only=True)
class LootLine:
    """What a line tells of an item: who looted or won it, and for how much where the file says so (D-11).

    `name` is as read, and empty where nobody is named; `at` is local time without a zone (D-13). `rot` is what was
    left lying or went to nobody. Who looted is not always who won. `time_unread` is what the file says of the
    time, where that is none that can be read.
    """

    item: str
    name: str
    line: int
    quantity: int = 1
    cost: Points | None = None
    at: datetime | None = None
    rot: bool = False
    note: str = ""
    time_unread: str = ""


@frozen(kw_only=True)
class Line:
    """What became of one line: `detail` says why it was not read, or keeps what has no field of its own.

    A line with several names (a list with commas), or a name and an item, has one of these for each, all with its
    number.
    """

    number: int
    outcome: LineOutcome
    name: str | None = None
    detail: str = ""


@frozen(kw_only=True)
class Check:
    """Who was there at one moment, as one dump tells it (D-12: one dump is not the truth).

    `taken_at` is local time without a zone, which no client writes (D-13); a moment in UTC where the file tells that;
    None where it doesn't say.
    """

    taken_at: datetime | None
    place: str | None
    call_name: str | None
    attendees: tuple[Attendee, ...]
    lines: tuple[Line, ...]
    warnings: tuple[DumpWarning, ...]
    loot: tuple[LootLine, ...] = ()
