"""Tools that were made for EQdkp Plus keep working: the calls they make, and what they get (O-5)."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_adapters.sql.session import Session
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import CharacterId, EventTypeId, GuildId, RaidId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.eqdkp_compat.adding import writes
from dkp_entrypoints.http.eqdkp_compat.answering import reads
from dkp_entrypoints.http.eqdkp_compat.telling import Format
from dkp_entrypoints.http.operation import Operation
from dkp_entrypoints.http.polling import FRESH_SECONDS
from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Api, Caller, House, serving

PATH: Final = "/api.php"
EVERY: Final = [*reads.all, *writes.all]
by_function: Final = pytest.mark.parametrize("operation", EVERY, ids=[f"{each.method}-{each.id}" for each in EVERY])

PLAYER: Final = {
    *("id", "name", "active", "hidden", "main_id", "main_name", "class_id", "class_name"),
    *("points", "items", "adjustments"),
}
RAID: Final = {
    *("id", "date", "date_timestamp", "note", "event_id", "event_name", "added_by_id", "added_by_name"),
    *("value", "raid_attendees"),
}


def asked(caller: Caller, function: str, **query: object) -> Any:
    """What a function answers, as JSON, having answered at all."""
    answer = caller.get(PATH, params={"function": function, "format": "json", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def posted(caller: Caller, function: str, body: object, **query: object) -> httpx.Response:
    """The answer to something that is added."""
    return caller.post(PATH, params={"function": function, "format": "json", **query}, json=body)


def added(caller: Caller, function: str, body: object, **query: object) -> Any:
    """What comes of adding something, having worked."""
    answer = posted(caller, function, body, **query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == 1
    return answer.json()


def moved_in(house: House, *, character: int = 0, alt: int = 0, event_type: int = 0, raid: int = 0) -> None:
    """Give the things of a guild the numbers they had on the old site."""
    with house.api.database.begin(operator("test", GuildId(house.guild_id))) as work:
        for name, number in (("character", character), ("alt", alt)):
            if number:
                found = work.characters.get(CharacterId(house.things[name]))
                work.characters.save(evolve(found, external_id=f"eqdkp:{number}"))
        if event_type:
            kind = work.event_types.get(EventTypeId(house.things["event_type"]))
            work.event_types.save(evolve(kind, external_id=f"eqdkp:{event_type}"))
        if raid:
            held = work.raids.get(RaidId(house.things["raid"]))
            work.raids.save(evolve(held, external_id=f"eqdkp:{raid}"))


def named(found: Any, name: str) -> Any:
    """The one of that name."""
    (one,) = [each for each in found.values() if each["name"] == name]
    return one


def raid_of(house: House, *members: object, **more: object) -> dict[str, object]:
    """A raid as tools send it."""
    return {
        "raid_date": "2026-11-03 20:15",
        "raid_attendees": {"member": list(members)},
        "raid_value": 12.5,
        "raid_event_id": house.things["event_type"],
        "raid_note": "Vox",
        **more,
    }


def sample(house: House, operation: Operation) -> dict[str, object]:
    """A body that the function takes."""
    main, raid = house.things["character"], house.things["raid"]
    return {
        "add_raid": raid_of(house, main),
        "add_item": {
            "item_date": "2026-11-01 21:00",
            "item_name": "Sky Pearl Ring",
            "item_buyers": {"member": [main]},
            "item_raid_id": raid,
            "item_value": 3,
            "item_itempool_id": 1,
        },
        "add_adjustment": {
            "adjustment_date": "2026-11-01 21:00",
            "adjustment_reason": "late",
            "adjustment_members": {"member": [main]},
            "adjustment_value": -2,
        },
        "character": {"name": f"New{house.mark}"},
    }[operation.id]


def sent(caller: Caller, house: House, operation: Operation, **query: object) -> httpx.Response:
    """The answer to that function."""
    if operation.method == "POST":
        return posted(caller, operation.id, sample(house, operation), **query)
    return caller.get(PATH, params={"function": operation.id, "format": "json", **query})


# --- points -----------------------------------------------------------------------------------------------------------


def test_points_are_those_of_the_group_and_its_main_carries_them(house: House) -> None:
    """O-5: in the fields that EQdkp Plus 2.3 had, and no other, for tools that know them by heart."""
    answer = asked(house.officer, "points")
    assert answer["status"] == 1
    assert answer["info"]["with_twink"] == 1
    assert answer["info"]["total_players"] == 2
    main, alt = named(answer["players"], f"Main{house.mark}"), named(answer["players"], f"Alt{house.mark}")
    assert set(main) == set(alt) == PLAYER
    assert (main["id"], alt["id"]) == (house.things["character"], house.things["alt"])
    assert (main["main_id"], alt["main_id"], alt["main_name"]) == (main["id"], main["id"], main["name"])
    assert (main["class_name"], main["active"], main["hidden"]) == ("Cleric", 1, 0)
    amounts = {"current": 15.5, "earned": 5.5, "spent": 0, "adjustment": 10}
    single = {f"points_{name}": points for name, points in amounts.items()}
    with_twink = {f"points_{name}_with_twink": points for name, points in amounts.items()}
    assert main["points"]["multidkp_points:1"] == {"multidkp_id": 1} | single | with_twink
    assert alt["points"]["multidkp_points:1"]["points_current"] == 0
    assert alt["points"]["multidkp_points:1"]["points_current_with_twink"] == 15.5
    pool = answer["multidkp_pools"]["multidkp_pool:1"]
    event = house.things["event_type"]
    assert pool["events"][f"event:{event}"] == {"id": event, "name": f"Fear {house.mark}", "value": 5.5}
    assert pool["mdkp_itempools"] == {"itempool_id:1": 1}
    assert answer["itempools"]["itempool:1"]["name"] == f"Items {house.mark}"


def test_points_are_xml_unless_json_is_asked_for(house: House) -> None:
    """O-5: `player:7` is an element player; characters with accents and tags come through."""
    house.officer.post("/api/characters/", json={"name": f"Ännä <&> {house.mark}", "owner": house.member_id})
    answer = house.officer.get(f"{PATH}?function=points")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = ET.fromstring(answer.text)
    assert (root.tag, root.findtext("status")) == ("response", "1")
    players = {each.findtext("name"): each for each in root.findall("players/player")}
    assert set(players) == {f"Main{house.mark}", f"Alt{house.mark}", f"Ännä <&> {house.mark}"}
    main = players[f"Main{house.mark}"]
    assert main.findtext("points/multidkp_points/points_current") == "15.5"
    assert main.findtext("points/multidkp_points/points_spent") == "0"


def test_items_and_adjustments_come_where_they_are_asked_for(house: House) -> None:
    """O-5: memberdata; they stand at the character that had them."""
    house.officer.post(
        "/api/points/adjustments/", json={"character": f"Alt{house.mark}", "amount": "-1.50", "reason": "late"}
    )
    without = named(asked(house.officer, "points")["players"], f"Main{house.mark}")
    assert (without["items"], without["adjustments"]) == ({}, {})
    players = asked(house.officer, "points", memberdata="items,adjustments")["players"]
    (item,) = named(players, f"Main{house.mark}")["items"].values()
    assert item == {"game_id": 0, "name": f"Gem {house.mark}", "value": 0, "itempool_id": 0}
    (adjustment,) = named(players, f"Alt{house.mark}")["adjustments"].values()
    assert (adjustment["reason"], adjustment["value"]) == ("late", -1.5)


def held_by(house: House) -> dict[str, tuple[set[str], set[str]]]:
    """The items and the reasons of adjustments that stand at each character that has some."""
    players = asked(house.officer, "points", memberdata="items,adjustments")["players"].values()
    return {
        each["name"]: (
            {item["name"] for item in each["items"].values()},
            {adjustment["reason"] for adjustment in each["adjustments"].values()},
        )
        for each in players
        if each["items"] or each["adjustments"]
    }


def given_to(house: House, character: str, what: str) -> None:
    """Let a character get an item and an adjustment of that name."""
    item = {"item": f"{what} {house.mark}", "character": character, "reason": "x"}
    made = house.officer.post(f"/api/raids/{house.things['raid']}/loot/", json=item)
    assert made.status_code == 201, made.text
    adjustment = {"character": character, "amount": "-1", "reason": f"{what} {house.mark}"}
    assert house.officer.post("/api/points/adjustments/", json=adjustment).status_code == 201


def test_what_a_character_got_stays_with_it_when_it_is_renamed(house: House) -> None:
    """O-5, R-3: an adjustment of the user, in no character's name, stands at the main."""
    given_to(house, f"Alt{house.mark}", "Ring")
    main, ring = f"Main{house.mark}", f"Ring {house.mark}"
    own = ({f"Gem {house.mark}"}, {f"Helped {house.mark}"})
    assert held_by(house) == {main: own, f"Alt{house.mark}": ({ring}, {ring})}
    renamed = {"name": f"Other{house.mark}"}
    assert house.officer("PATCH", f"/api/characters/{house.things['alt']}/", json=renamed).status_code == 200
    assert held_by(house) == {main: own, f"Other{house.mark}": ({ring}, {ring})}
    body = raid_of(house, f"Alt{house.mark}")
    raid = added(house.officer, "add_raid", body)["raid_id"]
    assert asked(house.officer, "raids")[f"raid:{raid}"]["raid_attendees"] == [house.things["alt"]]


def test_what_somebody_got_stays_with_their_points(house: House) -> None:
    """O-5, R-8: of who is merged into another it is the other's, and a character that goes leaves it at the main."""
    old = house.unlinked()
    given_to(house, old.character, "Shield")
    shield = f"Shield {house.mark}"
    assert held_by(house)[old.character] == ({shield}, {shield, "from before"})
    merged = house.officer.post(f"/api/users/{old.user_id}/merge/", json={"into": house.member_id, "reason": "x"})
    assert merged.status_code == 200, merged.text
    found = held_by(house)
    assert found[old.character] == ({shield}, {shield})
    assert "from before" in found[f"Main{house.mark}"][1]
    (went,) = [
        each["id"] for each in house.officer.get("/api/characters/").json()["results"] if each["name"] == old.character
    ]
    other = {"owner": house.officer_id, "reason": "sold"}
    assert house.officer.post(f"/api/characters/{went}/reassign/", json=other).status_code == 200
    found = held_by(house)
    assert old.character not in found
    assert shield in found[f"Main{house.mark}"][0] & found[f"Main{house.mark}"][1]


def test_points_of_one_character_or_one_user(house: House) -> None:
    """O-5: filter and filterid; users and characters of the old site by their old numbers."""
    moved_in(house, character=152)
    one = asked(house.officer, "points", filter="character", filterid=152)["players"]
    assert list(one) == ["player:152"]
    assert asked(house.officer, "points", filter="character", filterid=999_999)["players"] == {}
    own = asked(house.officer, "points", filter="user", filterid=house.member_id)["players"]
    assert {each["name"] for each in own.values()} == {f"Main{house.mark}", f"Alt{house.mark}"}
    assert asked(house.officer, "points", filter="user", filterid="eqdkp:77")["players"] == {}


def test_points_of_many_are_few_statements(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-5, O-15: a read of the standings for each pool, not one for each member."""
    reads_made: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        plain = getattr(Session, name)

        def read(*args: Any, **more: Any) -> Any:
            reads_made.append(name)
            return plain(*args, **more)

        return read

    for name in ("all", "first"):
        monkeypatch.setattr(Session, name, noting(name))
    counts = []
    for turn in range(2):
        for _ in range(4):
            house.person(points="3")
        reads_made.clear()
        assert asked(house.officer, "points", memberdata="items,adjustments", turn=turn)["info"]["total_players"] > 4
        counts.append(len(reads_made))
    assert 0 < counts[0] == counts[1] < 30


# --- raids, events, characters ----------------------------------------------------------------------------------------


def test_raids_tell_when_and_who(house: House) -> None:
    """O-5: the latest first, a part of them by number and start, without those that were cancelled."""
    zone = {"timezone": "America/New_York"}
    assert house.officer("PATCH", f"/api/guilds/{house.mark}/", json=zone).status_code == 200
    later, gone = house.raid(), house.raid()
    house.officer.post(f"/api/raids/{gone}/attendance/", json={"characters": [f"Main{house.mark}"]})
    assert house.officer("DELETE", f"/api/raids/{gone}/").status_code == 204
    answer = asked(house.officer, "raids")
    first = answer.pop(f"raid:{house.things['raid']}")
    assert set(first) == RAID
    assert (first["date"], first["date_timestamp"]) == ("2026-11-01 15:00:00", 1793563200)
    assert (first["value"], first["event_name"]) == (5.5, f"Fear {house.mark}")
    assert first["raid_attendees"] == [house.things["character"]]
    assert set(answer) == {"status", f"raid:{later}"}
    assert set(asked(house.officer, "raids", number=1)) == {"status", f"raid:{later}"}
    assert set(asked(house.officer, "raids", number=5, start=1)) == {"status", f"raid:{house.things['raid']}"}
    assert set(asked(house.officer, "raids", number=500, start=1)) == {"status", f"raid:{house.things['raid']}"}
    root = ET.fromstring(house.officer.get(f"{PATH}?function=raids").text)
    assert [each.findtext("raid_attendees/i0") for each in root.findall("raid")] == [
        None,
        str(house.things["character"]),
    ]


def test_events_and_characters_are_found(house: House) -> None:
    """O-5: tools look up the ids that they send."""
    (event,) = [each for each in asked(house.officer, "events").values() if each != 1]
    assert (event["id"], event["name"], event["value"]) == (house.things["event_type"], f"Fear {house.mark}", 5.5)
    assert list(event["multidkp_pools"]) == ["multidkp_pool:1"]
    found = asked(house.officer, "search", **{"in": "charname", "for": f"MAIN{house.mark}"})
    assert named(found["direct"], f"Main{house.mark}")["id"] == house.things["character"]
    assert "relevant" not in found
    assert set(asked(house.officer, "search", **{"for": house.mark})["relevant"]) == {
        f"member:{house.things['character']}",
        f"member:{house.things['alt']}",
    }
    by_id = asked(house.officer, "search", **{"in": "charid", "for": house.things["alt"]})
    assert named(by_id["direct"], f"Alt{house.mark}")["main"] == 0
    assert asked(house.officer, "character")["mainid"]["options"][str(house.things["alt"])] == f"Alt{house.mark}"


# --- what is polled ---------------------------------------------------------------------------------------------------

QUESTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "points": {},
    "points of one": {"filter": "character"},
    "points with all": {"memberdata": "items,adjustments"},
    "raids": {},
    "some raids": {"number": 5},
    "events": {},
}
by_question: Final = pytest.mark.parametrize("question", QUESTIONS)


def put(house: House, question: str, key: Caller | None = None, **more: Any) -> httpx.Response:
    """The answer to one of these questions."""
    asking: dict[str, Any] = {
        "function": question.replace("some ", "").partition(" ")[0],
        "format": "json",
        **QUESTIONS[question],
    }
    if "filter" in asking:
        asking["filterid"] = house.things["character"]
    answer = (key or house.officer).get(PATH, params=asking, **more)
    assert answer.status_code in (200, 304), answer.text
    return answer


@by_question
def test_what_has_not_changed_is_not_sent_again(settled: House, question: str) -> None:
    """O-5, O-16: a tool that knows the answer is told so; points bear the time of the numbers, not of the asking."""
    first = put(settled, question)
    if question == "points":
        time.sleep(1.1)
    assert put(settled, question).content == first.content
    again = put(settled, question, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("question", ["points", "points with all", "raids", "some raids"])
def test_an_answer_is_made_once_for_all_who_may_see_the_same(
    house: House, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-5, O-15: whatever key they come with, and wherever they put it; until something changes."""
    made: list[bytes] = []

    def noting(written_as: Format, body: bytes) -> bytes:
        made.append(body)
        return plain(written_as, body)

    plain = Format.well
    monkeypatch.setattr(Format, "well", noting)
    scopes = ("points:read", "roster:read", "raids:read", "auctions:read")
    keys = [house.bot(*scopes) for _ in range(3)]
    answers = [put(house, question, key) for key in keys]
    time.sleep(2 * FRESH_SECONDS)
    answers += [put(house, question, key) for key in keys]
    nameless = {**answers[0].request.url.params, "atoken": keys[0].token}
    answers.append(house.api.client.get(PATH, params=nameless))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert len(made) == 1
    house.officer.post("/api/characters/", json={"name": f"New{house.mark}", "owner": house.member_id})
    put(house, question, keys[0])
    assert len(made) == 2


def test_who_may_see_other_things_is_told_other_things(house: House, other_house: House) -> None:
    """O-5, G-1, A-3: what was made for one is not given to another who may see less, or is of another guild."""
    hidden = house.officer.post("/api/ranks/", json={"name": f"Secret {house.mark}", "is_hidden": True}).json()["id"]
    name = f"Hidden{house.mark}"
    made = house.officer.post("/api/characters/", json={"name": name, "owner": house.member_id, "rank_id": hidden})
    assert made.status_code == 201, made.text
    few, more = house.bot("points:read", "roster:read"), house.bot("points:read", "roster:read", "raids:read")
    for _ in range(2):
        seen = [{each["name"] for each in asked(key, "points")["players"].values()} for key in (house.officer, few)]
        assert [name in names for names in seen] == [True, False]
        pools = [asked(key, "points")["multidkp_pools"]["multidkp_pool:1"]["events"] for key in (few, more)]
        assert [bool(events) for events in pools] == [False, True]
        assert status_of(house.bot("points:read"), "points") == status_of(few, "raids") == 403
        assert house.mark not in put(other_house, "points with all").text


def status_of(key: Caller, function: str) -> int:
    """With which status a function is answered."""
    return key.get(PATH, params={"function": function, "format": "json"}).status_code


def changes_of(house: House) -> dict[str, Callable[[], httpx.Response]]:
    """What changes an answer, and how."""
    officer, things = house.officer, house.things
    given = {"user": house.member_id, "amount": 1, "reason": "x"}
    sold = {"item": f"Ring {house.mark}", "user": house.member_id, "amount": 2, "reason": "x"}
    return {
        "points": lambda: officer.post("/api/points/adjustments/", json=given),
        "award": lambda: officer.post(f"/api/raids/{things['raid']}/loot/", json={**sold, "amount": 0}),
        "item": lambda: officer("PATCH", f"/api/items/{things['gem']}/", json={"external_id": "4711"}),
        "revoked": lambda: officer.post(f"/api/awards/{things['award']}/revoke/", json={"reason": "x"}),
        "character": lambda: officer("PATCH", f"/api/characters/{things['alt']}/", json={"character_class": "Bard"}),
        "status": lambda: officer("PATCH", f"/api/characters/{things['character']}/", json={"status": "inactive"}),
        "guild": lambda: officer(
            "PATCH", f"/api/guilds/{house.mark}/", json={"name": f"Other {house.mark}", "timezone": "Asia/Tokyo"}
        ),
        "pool": lambda: officer("PATCH", f"/api/pools/{things['pool']}/", json={"name": "Other"}),
        "item pool": lambda: officer("PATCH", f"/api/item-pools/{things['item_pool']}/", json={"name": "Others"}),
        "event type": lambda: officer("PATCH", f"/api/events/{things['event_type']}/", json={"name": "Hate"}),
        "raid": lambda: officer("PATCH", f"/api/raids/{things['raid']}/", json={"note": "Vox"}),
        "attendance": lambda: officer.post(
            f"/api/raids/{things['raid']}/attendance/", json={"characters": [f"Alt{house.mark}"]}
        ),
        "cancelled": lambda: officer("DELETE", f"/api/raids/{things['raid']}/", json={"reason": "x"}),
    }


SEEN: Final = {
    "points with all": (
        *("points", "award", "item", "revoked", "character", "status", "guild"),
        *("pool", "item pool", "event type", "cancelled"),
    ),
    "raids": ("guild", "event type", "raid", "attendance", "cancelled"),
    "events": ("pool", "item pool", "event type"),
}


@pytest.mark.parametrize("question", SEEN)
def test_every_change_shows_at_once(house: House, question: str) -> None:
    """O-5, O-16: whoever made it through this process."""
    house.things["gem"] = next(
        each["id"] for each in house.officer.get("/api/items/").json()["results"] if each["name"] == f"Gem {house.mark}"
    )
    linked = {"pools": [house.things["pool"]]}
    house.officer("PATCH", f"/api/item-pools/{house.things['item_pool']}/", json=linked)
    house.officer(
        "PATCH", f"/api/events/{house.things['event_type']}/", json={"item_pools": [house.things["item_pool"]]}
    )
    changes, before = changes_of(house), without_time(put(house, question).json())
    for name in SEEN[question]:
        changed = changes[name]()
        assert changed.status_code in (200, 201, 204), (name, changed.text)
        after = without_time(put(house, question).json())
        assert after != before, name
        before = after


def without_time(answer: Any) -> Any:
    """The answer, whenever it was made."""
    return {**answer, "info": {**answer.get("info", {}), "date": "", "timestamp": 0}}


def test_what_another_process_did_shows_in_time(house: House) -> None:
    """O-5, O-16: 50 ms after its commit."""
    elsewhere = UseCases(settings=house.api.settings)
    by = operator("test", GuildId(house.guild_id))
    try:
        for question in ("points", "raids"):
            before = put(house, question).content
            if question == "points":
                elsewhere.enter_character()(name=f"Else{house.mark}", by=by)
            else:
                elsewhere.record_raid()(
                    event_type_id=EventTypeId(house.things["event_type"]),
                    starts_at=datetime(2026, 11, 5, tzinfo=UTC),
                    by=by,
                )
            time.sleep(1.2 * FRESH_SECONDS)
            assert put(house, question).content != before
    finally:
        elsewhere.database().close()


# --- adding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["json", "xml", "form", "names"])
def test_a_raid_is_added_in_every_spelling(house: House, spelling: str) -> None:
    """O-5: whatever the content type says; by the guild's clocks, with the points it names."""
    main, alt, event = house.things["character"], house.things["alt"], house.things["event_type"]
    zone = {"timezone": "Europe/Berlin"}
    assert house.officer("PATCH", f"/api/guilds/{house.mark}/", json=zone).status_code == 200
    xml = (
        "<request><raid_date>2026-11-03 20:15</raid_date><raid_value>12.5</raid_value>"
        f"<raid_event_id>{event}</raid_event_id><raid_note>Vox</raid_note>"
        f"<raid_attendees><member>{main}</member><member>{alt}</member><member/></raid_attendees></request>"
    )
    form = (
        f"raid_date=2026-11-03+20%3A15&raid_value=12.50&raid_event_id={event}&raid_note=Vox"
        f"&raid_attendees[member][]={main}&raid_attendees[member][]={alt}"
    )
    spellings: dict[str, dict[str, Any]] = {
        "json": {"json": raid_of(house, main, alt, alt)},
        "xml": {"content": xml.encode(), "headers": {"Content-Type": "text/plain; charset=utf-8"}},
        "form": {"content": form.encode(), "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        "names": {"json": raid_of(house, f"main{house.mark}", f"Alt{house.mark}", raid_event_id=str(event))},
    }
    answer = house.officer.post(PATH, params={"function": "add_raid", "format": "json"}, **spellings[spelling])
    assert answer.status_code == 200, answer.text
    raid = house.officer.get(f"/api/raids/{answer.json()['raid_id']}/").json()
    assert (raid["starts_at"], raid["points"], raid["note"]) == ("2026-11-03T19:15:00Z", "12.50", "Vox")
    lines = house.officer.get(f"/api/raids/{raid['id']}/attendance/").json()
    assert sorted(line["name"] for line in lines) == [f"Alt{house.mark}", f"Main{house.mark}"]


def test_a_raid_with_somebody_unknown_is_not_added_at_all(house: House) -> None:
    """O-5, G-8: all that are unknown are named."""
    before = house.standings(), len(asked(house.officer, "raids"))
    answer = posted(house.officer, "add_raid", raid_of(house, house.things["character"], 987_654, "Nobody"))
    assert answer.status_code == 422
    assert answer.json()["status"] == 0
    assert "987654, Nobody" in answer.json()["error"]
    assert answer.json()["info"]["errors"][0]["field"] == "raid_attendees"
    assert (house.standings(), len(asked(house.officer, "raids"))) == before


@pytest.mark.parametrize("function", ["add_raid", "add_item", "add_adjustment"])
def test_who_would_be_paid_to_nobody_is_refused(house: House, function: str) -> None:
    """O-5, G-8: a character without an owner, and one that waits for approval; a retired one gets all but items."""
    nobodys = house.officer.post("/api/characters/", json={"name": f"Stray{house.mark}"}).json()["id"]
    waits = house.member.post("/api/characters/", json={"name": f"Waits{house.mark}"}).json()
    assert waits["status"] == "pending"
    operation = next(each for each in writes.all if each.id == function)
    body = sample(house, operation)
    field = next(name for name, value in body.items() if isinstance(value, dict))
    before = house.state()
    for whom, told in (
        (nobodys, f"since nobody owns Stray{house.mark}"),
        (waits["id"], f"not approved yet: Waits{house.mark}"),
    ):
        answer = posted(house.officer, function, {**body, field: {"member": [house.things["character"], whom]}})
        assert (answer.status_code, answer.json()["info"]["errors"][0]["field"]) == (422, field)
        assert told in answer.json()["error"]
    assert house.state() == before
    house.officer("PATCH", f"/api/characters/{house.things['alt']}/", json={"status": "retired"})
    answer = posted(house.officer, function, {**body, field: {"member": [house.things["alt"]]}})
    if function == "add_item":
        assert f"retired: Alt{house.mark}" in answer.json()["error"]
    else:
        assert answer.status_code == 200, answer.text


def test_an_item_is_paid_from_its_item_pool_by_each_of_its_buyers(house: House) -> None:
    """O-5: even where they have not so much, which is flagged; a new one is entered with its game's id."""
    buyers = {"member": [house.things["character"], house.things["alt"]]}
    body = {
        "item_date": "2026-11-01 21:00",
        "item_name": "Crown of Rile",
        "item_buyers": buyers,
        "item_raid_id": house.things["raid"],
        "item_value": 10.25,
        "item_itempool_id": 1,
        "item_game_id": 20881,
        "item_id": None,
    }
    made = added(house.officer, "add_item", body)
    awards = house.officer.get("/api/awards/?search=Rile&ordering=id").json()["results"]
    assert [(each["character"], each["amount"]) for each in awards] == [
        (f"Main{house.mark}", "10.25"),
        (f"Alt{house.mark}", "10.25"),
    ]
    assert made["item_id"] == awards[-1]["id"]
    assert [each["overbid"] for each in awards] == [False, True]
    assert "2026-11-01 21:00" in awards[0]["because"]
    item = house.officer.get("/api/items/by-name/Crown of Rile/").json()
    assert (item["external_id"], item["item_pool_id"]) == ("20881", house.things["item_pool"])


def test_an_adjustment_goes_into_the_pools_of_its_event(house: House) -> None:
    """O-5: one for each member and pool, told as a list; without an event, into the default pool."""
    other = house.officer.post("/api/pools/", json={"name": f"Epic {house.mark}"}).json()["id"]
    both = {"name": f"Both {house.mark}", "pools": [house.things["pool"], other]}
    event = house.officer.post("/api/events/", json=both).json()["id"]
    body = {
        "adjustment_date": "2026-11-01 21:00",
        "adjustment_value": "-2.50",
        "adjustment_reason": "late",
        "adjustment_members": {"member": house.things["character"]},
        "adjustment_event_id": event,
    }
    assert len(added(house.officer, "add_adjustment", body)["adjustment_id"]) == 2
    (one,) = added(house.officer, "add_adjustment", {**body, "adjustment_event_id": 0})["adjustment_id"]
    shown = house.officer.get(f"/api/points/adjustments/?user_id={house.member_id}").json()["results"]
    made = [each for each in shown if each["reason"] == "late"]
    assert sorted(each["pool_id"] for each in made) == sorted([house.things["pool"], house.things["pool"], other])
    assert {each["amount"] for each in made} == {"-2.50"}
    assert {each["occurred_at"] for each in made} == {"2026-11-01T21:00:00Z"}
    assert one in {each["id"] for each in made}
    points = named(asked(house.officer, "points")["players"], f"Main{house.mark}")["points"]
    assert points["multidkp_points:2"]["points_adjustment"] == -2.5


def test_a_character_is_added_to_its_mains_owner(house: House) -> None:
    """O-5: with a name as it is written; the second of the name is a conflict."""
    body = {"name": f"Élodie {house.mark}", "mainid": house.things["character"], "class": "Druid", "level": "60"}
    made = added(house.officer, "character", {**body, "rankid": 0, "skin": "green"})
    shown = house.officer.get(f"/api/characters/{made['character_id']}/").json()
    assert (shown["name"], shown["user_id"], shown["is_main"]) == (body["name"], house.member_id, False)
    assert (shown["character_class"], shown["level"]) == ("Druid", 60)
    again = posted(house.officer, "character", body)
    assert (again.status_code, again.json()["status"]) == (409, 0)


@pytest.mark.parametrize("operation", writes.all, ids=[each.id for each in writes.all])
def test_what_is_only_tested_leaves_nothing(operation: Operation, house: House) -> None:
    """O-5: `test` does everything but keep it, and is refused as the real thing is."""
    before = house.state()
    answer = sent(house.officer, house, operation, test=1)
    assert (answer.status_code, answer.json()) == (200, {"test": "success", "status": 1})
    assert house.state() == before
    assert posted(house.officer, operation.id, {}, test="true").status_code == 422
    assert sent(house.officer, house, operation, test=0).status_code == 200
    assert house.state() != before


def test_a_raid_sent_twice_under_one_key_is_added_once(house: House) -> None:
    """O-5, G-7."""
    body, headers = raid_of(house, house.things["character"]), {"Idempotency-Key": "tick-7"}
    path = f"{PATH}?function=add_raid&format=json"
    first, second = (house.officer.post(path, json=body, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    other = house.officer.post(path, json={**body, "raid_value": 1}, headers=headers)
    assert other.status_code == 422
    assert other.json()["status"] == 0


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_what_was_imported_keeps_its_old_number(house: House) -> None:
    """O-4, O-5: in answers and requests; ours beside it for who asks."""
    moved_in(house, character=152, event_type=31, raid=4711)
    player = asked(house.officer, "points", dkp_ids=1)["players"]["player:152"]
    assert (player["name"], player["dkp_id"]) == (f"Main{house.mark}", house.things["character"])
    raid = asked(house.officer, "raids")["raid:4711"]
    assert (raid["event_id"], raid["raid_attendees"]) == (31, [152])
    made = added(house.officer, "add_raid", raid_of(house, 152, raid_event_id="eqdkp:31"), dkp_ids=1)
    assert made["raid_id"] == made["dkp_id"]
    item = {
        "item_date": "2026-11-01 21:00",
        "item_name": "Ring",
        "item_buyers": {"member": ["eqdkp:152"]},
        "item_raid_id": 4711,
        "item_value": 0,
        "item_itempool_id": 1,
    }
    added(house.officer, "add_item", item)
    (award,) = house.officer.get("/api/awards/?search=Ring").json()["results"]
    assert (award["raid_id"], award["character"]) == (house.things["raid"], f"Main{house.mark}")


def test_no_two_things_are_shown_with_one_number(house: House) -> None:
    """O-4: where an old number is an id of ours too, it means the old one, and ours is shown beyond."""
    alt, raid = house.things["alt"], house.raid()
    moved_in(house, character=alt, raid=raid)
    players = asked(house.officer, "points")["players"]
    assert players[f"player:{alt}"]["name"] == f"Main{house.mark}"
    assert players[f"player:{alt + 10**9}"]["name"] == f"Alt{house.mark}"
    for some in ({}, {"number": 10}):
        raids = asked(house.officer, "raids", **some)
        assert raids[f"raid:{raid}"]["raid_attendees"] == [alt]
        assert raids[f"raid:{raid + 10**9}"]["raid_attendees"] == []
    body = {
        "item_date": "2026-11-01 21:00",
        "item_name": "Shard",
        "item_buyers": {"member": [alt + 10**9]},
        "item_raid_id": raid + 10**9,
        "item_value": 0,
        "item_itempool_id": 1,
    }
    added(house.officer, "add_item", body)
    (award,) = house.officer.get("/api/awards/?search=Shard").json()["results"]
    assert (award["raid_id"], award["character"]) == (raid, f"Alt{house.mark}")


# --- who may ----------------------------------------------------------------------------------------------------------


@by_function
def test_nobody_gets_in_without_a_key_of_ours(operation: Operation, api: Api, settled: House) -> None:
    """A-8, O-5: the keys of the old site are not known here."""
    before = settled.state()
    for query in ({}, {"atoken": "f" * 64}, {"atoken": "dkp_aaaaaaaaaaaa_bbbb"}):
        answer = sent(api.nobody, settled, operation, **query)
        assert (answer.status_code, answer.json()["status"]) == (401, 0), answer.text
        assert answer.json()["info"]["code"] == "not_authenticated"
    assert settled.state() == before


@by_function
def test_a_bot_needs_the_very_permissions(operation: Operation, house: House) -> None:
    """A-7, O-14: all of those that the function declares, and no other."""
    scopes = [each.value for each in operation.needs]
    for missing in scopes:
        answer = sent(house.bot(*(each for each in (*scopes, "audit:read") if each != missing)), house, operation)
        assert (answer.status_code, answer.json()["status"]) == (403, 0), answer.text
        assert missing in answer.json()["error"]
    assert sent(house.bot(*scopes), house, operation).status_code == 200


@by_function
def test_a_guild_sees_and_changes_nothing_of_another(operation: Operation, strangers: House, settled: House) -> None:
    """G-1, O-14."""
    before = settled.state()
    answer = sent(strangers.officer, settled, operation)
    assert answer.status_code < 500
    if operation.method == "POST" and operation.id != "character":
        assert answer.status_code == 422, answer.text
    elif operation.method == "GET":
        assert settled.mark not in answer.text
    assert settled.state() == before


@pytest.mark.parametrize("place", ["atoken", "header", "bearer", "custom", "pair"])
def test_a_key_is_taken_from_where_old_tools_put_it(house: House, place: str) -> None:
    """O-5: the address, Authorization, X-Custom-Authorization, bare or as token=…"""
    token = house.bot("points:read", "roster:read").token
    path = f"{PATH}?function=points&format=json&atype=api"
    headers = {
        "atoken": {},
        "header": {"Authorization": f"{token}"},
        "bearer": {"Authorization": f"Bearer {token}"},
        "custom": {"X-Custom-Authorization": f"{token}"},
        "pair": {"X-Custom-Authorization": f"token={token}&type=api"},
    }[place]
    answer = house.api.client.get(f"{path}&atoken={token}" if place == "atoken" else path, headers=headers)
    assert answer.status_code == 200, answer.text
    elsewhere = house.api.client.get(f"/api/pools/?atoken={token}", headers={"X-Custom-Authorization": f"{token}"})
    assert elsewhere.status_code == 401  # of this path alone


def test_who_is_in_several_guilds_names_one_in_the_address(house: House, other_house: House) -> None:
    """O-5, A-8: old tools send no header of ours."""
    other = other_house.mark
    answer = house.officer.get(PATH, params={"function": "points", "format": "json", "guild": house.mark})
    assert answer.json()["eqdkp"]["name"] == f"Guild {house.mark}"
    refused = house.officer.get(PATH, params={"function": "points", "format": "json", "guild": other})
    assert (refused.status_code, refused.json()["status"]) == (403, 0)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_refusals_can_have_the_status_that_they_had(tmp_path: Path) -> None:
    """O-5: some tools look at nothing else; what is not theirs is honest still."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off", eqdkp_compat_status="always_200") as api:
        house = api.house()
        for answer in (
            api.nobody.get(f"{PATH}?function=points&format=json"),
            api.nobody.get(f"{PATH}?function=points&format=json&atoken=wrong"),
            posted(house.officer, "add_raid", {}),
            house.officer.get(f"{PATH}?format=json"),
        ):
            assert (answer.status_code, answer.json()["status"]) == (200, 0), answer.text
        assert api.nobody.get("/api/pools/").status_code == 401
    services.drop_database(url)


def test_old_tools_can_be_left_out(tmp_path: Path) -> None:
    """O-5."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off", eqdkp_compat=False) as api:
        answer = api.house().officer.get(f"{PATH}?function=points&format=json")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_path")
    services.drop_database(url)


def test_plain_http_and_too_many_requests_are_refused_in_the_old_form(tmp_path: Path) -> None:
    """O-5, O-13, A-9: before anything is done; a key that does not work counts as a guess."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off", rate_sign_in="2/minute", rate_anonymous="4/minute") as api:
        path = f"{PATH}?function=points&format=json&atoken="
        answers = [api.nobody.get(f"{path}wrong{number}") for number in range(4)]
        assert [each.status_code for each in answers][-1] == 429
        assert (answers[-1].json()["status"], answers[-1].json()["info"]["code"]) == (0, "rate_limited")
        assert "retry-after" in answers[-1].headers
    with serving(f"{url}?synchronous=off", plain_http=False) as api:
        refused = api.client.get(f"{PATH}?function=points", headers={"Host": "dkp.example.org"})
        assert refused.status_code == 403
        assert ET.fromstring(refused.text).findtext("status") == "0"
    services.drop_database(url)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "query", "status", "code"),
    [
        ("GET", "function=latest_articles&format=json", 404, "no_such_function"),
        ("GET", "format=json", 404, "no_such_function"),
        ("POST", "function=points&format=json", 405, "method_not_allowed"),
        ("GET", "function=add_raid&format=json", 405, "method_not_allowed"),
        ("POST", "function=nothing&format=json", 404, "no_such_function"),
        ("GET", "function=points&format=lua", 422, "invalid_value"),
        ("GET", "function=raids&number=many&format=json", 422, "invalid_value"),
        ("PUT", "function=points&format=json", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_answered_is_refused_in_the_old_form(
    settled: House, method: str, query: str, status: int, code: str
) -> None:
    """O-5, G-8: with an honest status."""
    answer = settled.officer(method, f"{PATH}?{query}")
    assert answer.status_code == status
    assert (answer.json()["status"], answer.json()["info"]["code"]) == (0, code)


def test_how_a_function_is_asked_is_told(settled: House) -> None:
    """O-5, G-8: it is there, but for the other method."""
    for method, function, allowed in (("GET", "add_item", "POST"), ("POST", "raids", "GET")):
        answer = settled.officer(method, PATH, params={"function": function, "format": "json"})
        assert answer.json()["error"] == f"{method} of function={function} is not taken here; accepted: {allowed}."
        assert answer.headers["allow"] == allowed
    assert settled.officer("HEAD", f"{PATH}?function=points").status_code == 405


def test_a_refusal_in_xml_names_its_encoding_once(settled: House) -> None:
    """O-5."""
    answer = settled.officer.get(f"{PATH}?function=nothing")
    assert answer.headers.get_list("content-type") == ["text/xml; charset=utf-8"]
    assert settled.officer.get("/api/nothing/").headers["content-type"] == "application/problem+json"


def test_an_answer_that_is_kept_says_that_it_is_for_the_key_alone(settled: House) -> None:
    """O-5, A-8: wherever the key was put."""
    kept = settled.officer.get(PATH, params={"function": "raids"}).headers["vary"].split(", ")
    assert {"Authorization", "X-Custom-Authorization", "X-Guild"} <= set(kept)
    assert "X-Custom-Authorization" not in settled.officer.get("/api/pools/").headers["vary"]


@pytest.mark.parametrize(
    ("function", "more", "field"),
    [
        ("add_raid", {"raid_date": "2999-01-01 20:15"}, "raid_date"),
        ("add_raid", {"raid_value": -1}, "raid_value"),
        ("add_raid", {"raid_value": True}, "raid_value"),
        ("add_item", {"item_value": -3}, "item_value"),
        ("add_item", {"item_name": "x" * 300}, "item_name"),
        ("add_item", {"item_game_id": "7" * 200}, "item_game_id"),
        ("add_adjustment", {"adjustment_value": 0}, "adjustment_value"),
        ("add_adjustment", {"adjustment_reason": "x" * 600}, "adjustment_reason"),
        ("add_adjustment", {"adjustment_date": "2999-01-01 20:15"}, "adjustment_date"),
        ("character", {"name": "x" * 100}, "name"),
        ("character", {"class": "x" * 100}, "class"),
        ("character", {"level": 999_999}, "level"),
    ],
)
def test_a_fault_names_the_field_that_was_sent(
    settled: House, function: str, more: dict[str, object], field: str
) -> None:
    """G-8, O-5: not what it is called here."""
    operation = next(each for each in writes.all if each.id == function)
    before = settled.state()
    answer = posted(settled.officer, function, sample(settled, operation) | more)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["info"]["errors"]
    assert fault["field"] == field
    assert answer.json()["error"].startswith(f"{field}: ")
    assert settled.state() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("raid_date", "yesterday"),
        ("raid_date", "2026-02-30 20:15"),
        ("raid_date", None),
        ("raid_value", "12.345"),
        ("raid_value", [1]),
        ("raid_event_id", 987_654),
        ("raid_attendees", {"member": []}),
        ("raid_attendees", {"member": [{"id": 7}]}),
        ("raid_attendees", {"member": [7.5]}),
        ("raid_note", {"a": 1}),
        ("raid_note", "\x00"),
    ],
)
def test_bad_input_is_told_by_field(settled: House, field: str, value: object) -> None:
    """G-8, O-5."""
    body = raid_of(settled, settled.things["character"]) | {field: value}
    answer = posted(settled.officer, "add_raid", body)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["info"]["errors"]
    assert fault["field"].startswith((field, "fields"))


BYTES: Final = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([b"<a>", b"<a/>", b"{}", b'{"raid_date":{}}', b"[]", b"a=1&a[]=2&a[b]=3", b"<!DOCTYPE a><a/>"]),
)
WORDS: Final = st.one_of(st.sampled_from([each.id for each in EVERY]), st.text(max_size=10))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST"]),
    query=st.dictionaries(
        st.sampled_from(["function", "format", "test", "number", "start", "filter", "filterid", "guild", "for", "in"]),
        st.one_of(WORDS, st.sampled_from(["json", "xml", "user", "character", "charid", "9" * 30, "eqdkp:1", "-1"])),
    ),
    function=WORDS,
    body=BYTES,
    said=st.one_of(st.none(), st.sampled_from(["text/csv", "multipart/form-data", "application/json"])),
)
def test_nothing_that_is_sent_makes_it_fail(
    settled: House, method: str, query: dict[str, str], function: str, body: bytes, said: str | None
) -> None:
    """O-5, G-8: an answer of the old form to whatever comes, never a 5xx."""
    headers = {} if said is None else {"Content-Type": said}
    asking = {"function": function, "format": "json", **query}
    answer = settled.officer(method, PATH, params=asking, content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    if "json" in answer.headers["content-type"]:
        assert answer.json()["status"] in (0, 1)
    else:
        status = ET.fromstring(answer.content).findtext("status")
        assert status in ("0", "1")
