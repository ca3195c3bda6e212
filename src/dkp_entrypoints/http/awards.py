"""Awards over HTTP: of auctions, without one, from elsewhere; revoked, moved, returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from attrs import asdict, frozen
from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, AwardId, ItemId, ItemPoolId, PoolId, RaidId, UserId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.loot import (
    QUANTITY_MAX,
    AwardFilter,
    AwardRow,
    AwardStatus,
    BidElsewhere,
    CannotPay,
    NobodyShares,
    ShareChange,
)
from dkp_entrypoints.http.bidders import ForSomebody
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Amount, Body, ExternalId, Id, Paged, Text, points_of

BIDS_MAX: Final = 500

awards: Final = Operations("Awards")


class AwardBody(ForSomebody, frozen=True, kw_only=True):
    """Which auction is awarded; who is named gets for free what nobody bid for."""

    auction: Id
    passing_over: Annotated[
        tuple[Id, ...], Meta(max_length=QUANTITY_MAX, description="Ids of users who are passed over for the next.")
    ] = ()
    to_nobody: bool = False
    allow_overbid: Annotated[bool, Meta(description="Let somebody pay more than they have; it is flagged.")] = False
    reason: Text = ""


class LootBody(ForSomebody, frozen=True, kw_only=True):
    """Who gets which item, for how much and why; nobody, with an amount of 0, unless named."""

    item: str | None = None
    item_id: Id | None = None
    amount: Amount = 0
    reason: Text = ""
    pool: Annotated[Id, Meta(description="Else the raid's, the item pool's or the default pool.")] | None = None
    item_pool: Annotated[Id, Meta(description="Paid from its pools, whatever pool the item is of.")] | None = None
    allow_overbid: Annotated[bool, Meta(description="Let somebody pay more than they have; it is flagged.")] = False


class BidElsewhereBody(ForSomebody, frozen=True, kw_only=True):
    """A bid that was made elsewhere."""

    amount: Amount

    def made(self, place: str) -> BidElsewhere:
        """The bid, which is at that place of the body. Raises: InvalidValue, naming the place."""
        try:
            return BidElsewhere(whose=self.whose, amount=points_of(self.amount, "amount"))
        except InvalidValue as wrong:
            name = place if wrong.name == "bids" else f"{place}.{wrong.name}"
            raise InvalidValue(name, wrong.fault, wrong.accepted) from wrong


class ResultBody(LootBody, frozen=True, kw_only=True):
    """What bidding that was done elsewhere came to, with all its bids where they are known."""

    raid: Id | None = None
    bids: Annotated[tuple[BidElsewhereBody, ...], Meta(max_length=BIDS_MAX)] = ()


class MoveBody(ForSomebody, frozen=True, kw_only=True):
    """Who gets it instead, for how much and why."""

    amount: Annotated[Amount, Meta(description="Else the price it went for.")] | None = None
    reason: Text
    allow_overbid: Annotated[bool, Meta(description="Let somebody pay more than they have; it is flagged.")] = False


class WhyBody(Body, frozen=True, kw_only=True):
    """Why."""

    reason: Text


class ReshareBody(WhyBody, frozen=True, kw_only=True):
    """Why what items cost is shared out anew."""

    dry_run: Annotated[bool, Meta(description="Tell what would be, and change nothing.")] = False


class AwardsQuery(Paged, frozen=True, kw_only=True):
    """Which awards are wanted; `search` is a part of the item's name."""

    item_id: Id | None = None
    raid_id: Id | None = None
    user_id: Id | None = None
    pool_id: Id | None = None
    status: AwardStatus | None = None
    overbid: bool | None = None
    external_id: ExternalId | None = None
    search: str = ""
    ordering: str = ""


@frozen(kw_only=True)
class AuctionAward(AwardRow):
    """What an auction was awarded as: the award of its first copy, and those of all in `awards`."""

    character_name: str
    awards: tuple[AwardRow, ...]

    @classmethod
    def of(cls, made: Sequence[AwardRow]) -> AuctionAward:
        """The awards of one auction."""
        return cls(**asdict(made[0], recurse=False), character_name=made[0].character, awards=tuple(made))


# Who can't pay, or what nobody can share, is refused after the auction was closed, and it stays closed.
@awards.post("/api/bidding/award-item/", Permission.AUCTIONS_WRITE, idempotent=True, recorded=(CannotPay, NobodyShares))
def award_auction(call: Call, body: AwardBody) -> AuctionAward:
    made = call.use_cases.award_auction()(
        AuctionId(body.auction),
        passing_over=tuple(map(UserId, body.passing_over)),
        to_nobody=body.to_nobody,
        to=body.somebody,
        allow_overbid=body.allow_overbid,
        reason=body.reason,
        by=call.by,
    )
    return AuctionAward.of([_shown_award(call, award.id) for award in made])


@awards.post("/api/discord/bid-results/", Permission.AUCTIONS_WRITE, idempotent=True)
def award_item(call: Call, body: ResultBody) -> AwardRow:
    bids = tuple(each.made(f"bids[{index}]") for index, each in enumerate(body.bids))
    return _awarded(call, body, raid_id=None if body.raid is None else RaidId(body.raid), bids=bids)


@awards.get("/api/raids/{raid_id}/loot/", Permission.AUCTIONS_READ, use_case="list_awards")
def list_loot_of_raid(call: Call, raid_id: RaidId, query: Paged) -> Page[AwardRow]:
    """Just those of a raid."""
    call.by.must(Permission.AUCTIONS_READ)
    call.use_cases.show_raid()(raid_id, by=call.seeing(Permission.RAIDS_READ))  # a raid that is not there has no loot
    return call.use_cases.list_awards()(AwardFilter(raid_id=raid_id), page=query.wanted, by=call.by)


@awards.post("/api/raids/{raid_id}/loot/", Permission.AUCTIONS_WRITE, use_case="award_item", idempotent=True)
def award_loot(call: Call, raid_id: RaidId, body: LootBody) -> AwardRow:
    """What dropped in a raid."""
    return _awarded(call, body, raid_id=raid_id)


@awards.post("/api/raids/{raid_id}/loot/reshare/", Permission.AUCTIONS_WRITE, status=200, idempotent=True)
def reshare_awards(call: Call, raid_id: RaidId, body: ReshareBody) -> tuple[ShareChange, ...]:
    return call.use_cases.reshare_awards()(raid_id, reason=body.reason, dry_run=body.dry_run, by=call.by)


def _awarded(call: Call, body: LootBody, *, raid_id: RaidId | None, bids: Sequence[BidElsewhere] = ()) -> AwardRow:
    award = call.use_cases.award_item()(
        item=body.item,
        item_id=None if body.item_id is None else ItemId(body.item_id),
        to=body.somebody,
        amount=points_of(body.amount, "amount"),
        reason=body.reason,
        raid_id=raid_id,
        pool_id=None if body.pool is None else PoolId(body.pool),
        item_pool_id=None if body.item_pool is None else ItemPoolId(body.item_pool),
        allow_overbid=body.allow_overbid,
        bids=bids,
        by=call.by,
    )
    return _shown_award(call, award.id)


@awards.get("/api/awards/", Permission.AUCTIONS_READ)
def list_awards(call: Call, query: AwardsQuery) -> Page[AwardRow]:
    wanted = AwardFilter(
        item_id=None if query.item_id is None else ItemId(query.item_id),
        raid_id=None if query.raid_id is None else RaidId(query.raid_id),
        user_id=None if query.user_id is None else UserId(query.user_id),
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        status=query.status,
        overbid=query.overbid,
        external_id=query.external_id,
        search=query.search,
    )
    return call.use_cases.list_awards()(wanted, ordering=query.ordering, page=query.wanted, by=call.by)


@awards.get("/api/awards/{award_id}/", Permission.AUCTIONS_READ)
def show_award(call: Call, award_id: AwardId) -> AwardRow:
    return call.use_cases.show_award()(award_id, by=call.by)


@awards.post("/api/awards/{award_id}/revoke/", Permission.AUCTIONS_WRITE, status=200, idempotent=True)
def revoke_award(call: Call, award_id: AwardId, body: WhyBody) -> AwardRow:
    call.use_cases.revoke_award()(award_id, reason=body.reason, by=call.by)
    return _shown_award(call, award_id)


@awards.post("/api/awards/{award_id}/move/", Permission.AUCTIONS_WRITE, idempotent=True)
def move_award(call: Call, award_id: AwardId, body: MoveBody) -> AwardRow:
    """The new award is answered."""
    to = body.somebody
    if to is None:
        raise InvalidValue("discord_id", "it is not said who gets it", "discord_id, user or character")
    moved = call.use_cases.move_award()(
        award_id,
        to=to,
        amount=None if body.amount is None else points_of(body.amount, "amount"),
        reason=body.reason,
        allow_overbid=body.allow_overbid,
        by=call.by,
    )
    return _shown_award(call, moved.id)


@awards.post("/api/awards/{award_id}/return/", Permission.AUCTIONS_WRITE, status=200, idempotent=True)
def return_item(call: Call, award_id: AwardId, body: WhyBody) -> AwardRow:
    call.use_cases.return_item()(award_id, reason=body.reason, by=call.by)
    return _shown_award(call, award_id)


def _shown_award(call: Call, award_id: AwardId) -> AwardRow:
    return call.use_cases.show_award()(award_id, by=call.seeing(Permission.AUCTIONS_READ))
