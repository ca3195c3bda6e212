"""What a tick's lines come to in the ledger: what they pay, and how the ledger follows where they change (D-8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import EntryId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Ids
from dkp_core.points import BUCKETS, Entry, EntryKind, Source, SourceKind, book, hold_all, numbered, take_back
from dkp_core.raids.attendance import Attendance, Correction, Pay
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.raid import Raid, Tick

_Booked: TypeAlias = tuple[int, str, PoolId, UserId]
"""Which line an entry is of: its tick and name; in which pool, and whose."""


@frozen
class Followed:
    """How the ledger followed a correction: how many entries were reversed, and how many booked anew."""

    reversed: int = 0
    booked: int = 0


def pay_at(work: RaidsWork, raid: Raid | None, tick: Tick) -> Pay:
    """What attendance at a tick of that raid pays, by the policies in force now; without a raid in no pool at all."""
    if raid is None:
        return Pay(points=tick.points)
    pools = {pool_id: work.policies.of(pool_id).policies for pool_id in raid.pools}
    return Pay(points=tick.points, pools=pools, alone=len(raid.ticks) == 1)


def carry_out(
    work: RaidsWork, raid: Raid, correction: Correction, *, why: str = "", ids: Ids, at: datetime, by: Actor
) -> Followed:
    """Keep the lines as they are to be; the ledger follows where it differs, and nowhere else."""
    work.attendances.append(raid, correction.added)
    work.attendances.change(raid, [new for _, new in correction.changed])
    work.attendances.remove(raid, correction.removed)
    return follow(work, raid, correction, why=why, ids=ids, at=at, by=by)


def follow(
    work: RaidsWork, raid: Raid, correction: Correction, *, why: str = "", ids: Ids, at: datetime, by: Actor
) -> Followed:
    """Reverse what is booked for the lines and should not be, with what caps took of it, and book what is missing."""
    standing = _standing(work, raid, correction.before)
    wanted = {
        (*_line_of(line), pool_id, line.user_id): (line.awarded_in(pool_id), line.at)
        for line in correction.after
        for pool_id in raid.pools
        if line.user_id is not None and line.awarded_in(pool_id)
    }
    kept = {
        _key(entry)
        for entry in standing
        if entry.kind is EntryKind.ATTENDANCE and wanted.get(_key(entry)) == (entry.amount, entry.occurred_at)
    }
    wrong = [entry for entry in standing if _key(entry) not in kept]
    missing = _entries_for(raid, correction.after, but=kept, at=at, by=by)
    if wrong and missing:
        hold_all(work, (*wrong, *missing))
    take_back(work, wrong, reason=why or f"Raid {raid.id} corrected", ids=ids, at=at, by=by)
    if missing:
        book(work, numbered(missing, ids), ids=ids)
    return Followed(len(wrong), len(missing))


def _standing(work: RaidsWork, raid: Raid, lines: Sequence[Attendance]) -> list[Entry]:
    """What is booked for these lines, as they were, and what caps took of it."""
    paid = [(line.user_id, line.at) for line in lines if line.user_id is not None and line.awarded]
    if not paid:
        return []
    theirs = {_line_of(line) for line in lines}
    return [
        entry
        for entry in work.ledger.unreversed(Source(SourceKind.RAID, raid.id), paid)
        if entry.kind in (EntryKind.ATTENDANCE, EntryKind.CAP) and (entry.source.part, entry.character_name) in theirs
    ]


def _line_of(line: Attendance) -> tuple[int, str]:
    return line.tick, line.name


def _key(entry: Entry) -> _Booked:
    return entry.source.part, entry.character_name, entry.pool_id, entry.user_id


def _entries_for(
    raid: Raid, lines: Sequence[Attendance], *, but: Collection[_Booked] = (), at: datetime, by: Actor
) -> list[Entry]:
    """The ledger's lines for attendance that pays, `but` for those that are there: one for each pool it pays in.

    Their ids are to be given.
    """
    paid: list[tuple[Attendance, UserId, PoolId, Points]] = [
        (line, line.user_id, pool_id, points)
        for line in lines
        if line.user_id is not None and line.awarded
        for pool_id in raid.pools
        if (points := line.awarded_in(pool_id)) and (*_line_of(line), pool_id, line.user_id) not in but
    ]
    return [
        Entry(
            id=EntryId(0),
            pool_id=pool_id,
            user_id=user_id,
            kind=EntryKind.ATTENDANCE,
            bucket=BUCKETS[EntryKind.ATTENDANCE],
            amount=points,
            reason=raid.title,
            character_name=line.name,
            source=Source(SourceKind.RAID, raid.id, line.tick),
            actor_kind=by.kind,
            actor_id=by.id,
            occurred_at=line.at,
            recorded_at=at,
        )
        for line, user_id, pool_id, points in paid
    ]
