"""How auctions and their bids are shown, from SQL; what is sealed is in no row for who may not know it (L-11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from dkp_adapters.sql.auctions import leads_of, rules_of, settlement_of
from dkp_adapters.sql.moments import moment_at, moment_or_none
from dkp_adapters.sql.statement import Statement, in_guild, json_rows
from dkp_adapters.sql.tables.accounts import users
from dkp_adapters.sql.tables.loot import auctions, bids
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, ordered_by, part_of
from dkp_adapters.sql.views.points import points_of
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.page import Order
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AuctionRow,
    AuctionStatus,
    BidOutcome,
    BidRow,
    BidSource,
    LeaderRow,
    MadeAs,
    Mode,
    ResultRow,
    Tier,
    commitment,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)


def is_given(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether the column is what the parameter says."""
    return column == bindparam(parameter, type_=column.type)


def points_or_none(hundredths: int | None) -> Points | None:
    """Points from hundredths, where there may be none."""
    return None if hundredths is None else points_of(hundredths)


# --- auctions ---------------------------------------------------------------------------------------------------------

# In the text: as a parameter, PostgreSQL would plan for what most auctions are, which is over.
_runs: Final = auctions.c.running == literal_column("1", BigInteger)
# Not "= 0": that is nearly every auction, and SQLite would rather sort them all than read the last of them.
_is_over: Final = auctions.c.running != literal_column("1", BigInteger)
# What was closed has a result, and stays published; what was called off before never is (L-11, L-15).
_is_published: Final = auctions.c.settlement != literal_column("''", Text)
_is_sealed: Final = or_(*(auctions.c.mode == mode.value for mode in Mode if mode.is_sealed))
_AUCTION: Final = (
    auctions.c.id,
    auctions.c.item_id,
    auctions.c.item_name,
    auctions.c.quantity,
    auctions.c.raid_id,
    auctions.c.pool_id,
    auctions.c.status,
    auctions.c.leads,
    auctions.c.bids,
    auctions.c.opens_at,
    auctions.c.closes_at,
    auctions.c.phase,
    auctions.c.rules,
    auctions.c.rules_version,
    auctions.c.seed,
    auctions.c.settlement,
    auctions.c.reason,
    auctions.c.version,
)
_LEADS: Final = _AUCTION.index(auctions.c.leads)
_SETTLEMENT: Final = _AUCTION.index(auctions.c.settlement)
_AUCTION_KEYS: Final[dict[str, ColumnElement[Any]]] = {
    "opens_at": auctions.c.opens_at,
    "closes_at": auctions.c.closes_at,
    "item": auctions.c.item_key,
    "status": auctions.c.status,
    "bids": auctions.c.bids,
    "id": auctions.c.id,
}
_AUCTION_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "status": is_given(auctions.c.status, "status"),
    "running": _runs,
    "over": _is_over,
    "pool_id": is_given(auctions.c.pool_id, "pool_id"),
    "raid_id": is_given(auctions.c.raid_id, "raid_id"),
    "item_id": is_given(auctions.c.item_id, "item_id"),
    "search": part_of(auctions.c.item_key),
}


@lru_cache(maxsize=256)
def auctions_listed(wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many there are."""
    conditions = [in_guild(auctions), *(_AUCTION_FILTERS[name] for name in sorted(wanted))]
    count = select(func.count()).select_from(auctions).where(*conditions)
    if counted:
        return Statement(count)
    return Statement(
        select(*_AUCTION, count.correlate(None).scalar_subquery())
        .where(*conditions)
        .order_by(*ordered_by(ordering, _AUCTION_KEYS, frozenset({"closes_at"})), auctions.c.id.desc())
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


# Keys first, outer joined: SQLite does not know how many auctions a guild has, and would else read all of them.
_running: Final = auctions.alias("running")
_keys: Final = (
    select(_running.c.guild_id, _running.c.id)
    .where(in_guild(_running), _running.c.running == literal_column("1", BigInteger))
    .subquery("keys")
)
RUNNING_AUCTIONS: Final = Statement(
    select(*_AUCTION).join_from(
        _keys, auctions, and_(auctions.c.guild_id == _keys.c.guild_id, auctions.c.id == _keys.c.id), isouter=True
    )
)
_given: Final = json_rows("auction_ids", auctions.c.id)
# Of an auction that there is not, the row is empty. (With IN, MariaDB would look at each auction.)
THOSE_AUCTIONS: Final = Statement(
    select(*_AUCTION).join_from(_given, auctions, and_(in_guild(auctions), auctions.c.id == _given.c.id), isouter=True)
)
ONE_AUCTION: Final = Statement(select(*_AUCTION).where(in_guild(auctions), auctions.c.id == _the_id))
IS_AUCTION: Final = Statement(select(auctions.c.id).where(in_guild(auctions), auctions.c.id == _the_id))
_given_users: Final = json_rows("user_ids", users.c.id)
USERNAMES: Final = Statement(
    select(users.c.id, users.c.username).join_from(_given_users, users, users.c.id == _given_users.c.id)
)


def named_in(row: tuple[Any, ...]) -> Iterator[UserId]:
    """Who leads or won the auction of that row."""
    auction_id, leads, settlement = row[0], row[_LEADS], row[_SETTLEMENT]
    yield from (lead.bid.user_id for lead in leads_of(auction_id, leads))
    if settlement:
        yield from (win.bid.user_id for win in settlement_of(auction_id, settlement).wins)


@lru_cache(maxsize=1024)
def _rules_shown(text: str) -> Mapping[str, object]:
    return rules_of(text).values()


def auction_row(row: tuple[Any, ...], usernames: Mapping[UserId, str]) -> AuctionRow:
    """An auction as everybody sees it, from the columns that every statement here begins with."""
    (
        auction_id,
        item_id,
        item,
        quantity,
        raid_id,
        pool_id,
        status,
        leads,
        count,
        opens_at,
        closes_at,
        phase,
        rules_text,
        rules_version,
        seed,
        settlement,
        reason,
        version,
    ) = row
    rules = rules_of(rules_text)
    # They stand by their ceilings, which is not for all to see: they are shown by what all see of them.
    leaders = tuple(
        LeaderRow(
            user_id=lead.bid.user_id,
            username=usernames[lead.bid.user_id],
            character=lead.bid.character_name,
            amount=lead.bid.amount,
            copies=lead.copies,
        )
        for lead in sorted(
            leads_of(auction_id, leads), key=lambda lead: (-lead.bid.amount.hundredths, lead.bid.user_id)
        )
    )
    lowest = leaders[-1] if leaders else None
    return AuctionRow(
        id=auction_id,
        item_id=item_id,
        item=item,
        quantity=quantity,
        raid_id=raid_id,
        pool_id=pool_id,
        status=AuctionStatus(status),
        mode=rules.mode,
        minimum_bid=rules.minimum_in(phase),
        increment=rules.increment,
        current_amount=lowest.amount if lowest else None,
        leader_id=lowest.user_id if lowest else None,
        leader_character=lowest.character if lowest else None,
        leaders=leaders,
        bids=count,
        opens_at=moment_at(opens_at),
        closes_at=moment_or_none(closes_at),
        phase=phase + 1,
        phases=max(1, len(rules.phases)),
        rules=_rules_shown(rules_text),
        rules_version=rules_version,
        seed_hash=commitment(bytes.fromhex(seed)) if seed else "",
        seed=seed if settlement else None,
        results=tuple(
            ResultRow(
                user_id=win.bid.user_id,
                username=usernames[win.bid.user_id],
                character=win.bid.character_name,
                tier=win.bid.tier,
                amount=win.bid.amount,
                copies=win.copies,
                price=win.price,
                because=win.because,
            )
            for win in (settlement_of(auction_id, settlement).wins if settlement else ())
        ),
        reason=reason,
        version=version,
    )


# --- bids -------------------------------------------------------------------------------------------------------------


@frozen
class BidStatements:
    """Statements for a list of bids, the newest first: a page of it, and how many there are in all."""

    page: Statement
    count: Statement


def _bids(wanted: ColumnElement[bool], *newest: str, source: FromClause = bids) -> BidStatements:
    """Those bids as `:viewer` may see them: what `:viewer` may not know is not read (L-11)."""
    count = select(func.count()).select_from(source).where(in_guild(bids), wanted)
    page = (
        select(*bids.c, count.correlate(None).scalar_subquery().label("count"))
        .select_from(source)
        .where(in_guild(bids), wanted)
        .order_by(*(bids.c[column].desc() for column in newest))
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
        .subquery("page")
    )
    own = page.c.user_id == bindparam("viewer", type_=BigInteger)
    refused = page.c.outcome == BidOutcome.REFUSED.value
    told = or_(own, and_(~refused, or_(~_is_sealed, _is_published)))
    has_receipt = and_(told, _is_sealed, page.c.outcome == BidOutcome.ACCEPTED.value)
    shown = (
        select(
            page.c.id,
            page.c.auction_id,
            auctions.c.item_id,
            auctions.c.item_name,
            page.c.user_id,
            users.c.username,
            page.c.character_name,
            page.c.tier,
            case((told, page.c.amount)),
            case((own, page.c.ceiling)),
            page.c.copies,
            page.c.outcome,
            page.c.refusal,
            case((and_(own, refused), page.c.reason)),
            page.c.source,
            case((has_receipt, auctions.c.seed)),
            page.c.at,
            page.c.made_as,
            page.c.count,
        )
        .select_from(
            page.join(
                auctions, and_(auctions.c.guild_id == page.c.guild_id, auctions.c.id == page.c.auction_id)
            ).outerjoin(users, users.c.id == page.c.user_id)
        )
        .order_by(*(page.c[column].desc() for column in newest))
    )
    return BidStatements(Statement(shown), Statement(count))


_of_auction: Final = and_(auctions.c.guild_id == bids.c.guild_id, auctions.c.id == bids.c.auction_id)
BIDS_OF_AUCTION: Final = _bids(bids.c.auction_id == _the_id, "number")
BIDS_OF_ITEM: Final = _bids(
    auctions.c.item_id == _the_id, "at", "auction_id", "number", source=bids.join(auctions, _of_auction)
)
BIDS_OF_USER: Final = _bids(bids.c.user_id == _the_id, "at", "auction_id", "number")


def bid_row(row: tuple[Any, ...]) -> BidRow:
    """A bid as the viewer of its `BidStatements` may see it."""
    (
        bid_id,
        auction_id,
        item_id,
        item,
        user_id,
        username,
        character,
        tier,
        amount,
        ceiling,
        copies,
        outcome,
        refusal,
        reason,
        source,
        seed,
        at,
        made_as,
        _,
    ) = row
    known = MadeAs(auction_id, bid_id, user_id) if made_as is None else MadeAs.of(made_as)
    return BidRow(
        id=bid_id,
        auction_id=auction_id,
        item_id=item_id,
        item=item,
        user_id=user_id,
        username=username,
        character=character,
        tier=None if tier is None else Tier(tier),
        amount=points_or_none(amount),
        ceiling=points_or_none(ceiling),
        copies=copies or 1,
        outcome=BidOutcome(outcome),
        refusal=refusal,
        reason=reason,
        source=BidSource(source),
        receipt=None if seed is None else known.receipt(bytes.fromhex(seed), points_of(amount)),
        placed_at=moment_at(at),
        made_as=made_as,
    )
