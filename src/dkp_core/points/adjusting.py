"""Moving points by hand, and taking that back (P-8)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidFields, InvalidValue, NoSuch
from dkp_core.kernel.ids import AdjustmentId, EntryId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.points.adjustment import Adjustment
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

    Who is named by a character is its owner at that time. The pool is the one given, else the guild's default.
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
                    by=by,
                )
                for index, (line, user_id) in enumerate(zip(lines, _users(work, lines, at), strict=True))
            )
            if not dry_run:
                told = PointsAdjusted(adjustments=tuple(map(_told, adjustments)), reason=adjustments[0].reason)
                work.adjustments.append(adjustments, told)
                work.ledger.append([adjustment.entry() for adjustment in adjustments])
        return adjustments

    def _reserve(self, count: int) -> tuple[int, int]:
        return self.ids.next("adjustment", count), self.ids.next("entry", count)


def _told(adjustment: Adjustment) -> AdjustedPoints:
    return AdjustedPoints(
        adjustment_id=adjustment.id,
        user_id=adjustment.user_id,
        pool_id=adjustment.pool_id,
        amount=str(adjustment.amount),
    )


def _users(work: PointsWork, lines: Sequence[AdjustmentLine], at: datetime) -> Iterable[UserId]:
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
        entry_id = EntryId(self.ids.next("entry"))
        with self.begin(by) as work:
            adjustment = work.adjustments.get(adjustment_id)
            reversed_, entry = adjustment.reverse(entry_id, reason=reason, by=by, at=self.clock.now())
            told = AdjustmentReversed(adjustments=(_told(adjustment),), reason=entry.reason)
            work.adjustments.reverse(reversed_, told)
            work.ledger.append([entry])
        return reversed_


@frozen
class ListAdjustments:
    """Manual adjustments, the newest first; filtered by pool, user, and whether they were reversed."""

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
