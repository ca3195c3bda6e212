"""O-4, O-5: after a real guild moved in, the tools that it had keep working, with the numbers that they know."""

from __future__ import annotations

import gzip
import json
import shutil
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.permission import Permission
from tests.integration.cli.command_line import OFFICER, CommandLine
from tests.integration.http.house import Caller, serving
from tests.unit.eqdkp.real_installation import EQDKP, PLAIN

KEY: Final = "f1d9a3fc4d8097064d46e14a08f8fb69"
PATH: Final = "/api.php"
SUMS: Final = ("current", "earned", "spent", "adjustment")
BOTH_POOLS: Final = (1, 2)
VEX_THAL: Final = 7
"""An event of both pools."""
SHARED_LOOT: Final = 3
"""An item pool that is paid from both."""

DUMP, SHOWN = (EQDKP / name for name in PLAIN)

pytestmark = pytest.mark.skipif(not EQDKP.is_dir(), reason="a real installation is not beside this checkout")

Sums = Mapping[tuple[int, int, str], Decimal]
"""What a character's group has, by its old number, that of the pool, and which of the sums it is."""


@frozen
class Tool:
    """A tool of the old site, with a key of here."""

    caller: Caller

    def asked(self, function: str, **query: object) -> Any:
        """What a function answers, as JSON, numbers as they are written."""
        answer = self.caller.get(PATH, params={"function": function, "format": "json", **query})
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def in_xml(self, function: str) -> ET.Element:
        """The same, as XML."""
        answer = self.caller.get(PATH, params={"function": function})
        assert answer.status_code == 200, answer.text
        return ET.fromstring(answer.content)

    def added(self, function: str, body: Mapping[str, object]) -> Any:
        """What comes of adding something, having worked."""
        answer = self.caller.post(PATH, params={"function": function, "format": "json"}, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sums(self) -> Sums:
        """What everybody's group has."""
        return {
            (player["id"], pool["multidkp_id"], name): Decimal(pool[f"points_{name}_with_twink"])
            for player in self.asked("points")["players"].values()
            for pool in player["points"].values()
            for name in SUMS
        }


@pytest.fixture(scope="module")
def shown() -> Mapping[int, Any]:
    """What EQdkp Plus shows of each character."""
    members = json.loads(gzip.decompress(SHOWN.read_bytes()))["members"]
    return {int(number): member for number, member in members.items()}


@pytest.fixture(scope="module")
def moved_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that the guild moved into, by the command."""
    dkp = CommandLine(tmp_path_factory.mktemp("moved") / "guild.db")
    dkp.run("init", "--guild", "Norrath Watch", "--officer", OFFICER, "--username", "Alma")
    dkp.run("import", "eqdkp", DUMP, "--key", KEY, "--archive", dkp.path.with_name("archive.zip"))
    return dkp.path


@pytest.fixture
def tool(moved_in: Path, tmp_path: Path) -> Iterator[Tool]:
    """A tool of that guild, in a copy of its own."""
    url = f"sqlite:///{shutil.copy(moved_in, tmp_path / 'guild.db')}?synchronous=off"
    with serving(url) as api:
        scopes = tuple(str(each) for kind in ("points", "roster", "raids", "auctions") for each in _of_kind(kind))
        issued = api.use_cases.issue_bot_key()(name="tool", scopes=scopes, by=operator("test", GuildId(1)))
        yield Tool(api.by(issued.token))


def _of_kind(kind: str) -> Iterator[Permission]:
    return (each for each in Permission if each in (f"{kind}:read", f"{kind}:write"))


def families(shown: Mapping[int, Any]) -> Mapping[int, frozenset[int]]:
    """The characters by their main, of whoever has one main only."""
    mains = Counter(each["user_id"] for number, each in shown.items() if each["main_id"] == number)
    found: dict[int, set[int]] = defaultdict(set)
    for number, each in shown.items():
        user = shown.get(each["main_id"], each)["user_id"]
        if user == 0 or mains[user] == 1:
            found[each["main_id"]].add(number)
    return {main: frozenset(family) for main, family in found.items() if main in family}


def test_points_are_those_that_the_old_site_shows(tool: Tool, shown: Mapping[int, Any]) -> None:
    """O-5: of each main with its alts, in each pool, to the hundredth; under the numbers that everything had."""
    answer, sums = tool.asked("points"), tool.sums()
    players = {player["id"]: player for player in answer["players"].values()}
    assert players.keys() == shown.keys()
    compared = families(shown)
    assert len(compared) > 60
    assert sum(len(family) > 1 for family in compared.values()) > 10
    for main, family in compared.items():
        for pool in BOTH_POOLS:
            old = shown[main]["pools"][str(pool)]["with_twinks"]
            for name in SUMS:
                assert {sums[each, pool, name] for each in family} == {Decimal(old[name])}, (main, pool, name)
        assert {players[each]["main_id"] for each in family} == {main}
    pools = answer["multidkp_pools"]
    assert [pools[f"multidkp_pool:{pool}"]["name"] for pool in BOTH_POOLS] == ["Main Raid DKP", "Open/Alt DKP"]
    assert list(pools["multidkp_pool:2"]["mdkp_itempools"].values()) == [2, SHARED_LOOT]


def test_single_points_add_up_to_what_the_guild_has(tool: Tool) -> None:
    """O-5: `points_current` counts everything once."""
    players = list(tool.asked("points")["players"].values())
    for pool in BOTH_POOLS:
        mains = [player["points"][f"multidkp_points:{pool}"] for player in players if player["main_id"] == player["id"]]
        every = [player["points"][f"multidkp_points:{pool}"]["points_current"] for player in players]
        assert sum(every) == sum(each["points_current_with_twink"] for each in mains) != 0


def test_raids_are_told_with_who_was_there_by_old_numbers(tool: Tool) -> None:
    """O-4, O-5: every raid of the old site, and every character that was there."""
    with open_source(DUMP, KEY) as source:
        characters = {each.id for each in source.rows(rows.Character)}
        there: dict[int, set[int]] = {each.id: set() for each in source.rows(rows.Raid)}
        for each in source.rows(rows.Attendee):
            if each.raid in there and each.character in characters:
                there[each.raid].add(each.character)
        events = {each.id for each in source.rows(rows.Event)}
    told = tool.asked("raids")
    assert told.pop("status") == 1
    assert {raid["id"]: set(raid["raid_attendees"]) for raid in told.values()} == there
    assert {raid["event_id"] for raid in told.values()} <= events
    latest = tool.asked("raids", number=1)
    assert [key for key in latest if key != "status"] == [next(iter(told))]
    known = tool.asked("events")
    assert {each["id"] for key, each in known.items() if key != "status"} >= events
    assert known[f"event:{VEX_THAL}"]["value"] == Decimal("12.5")
    assert list(known[f"event:{VEX_THAL}"]["multidkp_pools"]) == ["multidkp_pool:1", "multidkp_pool:2"]


def test_names_come_as_they_are_in_either_format(tool: Tool, shown: Mapping[int, Any]) -> None:
    """O-5, G-9: with accents, in any script, and without the old site's entities."""
    root = tool.in_xml("points")
    in_xml = {int(player.findtext("id") or 0): player.findtext("name") for player in root.findall("players/player")}
    assert in_xml == {number: unescape(each["name"]) for number, each in shown.items()}
    assert in_xml == {each["id"]: each["name"] for each in tool.asked("points")["players"].values()}
    assert {"Ægishjálmur", "Zoërin", "Дракон", "O'Malley", 'Quote"X'} <= set(in_xml.values())
    events = {event.findtext("id"): event.findtext("name") for event in tool.in_xml("events").findall("event")}
    assert (events["3"], events["6"]) == ("Nagafen's Lair", "Düster Wald 黒い森")
    (found,) = tool.asked("search", **{"in": "charname", "for": "ZOËRIN"})["direct"].values()
    assert found["id"] == 2
    options = tool.asked("character")["mainid"]["options"]
    assert options["3"] == "Дракон"


def test_a_raid_is_booked_on_those_whom_the_old_numbers_name(tool: Tool, shown: Mapping[int, Any]) -> None:
    """O-4, O-5: for their whole groups, in every pool of the event, and for nobody else."""
    alt = next(number for number, each in shown.items() if each["main_id"] == 3 and number != 3)
    before = tool.sums()
    raid = {
        "raid_date": "2026-11-03 20:15",
        "raid_event_id": VEX_THAL,
        "raid_value": "7.25",
        "raid_attendees": {"member": [1, 2, alt]},
        "raid_note": "Ärger im Düsterwald",
    }
    made = tool.added("add_raid", raid)["raid_id"]
    assert moved(before, tool.sums()) == {
        (number, pool, name): Decimal("7.25")
        for number, each in shown.items()
        for pool in BOTH_POOLS
        for name in ("current", "earned")
        if each["main_id"] in (1, 2, 3)
    }
    told = tool.asked("raids")[f"raid:{made}"]
    assert (told["event_id"], told["note"]) == (VEX_THAL, "Ärger im Düsterwald")
    assert sorted(told["raid_attendees"]) == sorted([1, 2, alt])


def test_an_item_is_paid_by_whom_the_old_number_names(tool: Tool, shown: Mapping[int, Any]) -> None:
    """O-4, O-5: from all that its item pool is paid from; the raid is found by its old number."""
    raid, before = next(iter(tool.asked("raids", number=1).values()))["id"], tool.sums()
    item = {
        "item_date": "2026-11-03 21:00",
        "item_name": "Zaubërstab",
        "item_buyers": {"member": ["eqdkp:2"]},
        "item_raid_id": raid,
        "item_value": 3.5,
        "item_itempool_id": SHARED_LOOT,
    }
    made = tool.added("add_item", item)["item_id"]
    assert moved(before, tool.sums()) == {
        (number, pool, name): Decimal(amount)
        for number, each in shown.items()
        for pool in BOTH_POOLS
        for name, amount in (("current", "-3.5"), ("spent", "3.5"))
        if each["main_id"] == 2
    }
    items = tool.asked("points", memberdata="items", filter="character", filterid=2)["players"]["player:2"]["items"]
    bought = items[f"item:{made}"]
    assert (bought["name"], bought["value"]) == ("Zaubërstab", Decimal("3.5"))


def test_an_adjustment_and_an_alt_go_where_the_old_numbers_say(tool: Tool, shown: Mapping[int, Any]) -> None:
    """O-4, O-5: into the pools of the event; a new alt has what its main's owner has."""
    before = tool.sums()
    adjustment = {
        "adjustment_date": "2026-11-03 21:00",
        "adjustment_reason": "Spätschicht",
        "adjustment_members": {"member": [1]},
        "adjustment_value": "-2.50",
        "adjustment_event_id": 1,
    }
    tool.added("add_adjustment", adjustment)
    assert moved(before, tool.sums()) == {
        (number, 1, name): Decimal("-2.5")
        for number, each in shown.items()
        for name in ("current", "adjustment")
        if each["main_id"] == 1
    }
    made = tool.added("character", {"name": "Ünbekannt", "mainid": 1})["character_id"]
    assert made not in shown
    after = tool.sums()
    assert [after[made, pool, name] for pool in BOTH_POOLS for name in SUMS] == [
        after[1, pool, name] for pool in BOTH_POOLS for name in SUMS
    ]
    assert tool.asked("points")["players"][f"player:{made}"]["main_id"] == 1


def moved(before: Sums, after: Sums) -> Sums:
    """What changed, and by how much."""
    assert before.keys() == after.keys()
    return {key: after[key] - before[key] for key in after if after[key] != before[key]}
