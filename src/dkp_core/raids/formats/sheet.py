"""Filling in one check line by line, under the limits that hold for the whole file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name, name_as_read, name_key
from dkp_core.kernel.points import Points
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
from dkp_core.raids.formats.errors import DumpTooLarge
from dkp_core.raids.formats.limits import ReadingLimits

NUMBER_DIGITS_MAX: Final = 4

ITEM_LENGTH_MAX: Final = 128
"""Characters of an item's name."""

LOOT_NOTE_LENGTH_MAX: Final = 1000
"""Characters of what a line tells besides the item; of more, the end is left out and marked so."""

TIME_LENGTH_MAX: Final = 40
"""Characters that are shown of a time that can't be read."""

QUANTITY_MAX: Final = 9_999
"""More of one thing nobody loots at once."""


def item_as_read(raw: str) -> str:
    """An item's name in NFC. Raises: InvalidValue, whose fault says why this is none."""
    name = clean_name(raw, "item", length_max=ITEM_LENGTH_MAX)
    if "\ufffd" in name:
        raise InvalidValue("item", "it holds a character that could not be decoded", "printable characters")
    return name


def number_in(text: str) -> int | None:
    """A whole number of few digits, such as a level or a group; None for anything else."""
    if len(text) <= NUMBER_DIGITS_MAX and text.isascii() and text.isdigit():
        return int(text)
    return None


def noted(*notes: str) -> str:
    """A line's detail: its notes in one, the empty ones left out."""
    return "; ".join(note for note in notes if note)


class FileAccount:
    """What was read of one file so far, over all of its checks, held against the limits.

    Every line is either noise, which is counted, or kept with a check.
    """

    def __init__(self, limits: ReadingLimits) -> None:
        self.limits = limits
        self.noise = 0
        self._named = 0
        self._kept = 0

    def keep_line(self) -> None:
        """Count a line that is reported by itself. Raises: DumpTooLarge."""
        self._kept += 1
        if self._kept > self.limits.lines_kept_max:
            raise DumpTooLarge("lines to report", self._kept, self.limits.lines_kept_max)

    def keep_name(self) -> None:
        """Count a name read, repeated ones too. Raises: DumpTooLarge."""
        self._named += 1
        if self._named > self.limits.attendees_max:
            raise DumpTooLarge("names", self._named, self.limits.attendees_max)


class Sheet:
    """The check being filled in: who was named first counts, who is named again is told so."""

    def __init__(self, account: FileAccount) -> None:
        self._account = account
        self._attendees: list[Attendee] = []
        self._lines: list[Line] = []
        self._warnings: list[DumpWarning] = []
        self._loot: list[LootLine] = []
        self._first_lines: dict[str, int] = {}

    def attend(
        self,
        number: int,
        raw_name: str,
        *,
        level: int | None = None,
        character_class: str | None = None,
        race: str | None = None,
        guild: str | None = None,
        zone: str | None = None,
        group: int | None = None,
        flags: frozenset[Flag] = frozenset(),
        presence: Presence = Presence.PRESENT,
        detail: str = "",
    ) -> bool:
        """Note that a line names somebody; False when that name can't be one, which the line then says."""
        try:
            name = name_as_read(raw_name)
        except InvalidValue as fault:
            self.unreadable(number, noted(f"no name: {fault.fault}", detail))
            return False
        self._account.keep_name()
        key = name_key(name)
        first = self._first_lines.get(key)
        if first is not None:
            self._keep(number, LineOutcome.REPEATED, noted(f"named in line {first} already", detail), name)
            return True
        self._first_lines[key] = number
        self._keep(number, LineOutcome.ATTENDEE, detail, name)
        self._attendees.append(
            Attendee(
                name=name,
                line=number,
                level=level,
                character_class=character_class or None,
                race=race or None,
                guild=guild or None,
                zone=zone or None,
                group=group,
                flags=flags,
                presence=presence,
            )
        )
        return True

    def loot(
        self,
        number: int,
        raw_item: str,
        *,
        raw_name: str = "",
        quantity: int = 1,
        cost: Points | None = None,
        at: datetime | None = None,
        rot: bool = False,
        note: str = "",
        time_unread: str = "",
    ) -> bool:
        """Note that a line tells of an item; False when that can't be one, which the line then says."""
        note = note if len(note) <= LOOT_NOTE_LENGTH_MAX else note[: LOOT_NOTE_LENGTH_MAX - 1] + "…"
        try:
            item = item_as_read(raw_item)
            name = name_as_read(raw_name) if raw_name.strip() else ""
            if not 1 <= quantity <= QUANTITY_MAX:
                raise InvalidValue("quantity", f"{quantity} of it are said", f"1 to {QUANTITY_MAX}")
        except InvalidValue as fault:
            self.unreadable(number, noted(f"no {fault.field}: {fault.fault}", note))
            return False
        self._keep(
            number, LineOutcome.LOOT, noted(item if quantity == 1 else f"{quantity} × {item}", note), name or None
        )
        self._loot.append(
            LootLine(
                item=item,
                name=name,
                line=number,
                quantity=quantity,
                cost=cost,
                at=at,
                rot=rot,
                note=note,
                time_unread=time_unread[:TIME_LENGTH_MAX] if at is None else "",
            )
        )
        return True

    @property
    def numbers(self) -> set[int]:
        """The lines kept so far."""
        return {line.number for line in self._lines}

    def header(self, number: int, detail: str = "") -> None:
        """Note a line that heads what follows."""
        self._keep(number, LineOutcome.HEADER, detail)

    def footer(self, number: int, detail: str = "") -> None:
        """Note a line that ends a list."""
        self._keep(number, LineOutcome.FOOTER, detail)

    def metadata(self, number: int, detail: str, name: str | None = None) -> None:
        """Note a line that names nobody who was there, but tells something."""
        self._keep(number, LineOutcome.METADATA, detail, name)

    def unreadable(self, number: int, reason: str) -> None:
        """Note a line that should have named somebody, and why it does not."""
        self._keep(number, LineOutcome.UNREADABLE, reason)

    def noise(self, lines: int = 1) -> None:
        """Count lines that say nothing about attendance."""
        self._account.noise += lines

    def warn(
        self,
        kind: WarningKind,
        sentence: str,
        *,
        line: int | None = None,
        said: int | None = None,
        read: int | None = None,
    ) -> None:
        """Note what is odd."""
        self._warnings.append(DumpWarning(kind=kind, sentence=sentence, line=line, said=said, read=read))

    def closed(self, *, taken_at: datetime | None, place: str | None = None, call_name: str | None = None) -> Check:
        """The check as it was read."""
        return Check(
            taken_at=taken_at,
            place=place or None,
            call_name=call_name or None,
            attendees=tuple(self._attendees),
            lines=tuple(self._lines),
            warnings=tuple(self._warnings),
            loot=tuple(self._loot),
        )

    def _keep(self, number: int, outcome: LineOutcome, detail: str, name: str | None = None) -> None:
        self._account.keep_line()
        self._lines.append(Line(number=number, outcome=outcome, name=name, detail=detail))


def counted(checks: Iterable[Check], noise: int) -> dict[LineOutcome, int]:
    """How many lines came out how; a line with several names counts once, by the best of them."""
    rank = {outcome: place for place, outcome in enumerate(LineOutcome)}
    counts = dict.fromkeys(LineOutcome, 0)
    counts[LineOutcome.NOISE] = noise
    for check in checks:
        best: dict[int, LineOutcome] = {}
        for line in check.lines:
            known = best.get(line.number)
            if known is None or rank[line.outcome] < rank[known]:
                best[line.number] = line.outcome
        for outcome in best.values():
            counts[outcome] += 1
    return counts
