"""`/who` lists and looting lines in an EverQuest client's log, found among the 95 % of it that is combat."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from dkp_core.kernel.text_file import decoded
from dkp_core.raids.chat_line import owner_of
from dkp_core.raids.formats.check import Check, WarningKind
from dkp_core.raids.formats.errors import DumpTooLarge
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.loot_lines import LoggedLoot, NearestTime, looted_in
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.text import Block, DumpText
from dkp_core.raids.formats.who_row import (
    BrokenRow,
    WhoFooter,
    WhoRow,
    footer_of,
    is_heading,
    is_rule,
    row_of,
)

CANDIDATE: Final = re.compile(
    rb"\n\[.{24}\] (?:[\[ <*]|--|Players |There |Your who|Friends |OFFLINE|TRADER|BUYER|AFK|LINKDEAD|LFG"
    rb"|[A-Z\x80-\xff][^ \n]{0,79}+ (?:looted|grabbed) )"
)
"""A log line that might matter, searched for in bytes, many lines at once: combat is never looked at."""

TEXT: Final = slice(27, None)
STAMP: Final = re.compile(r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-3]\d) (\d\d):(\d\d):(\d\d) (\d{4})\] ", re.ASCII)
MONTHS: Final = {
    month: number
    for number, month in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)  # noqa: SIM905
}
"""English whatever the locale, so strptime, which follows the locale, is no help."""

FRIENDS_HEADING: Final = "Friends currently on "
LIST_LASTS_MAX: Final = timedelta(seconds=60)
"""A list arrives within a second; what comes a minute later is another, and this one was cut off."""

RECOGNISED_SHARE_MIN: Final = 0.5


def recognises(sample: Sample) -> bool:
    """Lines that start with a time as EverQuest's client writes it."""
    return sample.share(lambda line: STAMP.match(line) is not None) >= RECOGNISED_SHARE_MIN


def log_time(line: str) -> datetime | None:
    """When a log line was written, by the player's own clock (D-13: no zone); None if unsaid."""
    stamp = STAMP.match(line)
    if stamp is None or stamp[1] not in MONTHS:
        return None
    day, hour, minute, second, year = map(int, stamp.group(2, 3, 4, 5, 6))
    try:
        return datetime(year, MONTHS[stamp[1]], day, hour, minute, second)  # noqa: DTZ001  # local time without a zone
    except ValueError:
        return None


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """A check for every list, those near each other in one (an officer asking zone by zone).

    What was looted belongs to the check nearest in time, or to one without attendees where there is no list. Of the
    owner, whom `/who` lists like everybody, only looting lines need the name, which is in the file's.
    """
    owner = owner_of(file_name)
    log = _WhoLog(account, owner[0] if owner is not None else "")
    for block in text.blocks():
        log.take(block)
    return log.closed()


class _WhoList:
    """One list while it is being read, onto the sheet of its check."""

    def __init__(self, sheet: Sheet, number: int, *, has_heading: bool) -> None:
        self.sheet = sheet
        self.number = number
        self.has_heading = has_heading
        self.rows = 0

    def take(self, number: int, row: WhoRow | BrokenRow) -> None:
        if isinstance(row, BrokenRow):
            self.sheet.unreadable(number, row.reason)
            return
        self.rows += self.sheet.attend(
            number,
            row.name,
            level=row.level,
            character_class=row.character_class,
            race=row.race,
            guild=row.guild,
            zone=row.zone,
            flags=row.flags,
            detail=row.note,
        )

    def warn_of_its_start(self) -> None:
        if not self.has_heading:
            self.sheet.warn(
                WarningKind.NO_HEADER,
                f"The list in line {self.number} has no heading; its start may be missing.",
                line=self.number,
            )

    def warn_of_its_end(self, footer: WhoFooter | None) -> None:
        """Compare what a list says of itself with what was read of it."""
        read = f"{self.rows} were read"
        if footer is None:
            kind, sentence = WarningKind.NO_FOOTER, f"has no count at its end; {read}, more may be missing"
        elif footer.said is None:
            kind, sentence = (
                WarningKind.LIST_CUT_SHORT,
                f"was cut short by the game, which had too many; {read}",
            )
        elif footer.said != self.rows:
            kind, sentence = WarningKind.COUNT_MISMATCH, f"says it has {footer.said} players; {read}"
        else:
            return
        self.sheet.warn(
            kind,
            f"The list in line {self.number} {sentence}.",
            line=self.number,
            said=footer.said if footer is not None else None,
            read=self.rows,
        )


class _WhoLog:
    def __init__(self, account: FileAccount, owner: str) -> None:
        self._account = account
        self._owner = owner
        self._lines = 0
        self._sheets: list[tuple[Sheet, datetime | None, str]] = []
        self._loot: list[LoggedLoot] = []
        self._sheet: Sheet | None = None
        self._list: _WhoList | None = None
        self._taken_at: datetime | None = None
        self._last_at: datetime | None = None
        self._places: list[str] = []
        self._friends_until: datetime | None = None

    def take(self, block: Block) -> None:
        kept = position = 0
        number = self._lines
        for candidate in CANDIDATE.finditer(block.data, 0, block.end):
            start = candidate.start() + 1
            number += block.data.count(b"\n", position, start)
            position = start
            line = decoded(block.data[start : block.data.find(b"\n", start)].removesuffix(b"\r"))
            kept += self._take_line(number, line)
        self._lines += block.lines
        self._account.noise += block.lines - kept

    def closed(self) -> tuple[Check, ...]:
        self._close_check()
        if self._loot and not self._sheets:
            self._sheets.append((Sheet(self._account), None, ""))
        check = NearestTime(taken_at for _, taken_at, _ in self._sheets)
        for each in self._loot:
            each.note_on(self._sheets[check.to(each.at)][0])
        return tuple(sheet.closed(taken_at=taken_at, place=place) for sheet, taken_at, place in self._sheets)

    def _take_line(self, number: int, line: str) -> bool:
        """Whether the line belongs to a list; if not, it is noise."""
        text, at = line[TEXT], log_time(line)
        if _apart(self._last_at, at, LIST_LASTS_MAX):
            self._end_list(None)
        if text.startswith(FRIENDS_HEADING):
            # Who of one's friends is on looks the same but is no attendance, and no line tells where it ends.
            self._end_list(None)
            self._friends_until = at + LIST_LASTS_MAX if at is not None else None
            return False
        if is_heading(text):
            self._end_list(None)
            self._start_list(number, at, has_heading=True).sheet.header(number)
            return True
        footer = footer_of(text)
        if footer is not None:
            self._take_footer(number, at, footer)
            return True
        if is_rule(text) and self._list is not None and self._list.rows == 0:
            self._list.sheet.header(number)
            return True
        return self._take_row(number, at, row_of(text)) or self._take_loot(number, line, at)

    def _take_loot(self, number: int, line: str, at: datetime | None) -> bool:
        loot = looted_in(number, line, at, self._owner)
        if loot is not None:
            if len(self._loot) >= self._account.limits.lines_kept_max:
                raise DumpTooLarge("lines to report", len(self._loot) + 1, self._account.limits.lines_kept_max)
            self._loot.append(loot)
        return loot is not None

    def _take_row(self, number: int, at: datetime | None, row: WhoRow | BrokenRow | None) -> bool:
        if row is None:
            return False
        if self._list is None and (isinstance(row, BrokenRow) or self._among_friends(at)):
            return False
        who = self._list or self._start_list(number, at, has_heading=False)
        self._note_time(at)
        who.take(number, row)
        return True

    def _take_footer(self, number: int, at: datetime | None, footer: WhoFooter) -> None:
        who = self._list or self._start_list(number, at, has_heading=False)
        self._note_time(at)
        if footer.place is not None and footer.place not in self._places:
            self._places.append(footer.place)
        said = "cut short" if footer.said is None else f"{footer.said} players"
        who.sheet.footer(number, noted(said, f"in {footer.place}" if footer.place else ""))
        self._end_list(footer)

    def _among_friends(self, at: datetime | None) -> bool:
        return self._friends_until is not None and at is not None and at <= self._friends_until

    def _start_list(self, number: int, at: datetime | None, *, has_heading: bool) -> _WhoList:
        """A list that starts here, on the last one's sheet when they are near each other."""
        if self._sheet is None or _apart(self._last_at, at, self._account.limits.merge_within):
            self._close_check()
            self._sheet = Sheet(self._account)
        self._friends_until = None
        self._note_time(at)
        self._list = _WhoList(self._sheet, number, has_heading=has_heading)
        self._list.warn_of_its_start()
        return self._list

    def _note_time(self, at: datetime | None) -> None:
        if at is not None:
            self._taken_at = self._taken_at or at
            self._last_at = at

    def _end_list(self, footer: WhoFooter | None) -> None:
        if self._list is not None:
            self._list.warn_of_its_end(footer)
        self._list = None

    def _close_check(self) -> None:
        self._end_list(None)
        if self._sheet is not None:
            self._sheets.append((self._sheet, self._taken_at, ", ".join(self._places)))
        self._sheet = None
        self._taken_at = self._last_at = None
        self._places = []


def _apart(one: datetime | None, other: datetime | None, most: timedelta) -> bool:
    """Whether two lines lie further apart than that, either way: clocks are put back in autumn."""
    return one is not None and other is not None and abs(other - one) > most


READER: Final = FormatReader(
    title="EverQuest log with /who lists or looting lines (eqlog_*.txt)",
    recognises=recognises,
    read=read,
)
