"""Names that stood for nobody when they were read: who they are after all (D-5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from difflib import get_close_matches
from itertools import groupby
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, RaidId, UserId
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.raids.attendance import Attendance, settled
from dkp_core.raids.errors import NobodyOwnedIt, NotUnresolved
from dkp_core.raids.events import NameResolved
from dkp_core.raids.ports import RaidsView, RaidsWork
from dkp_core.raids.raid import Raid, RaidStatus, Tick
from dkp_core.raids.settling import follow, pay_at
from dkp_core.raids.views import UnresolvedRow
from dkp_core.roster import CharacterAliasAdded, CharacterStatus, StillPending

SUGGESTIONS: Final = 3
ALIKE: Final = 0.7
# Comparing every name with every other takes long in a large guild; more than this nobody resolves at a sitting.
SUGGESTED_ROWS_MAX: Final = 50
LENGTHS_APART_MAX: Final = 2

Judge = Callable[[Attendance, Tick], Attendance]


@frozen
class Resolved:
    """What resolving a name came to: how many lines, in which raids, and how many of them were awarded."""

    name: str
    lines: int
    awarded: int
    raids: tuple[RaidId, ...]


@frozen
class ResolveName:
    """Say who a name is that stood for nobody: a character, a user, or nobody to be counted.

    With `remember` the name becomes an alias of the character. It is resolved in every raid that waits for it, or
    in one, and its owner at each tick's time is awarded.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        name: str,
        *,
        character_id: CharacterId | None = None,
        remember: bool = False,
        user_id: UserId | None = None,
        ignore: bool = False,
        raid_id: RaidId | None = None,
        by: Actor,
    ) -> Resolved:
        by.must(Permission.RAIDS_WRITE)
        if [character_id is not None, user_id is not None, ignore].count(True) != 1:
            accepted = "exactly one of character, user and ignore"
            raise InvalidValue("resolution", "it is not said who the name is, or said twice", accepted)
        with self.begin(by) as work:
            waiting = [line for line in work.attendances.unresolved(name_key(name)) if raid_id in (None, line.raid_id)]
            if not waiting:
                raise NotUnresolved(name)
            if ignore:
                return _settle(work, name, waiting, _ignored, ids=self.ids, clock=self.clock, by=by)
            if user_id is not None:
                return _settle(work, name, waiting, as_user(work, user_id), ids=self.ids, clock=self.clock, by=by)
            assert character_id is not None, "one of the three is given"
            judge = as_character(work, character_id)
            if work.characters.get(character_id).status is CharacterStatus.PENDING:
                raise StillPending(character_id)
            if remember:
                alias = clean_name(name)
                work.characters.add_alias(character_id, alias)
                event = CharacterAliasAdded(character_id=character_id, name=alias)
                work.characters.save(work.characters.get(character_id).announcing(event))
            resolved = _settle(work, name, waiting, judge, ids=self.ids, clock=self.clock, by=by)
            if not resolved.lines:
                raise NobodyOwnedIt(name, character_id)
        return resolved


@frozen
class AwardWaitingNames:
    """What follows when a character enters, is approved, renamed or first owned: lines that waited for it are awarded.

    They may bear any of its names. Nothing happens where none waits, or where the character is pending or nobody's.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(self, character_id: CharacterId, *, by: Actor) -> int:
        with self.begin(by) as work:
            found = work.characters.some([character_id])
            if not found or found[0].status is CharacterStatus.PENDING:
                return 0
            judge = as_character(work, character_id)
            awarded = 0
            for name in work.characters.names(character_id):
                waiting = work.attendances.unresolved(name_key(name))
                awarded += _settle(work, name, waiting, judge, ids=self.ids, clock=self.clock, by=by).lines
        return awarded


def _ignored(line: Attendance, _: Tick) -> Attendance:
    return evolve(line, ignored=True)


def as_user(work: RaidsWork, user_id: UserId) -> Judge:
    """Judges a line to be that user's. Raises: NoSuch, InvalidValue for who has no place in the guild."""
    work.users.get(user_id)
    if work.memberships.find(user_id) is None and not work.characters.owned_by(user_id):
        raise InvalidValue(
            "user", f"user {user_id} has no place in this guild", "a user with a membership or a character"
        )

    def judge(line: Attendance, tick: Tick) -> Attendance:
        return evolve(line, alt=False, ignored=False, user_id=work.merges.head(user_id, tick.at))

    return judge


def as_character(work: RaidsWork, character_id: CharacterId) -> Judge:
    """Judges a line to be that character: its owner's at the tick's time, or as it was where nobody owned it then."""
    character = work.characters.get(character_id)

    def judge(line: Attendance, tick: Tick) -> Attendance:
        found = work.characters.attributed([character.name], tick.at).get(name_key(character.name))
        if found is None or found.owner is None or found.status is CharacterStatus.PENDING:
            return line
        return evolve(line, character_id=found.character_id, user_id=found.owner, alt=found.is_alt, ignored=False)

    return judge


def _settle(
    work: RaidsWork, name: str, waiting: Sequence[Attendance], judge: Judge, *, ids: Ids, clock: Clock, by: Actor
) -> Resolved:
    """Judge the lines raid by raid, award those that pay, and tell of it."""
    done: list[Attendance] = []
    for raid_id, of_raid in groupby(waiting, key=lambda line: line.raid_id):
        raid = work.raids.get(raid_id)
        if raid.status is RaidStatus.CANCELLED:  # since its lines were read: it gives nothing any more
            continue
        resolved: list[Attendance] = []
        for number, lines in groupby(of_raid, key=lambda line: line.tick):
            tick = raid.tick(number)
            known = [new for line in lines if (new := judge(line, tick)) != line]
            if known:
                resolved += _resolve(work, raid, tick, known, ids=ids, at=clock.now(), by=by)
        if not resolved:
            continue
        event = NameResolved(
            raid_id=raid_id,
            lines=len(resolved),
            character_id=resolved[0].character_id,
            user_id=resolved[0].user_id,
            ignored=resolved[0].ignored,
        )
        work.raids.save(raid.announcing(event))
        done += resolved
    awarded = sum(1 for line in done if line.awarded)
    return Resolved(name, len(done), awarded, tuple(dict.fromkeys(line.raid_id for line in done)))


def _resolve(
    work: RaidsWork, raid: Raid, tick: Tick, known: Sequence[Attendance], *, ids: Ids, at: datetime, by: Actor
) -> list[Attendance]:
    """Let lines of a tick that waited be somebody's; whoever it is, is paid for the line that pays most (D-4)."""
    resolved = {line.key: line for line in known}
    present = work.attendances.present(raid.id, tick.number)
    lines = [resolved.get(line.key, line) for line in present.lines]
    correction = settled(present, lines, pay_at(work, raid, tick))
    work.attendances.resolve(raid, [new for _, new in correction.changed if new.key in resolved])
    work.attendances.change(raid, [new for _, new in correction.changed if new.key not in resolved])
    work.attendances.remove(raid, correction.removed)
    follow(work, raid, correction, ids=ids, at=at, by=by)
    return [new for _, new in correction.changed if new.key in resolved]


@frozen
class ListUnresolved:
    """Names that stand for nobody yet, of one raid or of all; the first 50 with known names that look alike."""

    read: Read[RaidsView]

    def __call__(self, *, raid_id: RaidId | None = None, by: Actor) -> tuple[UnresolvedRow, ...]:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            rows = views.unresolved(raid_id)
            by_key = {name_key(name): name for name in views.known_names()} if rows else {}
        return tuple(
            evolve(row, suggestions=_alike(row.name, by_key)) if number < SUGGESTED_ROWS_MAX else row
            for number, row in enumerate(rows)
        )


def _alike(name: str, known: dict[str, str]) -> tuple[str, ...]:
    wanted = name_key(name)
    near = [key for key in known if abs(len(key) - len(wanted)) <= LENGTHS_APART_MAX]
    return tuple(known[key] for key in get_close_matches(wanted, near, SUGGESTIONS, ALIKE))
