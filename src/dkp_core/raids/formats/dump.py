"""Reading a dump: which format it is, and everything it says (D-6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.text_file import base_name, decoded
from dkp_core.raids.formats import ct_raid_tracker, eqdkp_plus_xml
from dkp_core.raids.formats.check import Check, DumpWarning, Line, LineOutcome, LootLine, WarningKind
from dkp_core.raids.formats.errors import DumpIsGuildDump, DumpNotRecognised, EmptyDump, NoAttendees, NoLoot
from dkp_core.raids.formats.format import Sample
from dkp_core.raids.formats.impostors import refuse_binary, refuse_html
from dkp_core.raids.formats.join_leave_log import JoinLeaveLog
from dkp_core.raids.formats.limits import DEFAULT_LIMITS, ReadingLimits
from dkp_core.raids.formats.markup import begins_with
from dkp_core.raids.formats.registry import DumpFormat, recognised
from dkp_core.raids.formats.sheet import FileAccount, Sheet, counted
from dkp_core.raids.formats.text import PIECE_BYTES_MIN, DumpText
from dkp_core.roster import is_guild_dump

SAMPLE_LINES_MAX: Final = 200
SHOWN_LENGTH_MAX: Final = 80
FAULT_LENGTH_MAX: Final = 300
ROOTS: Final = (ct_raid_tracker.ROOT, eqdkp_plus_xml.ROOT)


@frozen(kw_only=True)
class Dump:
    """A file that was read: its checks, and how many of its lines came out how.

    `counts` has every outcome and adds up to `lines_total`: nothing read is dropped silently (D-5). `marked` are the
    lines that hold what was asked for besides.
    """

    format: DumpFormat
    checks: tuple[Check, ...]
    lines_total: int
    counts: Mapping[LineOutcome, int]
    marked: tuple[str, ...] = ()


@frozen(kw_only=True)
class LootReading:
    """The loot that a file tells of, and how its lines came out, the unreadable ones one by one (D-5, D-11)."""

    format: DumpFormat
    loot: tuple[LootLine, ...]
    lines_total: int
    counts: Mapping[LineOutcome, int]
    unreadable: tuple[Line, ...]


def read_dump(
    data: Iterable[bytes],
    *,
    file_name: str = "",
    format: DumpFormat | None = None,  # noqa: A002  # the word the interfaces use for it
    limits: ReadingLimits = DEFAULT_LIMITS,
    mark: str = "",
) -> Dump:
    """Read who was there out of a file, given in chunks of any size; a log of gigabytes streams through.

    The format is recognised by `file_name` and the first lines unless it is named. A log without a `/who` list is read
    for who joined and left the raid. Lines that hold the `mark`, in any case, are kept as they are.

    Raises: UnreadableDump, one of EmptyDump, DumpIsHtml, DumpIsBinary, DumpIsBroken, DumpIsGuildDump,
    DumpNotRecognised, NameColumnMissing, DumpTooLarge and NoAttendees.
    """
    text = DumpText(data, limits, mark)
    account = FileAccount(limits)
    moves = JoinLeaveLog(account, file_name)
    if format is None:
        text.overhear(moves.take)
    chosen, checks, counts = _read(text, limits, file_name, format)
    if format is None and chosen is DumpFormat.WHO_LOG:
        if _names_anybody(checks):
            checks = _warned_of(moves, checks)
        else:
            moved = moves.closed([_Carried(each) for check in checks for each in _besides_names(check)])
            if _names_anybody(moved):
                chosen, checks, counts = DumpFormat.JOIN_LEAVE_LOG, moved, counted(moved, account.noise)
    if not _names_anybody(checks):
        raise _nobody(chosen, checks, counts, text.lines_total)
    return Dump(
        format=chosen,
        checks=checks,
        lines_total=text.lines_total,
        counts=MappingProxyType(counts),
        marked=tuple(text.marked),
    )


def read_loot(
    data: Iterable[bytes],
    *,
    file_name: str = "",
    format: DumpFormat | None = None,  # noqa: A002  # the word the interfaces use for it
    limits: ReadingLimits = DEFAULT_LIMITS,
) -> LootReading:
    """Read what was looted or won out of a log or an export of loot, in the order of its lines.

    Nobody needs to be listed in it as there. Raises: UnreadableDump, as `read_dump` does, and NoLoot.
    """
    text = DumpText(data, limits)
    chosen, checks, counts = _read(text, limits, file_name, format)
    loot = sorted((line for check in checks for line in check.loot), key=lambda line: line.line)
    if not loot:
        raise NoLoot(chosen.value, text.lines_total)
    faults = (line for check in checks for line in _unreadable(check))
    return LootReading(
        format=chosen,
        loot=tuple(loot),
        lines_total=text.lines_total,
        counts=MappingProxyType(counts),
        unreadable=tuple(sorted(faults, key=lambda line: line.number)),
    )


def _read(
    text: DumpText,
    limits: ReadingLimits,
    file_name: str,
    format: DumpFormat | None,  # noqa: A002  # the word the interfaces use for it
) -> tuple[DumpFormat, tuple[Check, ...], dict[LineOutcome, int]]:
    """The format, the checks, and how the lines came out. Raises: UnreadableDump."""
    refuse_binary(text.head, text.opening)
    sample = _sample(text, file_name)
    if not any(begins_with(sample, root) for root in ROOTS):  # notes in such a file may hold what web pages have
        refuse_html(decoded(text.opening[:PIECE_BYTES_MIN]))
    if not sample.lines:
        raise _blank(text)
    chosen = format or recognised(sample)
    if chosen in (None, DumpFormat.RAID_DUMP) and is_guild_dump(sample.lines):
        raise DumpIsGuildDump(sample.lines[0].strip()[:SHOWN_LENGTH_MAX])
    if chosen is None:
        raise DumpNotRecognised(_accepted(), sample.lines[0].strip()[:SHOWN_LENGTH_MAX])
    account = FileAccount(limits)
    checks = chosen.reader.read(text, account, file_name)
    counts = counted(checks, account.noise)
    assert sum(counts.values()) == text.lines_total, "a line of the dump is unaccounted for"
    return chosen, checks, counts


def _sample(text: DumpText, file_name: str) -> Sample:
    lines = text.opening_lines()
    is_cut = len(lines) > 1 and len(text.opening) >= PIECE_BYTES_MIN and not text.is_document
    written = tuple(islice((line for line in (lines[:-1] if is_cut else lines) if line.strip()), SAMPLE_LINES_MAX))
    start = text.opening[:PIECE_BYTES_MIN].decode("utf-8", "replace").lstrip() if text.is_document else ""
    return Sample(base_name(file_name), written, start)


@frozen
class _Carried:
    """Loot of a log that was read for its `/who` lists, or a line in which it couldn't be read."""

    told: LootLine | Line

    @property
    def number(self) -> int:
        return self.told.line if isinstance(self.told, LootLine) else self.told.number

    @property
    def at(self) -> datetime | None:
        return self.told.at if isinstance(self.told, LootLine) else None

    def note_on(self, sheet: Sheet) -> bool:
        if isinstance(self.told, Line):
            sheet.unreadable(self.told.number, self.told.detail)
            return False
        return sheet.loot(
            self.told.line,
            self.told.item,
            raw_name=self.told.name,
            quantity=self.told.quantity,
            at=self.told.at,
            rot=self.told.rot,
            note=self.told.note,
        )


def _besides_names(check: Check) -> Iterator[LootLine | Line]:
    yield from check.loot
    yield from _unreadable(check)


def _unreadable(check: Check) -> Iterable[Line]:
    return (line for line in check.lines if line.outcome is LineOutcome.UNREADABLE)


def _warned_of(moves: JoinLeaveLog, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks of a log's lists, the first with a warning where the log tells besides who joined and left."""
    lines = moves.moves
    if not lines:
        return checks
    warning = DumpWarning(
        kind=WarningKind.MOVES_NOT_READ,
        sentence=f"Lines that tell who joined or left the raid: {len(lines):,}, the first in line {lines[0]}; they "
        "were not read, since the log has a /who list. Where that is not of the raid, read the file as join_leave_log.",
        line=lines[0],
        read=0,
        said=len(lines),
    )
    return (evolve(checks[0], warnings=(*checks[0].warnings, warning)), *checks[1:])


def _names_anybody(checks: Iterable[Check]) -> bool:
    return any(check.attendees for check in checks)


def _blank(text: DumpText) -> EmptyDump | DumpNotRecognised:
    """What to say of a file that starts with blank lines only, after looking whether it goes on so."""
    if all(not block.data.strip() for block in text.blocks()):
        return EmptyDump(text.lines_total)
    return DumpNotRecognised(_accepted(), "")


def _accepted() -> tuple[str, ...]:
    return tuple(known.reader.title for known in DumpFormat)


def _nobody(
    chosen: DumpFormat, checks: tuple[Check, ...], counts: Mapping[LineOutcome, int], lines_total: int
) -> NoAttendees:
    faults = (line for check in checks for line in _unreadable(check))
    first = next(faults, None)
    return NoAttendees(
        chosen.value,
        lines_total,
        counts[LineOutcome.UNREADABLE],
        f"line {first.number}: {first.detail}"[:FAULT_LENGTH_MAX] if first is not None else "",
    )
