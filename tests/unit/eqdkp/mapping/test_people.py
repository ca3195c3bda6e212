"""O-1: the users of EQdkp Plus are people here, with what they may; each row of theirs is accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.moving import Person, Why
from tests.unit.eqdkp.mapping.houses import MADE, Home, Homes, character, user, village
from tests.unit.eqdkp.synthetic import KEY, Folder, Installation, Value, encrypted

Rows: TypeAlias = Sequence[Mapping[str, Value]]

TABLES = ("users", "groups_user", "groups_users", "auth_options", "auth_groups", "auth_users", "member_user")


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    """Where households are opened."""
    made = Homes(Folder(tmp_path))
    yield made
    made.close()


def people(home: Home) -> Mapping[str, Person]:
    """People by their old ids."""
    return {str(each.external_id): each for each in home.household.people}


# --- who they are -----------------------------------------------------------------------------------------------------


def linked(discord_id: str) -> str:
    """An account's cell that says so."""
    return encrypted(f'a:1:{{s:7:"discord";s:{len(discord_id)}:"{discord_id}";}}')


def test_every_user_is_a_person(homes: Homes) -> None:
    """O-1: users without characters too, by their ids, with names as they were typed, zones and languages."""
    installation = village(
        users=[
            user(7, "D&#39;Artagnan", user_timezone="Europe/Berlin", user_lang="german"),
            user(2, "Zoë", user_timezone="Middle/Earth", user_lang="klingon"),
        ],
    )
    first, second = homes.of(installation).household.people
    assert (first.number, first.name, first.timezone, first.locale) == (1, "Zoë", "UTC", "en")
    assert (second.number, second.name, second.timezone, second.locale) == (2, "D'Artagnan", "Europe/Berlin", "de")
    assert (second.external_id, second.joined_at) == ("eqdkp:7", datetime.fromtimestamp(MADE, UTC))
    assert (second.status, second.reason) == (MembershipStatus.IN_FORCE, "")


def test_a_disabled_user_has_no_access(homes: Homes) -> None:
    """O-1: whom the old site had disabled is deactivated here."""
    home = homes.of(village(users=[user(2, "Bob", user_active=0)]))
    (bob,) = home.household.people
    assert (bob.status, bob.reason) == (MembershipStatus.DEACTIVATED, "disabled in EQdkp Plus")


def test_discord_accounts_are_known_where_the_key_opens_them(homes: Homes) -> None:
    """O-1: linked by the old site's own link; without the key, nobody is."""
    installation = village(users=[user(2, "Bob", auth_account=linked("80351110224678912"))])
    assert people(homes.of(installation, KEY))["eqdkp:2"].discord_id == "80351110224678912"
    assert people(homes.of(installation))["eqdkp:2"].discord_id is None


def test_a_discord_account_is_one_persons(homes: Homes) -> None:
    """O-1: of two users with one Discord id, the first by id has it, and the other is told of."""
    both = linked("80351110224678912")
    installation = village(users=[user(9, "Late", auth_account=both), user(3, "Soon", auth_account=both)])
    home = homes.of(installation, KEY)
    found = people(home)
    assert (found["eqdkp:3"].discord_id, found["eqdkp:9"].discord_id) == ("80351110224678912", None)
    assert home.told("users", 9) == "not linked: user 3 has the same Discord account"
    assert home.told("users", 3) == ""


def test_what_is_no_discord_id_links_nobody(homes: Homes) -> None:
    """O-1: an old tag, such as Name#1234, is no id."""
    home = homes.of(village(users=[user(2, "Bob", auth_account=linked("Bob#1234"))]), KEY)
    assert people(home)["eqdkp:2"].discord_id is None
    assert home.told("users", 2) == "not linked: 'Bob#1234' is no Discord id"


def test_who_never_registered_joined_with_their_first_character(homes: Homes) -> None:
    """O-1: a date of 0 is never; who has no date at all gets the first of all, and it is told."""
    installation = village(
        character(1, "Late", member_creation_date=MADE + 10),
        character(2, "Early", member_creation_date=MADE + 5),
        users=[user(2, "Bob", user_registered=0), user(3, "Nobody", user_registered=0)],
        owners={1: 2, 2: 2},
    )
    home = homes.of(installation)
    assert people(home)["eqdkp:2"].joined_at == datetime.fromtimestamp(MADE + 5, UTC)
    assert people(home)["eqdkp:3"].joined_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert (home.told("users", 2), home.told("users", 3)) == (
        "",
        "when they joined is not known: 1970-01-01 stands for it",
    )


def test_a_name_that_is_none_here_is_made_one(homes: Homes) -> None:
    """O-1: nothing is cut without being told, and the whole row is archived then."""
    home = homes.of(village(users=[user(2, "x" * 200), user(3, " "), user(4, "a\x07b")]))
    names = {old_id: each.name for old_id, each in people(home).items()}
    assert names == {"eqdkp:2": "x" * 63 + "…", "eqdkp:3": "User 3", "eqdkp:4": "ab"}
    assert "it has 200 characters" in home.told("users", 2)
    assert "it is empty" in home.told("users", 3)
    assert ("users", 1) in home.accounting.cut_rows
    assert ("users", 2) not in home.accounting.cut_rows


def test_what_users_told_of_themselves_is_archived(homes: Homes) -> None:
    """O-2: their own fields and notes have no place here, so that their whole rows are kept."""
    installation = village(
        users=[
            user(2, "Told", custom_fields='a:1:{i:1;s:4:"City";}'),
            user(3, "Away", awaymode_note="back soon"),
            user(4, "Silent"),
        ]
    )
    home = homes.of(installation)
    assert home.accounting.cut_rows == [("users", 1), ("users", 2)]
    assert (home.told("users", 2), home.told("users", 3)) == ("", "")


# --- what they may ----------------------------------------------------------------------------------------------------


def ruled(
    *in_group: tuple[int, int], of_groups: tuple[tuple[int, int, str], ...] = (), of_users: tuple[int, ...] = ()
) -> Installation:
    """Users 10 to 13, the shipped groups and two of the guild's own, and some rights; `of_users` may add raids."""
    rights = {1: "a_raid_add", 2: "a_guildrequest_manage", 3: "a_news_man"}
    given: Mapping[str, Rows] = {
        "groups_user": [{"groups_user_id": each, "groups_user_name": f"g{each}"} for each in range(1, 9)],
        "groups_users": [{"group_id": group, "user_id": whose} for group, whose in in_group],
        "auth_options": [{"auth_id": old_id, "auth_value": name} for old_id, name in rights.items()],
        "auth_groups": [{"group_id": group, "auth_id": right, "auth_setting": yes} for group, right, yes in of_groups],
        "auth_users": [{"user_id": each, "auth_id": 1, "auth_setting": "Y"} for each in of_users],
    }
    installation = village(users=[user(each, f"u{each}") for each in (10, 11, 12, 13)])
    for table, rows in given.items():
        installation = installation.with_rows(table, *rows)
    return installation


def roles(home: Home) -> list[str]:
    """The role groups of everybody, by id."""
    return [each.role_group.value for each in home.household.people]


@pytest.mark.parametrize(
    ("group", "role"),
    [(1, RoleGroup.GUEST), (2, RoleGroup.OFFICER), (3, RoleGroup.OFFICER), (4, RoleGroup.MEMBER),
     (5, RoleGroup.OFFICER), (6, RoleGroup.MEMBER), (7, RoleGroup.MEMBER)],
)  # fmt: skip
def test_groups_give_role_groups(homes: Homes, group: int, role: RoleGroup) -> None:
    """O-1: administrators and officers are officers; guests alone are guests."""
    home = homes.of(ruled((group, 10)))
    assert roles(home) == [role.value, "guest", "guest", "guest"]
    assert home.incomplete(*TABLES) == []


def test_rights_of_a_group_or_a_user_give_role_groups(homes: Homes) -> None:
    """O-1: who may add raids is an officer, who judges applicants a recruiter, whatever their group is called."""
    given = ((7, 1, "Y"), (8, 2, "Y"), (6, 3, "Y"), (6, 1, "N"))
    home = homes.of(ruled((7, 10), (8, 11), (6, 12), of_groups=given, of_users=(13,)))
    assert roles(home) == ["officer", "recruiter", "member", "officer"]
    assert home.incomplete(*TABLES) == []


def test_who_is_in_no_group_is_a_guest(homes: Homes) -> None:
    """O-1, A-3: as the old site has it; but who has an active character is a member, and both are told."""
    installation = (
        ruled((99, 11))
        .with_rows(
            "members",
            character(1, "Plays"),
            character(2, "Left", member_status=0),
            character(3, "Gone", requested_del=1),
        )
        .with_rows("member_user", *({"member_id": each, "user_id": each + 9} for each in (1, 2, 3)))
    )
    home = homes.of(installation)
    assert roles(home) == ["member", "guest", "guest", "guest"]
    assert home.told("users", 10) == "in no group, with an active character, and so a member here"
    assert [home.told("users", each) for each in (11, 12, 13)] == ["in no group, and so a guest here"] * 3


def test_the_highest_role_group_counts(homes: Homes) -> None:
    """O-1: in several groups, somebody may what any of them may."""
    home = homes.of(ruled((1, 10), (4, 10), (8, 10), (1, 11), (8, 11), (5, 11), of_groups=((8, 2, "Y"),)))
    assert roles(home)[:2] == ["recruiter", "officer"]


def test_all_members_are_never_officers_at_once(homes: Homes) -> None:
    """O-1: rights that every member or visitor has there make nobody an officer here."""
    given = ((4, 1, "Y"), (1, 1, "Y"))
    assert roles(homes.of(ruled((4, 10), (1, 11), of_groups=given)))[:2] == ["member", "guest"]


def test_rows_that_name_nobody_are_listed(homes: Homes) -> None:
    """O-2: groups of missing users, users in missing groups, rights that nobody has, and what is there twice."""
    installation = ruled((99, 10), (4, 98), (4, 10), (4, 10), of_groups=((97, 1, "Y"), (3, 96, "Y"), (3, 3, "Y")))
    home = homes.of(installation.with_rows("auth_users", {"user_id": 95, "auth_id": 1, "auth_setting": "Y"}))
    assert home.listed("groups_users") == [
        (1, Why.ORPHAN, "group 99 does not exist"),
        (2, Why.ORPHAN, "user 98 does not exist"),
        (4, Why.DUPLICATE, "user 10 is in group 4 already"),
    ]
    assert home.listed("auth_groups") == [
        (1, Why.ORPHAN, "group 97 does not exist"),
        (2, Why.ORPHAN, "right 96 does not exist"),
        (3, Why.ARCHIVED, "what people may do goes by their role group here"),
    ]
    assert home.listed("auth_users") == [(1, Why.ORPHAN, "user 95 does not exist")]
    assert [each[:2] for each in home.listed("auth_options")] == [(3, Why.ARCHIVED)]
    assert home.incomplete(*TABLES) == []


def test_rows_with_one_id_count_once(homes: Homes) -> None:
    """O-2: where a dump has no keys, the first row of an id is the one."""
    again: Mapping[str, Value] = {"groups_user_id": 4, "groups_user_name": "again"}
    installation = village(users=[user(2, "Bob"), user(2, "Rob")])
    installation = installation.with_rows("groups_user", {"groups_user_id": 4}, again).with_rows(
        "auth_options", {"auth_id": 1, "auth_value": "a_raid_add"}, {"auth_id": 1, "auth_value": "a_item_add"}
    )
    home = homes.of(installation)
    assert [each.name for each in home.household.people] == ["Bob"]
    for table in ("users", "groups_user", "auth_options"):
        (row,) = home.listed(table)
        assert row[:2] == (2, Why.DUPLICATE)
    assert home.incomplete(*TABLES) == []


def test_flaws_of_users_are_told(homes: Homes) -> None:
    """O-2: a date in the future is kept, and remarked."""
    home = homes.of(village(users=[user(2, "Bob", user_registered=1_900_000_000)]))
    assert people(home)["eqdkp:2"].joined_at == datetime.fromtimestamp(1_900_000_000, UTC)
    assert "user_registered: 2030-03-17 17:46 is in the future" in home.told("users", 2)
