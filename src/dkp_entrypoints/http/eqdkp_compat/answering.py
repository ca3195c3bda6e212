"""What old tools read: points, raids, events, characters (O-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO
from dkp_core.loot import AwardFilter, AwardRow, AwardStatus
from dkp_core.points import AdjustmentFilter, AdjustmentRow, ItemPoolRow, PoolRow, StandingRow, StandingsFilter
from dkp_core.raids import RaidRow, RaidStatus
from dkp_core.roster import CharacterStatus, RosterRow
from dkp_entrypoints.http.eqdkp_compat.asked_for import OldQuery
from dkp_entrypoints.http.eqdkp_compat.bearing import Bearers
from dkp_entrypoints.http.eqdkp_compat.house import House, every
from dkp_entrypoints.http.eqdkp_compat.numbering import Numbering
from dkp_entrypoints.http.eqdkp_compat.telling import amount
from dkp_entrypoints.http.operation import Call, Operations

Fields = Mapping[str, Any]
_ByCharacter = Mapping[CharacterId | None, Fields]
"""What stands at each character; at None what has nobody left to stand at."""
_Found = dict[CharacterId | None, dict[str, Fields]]

PATH: Final = "/api.php"
VERSION: Final = "2.3"
"""The version of EQdkp Plus whose answers these are."""

SOME: Final = 100
"""Raids of which each is asked for its number; of more, all are read."""

_PAID: Final = frozenset({AwardStatus.STANDING, AwardStatus.RETURNED})

reads: Final = Operations("EQdkp Plus")


# --- points -----------------------------------------------------------------------------------------------------------


def _points_revision(call: Call, query: OldQuery) -> str:
    """What changes whenever the answer may, and every hour, so that the time which the answer bears is never older."""
    house, use = House(call), call.use_cases
    pools, seeing = house.pools(), call.seeing(Permission.POINTS_READ)
    parts: list[object] = [pools, house.item_pools(), house.event_types(), house.awards_total()]
    parts += [use.standings_revision()(each.id, by=seeing) for each in pools]  # with them the roster and the guild
    if _wants_items(query):
        parts.append(use.awards_revision()(by=call.seeing(Permission.AUCTIONS_READ)))
    if "adjustments" in query.member_data:
        parts.append(house.adjustments_total())
    return repr((parts, int(datetime.now(UTC).timestamp()) // 3600))


@reads.get(
    PATH,
    Permission.POINTS_READ,
    Permission.ROSTER_READ,
    operation_id="points",
    use_case=None,
    polled=True,
    revision=_points_revision,
)
def points(call: Call, query: OldQuery) -> Fields:
    """Every character with its points in each pool, and the pools."""
    house = House(call)
    roster = house.roster()
    everyone = house.everyone(roster)
    numbering = Numbering.of(everyone)
    pools, item_pools = house.pools(), house.item_pools()
    wanted = [row for row in _asked_for(house, roster, numbering, query) if row.status is not CharacterStatus.PENDING]
    purses = _Purses.of(house, pools)
    more = _MemberData.of(house, query, item_pools, everyone)
    names = {row.id: row for row in roster}
    hidden = {rank.id for rank in call.use_cases.list_ranks()(by=call.by) if rank.is_hidden}
    guild = house.guild()
    default = next((each for each in pools if each.is_default), None)
    return {
        "eqdkp": {
            "name": guild.name,
            "guild": guild.name,
            "dkp_name": "" if default is None else default.unit,
            "version": VERSION,
            "layout": "normal",
            "base_layout": "normal",
        },
        "game": {"name": "", "version": "", "language": "", "server_name": "", "server_loc": ""},
        "info": {
            "with_twink": 1,
            **_now(ZoneInfo(guild.timezone)),
            "total_players": len(roster),
            "total_items": house.awards_total(),
        },
        "players": {
            f"player:{numbering.shown[row.id]}": {
                "id": numbering.shown[row.id],
                "name": row.name,
                "active": int(row.status is CharacterStatus.ACTIVE),
                "hidden": int(row.rank_id in hidden),
                **_main(row, names, numbering),
                "class_id": 0,
                "class_name": row.character_class,
                "points": purses.shown(row),
                **more.shown(row),
                **_our_id(query, row.id),
            }
            for row in wanted
        },
        "multidkp_pools": _pools(house, pools, item_pools, query),
        "itempools": {
            f"itempool:{number}": {"id": number, "name": each.name, "desc": "", **_our_id(query, each.id)}
            for number, each in _in_order(Numbering.in_order(item_pools), item_pools)
        },
    }


def _now(zone: ZoneInfo) -> Fields:
    now = datetime.now(UTC)
    local = now.astimezone(zone)
    return {"date": f"{local:%d.%m.%y} {local.hour}:{local:%M:%S}", "timestamp": int(now.timestamp())}


def _our_id(query: OldQuery, ours: int) -> Fields:
    return {"dkp_id": ours} if query.with_our_ids else {}


def _asked_for(house: House, roster: Sequence[RosterRow], numbering: Numbering, query: OldQuery) -> Iterable[RosterRow]:
    if query.filterid == "" or query.filter == "":
        return roster
    if query.filter == "character":
        ours = numbering.find(query.filterid)
        return (row for row in roster if row.id == ours)
    if query.filter == "user":
        owner = house.owner(query.filterid)
        return (row for row in roster if owner is not None and row.user_id == owner)
    raise InvalidValue("filter", f"{query.filter[:40]!r} is none", "user or character")


def _main(row: RosterRow, names: Mapping[CharacterId, RosterRow], numbering: Numbering) -> Fields:
    main = names.get(row.main_id) if row.main_id is not None else None
    main = row if main is None else main
    return {"main_id": numbering.shown[main.id], "main_name": main.name}


@frozen
class _Purses:
    """What each user has in each pool: their main shows it as its own, all of their characters as that of the group."""

    pools: tuple[tuple[int, Mapping[UserId, StandingRow]], ...]

    @classmethod
    def of(cls, house: House, pools: Sequence[PoolRow]) -> _Purses:
        """Read at once, a pool at a time. Raises: NotPermitted."""
        show, everyone = house.use.show_standings(), StandingsFilter(everyone=True)
        return cls(
            tuple(
                (number, {row.user_id: row for row in show(each.id, everyone, by=house.by)})
                for number, each in _in_order(Numbering.in_order(pools), pools)
            )
        )

    def shown(self, row: RosterRow) -> Fields:
        """The points of a character."""
        return {f"multidkp_points:{number}": self._in_pool(number, purses, row) for number, purses in self.pools}

    def _in_pool(self, number: int, purses: Mapping[UserId, StandingRow], row: RosterRow) -> Fields:
        purse = None if row.user_id is None else purses.get(row.user_id)
        sums = _NOTHING if purse is None else (purse.current, purse.earned, purse.spent, purse.adjusted)
        shown: dict[str, Any] = {"multidkp_id": number}
        for (name, with_twink), whole in zip(_SUMS, map(amount, sums), strict=True):
            shown[name] = whole if row.is_main else _NONE
            shown[with_twink] = whole
        return shown


_SUMS: Final = tuple(
    (f"points_{name}", f"points_{name}_with_twink") for name in ("current", "earned", "spent", "adjustment")
)
_NOTHING: Final = (ZERO,) * len(_SUMS)
_NONE: Final = amount(ZERO)


@frozen
class _MemberData:
    """What each character got, and what was adjusted for it; empty unless it is asked for."""

    items: _ByCharacter
    adjustments: _ByCharacter

    @classmethod
    def of(
        cls, house: House, query: OldQuery, item_pools: Sequence[ItemPoolRow], everyone: Sequence[RosterRow]
    ) -> _MemberData:
        """Raises: NotPermitted."""
        items, adjustments = _wants_items(query), "adjustments" in query.member_data
        if not (items or adjustments):
            return cls({}, {})
        bearers = Bearers.of(house, everyone)
        return cls(
            _items(house, item_pools, bearers) if items else {}, _adjustments(house, bearers) if adjustments else {}
        )

    def shown(self, row: RosterRow) -> Fields:
        """What stands at a character."""
        return {"items": self.items.get(row.id, {}), "adjustments": self.adjustments.get(row.id, {})}


def _wants_items(query: OldQuery) -> bool:
    return "items" in query.member_data and query.exclude_memberitems != "true"


def _items(house: House, item_pools: Sequence[ItemPoolRow], bearers: Bearers) -> _ByCharacter:
    listed, catalogue = house.use.list_awards(), house.items()
    rows: list[AwardRow] = list(every(lambda page: listed(AwardFilter(), page=page, by=house.by)))
    numbering, numbers = Numbering.of(rows), Numbering.in_order(item_pools).shown
    found: _Found = defaultdict(dict)
    for row in rows:
        if row.user_id is not None and row.status in _PAID:
            item = catalogue[row.item_id]
            number = numbering.shown[row.id]
            bearer = bearers.character(row.user_id, row.character, row.awarded_at)
            found[bearer][f"item:{number}"] = {
                "game_id": item.external_id or 0,
                "name": row.item,
                "value": amount(row.amount),
                "itempool_id": 0 if item.item_pool_id is None else numbers[item.item_pool_id],
            }
    return found


def _adjustments(house: House, bearers: Bearers) -> _ByCharacter:
    listed = house.use.list_adjustments()
    wanted = AdjustmentFilter(reversed=False)
    rows: list[AdjustmentRow] = list(every(lambda page: listed(wanted, page=page, by=house.by)))
    numbering = Numbering.of(rows)
    found: _Found = defaultdict(dict)
    for row in rows:
        number = numbering.shown[row.id]
        bearer = bearers.character(row.user_id, row.character_name, row.occurred_at)
        found[bearer][f"adjustment:{number}"] = {
            "reason": row.reason,
            "value": amount(row.amount),
            "timestamp": int(row.occurred_at.timestamp()),
            "event_id": 0,
        }
    return found


def _pools(house: House, pools: Sequence[PoolRow], item_pools: Sequence[ItemPoolRow], query: OldQuery) -> Fields:
    event_types = house.event_types() if house.by.may(Permission.RAIDS_READ) else ()
    numbering, events = Numbering.in_order(item_pools), _in_order(Numbering.of(event_types), event_types)
    return {
        f"multidkp_pool:{number}": {
            "id": number,
            "name": pool.name,
            "desc": "",
            "events": {
                f"event:{event}": {"id": event, "name": each.name, "value": amount(each.points)}
                for event, each in events
                if pool.id in each.pools
            },
            "mdkp_itempools": {
                f"itempool_id:{numbering.shown[each.id]}": numbering.shown[each.id]
                for each in item_pools
                if pool.id in each.pools
            },
            **_our_id(query, pool.id),
        }
        for number, pool in _in_order(Numbering.in_order(pools), pools)
    }


def _in_order(numbering: Numbering, things: Sequence[Any]) -> list[tuple[int, Any]]:
    """The things with their numbers, the lowest first."""
    return sorted(((numbering.shown[each.id], each) for each in things), key=lambda pair: pair[0])


# --- raids and events -------------------------------------------------------------------------------------------------


def _raids_revision(call: Call, query: OldQuery) -> str:  # noqa: ARG001  # called as the handler is
    seeing = call.seeing(Permission.RAIDS_READ)
    return repr((call.use_cases.raids_revision()(by=seeing), House(call).event_types()))


@reads.get(PATH, Permission.RAIDS_READ, operation_id="raids", use_case=None, polled=True, revision=_raids_revision)
def raids(call: Call, query: OldQuery) -> Fields:
    """The raids that stand, the latest first, with the characters that were there."""
    house = House(call)
    number, start = query.count("number", query.number), query.count("start", query.start)
    rows, numbers = _some_raids(house, start, number) if 0 < number <= SOME else _all_raids(house, start, number)
    characters = Numbering.of(house.characters())
    event_types = Numbering.of(house.event_types())
    attendees = call.use_cases.list_attendees()([row.id for row in rows], by=call.by)
    zone = house.zone()
    return {
        f"raid:{numbers[row.id]}": {
            "id": numbers[row.id],
            "date": f"{row.starts_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            "date_timestamp": int(row.starts_at.timestamp()),
            "note": row.note,
            "event_id": event_types.shown[row.event_type_id],
            "event_name": row.event_type,
            "added_by_id": 0,
            "added_by_name": row.leader or "",
            "value": amount(row.points),
            "raid_attendees": [characters.shown[each] for each in attendees.get(row.id, ())],
            **_our_id(query, row.id),
        }
        for row in rows
    }


def _some_raids(house: House, start: int, number: int) -> tuple[Sequence[RaidRow], Mapping[int, int]]:
    """A few of the raids, with their numbers."""
    rows = list(islice((row for row in house.raids() if _stands(row)), start, start + number))
    return rows, {row.id: house.raid_number(row.id, row.external_id) for row in rows}


def _all_raids(house: House, start: int, number: int) -> tuple[Sequence[RaidRow], Mapping[int, int]]:
    """The raids from one on, or as many as are wanted of them, with their numbers."""
    rows = list(house.raids())
    standing = [row for row in rows if _stands(row)]
    return standing[start : start + number] if number else standing, Numbering.of(rows).shown


def _stands(row: RaidRow) -> bool:
    return row.status is not RaidStatus.CANCELLED


@reads.get(PATH, Permission.RAIDS_READ, operation_id="events", use_case=None, polled=True)
def events(call: Call, query: OldQuery) -> Fields:
    """The event types that are in use."""
    call.by.must(Permission.RAIDS_READ)
    house = House(call)
    seen = call.by.may(Permission.POINTS_READ)
    event_types = house.event_types()
    pools, item_pools = (house.pools(), house.item_pools()) if seen else ((), ())
    shown = _in_order(Numbering.of(event_types), event_types)
    return {
        f"event:{number}": {
            "id": number,
            "name": each.name,
            "value": amount(each.points),
            "icon": "",
            "multidkp_pools": _those(pools, each.pools, "multidkp_pool"),
            "itempools": _those(item_pools, each.item_pools, "itempool"),
            **_our_id(query, each.id),
        }
        for number, each in shown
        if each.active
    }


def _those(things: Sequence[Any], ids: Sequence[int], word: str) -> Fields:
    return {
        f"{word}:{number}": {"id": number, "name": each.name, "desc": ""}
        for number, each in _in_order(Numbering.in_order(things), things)
        if each.id in ids
    }


# --- characters -------------------------------------------------------------------------------------------------------


@reads.get(PATH, Permission.ROSTER_READ, operation_id="search", use_case=None, polled=True)
def search(call: Call, query: OldQuery) -> Fields:
    """The characters of a name: what it is exactly, and what has it in its own."""
    if query.searched_in not in ("charname", "charid"):
        raise InvalidValue("in", f"{query.searched_in[:40]!r} is not searched here", "charname or charid")
    house = House(call)
    roster = house.roster()
    numbering = house.numbered(roster)
    if query.searched_in == "charid":
        ours = numbering.find(query.searched_for)
        direct, relevant = [row for row in roster if row.id == ours], []
    else:
        key = name_key(query.searched_for)
        direct = [row for row in roster if name_key(row.name) == key]
        relevant = [row for row in roster if key and key in name_key(row.name) and row not in direct]
    found = {"direct": direct, "relevant": relevant}
    return {
        word: {f"member:{numbering.shown[row.id]}": _found(row, numbering, query) for row in rows}
        for word, rows in found.items()
        if rows
    }


def _found(row: RosterRow, numbering: Numbering, query: OldQuery) -> Fields:
    return {
        "id": numbering.shown[row.id],
        "name": row.name,
        "name_export": row.name,
        "main": int(row.is_main),
        "class": 0,
        "classname": row.character_class,
        "roles": {},
        "raidgroups": {},
        **_our_id(query, row.id),
    }


@reads.get(PATH, Permission.ROSTER_READ, operation_id="character", use_case=None)
def character(call: Call, query: OldQuery) -> Fields:  # noqa: ARG001  # each function is asked with one
    """What can be said of a new character."""
    house = House(call)
    roster = house.roster()
    numbering = house.numbered(roster)
    ranks = call.use_cases.list_ranks()(by=call.by)
    fields = call.use_cases.list_profile_fields()(by=call.by)
    return {
        "name": {"type": "text", "lang": "name", "required": 1, "pattern": ".{1,64}", "size": 20},
        "mainid": {"type": "dropdown", "options": {str(numbering.shown[row.id]): row.name for row in roster}},
        "rankid": {
            "type": "dropdown",
            "options": {str(rank.id): rank.name for rank in ranks},
            "default": next((rank.id for rank in ranks if rank.is_default), 0),
        },
        "class": {"type": "text"},
        "race": {"type": "text"},
        "level": {"type": "int"},
        **{
            each.name: {
                "type": str(each.kind),
                "required": int(each.required),
                "options": {choice: choice for choice in each.choices},
            }
            for each in fields
            if not each.archived
        },
    }
