"""Pools, balances, history, standings and adjustments over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, TypeAlias

from attrs import fields, frozen
from msgspec import Meta, defstruct

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AdjustmentId, BatchId, EntryId, ItemPoolId, PoolId, UserId
from dkp_core.kernel.page import Page, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.points import (
    ADJUSTMENTS_MAX,
    STANDINGS_COLUMNS,
    Adjustment,
    AdjustmentFilter,
    AdjustmentLine,
    AdjustmentRow,
    BalanceRow,
    Bucket,
    EntryKind,
    HistoryFilter,
    HistoryRow,
    ItemPool,
    ItemPoolRow,
    Policies,
    PoliciesRow,
    PoolRow,
    SourceKind,
    StandingRow,
    StandingsFilter,
    UserBalancesRow,
    adjustments_from_csv,
)
from dkp_entrypoints.http.operation import Call, Files, Operations
from dkp_entrypoints.http.reading import (
    Amount,
    Body,
    ExternalId,
    Id,
    Moment,
    Paged,
    Query,
    Text,
    moment_of,
    points_of,
)

pools: Final = Operations("Pools")
points: Final = Operations("Points")


class NewPoolBody(Body, frozen=True, kw_only=True):
    """A pool of points."""

    name: str
    unit: str = "DKP"
    decimals: Annotated[int, Meta(ge=0, le=2)] = 2
    is_default: bool = False


class PoolBody(Body, frozen=True, kw_only=True):
    """What changes about a pool."""

    name: str | None = None
    unit: str | None = None
    decimals: Annotated[int, Meta(ge=0, le=2)] | None = None
    is_default: bool | None = None
    archived: bool | None = None


class NewItemPoolBody(Body, frozen=True, kw_only=True):
    """A named set of items, and the pool it is paid from."""

    name: str
    pool: Id | None = None


class ItemPoolBody(Body, frozen=True, kw_only=True):
    """What changes about an item pool."""

    name: str | None = None
    pool: Id | None = None


@pools.get("/api/pools/", Permission.POINTS_READ, polled=True)
def list_pools(call: Call) -> tuple[PoolRow, ...]:
    return call.use_cases.list_pools()(by=call.by)


@pools.post("/api/pools/", Permission.POOLS_WRITE)
def create_pool(call: Call, body: NewPoolBody) -> PoolRow:
    pool = call.use_cases.create_pool()(
        name=body.name, unit=body.unit, decimals=body.decimals, is_default=body.is_default, by=call.by
    )
    return _shown_pool(call, pool.id)


@pools.get("/api/pools/{pool_id}/", Permission.POINTS_READ)
def show_pool(call: Call, pool_id: PoolId) -> PoolRow:
    return call.use_cases.show_pool()(pool_id, by=call.by)


@pools.change("/api/pools/{pool_id}/", Permission.POOLS_WRITE)
def change_pool(call: Call, pool_id: PoolId, body: PoolBody) -> PoolRow:
    call.use_cases.change_pool()(
        pool_id,
        name=body.name,
        unit=body.unit,
        decimals=body.decimals,
        is_default=body.is_default,
        archived=body.archived,
        by=call.by,
    )
    return _shown_pool(call, pool_id)


def _shown_pool(call: Call, pool_id: PoolId) -> PoolRow:
    return call.use_cases.show_pool()(pool_id, by=call.seeing(Permission.POINTS_READ))


PoliciesGiven: TypeAlias = Annotated[
    dict[str, object],
    Meta(
        description="Policies by name; those that are not named stay.",
        extra_json_schema={
            "properties": {each.name: {"description": each.metadata["help"]} for each in fields(Policies)},
            "examples": [{"cap": "500", "decay": {"percent": "10", "schedule": {"every": 1, "unit": "weeks"}}}],
        },
    ),
]


class PoliciesBody(Body, frozen=True, kw_only=True):
    """What changes about a pool's policies; what is not named stays as it is."""

    policies: PoliciesGiven


@pools.get("/api/pools/{pool_id}/policies/", Permission.POINTS_READ)
def show_policies(call: Call, pool_id: PoolId) -> tuple[PoliciesRow, ...]:
    return call.use_cases.show_policies()(pool_id, by=call.by)


@pools.change("/api/pools/{pool_id}/policies/", Permission.POOLS_WRITE)
def set_policies(call: Call, pool_id: PoolId, body: PoliciesBody) -> PoliciesRow:
    return call.use_cases.set_policies()(pool_id, body.policies, by=call.by)


@pools.get("/api/item-pools/", Permission.POINTS_READ)
def list_item_pools(call: Call) -> tuple[ItemPoolRow, ...]:
    return call.use_cases.list_item_pools()(by=call.by)


@pools.post("/api/item-pools/", Permission.POOLS_WRITE)
def create_item_pool(call: Call, body: NewItemPoolBody) -> ItemPoolRow:
    pool_id = None if body.pool is None else PoolId(body.pool)
    return _item_pool_row(call.use_cases.create_item_pool()(name=body.name, pool_id=pool_id, by=call.by))


@pools.change("/api/item-pools/{item_pool_id}/", Permission.POOLS_WRITE)
def change_item_pool(call: Call, item_pool_id: ItemPoolId, body: ItemPoolBody) -> ItemPoolRow:
    pool_id = None if body.pool is None else PoolId(body.pool)
    changed = call.use_cases.change_item_pool()(item_pool_id, name=body.name, pool_id=pool_id, by=call.by)
    return _item_pool_row(changed)


def _item_pool_row(item_pool: ItemPool) -> ItemPoolRow:
    return ItemPoolRow(id=item_pool.id, name=item_pool.name, pools=item_pool.pools, external_id=item_pool.external_id)


# --- balances, history, standings -------------------------------------------------------------------------------------


class AsOfQuery(Query, frozen=True, kw_only=True):
    """The moment that is asked about, and until when it had to be known; now, unless named."""

    as_of: Moment | None = None
    known_at: Moment | None = None


class HistoryQuery(Paged, frozen=True, kw_only=True):
    """Which entries are wanted; `since` belongs to it, `until` does not."""

    pool_id: Id | None = None
    kind: EntryKind | None = None
    bucket: Bucket | None = None
    source_kind: SourceKind | None = None
    source_id: Annotated[Id, Meta(description="Of the raid, award, adjustment and so on.")] | None = None
    character_name: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    ordering: Annotated[str, Meta(description="occurred_at or -occurred_at (unless asked)")] = "-occurred_at"


class AnyStandingsQuery(Query, frozen=True, kw_only=True):
    """Which lines are wanted, narrowed by any column: equal, or of numbers and dates also _min and _max."""

    ordering: Annotated[str, Meta(description="Columns, each with or without a leading -.")] = ""
    search: str = ""
    everyone: bool = False


_TEXTS: Final = ("username", "main_character", "character_class", "rank")
_CONDITIONS: Final = tuple(
    f"{column}{suffix}"
    for column in STANDINGS_COLUMNS
    for suffix in (("",) if column in _TEXTS else ("", "_min", "_max"))
)
StandingsQuery = defstruct(
    "StandingsQuery",
    [(name, str | None, None) for name in _CONDITIONS],
    bases=(AnyStandingsQuery,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    module=__name__,
)


@points.get("/api/points/user/{user_id}/", Permission.POINTS_READ)
def show_balances(call: Call, user_id: UserId, query: AsOfQuery) -> UserBalancesRow:
    as_of, known_at = moment_of(query.as_of, "as_of"), moment_of(query.known_at, "known_at")
    return call.use_cases.show_balances()(user_id, as_of=as_of, known_at=known_at, by=call.by)


@points.get("/api/points/user/{user_id}/pool/{pool_id}/", Permission.POINTS_READ)
def show_balance(call: Call, user_id: UserId, pool_id: PoolId) -> BalanceRow:
    return call.use_cases.show_balance()(user_id, pool_id, by=call.by)


@points.get("/api/discord/user/{discord_id}/balance/", Permission.POINTS_READ)
def show_balances_of_discord_id(call: Call, discord_id: str) -> UserBalancesRow:
    return call.use_cases.show_balances_of_discord_id()(discord_id, by=call.by)


@points.get("/api/points/history/user/{user_id}/", Permission.POINTS_READ)
def show_history(call: Call, user_id: UserId, query: HistoryQuery) -> Page[HistoryRow]:
    wanted = HistoryFilter(
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        kind=query.kind,
        bucket=query.bucket,
        source_kind=query.source_kind,
        source_id=query.source_id,
        character=query.character_name,
        since=moment_of(query.since, "since"),
        until=moment_of(query.until, "until"),
    )
    orders = ordering_of(query.ordering, ("occurred_at",))
    newest_first = not orders or orders[0].descending
    return call.use_cases.show_history()(user_id, wanted, page=query.wanted, newest_first=newest_first, by=call.by)


def _revision(call: Call, pool_id: PoolId, query: AnyStandingsQuery) -> str:  # noqa: ARG001  # called as the handler is
    return call.use_cases.standings_revision()(pool_id, by=call.by)


@points.get(
    "/api/points/leaderboard/{pool_id}/", Permission.POINTS_READ, polled=True, revision=_revision, query=StandingsQuery
)
def show_standings(call: Call, pool_id: PoolId, query: AnyStandingsQuery) -> tuple[StandingRow, ...]:
    """What narrows them are parameters of the query: `rank=Raider&current_min=100`."""
    where = {name: text for name in _CONDITIONS if (text := getattr(query, name)) is not None}
    wanted = StandingsFilter(search=query.search, everyone=query.everyone)
    return call.use_cases.show_standings()(pool_id, wanted, where=where, ordering=query.ordering, by=call.by)


# --- adjustments ------------------------------------------------------------------------------------------------------


class LineBody(Body, frozen=True, kw_only=True):
    """One user's share: the user, or a character of theirs."""

    amount: Amount
    user: Id | None = None
    character: str = ""
    reason: Text = ""


class AdjustmentsBody(Body, frozen=True, kw_only=True):
    """One adjustment (`user` or `character`, and `amount`), many (`adjustments`), or a file of CSV."""

    reason: Text = ""
    note: Text = ""
    pool: Annotated[Id, Meta(description="Else the guild's default pool.")] | None = None
    occurred_at: Moment | None = None
    dry_run: bool = False
    user: Id | None = None
    character: str = ""
    amount: Amount | None = None
    adjustments: Annotated[tuple[LineBody, ...], Meta(max_length=ADJUSTMENTS_MAX)] | None = None


class AdjustmentsQuery(Paged, frozen=True, kw_only=True):
    """Which adjustments are wanted."""

    pool_id: Id | None = None
    user_id: Id | None = None
    reversed: bool | None = None
    external_id: ExternalId | None = None


class ReversalBody(Body, frozen=True, kw_only=True):
    """Why it is taken back."""

    reason: Text


@frozen(kw_only=True)
class AdjustmentMade:
    """One adjustment as it was made; without ids in a dry run."""

    id: AdjustmentId | None
    entry_id: EntryId | None
    user_id: UserId
    pool_id: PoolId
    amount: Points
    reason: str
    note: str
    character_name: str
    occurred_at: datetime
    recorded_at: datetime
    reversed_at: datetime | None
    external_id: str | None

    @classmethod
    def of(cls, adjustment: Adjustment, *, dry_run: bool = False) -> AdjustmentMade:
        """The adjustment as it is shown."""
        return cls(
            id=None if dry_run else adjustment.id,
            entry_id=None if dry_run else adjustment.entry_id,
            user_id=adjustment.user_id,
            pool_id=adjustment.pool_id,
            amount=adjustment.amount,
            reason=adjustment.reason,
            note=adjustment.note,
            character_name=adjustment.character_name,
            occurred_at=adjustment.occurred_at,
            recorded_at=adjustment.recorded_at,
            reversed_at=adjustment.reversed_at,
            external_id=adjustment.external_id,
        )


@frozen(kw_only=True)
class AdjustmentsMade:
    """Adjustments as they were made, or would be; several are a batch."""

    dry_run: bool
    count: int
    batch_id: BatchId | None
    adjustments: tuple[AdjustmentMade, ...]


@points.get("/api/points/adjustments/", Permission.POINTS_READ)
def list_adjustments(call: Call, query: AdjustmentsQuery) -> Page[AdjustmentRow]:
    wanted = AdjustmentFilter(
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        user_id=None if query.user_id is None else UserId(query.user_id),
        reversed=query.reversed,
        external_id=query.external_id,
    )
    return call.use_cases.list_adjustments()(wanted, page=query.wanted, by=call.by)


@points.post("/api/points/adjustments/", Permission.POINTS_WRITE, idempotent=True, files=Files.FORM_OR_CSV)
def adjust_points(call: Call, body: AdjustmentsBody) -> AdjustmentsMade:
    """CSV has a header: `character` or `user`, `amount`, and `reason` where they differ. It comes as the `file` of a
    form, or as the body itself; then the other fields are parameters of the query.
    """
    made = call.use_cases.adjust_points()(
        _lines(call, body),
        reason=body.reason,
        note=body.note,
        pool_id=None if body.pool is None else PoolId(body.pool),
        occurred_at=moment_of(body.occurred_at, "occurred_at"),
        dry_run=body.dry_run,
        by=call.by,
    )
    shown = tuple(AdjustmentMade.of(each, dry_run=body.dry_run) for each in made)
    return AdjustmentsMade(dry_run=body.dry_run, count=len(shown), batch_id=made[0].batch_id, adjustments=shown)


def _lines(call: Call, body: AdjustmentsBody) -> tuple[AdjustmentLine, ...]:
    ways = [body.amount is not None, body.adjustments is not None, call.upload is not None]
    if ways.count(True) != 1:
        fault = "it is not said whose points move" if not any(ways) else "it is said in several ways"
        raise InvalidValue("adjustments", fault, "one of amount with user or character, adjustments, and a file")
    if call.upload is not None:
        try:
            return adjustments_from_csv(call.upload.data.decode("utf-8-sig"))
        except UnicodeDecodeError as unreadable:
            raise InvalidValue("file", "it is not UTF-8", "CSV in UTF-8") from unreadable
    if body.amount is not None:
        single = LineBody(amount=body.amount, user=body.user, character=body.character)
        return (line_of(single, "amount"),)
    given = body.adjustments or ()
    return tuple(line_of(each, f"adjustments[{index}].amount") for index, each in enumerate(given))


def line_of(body: LineBody, field: str) -> AdjustmentLine:
    """The line as the core has it. Raises: InvalidValue, naming the field."""
    return AdjustmentLine(
        amount=points_of(body.amount, field),
        user_id=None if body.user is None else UserId(body.user),
        character=body.character,
        reason=body.reason,
    )


@points.post("/api/points/adjustments/{adjustment_id}/reverse/", Permission.POINTS_WRITE, idempotent=True)
def reverse_adjustment(call: Call, adjustment_id: AdjustmentId, body: ReversalBody) -> AdjustmentMade:
    return AdjustmentMade.of(call.use_cases.reverse_adjustment()(adjustment_id, reason=body.reason, by=call.by))
