"""Bonuses and penalties for raids: by the pool's rules once a raid is closed, and as officers give them (P-9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import InvalidValue, NotFound
from dkp_core.kernel.ids import PoolId, RaidId, UserId
from dkp_core.kernel.names import clean_name, clean_text
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points import (
    ADJUSTMENTS_MAX,
    OF_A_RAID,
    PERIOD_MAX,
    AdjustmentLine,
    Balance,
    Batch,
    BatchDraft,
    BatchKind,
    BatchLine,
    BatchPreview,
    Bonus,
    BonusFor,
    Entry,
    EntryKind,
    InForce,
    booked,
    held_pool,
    previewed,
    reversed_batch,
    users_of,
    with_cuts,
)
from dkp_core.raids.attendance import Attendance
from dkp_core.raids.events import ClosedRaidChanged, RaidCancelled, RaidChanged
from dkp_core.raids.formats import Presence
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.raid import Raid, RaidStatus, Tick, must_have_been

REASON_MAX: Final = 500
REWARD_RAID: Final = "reward_raid"
REWARDED: Final[tuple[type[DomainEvent], ...]] = (RaidChanged, ClosedRaidChanged, RaidCancelled)
"""What may change the bonuses of a raid."""

_FOR_RAIDS: Final = (BonusFor.ON_TIME, BonusFor.FULL_RAID)

# --- by the rules of the pools ----------------------------------------------------------------------------------------


@frozen
class RewardRaid:
    """What follows when a raid is closed: who was on time, or there throughout, gets the bonus of each of its pools.

    The policies are those that were in force when the raid began. Where the raid is corrected, opened again or
    cancelled, its bonuses are reversed, and given anew as they are then due; a bonus that somebody reversed stays
    reversed, and whoever had theirs taken back by itself is given no other. What officers gave for a raid goes back
    with it once it is cancelled.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(self, raid_id: RaidId, *, by: Actor) -> None:
        with self.begin(by) as work:
            try:
                raid = work.raids.get(raid_id)
            except NotFound:
                raid = None  # nobody attended, and it was removed
            work.pools.all()  # held: who makes or reverses batches does so one after another
            made: defaultdict[tuple[PoolId, str], list[Batch]] = defaultdict(list)
            for batch in work.batches.of_period(BatchKind.BONUS, period_of(raid_id)):
                made[batch.pool_id, batch.rule].append(batch)
            for in_force, due in () if raid is None else self._due(work, raid):
                self._give(work, in_force, due, made.pop((due.pool_id, due.rule), []), by)
            why = f"Raid {raid_id} is {'removed' if raid is None else raid.status}"
            over = [batch for batches in made.values() for batch in batches if batch.stands]
            if raid is None or raid.status is RaidStatus.CANCELLED:
                over += work.batches.of_raid(raid_id)
            for batch in over:
                self._take_back(work, batch, why, by)

    def _give(self, work: RaidsWork, in_force: InForce, due: BatchDraft, made: Sequence[Batch], by: Actor) -> None:
        """Give a bonus as it is due, unless it was given so or somebody took it back; `made` is it as it was given."""
        if made and made[-1].was_taken_back_by_hand:
            return
        given = {batch.id: work.batches.all_entries(batch) for batch in made}
        gone = {entry.id for batch in made for entry in batch.taken_back_singly(given[batch.id])}
        spared = {_head(work, entry) for batch in made for entry in given[batch.id] if entry.id in gone}
        draft = evolve(due, lines=tuple(line for line in due.lines if line.user_id not in spared))
        standing = next((batch for batch in made if batch.stands), None)
        if standing is not None:
            have = sorted(
                _head(work, entry)
                for entry in given[standing.id]
                if entry.kind is EntryKind.BONUS and entry.reverses is None and entry.id not in gone
            )
            if _was_given_as(standing, have, draft):
                return
            self._take_back(work, standing, f"Raid {due.period.removeprefix(OF_A_RAID)} changed", by)
        if draft.lines:
            booked(work, draft, under=in_force, ids=self.ids, at=self.clock.now(), by=by)

    def _due(self, work: RaidsWork, raid: Raid) -> Sequence[tuple[InForce, BatchDraft]]:
        if raid.status is not RaidStatus.CLOSED:
            return ()
        found: list[tuple[InForce, BatchDraft]] = []
        lines: tuple[Attendance, ...] | None = None
        for pool_id in raid.pools:
            in_force = _in_force_at(work, pool_id, raid.starts_at)
            for bonus in in_force.policies.bonuses:
                if bonus.given_for in _FOR_RAIDS:
                    lines = work.attendances.of_raid(raid.id) if lines is None else lines
                    users = there_throughout(raid, _by_person(work, raid, lines), bonus.given_for)
                    if users:
                        found.append((in_force, _draft(raid, pool_id, in_force, bonus, users)))
        return found

    def _take_back(self, work: RaidsWork, batch: Batch, reason: str, by: Actor) -> None:
        reversed_batch(work, batch.id, reason=reason, ids=self.ids, at=self.clock.now(), by=by)


def period_of(raid_id: RaidId) -> str:
    """What the bonuses of a raid are made for."""
    return f"{OF_A_RAID}{raid_id}"


def there_throughout(raid: Raid, lines: Collection[Attendance], given_for: BonusFor) -> tuple[UserId, ...]:
    """Who gets a bonus, in order of user id: who was present at the first tick, or at each of them."""
    in_order = sorted(raid.ticks, key=_by_time)
    needed = {tick.number for tick in (in_order[:1] if given_for is BonusFor.ON_TIME else in_order)}
    ticks: dict[UserId, set[int]] = {}
    for line in lines:
        if line.user_id is not None and line.presence is Presence.PRESENT:
            ticks.setdefault(line.user_id, set()).add(line.tick)
    return tuple(user_id for user_id in sorted(ticks) if needed <= ticks[user_id])


def _by_person(work: RaidsWork, raid: Raid, lines: Iterable[Attendance]) -> tuple[Attendance, ...]:
    """The lines, each of whom it counts for: whoever was merged is one person with whom they were merged into."""
    moments = {tick.number: tick.at for tick in raid.ticks}
    return tuple(
        line if line.user_id is None else evolve(line, user_id=work.merges.head(line.user_id, moments[line.tick]))
        for line in lines
    )


def _head(work: RaidsWork, entry: Entry) -> UserId:
    return work.merges.head(entry.user_id, entry.occurred_at)


def _by_time(tick: Tick) -> tuple[datetime, int]:
    return tick.at, tick.number


def _in_force_at(work: RaidsWork, pool_id: PoolId, at: datetime) -> InForce:
    return next(each for each in reversed(work.policies.all(pool_id)) if each.changed_at <= at)


def _draft(raid: Raid, pool_id: PoolId, in_force: InForce, bonus: Bonus, users: Sequence[UserId]) -> BatchDraft:
    return BatchDraft(
        pool_id=pool_id,
        kind=BatchKind.BONUS,
        rule=bonus.name,
        period=period_of(raid.id),
        title=f"{bonus.name}: {raid.title}",
        at=max(raid.ticks, key=_by_time).at,
        policies_version=in_force.version,
        lines=tuple(BatchLine(user_id=user_id, before=ZERO, amount=bonus.points) for user_id in users),
    )


def _was_given_as(batch: Batch, have: Sequence[UserId], draft: BatchDraft) -> bool:
    """Whether those who have a bonus of it are those whom it is due to, in order of user id."""
    is_of_then = (batch.at, batch.policies_version) == (draft.at, draft.policies_version)
    return is_of_then and list(have) == [line.user_id for line in draft.lines]


# --- by hand ----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class WantedBonus:
    """A bonus, or a penalty, for those who attended a raid (or one of its ticks), or for those who are listed.

    Amounts are what is given or taken: more than 0. `key` says what it is for: the same is given once for it.
    """

    title: str
    penalty: bool = False
    pool_id: PoolId | None = None
    raid_id: RaidId | None = None
    tick: int | None = None
    amount: Points | None = None
    lines: tuple[AdjustmentLine, ...] = ()
    key: str = ""
    occurred_at: datetime | None = None


@frozen
class PreviewBonus:
    """What a bonus or a penalty would come to for each: nothing is booked.

    The checksum that comes with it has exactly this booked.
    """

    begin: Begin[RaidsWork]
    clock: Clock

    def __call__(self, wanted: WantedBonus, *, by: Actor) -> BatchPreview:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            return previewed(work, _wanted_draft(work, wanted, self.clock.now(), by))


@frozen
class GiveBonus:
    """Give a bonus, or take a penalty, as one batch: from all who attended a raid or a tick, or from those listed.

    The pool is the one given, else the raid's where it awards in one alone, else the guild's default. With a key, the
    same is given once for it. With the checksum of a preview exactly that is booked, or nothing. What is given for a
    raid is reversed where the raid is cancelled; corrections of the raid leave it as it is.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(self, wanted: WantedBonus, *, checksum: str | None = None, by: Actor) -> Batch:
        by.must(Permission.POINTS_WRITE)
        now = self.clock.now()
        with self.begin(by) as work:
            draft = _wanted_draft(work, wanted, now, by)
            in_force = work.policies.of(draft.pool_id)
            return booked(work, draft, checksum=checksum, under=in_force, ids=self.ids, at=now, by=by)


def _wanted_draft(work: RaidsWork, wanted: WantedBonus, now: datetime, by: Actor) -> BatchDraft:
    """What is wanted, with the balances of all whom it concerns locked. Raises: InvalidValue, NoSuch, and so on."""
    raid = None if wanted.raid_id is None else work.raids.get(wanted.raid_id)
    pool_id = wanted.pool_id
    if pool_id is None and raid is not None and len(raid.pools) == 1:
        pool_id = raid.pools[0]
    pool = held_pool(work, pool_id)
    pool.must_be_open()
    if raid is None:
        at = wanted.occurred_at or now
        must_have_been(at, now, "occurred_at")
        moved = _listed(work, wanted, at)
    else:
        at, moved = _attendees(work, raid, wanted)
    in_force = work.policies.of(pool.id)
    held = work.ledger.held(pool.id, {line.user_id for line in moved})
    draft = BatchDraft(
        pool_id=pool.id,
        kind=BatchKind.PENALTY if wanted.penalty else BatchKind.BONUS,
        period=clean_text(wanted.key, "key", length_max=PERIOD_MAX),
        title=clean_name(wanted.title, "title"),
        at=at,
        policies_version=in_force.version,
        lines=_signed(moved, held, penalty=wanted.penalty),
        raid_id=wanted.raid_id,
    )
    if draft.period.startswith(OF_A_RAID):
        raise InvalidValue("key", f"{draft.period!r} is what rules call a raid's", f"a key without {OF_A_RAID!r}")
    return with_cuts(work, draft, in_force.policies, by)


def _signed(moved: Sequence[BatchLine], held: Mapping[UserId, Balance], *, penalty: bool) -> tuple[BatchLine, ...]:
    """The lines in order of user id, each with what the user has before it, and taken away where it is a penalty."""
    before = {user_id: balance.current for user_id, balance in held.items()}
    lines = []
    for line in sorted(moved, key=attrgetter("user_id")):
        amount = -line.amount if penalty else line.amount
        lines.append(evolve(line, before=before[line.user_id], amount=amount))
        before[line.user_id] += amount
    return tuple(lines)


def _attendees(work: RaidsWork, raid: Raid, wanted: WantedBonus) -> tuple[datetime, list[BatchLine]]:
    """When it counts from, and a line for each who attended the raid, or the tick. Raises: InvalidValue, NoSuch."""
    raid.must_stand()
    if wanted.lines:
        raise InvalidValue("raid", "it is said twice whom it is for", "a raid, or a list")
    if wanted.amount is None:
        raise InvalidValue("amount", "it is not given", "points, more than 0")
    if wanted.occurred_at is not None:
        raise InvalidValue("occurred_at", "it counts from the raid's time on", "a raid without it")
    amount = _more_than_nothing(wanted.amount, "amount")
    ticks = list(raid.ticks) if wanted.tick is None else [raid.tick(wanted.tick)]
    numbers = {tick.number for tick in ticks}
    lines_of_raid = _by_person(work, raid, work.attendances.of_raid(raid.id))
    users = {
        line.user_id: line.name
        for line in reversed(lines_of_raid)
        if line.user_id is not None and line.counts and line.tick in numbers
    }
    if not users:
        raise InvalidValue("raid", "nobody is known to have attended it", "a raid, or a tick, with attendance")
    lines = [
        BatchLine(user_id=user_id, before=ZERO, amount=amount, character_name=name) for user_id, name in users.items()
    ]
    return max(ticks, key=_by_time).at, lines


def _listed(work: RaidsWork, wanted: WantedBonus, at: datetime) -> list[BatchLine]:
    """A line for each that is listed. Raises: InvalidValue, NoSuch."""
    if wanted.tick is not None:
        raise InvalidValue("tick", "no raid is named", "a tick together with its raid")
    if wanted.amount is not None:
        raise InvalidValue("amount", "each line of a list has its own", "a raid with an amount, or a list without")
    if not 1 <= len(wanted.lines) <= ADJUSTMENTS_MAX:
        raise InvalidValue("lines", f"there are {len(wanted.lines)}", f"a raid, or 1 to {ADJUSTMENTS_MAX} lines")
    return [
        BatchLine(
            user_id=user_id,
            before=ZERO,
            amount=_more_than_nothing(line.amount, f"lines.{index}.amount"),
            reason=clean_text(line.reason, "reason", length_max=REASON_MAX),
            character_name=clean_text(line.character, "character", length_max=64),
        )
        for index, (line, user_id) in enumerate(zip(wanted.lines, users_of(work, wanted.lines, at), strict=True))
    ]


def _more_than_nothing(amount: Points, name: str) -> Points:
    if amount <= ZERO:
        raise InvalidValue(name, f"{amount} is not more than 0", "points, more than 0; a penalty takes them away")
    return amount
