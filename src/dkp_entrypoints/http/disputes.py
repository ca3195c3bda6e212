"""Where numbers come from, and what members say is wrong with them, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.ids import DisputeId, EntryId, PoolId, UserId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.loot import ExplainedEntry
from dkp_core.points import DisputeFilter, DisputeRow, DisputeStatus, ExplainedBalance
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Id, Moment, Paged, Query, Text, moment_of

disputes: Final = Operations("Explaining and disputes")


class ExplainQuery(Query, frozen=True, kw_only=True):
    """The moment that is asked about; now, unless named."""

    as_of: Moment | None = None


class NewDisputeBody(Body, frozen=True, kw_only=True):
    """Which entry is wrong, and why."""

    user: Annotated[Id, Meta(description="Whose entry it is: you, or who was merged into you.")]
    entry: Annotated[Id, Meta(description="The entry, as the history shows it.")]
    text: Text


class AnswerBody(Body, frozen=True, kw_only=True):
    """Why, which the member is told."""

    reason: Text = ""


class DisputesQuery(Paged, frozen=True, kw_only=True):
    """Which disputes are wanted."""

    status: DisputeStatus | None = None
    pool_id: Id | None = None
    user_id: Annotated[Id, Meta(description="Whose entries are disputed.")] | None = None
    made_by: Annotated[Id, Meta(description="Who disputes; officers see everybody's.")] | None = None
    entry_id: Id | None = None


@disputes.get("/api/points/user/{user_id}/entries/{entry_id}/", Permission.POINTS_READ)
def explain_entry(call: Call, user_id: UserId, entry_id: EntryId) -> ExplainedEntry:
    return call.use_cases.explain_entry()(user_id, entry_id, by=call.by)


@disputes.get("/api/points/user/{user_id}/pool/{pool_id}/explain/", Permission.POINTS_READ)
def explain_balance(call: Call, user_id: UserId, pool_id: PoolId, query: ExplainQuery) -> ExplainedBalance:
    """The `query` of a part is that of `/api/points/history/user/{user_id}/`."""
    return call.use_cases.explain_balance()(user_id, pool_id, as_of=moment_of(query.as_of, "as_of"), by=call.by)


@disputes.get("/api/points/disputes/", Permission.POINTS_WRITE, own="a user's own key")
def list_disputes(call: Call, query: DisputesQuery) -> Page[DisputeRow]:
    wanted = DisputeFilter(
        status=query.status,
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        user_id=None if query.user_id is None else UserId(query.user_id),
        made_by=None if query.made_by is None else UserId(query.made_by),
        entry_id=None if query.entry_id is None else EntryId(query.entry_id),
    )
    return call.use_cases.list_disputes()(wanted, page=query.wanted, by=call.by)


@disputes.post("/api/points/disputes/", own="whose entry it is")
def dispute_entry(call: Call, body: NewDisputeBody) -> DisputeRow:
    made = call.use_cases.dispute_entry()(UserId(body.user), EntryId(body.entry), text=body.text, by=call.by)
    return call.use_cases.show_dispute()(made.id, by=call.by)


@disputes.get("/api/points/disputes/{dispute_id}/", Permission.POINTS_WRITE, own="whose dispute it is")
def show_dispute(call: Call, dispute_id: DisputeId) -> DisputeRow:
    return call.use_cases.show_dispute()(dispute_id, by=call.by)


@disputes.post("/api/points/disputes/{dispute_id}/withdraw/", own="whose dispute it is", status=200)
def withdraw_dispute(call: Call, dispute_id: DisputeId) -> DisputeRow:
    call.use_cases.withdraw_dispute()(dispute_id, by=call.by)
    return call.use_cases.show_dispute()(dispute_id, by=call.by)


@disputes.post("/api/points/disputes/{dispute_id}/uphold/", Permission.POINTS_WRITE, status=200, idempotent=True)
def uphold_dispute(call: Call, dispute_id: DisputeId, body: AnswerBody) -> DisputeRow:
    call.use_cases.uphold_dispute()(dispute_id, reason=body.reason, by=call.by)
    return call.use_cases.show_dispute()(dispute_id, by=call.by)


@disputes.post("/api/points/disputes/{dispute_id}/reject/", Permission.POINTS_WRITE, status=200)
def reject_dispute(call: Call, dispute_id: DisputeId, body: AnswerBody) -> DisputeRow:
    call.use_cases.reject_dispute()(dispute_id, reason=body.reason, by=call.by)
    return call.use_cases.show_dispute()(dispute_id, by=call.by)
