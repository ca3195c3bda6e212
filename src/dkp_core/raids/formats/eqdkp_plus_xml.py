"""EQdkp Plus' own XML of a raid, as its importer of raid logs reads it and trackers of several games write it.

Times are seconds since 1970, which are moments and need no zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check, WarningKind
from dkp_core.raids.formats.document import moment_of_text
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.markup import Element, Ledger, element_of, holds_element, level_of, loot_of, shown
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.stay import Move, presence_of, told, written
from dkp_core.raids.formats.text import DumpText

ROOT: Final = "raidlog"
STANDBY: Final = "standby"
READ: Final = frozenset(("zones", "bosskills", "members", "items"))


def recognises(sample: Sample) -> bool:
    """XML that begins with the log of a raid."""
    return holds_element(sample, ROOT)


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check for the whole raid, from the moment on which the first zone was entered.

    Raises: DumpIsBroken.
    """
    root = element_of(text, ROOT)
    data = root.child("raiddata")
    ledger = Ledger(Sheet(account), text)
    for each in root.children if data is not None else ():
        if each is not data:
            ledger.keep(each)
    if data is not None:
        ledger.keep_stray(root)
    return (_RaidLog(ledger, data if data is not None else root).read(file_name),)


class _RaidLog:
    def __init__(self, ledger: Ledger, data: Element) -> None:
        self._ledger = ledger
        self._data = data
        self._unreadable: list[int] = []

    def read(self, file_name: str) -> Check:
        zones = self._data.within("zones")
        members = [(member, self._moves(member)) for member in self._data.within("members")]
        entered = [self._moment(zone, "enter") for zone in zones]
        left = [self._moment(zone, "leave") for zone in zones]
        moved = [move.at for _, moves in members for move in moves]
        start, end = _first(entered) or _first(moved), _last(left) or _last(moved)
        for zone in zones:
            self._note(zone, "zone", "enter", "leave")
        for kill in self._data.within("bosskills"):
            self._note(kill, "boss kill", "time")
        for member, moves in members:
            self._attend(member, moves, start, end)
        for item in self._data.within("items"):
            self._loot(item)
        self._ledger.keep_stray(self._data)
        for group in self._data.children:
            if group.name in READ:
                self._ledger.keep_stray(group)
            else:
                self._ledger.keep(group)
        self._ledger.close()
        return self._closed(start or time_in(file_name), zones)

    def _closed(self, taken_at: datetime | None, zones: tuple[Element, ...]) -> Check:
        sheet = self._ledger.sheet
        if self._unreadable:
            sheet.warn(
                WarningKind.TIME_UNREADABLE,
                f"Times that are no seconds since 1970: {len(self._unreadable):,}, the first in line "
                f"{self._unreadable[0]}; they do not count.",
                line=self._unreadable[0],
            )
        places = dict.fromkeys(zone.word("name") for zone in zones)
        return sheet.closed(taken_at=taken_at, place=", ".join(filter(None, places)))

    def _attend(self, member: Element, moves: tuple[Move, ...], start: datetime | None, end: datetime | None) -> None:
        level, odd_level = level_of(member)
        self._ledger.sheet.attend(
            self._ledger.take(member),
            member.word("name"),
            level=level,
            character_class=member.word("class"),
            race=member.word("race"),
            guild=member.word("guild"),
            presence=presence_of(moves, start, end),
            detail=noted(
                told(moves),
                odd_level,
                member.rest("name", "class", "race", "guild", "level", "times"),
            ),
        )

    def _moves(self, member: Element) -> tuple[Move, ...]:
        found = []
        for each in member.within("times"):
            at = self._seconds(each)
            came = each.attributes.get("type", "join").casefold() != "leave"
            found.append(Move(at, came, standby=each.attributes.get("extra", "").casefold() == STANDBY))
        return tuple(found)

    def _loot(self, item: Element) -> None:
        loot_of(
            self._ledger,
            item,
            item=item.word("name"),
            name=item.word("member"),
            quantity=item.word("count"),
            cost=item.word("cost"),
            at=self._moment(item, "time"),
            said=item.word("time"),
            note=item.rest("name", "member", "count", "cost", "time"),
        )

    def _note(self, element: Element, what: str, *times: str) -> None:
        moments = ((name, self._moment(element, name)) for name in times)
        self._ledger.sheet.metadata(
            self._ledger.take(element),
            noted(
                f"{what} {shown(element.word('name'))}".strip(),
                *(f"{name} {written(at)}" for name, at in moments if at is not None),
                element.rest("name", *times),
            ),
        )

    def _moment(self, element: Element, name: str) -> datetime | None:
        found = element.child(name)
        return self._seconds(found) if found is not None else None

    def _seconds(self, element: Element) -> datetime | None:
        at = moment_of_text(element.text)
        if at is None and element.text not in ("", "0") and element.line not in self._unreadable[-1:]:
            self._unreadable.append(element.line)
        return at.astimezone(UTC) if at is not None else None


def _first(moments: list[datetime | None]) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _last(moments: list[datetime | None]) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)


READER: Final = FormatReader(
    title="EQdkp Plus XML of a raid (<raidlog>)",
    recognises=recognises,
    read=read,
)
