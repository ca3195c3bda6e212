"""Answers carry at least the fields of the Django REST peer, so that its load generator drives this too."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from bench.peer import AWARDING
from tests.integration.http.house import House

PEER = Path(__file__).parents[4] / "shared" / "bench"
pytestmark = pytest.mark.skipif(not PEER.exists(), reason=f"there is no peer in {PEER}")


def serialized() -> dict[str, set[str]]:
    """The fields of each serializer of the peer, read from its source."""
    tree = ast.parse((PEER / "drf_baseline" / "dkp" / "serializers.py").read_text())
    found: dict[str, set[str]] = {}
    for kind in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        names: set[str] = set()
        for statement in kind.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                names.add(statement.targets[0].id)
            if isinstance(statement, ast.ClassDef):
                for inner in statement.body:
                    if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.List):
                        names |= {ast.literal_eval(each) for each in inner.value.elts}
        found[kind.name] = names
    return found


@pytest.mark.parametrize(
    ("serializer", "path", "within"),
    [
        ("LeaderboardSerializer", "/api/points/leaderboard/{pool}/", [0]),
        ("BalanceSerializer", "/api/points/user/{member}/pool/{pool}/", []),
        ("BalanceSerializer", "/api/discord/user/{discord_id}/balance/", ["balances", 0]),
        ("PointTransactionSerializer", "/api/points/history/user/{member}/", ["results", 0]),
        ("CharacterSerializer", "/api/characters/?status=active&ordering=-level&page=1", ["results", 0]),
        ("CharacterSerializer", "/api/characters/{character}/", []),
        ("RosterMemberSerializer", "/api/discord/roster/", [1]),
        ("RosterCharacterSerializer", "/api/discord/roster/", [1, "characters", 0]),
        ("BidSessionSerializer", "/api/bidding/{auction}/", []),
    ],
)
def test_answers_have_the_fields_of_the_peer(
    serializer: str, path: str, within: list[str | int], settled: House
) -> None:
    """09-interfaces: at least those fields, by those names."""
    answer = settled.officer.get(path.format(**settled.things, member=settled.member_id))
    assert answer.status_code == 200, answer.text
    row: Any = answer.json()
    for key in within:
        row = row[key]
    assert serialized()[serializer] <= set(row)


def test_the_balance_names_its_user(settled: House) -> None:
    """09-interfaces: as the peer's view does."""
    answer = settled.officer.get(f"/api/discord/user/{settled.things['discord_id']}/balance/").json()
    assert set(answer) == {"user_id", "discord_id", "username", "balances"}


def test_bodies_are_those_of_the_scenarios(house: House) -> None:
    """09-interfaces: attendance as the scenario sends it, answered with the fields of the peer's report."""
    scenario = json.loads((PEER / "scenarios" / "prd.json").read_text())["scenarios"]["attendance"]
    body = {name: [f"Main{house.mark}"] if value == "{names}" else value for name, value in scenario["body"].items()}
    path = scenario["path"].format(raid=house.raid())
    answer = house.officer(scenario["method"], path, json=body, headers={"Idempotency-Key": "once"})
    assert answer.status_code in scenario["expect"]
    assert serialized()["AttendanceReportSerializer"] <= set(answer.json())


@pytest.mark.parametrize("name", ["place_bid", "place_bid_hot"])
def test_bids_are_those_of_the_scenarios(name: str, house: House) -> None:
    """09-interfaces: a bid as the scenario sends it, answered as the peer does, and refused as it says."""
    scenario = json.loads((PEER / "scenarios" / "prd.json").read_text())["scenarios"][name]
    auction = house.things["auction"]
    start = house.officer.get(scenario["vars"]["amount"]["start"]["path"].format(auction=auction)).json()
    assert start[scenario["vars"]["amount"]["start"]["field"]] is None
    given = {
        "{auction}": auction,
        "{member.discord_id}": house.things["discord_id"],
        "{amount}": "1.00",
        "{member.character}": f"Main{house.mark}",
    }
    body = {name: given[value] for name, value in scenario["body"].items()}
    bot = house.bot("bids:write")
    answer = bot(scenario["method"], scenario["path"], json=body, headers={"Idempotency-Key": "one"})
    assert answer.status_code in scenario["expect"], answer.text
    fields = {"bid_id", "auction", "user_id", "character", "amount", "available", "placed_at"}
    assert fields <= set(answer.json())
    again = bot(scenario["method"], scenario["path"], json=body, headers={"Idempotency-Key": "two"})
    assert again.status_code in scenario["refused"]


def test_a_bid_is_validated_as_the_scenario_asks(house: House) -> None:
    """09-interfaces: with the fields of the peer's view."""
    scenario = json.loads((PEER / "scenarios" / "prd.json").read_text())["scenarios"]["validate_bid"]
    body = {**scenario["body"], "auction": house.things["auction"], "discord_id": house.things["discord_id"]}
    answer = house.bot("bids:write")(scenario["method"], scenario["path"], json=body)
    assert answer.status_code == 200, answer.text
    assert {"valid", "code", "detail", "minimum", "available"} <= set(answer.json())


def test_an_award_has_the_fields_of_the_peer(house: House) -> None:
    """09-interfaces: of one copy, at the top."""
    assert house.bid(house.things["auction"]).status_code == 201
    answer = house.officer.post("/api/bidding/award-item/", json={"auction": house.things["auction"]})
    assert answer.status_code == 201, answer.text
    assert serialized()["LootDistributionSerializer"] <= set(answer.json())


def test_awards_are_driven_by_bids_on_fresh_auctions(house: House) -> None:
    """O-15: the scenarios that the peer has not, answered as the load generator expects."""
    auction = house.things["auction"]
    given: dict[str, object] = {
        "{fresh}": auction,
        "{wanted}": auction,
        "{member.discord_id}": house.things["discord_id"],
        "{member.character}": f"Main{house.mark}",
    }
    bot = house.bot("bids:write", "auctions:write")
    for name in ("first_bid", "award_item"):
        scenario: dict[str, Any] = AWARDING[name]
        body = {part: given.get(value, value) for part, value in scenario["body"].items()}
        answer = bot(scenario["method"], scenario["path"], json=body, headers={"Idempotency-Key": name})
        assert answer.status_code in scenario["expect"], answer.text


@pytest.mark.parametrize("name", ["leaderboard", "user_pool", "balance", "history", "roster_page", "discord_roster"])
def test_scenarios_are_answered(name: str, settled: House) -> None:
    """09-interfaces: the paths of the load generator, with Token keys, and what it counts."""
    scenario = json.loads((PEER / "scenarios" / "prd.json").read_text())["scenarios"][name]
    path = scenario["path"].replace("{member.id}", str(settled.member_id)).replace("{page}", "1")
    path = path.replace("{member.discord_id}", settled.things["discord_id"])
    path = path.replace("{pool}", str(settled.things["pool"]))
    headers = {"Authorization": f"Token {settled.officer.token}", "Accept": "application/json"}
    answer = settled.api.client.get(path, headers=headers)
    assert answer.status_code == 200
    if "count" in scenario:
        counted = answer.json()[scenario["count"]] if scenario["count"] else answer.json()
        assert len(counted) > 0
