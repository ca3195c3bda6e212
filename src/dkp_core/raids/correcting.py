"""Correcting raids: their points, their ticks and who was there; the ledger follows (D-8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import CharacterId, PoolId, RaidId, UserId
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points import Entry
from dkp_core.raids.attendance import Attendance, Correction, Pay, Present, settled
from dkp_core.raids.errors import NobodyOwnedIt
from dkp_core.raids.events import AttendanceCorrected
from dkp_core.raids.formats import Presence
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.raid import Raid, Tick
from dkp_core.raids.recording import NAMES_MAX, must_be_known, must_run, must_write_or_lead
from dkp_core.raids.resolving import Judge, as_character, as_user
from dkp_core.raids.settling import Followed, carry_out, pay_at
from dkp_core.roster import CharacterStatus, StillPending

_WHAT: Final = "a status, a character or a user"


@frozen(kw_only=True)
class LineChange:
    """What is other about a name at a tick: how its bearer was there, or who it is, a character or a user."""

    name: str
    presence: Presence | None = None
    character_id: CharacterId | None = None
    user_id: UserId | None = None


@frozen(kw_only=True)
class PaidAnew:
    """What a user is paid for a tick in a pool, before a correction and after it; caps are not taken off."""

    user_id: UserId
    pool_id: PoolId
    before: Points
    after: Points
    difference: Points


@frozen(kw_only=True)
class Corrected:
    """What a correction of a tick comes to: `applied` is False where it only would.

    `missing` are names that were to be removed and do not stand there; `paid_anew` tells who gains and who loses.
    """

    applied: bool
    raid_id: RaidId
    tick: int
    changed: int
    removed: int
    missing: tuple[str, ...]
    reversed_entries: int
    booked_entries: int
    paid_anew: tuple[PaidAnew, ...]


@frozen
class ChangeAttendance:
    """Change how somebody was at a tick (the first, unless named), or who they were: one name or many at once.

    Whoever is concerned is paid anew, for the line that pays most: what was booked is reversed where it differs, and
    booked as it should be. Items that were awarded stay. With `dry_run` nothing is changed, and the answer tells who
    would gain and lose. What is so already changes nothing.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        raid_id: RaidId,
        changes: Sequence[LineChange],
        *,
        tick: int | None = None,
        dry_run: bool = False,
        by: Actor,
    ) -> Corrected:
        must_write_or_lead(by)
        wanted = _by_key(changes)
        with self.begin(by) as work:
            judges = {key: judge for key, each in wanted.items() if (judge := _judge(work, each)) is not None}
            raid = work.raids.get(raid_id)
            must_run(raid, by)
            chosen = raid.tick(tick)
            present = work.attendances.present(raid_id, chosen.number)
            missing = [each.name for key, each in wanted.items() if key not in present.names]
            if missing:
                raise NoSuch("name at that tick", missing[0])
            pay = pay_at(work, raid, chosen)
            lines = [
                _changed(line, wanted[line.key], judges.get(line.key), chosen, pay) if line.key in wanted else line
                for line in present.lines
            ]
            correction = settled(present, lines, pay)
            followed = Followed()
            if correction and not dry_run:
                followed = correct(work, raid, chosen, correction, ids=self.ids, at=self.clock.now(), by=by)
        return corrected(raid, chosen, present, correction, followed, applied=not dry_run)


@frozen
class RemoveAttendance:
    """Take names off a tick (the first, unless named): they were not there after all. One name or many at once.

    What was booked for them is reversed, and whoever has another character there is paid for that. Items that were
    awarded stay. With `dry_run` nothing is changed, and the answer tells who would gain and lose. Names that do not
    stand there are told.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self, raid_id: RaidId, names: Sequence[str], *, tick: int | None = None, dry_run: bool = False, by: Actor
    ) -> Corrected:
        must_write_or_lead(by)
        _must_be_some(len(names))
        wanted = {name_key(cleaned): cleaned for cleaned in (clean_name(name, "names") for name in names)}
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            must_run(raid, by)
            chosen = raid.tick(tick)
            present = work.attendances.present(raid_id, chosen.number)
            lines = [line for line in present.lines if line.key not in wanted]
            correction = settled(present, lines, pay_at(work, raid, chosen))
            followed = Followed()
            if correction and not dry_run:
                followed = correct(work, raid, chosen, correction, ids=self.ids, at=self.clock.now(), by=by)
        missing = tuple(name for key, name in wanted.items() if key not in present.names)
        return corrected(raid, chosen, present, correction, followed, applied=not dry_run, missing=missing)


@frozen
class ChangeRaid:
    """Change a raid's end, leader, note or points, close it or open it again.

    Its points are its first tick's too, and everybody who was there is paid anew; ticks added before keep theirs.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        raid_id: RaidId,
        *,
        ends_at: datetime | None = None,
        leader: UserId | None = None,
        note: str | None = None,
        closed: bool | None = None,
        points: Points | None = None,
        by: Actor,
    ) -> Raid:
        by.must(Permission.RAIDS_WRITE)
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            must_be_known(work, leader)
            changed = raid.change(ends_at=ends_at, leader=leader, note=note, closed=closed, points=points)
            if changed is not raid:
                _retick(work, raid, changed, raid.tick().number, ids=self.ids, at=self.clock.now(), by=by)
        return changed


@frozen
class ChangeTick:
    """Change an attendance check's name, time or points; whoever was there is paid anew, from its new time on.

    Who each name stands for stays as it was judged.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        raid_id: RaidId,
        tick: int,
        *,
        name: str | None = None,
        at: datetime | None = None,
        points: Points | None = None,
        by: Actor,
    ) -> Raid:
        must_write_or_lead(by)
        if points is not None:
            by.must(Permission.RAIDS_WRITE)
        now = self.clock.now()
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            must_run(raid, by)
            changed = raid.change_tick(tick, name=name, at=at, points=points, now=now)
            if changed is not raid:
                _retick(work, raid, changed, tick, ids=self.ids, at=now, by=by)
        return changed


def correct(
    work: RaidsWork,
    raid: Raid,
    tick: Tick,
    correction: Correction,
    *,
    why: str = "",
    ids: Ids,
    at: datetime,
    by: Actor,
) -> Followed:
    """Carry a correction out, let the ledger follow, and save the raid with the news of it."""
    followed = carry_out(work, raid, correction, why=why, ids=ids, at=at, by=by)
    event = AttendanceCorrected(
        raid_id=raid.id,
        tick=tick.number,
        changed=len(correction.changed),
        removed=len(correction.removed),
        reversed_entries=followed.reversed,
        booked_entries=followed.booked,
        changes=tuple(_told(correction)),
    )
    known = evolve(raid, corrected=raid.corrected or bool(correction.removed))
    work.raids.save(known.announcing(event))
    return followed


def waive(work: RaidsWork, entry: Entry, *, why: str, ids: Ids, at: datetime, by: Actor) -> bool:
    """Take back what a line of attendance paid in a pool, so that no later correction pays it again (P-14).

    False, and nothing is done, where no line paid that entry.
    """
    raid = work.raids.get(RaidId(entry.source.id))
    tick = raid.tick(entry.source.part)
    lines = work.attendances.present(raid.id, tick.number).lines
    line = next((each for each in lines if (each.name, each.user_id) == (entry.character_name, entry.user_id)), None)
    if line is None or line.awarded_in(entry.pool_id) != entry.amount:
        return False
    paid = {pool_id: line.awarded_in(pool_id) for pool_id in raid.pools} | {entry.pool_id: ZERO}
    waived = evolve(line, waived=tuple(sorted({*line.waived, entry.pool_id}))).paid(paid)
    correct(work, raid, tick, Correction(changed=((line, waived),)), why=why, ids=ids, at=at, by=by)
    return True


def corrected(
    raid: Raid,
    tick: Tick,
    present: Present,
    correction: Correction,
    followed: Followed,
    *,
    applied: bool,
    missing: tuple[str, ...] = (),
) -> Corrected:
    """What is told of a correction."""
    return Corrected(
        applied=applied,
        raid_id=raid.id,
        tick=tick.number,
        changed=len(correction.changed),
        removed=len(correction.removed),
        missing=missing,
        reversed_entries=followed.reversed,
        booked_entries=followed.booked,
        paid_anew=paid_anew(raid, present, correction),
    )


def paid_anew(raid: Raid, present: Present, correction: Correction) -> tuple[PaidAnew, ...]:
    """Who gains or loses by a correction, by user and pool."""
    before = _sums(raid, present, correction.before)
    after = _sums(raid, present, correction.after)
    return tuple(
        PaidAnew(
            user_id=user_id,
            pool_id=pool_id,
            before=Points(before[user_id, pool_id]),
            after=Points(after[user_id, pool_id]),
            difference=Points(after[user_id, pool_id] - before[user_id, pool_id]),
        )
        for user_id, pool_id in sorted({*before, *after})
        if before[user_id, pool_id] != after[user_id, pool_id]
    )


def _sums(raid: Raid, present: Present, lines: Iterable[Attendance]) -> Counter[tuple[UserId, PoolId]]:
    sums: Counter[tuple[UserId, PoolId]] = Counter()
    for line in lines:
        if line.user_id is not None:
            for pool_id in raid.pools:
                sums[present.head(line.user_id), pool_id] += line.awarded_in(pool_id).hundredths
    return sums


def _retick(work: RaidsWork, raid: Raid, changed: Raid, number: int, *, ids: Ids, at: datetime, by: Actor) -> None:
    """Save a raid one tick of which may have other points or another time; who was there is paid anew."""
    before, tick = raid.tick(number), changed.tick(number)
    if (before.at, before.points) != (tick.at, tick.points):
        present = work.attendances.present(raid.id, number)
        lines = [evolve(line, at=tick.at) for line in present.lines]
        correction = settled(present, lines, pay_at(work, changed, tick), everybody=True)
        if correction:
            correct(work, changed, tick, correction, ids=ids, at=at, by=by)
            return
    work.raids.save(changed)


def _told(correction: Correction) -> Iterable[Change]:
    """How each was there, before and after, and whose the line is."""
    for old, new in correction.changed:
        if old.presence is not new.presence:
            yield Change(field=_subject(old), before=old.presence.value, after=new.presence.value)
        if old.user_id != new.user_id:
            yield Change(field=f"{_subject(old)}.user", before=old.user_id, after=new.user_id)
    for line in correction.removed:
        yield Change(field=_subject(line), before=line.presence.value, after=None)


def _subject(line: Attendance) -> str:
    if line.character_id is not None:
        return f"character {line.character_id}"
    return "name" if line.user_id is None else f"user {line.user_id}"


def _must_be_some(count: int) -> None:
    if not 1 <= count <= NAMES_MAX:
        raise InvalidValue("names", f"there are {count} names", f"1 to {NAMES_MAX}")


def _by_key(changes: Sequence[LineChange]) -> Mapping[str, LineChange]:
    """The changes by the key of the name. Raises: InvalidValue where one says nothing, or a name comes twice."""
    _must_be_some(len(changes))
    found: dict[str, LineChange] = {}
    for each in changes:
        key = name_key(clean_name(each.name, "names"))
        if key in found:
            raise InvalidValue("names", f"{each.name!r} is there twice", "each name once")
        if each.character_id is not None and each.user_id is not None:
            raise InvalidValue("character", f"{each.name!r} is both a character and a user", "one of the two")
        if each.presence is None and each.character_id is None and each.user_id is None:
            raise InvalidValue("names", f"nothing is said of {each.name!r}", _WHAT)
        found[key] = each
    return found


def _judge(work: RaidsWork, change: LineChange) -> Judge | None:
    """Who the name is to be; None where that stays."""
    if change.user_id is not None:
        return as_user(work, change.user_id)
    if change.character_id is None:
        return None
    if work.characters.get(change.character_id).status is CharacterStatus.PENDING:
        raise StillPending(change.character_id)
    return as_character(work, change.character_id)


def _changed(line: Attendance, change: LineChange, judge: Judge | None, tick: Tick, pay: Pay) -> Attendance:
    """The line as it is to be. Raises: NobodyOwnedIt."""
    if judge is not None and (change.user_id is None or change.user_id != line.user_id):
        judged = judge(line, tick)
        if judged is line:
            raise NobodyOwnedIt(line.name, CharacterId(change.character_id or 0))
        line = judged if judged.user_id == line.user_id else evolve(judged, waived=())
    if change.presence is None or change.presence is line.presence:
        return line
    return evolve(line, presence=change.presence, counts=pay.counts(change.presence), claimed=False, waived=())
