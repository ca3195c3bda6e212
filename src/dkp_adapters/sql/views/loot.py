"""How items, auctions, bids, awards and rules are shown, from SQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union,
)

from dkp_adapters.sql.auctions import AUCTION_COLUMNS, auction_of, rules_of, standing_bid_of
from dkp_adapters.sql.bidders import SqlBidders
from dkp_adapters.sql.heads import counts_for, merged_into
from dkp_adapters.sql.holds import purse_of
from dkp_adapters.sql.moments import moment_at, moment_or_none
from dkp_adapters.sql.points import policies_of
from dkp_adapters.sql.statement import Statement, in_guild, int_sum, json_values
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.loot import (
    auctions,
    award_drafts,
    awards,
    chat_grammars,
    holds,
    house_rules,
    items,
    standing_bids,
)
from dkp_adapters.sql.tables.points import balances, item_pools, pool_policies, pools
from dkp_adapters.sql.tables.raids import raids
from dkp_adapters.sql.views import (
    PAGE_OFFSET,
    PAGE_SIZE,
    SqlView,
    ordered_by,
    page_params,
    part_of,
    pattern_of,
)
from dkp_adapters.sql.views.accounts import has_place
from dkp_adapters.sql.views.actors import with_names
from dkp_adapters.sql.views.auctions import (
    BIDS_OF_AUCTION,
    BIDS_OF_ITEM,
    BIDS_OF_USER,
    IS_AUCTION,
    ONE_AUCTION,
    RUNNING_AUCTIONS,
    THOSE_AUCTIONS,
    USERNAMES,
    BidStatements,
    auction_row,
    auctions_listed,
    bid_row,
    is_given,
    named_in,
    points_or_none,
)
from dkp_adapters.sql.views.contest import contest_of
from dkp_adapters.sql.views.points import points_of
from dkp_adapters.sql.views.raids import pool_pattern_of
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, ItemId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import night_of
from dkp_core.kernel.points import ZERO
from dkp_core.loot import (
    PAID,
    AuctionFilter,
    AuctionRow,
    AwardDraftFilter,
    AwardDraftRow,
    AwardFilter,
    AwardRow,
    AwardStatus,
    BiddingRow,
    BidRow,
    ChatGrammar,
    Contest,
    DraftStatus,
    ItemDetailRow,
    ItemFilter,
    ItemRow,
    LootView,
    OwnHoldRow,
    PriceHistory,
    Purse,
    Rules,
    RulesRow,
    StandingBidRow,
    informed,
)
from dkp_core.points import Policies

Row = tuple[Any, ...]

_the_id: Final = bindparam("the_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_first: Final[ColumnElement[int]] = literal_column("1", BigInteger)


def _pattern(search: str) -> str | None:
    return pattern_of(search) if name_key(search) else None


class _Listed(Protocol):
    """Makes the statement of a list for filters, by the names of their parameters, and an order."""

    def __call__(self, wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement: ...


def _wanted(**params: Any) -> dict[str, Any]:
    """The parameters of the filters that restrict."""
    return {name: value for name, value in params.items() if value is not None}


# --- items ------------------------------------------------------------------------------------------------------------

# What was taken back was never paid, and what nobody got has no price.
_was_sold: Final = and_(
    awards.c.user_id.is_not(None),
    or_(*(awards.c.status == status.value for status in sorted(PAID))),
)


def _of_item(item: FromClause) -> ColumnElement[bool]:
    return and_(awards.c.guild_id == item.c.guild_id, awards.c.item_id == item.c.id, _was_sold)


def _of_last_sale(column: ColumnElement[int], item: FromClause) -> ColumnElement[int]:
    last = select(column).where(_of_item(item)).order_by(awards.c.awarded_at.desc(), awards.c.id.desc())
    return last.limit(_first).correlate(item).scalar_subquery()


def _item_keys(item: FromClause, item_pool_key: ColumnElement[str]) -> dict[str, ColumnElement[Any]]:
    """What items are ordered by, in the table or on a page of it."""
    return {
        "name": item.c.name_key,
        "rarity": item.c.rarity,
        "item_pool": item_pool_key,
        "awards": select(func.count()).where(_of_item(item)).correlate(item).scalar_subquery(),
        "last_price": _of_last_sale(awards.c.price, item),
        "last_awarded_at": _of_last_sale(awards.c.awarded_at, item),
        "id": item.c.id,
    }


# Of all items at once: to look for the last sale of one after the other takes twice as long.
_sold: Final = (
    select(awards.c.item_id, func.count().label("awards"), func.max(awards.c.awarded_at).label("last_awarded_at"))
    .where(in_guild(awards), _was_sold)
    .group_by(awards.c.item_id)
    .subquery("sold")
)
_last_price: Final = (
    select(awards.c.price)
    .where(
        in_guild(awards),
        awards.c.item_id == _sold.c.item_id,
        awards.c.awarded_at == _sold.c.last_awarded_at,
        _was_sold,
    )
    .order_by(awards.c.id.desc())
    .limit(_first)
    .correlate(_sold)
    .scalar_subquery()
)
_sales: Final = select(*_sold.c, _last_price.label("last_price")).subquery("sales")
_SALE_KEYS: Final[dict[str, ColumnElement[Any]]] = {
    "awards": func.coalesce(_sales.c.awards, literal_column("0", BigInteger)),
    "last_price": _sales.c.last_price,
    "last_awarded_at": _sales.c.last_awarded_at,
}

_ITEM: Final = (
    items.c.id,
    items.c.name,
    items.c.description,
    items.c.item_pool_id,
    item_pools.c.name.label("item_pool"),
    items.c.rarity,
    items.c.external_id,
    items.c.link,
    items.c.icon,
    items.c.metadata,
    items.c.active,
)
_with_item_pool: Final = items.outerjoin(
    item_pools, and_(item_pools.c.guild_id == items.c.guild_id, item_pools.c.id == items.c.item_pool_id)
)
_ITEM_NULLABLE: Final = frozenset({"item_pool", "last_price", "last_awarded_at"})
_called_so: Final = items.alias("called_so")
_ITEM_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "search": part_of(items.c.name_key),
    "item_pool_id": is_given(items.c.item_pool_id, "item_pool_id"),
    "rarity": is_given(items.c.rarity, "rarity"),
    "external_id": items.c.id.in_(
        union(
            select(_called_so.c.id).where(in_guild(_called_so), is_given(_called_so.c.external_id, "external_id")),
            select(awards.c.item_id).where(in_guild(awards), is_given(awards.c.external_id, "external_id")),
        )
    ),
    "active": is_given(items.c.active, "active"),
}


@lru_cache(maxsize=256)
def _items(wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many there are.

    Sales are looked up for the items of the page alone, unless they say which items those are.
    """
    conditions = [in_guild(items), *(_ITEM_FILTERS[name] for name in sorted(wanted))]
    count = select(func.count()).select_from(items).where(*conditions)
    if counted:
        return Statement(count)
    keys, source = _item_keys(items, item_pools.c.name_key), _with_item_pool
    if any(order.field in _SALE_KEYS for order in ordering):
        keys, source = keys | _SALE_KEYS, source.outerjoin(_sales, _sales.c.item_id == items.c.id)
    page = (
        select(
            *_ITEM,
            items.c.guild_id,
            items.c.name_key,
            item_pools.c.name_key.label("item_pool_key"),
            count.correlate(None).scalar_subquery().label("count"),
        )
        .select_from(source)
        .where(*conditions)
        .order_by(*ordered_by(ordering, keys, _ITEM_NULLABLE), items.c.name_key, items.c.id)
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
        .subquery("page")
    )
    keys = _item_keys(page, page.c.item_pool_key)
    return Statement(
        select(
            *(page.c[column.key] for column in _ITEM),
            keys["awards"],
            keys["last_price"],
            keys["last_awarded_at"],
            page.c.count,
        ).order_by(*ordered_by(ordering, keys, _ITEM_NULLABLE), page.c.name_key, page.c.id)
    )


_with_sales: Final = (
    select(*_ITEM, awards.c.price, awards.c.awarded_at)
    .select_from(_with_item_pool.outerjoin(awards, _of_item(items)))
    .where(in_guild(items))
    .order_by(awards.c.awarded_at.desc(), awards.c.id.desc())
)
_ONE_ITEM: Final = Statement(_with_sales.where(items.c.id == _the_id))
_ITEM_NAMED: Final = Statement(_with_sales.where(is_given(items.c.name_key, "name_key")))
_IS_ITEM: Final = Statement(select(items.c.id).where(in_guild(items), items.c.id == _the_id))


def _item_parts(row: Row) -> dict[str, Any]:
    item_id, name, description, item_pool_id, item_pool, rarity, external_id, link, icon, metadata, active = row
    return {
        "id": item_id,
        "name": name,
        "description": description,
        "item_pool_id": item_pool_id,
        "item_pool": item_pool,
        "rarity": rarity,
        "external_id": external_id,
        "link": link,
        "icon": icon,
        "metadata": json.loads(metadata),
        "active": bool(active),
    }


def _item_row(row: Row) -> ItemRow:
    *parts, sales, last_price, last_awarded_at, _ = row
    return ItemRow(
        **_item_parts(tuple(parts)),
        awards=sales,
        last_price=points_or_none(last_price),
        last_awarded_at=moment_or_none(last_awarded_at),
    )


def _item_detail_row(rows: Sequence[Row], key: object) -> ItemDetailRow:
    if not rows:
        raise NoSuch("item", str(key))
    *parts, _, last_awarded_at = rows[0]
    # Without any sale there is one row, with nothing in it.
    prices = PriceHistory.of([points_of(price) for *_, price, _ in rows if price is not None])
    return ItemDetailRow(
        **_item_parts(tuple(parts)),
        awards=prices.count,
        last_price=prices.last,
        last_awarded_at=moment_or_none(last_awarded_at),
        prices=prices,
    )


# --- one's own ----------------------------------------------------------------------------------------------------

_OWN_HOLDS: Final = Statement(
    select(holds.c.auction_id, auctions.c.item_name, holds.c.pool_id, holds.c.shown, holds.c.sealed)
    .join_from(holds, auctions, and_(auctions.c.guild_id == holds.c.guild_id, auctions.c.id == holds.c.auction_id))
    .where(in_guild(holds), holds.c.user_id == _user_id)
    .order_by(holds.c.auction_id)
)
_WAITING: Final = Statement(
    select(
        standing_bids.c.item_id,
        items.c.name,
        standing_bids.c.ceiling,
        standing_bids.c.character_name,
        standing_bids.c.left_at,
    )
    .join_from(
        standing_bids,
        items,
        and_(items.c.guild_id == standing_bids.c.guild_id, items.c.id == standing_bids.c.item_id),
    )
    .where(in_guild(standing_bids), standing_bids.c.user_id == _user_id)
    .order_by(items.c.name_key)
)

# --- awards -----------------------------------------------------------------------------------------------------------

_AWARD: Final = (
    awards.c.id,
    awards.c.item_id,
    awards.c.item_name,
    awards.c.auction_id,
    awards.c.raid_id,
    awards.c.user_id,
    users.c.username,
    awards.c.character_name,
    awards.c.pools,
    awards.c.price,
    awards.c.because,
    awards.c.overbid,
    awards.c.moved_from,
    awards.c.status,
    awards.c.awarded_at,
    awards.c.actor_kind,
    awards.c.actor_id,
    awards.c.external_id,
)
_with_receiver: Final = awards.outerjoin(users, users.c.id == awards.c.user_id)
_AWARD_KEYS: Final[dict[str, ColumnElement[Any]]] = {
    "awarded_at": awards.c.awarded_at,
    "item": awards.c.item_key,
    "username": users.c.username_key,
    "price": awards.c.price,
    "id": awards.c.id,
}
_listed_pools: Final = func.replace(func.replace(awards.c.pools, "[", ",", type_=Text), "]", ",", type_=Text)
_AWARD_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "item_id": is_given(awards.c.item_id, "item_id"),
    "raid_id": is_given(awards.c.raid_id, "raid_id"),
    "user_id": is_given(awards.c.user_id, "user_id"),
    "receivers": and_(
        awards.c.user_id.in_(json_values("receivers")),
        or_(awards.c.user_id == _user_id, counts_for(awards.c.user_id, awards.c.awarded_at, _user_id)),
    ),
    "pool_pattern": _listed_pools.like(bindparam("pool_pattern", type_=Text())),
    "status": is_given(awards.c.status, "status"),
    "overbid": is_given(awards.c.overbid, "overbid"),
    "external_id": is_given(awards.c.external_id, "external_id"),
    "search": part_of(awards.c.item_key),
}


_MERGED_INTO: Final = Statement(merged_into(_user_id))


@lru_cache(maxsize=256)
def _awards(wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many there are."""
    if "receivers" in wanted:
        wanted -= {"user_id"}
    conditions = [in_guild(awards), *(_AWARD_FILTERS[name] for name in sorted(wanted))]
    count = select(func.count()).select_from(awards).where(*conditions)
    if counted:
        return Statement(count)
    return Statement(
        select(*_AWARD, count.correlate(None).scalar_subquery())
        .select_from(_with_receiver)
        .where(*conditions)
        .order_by(
            *ordered_by(ordering, _AWARD_KEYS, frozenset({"username"})),
            awards.c.awarded_at.desc(),
            awards.c.id.desc(),
        )
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


_AWARD_CHANGES: Final = Statement(
    select(
        guilds.c.roster_revision,  # goes up when an import is undone
        select(func.count()).select_from(awards).where(in_guild(awards)).scalar_subquery(),
        select(int_sum(awards.c.version)).where(in_guild(awards)).scalar_subquery(),
    ).where(guilds.c.id == bindparam("guild_id", type_=BigInteger))
)
_ITEM_VERSIONS: Final = Statement(
    select(items.c.id, items.c.version).where(in_guild(items)).order_by(items.c.guild_id, items.c.id)
)
_ONE_AWARD: Final = Statement(
    select(*_AWARD).select_from(_with_receiver).where(in_guild(awards), awards.c.id == _the_id)
)


_DRAFT: Final = (
    award_drafts.c.id,
    award_drafts.c.raid_id,
    award_drafts.c.item_name,
    award_drafts.c.item_id,
    award_drafts.c.name,
    award_drafts.c.user_id,
    users.c.username,
    award_drafts.c.quantity,
    award_drafts.c.cost,
    award_drafts.c.rot,
    award_drafts.c.note,
    award_drafts.c.local_time,
    award_drafts.c.line,
    award_drafts.c.sha256,
    award_drafts.c.status,
    award_drafts.c.awards,
    award_drafts.c.reason,
    award_drafts.c.drafted_at,
)
_with_owner: Final = award_drafts.outerjoin(users, users.c.id == award_drafts.c.user_id)
_DRAFT_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "raid_id": is_given(award_drafts.c.raid_id, "raid_id"),
    "status": is_given(award_drafts.c.status, "status"),
}


@lru_cache(maxsize=8)
def _drafts(wanted: frozenset[str], _: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters; with `counted` only how many there are."""
    conditions = [in_guild(award_drafts), *(_DRAFT_FILTERS[name] for name in sorted(wanted))]
    count = select(func.count()).select_from(award_drafts).where(*conditions)
    if counted:
        return Statement(count)
    return Statement(
        select(*_DRAFT, count.correlate(None).scalar_subquery())
        .select_from(_with_owner)
        .where(*conditions)
        .order_by(award_drafts.c.id)
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


_ONE_DRAFT: Final = Statement(
    select(*_DRAFT).select_from(_with_owner).where(in_guild(award_drafts), award_drafts.c.id == _the_id)
)
_IS_RAID: Final = Statement(select(raids.c.id).where(in_guild(raids), raids.c.id == _the_id))


def _draft_row(row: Row) -> AwardDraftRow:
    (
        draft_id,
        raid_id,
        item,
        item_id,
        character,
        user_id,
        username,
        quantity,
        cost,
        rot,
        note,
        local_time,
        line,
        sha256,
        status,
        awards_json,
        reason,
        drafted_at,
    ) = row
    return AwardDraftRow(
        id=draft_id,
        raid_id=raid_id,
        item=item,
        item_id=item_id,
        character=character,
        user_id=user_id,
        username=username,
        quantity=quantity,
        amount=points_or_none(cost),
        rot=bool(rot),
        note=note,
        local_time=local_time,
        line=line,
        sha256=sha256,
        status=DraftStatus(status),
        awards=tuple(json.loads(awards_json)),
        reason=reason,
        drafted_at=moment_at(drafted_at),
    )


def _award_row(row: Row) -> AwardRow:
    (
        award_id,
        item_id,
        item,
        auction_id,
        raid_id,
        user_id,
        username,
        character,
        pools_json,
        price,
        because,
        overbid,
        moved_from,
        status,
        awarded_at,
        actor_kind,
        actor_id,
        external_id,
    ) = row
    return AwardRow(
        id=award_id,
        item_id=item_id,
        item=item,
        auction_id=auction_id,
        raid_id=raid_id,
        user_id=user_id,
        username=username,
        character=character,
        pools=tuple(json.loads(pools_json)),
        amount=points_of(price),
        because=because,
        overbid=bool(overbid),
        moved_from=moved_from,
        status=AwardStatus(status),
        awarded_at=moment_at(awarded_at),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        actor_name=None,
        external_id=external_id,
    )


# --- rules ------------------------------------------------------------------------------------------------------------

_with_rules: Final = (
    select(pools.c.id, house_rules.c.version, house_rules.c.rules, house_rules.c.changed_at)
    .join_from(
        pools,
        house_rules,
        and_(house_rules.c.guild_id == pools.c.guild_id, house_rules.c.pool_id == pools.c.id),
        isouter=True,
    )
    .where(in_guild(pools))
    .order_by(house_rules.c.version.desc())
)
_policies_in_force: Final = (
    select(pool_policies.c.policies)
    .where(pool_policies.c.guild_id == pools.c.guild_id, pool_policies.c.pool_id == pools.c.id)
    .order_by(pool_policies.c.version.desc())
    .limit(_first)
    .correlate(pools)
    .scalar_subquery()
)
_latest_rules: Final = _with_rules.add_columns(_policies_in_force).limit(_first)
_RULES: Final = Statement(_with_rules.where(pools.c.id == _the_id))
_LATEST_RULES: Final = Statement(_latest_rules.where(pools.c.id == _the_id))
_RULES_OF_DEFAULT_POOL: Final = Statement(_latest_rules.where(pools.c.is_default == 1))
_GRAMMAR: Final = Statement(
    select(chat_grammars.c.version, chat_grammars.c.grammar, chat_grammars.c.changed_at)
    .where(in_guild(chat_grammars))
    .order_by(chat_grammars.c.version.desc())
    .limit(_first)
)

# --- what a bid is judged by ------------------------------------------------------------------------------------------

_BIDDING: Final = Statement(
    select(*AUCTION_COLUMNS, guilds.c.timezone)
    .join_from(auctions, guilds, guilds.c.id == auctions.c.guild_id)
    .where(in_guild(auctions), auctions.c.id == _the_id)
)


def _kept(number: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(number, literal_column("0", BigInteger))


_PURSE: Final = Statement(
    select(
        _kept(balances.c.earned - balances.c.spent + balances.c.adjusted),
        _kept(balances.c.held),
        _kept(balances.c.sealed),
        _kept(holds.c.shown),
        _kept(holds.c.sealed),
        func.coalesce(holds.c.copies, _first).label("copies"),
    )
    .select_from(
        pools.outerjoin(
            balances,
            and_(
                balances.c.guild_id == pools.c.guild_id,
                balances.c.pool_id == pools.c.id,
                balances.c.user_id == _user_id,
            ),
        ).outerjoin(
            holds,
            and_(
                holds.c.guild_id == pools.c.guild_id,
                holds.c.auction_id == bindparam("auction_id", type_=BigInteger),
                holds.c.user_id == _user_id,
            ),
        )
    )
    .where(in_guild(pools), pools.c.id == _pool_id)
)
_people: Final = users.outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id))
_user_here: Final = select(users.c.id).select_from(_people).where(has_place())
_USER: Final = Statement(_user_here.where(users.c.id == _the_id))
_USER_WITH_DISCORD_ID: Final = Statement(_user_here.where(is_given(users.c.discord_id, "discord_id")))


class SqlLootView(SqlView, LootView):
    """Reads items, auctions, bids and awards."""

    # --- items --------------------------------------------------------------------------------------------------------

    def items(self, wanted: ItemFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[ItemRow]:
        params = _wanted(
            item_pool_id=wanted.item_pool_id,
            rarity=wanted.rarity,
            external_id=wanted.external_id,
            active=None if wanted.active is None else int(wanted.active),
            search=_pattern(wanted.search),
        )
        rows, count = self._page(_items, params, ordering, page)
        return Page(tuple(map(_item_row, rows)), count)

    def item(self, item_id: ItemId) -> ItemDetailRow:
        return _item_detail_row(self.session.all(_ONE_ITEM, the_id=item_id), item_id)

    def item_named(self, name: str) -> ItemDetailRow:
        return _item_detail_row(self.session.all(_ITEM_NAMED, name_key=name_key(name)), name)

    # --- auctions -----------------------------------------------------------------------------------------------------

    def auctions(self, wanted: AuctionFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[AuctionRow]:
        params = _wanted(
            status=wanted.status and wanted.status.value,
            pool_id=wanted.pool_id,
            raid_id=wanted.raid_id,
            item_id=wanted.item_id,
            search=_pattern(wanted.search),
        )
        state = {None: (), True: ("running",), False: ("over",)}[wanted.running]
        rows, count = self._page(auctions_listed, params, ordering, page, *state)
        return Page(self._auction_rows(row[:-1] for row in rows), count)

    def running(self, auction_ids: Collection[AuctionId] | None = None) -> tuple[AuctionRow, ...]:
        if auction_ids is None:
            rows = self.session.all(RUNNING_AUCTIONS)
        else:
            rows = self.session.all(THOSE_AUCTIONS, auction_ids=[[auction_id] for auction_id in set(auction_ids)])
        return self._auction_rows(sorted((row for row in rows if row[0] is not None), key=itemgetter(0)))

    def auction(self, auction_id: AuctionId) -> AuctionRow:
        row = self.session.first(ONE_AUCTION, the_id=auction_id)
        if row is None:
            raise NoSuch("auction", auction_id)
        return self._auction_rows([row])[0]

    def _auction_rows(self, rows: Iterable[Row]) -> tuple[AuctionRow, ...]:
        """The rows with the usernames of who leads or won."""
        found = list(rows)
        named = {user_id for row in found for user_id in named_in(row)}
        usernames = (
            dict(self.session.all(USERNAMES, user_ids=[[user_id] for user_id in sorted(named)])) if named else {}
        )
        return tuple(auction_row(row, usernames) for row in found)

    # --- bids ---------------------------------------------------------------------------------------------------------

    def bids_of_item(self, item_id: ItemId, *, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        found = self._bids(BIDS_OF_ITEM, item_id, viewer, page)
        if not found.count and self.session.first(_IS_ITEM, the_id=item_id) is None:
            raise NoSuch("item", item_id)
        return found

    def bids_of_auction(self, auction_id: AuctionId, *, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        found = self._bids(BIDS_OF_AUCTION, auction_id, viewer, page)
        if not found.count and self.session.first(IS_AUCTION, the_id=auction_id) is None:
            raise NoSuch("auction", auction_id)
        return found

    def own_bids(self, user_id: UserId, *, page: PageRequest) -> Page[BidRow]:
        return self._bids(BIDS_OF_USER, user_id, user_id, page)

    def _bids(self, statements: BidStatements, the_id: int, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        rows = self.session.all(statements.page, the_id=the_id, viewer=viewer, **page_params(page))
        if rows:
            return Page(tuple(map(bid_row, rows)), rows[0][-1])
        counted = self.session.first(statements.count, the_id=the_id) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def own_holds(self, user_id: UserId) -> tuple[OwnHoldRow, ...]:
        return tuple(
            OwnHoldRow(
                auction_id=auction_id,
                item=item,
                pool_id=pool_id,
                held=points_of(shown + sealed),
                sealed=points_of(sealed),
            )
            for auction_id, item, pool_id, shown, sealed in self.session.all(_OWN_HOLDS, user_id=user_id)
        )

    def standing_bids(self, user_id: UserId) -> tuple[StandingBidRow, ...]:
        return tuple(
            StandingBidRow(
                item_id=item_id,
                item=item,
                ceiling=points_of(ceiling),
                character=character,
                left_at=moment_at(left_at),
            )
            for item_id, item, ceiling, character, left_at in self.session.all(_WAITING, user_id=user_id)
        )

    # --- awards -------------------------------------------------------------------------------------------------------

    def awards_revision(self) -> str:
        """Of awards, which go only with a whole import, how often they changed; of items, each version."""
        digest = hashlib.blake2b(repr(self.session.all(_ITEM_VERSIONS)).encode(), digest_size=15)
        return f"{self.session.all(_AWARD_CHANGES)}-{digest.hexdigest()}"

    def awards(self, wanted: AwardFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[AwardRow]:
        params = _wanted(
            item_id=wanted.item_id,
            raid_id=wanted.raid_id,
            user_id=wanted.user_id,
            pool_pattern=None if wanted.pool_id is None else pool_pattern_of(wanted.pool_id),
            status=wanted.status and wanted.status.value,
            overbid=None if wanted.overbid is None else int(wanted.overbid),
            external_id=wanted.external_id,
            search=_pattern(wanted.search),
        )
        others = [] if wanted.user_id is None else self.session.all(_MERGED_INTO, user_id=wanted.user_id)
        if others:  # which is seldom: else a user's awards are found faster
            params["receivers"] = [wanted.user_id, *(user_id for user_id, _ in others)]
        rows, count = self._page(_awards, params, ordering, page)
        return Page(with_names(self.session, (_award_row(row[:-1]) for row in rows)), count)

    def award(self, award_id: AwardId) -> AwardRow:
        row = self.session.first(_ONE_AWARD, the_id=award_id)
        if row is None:
            raise NoSuch("award", award_id)
        return with_names(self.session, [_award_row(row)])[0]

    def award_drafts(self, wanted: AwardDraftFilter, *, page: PageRequest) -> Page[AwardDraftRow]:
        if self.session.first(_IS_RAID, the_id=wanted.raid_id) is None:
            raise NoSuch("raid", wanted.raid_id)
        params = _wanted(raid_id=wanted.raid_id, status=wanted.status and wanted.status.value)
        rows, count = self._page(_drafts, params, (), page)
        return Page(tuple(_draft_row(row[:-1]) for row in rows), count)

    def award_draft(self, draft_id: AwardDraftId) -> AwardDraftRow:
        row = self.session.first(_ONE_DRAFT, the_id=draft_id)
        if row is None:
            raise NoSuch("award draft", draft_id)
        return _draft_row(row)

    # --- rules --------------------------------------------------------------------------------------------------------

    def rules(self, pool_id: PoolId) -> tuple[RulesRow, ...]:
        rows = self.session.all(_RULES, the_id=pool_id)
        if not rows:
            raise NoSuch("pool", pool_id)
        return tuple(
            RulesRow(
                version=version or 0,
                values=(Rules() if text is None else rules_of(text)).values(),
                changed_at=moment_or_none(changed_at),
            )
            for _, version, text, changed_at in rows
        )

    def latest_rules(self, pool_id: PoolId | None) -> tuple[PoolId, Rules]:
        if pool_id is None:
            row = self.session.first(_RULES_OF_DEFAULT_POOL)
        else:
            row = self.session.first(_LATEST_RULES, the_id=pool_id)
        if row is None:
            raise NoSuch("pool", "default" if pool_id is None else pool_id)
        found, _, text, _, policies = row
        rules = Rules() if text is None else rules_of(text)
        return found, rules.under((Policies() if policies is None else policies_of(policies)).floor)

    def contest(self, pool_id: PoolId, *, at: datetime) -> Contest:
        return contest_of(self.session, pool_id, at)

    def chat_grammar(self) -> RulesRow:
        row = self.session.first(_GRAMMAR)
        if row is None:
            return RulesRow(version=0, values=ChatGrammar().values(), changed_at=None)
        version, text, changed_at = row
        return RulesRow(
            version=version,
            values=ChatGrammar.of(json.loads(text), "grammar").values(),
            changed_at=moment_at(changed_at),
        )

    # --- what a bid is judged by --------------------------------------------------------------------------------------

    def bidding(
        self,
        auction_id: AuctionId,
        *,
        user_id: UserId | None,
        discord_id: str | None,
        character: str,
        sealed: bool,
        at: datetime,
    ) -> BiddingRow:
        row = self.session.first(_BIDDING, the_id=auction_id)
        if row is None:
            raise NoSuch("auction", auction_id)
        auction, zone = auction_of(row[:-1]), row[-1]
        bidders = SqlBidders(self.session)
        bidder = bidders.find(user_id=user_id, discord_id=discord_id, character=character)
        if bidder is None:
            return BiddingRow(auction=auction, bidder=None, purse=Purse(current=ZERO), own=None)
        night = night_of(auction.opens_at, zone) if auction.rules.limits else None
        bidder = informed(bidders, bidder, auction, night, at, sealed=sealed)
        # Whoever has bid in an earlier phase goes on bidding; nothing else is asked of the bid that stands.
        own = standing_bid_of(self.session, auction.id, bidder.user_id) if auction.rules.phases else None
        return BiddingRow(
            auction=auction,
            bidder=bidder,
            purse=self._purse(bidder.user_id, auction.pool_id, auction.id) or Purse(current=ZERO),
            own=own,
        )

    def purse(self, user_id: UserId, pool_id: PoolId) -> Purse:
        found = self._purse(user_id, pool_id, AuctionId(0))
        if found is None:
            raise NoSuch("pool", pool_id)
        return found

    def _purse(self, user_id: UserId, pool_id: PoolId, auction_id: AuctionId) -> Purse | None:
        row = self.session.first(_PURSE, user_id=user_id, pool_id=pool_id, auction_id=auction_id)
        return None if row is None else purse_of(row)

    def user_with(self, *, user_id: UserId | None, discord_id: str | None) -> UserId:
        if user_id is not None:
            row, kind = self.session.first(_USER, the_id=user_id), "user"
        else:
            row, kind = self.session.first(_USER_WITH_DISCORD_ID, discord_id=discord_id), "user with Discord id"
        if row is None:
            raise NoSuch(kind, discord_id if user_id is None else user_id)
        return UserId(row[0])

    # --- pages --------------------------------------------------------------------------------------------------------

    def _page(
        self, listed: _Listed, params: dict[str, Any], ordering: tuple[Order, ...], page: PageRequest, *also: str
    ) -> tuple[list[Row], int]:
        """The rows of a page, each with the count at its end, and the count; `also` are filters without parameters."""
        filters = frozenset((*params, *also))
        rows = self.session.all(listed(filters, ordering), **params, **page_params(page))
        if rows:
            return rows, rows[0][-1]
        counted = self.session.first(listed(filters, (), counted=True), **params) if page.offset else None
        return [], counted[0] if counted else 0
