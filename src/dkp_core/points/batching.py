"""Batches: previewing, making, showing and reversing them, by the pool's schedule or by hand (P-7 to P-9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import BatchId, PoolId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.points.adjusting import told_of
from dkp_core.points.batch import OF_A_RAID, Batch, BatchDraft, BatchKind
from dkp_core.points.booking import book, over_the_caps, take_back
from dkp_core.points.due import Run, next_runs, period_of, scheduled
from dkp_core.points.errors import BatchIsThere, NothingIsDue, PreviewIsOld
from dkp_core.points.events import AdjustmentReversed
from dkp_core.points.policies import DecayOf, InForce, Policies
from dkp_core.points.pool import Pool
from dkp_core.points.ports import PointsView, PointsWork
from dkp_core.points.reckoning import exempt_of, lines_of, title_of
from dkp_core.points.views import (
    BatchFilter,
    BatchLineRow,
    BatchPreview,
    BatchRow,
    DraftedLineRow,
)

RUN_BATCHES: Final = "run_batches"
SCHEDULE_BATCHES: Final = "schedule_batches"
RUNNING_KINDS: Final = (BatchKind.DECAY, BatchKind.CAP, BatchKind.INACTIVITY, BatchKind.BONUS)
LEFT_OUT: Final = "left out"


# --- by hand ----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class WantedRun:
    """Which run of a pool's policies is meant: of this kind, and where there are several bonuses, of that name.

    It is the oldest that is due, unless it is to be `now` or for another `period`: that of a run that was reversed.
    """

    kind: BatchKind
    rule: str = ""
    pool_id: PoolId | None = None
    period: str | None = None
    now: bool = False


@frozen
class PreviewBatch:
    """What the run of a rule of a pool's policies would book now: decay, a repeating cap, inactivity or a bonus.

    It is the oldest run that is due, unless another is named. Nothing is booked; the checksum that comes with it has
    exactly this booked.
    """

    begin: Begin[PointsWork]
    clock: Clock

    def __call__(self, wanted: WantedRun, *, by: Actor) -> BatchPreview:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            pool = held_pool(work, wanted.pool_id)
            run, period = _run(work, pool, wanted, self.clock.now())
            return previewed(work, drafted_run(work, pool.id, run, period, by))


@frozen
class RunBatch:
    """Make the run of a rule of a pool's policies: the oldest that is due, one that was reversed, or one now.

    It is made once for its period. With the checksum of a preview it books exactly what was previewed, or nothing. A
    run that is made now takes the place of the next: the schedule waits a whole interval. With `leave_out`, the run is
    noted as made, and nothing is booked.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, wanted: WantedRun, *, checksum: str | None = None, leave_out: bool = False, by: Actor) -> Batch:
        by.must(Permission.POINTS_WRITE)
        now = self.clock.now()
        with self.begin(by) as work:
            pool = held_pool(work, wanted.pool_id)
            run, period = _run(work, pool, wanted, now)
            draft = left_out(pool.id, run, period) if leave_out else drafted_run(work, pool.id, run, period, by)
            batch = booked(work, draft, checksum=checksum, under=run.in_force, ids=self.ids, at=now, by=by)
            set_deadline(work, pool)
        return batch


@frozen
class ReverseBatch:
    """Take a batch back as a whole: each entry of it that stands is reversed, from the batch's moment on.

    What was reversed of it before is left out. Its period can then be run again, which the schedule does not do by
    itself.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, batch_id: BatchId, *, reason: str, by: Actor) -> Batch:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            work.pools.all()  # held: who makes or reverses batches does so one after another
            return reversed_batch(work, batch_id, reason=reason, ids=self.ids, at=self.clock.now(), by=by)


@frozen
class ListBatches:
    """What moved the points of many together, the newest first; filtered by pool, kind and whether it was reversed."""

    read: Read[PointsView]

    def __call__(self, wanted: BatchFilter, *, page: PageRequest, by: Actor) -> Page[BatchRow]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.batches(wanted, page=page)


@frozen
class ShowBatch:
    """One batch: what it was made for, by whom, how many lines it has and what they come to."""

    read: Read[PointsView]

    def __call__(self, batch_id: BatchId, *, by: Actor) -> BatchRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.batch(batch_id)


@frozen
class ListBatchLines:
    """The entries that a batch booked, by user, each with the entry that reverses it, if one does."""

    read: Read[PointsView]

    def __call__(self, batch_id: BatchId, *, page: PageRequest, by: Actor) -> Page[BatchLineRow]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.batch_lines(batch_id, page=page)


# --- by the schedule --------------------------------------------------------------------------------------------------


@frozen
class RunDueBatch:
    """What follows when a run of a pool becomes due: the oldest is made, under the policies of its moment.

    Runs that were missed follow one after another, each in a transaction of its own.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, pool_id: PoolId, *, by: Actor) -> Batch | None:
        now = self.clock.now()
        with self.begin(by) as work:
            pool = held_pool(work, pool_id)
            batch = None
            run = None if pool.archived else next(iter(_next_runs(work, pool)), None)
            if run is not None and run.at <= now:
                draft = drafted_run(work, pool.id, run, _period(work, pool, run), by)
                batch = booked(work, draft, under=run.in_force, ids=self.ids, at=now, by=by)
            set_deadline(work, pool)
        return batch


@frozen
class ScheduleBatches:
    """What follows when a guild's clocks or a pool change: runs are due at their new moments, or no longer.

    What would have run while a pool was archived is left out: the last of those runs of each rule is noted, and books
    nothing.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, pool_id: PoolId | None = None, *, restored_at: datetime | None = None, by: Actor) -> None:
        with self.begin(by) as work:
            for pool in work.pools.all():
                if pool_id in (None, pool.id):
                    if restored_at is not None and not pool.archived:
                        self._leave_out(work, pool, restored_at, by)
                    set_deadline(work, pool)

    def _leave_out(self, work: PointsWork, pool: Pool, until: datetime, by: Actor) -> None:
        zone = _zone(work)
        for run in _next_runs(work, pool):
            moments = scheduled(run.in_force.policies)[run.rule].moments(zone, run.at)
            at = moments.until(until)
            if run.at < until:
                last = evolve(run, at=run.at if at is None else at)
                draft = left_out(pool.id, last, _period(work, pool, last))
                booked(work, draft, under=run.in_force, ids=self.ids, at=self.clock.now(), by=by)


def set_deadline(work: PointsWork, pool: Pool) -> None:
    """Have the worker come back when the next run of the pool is due; the pool is held, its policies are set."""
    key = f"{RUN_BATCHES}:{pool.id}"
    run = None if pool.archived else next(iter(_next_runs(work, pool)), None)
    if run is None:
        work.deadlines.cancel(key)
    else:
        work.deadlines.set(key, RUN_BATCHES, run.at, {"pool_id": pool.id})


# --- making and taking back -------------------------------------------------------------------------------------------


def held_pool(work: PointsWork, pool_id: PoolId | None) -> Pool:
    """The pool, or the default one; all are held, so that batches and policies are made one by one. Raises: NoSuch."""
    pools = work.pools.all()
    found = next((pool for pool in pools if (pool.is_default if pool_id is None else pool.id == pool_id)), None)
    return work.pools.get(pool_id) if found is None and pool_id is not None else _known(found)


def _known(pool: Pool | None) -> Pool:
    assert pool is not None, "every guild has a default pool from its founding on"
    return pool


def drafted_run(work: PointsWork, pool_id: PoolId, run: Run, period: str, by: Actor) -> BatchDraft:
    """What a run would book; the balances that it depends on are locked. Raises: FormulaFails."""
    draft = BatchDraft(
        pool_id=pool_id,
        kind=run.kind,
        rule=run.rule[1],
        period=period,
        title=title_of(run),
        at=run.at,
        policies_version=run.in_force.version,
        lines=lines_of(work, pool_id, run),
        exempt=exempt_of(work, run),
    )
    return with_cuts(work, draft, run.in_force.policies, by)


def left_out(pool_id: PoolId, run: Run, period: str) -> BatchDraft:
    """A run that is noted as made, though it books nothing."""
    return BatchDraft(
        pool_id=pool_id,
        kind=run.kind,
        rule=run.rule[1],
        period=period,
        title=f"{title_of(run)}: {LEFT_OUT}",
        at=run.at,
        policies_version=run.in_force.version,
        lines=(),
    )


def with_cuts(work: PointsWork, draft: BatchDraft, policies: Policies, by: Actor) -> BatchDraft:
    """The draft, with what the pool's caps would take of its lines."""
    if not policies.caps_bookings:
        return draft
    entries = draft.entries(BatchId(0), 0, recorded_at=draft.at, by=by)
    overs = over_the_caps(work, draft.pool_id, entries, policies)
    return evolve(draft, lines=tuple(evolve(line, cut=over) for line, over in zip(draft.lines, overs, strict=True)))


def booked(
    work: PointsWork,
    draft: BatchDraft,
    *,
    checksum: str | None = None,
    under: InForce,
    ids: Ids,
    at: datetime,
    by: Actor,
) -> Batch:
    """Make the batch that was drafted; the pools are held. Raises: BatchIsThere, PreviewIsOld, BalanceOutOfRange."""
    there = next((each for each in made_for(work, draft) if each.stands), None)
    if there is not None:
        raise BatchIsThere(there.id, draft.period)
    if checksum is not None and checksum != draft.checksum:
        raise PreviewIsOld(draft.title)
    batch_id = BatchId(ids.next("batch"))
    named = draft if draft.period else evolve(draft, period=str(batch_id))
    first = ids.next("entry", len(draft.lines)) if draft.lines else 0
    entries = draft.entries(batch_id, first, recorded_at=at, by=by)
    batch = Batch.make(batch_id, named, book(work, entries, ids=ids, under=under), at=at, by=by)
    work.batches.save(batch)
    return batch


def made_for(work: PointsWork, draft: BatchDraft) -> tuple[Batch, ...]:
    """The batches that were made for the same, one of which may stand; what is made for nothing is made anew."""
    if not draft.period:
        return ()
    return work.batches.of(draft.pool_id, draft.kind, draft.rule, draft.period)


def reversed_batch(work: PointsWork, batch_id: BatchId, *, reason: str, ids: Ids, at: datetime, by: Actor) -> Batch:
    """Take the batch back; the pools are held. Raises: NoSuch, BatchIsReversed, InvalidValue, BalanceOutOfRange."""
    batch = work.batches.get(batch_id)
    batch.must_stand()
    entries = work.batches.entries(batch)
    changed = batch.reverse(len(entries), reason=reason, at=at, by=by)
    adjustments = [each for each in work.adjustments.of_batch(batch_id) if each.reversed_at is None]
    if adjustments:
        told = AdjustmentReversed(adjustments=tuple(map(told_of, adjustments)), reason=changed.reason)
        work.adjustments.reverse_all([each.reverse(reason=changed.reason, at=at) for each in adjustments], told)
    take_back(work, entries, reason=changed.reason, ids=ids, at=at, by=by)
    work.batches.save(changed)
    return changed


def previewed(work: PointsWork, draft: BatchDraft) -> BatchPreview:
    """The draft as it is shown. Raises: BatchIsThere."""
    there = next((each for each in made_for(work, draft) if each.stands), None)
    if there is not None:
        raise BatchIsThere(there.id, draft.period)
    names = {each.user_id: each for each in work.turnout.named([line.user_id for line in draft.lines])}
    return BatchPreview(
        pool_id=draft.pool_id,
        kind=draft.kind,
        rule=draft.rule,
        period=draft.period,
        title=draft.title,
        at=draft.at,
        policies_version=draft.policies_version,
        count=len(draft.lines),
        total=str(draft.total),
        checksum=draft.checksum,
        lines=tuple(
            DraftedLineRow(
                user_id=line.user_id,
                username=names[line.user_id].username,
                main_character=names[line.user_id].main,
                before=line.before,
                amount=line.amount,
                cut=line.cut,
                after=line.after,
                reason=line.reason,
            )
            for line in draft.lines
        ),
    )


# --- which run is meant -----------------------------------------------------------------------------------------------


def _zone(work: PointsWork) -> str:
    guild = work.guilds.named(str(work.guild_id))  # not held: nothing waits for whoever changes it
    assert guild is not None, "a transaction is in a guild"
    return guild.timezone


def _next_runs(work: PointsWork, pool: Pool) -> tuple[Run, ...]:
    return next_runs(work.policies.all(pool.id), _zone(work), work.batches.last_runs(pool.id))


def _period(work: PointsWork, pool: Pool, run: Run) -> str:
    """What a run that is due is made for: its day, or its moment where another run is of that day.

    So it is where the guild's clocks were changed by many hours in between.
    """
    day = period_of(run.at, _zone(work))
    others = work.batches.of(pool.id, run.kind, run.rule[1], day)
    return f"{run.at:%Y-%m-%dT%H:%MZ}" if any(each.at != run.at for each in others) else day


def _run(work: PointsWork, pool: Pool, wanted: WantedRun, now: datetime) -> tuple[Run, str]:
    """The run that is meant, and what it is made for.

    Raises: PoolIsArchived, NothingIsDue, BatchIsThere, InvalidValue.
    """
    pool.must_be_open()
    if wanted.kind not in RUNNING_KINDS:
        raise InvalidValue("kind", f"{wanted.kind!r} does not run", ", ".join(RUNNING_KINDS))
    zone, rule = _zone(work), (wanted.kind, wanted.rule)
    if wanted.now:
        if wanted.period is not None:
            raise InvalidValue("period", "a run now is made for today", "one of period and now")
        in_force = work.policies.of(pool.id)
        if rule not in scheduled(in_force.policies):
            raise NothingIsDue(_named(wanted))
        return Run(rule=rule, at=now, in_force=in_force), period_of(now, zone)
    coming = next((each for each in _next_runs(work, pool) if each.rule == rule), None)
    due = None if coming is None or coming.at > now else coming
    period = None if due is None else _period(work, pool, due)
    if due is not None and period is not None and wanted.period in (None, period):
        return due, period
    if wanted.period is None:
        raise NothingIsDue(_named(wanted), None if coming is None else coming.at.isoformat())
    return _again(work, pool, wanted, period, now), wanted.period


def _again(work: PointsWork, pool: Pool, wanted: WantedRun, due: str | None, now: datetime) -> Run:
    """The run of a period whose batch was reversed, at the same moment under the same policies.

    Raises: InvalidValue, also where no schedule made it, or where decay by age was made since; BatchIsThere.
    """
    assert wanted.period is not None, "a run is made again for its period"
    if wanted.period.startswith(OF_A_RAID):
        accepted = "the day of a run that was reversed; what a raid is due is given by hand"
        raise InvalidValue("period", "bonuses of a raid are given with the raid, and do not run", accepted)
    made = work.batches.of(pool.id, wanted.kind, wanted.rule, wanted.period)
    if not made:
        accepted = "the day of a run that was reversed"
        accepted += "" if due is None else f", or {due}, which is due"
        raise InvalidValue("period", f"no run of {_named(wanted)} is to be made for {wanted.period[:40]!r}", accepted)
    last = made[-1]
    if last.stands:
        raise BatchIsThere(last.id, wanted.period)
    versions = {each.version: each for each in work.policies.all(pool.id)}
    run = Run(rule=(wanted.kind, wanted.rule), at=last.at, in_force=versions[last.policies_version])
    if run.rule not in scheduled(run.in_force.policies):
        accepted = "the day of a run that was reversed; what was given by hand is given by hand again"
        raise InvalidValue("period", f"what was made for {wanted.period!r} was not made by a schedule", accepted)
    if run.kind is BatchKind.DECAY and _is_by_age(run.in_force):
        made_until_now = work.batches.standing(pool.id, BatchKind.DECAY, now + timedelta(microseconds=1))
        for batch in made_until_now:
            # What came after was reckoned without it, and would be taken twice.
            if batch.at > run.at and _is_by_age(versions[batch.policies_version]):
                accepted = f"a run that none comes after: reverse batch {batch.id} and later ones, and run each again"
                raise InvalidValue("period", "decay by age ran since", accepted)
    return run


def _is_by_age(in_force: InForce) -> bool:
    decay = in_force.policies.decay
    return decay is not None and decay.on is DecayOf.ENTRIES


def _named(wanted: WantedRun) -> str:
    return f"{wanted.kind} {wanted.rule!r}" if wanted.rule else str(wanted.kind)
