"""Files as game clients write them, made up here, with every quirk the parsers must cope with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dkp_core.raids.formats import Check, Dump, DumpFormat, Line, LineOutcome, UnreadableDump, WarningKind, read_dump

NIGHT = datetime(2024, 7, 4, 21, 7, 27)  # noqa: DTZ001  # local time, as clients write it
LIVE_NAME = "RaidRoster_firiona-20240704-210727.txt"
CLASSIC_NAME = "RaidRoster-20240704-210727.txt"
TICK_NAME = "RaidTick-2024-07-04_21-07-27.txt"
CALL_NAME = "ZealRaidAttendance_2024-07-04_21-07-27.txt"
LOG_NAME = "eqlog_Vulak_firiona.txt"
COMBAT = (
    "You slash a goblin warrior for 23 points of damage.",
    "A goblin warrior tries to hit YOU, but misses!",
    "Sonya tells the guild, 'raid at [8] tonight, There are 3 players in my group'",
    "Sonya tells the guild, '--Vulak has looted a Cloak of Flames.--'",
    "**A Magic Die is rolled by Sonya.",
)


def live_row(name: str, *, group: int = 1, level: int = 120, role: str = "", yes: str = "Yes") -> str:
    """A raid dump's row on live servers: nine cells, since it ends in a tab."""
    return f"{group}\t{name}\t{level}\tDruid\t{role}\t\t\t{yes}\t"


def classic_row(name: str, *, group: int = 1, level: int = 50, role: str = "") -> str:
    """The same on classic servers: five cells and a tab."""
    return f"{group}\t{name}\t{level}\tShadow Knight\t{role}\t"


def raid_tick(names: Iterable[str], *, points: str = "1", stamp: str = "2024-07-04_21-07-27") -> str:
    """Zeal's raid list."""
    rows = (f"{name}\t50\tRanger\t{stamp}\t{points}" for name in names)
    return "\n".join(("Player\tLevel\tClass\tTimestamp\tPoints", *rows)) + "\n"


def attendance_call(names: Iterable[str], *, first: str = "First Call|Veeshans Peak") -> str:
    """Zeal's attendance call."""
    return "\n".join((first, *(f"1|{name}|Bard|60|\t" for name in names))) + "\n"


def stamp(at: datetime = NIGHT) -> str:
    """A log line's time, English and 26 characters whatever the locale."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"[{days[at.weekday()]} {months[at.month - 1]} {at.day:02} {at:%H:%M:%S} {at.year:04}]"


def log(texts: Iterable[str], at: datetime = NIGHT) -> str:
    """Log lines of one moment."""
    return "".join(f"{stamp(at)} {text}\r\n" for text in texts)


def who_row(name: str) -> str:
    """A player as `/who` shows one on classic servers."""
    return f"[60 Warlock] {name} (Dark Elf) <Guild of Tests>"


def who(rows: Sequence[str], *, place: str = "Sanctus Seru", said: int | None = None) -> list[str]:
    """A `/who` list's lines, with a count that is right unless told otherwise."""
    count = len(rows) if said is None else said
    footer = f"There is 1 player in {place}." if count == 1 else f"There are {count} players in {place}."
    return ["Players on EverQuest:", "---------------------------", *rows, footer]


def read_text(text: str, *, file_name: str = "") -> Dump:
    """A text read as the bytes a client would write."""
    return read_dump([text.encode()], file_name=file_name)


def read_or_refused(
    data: Iterable[bytes], *, file_name: str = "", known: DumpFormat | None = None
) -> Dump | UnreadableDump:
    """What becomes of a file; anything but these two is a fault of ours."""
    try:
        return read_dump(data, file_name=file_name, format=known)
    except UnreadableDump as refusal:
        return refusal


def one_check(text: str, *, file_name: str = "") -> Check:
    """The only check of a file."""
    (check,) = read_text(text, file_name=file_name).checks
    return check


def names(check: Check) -> list[str]:
    """Who was there, in the file's order."""
    return [attendee.name for attendee in check.attendees]


def kinds(check: Check) -> list[WarningKind]:
    """What was warned of."""
    return [warning.kind for warning in check.warnings]


def outcomes(check: Check) -> dict[int, LineOutcome]:
    """What each kept line turned out to be."""
    return {line.number: line.outcome for line in check.lines}


def line_of(check: Check, number: int) -> Line:
    """The kept line of that number."""
    return next(line for line in check.lines if line.number == number)
