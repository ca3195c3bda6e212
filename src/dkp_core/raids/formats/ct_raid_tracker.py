"""The XML of CT_RaidTracker, which MLdkp 1.1 and the trackers after them write as well (`<RaidInfo>`).

Times are those of the player's own clock, month first and without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import define, field

from dkp_core.kernel.names import NAME_LENGTH_RAW_MAX, name_key
from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check, Presence, WarningKind
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.markup import Element, Ledger, element_of, holds_element, level_of, loot_of, shown
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.stay import Move, presence_of, told, written
from dkp_core.raids.formats.text import DumpText

ROOT: Final = "raidinfo"
GROUPS: Final = frozenset(("playerinfos", "bosskills", "join", "leave", "loot"))
TIME: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d\d|\d{4}) (\d\d?):(\d\d):(\d\d)", re.ASCII)
CENTURY: Final = 2000
TIME_LENGTH_MAX: Final = 40


def recognises(sample: Sample) -> bool:
    """XML that begins with the infos of a raid."""
    return holds_element(sample, ROOT)


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check for the whole raid, taken when it started.

    Everybody counts whom the file names as a player, as joining or leaving, or as there when a boss was killed.

    Raises: DumpIsBroken.
    """
    return (_RaidInfo(Ledger(Sheet(account), text), element_of(text, ROOT)).read(file_name),)


@define
class _Person:
    """Somebody named in the file: the element that tells most of them, and when they came and went."""

    described: Element
    moves: list[Move] = field(factory=list)


class _RaidInfo:
    def __init__(self, ledger: Ledger, info: Element) -> None:
        self._ledger = ledger
        self._info = info
        self._people: dict[str, _Person] = {}
        self._unreadable: list[int] = []

    def read(self, file_name: str) -> Check:
        start = self._time(self._info, "start") or self._time(self._info, "key")
        end = self._time(self._info, "end")
        for name, element in self._named():
            if len(name) <= NAME_LENGTH_RAW_MAX:
                self._people.setdefault(name_key(name), _Person(element))
        for element, came in self._moved():
            person = self._person(_name(element))
            if person is not None:
                person.moves.append(Move(self._time(element, "time"), came))
        moments = [move.at for person in self._people.values() for move in person.moves if move.at is not None]
        self._tell(start or min(moments, default=None), end or max(moments, default=None))
        self._ledger.close()
        return self._closed(start or min(moments, default=None) or time_in(file_name))

    def _person(self, name: str) -> _Person | None:
        """Who is called so; None for what is too long to be a name."""
        return self._people.get(name_key(name)) if len(name) <= NAME_LENGTH_RAW_MAX else None

    def _named(self) -> Iterator[tuple[str, Element]]:
        for group in ("playerinfos", "join", "leave"):
            for element in self._info.within(group):
                yield _name(element), element
        for kill in self._info.within("bosskills"):
            for element in kill.within("attendees"):
                yield _name(element), element

    def _moved(self) -> Iterator[tuple[Element, bool]]:
        for group, came in (("join", True), ("leave", False)):
            for element in self._info.within(group):
                yield element, came

    def _tell(self, start: datetime | None, end: datetime | None) -> None:
        """Note every line of the file, in the order of the groups in it."""
        self._ledger.keep_stray(self._info)
        for child in self._info.children:
            if child.name in GROUPS:
                self._ledger.keep_stray(child)
            if child.name in ("playerinfos", "join", "leave"):
                for element in child.children:
                    self._attend(element, child.name, start, end)
            elif child.name == "bosskills":
                for element in child.children:
                    self._kill(element, start, end)
            elif child.name == "loot":
                for element in child.children:
                    self._loot(element)
            else:
                self._ledger.keep(child)

    def _attend(self, element: Element, group: str, start: datetime | None, end: datetime | None) -> None:
        name = _name(element)
        person = self._person(name)
        number = self._ledger.take(element)
        if person is None:
            self._ledger.sheet.attend(number, name)
            return
        if person.described is not element:
            what = {"join": "joined", "leave": "left"}.get(group, "named again")
            when = f"{what} {shown(element.word('time'))}".strip()
            detail = noted(when, element.rest("name", "player", "time"))
            self._ledger.sheet.metadata(number, detail, shown(name) or None)
            return
        level, odd_level = level_of(element)
        self._ledger.sheet.attend(
            number,
            name,
            level=level,
            character_class=element.word("class"),
            race=element.word("race"),
            guild=element.word("guild"),
            presence=presence_of(person.moves, start, end) if person.moves else Presence.PRESENT,
            detail=noted(
                told(person.moves),
                odd_level,
                element.rest("name", "player", "class", "race", "guild", "level", "time"),
            ),
        )

    def _kill(self, element: Element, start: datetime | None, end: datetime | None) -> None:
        at = self._time(element, "time")
        attendees = element.within("attendees")
        self._ledger.sheet.metadata(
            self._ledger.take(element),
            noted(
                f"boss kill {shown(element.word('name'))}",
                f"time {written(at)}" if at is not None else "",
                f"{len(attendees)} were there" if attendees else "",
                element.rest("name", "time", "attendees"),
            ),
        )
        for attendee in attendees:
            person = self._person(_name(attendee))
            if person is None or person.described is attendee:
                self._attend(attendee, "attendees", start, end)

    def _loot(self, element: Element) -> None:
        loot_of(
            self._ledger,
            element,
            item=element.word("itemname", "name"),
            name=element.word("player"),
            quantity=element.word("count"),
            cost=element.word("costs", "cost"),
            at=self._time(element, "time"),
            said=element.word("time"),
            note=element.rest("itemname", "player", "count", "costs", "cost", "time"),
        )

    def _closed(self, taken_at: datetime | None) -> Check:
        sheet = self._ledger.sheet
        if self._unreadable:
            sheet.warn(
                WarningKind.TIME_UNREADABLE,
                f"Times that are not written as 07/04/24 21:07:27: {len(self._unreadable):,}, the first in line "
                f"{self._unreadable[0]}; they do not count.",
                line=self._unreadable[0],
            )
        return sheet.closed(taken_at=taken_at, place=self._info.word("zone"), call_name=None)

    def _time(self, element: Element, name: str) -> datetime | None:
        text = element.word(name)
        at = local_time(text)
        if at is None and text:
            self._unreadable.append(element.line)
        return at


def local_time(text: str) -> datetime | None:
    """A time as these trackers write it, month first; None for anything else."""
    found = TIME.fullmatch(text) if len(text) <= TIME_LENGTH_MAX else None
    if found is None:
        return time_in(text[:TIME_LENGTH_MAX])
    month, day, year, hour, minute, second = map(int, found.groups())
    try:
        year = year if year >= 100 else CENTURY + year
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # local time without a zone
    except ValueError:
        return None


def _name(element: Element) -> str:
    return element.word("player", "name") if element.children else element.text


READER: Final = FormatReader(
    title="CT_RaidTracker or MLdkp 1.1 XML (<RaidInfo>)",
    recognises=recognises,
    read=read,
)
