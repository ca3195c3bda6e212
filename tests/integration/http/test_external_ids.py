"""What came from another system is shown with the id that it had there, and found by it, over HTTP (O-4)."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import AwardId, CharacterId, EventTypeId, GuildId, RaidId, UserId
from tests.integration.http.house import House

LISTS = {
    "raid": "/api/raids/",
    "event_type": "/api/events/",
    "character": "/api/characters/",
    "award": "/api/awards/",
}


@pytest.fixture
def moved_in(house: House) -> House:
    """The guild, as if what is in it had been imported; what is asked for tells what an old id is the id of."""
    with house.api.database.begin(operator("test", GuildId(house.guild_id))) as work:
        work.raids.save(evolve(work.raids.get(RaidId(house.things["raid"])), external_id="eqdkp:1"))
        event_type = work.event_types.get(EventTypeId(house.things["event_type"]))
        work.event_types.save(evolve(event_type, external_id="eqdkp:1"))
        character = work.characters.get(CharacterId(house.things["character"]))
        work.characters.save(evolve(character, external_id="eqdkp:1"))
        work.awards.save(evolve(work.awards.get(AwardId(house.things["award"])), external_id="eqdkp:1"))
        work.memberships.save(evolve(work.memberships.get(UserId(house.member_id)), external_id="eqdkp:1"))
    return house


@pytest.mark.parametrize("thing", LISTS)
def test_lists_are_narrowed_to_an_old_id(moved_in: House, other_house: House, thing: str) -> None:
    """O-4, G-1: exactly that one, which is shown with it in the list and by itself; nobody else's guild is asked."""
    path, wanted = LISTS[thing], {"external_id": "eqdkp:1"}
    listed = moved_in.officer.get(path, params=wanted).json()
    rows = listed if isinstance(listed, list) else listed["results"]
    assert [(row["id"], row["external_id"]) for row in rows] == [(moved_in.things[thing], "eqdkp:1")]
    shown = moved_in.officer.get(f"{path}{moved_in.things[thing]}/").json()
    assert shown["external_id"] == "eqdkp:1"
    for caller, unknown in (
        (moved_in.officer, "eqdkp:2"),
        (moved_in.officer, "1"),
        (other_house.officer, "eqdkp:1"),
    ):
        answer = caller.get(path, params={"external_id": unknown}).json()
        assert (answer if isinstance(answer, list) else answer["results"]) == []


@pytest.mark.parametrize("thing", LISTS)
def test_what_was_made_here_has_no_old_id(house: House, thing: str) -> None:
    """O-4: it is null, in lists too; an empty parameter asks for everything."""
    answer = house.officer.get(LISTS[thing], params={"external_id": ""}).json()
    rows = answer if isinstance(answer, list) else answer["results"]
    assert rows
    assert {row["external_id"] for row in rows} == {None}


def test_members_are_found_by_an_old_id(moved_in: House) -> None:
    """O-4: officers see it in the list of memberships, and everybody at the user."""
    answer = moved_in.officer.get("/api/memberships/", params={"external_id": "eqdkp:1"}).json()
    assert [(row["user_id"], row["external_id"]) for row in answer["results"]] == [(moved_in.member_id, "eqdkp:1")]
    assert moved_in.member.get(f"/api/users/{moved_in.member_id}/").json()["external_id"] == "eqdkp:1"
    changed = moved_in.officer("PUT", f"/api/memberships/{moved_in.member_id}/", json={"role_group": "recruiter"})
    assert (changed.json()["role_group"], changed.json()["external_id"]) == ("recruiter", "eqdkp:1")


def test_adjustments_and_items_are_found_by_an_old_id(moved_in: House) -> None:
    """O-4: an item by the old id of an award of it; its own external id stays the game's."""
    listed = moved_in.officer.get("/api/points/adjustments/", params={"external_id": "eqdkp:1"}).json()
    assert listed["results"] == []
    (row,) = moved_in.officer.get("/api/points/adjustments/").json()["results"]
    assert row["external_id"] is None
    answer = moved_in.officer.get("/api/items/", params={"external_id": "eqdkp:1"}).json()
    assert [(row["name"], row["external_id"]) for row in answer["results"]] == [(f"Gem {moved_in.mark}", "")]


def test_an_old_id_is_asked_for_once(moved_in: House) -> None:
    """O-4, G-8."""
    answer = moved_in.officer.get("/api/raids/?external_id=eqdkp:1&external_id=eqdkp:2")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "external_id")
