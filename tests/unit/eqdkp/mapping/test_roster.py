"""O-1: ranks, profile fields and characters, with everything that was told of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.household import household_of
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import open_source
from dkp_core.moving import Kind, Why
from dkp_core.roster import Character, CharacterStatus, ProfileField, Rank
from tests.unit.eqdkp.mapping.houses import DEFAULT_RANK, MADE, Home, Homes, character, user, village
from tests.unit.eqdkp.synthetic import Folder, Value
from tests.unit.eqdkp.test_serialized import serialized

REAL = Path(__file__).resolve().parents[5] / "shared" / "eqdkp" / "small.sql.gz"
TABLES = (
    "members", "member_ranks", "member_profilefields", "user_profilefields", "roles", "groups_raid",
    "groups_raid_members",
)  # fmt: skip
T = TypeVar("T")


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    """Where households are opened."""
    made = Homes(Folder(tmp_path))
    yield made
    made.close()


def those(home: Home, kind: type[T]) -> Sequence[T]:
    """What the roster gives of a kind."""
    return [each for each in home.things() if isinstance(each, kind)]


def rank(old_id: int, name: str, position: int = 0, **more: Value) -> Mapping[str, Value]:
    """A row of a rank."""
    return {"rank_id": old_id, "rank_name": name, "rank_sortid": position, **more}


def profile_field(old_id: int, name: str, title: str = "", **more: Value) -> Mapping[str, Value]:
    """A row of a field that is asked."""
    return {"id": old_id, "name": name, "lang": title, "enabled": 1, "sort": old_id, **more}


def options(given: Plain) -> bytes:
    """What a field's data has of its options."""
    return serialized({"options": given})


# --- ranks ------------------------------------------------------------------------------------------------------------


def test_ranks_come_after_the_guilds_own(homes: Homes) -> None:
    """O-1: in their order, hidden ones hidden; a blank one gets a name; of none is made the default."""
    installation = village().with_rows(
        "member_ranks", rank(5, "Raider", 2), rank(0, "", 1), rank(7, "Bank", 3, rank_hide=1, rank_default=1)
    )
    ranks = those(homes.of(installation), Rank)
    assert [(each.id, each.name, each.order, each.is_hidden) for each in ranks] == [
        (100, "Rank 0", 7, False),
        (101, "Raider", 8, False),
        (102, "Bank", 9, True),
    ]
    assert not any(each.is_default for each in ranks)


def test_ranks_of_one_name_are_one(homes: Homes) -> None:
    """O-1: the guild's own is used again, and what is there twice is one rank, whatever its case."""
    installation = village(
        *(character(each, f"C{each}", member_rank_id=each) for each in (1, 2, 3, 4))
    ).with_rows(
        "member_ranks", rank(1, "Raider", 1), rank(2, "RAIDER", 2), rank(3, "Member", 3), rank(4, "member", 4)
    )  # fmt: skip
    home = homes.of(installation)
    assert [each.name for each in those(home, Rank)] == ["Raider"]
    assert [each.rank_id for each in those(home, Character)] == [100, 100, DEFAULT_RANK, DEFAULT_RANK]
    assert home.told("member_ranks", 2) == "rank 1 is called 'Raider' too; they are one here"
    assert home.incomplete(*TABLES) == []


def test_what_ranks_put_around_names_is_told(homes: Homes) -> None:
    """O-2: prefixes and suffixes of names have no place here."""
    home = homes.of(village().with_rows("member_ranks", rank(1, "Trial", rank_suffix=" (T)"), rank(2, "Raider")))
    home.things()
    assert home.told("member_ranks", 1) == "names of characters do not show '… (T)' around them here"
    assert home.told("member_ranks", 2) == ""


def test_a_rank_that_is_missing_is_the_guilds_default(homes: Homes) -> None:
    """O-2: deleting a rank leaves its characters without one there."""
    home = homes.of(village(character(1, "Main", member_rank_id=9)))
    (main,) = those(home, Character)
    assert main.rank_id == DEFAULT_RANK
    assert home.told("members", 1) == "its rank 9 does not exist; it has the guild's default rank"


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_class_race_and_level_are_read_from_profiles(homes: Homes) -> None:
    """O-1: ids become words by the field's options, and stay ids where these are missing."""
    told = '{"class":10,"race":"6","level":24}'
    fields = (
        profile_field(7, "class", data=options({0: "Unknown", 10: "Rogue"})),
        profile_field(6, "race", data=options({"6": "uc_dark_elf"})),
        profile_field(5, "level"),
    )
    installation = village(
        character(1, "A", profiledata=told),
        character(2, "B", profiledata='{"class":11,"race":0,"level":"1e9"}'),
        character(3, "C", profiledata='{"class":"Paladin","race":"","level":60.0}'),
        character(4, "D", profiledata="nothing"),
    ).with_rows("member_profilefields", *fields)
    home = homes.of(installation)
    assert [(each.character_class, each.race, each.level) for each in those(home, Character)] == [
        ("Rogue", "dark elf", 24),
        ("class 11", "", None),
        ("Paladin", "", 60),
        ("", "", None),
    ]
    assert those(home, ProfileField) == []
    assert "'1e9' is no level (0 to 10000); it has none" in home.told("members", 2)
    assert "profiledata: 'nothing' is no JSON; left out" in home.told("members", 4)
    assert home.incomplete(*TABLES) == []
    bare = homes.of(village(character(1, "A", profiledata=told)))
    assert [(each.character_class, each.race) for each in those(bare, Character)] == [("class 10", "race 6")]


def test_what_else_profiles_hold_becomes_fields_of_the_guild(homes: Homes) -> None:
    """O-1: those in which something stands, by the names that people gave them; options in words, lists with commas."""
    fields = (
        profile_field(4, "gender", "uc_gender", data=options({"male": "uc_male"})),
        profile_field(20, "field20", "Real-life &amp; more"),
        profile_field(21, "field21", "Professions", data=options({1: "Baker", 2: "Smith"})),
        profile_field(22, "old", "Old", enabled=0),
        profile_field(23, "empty", "Empty"),
    )
    installation = village(
        character(1, "A", profiledata='{"gender":"male","field20":"Tea &amp; cake","field21":[1,"2"],"lost":true}'),
        character(2, "B", profiledata='{"gender":"","old":"seen","field20":null,"empty":" "}'),
    ).with_rows("member_profilefields", *fields)
    home = homes.of(installation)
    made = those(home, ProfileField)
    assert [(each.name, each.archived, each.order) for each in made] == [
        ("Gender", False, 0),
        ("Real-life & more", False, 1),
        ("Professions", False, 2),
        ("Old", True, 3),
        ("lost", True, 4),
    ]
    names = {each.id: each.name for each in made}
    first, second = those(home, Character)
    assert {names[key]: value for key, value in first.profile.items()} == {
        "Gender": "male",
        "Real-life & more": "Tea & cake",
        "Professions": "Baker, Smith",
        "lost": "yes",
    }
    assert {names[key]: value for key, value in second.profile.items()} == {"Old": "seen"}
    assert home.listed("member_profilefields") == [(5, Why.ARCHIVED, "no character has anything in it")]
    assert home.incomplete(*TABLES) == []


def test_the_guild_that_all_are_in_is_no_field(homes: Homes) -> None:
    """O-1: it is this one; where there are several, it is told of each character."""
    field = profile_field(3, "guild", "uc_guild")
    same = homes.of(
        village(character(1, "A", profiledata='{"guild":"Raiders"}'), character(2, "B")).with_rows(
            "member_profilefields", field
        )
    )
    assert those(same, ProfileField) == []
    reason = "every character that has something in it has 'Raiders': the guild"
    assert same.listed("member_profilefields") == [(1, Why.ARCHIVED, reason)]
    several = village(
        character(1, "A", profiledata='{"guild":"Raiders"}'), character(2, "B", profiledata='{"guild":"Allies"}')
    )
    assert [each.name for each in those(homes.of(several.with_rows("member_profilefields", field)), ProfileField)] == [
        "Guild"
    ]


def test_the_role_of_a_character_is_in_its_profile(homes: Homes) -> None:
    """O-1: roles themselves are archived; a character's own is kept as a field."""
    installation = village(character(1, "A", defaultrole=2), character(2, "B", defaultrole=9)).with_rows(
        "roles", {"role_id": 2, "role_name": "Tank"}
    )
    home = homes.of(installation)
    (field,) = those(home, ProfileField)
    assert (field.name, field.archived) == ("Role", False)
    assert [dict(each.profile) for each in those(home, Character)] == [{field.id: "Tank"}, {}]
    assert [each[:2] for each in home.listed("roles")] == [(1, Why.ARCHIVED)]


def test_more_fields_than_a_guild_may_have_stay_in_the_archive(homes: Homes) -> None:
    """O-2: and so does the row of each character that has something in one of these."""
    fields = [profile_field(each, f"f{each}", f"Field {each}") for each in range(1, 53)]
    told = ",".join(f'"f{each}":"x"' for each in range(1, 52))
    installation = village(character(1, "A", profiledata=f"{{{told}}}"), character(2, "B", profiledata='{"f1":"y"}'))
    home = homes.of(installation.with_rows("member_profilefields", *fields))
    assert len(those(home, ProfileField)) == 50
    assert home.listed("member_profilefields") == [
        (51, Why.ARCHIVED, "a guild has at most 50 fields here"),
        (52, Why.ARCHIVED, "no character has anything in it"),
    ]
    assert home.told("members", 1) == "what it has under 'f51' is in the archive alone"
    assert home.accounting.cut_rows == [("members", 1)]
    assert home.incomplete(*TABLES) == []


def test_fields_of_one_name_are_told_apart(homes: Homes) -> None:
    """O-1: a guild's fields have different names; a row that has another's key is a duplicate."""
    fields = [profile_field(1, "a", "Job"), profile_field(2, "b", "job"), profile_field(3, "a", "Other")]
    installation = village(character(1, "A", profiledata='{"a":"x","b":"y"}'))
    home = homes.of(installation.with_rows("member_profilefields", *fields))
    assert [each.name for each in those(home, ProfileField)] == ["Job", "job (2)"]
    assert home.listed("member_profilefields") == [(3, Why.DUPLICATE, "field 1 is called 'a' too")]


# --- characters -------------------------------------------------------------------------------------------------------


def test_mains_come_before_their_alts(homes: Homes) -> None:
    """O-1, O-4: with their owners, mains and old ids, since each names what came before it."""
    installation = village(
        character(1, "Twink", 2), character(2, "Main"), character(3, "Nobody's", member_status=0),
        users=[user(9, "Bob")], owners={2: 9},
    )  # fmt: skip
    home = homes.of(installation)
    main, nobodys, twink = those(home, Character)
    assert (main.name, main.owner, main.is_main, main.main_id, main.external_id) == (
        "Main",
        1000,
        True,
        None,
        "eqdkp:2",
    )
    assert (twink.name, twink.owner, twink.is_main, twink.main_id) == ("Twink", 1000, False, main.id)
    assert (nobodys.owner, nobodys.is_main, nobodys.status) == (2000, True, CharacterStatus.INACTIVE)
    assert twink.status is CharacterStatus.ACTIVE
    assert twink.joined_on == date(2023, 11, 14)


def test_a_date_of_never_is_told(homes: Homes) -> None:
    """O-2: the beginning of 1970 stands for it."""
    home = homes.of(village(character(1, "A", member_creation_date=0)))
    assert those(home, Character)[0].joined_on == date(1970, 1, 1)
    assert home.told("members", 1) == "it has no date: it is dated 1970-01-01"


def test_a_character_of_never_is_there_since_its_first_raid(homes: Homes) -> None:
    """O-1: so that the lifetime of its attendance begins where it does there; its owner's too."""
    dates = {1: MADE, 2: 0, 4: MADE + 90_000}
    installation = (
        village(character(1, "A", member_creation_date=0), character(2, "B", 1))
        .with_rows("raids", *({"raid_id": each, "event_id": 1, "raid_date": dates[each]} for each in dates))
        .with_rows("raid_attendees", *({"raid_id": each, "member_id": 1} for each in (2, 1, 3, 4)))
    )
    home = homes.of(installation)
    assert [each.joined_on for each in those(home, Character)] == [date(2023, 11, 14), date(2023, 11, 14)]
    assert home.household.people[0].joined_at == datetime.fromtimestamp(MADE, UTC)
    assert home.told("members", 1) == "when it was made is not known: 2023-11-14, its first raid, stands for it"
    assert home.told("members", 2) == ""


def test_notes_are_kept_as_far_as_they_fit(homes: Homes) -> None:
    """O-2: what is too long is cut, told, and whole in the archive; so is what a field holds."""
    installation = village(
        character(1, "A", notes="it&#39;s [b]bold[/b]"),
        character(2, "B", notes="n" * 5000, profiledata=f'{{"x":"{"v" * 600}"}}'),
    )
    home = homes.of(installation)
    first, second = those(home, Character)
    assert first.notes == "it's [b]bold[/b]"
    assert second.notes == "n" * 3999 + "…"
    assert list(second.profile.values()) == ["v" * 499 + "…"]
    assert "of the notes only what fits is here (it has 5000 characters)" in home.told("members", 2)
    assert home.accounting.cut_rows == [("members", 2)]


def test_things_can_be_asked_for_again(homes: Homes) -> None:
    """O-3: with other numbers, after a rehearsal; and so many ids are used as were told."""
    installation = village(
        character(1, "Main", profiledata='{"x":"y"}', member_rank_id=1), character(2, "Twink", 1)
    ).with_rows("member_ranks", rank(1, "Raider"))
    home = homes.of(installation)
    first = home.things()
    remarks = list(home.accounting.remarks)
    assert [repr(each) for each in home.things()] == [repr(each) for each in first]
    assert list(home.accounting.remarks) == remarks
    assert home.roster().counts == {Kind.RANK: 1, Kind.PROFILE_FIELD: 1, Kind.CHARACTER: 2}


def test_everything_else_of_the_roster_is_archived(homes: Homes) -> None:
    """O-2: raid groups and what users tell of themselves have no place; each row says so."""
    installation = village(character(1, "A"), character(1, "Again"), users=[user(2, "Bob")])
    given: Mapping[str, Mapping[str, Value]] = {
        "groups_raid": {"groups_raid_id": 1, "groups_raid_name": "Group A"},
        "groups_raid_members": {"group_id": 1, "member_id": 1},
        "user_profilefields": {"id": 1, "name": "location"},
    }
    for table, row in given.items():
        installation = installation.with_rows(table, row)
    home = homes.of(installation)
    assert [each.name for each in those(home, Character)] == ["A"]
    for table in ("groups_raid", "groups_raid_members", "user_profilefields"):
        assert [each[:2] for each in home.listed(table)] == [(1, Why.ARCHIVED)]
    assert home.listed("members") == [(2, Why.DUPLICATE, "an earlier row has the id 1 too")]
    assert home.incomplete(*TABLES) == []


def test_a_row_without_an_id_is_unreadable(homes: Homes) -> None:
    """O-2: it is listed with its reason, and every row is still accounted for."""
    home = homes.of(village(character(1, "A"), {"member_id": "x", "member_name": "Nobody"}))
    assert [each.name for each in those(home, Character)] == ["A"]
    assert home.incomplete(*TABLES) == []
    assert [each[:2] for each in home.listed("members")] == [(2, Why.UNREADABLE)]


@pytest.mark.skipif(not REAL.is_file(), reason="a real installation is not beside this checkout")
def test_a_real_roster_is_complete() -> None:
    """O-1, O-2: every character in words, and no row without a home or a reason."""
    with open_source(REAL) as source:
        accounting = Accounting()
        home = Home(source, household_of(source, accounting), accounting)
        things = home.things()
        characters = [each for each in things if isinstance(each, Character)]
        assert len(characters) == source.tables["members"]
        assert {"Shadow Knight", "Cleric", "Bard"} < {each.character_class for each in characters}
        assert {"Dark Elf", "Froglok"} < {each.race for each in characters}
        assert not any(each.character_class.startswith("class ") for each in characters)
        assert [each.name for each in things if isinstance(each, ProfileField)] == ["Gender", "Role"]
        assert 'Trial "Пёс"' in [each.name for each in things if isinstance(each, Rank)]
        assert home.incomplete(*TABLES, "users", "member_user", "groups_users", "auth_options", "auth_groups") == []
