"""Raids, who was there, and what they earned, out of EQdkp Plus (O-1)."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.actors import Actors
from dkp_adapters.eqdkp.mapping.external import external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting, as_duplicate, chunks, first_of_each
from dkp_adapters.eqdkp.mapping.household import Housed, Household
from dkp_adapters.eqdkp.mapping.limits import must_be_kept
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.pools import Pools, pool_ids
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import CharacterId, EntryId, EventTypeId, RaidId, UserId
from dkp_core.kernel.names import TEXT_LENGTH_MAX
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.points import BUCKETS, Entry, EntryKind, Source, SourceKind
from dkp_core.raids import Attendance, Presence, Raid, RaidStatus, Tick
from dkp_core.raids.raid import FIRST_TICK

Came: TypeAlias = Mapping[tuple[int, int], int]
"""What entries come to, in hundredths, by character and pool."""

_TICK: Final = 1
_APART: Final = "\n\n"


@frozen(kw_only=True)
class _Written:
    """A raid of ours, the row that it was, and by whom that was written."""

    row: rows.Raid
    raid: Raid
    by: str


@frozen(kw_only=True)
class _Bearer:
    """A character of ours, by what each line of attendance says of it."""

    id: CharacterId
    name: str
    user_id: UserId
    is_alt: bool

    @classmethod
    def of(cls, housed: Housed, numbers: Numbers) -> _Bearer:
        """The character that this one is."""
        return cls(
            id=CharacterId(numbers.of(Kind.CHARACTER, housed.id)),
            name=housed.name,
            user_id=numbers.users[housed.owner],
            is_alt=housed.main != housed.id,
        )


@frozen(kw_only=True)
class Raids(Part):
    """Raids with one tick each.

    Who is noted twice for a raid earned twice: they are there once, and awarded as often. `ids` are the raids that
    come, `came` what their entries come to.
    """

    ids: frozenset[int]
    came: Came
    _source: EqdkpSource
    _household: Household
    _pools: Pools
    _present: Mapping[int, array[int]]
    _counts: Mapping[Kind, int]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, pools: Pools, accounting: Accounting) -> Raids:
        """Those of a source. Raises: SumBeyondLimits."""
        present = {row.id: array("q") for row in source.rows(rows.Raid)}
        _take(source, household, present, accounting)
        came: dict[tuple[int, int], int] = {}
        entries = 0
        for row in first_of_each(source.rows(rows.Raid), as_duplicate(accounting)):
            fitting = Fitting()
            _read(row, household.actors, fitting)
            if row.event not in pools.of_event:
                fitting.remark(_unpaid(row, pools))
            fitting.changed_by(row)
            fitting.has_more |= bool(row.connected)
            fitting.tell(accounting, row, row.id)
            paid = pools.of_event.get(row.event, ()) if row.value else ()
            for character, times in Counter(present[row.id]).items():
                if times > 1:
                    must_be_kept(times * row.value.hundredths, _earned_at(row, household.characters[character]))
                    accounting.remark(
                        rows.Attendee.table,
                        f"{row.id}/{character}",
                        f"it is there {times} times, and paid as often in one",
                    )
                entries += len(paid)
                for pool in paid:
                    key = character, pool
                    came[key] = came.get(key, 0) + times * row.value.hundredths
        return cls(
            ids=frozenset(present),
            came=came,
            source=source,
            household=household,
            pools=pools,
            present=present,
            counts={Kind.RAID: len(present), Kind.ENTRY: entries},
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return self._counts

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        bearers = {each.id: _Bearer.of(each, numbers) for each in self._household.characters.values()}
        for written in chunks(self._written(numbers)):
            yield [each.raid for each in written]
            yield from chunks(self._lines(written, bearers))
            yield from chunks(self._entries(written, bearers, numbers))

    def _written(self, numbers: Numbers) -> Iterator[_Written]:
        for row in first_of_each(self._source.rows(rows.Raid)):
            note, by, at = _read(row, self._household.actors, Fitting())
            raid = Raid(
                id=RaidId(numbers.new(Kind.RAID, row.id)),
                guild_id=numbers.guild_id,
                event_type_id=EventTypeId(numbers.of(Kind.EVENT_TYPE, row.event)),
                title=self._pools.titles[row.event],
                pools=pool_ids(numbers, self._pools.of_event.get(row.event, ())),
                starts_at=at,
                note=note,
                points=row.value,
                status=RaidStatus.CLOSED,
                ticks=(Tick(number=_TICK, name=FIRST_TICK, at=at, points=row.value),),
                external_id=external_id(row.id),
            )
            yield _Written(row=row, raid=raid, by=by)

    def _at(self, written: _Written) -> Iterator[tuple[int, Points]]:
        """Who was at a raid, and what each earned there in each of its pools."""
        value = written.raid.points
        worth = {1: value}
        for character, times in Counter(self._present[written.row.id]).items():
            if times not in worth:
                worth[times] = Points(times * value.hundredths)
            yield character, worth[times]

    def _lines(self, written: Sequence[_Written], bearers: Mapping[int, _Bearer]) -> Iterator[Attendance]:
        for each in written:
            raid_id, at, is_paid = each.raid.id, each.raid.starts_at, bool(each.raid.pools)
            for character, worth in self._at(each):
                bearer = bearers[character]
                yield Attendance(
                    raid_id=raid_id,
                    tick=_TICK,
                    name=bearer.name,
                    presence=Presence.PRESENT,
                    character_id=bearer.id,
                    user_id=bearer.user_id,
                    awarded=worth if is_paid else ZERO,
                    at=at,
                    alt=bearer.is_alt,
                    counts=True,
                )

    def _entries(
        self, written: Sequence[_Written], bearers: Mapping[int, _Bearer], numbers: Numbers
    ) -> Iterator[Entry]:
        for each in written:
            raid, by = each.raid, each.by
            source = Source(SourceKind.RAID, raid.id, _TICK)
            for character, worth in self._at(each) if raid.points and raid.pools else ():
                bearer = bearers[character]
                for pool_id in raid.pools:
                    yield Entry(
                        id=EntryId(numbers.new(Kind.ENTRY)),
                        pool_id=pool_id,
                        user_id=bearer.user_id,
                        kind=EntryKind.ATTENDANCE,
                        bucket=BUCKETS[EntryKind.ATTENDANCE],
                        amount=worth,
                        reason=raid.title,
                        character_name=bearer.name,
                        source=source,
                        actor_kind=ActorKind.IMPORT,
                        actor_id=by,
                        occurred_at=raid.starts_at,
                        recorded_at=numbers.at,
                    )


def _take(source: EqdkpSource, household: Household, present: Mapping[int, array[int]], accounting: Accounting) -> None:
    """Puts down who was at which raid, as often as a row says so."""
    taken = 0
    for row in source.rows(rows.Attendee):
        at = present.get(row.raid)
        if at is None or row.character not in household.characters:
            what = f"raid {row.raid}" if at is None else f"character {row.character}"
            accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"there is no {what}")
            continue
        at.append(row.character)
        taken += 1
    accounting.imported(rows.Attendee.table, taken)


def _read(row: rows.Raid, actors: Actors, fitting: Fitting) -> tuple[str, str, datetime]:
    """The raid's note, with what else was written about it, who wrote it down, and when it was."""
    note, by, at = fitting.text(row.note, "note"), actors.named(row.added_by, fitting), fitting.date(row.at)
    more = fitting.text(row.additional, "additional data")
    whole = note + _APART + more if note and more else note or more
    if len(whole) > TEXT_LENGTH_MAX:
        fitting.cut("its note leaves no room for its additional data: the archive has that")
        return note, by, at
    return whole, by, at


def _earned_at(row: rows.Raid, housed: Housed) -> str:
    return f"the points of {housed.name!r} at raid {row.id}"


def _unpaid(row: rows.Raid, pools: Pools) -> str:
    return f"its event, {pools.titles[row.event]!r}, is in no pool: nobody earned anything"
