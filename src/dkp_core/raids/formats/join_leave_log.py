"""Who joined and left the raid, by the lines of an EverQuest client's log; for logs in which nobody asked `/who`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from attrs import define, field, frozen

from dkp_core.kernel.names import name_key
from dkp_core.kernel.text_file import decoded
from dkp_core.raids.chat_line import owner_of
from dkp_core.raids.formats.check import Check, Presence, WarningKind
from dkp_core.raids.formats.errors import DumpTooLarge
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.loot_lines import LoggedLoot, NearestTime, looted_in
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.stay import GRACE, Move, presence_of, told
from dkp_core.raids.formats.text import Block, DumpText
from dkp_core.raids.formats.who_log import STAMP, TEXT, log_time

NEEDLE: Final = b" raid"
"""What every line of interest holds; all others are passed over at the speed of memory."""

APART: Final = timedelta(hours=6)
"""What comes so long after the last line about a raid is about another."""

YOU: Final = ("You", "Your")
_NAME: Final = r"(?:[a-z0-9]{1,20}\.)?[^\W\d_]{1,40}"
MOVED: Final = re.compile(
    rf"(?P<name>{_NAME})(?P<group>'s group)? "
    r"(?P<way>(?:has |have )?joined|(?:has |have )?left|(?:was|were|has been|have been) removed from) the raid"
    rf"(?:\.|, (?P<leader>{_NAME}) (?:is|are) now the raid leader\.)"
)
LEADS: Final = re.compile(rf"(?P<name>{_NAME}) (?:is|are) now the raid leader\.")
OVER: Final = re.compile(r"(?:Your|The) raid has been disbanded\.")
INVITED: Final = re.compile(rf"Cross-zone raid invite sent to (?P<name>{_NAME})\.")
LINE_LENGTH_MAX: Final = 300
LOOTED: Final = re.compile(rb"\n\[.{24}\] (?:--|[A-Z\x80-\xff][^ \n]{0,79}+ (?:looted|grabbed) )")
"""What may be a looting line, searched for in bytes."""


def recognises(_sample: Sample) -> bool:
    """Never by its first lines: a list may come after them, so `read_dump` reads a log for its `/who` lists first.

    Where it has none, it is read so.
    """
    return False


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """A check for every raid in the log, taken when its first line about it was written.

    Everybody counts who joined, left or came to lead. Whose last line is a departure left early, unless that was
    within a quarter of an hour of the end, which a log tells when its owner goes or the raid is disbanded. Who first
    joined more than a quarter of an hour after the first line about the raid was late.
    """
    log = JoinLeaveLog(account, file_name)
    loot = _LootLog(account, log.owner)
    for block in text.blocks():
        log.take(block)
        loot.take(block)
    return log.closed(loot.found)


@frozen(kw_only=True)
class Moved:
    """What a line tells of the raid; `name` is "You" for the log's owner and empty for the raid itself."""

    name: str = ""
    came: bool = False
    went: bool = False
    leader: str = ""
    invited: bool = False
    with_group: bool = False


def what_moved(text: str) -> Moved | None:
    """What a log line without its time tells of who is in the raid; None for every other line."""
    text = text.rstrip()
    if len(text) > LINE_LENGTH_MAX:
        return None
    moved = MOVED.fullmatch(text)
    if moved is not None:
        came = moved["way"].endswith("joined")
        return Moved(
            name=moved["name"],
            came=came,
            went=not came,
            leader=moved["leader"] or "",
            with_group=moved["group"] is not None,
        )
    leads = LEADS.fullmatch(text)
    if leads is not None:
        return Moved(leader=leads["name"])
    if OVER.fullmatch(text) is not None:
        return Moved(went=True)
    invited = INVITED.fullmatch(text)
    return Moved(name=invited["name"], invited=True) if invited is not None else None


@frozen
class _Line:
    number: int
    at: datetime | None
    moved: Moved


@define
class _Raid:
    """The lines about one raid; `over_at` is when its owner went or it was disbanded, with nobody joining after."""

    lines: list[_Line] = field(factory=list)
    last_at: datetime | None = None
    over_at: datetime | None = None

    @property
    def starts_at(self) -> datetime | None:
        """When the first line about it was written."""
        return next((line.at for line in self.lines if line.at is not None), None)

    def take(self, line: _Line) -> None:
        self.lines.append(line)
        self.last_at = line.at or self.last_at
        if line.moved.came:
            self.over_at = None
        elif line.moved.went and line.moved.name in ("", *YOU):
            self.over_at = line.at


class Noted(Protocol):
    """A line of the log that is noted with a check."""

    @property
    def number(self) -> int:
        """The physical line, from 1."""

    @property
    def at(self) -> datetime | None:
        """When it was written."""

    def note_on(self, sheet: Sheet) -> bool:
        """Note it; False where the line then says why it can't be."""


class _LootLog:
    """The looting lines of one log, gathered block by block."""

    def __init__(self, account: FileAccount, owner: str) -> None:
        self._limit = account.limits.lines_kept_max
        self._owner = owner
        self._lines = 0
        self.found: list[LoggedLoot] = []

    def take(self, block: Block) -> None:
        """Gather what a block tells. Raises: DumpTooLarge."""
        position, number = 0, self._lines
        for candidate in LOOTED.finditer(block.data, 0, block.end):
            start = candidate.start() + 1
            number += block.data.count(b"\n", position, start)
            position = start
            line = decoded(block.data[start : block.data.find(b"\n", start)].removesuffix(b"\r"))
            loot = looted_in(number, line, log_time(line), self._owner)
            if loot is not None:
                self.found.append(loot)
        self._lines += block.lines
        if len(self.found) > self._limit:
            raise DumpTooLarge("lines to report", len(self.found), self._limit)


class JoinLeaveLog:
    """The lines about raids of one log, gathered block by block."""

    def __init__(self, account: FileAccount, file_name: str) -> None:
        self._account = account
        owner = owner_of(file_name)
        self.owner = owner[0] if owner is not None else ""
        self._raids: list[_Raid] = []
        self._kept = 0
        self._lines = 0

    def take(self, block: Block) -> None:
        """Gather what a block tells; more lines than are reported are left for `closed` to refuse."""
        kept, number, position = 0, self._lines, 0
        found = block.data.find(NEEDLE, 0, block.end)
        while found >= 0 and self._kept <= self._account.limits.lines_kept_max:
            start, end = block.data.rfind(b"\n", 0, found) + 1, block.data.find(b"\n", found)
            if end - start <= 4 * LINE_LENGTH_MAX:
                line = decoded(block.data[start:end].removesuffix(b"\r"))
                moved = what_moved(line[TEXT]) if STAMP.match(line) is not None else None
                if moved is not None:
                    number += block.data.count(b"\n", position, start)
                    position = start
                    self._gather(_Line(number, log_time(line), moved))
                    kept += 1
            found = block.data.find(NEEDLE, end, block.end)
        self._lines += block.lines
        self._kept += kept
        self._account.noise += block.lines - kept

    @property
    def moves(self) -> tuple[int, ...]:
        """The lines that tell who joined or left."""
        return tuple(
            line.number
            for raid in self._raids
            for line in raid.lines
            if line.moved.name and (line.moved.came or line.moved.went)
        )

    def closed(self, loot: Sequence[Noted] = ()) -> tuple[Check, ...]:
        """The checks as they were read, each with the loot that is nearest to it in time. Raises: DumpTooLarge."""
        if self._kept > self._account.limits.lines_kept_max:
            raise DumpTooLarge("lines to report", self._kept, self._account.limits.lines_kept_max)
        if loot and not self._raids:
            self._raids.append(_Raid())
        nearest = NearestTime(raid.starts_at for raid in self._raids)
        looted: dict[int, list[Noted]] = {}
        for each in loot:
            looted.setdefault(nearest.to(each.at), []).append(each)
        self._account.noise -= len({each.number for each in loot})
        return tuple(self._check(raid, looted.get(place, ())) for place, raid in enumerate(self._raids))

    def _gather(self, line: _Line) -> None:
        last_at = self._raids[-1].last_at if self._raids else None
        apart = last_at is not None and line.at is not None and abs(line.at - last_at) > APART
        if not self._raids or apart:
            self._raids.append(_Raid())
        self._raids[-1].take(line)

    def _check(self, raid: _Raid, loot: Iterable[Noted]) -> Check:
        sheet = Sheet(self._account)
        moves = self._moves(raid)
        starts_at = raid.starts_at
        nameless: list[int] = []
        presences: dict[str, Presence] = {}
        for line in raid.lines:
            if line.moved.invited:
                sheet.metadata(line.number, "invited", line.moved.name)
            elif not line.moved.name and not line.moved.leader:
                sheet.metadata(line.number, "the raid was disbanded")
            for name, what in self._told(line):
                if not name:
                    sheet.metadata(line.number, f"the log's own character {what}")
                    nameless.append(line.number)
                    continue
                key = name_key(name)
                whole = told(moves[key]) if len(moves[key]) > 1 and key not in presences else ""
                if key not in presences:  # once for each: who moves thousands of times would take quadratic time
                    presences[key] = _presence(moves[key], starts_at, raid.over_at)
                sheet.attend(line.number, name, presence=presences[key], detail=noted(what, whole))
        if nameless:
            sheet.warn(
                WarningKind.NAMELESS_ROWS,
                f"Lines about the log's own character: {len(nameless)}, the first in line {nameless[0]}; the file is "
                "not called eqlog_<Character>_<server>.txt, so nobody knows who that is.",
                line=nameless[0],
                read=len(nameless),
            )
        for each in loot:
            each.note_on(sheet)
        return sheet.closed(taken_at=starts_at)

    def _moves(self, raid: _Raid) -> dict[str, list[Move]]:
        moves: dict[str, list[Move]] = {}
        for line in raid.lines:
            if line.moved.leader:
                moves.setdefault(name_key(self._named(line.moved.leader)), [])
            if line.moved.name and not line.moved.invited:
                moves.setdefault(name_key(self._named(line.moved.name)), []).append(Move(line.at, line.moved.came))
        return moves

    def _told(self, line: _Line) -> Iterator[tuple[str, str]]:
        """Who is named in a line, empty for an owner nobody knows, and what it tells of them."""
        moved = line.moved
        if moved.name and not moved.invited:
            with_group = "with a group whose members the line does not name" if moved.with_group else ""
            yield self._named(moved.name), noted(told([Move(line.at, moved.came)]), with_group)
        if moved.leader:
            yield self._named(moved.leader), "leads the raid"

    def _named(self, word: str) -> str:
        return self.owner if word in YOU else word


def _presence(moves: list[Move], start: datetime | None, over_at: datetime | None) -> Presence:
    if not moves:
        return Presence.PRESENT
    went = moves[-1].at
    if not moves[-1].came and (went is None or over_at is None or over_at - went > GRACE):
        return Presence.LEFT_EARLY
    # Whose first line is a departure was there before it.
    return presence_of(moves, start, None) if moves[0].came else Presence.PRESENT


READER: Final = FormatReader(
    title="EverQuest log with who joined and left the raid (eqlog_*.txt)",
    recognises=recognises,
    read=read,
)
