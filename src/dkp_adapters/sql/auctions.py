"""Auctions and bids in SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from attrs import evolve
from sqlalchemy import BigInteger, and_, bindparam, func, insert, select, true, update

from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    insert_rows,
    json_rows,
    locking,
    to_json,
)
from dkp_adapters.sql.tables.loot import auctions, bids
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import AuctionId, ItemId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    RUNNING,
    Auction,
    Auctions,
    AuctionStatus,
    AwardedAuction,
    Bid,
    BidOutcome,
    BidRecord,
    Bids,
    BidSource,
    CancelledAuction,
    ClosedAuction,
    FrozenAuction,
    Lead,
    MadeAs,
    Mode,
    OpenAuction,
    Rules,
    ScheduledAuction,
    Settlement,
    Tier,
    Win,
    result_of,
)
from dkp_core.raids import AttendanceShare

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)
_auction_id: Final = bindparam("auction_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- auctions ---------------------------------------------------------------------------------------------------------

AUCTION_COLUMNS: Final = (
    auctions.c.id,
    auctions.c.guild_id,
    auctions.c.item_id,
    auctions.c.item_name,
    auctions.c.quantity,
    auctions.c.raid_id,
    auctions.c.pool_id,
    auctions.c.status,
    auctions.c.rules,
    auctions.c.rules_version,
    auctions.c.opens_at,
    auctions.c.closes_at,
    auctions.c.frozen_at,
    auctions.c.phase,
    auctions.c.seed,
    auctions.c.bids,
    auctions.c.last_at,
    auctions.c.leads,
    auctions.c.settlement,
    auctions.c.reason,
    auctions.c.version,
)
"""What `auction_of` makes an auction of, in its order."""

_AUCTION: Final = Statement(locking(select(*AUCTION_COLUMNS).where(in_guild(auctions), auctions.c.id == _the_id)))
_raid_id: Final = bindparam("raid_id", type_=BigInteger)
_SELLING: Final = Statement(
    select(auctions.c.id)
    .where(
        in_guild(auctions),
        auctions.c.item_id == bindparam("item_id", type_=BigInteger),
        auctions.c.running == 1,
        # Where either names no raid, it is the other's.
        func.coalesce(auctions.c.raid_id, _raid_id, 0) == func.coalesce(_raid_id, auctions.c.raid_id, 0),
    )
    .order_by(auctions.c.id)
)
_OPEN: Final = Statement(
    select(auctions.c.id, auctions.c.item_name)
    .where(in_guild(auctions), auctions.c.running == 1, auctions.c.status == AuctionStatus.OPEN.value)
    .order_by(auctions.c.id)
)
_RUNNING: Final = Statement(
    select(auctions.c.id).where(in_guild(auctions), auctions.c.running == 1).order_by(auctions.c.id)
)
_STARTED_WITH: Final = (
    "item_id",
    "item_name",
    "item_key",
    "quantity",
    "raid_id",
    "pool_id",
    "mode",
    "rules",
    "rules_version",
    "seed",
)
_MOVES: Final = (
    "running",
    "status",
    "phase",
    "bids",
    "opens_at",
    "closes_at",
    "frozen_at",
    "last_at",
    "leads",
    "settlement",
    "reason",
)
_INSERT_AUCTION: Final = Statement(
    insert(auctions).values({**binds(auctions, "guild_id", "id", *_STARTED_WITH, *_MOVES), "version": 1}),
    violations={"pk_auctions": _lost},
)
_UPDATE_AUCTION: Final = Statement(
    update(auctions)
    .where(in_guild(auctions), auctions.c.id == _the_id, auctions.c.version == _read_version)
    .values({**binds(auctions, *_MOVES), "version": auctions.c.version + 1})
)


class SqlAuctions(Auctions):
    """The guild's auctions."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, auction_id: AuctionId) -> Auction:
        row = self.session.first(_AUCTION, the_id=auction_id)
        if row is None:
            raise NoSuch("auction", auction_id)
        return auction_of(row)

    def selling(self, item_id: ItemId, raid_id: RaidId | None) -> tuple[AuctionId, ...]:
        rows = self.session.all(_SELLING, item_id=item_id, raid_id=raid_id)
        return tuple(AuctionId(auction_id) for (auction_id,) in rows)

    def open(self) -> tuple[tuple[AuctionId, str], ...]:
        return tuple((AuctionId(auction_id), item) for auction_id, item in self.session.all(_OPEN))

    def running(self) -> tuple[AuctionId, ...]:
        return tuple(AuctionId(auction_id) for (auction_id,) in self.session.all(_RUNNING))

    def save(self, auction: Auction) -> None:
        moves = {
            "running": int(auction.status in RUNNING),
            "status": auction.status.value,
            "phase": auction.phase,
            "bids": auction.bids,
            "opens_at": micros(auction.opens_at),
            "closes_at": micros_or_none(auction.closes_at),
            "frozen_at": micros(auction.frozen_at) if isinstance(auction, FrozenAuction) else None,
            "last_at": micros(auction.last_at),
            "leads": to_json([[lead.copies, *_bid_parts(lead.bid)] for lead in auction.leads]),
            "settlement": _settlement_text(auction),
            "reason": auction.reason if isinstance(auction, CancelledAuction) else "",
        }
        if auction.version:
            self.session.save(_UPDATE_AUCTION, the_id=auction.id, read_version=auction.version, **moves)
        else:
            self.session.write(
                _INSERT_AUCTION,
                id=auction.id,
                item_id=auction.item_id,
                item_name=auction.item_name,
                item_key=name_key(auction.item_name),
                quantity=auction.quantity,
                raid_id=auction.raid_id,
                pool_id=auction.pool_id,
                mode=auction.rules.mode.value,
                rules=rules_text(auction.rules),
                rules_version=auction.rules_version,
                seed=auction.seed.hex(),
                **moves,
            )
        self.session.save_events(auction)


def auction_of(row: Sequence[Any]) -> Auction:
    """The auction in the type of its state, from its AUCTION_COLUMNS."""
    (
        auction_id,
        guild_id,
        item_id,
        item_name,
        quantity,
        raid_id,
        pool_id,
        status,
        rules,
        rules_version,
        opens_at,
        closes_at,
        frozen_at,
        phase,
        seed,
        count,
        last_at,
        leads,
        settlement,
        reason,
        version,
    ) = row
    known: dict[str, Any] = {
        "id": auction_id,
        "guild_id": guild_id,
        "item_id": item_id,
        "item_name": item_name,
        "quantity": quantity,
        "raid_id": raid_id,
        "pool_id": pool_id,
        "rules": rules_of(rules),
        "rules_version": rules_version,
        "opens_at": moment_at(opens_at),
        "closes_at": moment_or_none(closes_at),
        "phase": phase,
        "seed": bytes.fromhex(seed),
        "bids": count,
        "last_at": moment_at(last_at),
        "leads": leads_of(auction_id, leads),
        "version": version,
    }
    match AuctionStatus(status):
        case AuctionStatus.SCHEDULED:
            return ScheduledAuction(**known)
        case AuctionStatus.OPEN:
            return OpenAuction(**known)
        case AuctionStatus.FROZEN:
            return FrozenAuction(frozen_at=moment_at(frozen_at), **known)
        case AuctionStatus.CLOSED:
            return ClosedAuction(settlement=settlement_of(auction_id, settlement), **known)
        case AuctionStatus.AWARDED:
            return AwardedAuction(settlement=settlement_of(auction_id, settlement), **known)
        case AuctionStatus.CANCELLED:
            kept = settlement_of(auction_id, settlement) if settlement else None
            return CancelledAuction(reason=reason, settlement=kept, **known)


# --- what has parts ---------------------------------------------------------------------------------------------------


def rules_text(rules: Rules) -> str:
    """Rules as they are kept: every field, so that they stay what they are when a default changes."""
    return to_json(rules.values())


@lru_cache(maxsize=1024)
def rules_of(text: str) -> Rules:
    """The rules that were kept so; read once, since every bid asks for those of its auction."""
    values = json.loads(text)
    # The mode by itself: nobody may set the one of bidding that was done elsewhere.
    mode = Mode(values.pop("mode"))
    return evolve(Rules.of(values, "rules"), mode=mode)


def leads_of(auction_id: AuctionId, text: str) -> tuple[Lead, ...]:
    """Who leads, from JSON."""
    return tuple(Lead(copies=copies, bid=bid_of(auction_id, bid)) for copies, *bid in json.loads(text))


def settlement_of(auction_id: AuctionId, text: str) -> Settlement:
    """The result of an auction that was closed, from JSON."""
    wins, beaten = json.loads(text)
    return Settlement(
        wins=tuple(
            Win(bid=bid_of(auction_id, bid), copies=copies, price=Points(price), because=because)
            for copies, price, because, *bid in wins
        ),
        beaten=tuple(beaten),
    )


def _settlement_text(auction: Auction) -> str:
    settlement = result_of(auction)
    if settlement is None:
        return ""
    wins = [[win.copies, win.price.hundredths, win.because, *_bid_parts(win.bid)] for win in settlement.wins]
    return to_json([wins, settlement.beaten])


def _bid_parts(bid: Bid) -> list[Any]:
    """A bid as `bid_of` reads it."""
    share = bid.attendance
    return [
        bid.id,
        bid.user_id,
        bid.character_id,
        bid.character_name,
        bid.amount.hundredths,
        bid.ceiling.hundredths,
        bid.copies,
        bid.tier.value,
        bid.weight,
        bid.phase,
        None if share is None else share.attended,
        None if share is None else share.held,
        micros(bid.placed_at),
        None if bid.moved_from is None else str(bid.moved_from),
    ]


def bid_of(auction_id: AuctionId, parts: Sequence[Any]) -> Bid:
    """An accepted bid, from JSON or from the columns of STANDING."""
    (
        bid_id,
        user_id,
        character_id,
        character_name,
        amount,
        ceiling,
        copies,
        tier,
        weight,
        phase,
        attended,
        held,
        placed_at,
        made_as,
    ) = parts
    return Bid(
        id=bid_id,
        auction_id=auction_id,
        user_id=user_id,
        character_id=character_id,
        character_name=character_name,
        amount=Points(amount),
        ceiling=Points(ceiling),
        copies=copies,
        tier=Tier(tier),
        weight=weight,
        phase=phase,
        attendance=None if held is None else AttendanceShare(attended, held),
        placed_at=moment_at(placed_at),
        moved_from=None if made_as is None else MadeAs.of(made_as),
    )


# --- bids -------------------------------------------------------------------------------------------------------------

_RANKED_BY: Final = ("character_id", "copies", "tier", "weight", "phase", "attended", "held", "placed_at", "made_as")
_NOTHING_RANKS: Final = (None,) * len(_RANKED_BY)
_records: Final = json_rows(
    "records",
    bids.c.number,
    bids.c.id,
    bids.c.user_id,
    bids.c.character_name,
    bids.c.amount,
    bids.c.ceiling,
    bids.c.outcome,
    bids.c.refusal,
    bids.c.reason,
    bids.c.source,
    bids.c.actor_kind,
    bids.c.actor_id,
    bids.c.at,
    *(bids.c[name] for name in _RANKED_BY),
)
# Who makes a bid holds the auction, so nobody else counts meanwhile. The last number is told by a subquery of its own:
# where it is not, MariaDB takes an insert that reads its own table through a file.
_counted: Final = (
    select(func.coalesce(func.max(bids.c.number), 0).label("number"))
    .where(in_guild(bids), bids.c.auction_id == _auction_id)
    .subquery("counted")
)
_APPEND: Final = Statement(
    insert_rows(
        bids,
        select(
            GUILD,
            _auction_id.label("auction_id"),
            (_counted.c.number + _records.c.number).label("number"),
            *(column for column in _records.c if column.key != "number"),
        ).select_from(_counted.join(_records, true())),
    ),
    violations={"pk_bids": _lost},
)
_BID_COLUMNS: Final = (
    bids.c.id,
    bids.c.user_id,
    bids.c.character_id,
    bids.c.character_name,
    bids.c.amount,
    bids.c.ceiling,
    bids.c.copies,
    bids.c.tier,
    bids.c.weight,
    bids.c.phase,
    bids.c.attended,
    bids.c.held,
    bids.c.placed_at,
    bids.c.made_as,
)
_PLACED_AT: Final = _BID_COLUMNS.index(bids.c.placed_at)
_was_not_refused: Final = bids.c.outcome != BidOutcome.REFUSED.value
_last: Final = (
    select(func.max(bids.c.number).label("number"))
    .where(in_guild(bids), bids.c.auction_id == _auction_id, bids.c.user_id.is_not(None), _was_not_refused)
    .group_by(bids.c.user_id)
    .subquery("last")
)
# What was withdrawn is the last, and says nothing of when it was placed.
STANDING: Final = Statement(
    select(*_BID_COLUMNS)
    .join_from(_last, bids, and_(in_guild(bids), bids.c.auction_id == _auction_id, bids.c.number == _last.c.number))
    .where(bids.c.placed_at.is_not(None))
    .order_by(bids.c.user_id)
)
_last_made: Final = (
    select(func.max(bids.c.number).label("number"))
    .where(
        in_guild(bids),
        bids.c.auction_id == _auction_id,
        bids.c.user_id.is_not(None),
        bids.c.outcome == BidOutcome.ACCEPTED.value,
        bids.c.source != BidSource.PROXY.value,
    )
    .group_by(bids.c.user_id)
    .subquery("last_made")
)
_MADE_FOR: Final = Statement(
    select(bids.c.user_id, bids.c.amount).join_from(
        _last_made,
        bids,
        and_(in_guild(bids), bids.c.auction_id == _auction_id, bids.c.number == _last_made.c.number),
    )
)
_STANDING_OF_ONE: Final = Statement(
    select(*_BID_COLUMNS)
    .where(in_guild(bids), bids.c.user_id == _user_id, bids.c.auction_id == _auction_id, _was_not_refused)
    .order_by(bids.c.number.desc())
    .limit(1)
)


class SqlBids(Bids):
    """The bids of the guild."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def append(self, records: Sequence[BidRecord]) -> None:
        for auction_id, some in groupby(records, attrgetter("auction_id")):
            rows = [_record(number, each) for number, each in enumerate(some, 1)]
            self.session.write(_APPEND, auction_id=auction_id, records=rows)

    def standing(self, auction_id: AuctionId) -> tuple[Bid, ...]:
        return tuple(bid_of(auction_id, row) for row in self.session.all(STANDING, auction_id=auction_id))

    def made_for(self, auction_id: AuctionId) -> Mapping[UserId, Points]:
        rows = self.session.all(_MADE_FOR, auction_id=auction_id)
        return {UserId(user_id): Points(amount) for user_id, amount in rows}

    def of(self, auction_id: AuctionId, user_id: UserId) -> Bid | None:
        return standing_bid_of(self.session, auction_id, user_id)


def standing_bid_of(session: Session, auction_id: AuctionId, user_id: UserId) -> Bid | None:
    """A bidder's last accepted bid, unless it was withdrawn since."""
    row = session.first(_STANDING_OF_ONE, auction_id=auction_id, user_id=user_id)
    return None if row is None or row[_PLACED_AT] is None else bid_of(auction_id, row)


def _record(number: int, record: BidRecord) -> list[Any]:
    return [
        number,
        record.id,
        record.user_id,
        record.character_name,
        record.amount.hundredths,
        record.ceiling.hundredths,
        record.outcome.value,
        record.refusal,
        record.reason,
        record.source.value,
        str(record.actor_kind),
        record.actor_id,
        micros(record.at),
        *(_NOTHING_RANKS if record.bid is None else _ranking(record.bid)),
    ]


def _ranking(bid: Bid) -> list[Any]:
    """What ranks a bid, in the order of _RANKED_BY."""
    _, _, character_id, _, _, _, *others = _bid_parts(bid)
    return [character_id, *others]
