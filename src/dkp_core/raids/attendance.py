"""Attendance: who was there at a tick, and what each is awarded for it (D-3, D-4, D-9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.ids import CharacterId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import ZERO, Points
from dkp_core.raids.formats import Presence
from dkp_core.raids.raid import Tick
from dkp_core.roster import Attribution, CharacterStatus

# Without a policy an excused absence pays nothing and every other status in full (D-3).
FACTORS: Final[Mapping[Presence, Fraction]] = MappingProxyType(
    {
        Presence.PRESENT: Fraction(1),
        Presence.LATE: Fraction(1),
        Presence.LEFT_EARLY: Fraction(1),
        Presence.STANDBY: Fraction(1),
        Presence.ABSENT_EXCUSED: Fraction(0),
    }
)

# Who attended, as far as the percentage is concerned (D-9); an excused absence counts as absent.
ATTENDED: Final = frozenset({Presence.PRESENT, Presence.LATE, Presence.LEFT_EARLY, Presence.STANDBY})


@frozen(kw_only=True)
class NamedPresence:
    """A name as it was read, and how its bearer was there; `line` is its line in the upload, if it came from one."""

    name: str
    presence: Presence = Presence.PRESENT
    line: int | None = None


@frozen(kw_only=True)
class Attendance:
    """One character's presence at one tick of a raid; without a user it is unresolved, unless it is to be ignored.

    `awarded` is what was credited for it in each of the raid's pools, from the tick's time on.
    """

    raid_id: RaidId
    tick: int
    name: str
    presence: Presence
    character_id: CharacterId | None
    user_id: UserId | None
    awarded: Points
    at: datetime
    upload_id: UploadId | None = None
    line: int | None = None
    ignored: bool = False
    key: str = field(init=False)

    @key.default
    def _key(self) -> str:
        return name_key(self.name)

    @property
    def is_unresolved(self) -> bool:
        """Whether nobody is known behind the name yet, and somebody should be."""
        return self.user_id is None and not self.ignored


@frozen(kw_only=True)
class Present:
    """Who stands at a tick already: names, and the users it paid."""

    names: frozenset[str] = frozenset()
    paid: frozenset[UserId] = frozenset()


@frozen(kw_only=True)
class Taken:
    """What taking attendance comes to: the lines it adds, and the names that were there already."""

    added: tuple[Attendance, ...]
    already_present: tuple[str, ...]

    @property
    def awarded(self) -> tuple[Attendance, ...]:
        """The lines that pay."""
        return tuple(line for line in self.added if line.awarded)

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The names that stand for nobody yet."""
        return tuple(line.name for line in self.added if line.is_unresolved)


def take_attendance(
    raid_id: RaidId,
    tick: Tick,
    names: Sequence[NamedPresence],
    *,
    known: Mapping[str, Attribution],
    present: Present,
    upload_id: UploadId | None = None,
) -> Taken:
    """Note names at a tick: each name once, each user paid once, for the character that pays most (D-4).

    `known` says by `name_key` whose each character was at the tick's time; a pending character's name stands for
    nobody yet (R-1). Taking the same names twice adds nothing.
    """
    seen = set(present.names)
    lines: list[Attendance] = []
    already: list[str] = []
    for named in names:
        line = _line(raid_id, tick, named, known, upload_id)
        if line.key in seen:
            already.append(named.name)
            continue
        seen.add(line.key)
        lines.append(line)
    return Taken(added=pay(tick, lines, present.paid), already_present=tuple(already))


def pay(tick: Tick, lines: Sequence[Attendance], paid: frozenset[UserId]) -> tuple[Attendance, ...]:
    """The lines with what each is awarded: a user once, for the line that pays most, the first of equals."""
    pays = {presence: tick.points.times(factor) for presence, factor in FACTORS.items()}
    best: dict[UserId, tuple[Points, int]] = {}
    for index, line in enumerate(lines):
        worth = pays[line.presence]
        user = line.user_id
        if user is None or line.ignored or user in paid or not worth:
            continue
        if user not in best or worth > best[user][0]:
            best[user] = (worth, index)
    awarded = {index: worth for worth, index in best.values()}
    return tuple(_awarded(line, awarded.get(index, ZERO)) for index, line in enumerate(lines))


def _awarded(line: Attendance, worth: Points) -> Attendance:
    return line if line.awarded == worth else evolve(line, awarded=worth)


def _line(
    raid_id: RaidId,
    tick: Tick,
    named: NamedPresence,
    known: Mapping[str, Attribution],
    upload_id: UploadId | None,
) -> Attendance:
    found = known.get(name_key(named.name))
    if found is not None and found.status is CharacterStatus.PENDING:
        found = None
    return Attendance(
        raid_id=raid_id,
        tick=tick.number,
        name=named.name,
        presence=named.presence,
        character_id=found.character_id if found else None,
        user_id=found.owner if found else None,
        awarded=ZERO,
        at=tick.at,
        upload_id=upload_id,
        line=named.line,
    )


@frozen
class AttendanceShare:
    """Raids attended of raids held; compared as a fraction, never as a rounded percentage (D-9)."""

    attended: int = 0
    held: int = 0

    @property
    def fraction(self) -> Fraction:
        """The exact share; no raids in the window give 0."""
        return Fraction(self.attended, self.held) if self.held else Fraction(0)

    @property
    def percent(self) -> str:
        """In percent with two decimals, rounded half-up, as it is shown."""
        if not self.held:
            return "0.00"
        rounded = (2 * 10_000 * self.attended + self.held) // (2 * self.held)
        return f"{rounded // 100}.{rounded % 100:02d}"


WINDOWS: Final = (30, 60, 90)
