"""Award drafts of a raid over HTTP: made of a log or an export of loot, looked at, awarded, dismissed."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AwardDraftId, ItemId, PoolId, RaidId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.loot import QUANTITY_MAX, AwardDraftRow, DraftReport, DraftStatus
from dkp_core.raids import DumpFormat
from dkp_entrypoints.http.bidders import ForSomebody
from dkp_entrypoints.http.operation import Call, Files, Operations, Speed
from dkp_entrypoints.http.reading import Amount, Body, Id, Paged, Text, points_of

award_drafts: Final = Operations("Award drafts")


class LootFileBody(Body, frozen=True, kw_only=True):
    """Loot as a file tells it: its content in `text`, or the file itself in the form's `file`."""

    text: str | None = None
    file_name: Annotated[str, Meta(max_length=255)] = ""
    format: DumpFormat | None = None
    zone: Annotated[str, Meta(max_length=64)] | None = None
    whole: Annotated[bool, Meta(description="Also what is of another night than the raid's.")] = False
    apply: bool = False


class ConfirmBody(ForSomebody, frozen=True, kw_only=True):
    """Who gets it for how much, where it is not as the file says."""

    to_nobody: bool = False
    amount: Annotated[Amount, Meta(description="What each copy costs; else what the file names.")] | None = None
    item: Annotated[str, Meta(description="The item's name, where the file is wrong.")] | None = None
    item_id: Id | None = None
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] | None = None
    pool: Annotated[Id, Meta(description="Else the raid's, the item pool's or the default pool.")] | None = None
    reason: Text = ""
    allow_overbid: Annotated[bool, Meta(description="Let somebody pay more than they have; it is flagged.")] = False


class DismissalBody(Body, frozen=True, kw_only=True):
    """Why there is nothing to award."""

    reason: Text


class DraftsQuery(Paged, frozen=True, kw_only=True):
    """Which award drafts of the raid are wanted."""

    status: DraftStatus | None = None


@award_drafts.get("/api/raids/{raid_id}/award-drafts/", Permission.AUCTIONS_WRITE)
def list_award_drafts(call: Call, raid_id: RaidId, query: DraftsQuery) -> Page[AwardDraftRow]:
    return call.use_cases.list_award_drafts()(raid_id, status=query.status, page=query.wanted, by=call.by)


@award_drafts.post(
    "/api/raids/{raid_id}/award-drafts/",
    Permission.AUCTIONS_WRITE,
    speed=Speed.LONG,
    status=200,
    other=(201, lambda report: report.applied),
    files=Files.FORM,
)
def draft_awards(call: Call, raid_id: RaidId, body: LootFileBody) -> DraftReport:
    """A preview, unless `apply` is true. A file's name helps to recognise it and to tell whose log it is."""
    if (body.text is None) == (call.upload is None):
        fault = "there is no file" if body.text is None else "there are two files"
        raise InvalidValue("text", fault, "the content of a file as text, or a file in the form's field file")
    data = call.upload.data if call.upload is not None else (body.text or "").encode()
    return call.use_cases.draft_awards()(
        raid_id,
        [data],
        file_name=body.file_name or (call.upload.name if call.upload is not None else ""),
        format=body.format,
        zone=body.zone,
        whole=body.whole,
        apply=body.apply,
        by=call.by,
    )


@award_drafts.get("/api/raids/{raid_id}/award-drafts/{draft_id}/", Permission.AUCTIONS_WRITE)
def show_award_draft(call: Call, raid_id: RaidId, draft_id: AwardDraftId) -> AwardDraftRow:
    return call.use_cases.show_award_draft()(raid_id, draft_id, by=call.by)


@award_drafts.post(
    "/api/raids/{raid_id}/award-drafts/{draft_id}/confirm/", Permission.AUCTIONS_WRITE, status=200, idempotent=True
)
def confirm_award_draft(call: Call, raid_id: RaidId, draft_id: AwardDraftId, body: ConfirmBody) -> AwardDraftRow:
    """The draft is answered, with the ids of its awards."""
    call.use_cases.confirm_award_draft()(
        raid_id,
        draft_id,
        to=body.somebody,
        to_nobody=body.to_nobody,
        amount=None if body.amount is None else points_of(body.amount, "amount"),
        item=body.item,
        item_id=None if body.item_id is None else ItemId(body.item_id),
        quantity=body.quantity,
        pool_id=None if body.pool is None else PoolId(body.pool),
        reason=body.reason,
        allow_overbid=body.allow_overbid,
        by=call.by,
    )
    return _shown(call, raid_id, draft_id)


@award_drafts.post("/api/raids/{raid_id}/award-drafts/{draft_id}/dismiss/", Permission.AUCTIONS_WRITE, status=200)
def dismiss_award_draft(call: Call, raid_id: RaidId, draft_id: AwardDraftId, body: DismissalBody) -> AwardDraftRow:
    call.use_cases.dismiss_award_draft()(raid_id, draft_id, reason=body.reason, by=call.by)
    return _shown(call, raid_id, draft_id)


def _shown(call: Call, raid_id: RaidId, draft_id: AwardDraftId) -> AwardDraftRow:
    return call.use_cases.show_award_draft()(raid_id, draft_id, by=call.by)
