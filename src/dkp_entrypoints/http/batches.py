"""Batches over HTTP: runs of the pool's policies, bonuses and penalties, and what moved together."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import BatchId, PoolId, RaidId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.points import (
    ADJUSTMENTS_MAX,
    AdjustmentLine,
    BatchFilter,
    BatchKind,
    BatchLineRow,
    BatchPreview,
    BatchRow,
    WantedRun,
    adjustments_from_csv,
)
from dkp_core.raids import WantedBonus
from dkp_entrypoints.http.operation import Call, Files, Operations
from dkp_entrypoints.http.points import LineBody, ReversalBody, line_of
from dkp_entrypoints.http.reading import Amount, Body, Id, Moment, Paged, moment_of, points_of

batches: Final = Operations("Batches")

Checksum = Annotated[str, Meta(max_length=64, description="That of a preview: exactly that is booked, or nothing.")]


class RunBody(Body, frozen=True, kw_only=True):
    """Which run of a pool's policies is meant: the oldest that is due, unless it is to be now or for another period."""

    kind: Annotated[BatchKind, Meta(description="decay, cap, inactivity or bonus")]
    rule: Annotated[str, Meta(max_length=64, description="The name of the bonus.")] = ""
    pool: Annotated[Id, Meta(description="Else the guild's default pool.")] | None = None
    period: Annotated[str, Meta(max_length=64, description="The day of the run, such as 2026-11-23.")] | None = None
    now: bool = False

    @property
    def wanted(self) -> WantedRun:
        """The run as the core has it."""
        return WantedRun(
            kind=self.kind,
            rule=self.rule,
            pool_id=None if self.pool is None else PoolId(self.pool),
            period=self.period,
            now=self.now,
        )


class MadeRunBody(RunBody, frozen=True, kw_only=True):
    """A run to be made, or to be left out."""

    checksum: Checksum | None = None
    leave_out: bool = False


class BonusBody(Body, frozen=True, kw_only=True):
    """A bonus or penalty: for who attended a raid (or a tick of it) an `amount`, or `lines`, or a file of CSV."""

    title: str
    penalty: bool = False
    pool: Id | None = None
    raid: Id | None = None
    tick: Annotated[int, Meta(ge=1)] | None = None
    amount: Amount | None = None
    lines: Annotated[tuple[LineBody, ...], Meta(max_length=ADJUSTMENTS_MAX)] | None = None
    key: Annotated[str, Meta(description="What it is for: the same is given once for it.")] = ""
    occurred_at: Moment | None = None


class GivenBonusBody(BonusBody, frozen=True, kw_only=True):
    """A bonus or penalty to be given."""

    checksum: Checksum | None = None


class BatchesQuery(Paged, frozen=True, kw_only=True):
    """Which batches are wanted."""

    pool_id: Id | None = None
    kind: BatchKind | None = None
    reversed: bool | None = None


@batches.get("/api/points/batches/", Permission.POINTS_READ)
def list_batches(call: Call, query: BatchesQuery) -> Page[BatchRow]:
    wanted = BatchFilter(
        pool_id=None if query.pool_id is None else PoolId(query.pool_id), kind=query.kind, reversed=query.reversed
    )
    return call.use_cases.list_batches()(wanted, page=query.wanted, by=call.by)


@batches.get("/api/points/batches/{batch_id}/", Permission.POINTS_READ)
def show_batch(call: Call, batch_id: BatchId) -> BatchRow:
    return call.use_cases.show_batch()(batch_id, by=call.by)


@batches.get("/api/points/batches/{batch_id}/lines/", Permission.POINTS_READ)
def list_batch_lines(call: Call, batch_id: BatchId, query: Paged) -> Page[BatchLineRow]:
    return call.use_cases.list_batch_lines()(batch_id, page=query.wanted, by=call.by)


@batches.post("/api/points/batches/preview/", Permission.POINTS_WRITE, status=200)
def preview_batch(call: Call, body: RunBody) -> BatchPreview:
    return call.use_cases.preview_batch()(body.wanted, by=call.by)


@batches.post("/api/points/batches/", Permission.POINTS_WRITE, idempotent=True)
def run_batch(call: Call, body: MadeRunBody) -> BatchRow:
    made = call.use_cases.run_batch()(body.wanted, checksum=body.checksum, leave_out=body.leave_out, by=call.by)
    return _shown(call, made.id)


@batches.post("/api/points/batches/{batch_id}/reverse/", Permission.POINTS_WRITE, idempotent=True)
def reverse_batch(call: Call, batch_id: BatchId, body: ReversalBody) -> BatchRow:
    call.use_cases.reverse_batch()(batch_id, reason=body.reason, by=call.by)
    return _shown(call, batch_id)


@batches.post("/api/points/bonuses/preview/", Permission.POINTS_WRITE, status=200, files=Files.FORM_OR_CSV)
def preview_bonus(call: Call, body: BonusBody) -> BatchPreview:
    """CSV is as for adjustments, with amounts of more than 0."""
    return call.use_cases.preview_bonus()(_wanted(call, body), by=call.by)


@batches.post("/api/points/bonuses/", Permission.POINTS_WRITE, idempotent=True, files=Files.FORM_OR_CSV)
def give_bonus(call: Call, body: GivenBonusBody) -> BatchRow:
    """CSV is as for adjustments, with amounts of more than 0."""
    made = call.use_cases.give_bonus()(_wanted(call, body), checksum=body.checksum, by=call.by)
    return _shown(call, made.id)


def _shown(call: Call, batch_id: BatchId) -> BatchRow:
    return call.use_cases.show_batch()(batch_id, by=call.seeing(Permission.POINTS_READ))


def _wanted(call: Call, body: BonusBody) -> WantedBonus:
    return WantedBonus(
        title=body.title,
        penalty=body.penalty,
        pool_id=None if body.pool is None else PoolId(body.pool),
        raid_id=None if body.raid is None else RaidId(body.raid),
        tick=body.tick,
        amount=None if body.amount is None else points_of(body.amount, "amount"),
        lines=_lines(call, body),
        key=body.key,
        occurred_at=moment_of(body.occurred_at, "occurred_at"),
    )


def _lines(call: Call, body: BonusBody) -> tuple[AdjustmentLine, ...]:
    if call.upload is None:
        return tuple(line_of(each, f"lines[{index}].amount") for index, each in enumerate(body.lines or ()))
    if body.lines is not None:
        raise InvalidValue("lines", "they are given twice", "lines, or a file")
    try:
        return adjustments_from_csv(call.upload.data.decode("utf-8-sig"))
    except UnicodeDecodeError as unreadable:
        raise InvalidValue("file", "it is not UTF-8", "CSV in UTF-8") from unreadable
