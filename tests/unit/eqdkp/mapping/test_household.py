"""O-1, O-2: whose each character is here, so that nobody has other points than they were shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp.arithmetic import Installation as House
from dkp_adapters.eqdkp.arithmetic import Member
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.household import household_of
from dkp_adapters.eqdkp.rows import Character
from dkp_adapters.eqdkp.source import open_source
from dkp_core.accounts import RoleGroup
from dkp_core.moving import Why
from dkp_core.roster import CharacterStatus
from tests.unit.eqdkp.mapping.houses import Home, Homes, character, user, village
from tests.unit.eqdkp.synthetic import Folder, Value

REAL = Path(__file__).resolve().parents[5] / "shared" / "eqdkp" / "small.sql.gz"


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    """Where households are opened."""
    made = Homes(Folder(tmp_path))
    yield made
    made.close()


BOB, ANN = user(2, "Bob"), user(3, "Ann")


# --- with twinks rolled up --------------------------------------------------------------------------------------------


def test_twinks_go_with_their_main(homes: Homes) -> None:
    """O-1: the owner of a main owns its twinks, also one that is another user's there, which is told."""
    home = homes.of(village(
            character(1, "Main", 1), character(2, "Twink", 1), character(3, "Lent", 1), character(4, "Hers", 0),
            users=[BOB, ANN], owners={1: 2, 2: 2, 3: 3, 4: 3},
        ),
    )  # fmt: skip
    assert home.families() == {"Bob": ["Main", "Twink", "Lent"], "Ann": ["Hers"]}
    assert home.told("members", 3) == "user 3 has it; it goes with its main"
    assert [home.told("members", each) for each in (1, 2, 4)] == ["", "", ""]
    assert home.household.groups == {1: (1,), 2: (4,)}
    assert home.household.alone == {1: (), 2: ()}
    assert home.household.rolled_up


def test_who_has_no_user_is_an_unlinked_person(homes: Homes) -> None:
    """O-1: a main and its twinks without a user share one, named after the main; users who are missing are none."""
    home = homes.of(
        village(character(5, "Twink", 6), character(6, "Main"), users=[BOB], owners={6: 99, 5: 98}),
    )
    assert home.families() == {"Main": ["Main", "Twink"]}
    main = home.household.people[1]
    assert (main.number, main.external_id, main.discord_id) == (2, None, None)
    assert home.listed("member_user") == [
        (1, Why.ORPHAN, "user 99 does not exist"),
        (2, Why.ORPHAN, "user 98 does not exist"),
    ]
    assert home.incomplete("member_user") == []


def test_a_main_without_a_user_goes_with_its_twinks(homes: Homes) -> None:
    """O-1: if these are all one user's; else nobody knows whose it is."""
    one = homes.of(village(character(1, "Main"), character(2, "Twink", 1), users=[BOB], owners={2: 2}))
    assert one.families() == {"Bob": ["Main", "Twink"]}
    assert one.told("members", 1) == "no user has it; its twinks are of user 2, and so is it here"
    several = village(
        character(1, "Main"), character(2, "Twink", 1), character(3, "Other", 1),
        users=[BOB, ANN], owners={2: 2, 3: 3},
    )  # fmt: skip
    assert homes.of(several).families() == {"Main": ["Main", "Twink", "Other"]}


def test_the_main_of_several_is_that_of_most_raids(homes: Homes) -> None:
    """O-1: a person has one main here; of equals it is the first by id. What its twinks attended counts."""
    installation = village(
        character(1, "First"), character(2, "Second"), character(3, "Hers", 2), character(4, "Third"),
        users=[BOB], owners={1: 2, 2: 2, 4: 2}, were_at=[1, 2, 3, 4],
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {"Bob": ["Second", "First", "Hers", "Third"]}
    assert home.told("members", 1) == "it is an alt of 'Second' here, the main of its owner"
    assert (home.told("members", 2), home.told("members", 4)) == ("", home.told("members", 1))
    assert home.household.groups == {1: (1, 2, 4)}
    equal = village(character(2, "B"), character(1, "A"), users=[BOB], owners={1: 2, 2: 2}, were_at=[1, 2])
    assert homes.of(equal).families() == {"Bob": ["A", "B"]}


def test_what_counts_for_nobody_is_apart(homes: Homes) -> None:
    """O-2: a twink whose main does not exist is shown without points, and keeps its own, as an unlinked person's."""
    installation = village(
        character(1, "Main"), character(2, "Lost", 99), character(3, "Also", 99),
        users=[BOB], owners={1: 2, 2: 2, 3: 2}, were_at=[2],
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {"Bob": ["Main"], "Lost": ["Lost", "Also"]}
    told = "its main, character 99, does not exist, so that EQdkp Plus counts its points for nobody"
    assert home.household.characters[2].apart == told
    assert home.told("members", 2) == f"it has an owner of its own, linked to nobody: {told}"
    assert (home.household.groups[2], home.household.alone[2]) == ((), (2, 3))


def test_who_lost_their_main_and_has_no_past_stays_with_their_user(homes: Homes) -> None:
    """O-1: without points, nothing stands in the way."""
    home = homes.of(village(character(2, "Lost", 99), users=[BOB], owners={2: 2}))
    assert home.families() == {"Bob": ["Lost"]}
    assert home.household.characters[2].apart == ""


@pytest.mark.parametrize("past", ["raid_attendees", "items", "adjustments"])
@pytest.mark.parametrize(
    ("flag", "told", "status"),
    [
        ("requested_del", "its user asked for its deletion", CharacterStatus.RETIRED),
        ("require_confirm", "it was never confirmed", CharacterStatus.ACTIVE),
    ],
)
def test_a_twink_that_does_not_count_for_its_main_is_apart(
    homes: Homes, past: str, flag: str, told: str, status: CharacterStatus
) -> None:
    """O-2: if anything was ever booked for it: its points are in nobody's sum there."""
    installation = village(
        character(1, "Main"), character(2, "Twink", 1, **{flag: 1}), users=[BOB], owners={1: 2, 2: 2}
    )
    booked: Mapping[str, Mapping[str, Value]] = {
        "raid_attendees": {"raid_id": 1, "member_id": 2},
        "items": {"item_id": 1, "member_id": 2, "raid_id": 1, "itempool_id": 1, "item_value": "1.00"},
        "adjustments": {"adjustment_id": 1, "member_id": 2, "event_id": "1", "adjustment_value": "1.00"},
    }
    home = homes.of(installation.with_rows(past, booked[past]))
    assert home.families() == {"Bob": ["Main"], "Twink": ["Twink"]}
    assert home.household.characters[2].apart.startswith(told)
    assert home.household.characters[2].status is status
    assert f"{told}; it is {status} here" in home.told("members", 2)
    assert home.household.alone == {1: (), 2: (2,)}


def test_a_twink_without_a_past_stays_with_its_main(homes: Homes) -> None:
    """O-1: one to be deleted is retired, one that was never confirmed waits to be."""
    home = homes.of(village(
            character(1, "Main"), character(2, "Gone", 1, requested_del=1), character(3, "New", 1, require_confirm=1),
            character(4, "Idle", 1, member_status=0),
            users=[BOB, ANN], owners={1: 2, 3: 3},
        ),
    )  # fmt: skip
    assert home.families() == {"Bob": ["Main", "Gone", "New", "Idle"]}
    assert [home.household.characters[each].status for each in (1, 2, 3, 4)] == [
        CharacterStatus.ACTIVE,
        CharacterStatus.RETIRED,
        CharacterStatus.PENDING,
        CharacterStatus.INACTIVE,
    ]
    assert home.told("members", 3) == (
        "user 3 has it; it goes with its main; it was never confirmed; it is pending here"
    )


def test_a_main_to_be_deleted_leaves_its_user_with_its_points(homes: Homes) -> None:
    """O-2: it vanished from its user there; but its twinks still count with it, and stay where they were."""
    alone = village(
        character(1, "Gone", requested_del=1), character(2, "Main"), users=[BOB], owners={1: 2, 2: 2}, were_at=[1]
    )
    assert homes.of(alone).families() == {"Bob": ["Main"], "Gone": ["Gone"]}
    fresh = village(character(1, "Gone", requested_del=1), users=[BOB], owners={1: 2})
    assert homes.of(fresh).families() == {"Bob": ["Gone"]}
    with_twinks = village(
        character(1, "Gone", requested_del=1), character(2, "Main"), character(3, "Twink", 1),
        users=[BOB], owners={1: 2, 2: 2, 3: 2}, were_at=[1, 1, 3],
    )  # fmt: skip
    home = homes.of(with_twinks)
    assert home.families() == {"Bob": ["Main", "Gone", "Twink"]}
    assert home.household.groups == {1: (1, 2)}


@pytest.mark.parametrize("show_twinks", [False, True])
def test_who_follows_a_main_that_left_is_not_apart_itself(homes: Homes, show_twinks: bool) -> None:
    """O-1: it goes with its main, as it would to any."""
    installation = village(
        character(1, "Gone", requested_del=1), character(2, "New", 1, require_confirm=1),
        users=[BOB], owners={1: 2}, were_at=[1], show_twinks=show_twinks,
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {"Gone": ["Gone", "New"]}
    assert (home.household.characters[1].apart, home.household.characters[2].apart) == (
        "its user asked for its deletion",
        "",
    )


def test_a_twink_of_a_twink_is_apart(homes: Homes) -> None:
    """O-2: chains are no groups there: the last of one counts for nobody."""
    installation = village(
        character(1, "Main"), character(2, "Twink", 1), character(3, "Below", 2), character(4, "Fresh", 2),
        users=[BOB], owners={1: 2, 2: 2, 3: 2}, were_at=[3],
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {"Bob": ["Main", "Twink", "Fresh"], "Below": ["Below"]}
    assert home.household.characters[3].apart.startswith("its main, character 2, is itself a twink")


def test_mains_that_name_each_other_are_one_person(homes: Homes) -> None:
    """O-2: the lowest of the circle is the main, and who hangs on it is with them; none of them counts there."""
    installation = village(
        character(3, "Tail", 8), character(8, "Eight", 5), character(5, "Five", 7), character(7, "Seven", 8),
        users=[BOB], owners={8: 2}, were_at=[7],
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {"Five": ["Five", "Tail", "Seven", "Eight"]}
    assert home.household.characters[5].apart.startswith("its mains name each other")


def test_special_characters_have_owners_of_their_own(homes: Homes) -> None:
    """O-1: a bank is nobody's, whoever has it there; but who counts with a main goes with it."""
    installation = village(
        character(1, "Main"), character(2, "Bank"), character(3, "Mule", 1),
        users=[BOB], owners={1: 2, 2: 2, 3: 2}, special=[2, 3, 77],
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {"Bob": ["Main", "Mule"], "Bank": ["Bank"]}
    assert [home.household.characters[each].is_special for each in (1, 2, 3)] == [False, True, True]
    assert home.told("members", 2) == "user 2 has it; it is special, and has an owner of its own"
    assert [each.role_group for each in home.household.people] == [RoleGroup.MEMBER, RoleGroup.GUEST]


# --- each character its own -------------------------------------------------------------------------------------------


def test_where_twinks_are_shown_each_user_has_their_own(homes: Homes) -> None:
    """O-1: points are each character's, and so go to its own user; whose is nobody's goes with its main."""
    installation = village(
        character(1, "Main"), character(2, "Lent", 1), character(3, "Twink", 1), character(4, "Bank", 1),
        character(5, "Gone", requested_del=1), character(6, "Lost", 99), character(7, "Also", 99),
        users=[BOB, ANN], owners={1: 2, 2: 3, 5: 3}, were_at=[5], special=[4], show_twinks=True,
    )  # fmt: skip
    home = homes.of(installation)
    assert home.families() == {
        "Bob": ["Main", "Twink"],
        "Ann": ["Lent"],
        "Bank": ["Bank"],
        "Gone": ["Gone"],
        "Lost": ["Lost", "Also"],
    }
    assert not home.household.rolled_up
    assert home.household.groups == {1: (), 2: (), 3: (), 4: (), 5: ()}
    assert home.household.alone[1] == (1, 3)
    assert home.told("members", 2) == "it is the main of its owner here"


# --- whose characters are ---------------------------------------------------------------------------------------------


def test_the_last_row_says_whose_a_character_is(homes: Homes) -> None:
    """O-2: as it does there; earlier rows are listed."""
    pairs = [(1, 2), (1, 3), (1, 3), (1, 99), (50, 2)]
    home = homes.of(village(character(1, "Main"), users=[BOB, ANN], owners=pairs))
    assert home.families() == {"Ann": ["Main"]}
    assert home.listed("member_user") == [
        (1, Why.DUPLICATE, "character 1 belongs to user 3 by a later row"),
        (2, Why.DUPLICATE, "character 1 belongs to user 3 by a later row"),
        (4, Why.ORPHAN, "user 99 does not exist"),
        (5, Why.ORPHAN, "character 50 does not exist"),
    ]
    assert home.incomplete("member_user") == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_names_are_there_once(homes: Homes) -> None:
    """O-1: names that differ by case alone get a number, those that differ by an accent are two; entities decoded."""
    installation = village(
        character(4, "bob"), character(1, "Bob"), character(2, "BOB"), character(3, "bob (2)"),
        character(5, "Böb"), character(6, "Bo\u0308b"), character(7, "O&#39;Malley"), character(8, ""),
        character(9, "Character 8"), character(10, "y" * 70), character(11, "y" * 70),
    )  # fmt: skip
    home = homes.of(installation)
    names = {each.id: each.name for each in home.household.characters.values()}
    assert names == {
        1: "Bob", 2: "BOB (3)", 3: "bob (2)", 4: "bob (4)", 5: "Böb", 6: "Böb (2)", 7: "O'Malley",
        8: "Character 8", 9: "Character 8 (2)", 10: "y" * 63 + "…", 11: "y" * 60 + " (2)",
    }  # fmt: skip
    assert home.household.characters[6].read_as == "Bo\u0308b"
    assert home.told("members", 2) == "'BOB' is there twice; it is 'BOB (3)' here"
    assert (home.told("members", 1), home.told("members", 3), home.told("members", 7)) == ("", "", "")
    assert "it has 70 characters" in home.told("members", 10)


# --- for every installation -------------------------------------------------------------------------------------------


IDS = st.integers(1, 9)
CHARACTERS = st.lists(
    st.tuples(IDS, st.none() | st.integers(0, 11), st.booleans(), st.booleans()),
    max_size=9,
    unique_by=lambda each: each[0],
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    characters=CHARACTERS,
    owners=st.lists(st.tuples(IDS, st.integers(1, 4)), max_size=9),
    were_at=st.lists(IDS, max_size=8),
    special=st.lists(IDS, max_size=2),
    show_twinks=st.booleans(),
)
def test_every_point_is_somebodys_once(
    homes: Homes,
    characters: list[tuple[int, int | None, bool, bool]],
    owners: list[tuple[int, int]],
    were_at: list[int],
    special: list[int],
    show_twinks: bool,
) -> None:
    """O-2: each sum shown with twinks is one person's, who owns whoever is in it; what is in none is alone."""
    installation = village(
        *(
            character(each, f"C{each}", main, requested_del=int(asks), require_confirm=int(unconfirmed))
            for each, main, asks, unconfirmed in characters
        ),
        users=[user(each, f"U{each}") for each in (1, 2, 3)], owners=owners, were_at=were_at, special=special,
        show_twinks=show_twinks,
    )  # fmt: skip
    home = homes.of(installation)
    house = House(
        members=[
            Member(id=each, main=main or None, asks_deletion=asks, is_unconfirmed=unconfirmed)
            for each, main, asks, unconfirmed in characters
        ],
        pools=[], raids=[], attendees=[], items=[], adjustments=[],
    )  # fmt: skip
    must_be_one_household(home, house)
    homes.close()


def must_be_one_household(home: Home, house: House) -> None:
    """Everybody has what they were shown, and a main that is theirs."""
    household, groups = home.household, house.groups()
    assert household.characters.keys() == groups.keys()
    for person in household.people:
        own = household.of(person.number)
        mains, alone = household.groups.get(person.number, ()), household.alone.get(person.number, ())
        held = [*(each for main in mains for each in groups[main]), *alone]
        assert sorted(held) == sorted(each.id for each in own)
        assert {groups[main][0] for main in mains} == set(mains)
        assert {each.main for each in own} <= {each.id for each in own[:1]}
        assert not household.rolled_up or all(each not in groups[each] for each in alone)
        assert household.rolled_up or not mains
    assert [each.number for each in household.people] == list(range(1, len(household.people) + 1))
    assert home.incomplete("member_user", "users") == []


@pytest.mark.skipif(not REAL.is_file(), reason="a real installation is not beside this checkout")
def test_a_real_installation_is_one_household() -> None:
    """O-2: a hundred characters, one of whom has lost its main, and a bank."""
    with open_source(REAL) as source:
        accounting = Accounting()
        home = Home(source, household_of(source, accounting), accounting)
        house = House(
            members=[
                Member(id=each.id, main=each.main, asks_deletion=each.asks_deletion, is_unconfirmed=each.is_unconfirmed)
                for each in source.rows(Character)
            ],
            pools=[], raids=[], attendees=[], items=[], adjustments=[],
        )  # fmt: skip
        must_be_one_household(home, house)
        assert [each.read_as for each in home.household.characters.values() if each.is_special] == ["GuildBank"]
        assert [each.id for each in home.household.characters.values() if each.apart] == [119]
