"""Items, house rules, chat grammars, awards, bids that wait, and chat that was heard, in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Text, bindparam, delete, exists, func, insert, literal, select, update

from dkp_adapters.sql.auctions import rules_of, rules_text
from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    insert_rows,
    json_rows,
    json_values,
    locking,
    to_json,
    upsert,
)
from dkp_adapters.sql.tables.loot import (
    auctions,
    awards,
    chat_grammars,
    chat_lines,
    house_rules,
    items,
    standing_bids,
)
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import AwardId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    Award,
    Awards,
    AwardStatus,
    ChatGrammar,
    ChatGrammars,
    ChatLines,
    HouseRules,
    Item,
    Items,
    Rules,
    StandingBid,
    StandingBids,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_item_id: Final = bindparam("item_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- items ------------------------------------------------------------------------------------------------------------

_ITEM_WRITTEN: Final = (
    "name",
    "name_key",
    "item_pool_id",
    "rarity",
    "external_id",
    "active",
    "description",
    "link",
    "icon",
    "metadata",
)
ITEM_COLUMNS: Final = (
    items.c.id,
    items.c.guild_id,
    items.c.name,
    items.c.description,
    items.c.item_pool_id,
    items.c.rarity,
    items.c.external_id,
    items.c.link,
    items.c.icon,
    items.c.metadata,
    items.c.active,
    items.c.version,
)
_SELECT_ITEM: Final = locking(select(*ITEM_COLUMNS).where(in_guild(items)))
_ITEM: Final = Statement(_SELECT_ITEM.where(items.c.id == _the_id))
_KNOWN_BY_NAME: Final = Statement(
    select(items.c.id, items.c.name_key).where(in_guild(items), items.c.name_key.in_(json_values("keys", Text())))
)
_KNOWN_BY_EXTERNAL_ID: Final = Statement(
    select(func.min(items.c.id), items.c.external_id)
    .where(in_guild(items), items.c.external_id.in_(json_values("ids", Text())))
    .group_by(items.c.external_id)
)
_ITEM_NAMED: Final = Statement(
    _SELECT_ITEM.where(items.c.name_key == bindparam("name_key", type_=items.c.name_key.type))
)


def _item_name_taken(params: Params) -> Exception:
    return NameTaken("item", params["name"])


_ITEM_VIOLATIONS: Final = {"uq_items_guild_id_name_key": _item_name_taken, "pk_items": _lost}
_INSERT_ITEM: Final = Statement(
    insert(items).values({**binds(items, "guild_id", "id", *_ITEM_WRITTEN), "version": 1}),
    violations=_ITEM_VIOLATIONS,
)
_UPDATE_ITEM: Final = Statement(
    update(items)
    .where(in_guild(items), items.c.id == _the_id, items.c.version == _read_version)
    .values({**binds(items, *_ITEM_WRITTEN), "version": items.c.version + 1}),
    violations=_ITEM_VIOLATIONS,
)
_DELETE_ITEM: Final = Statement(
    delete(items).where(
        in_guild(items),
        items.c.id == _the_id,
        *(
            ~exists(select(literal(1)).where(in_guild(naming), naming.c.item_id == _the_id))
            for naming in (auctions, awards)
        ),
    )
)
_DELETE_BIDS_FOR: Final = Statement(
    delete(standing_bids).where(in_guild(standing_bids), standing_bids.c.item_id == _the_id)
)


class SqlItems(Items):
    """The guild's items."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._unknown: set[str] = set()

    def get(self, item_id: ItemId) -> Item:
        row = self.session.first(_ITEM, the_id=item_id)
        if row is None:
            raise NoSuch("item", item_id)
        return item_of(row)

    def named(self, name: str) -> Item | None:
        key = name_key(name)
        row = self.session.first(_ITEM_NAMED, name_key=key)
        if row is None:
            self._unknown.add(key)
            return None
        return item_of(row)

    def known(self, names: Collection[str]) -> Mapping[str, ItemId]:
        keys = {name: name_key(name) for name in names}
        if not keys:
            return {}
        by_name = {key: item_id for item_id, key in self.session.all(_KNOWN_BY_NAME, keys=sorted(set(keys.values())))}
        found = {name: by_name[key] for name, key in keys.items() if key in by_name}
        others = sorted(name for name in keys if name and name not in found)
        if others:
            found |= {name: item_id for item_id, name in self.session.all(_KNOWN_BY_EXTERNAL_ID, ids=others)}
        return found

    def save(self, item: Item) -> None:
        values = item_values(item)
        try:
            if item.version == 0:
                self.session.run(_INSERT_ITEM, id=item.id, **values)
            else:
                self.session.saved(self.session.run(_UPDATE_ITEM, the_id=item.id, read_version=item.version, **values))
        except NameTaken as taken:
            if values["name_key"] in self._unknown:  # nobody knew it a moment ago: trying again finds it
                raise Stale("somebody else entered it first") from taken
            raise
        self.session.save_events(item)

    def remove(self, item: Item) -> bool:
        if self.session.run(_DELETE_ITEM, the_id=item.id) == 0:
            return False
        self.session.run(_DELETE_BIDS_FOR, the_id=item.id)
        self.session.save_events(item)
        return True


def item_values(item: Item) -> dict[str, Any]:
    """What is kept of the item, by column."""
    return {
        "name": item.name,
        "name_key": name_key(item.name),
        "item_pool_id": item.item_pool_id,
        "rarity": item.rarity,
        "external_id": item.external_id,
        "active": int(item.active),
        "description": item.description,
        "link": item.link,
        "icon": item.icon,
        "metadata": to_json(dict(item.metadata)),
    }


def item_of(row: tuple[Any, ...]) -> Item:
    """The item that a row of ITEM_COLUMNS is."""
    (
        item_id,
        guild_id,
        name,
        description,
        item_pool_id,
        rarity,
        external_id,
        link,
        icon,
        metadata,
        active,
        version,
    ) = row
    return Item(
        id=item_id,
        guild_id=guild_id,
        name=name,
        description=description,
        item_pool_id=item_pool_id,
        rarity=rarity,
        external_id=external_id,
        link=link,
        icon=icon,
        metadata=json.loads(metadata),
        active=bool(active),
        version=version,
    )


# --- house rules ------------------------------------------------------------------------------------------------------

_HOUSE_RULES: Final = Statement(
    select(house_rules.c.version, house_rules.c.rules)
    .where(in_guild(house_rules), house_rules.c.pool_id == _pool_id)
    .order_by(house_rules.c.version.desc())
    .limit(1)
)
_INSERT_RULES: Final = Statement(
    insert(house_rules).values(binds(house_rules, *house_rules.c.keys())), violations={"pk_house_rules": _lost}
)


class SqlHouseRules(HouseRules):
    """The rules of the guild's pools."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def of(self, pool_id: PoolId) -> tuple[int, Rules]:
        row = self.session.first(_HOUSE_RULES, pool_id=pool_id)
        return (0, Rules()) if row is None else (row[0], rules_of(row[1]))

    def append(self, pool_id: PoolId, version: int, rules: Rules, event: DomainEvent) -> None:
        self.session.run(
            _INSERT_RULES, pool_id=pool_id, version=version, rules=rules_text(rules), changed_at=self.session.now()
        )
        self.session.announce(event)


# --- chat -------------------------------------------------------------------------------------------------------------

_GRAMMAR: Final = Statement(
    select(chat_grammars.c.version, chat_grammars.c.grammar)
    .where(in_guild(chat_grammars))
    .order_by(chat_grammars.c.version.desc())
    .limit(1)
)
_INSERT_GRAMMAR: Final = Statement(
    insert(chat_grammars).values(binds(chat_grammars, *chat_grammars.c.keys())), violations={"pk_chat_grammars": _lost}
)
_APPLIED: Final = Statement(
    select(chat_lines.c.fingerprint).where(
        in_guild(chat_lines), chat_lines.c.fingerprint.in_(json_values("fingerprints", Text()))
    )
)
_lines: Final = json_rows("lines", chat_lines.c.fingerprint)
_INSERT_LINES: Final = Statement(insert_rows(chat_lines, select(GUILD, *_lines.c)), violations={"pk_chat_lines": _lost})


class SqlChatGrammars(ChatGrammars):
    """How the guild says bids in chat."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def latest(self) -> tuple[int, ChatGrammar]:
        row = self.session.first(_GRAMMAR)
        return (0, ChatGrammar()) if row is None else (row[0], ChatGrammar.of(json.loads(row[1])))

    def append(self, version: int, grammar: ChatGrammar, event: DomainEvent) -> None:
        self.session.run(
            _INSERT_GRAMMAR, version=version, grammar=to_json(grammar.values()), changed_at=self.session.now()
        )
        self.session.announce(event)


class SqlChatLines(ChatLines):
    """Lines of chat that were applied."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def applied(self, fingerprints: Sequence[str]) -> frozenset[str]:
        if not fingerprints:
            return frozenset()
        return frozenset(found for (found,) in self.session.all(_APPLIED, fingerprints=fingerprints))

    def append(self, fingerprints: Sequence[str]) -> None:
        if fingerprints:
            # In one order, so that two who apply the same lines do not wait for each other in a circle.
            self.session.run(_INSERT_LINES, lines=[[each] for each in sorted(fingerprints)])


# --- awards -----------------------------------------------------------------------------------------------------------

_AWARD_COLUMNS: Final = (
    awards.c.id,
    awards.c.item_id,
    awards.c.item_name,
    awards.c.auction_id,
    awards.c.raid_id,
    awards.c.user_id,
    awards.c.character_name,
    awards.c.pools,
    awards.c.price,
    awards.c.because,
    awards.c.overbid,
    awards.c.moved_from,
    awards.c.shared_with,
    awards.c.status,
    awards.c.actor_kind,
    awards.c.actor_id,
    awards.c.awarded_at,
    awards.c.external_id,
)
_AWARD: Final = Statement(
    locking(select(*_AWARD_COLUMNS, awards.c.version).where(in_guild(awards), awards.c.id == _the_id))
)
_STANDING_SINCE: Final = Statement(
    select(*_AWARD_COLUMNS, awards.c.version)
    .where(
        in_guild(awards),
        awards.c.item_id == _item_id,
        awards.c.awarded_at >= bindparam("since", type_=BigInteger),
        awards.c.status == AwardStatus.STANDING.value,
    )
    .order_by(awards.c.id)
)
_STANDING_AT: Final = Statement(
    select(*_AWARD_COLUMNS, awards.c.version)
    .where(
        in_guild(awards),
        awards.c.raid_id == bindparam("raid_id", type_=BigInteger),
        awards.c.status == AwardStatus.STANDING.value,
    )
    .order_by(awards.c.id)
)
_SHARED_AT: Final = Statement(
    locking(
        select(*_AWARD_COLUMNS, awards.c.version)
        .where(
            in_guild(awards),
            awards.c.raid_id == bindparam("raid_id", type_=BigInteger),
            awards.c.status == AwardStatus.STANDING.value,
            awards.c.shared_with != to_json([]),
        )
        .order_by(awards.c.id)
    )
)
_new_awards: Final = json_rows("rows", *_AWARD_COLUMNS, awards.c.item_key, awards.c.character_key)
AWARD_WRITTEN: Final = tuple(_new_awards.c.keys())
_INSERT_AWARDS: Final = Statement(
    insert_rows(awards, select(GUILD, *_new_awards.c, literal(1, BigInteger).label("version"))),
    violations={"pk_awards": _lost},
)
_UPDATE_AWARD: Final = Statement(
    update(awards)
    .where(in_guild(awards), awards.c.id == _the_id, awards.c.version == _read_version)
    .values({**binds(awards, *(name for name in AWARD_WRITTEN if name != "id")), "version": awards.c.version + 1})
)


class SqlAwards(Awards):
    """The guild's awards."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, award_id: AwardId) -> Award:
        row = self.session.first(_AWARD, the_id=award_id)
        if row is None:
            raise NoSuch("award", award_id)
        return _award(self.session, row)

    def standing_since(self, item_id: ItemId, since: datetime) -> tuple[Award, ...]:
        rows = self.session.all(_STANDING_SINCE, item_id=item_id, since=micros(since))
        return tuple(_award(self.session, row) for row in rows)

    def standing_at(self, raid_id: RaidId) -> tuple[Award, ...]:
        return tuple(_award(self.session, row) for row in self.session.all(_STANDING_AT, raid_id=raid_id))

    def shared_at(self, raid_id: RaidId) -> tuple[Award, ...]:
        return tuple(_award(self.session, row) for row in self.session.all(_SHARED_AT, raid_id=raid_id))

    def save(self, *awards: Award) -> None:
        made = [award_row(award) for award in awards if not award.version]
        if made:
            self.session.write(_INSERT_AWARDS, rows=made)
        for award in awards:
            if award.version:
                written = dict(zip(AWARD_WRITTEN, award_row(award), strict=True))
                self.session.save(_UPDATE_AWARD, the_id=written.pop("id"), read_version=award.version, **written)
            self.session.save_events(award)


def award_row(award: Award) -> list[Any]:
    """An award in the order of AWARD_WRITTEN."""
    return [
        award.id,
        award.item_id,
        award.item_name,
        award.auction_id,
        award.raid_id,
        award.user_id,
        award.character_name,
        to_json(award.pools),
        award.price.hundredths,
        award.because,
        int(award.overbid),
        award.moved_from,
        to_json(award.shared_with),
        award.status.value,
        award.actor_kind.value,
        award.actor_id,
        micros(award.awarded_at),
        award.external_id,
        name_key(award.item_name),
        name_key(award.character_name),
    ]


def _award(session: Session, row: tuple[Any, ...]) -> Award:
    (
        award_id,
        item_id,
        item_name,
        auction_id,
        raid_id,
        user_id,
        character_name,
        pools,
        price,
        because,
        overbid,
        moved_from,
        shared_with,
        status,
        actor_kind,
        actor_id,
        awarded_at,
        external_id,
        version,
    ) = row
    return Award(
        id=award_id,
        guild_id=session.guild_id,
        item_id=item_id,
        item_name=item_name,
        auction_id=auction_id,
        raid_id=raid_id,
        user_id=user_id,
        character_name=character_name,
        pools=tuple(json.loads(pools)),
        price=Points(price),
        because=because,
        overbid=bool(overbid),
        moved_from=moved_from,
        shared_with=tuple(json.loads(shared_with)),
        status=AwardStatus(status),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        awarded_at=moment_at(awarded_at),
        external_id=external_id,
        version=version,
    )


# --- bids that wait ---------------------------------------------------------------------------------------------------

_SELECT_WAITING: Final = select(
    standing_bids.c.item_id,
    standing_bids.c.user_id,
    standing_bids.c.ceiling,
    standing_bids.c.character_name,
    standing_bids.c.left_at,
).where(in_guild(standing_bids))
_of_the_item: Final = standing_bids.c.item_id == _item_id
_of_the_user: Final = standing_bids.c.user_id == _user_id
_WAITING: Final = Statement(
    _SELECT_WAITING.where(_of_the_item).order_by(standing_bids.c.left_at, standing_bids.c.user_id)
)
_WAITING_OF_USER: Final = Statement(_SELECT_WAITING.where(_of_the_user).order_by(standing_bids.c.item_id))
_WAITING_OF_ONE: Final = Statement(locking(_SELECT_WAITING.where(_of_the_item, _of_the_user)))
_PUT: Final = Statement(
    upsert(
        standing_bids,
        binds(standing_bids, *standing_bids.c.keys()),
        key=("guild_id", "item_id", "user_id"),
        update=lambda _, new: {name: new[name] for name in ("ceiling", "character_name", "left_at")},
    )
)
_FORGET: Final = Statement(
    delete(standing_bids).where(
        in_guild(standing_bids),
        standing_bids.c.item_id == _item_id,
        standing_bids.c.user_id == _user_id,
    )
)


class SqlStandingBids(StandingBids):
    """Bids that wait for their auction."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def of_item(self, item_id: ItemId) -> tuple[StandingBid, ...]:
        return tuple(map(_waiting, self.session.all(_WAITING, item_id=item_id)))

    def of_user(self, user_id: UserId) -> tuple[StandingBid, ...]:
        return tuple(map(_waiting, self.session.all(_WAITING_OF_USER, user_id=user_id)))

    def find(self, item_id: ItemId, user_id: UserId) -> StandingBid | None:
        row = self.session.first(_WAITING_OF_ONE, item_id=item_id, user_id=user_id)
        return None if row is None else _waiting(row)

    def put(self, bid: StandingBid, event: DomainEvent) -> None:
        self.session.run(
            _PUT,
            item_id=bid.item_id,
            user_id=bid.user_id,
            ceiling=bid.ceiling.hundredths,
            character_name=bid.character_name,
            left_at=micros(bid.left_at),
        )
        self.session.announce(event)

    def remove(self, bids: Sequence[StandingBid], *events: DomainEvent) -> None:
        for bid in bids:
            self.session.run(_FORGET, item_id=bid.item_id, user_id=bid.user_id)
        self.session.announce(*events)


def _waiting(row: tuple[Any, ...]) -> StandingBid:
    item_id, user_id, ceiling, character_name, left_at = row
    return StandingBid(
        item_id=item_id,
        user_id=user_id,
        ceiling=Points(ceiling),
        character_name=character_name,
        left_at=moment_at(left_at),
    )
