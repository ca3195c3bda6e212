"""Moving points by hand, and taking that back (P-8)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidFields, InvalidValue, NoSuch
from dkp_core.kernel.ids import AdjustmentId, BatchId, EntryId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.points.adjustment import Adjustment
from dkp_core.points.batch import Batch, BatchDraft, BatchKind, BatchLine
from dkp_core.points.booking import book, take_back
from dkp_core.points.entry import Entry, Source, SourceKind
from dkp_core.points.events import AdjustedPoints, AdjustmentReversed, PointsAdjusted
from dkp_core.points.pooling import default_pool
from dkp_core.points.ports import PointsView, PointsWork
from dkp_core.points.views import AdjustmentFilter, AdjustmentRow

ADJUSTMENTS_MAX: Final = 2000


@frozen(kw_only=True)
class AdjustmentLine:
    """One user's share of an adjustment: the user, or a character of theirs; the amount and, if it differs, why."""

    amount: Points
    user_id: UserId | None = None
    character: str = ""
    reason: str = ""


@frozen
class AdjustPoints:
    """Give points to users or take them away, one or many at once, with a reason; all of it or nothing.

    Who is named by a character is its owner at that time. The pool is the one given, else the guild's default. Several
    at once are a batch, which can be reversed as a whole.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        lines: Sequence[AdjustmentLine],
        *,
        reason: str,
        note: str = "",
        pool_id: PoolId | None = None,
        occurred_at: datetime | None = None,
        dry_run: bool = False,
        by: Actor,
    ) -> tuple[Adjustment, ...]:
        by.must(Permission.POINTS_WRITE)
        if not 1 <= len(lines) <= ADJUSTMENTS_MAX:
            raise InvalidValue("adjustments", f"there are {len(lines)}", f"1 to {ADJUSTMENTS_MAX} at once")
        now = self.clock.now()
        at = occurred_at or now
        first, first_entry = (0, 0) if dry_run else self._reserve(len(lines))
        batch_id = BatchId(self.ids.next("batch")) if len(lines) > 1 and not dry_run else None
        with self.begin(by) as work:
            pool = default_pool(work) if pool_id is None else work.pools.get(pool_id)
            pool.must_be_open()
            adjustments = tuple(
                Adjustment.make(
                    AdjustmentId(first + index),
                    EntryId(first_entry + index),
                    user_id=user_id,
                    pool_id=pool.id,
                    amount=line.amount,
                    reason=line.reason or reason,
                    note=note,
                    character_name=line.character,
                    occurred_at=at,
                    recorded_at=now,
                    batch_id=batch_id,
                    by=by,
                )
                for index, (line, user_id) in enumerate(zip(lines, users_of(work, lines, at), strict=True))
            )
            if not dry_run:
                told = PointsAdjusted(adjustments=tuple(map(told_of, adjustments)), reason=adjustments[0].reason)
                work.adjustments.append(adjustments, told)
                made = book(work, [adjustment.entry() for adjustment in adjustments], ids=self.ids)
                if batch_id is not None:
                    work.batches.save(_batch(work, batch_id, adjustments, made, now, by))
        return adjustments

    def _reserve(self, count: int) -> tuple[int, int]:
        return self.ids.next("adjustment", count), self.ids.next("entry", count)


def _batch(
    work: PointsWork,
    batch_id: BatchId,
    adjustments: Sequence[Adjustment],
    made: Sequence[Entry],
    recorded_at: datetime,
    by: Actor,
) -> Batch:
    """The batch that these adjustments are; each has its own entries, and nothing else is made for it."""
    first = adjustments[0]
    draft = BatchDraft(
        pool_id=first.pool_id,
        kind=BatchKind.ADJUSTMENT,
        period=str(batch_id),
        title=first.reason,
        at=first.occurred_at,
        policies_version=work.policies.of(first.pool_id).version,
        lines=tuple(BatchLine(user_id=each.user_id, before=ZERO, amount=each.amount) for each in adjustments),
    )
    return Batch.make(batch_id, draft, made, at=recorded_at, by=by)


def told_of(adjustment: Adjustment) -> AdjustedPoints:
    """How events tell of an adjustment."""
    return AdjustedPoints(
        adjustment_id=adjustment.id,
        user_id=adjustment.user_id,
        pool_id=adjustment.pool_id,
        amount=str(adjustment.amount),
    )


def users_of(work: PointsWork, lines: Sequence[AdjustmentLine], at: datetime) -> Iterable[UserId]:
    """Whose points each line moves. Raises: InvalidValue, NoSuch (a user without a place in this guild)."""
    named = [line.character for line in lines if line.user_id is None]
    known = work.characters.attributed(named, at) if named else {}
    users = []
    for line in lines:
        if line.user_id is not None:
            if work.memberships.find(line.user_id) is None and not work.characters.owned_by(line.user_id):
                raise NoSuch("user", line.user_id)
            users.append(line.user_id)
            continue
        if not line.character:
            raise InvalidValue("user", "neither a user nor a character is named", "a user's id or a character's name")
        found = known.get(name_key(line.character))
        if found is None or found.owner is None:
            raise NoSuch("character with an owner", line.character[:80])
        users.append(found.owner)
    return users


@frozen
class ReverseAdjustment:
    """Take a manual adjustment back: an entry reverses it, from the same time on; nothing is deleted."""

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, adjustment_id: AdjustmentId, *, reason: str, by: Actor) -> Adjustment:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            adjustment = work.adjustments.get(adjustment_id)
            at = self.clock.now()
            reverse_adjustment(work, adjustment, reason, ids=self.ids, at=at, by=by)
        return adjustment.reverse(reason=reason, at=at)


def reverse_adjustment(
    work: PointsWork, adjustment: Adjustment, reason: str, *, ids: Ids, at: datetime, by: Actor
) -> tuple[Entry, ...]:
    """Reverse an adjustment that is held; answers its entries. Raises: AlreadyReversed, InvalidValue."""
    reversed_ = adjustment.reverse(reason=reason, at=at)
    told = AdjustmentReversed(adjustments=(told_of(adjustment),), reason=reason.strip())
    work.adjustments.reverse(reversed_, told)
    source, line = Source(SourceKind.ADJUSTMENT, adjustment.id), (adjustment.user_id, adjustment.occurred_at)
    standing = work.ledger.unreversed(source, [line])
    take_back(work, standing, reason=reason.strip(), ids=ids, at=at, by=by)
    return standing


@frozen
class ListAdjustments:
    """Manual adjustments, the newest first; filtered by pool, user, external id, and whether they were reversed."""

    read: Read[PointsView]

    def __call__(self, wanted: AdjustmentFilter, *, page: PageRequest, by: Actor) -> Page[AdjustmentRow]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.adjustments(wanted, page=page)


def adjustments_from_csv(text: str) -> tuple[AdjustmentLine, ...]:
    """Lines of a CSV with a header: `character` or `user`, `amount`, and `reason` if they differ.

    Raises: InvalidFields, naming every line that can't be read; InvalidValue where there is no header or no line.
    """
    accepted = "CSV with a header of character or user, amount, and optionally reason"
    rows = csv.DictReader(text.removeprefix("\ufeff").splitlines(keepends=True), skipinitialspace=True)
    try:
        columns = {name.strip().lower() for name in rows.fieldnames or ()}
        if "amount" not in columns or not columns & {"character", "name", "user", "user_id"}:
            raise InvalidValue("file", "its first line does not name the columns", accepted)
        lines, faults = [], []
        for row in rows:
            cells = {(name or "").strip().lower(): (cell or "").strip() for name, cell in row.items() if name}
            if not any(cells.values()):
                continue
            try:
                lines.append(_csv_line(cells))
            except InvalidValue as fault:
                faults.append(InvalidValue(f"line {rows.line_num}", f"{fault.name} {fault.fault}", fault.accepted))
    except csv.Error as unreadable:
        raise InvalidValue("file", f"it can't be read as CSV ({unreadable})", accepted) from unreadable
    if faults:
        raise InvalidFields(tuple(faults))
    if not lines:
        raise InvalidValue("file", "it holds no line", accepted)
    return tuple(lines)


def _csv_line(cells: dict[str, str]) -> AdjustmentLine:
    user = cells.get("user_id") or cells.get("user") or ""
    if user and not (user.isascii() and user.isdigit() and len(user) < 19):
        raise InvalidValue("user", f"{user[:40]!r} is no user id", "a whole number")
    return AdjustmentLine(
        amount=Points.of(cells["amount"], "amount"),
        user_id=UserId(int(user)) if user else None,
        character=cells.get("character") or cells.get("name") or "",
        reason=cells.get("reason", ""),
    )
