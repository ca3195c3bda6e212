"""What old tools write: raids, items, adjustments, characters (O-5)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import PoolId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission
from dkp_core.loot import Whose
from dkp_core.points import AdjustmentLine
from dkp_core.raids import NamedPresence
from dkp_entrypoints.http.eqdkp_compat.answering import PATH, Fields
from dkp_entrypoints.http.eqdkp_compat.asked_for import OldQuery
from dkp_entrypoints.http.eqdkp_compat.body import Given, OldBody, told_as_sent
from dkp_entrypoints.http.eqdkp_compat.house import House
from dkp_entrypoints.http.eqdkp_compat.numbering import Numbering, number_in
from dkp_entrypoints.http.operation import Call, Operations

REASON: Final = "Added by an older tool"

_OF_A_RAID: Final = MappingProxyType(
    {"starts_at": "raid_date", "points": "raid_value", "note": "raid_note", "characters": "raid_attendees"}
)
_OF_AN_ITEM: Final = MappingProxyType(
    {
        "item": "item_name",
        "name": "item_name",
        "amount": "item_value",
        "character": "item_buyers",
        "external_id": "item_game_id",
    }
)
_OF_AN_ADJUSTMENT: Final = MappingProxyType(
    {
        "amount": "adjustment_value",
        "reason": "adjustment_reason",
        "occurred_at": "adjustment_date",
        "character": "adjustment_members",
        "adjustments": "adjustment_members",
    }
)
_OF_A_CHARACTER: Final = MappingProxyType({"owner": "user_id", "character_class": "class", "rank_id": "rankid"})
_OF_THE_PROFILE: Final = "profile."
"""The fields that were sent, by how the use cases call them."""

writes: Final = Operations("EQdkp Plus")


class OnlyTested(Exception):
    """Leaves the transaction of a rehearsal, so that nothing of it stays."""


def _done(query: OldQuery, answer: Fields) -> Fields:
    """The answer to what was done. Raises: OnlyTested."""
    if query.only_tested:
        raise OnlyTested
    return answer


@writes.post(PATH, Permission.RAIDS_WRITE, operation_id="add_raid", use_case=None, status=200, idempotent=True)
def add_raid(call: Call, query: OldQuery, body: OldBody) -> Fields:
    """A raid with who was there; who is unknown is named, and nothing is written then."""
    call.by.must(Permission.RAIDS_WRITE)
    house, given = House(call), Given(body.fields)
    starts_at, points = given.moment("raid_date", house.zone()), given.points("raid_value")
    event_type = house.event_type(given.required("raid_event_id", "an event's id"), "raid_event_id")
    attendees = house.paid(given.members("raid_attendees"), "raid_attendees")
    note, names = given.text("raid_note"), [NamedPresence(name=each.name) for each in attendees]
    with told_as_sent(_OF_A_RAID):
        raid = call.use_cases.record_raid()(
            event_type_id=event_type.id, starts_at=starts_at, note=note, points=points, by=call.by
        )
        call.use_cases.record_attendance()(raid.id, names, by=call.by)
    return _done(query, {"raid_id": house.raid_number(raid.id, None), **_our_id(query, raid.id)})


@writes.post(PATH, Permission.AUCTIONS_WRITE, operation_id="add_item", use_case=None, status=200, idempotent=True)
def add_item(call: Call, query: OldQuery, body: OldBody) -> Fields:
    """An item that was handed out: each of its buyers gets one and pays for it, whatever they have left."""
    call.by.must(Permission.AUCTIONS_WRITE)
    house, given = House(call), Given(body.fields)
    name, value = given.required("item_name", "an item's name"), given.points("item_value")
    date = given.moment("item_date", house.zone()).astimezone(house.zone())
    raid = house.raid(given.required("item_raid_id", "a raid's id"), "item_raid_id")
    item_pool_id = house.item_pool(given.required("item_itempool_id", "an item pool's id"), "item_itempool_id")
    buyers = house.buying(given.members("item_buyers"), "item_buyers")
    game_id = given.text("item_game_id")
    with told_as_sent(_OF_AN_ITEM):
        try:
            call.use_cases.find_item()(name, by=call.seeing(Permission.AUCTIONS_READ))
        except NoSuch:
            call.use_cases.enter_item()(name=name, item_pool_id=item_pool_id, external_id=game_id, by=call.by)
        awards = [
            call.use_cases.award_item()(
                item=name,
                to=Whose(character=each.name),
                amount=value,
                reason=f"{REASON}, for {date:%Y-%m-%d %H:%M}",
                raid_id=raid.id,
                item_pool_id=item_pool_id,
                allow_overbid=True,
                by=call.by,
            )
            for each in buyers
        ]
    return _done(query, {"item_id": house.award_number(awards[-1].id), **_our_id(query, awards[-1].id)})


@writes.post(PATH, Permission.POINTS_WRITE, operation_id="add_adjustment", use_case=None, status=200, idempotent=True)
def add_adjustment(call: Call, query: OldQuery, body: OldBody) -> Fields:
    """Points that are given or taken, in each pool of the event, else of the raid's, else in the default one."""
    call.by.must(Permission.POINTS_WRITE)
    house, given = House(call), Given(body.fields)
    occurred_at, value = given.moment("adjustment_date", house.zone()), given.points("adjustment_value")
    reason = given.required("adjustment_reason", "a reason")
    members = house.paid(given.members("adjustment_members"), "adjustment_members")
    pools, note = _pools_of(house, given)
    with told_as_sent(_OF_AN_ADJUSTMENT):
        made = [
            adjustment
            for pool_id in pools
            for adjustment in call.use_cases.adjust_points()(
                [AdjustmentLine(amount=value, character=each.name) for each in members],
                reason=reason,
                note=note,
                pool_id=pool_id,
                occurred_at=occurred_at,
                by=call.by,
            )
        ]
    numbers = [house.adjustment_number(each.id) for each in made]
    ours = {"dkp_id": [each.id for each in made]} if query.with_our_ids else {}
    return _done(query, {"adjustment_id": numbers, **ours})


def _pools_of(house: House, given: Given) -> tuple[tuple[PoolId | None, ...], str]:
    """In which pools, and what is noted of the raid. Raises: InvalidValue."""
    event, raid = given.text("adjustment_event_id"), given.text("adjustment_raid_id")
    named = None if raid in ("", "0") else house.raid(raid, "adjustment_raid_id")
    note = "" if named is None else f"raid {raid}"
    if event not in ("", "0"):
        event_type = house.event_type(event, "adjustment_event_id")
        if not event_type.pools:
            raise InvalidValue("adjustment_event_id", "its points go into no pool", "an event of a pool")
        return event_type.pools, note
    return (named.pools if named is not None and named.pools else (None,)), note


@writes.post(PATH, Permission.ROSTER_WRITE, operation_id="character", use_case=None, status=200)
def character(call: Call, query: OldQuery, body: OldBody) -> Fields:
    """A new character, of the user named, else of its main's; what nobody here knows of it is passed over."""
    call.by.must(Permission.ROSTER_WRITE)
    house, given = House(call), Given(body.fields)
    profile = _profile(house, given.fields)
    with told_as_sent({**_OF_A_CHARACTER, **{f"{_OF_THE_PROFILE}{name}": name for name in profile}}):
        entered = call.use_cases.enter_character()(
            name=given.required("name", "a name"),
            owner=_owner(house, given),
            character_class=given.text("class"),
            level=_level(given),
            race=given.text("race"),
            rank_id=_rank(house, given),
            profile=profile,
            by=call.by,
        )
    number = Numbering.of(house.characters()).shown[entered.id]
    return _done(query, {"character_id": number, **_our_id(query, entered.id)})


def _owner(house: House, given: Given) -> UserId | None:
    user, main = given.text("user_id"), given.text("mainid")
    if user not in ("", "0"):
        owner = house.owner(user)
        if owner is None:
            raise InvalidValue("user_id", f"there is no user {user[:40]!r}", "a user's id")
        return owner
    if main in ("", "0"):
        return None
    (found,) = house.named((main,), "mainid")
    return found.user_id


def _level(given: Given) -> int | None:
    text = given.text("level")
    if not text:
        return None
    number = number_in(text)
    if number is None:
        raise InvalidValue("level", f"{text[:40]!r} is no whole number", "a whole number")
    return number


def _rank(house: House, given: Given) -> RankId | None:
    text = given.text("rankid")
    if text in ("", "0"):
        return None
    ranks = house.use.list_ranks()(by=house.call.seeing(Permission.ROSTER_READ))
    found = next((rank.id for rank in ranks if text == str(rank.id) or name_key(text) == name_key(rank.name)), None)
    if found is None:
        raise InvalidValue("rankid", f"there is no rank {text[:40]!r}", ", ".join(rank.name for rank in ranks))
    return found


def _profile(house: House, fields: Mapping[str, Any]) -> Mapping[str, object]:
    """What goes into the profile: what has the name of a field there."""
    profile_fields = house.use.list_profile_fields()(by=house.call.seeing(Permission.ROSTER_READ))
    known = {name_key(each.name) for each in profile_fields}
    return {name: value for name, value in fields.items() if name_key(name) in known}


def _our_id(query: OldQuery, ours: int) -> Fields:
    return {"dkp_id": ours} if query.with_our_ids else {}
