"""Characters on the roster, as use cases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, RankId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.roster import (
    CharacterRow,
    CharacterStatus,
    DefaultRankNeeded,
    MainUnderItsAlt,
    NoOwner,
    NotAMain,
    NotPending,
    OwnersDiffer,
    RankInUse,
    RosterFilter,
    RosterRow,
    SameOwner,
    StillPending,
)
from tests.unit.guild_house import TONIGHT, GuildHouse


def character(guild: GuildHouse, character_id: CharacterId) -> CharacterRow:
    """A character as the operator sees it."""
    return guild.use.show_character()(character_id, by=guild.operator)


def listed(guild: GuildHouse, wanted: RosterFilter = RosterFilter(), ordering: str = "") -> list[RosterRow]:  # frozen
    """The roster."""
    page = guild.use.list_characters()(wanted, ordering=ordering, page=PageRequest(), by=guild.operator)
    return list(page.results)


def test_the_first_character_is_the_main_and_the_others_hang_under_it(guild: GuildHouse) -> None:
    """R-3: at most one main; an alt's main has the same owner."""
    member = guild.joins()
    main, alt = guild.plays(member, "Kassandra"), guild.plays(member, "Lucismule")
    assert character(guild, main).is_main
    row = character(guild, alt)
    assert (row.is_main, row.main_id, row.main_character) == (False, main, "Kassandra")
    nobody = character(guild, guild.plays(None, "Bank"))
    assert (nobody.user_id, nobody.is_main, nobody.main_id) == (None, False, None)


def test_making_an_alt_the_main_rehangs_the_others(guild: GuildHouse) -> None:
    """R-3: making an alt the main re-hangs the others."""
    member = guild.joins()
    first, second, third = (guild.plays(member, name) for name in ("One", "Two", "Three"))
    guild.use.change_main()(second, by=member.by)
    assert [character(guild, each).main_id for each in (first, second, third)] == [second, None, second]
    assert [character(guild, each).is_main for each in (first, second, third)] == [False, True, False]


def test_a_main_never_hangs_under_its_alt(guild: GuildHouse) -> None:
    """R-3: nor under itself, nor under an alt, nor under another owner's."""
    member = guild.joins()
    main, alt, other_alt = (guild.plays(member, name) for name in ("One", "Two", "Three"))
    foreign = guild.plays(guild.joins("Other"), "Four")
    change = guild.use.change_character()
    for under in (alt, main):
        with pytest.raises(MainUnderItsAlt):
            change(main, main_id=under, by=guild.officer.by)
    with pytest.raises(NotAMain):
        change(alt, main_id=other_alt, by=guild.officer.by)
    with pytest.raises(OwnersDiffer):
        change(alt, main_id=foreign, by=guild.officer.by)
    with pytest.raises(NoOwner):
        guild.use.change_main()(guild.plays(None, "Five"), by=guild.officer.by)


def test_a_members_character_waits_for_approval_unless_the_guild_says_otherwise(guild: GuildHouse) -> None:
    """R-1: members enter their own characters, pending until an officer approves (guild setting: at once)."""
    member = guild.joins()
    enter = guild.use.enter_character()
    waiting = enter(name="Newbie", by=member.by)
    assert (waiting.status, waiting.owner) == (CharacterStatus.PENDING, member.id)
    with pytest.raises(NotPermitted):
        guild.use.approve_character()(waiting.id, by=member.by)
    assert guild.use.approve_character()(waiting.id, by=guild.officer.by).status is CharacterStatus.ACTIVE
    with pytest.raises(NotPending):
        guild.use.approve_character()(waiting.id, by=guild.officer.by)
    guild.use.change_guild()(settings={"approve_own_characters": True}, by=guild.officer.by)
    assert enter(name="Trusted", by=member.by).status is CharacterStatus.ACTIVE


def test_members_decide_neither_owner_nor_rank_nor_status(guild: GuildHouse) -> None:
    """R-1: officers enter any."""
    member = guild.joins()
    enter = guild.use.enter_character()
    for field, value in (
        ("owner", guild.officer.id),
        ("rank_id", guild.rank("Leader")),
        ("status", CharacterStatus.ACTIVE),
    ):
        with pytest.raises(InvalidValue) as refused:
            enter(name="Climber", by=member.by, **{field: value})  # type: ignore[arg-type]  # one of them
        assert refused.value.field == field
    assert enter(name="Climber", owner=member.id, by=member.by).owner == member.id
    with pytest.raises(NotPermitted):
        enter(name="Nobody", by=guild.joins("Guest", RoleGroup.GUEST).by)


def test_new_characters_get_the_default_rank_unless_another_is_named(guild: GuildHouse) -> None:
    """R-2: default for new members."""
    assert character(guild, guild.plays(None, "One")).rank == "Member"
    assert character(guild, guild.plays(None, "Two", rank_id=guild.rank("Raider"))).rank == "Raider"
    with pytest.raises(NoSuch):
        guild.plays(None, "Three", rank_id=RankId(999))


@pytest.mark.parametrize("name", ["kassandra", "KASSANDRA", " Kassandra  "])
def test_a_name_is_borne_once_whatever_its_case(guild: GuildHouse, name: str) -> None:
    """R-1, G-9: unique, case-insensitively."""
    guild.plays(None, "Kassandra")
    with pytest.raises(NameTaken):
        guild.plays(None, name)
    assert len(listed(guild)) == 1


def test_accents_and_normal_forms(guild: GuildHouse) -> None:
    """G-9: é composed and decomposed are one name, e is another."""
    first = guild.plays(None, "\u00c9lan")
    with pytest.raises(NameTaken):
        guild.plays(None, "e\u0301LAN")
    guild.plays(None, "Elan")
    assert guild.use.find_character()("E\u0301lan", by=guild.operator).id == first


def test_a_former_name_stays_as_alias_and_stays_taken(guild: GuildHouse) -> None:
    """R-1: a rename keeps the old name as alias; unique over names and aliases."""
    hero = guild.plays(None, "Oldname")
    guild.use.change_character()(hero, name="Newname", by=guild.officer.by)
    row = guild.use.find_character()("oldname", by=guild.operator)
    assert (row.id, row.name, row.aliases) == (hero, "Newname", ("Oldname",))
    with pytest.raises(NameTaken):
        guild.plays(None, "Oldname")
    guild.use.change_character()(hero, name="Oldname", by=guild.officer.by)
    assert guild.use.find_character()("newname", by=guild.operator).name == "Oldname"


def test_an_alias_is_a_name_too(guild: GuildHouse) -> None:
    """R-1, D-5: misspellings in dumps can stand for a character."""
    hero, other = guild.plays(None, "Kassandra"), guild.plays(None, "Other")
    guild.use.add_alias()(hero, "Kasandra", by=guild.officer.by)
    assert guild.use.find_character()("KASANDRA", by=guild.operator).id == hero
    with pytest.raises(NameTaken):
        guild.use.add_alias()(other, "kasandra", by=guild.officer.by)
    with pytest.raises(NotPermitted):
        guild.use.add_alias()(hero, "Kass", by=guild.joins().by)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "tab\x00bed", "bell\x07"])
def test_a_name_is_printable_and_not_too_long(guild: GuildHouse, name: str) -> None:
    """R-1, G-9: nothing is truncated silently."""
    with pytest.raises(InvalidValue) as refused:
        guild.plays(None, name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("level", [-1, 10_001])
def test_a_level_has_its_limits(guild: GuildHouse, level: int) -> None:
    """R-1, G-8."""
    with pytest.raises(InvalidValue) as refused:
        guild.plays(None, "Hero", level=level)
    assert refused.value.field == "level"


def test_owners_change_what_is_theirs_and_officers_the_rest(guild: GuildHouse) -> None:
    """A-3: own characters; names, status and joining date are the officers'."""
    member, other = guild.joins(), guild.joins("Other")
    hero = guild.plays(member, "Hero", level=50)
    change = guild.use.change_character()
    change(hero, level=51, character_class="Bard", race="Half Elf", notes="healer's friend", by=member.by)
    row = character(guild, hero)
    assert (row.level, row.character_class, row.race, row.notes) == (51, "Bard", "Half Elf", "healer's friend")
    with pytest.raises(NotPermitted):
        change(hero, level=52, by=other.by)
    for more in ({"name": "Villain"}, {"status": CharacterStatus.RETIRED}, {"joined_on": date(2020, 1, 1)}):
        with pytest.raises(NotPermitted):
            change(hero, by=member.by, **more)
    with pytest.raises(NotPermitted):
        change(guild.plays(None, "Bank"), level=1, by=member.by)


def test_notes_are_for_officers_and_the_owner(guild: GuildHouse) -> None:
    """A-3: others see the character without them."""
    member, other = guild.joins(), guild.joins("Other")
    hero = guild.plays(member, "Hero", notes="real name: never told")
    show = guild.use.show_character()
    assert show(hero, by=member.by).notes == show(hero, by=guild.officer.by).notes != ""
    assert show(hero, by=other.by).notes == ""
    assert guild.use.find_character()("Hero", by=other.by).notes == ""


def test_guests_of_a_public_roster_do_not_see_whose_a_character_is(guild: GuildHouse) -> None:
    """R-5, A-12: the public part is characters and ranks, not people."""
    guild.use.change_guild()(settings={"public_roster": True}, by=guild.officer.by)
    guest = guild.joins("Guest", RoleGroup.GUEST)
    by = guild._person(guest.id, RoleGroup.GUEST, public_roster=True).by
    hero = guild.plays(guild.joins("Anna"), "Hero")
    show = guild.use.list_characters()
    (row,) = show(RosterFilter(), page=PageRequest(), by=by).results
    assert (row.name, row.user_id, row.owner) == ("Hero", None, None)
    assert guild.use.show_character()(hero, by=by).owner is None
    with pytest.raises(InvalidValue):
        show(RosterFilter(), ordering="owner", page=PageRequest(), by=by)
    with pytest.raises(NotPermitted):
        show(RosterFilter(user_id=UserId(2)), page=PageRequest(), by=by)
    with pytest.raises(NotPermitted):
        guild.use.list_members()(by=by)


def test_a_hidden_rank_takes_its_characters_off_the_roster(guild: GuildHouse) -> None:
    """R-2, R-5: officers list them, members find them by id and name, guests of a public roster neither."""
    guild.use.create_rank()(name="Bench", is_hidden=True, by=guild.officer.by)
    guild.use.change_guild()(settings={"public_roster": True}, by=guild.officer.by)
    member = guild.joins("Anna")
    guest = guild._person(guild.joins("Guest", RoleGroup.GUEST).id, RoleGroup.GUEST, public_roster=True)
    main, alt = guild.plays(member, "Main", rank_id=guild.rank("Bench")), guild.plays(member, "Alt")
    show, find, show_list = guild.use.show_character(), guild.use.find_character(), guild.use.list_characters()

    def names(by: Actor) -> list[str]:
        return [row.name for row in show_list(RosterFilter(), page=PageRequest(), by=by).results]

    assert names(guild.officer.by) == ["Alt", "Main"]
    for person in (member, guest):
        assert names(person.by) == ["Alt"]
    for by in (guild.officer.by, member.by):
        assert show(main, by=by).name == find("main", by=by).name == show(alt, by=by).main_character == "Main"
    with pytest.raises(NoSuch):
        show(main, by=guest.by)
    with pytest.raises(NoSuch):
        find("Main", by=guest.by)
    assert (show(alt, by=guest.by).main_id, find("Alt", by=guest.by).main_character) == (None, None)


def test_who_may_write_the_roster_sees_all_of_it(guild: GuildHouse) -> None:
    """R-2, A-7: also a bot that may write the roster, yet otherwise sees its public part only."""
    guild.use.create_rank()(name="Bench", is_hidden=True, by=guild.officer.by)
    hidden = guild.plays(None, "Benched", rank_id=guild.rank("Bench"))
    bot = evolve(guild.officer.by, permissions=frozenset({Permission.ROSTER_PUBLIC, Permission.ROSTER_WRITE}))
    reader = evolve(guild.officer.by, permissions=frozenset({Permission.ROSTER_READ}))
    counts = [guild.use.list_characters()(RosterFilter(), page=PageRequest(), by=by).count for by in (bot, reader)]
    assert counts == [1, 0]
    assert guild.use.show_character()(hidden, by=bot).name == "Benched"


def test_a_character_that_history_names_is_retired_not_removed(guild: GuildHouse) -> None:
    """G-4: DELETE archives what history names and removes what nothing names."""
    member = guild.joins()
    raider, bystander = guild.plays(member, "Raider"), guild.plays(member, "Bystander")
    guild.attends(guild.raids(), "Raider")
    guild.use.remove_character()(raider, by=guild.officer.by)
    guild.use.remove_character()(bystander, by=guild.officer.by)
    assert character(guild, raider).status is CharacterStatus.RETIRED
    with pytest.raises(NoSuch):
        character(guild, bystander)
    guild.plays(member, "Bystander")


def test_a_main_that_is_removed_leaves_its_alts_without(guild: GuildHouse) -> None:
    """R-4: until one is named."""
    member = guild.joins()
    main, alt = guild.plays(member, "Main"), guild.plays(member, "Alt")
    with pytest.raises(NotPermitted):
        guild.use.remove_character()(main, by=member.by)
    guild.use.remove_character()(main, by=guild.officer.by)
    assert character(guild, alt).main_id is None


def test_points_stay_with_the_user_when_a_character_goes(guild: GuildHouse) -> None:
    """R-4, P-1, P-11: no points move; from then on what it earns goes to the new owner."""
    giver, taker = guild.joins("Giver"), guild.joins("Taker")
    hero, own = guild.plays(giver, "Hero"), guild.plays(taker, "Own")
    alt = guild.plays(giver, "Alt")
    guild.attends(guild.raids(), "Hero")
    guild.clock.advance(timedelta(days=1))
    guild.use.reassign_character()(hero, owner=taker.id, reason="a gift", by=guild.officer.by)
    assert (guild.current(giver), guild.current(taker)) == ("10.00", "0.00")
    assert character(guild, hero).main_id == own
    assert character(guild, alt).main_id is None
    guild.clock.advance(timedelta(days=1))
    guild.attends(guild.raids(guild.event_type("Another", "5")), "Hero")
    assert (guild.current(giver), guild.current(taker)) == ("10.00", "5.00")
    history = guild.use.show_ownership_history()(hero, by=guild.operator)
    assert [(row.user_id, row.since is None, row.until is None, row.reason) for row in history] == [
        (giver.id, True, False, ""),
        (taker.id, False, True, "a gift"),
    ]


def test_a_late_dump_awards_who_owned_the_character_then(guild: GuildHouse) -> None:
    """P-11: for attendance that is the tick's time."""
    giver, taker = guild.joins("Giver"), guild.joins("Taker")
    hero = guild.plays(giver, "Hero")
    guild.clock.advance(timedelta(days=2))
    guild.use.reassign_character()(hero, owner=taker.id, by=guild.officer.by)
    guild.attends(guild.raids(at=TONIGHT + timedelta(days=1)), "Hero")
    assert (guild.current(giver), guild.current(taker)) == ("10.00", "0.00")
    attribute = guild.use.attribute_character()
    assert attribute("hero", at=TONIGHT, by=taker.by).user_id == giver.id
    assert attribute("hero", by=taker.by).user_id == taker.id


def test_a_character_on_a_break_belongs_to_nobody_for_a_while(guild: GuildHouse) -> None:
    """R-4: reassigned to nobody (a break); ownership history keeps every period."""
    member = guild.joins()
    hero = guild.plays(member, "Hero")
    give = guild.use.reassign_character()
    give(hero, owner=None, reason="break", by=guild.officer.by)
    with pytest.raises(SameOwner):
        give(hero, owner=None, by=guild.officer.by)
    guild.clock.advance(timedelta(days=1))
    assert guild.attends(guild.raids(), "Hero").unresolved == ("Hero",)
    guild.clock.advance(timedelta(days=1))
    give(hero, owner=member.id, by=guild.officer.by)
    assert character(guild, hero).is_main
    assert len(guild.use.show_ownership_history()(hero, by=guild.operator)) == 2
    assert guild.use.attribute_character()("Hero", at=TONIGHT + timedelta(hours=12), by=member.by).user_id is None


def test_who_gives_a_character_away_is_an_officer_and_the_taker_exists(guild: GuildHouse) -> None:
    """R-4, A-3."""
    member = guild.joins()
    hero = guild.plays(member, "Hero")
    with pytest.raises(NotPermitted):
        guild.use.reassign_character()(hero, owner=None, by=member.by)
    with pytest.raises(NoSuch):
        guild.use.reassign_character()(hero, owner=UserId(999), by=guild.officer.by)
    with pytest.raises(SameOwner):
        guild.use.reassign_character()(hero, owner=member.id, by=guild.officer.by)


def test_the_roster_is_filtered_searched_and_sorted(guild: GuildHouse) -> None:
    """R-5: by class, rank, status, owner, main/alt, level range, attendance; search by name part."""
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    raider = guild.rank("Raider")
    guild.plays(anna, "Élan", character_class="Bard", level=60, rank_id=raider)
    guild.plays(anna, "Zoe", character_class="Cleric", level=20)
    guild.plays(bert, "Marc", character_class="bard", level=55, status=CharacterStatus.INACTIVE)
    guild.attends(guild.raids(at=TONIGHT - timedelta(days=1)), "Élan")

    def names(ordering: str = "", **wanted: object) -> list[str]:
        return [row.name for row in listed(guild, RosterFilter(**wanted), ordering)]  # type: ignore[arg-type]  # as given

    assert names() == ["Marc", "Zoe", "Élan"]
    assert names(character_class="BARD") == ["Marc", "Élan"]
    assert names(rank="raider") == names(rank=str(raider)) == ["Élan"]
    assert names(status=CharacterStatus.INACTIVE) == ["Marc"]
    assert names(user_id=anna.id) == ["Zoe", "Élan"]
    assert names(is_main=False) == ["Zoe"]
    assert names(level_min=20, level_max=55) == ["Marc", "Zoe"]
    assert names(attendance_min=100) == ["Zoe", "Élan"]
    assert names(search="LA") == ["Élan"]
    assert names("-level") == ["Élan", "Marc", "Zoe"]
    assert names("owner,-level") == ["Élan", "Zoe", "Marc"]
    assert {row.attendance_30 for row in listed(guild)} == {"100.00", "0.00"}
    assert guild.neighbour().use.list_characters()(RosterFilter(), page=PageRequest(), by=guild.operator).count == 3


def test_statuses_change_in_bulk_after_a_look(guild: GuildHouse) -> None:
    """R-6: a dry run shows what would change, then applied as one transaction."""
    one, two = guild.plays(None, "One"), guild.plays(None, "Two", status=CharacterStatus.INACTIVE)
    update = guild.use.update_statuses()
    shown = update([two, one], status=CharacterStatus.INACTIVE, dry_run=True, by=guild.officer.by)
    assert [(each.name, each.before, each.after) for each in shown] == [("One", "active", "inactive")]
    assert character(guild, one).status is CharacterStatus.ACTIVE
    with pytest.raises(NoSuch):
        update([one, CharacterId(999)], status=CharacterStatus.INACTIVE, by=guild.officer.by)
    assert character(guild, one).status is CharacterStatus.ACTIVE
    assert update([two, one], status=CharacterStatus.INACTIVE, by=guild.officer.by) == shown
    assert character(guild, one).status is CharacterStatus.INACTIVE
    with pytest.raises(NotPermitted):
        update([one], status=CharacterStatus.ACTIVE, by=guild.joins().by)


def test_ranks_change_in_bulk_with_history(guild: GuildHouse) -> None:
    """R-2, R-6: moving a character between ranks writes rank history with actor and reason."""
    one, two = guild.plays(None, "One"), guild.plays(None, "Two")
    raider, member = guild.rank("Raider"), guild.rank("Member")
    update = guild.use.update_ranks()
    wanted = {one: raider, two: member}
    shown = update(wanted, reason="earned", dry_run=True, by=guild.officer.by)
    assert [(each.name, each.before, each.after) for each in shown] == [("One", member, raider)]
    assert character(guild, one).rank == "Member"
    update(wanted, reason="earned", by=guild.officer.by)
    (line,) = guild.use.show_rank_history()(one, by=guild.operator)
    assert (line.before, line.after, line.reason, line.actor_id) == (
        "Member",
        "Raider",
        "earned",
        str(guild.officer.id),
    )
    assert line.at == TONIGHT
    with pytest.raises(NoSuch):
        update({one: RankId(999)}, by=guild.officer.by)
    with pytest.raises(NoSuch):
        update({CharacterId(999): raider}, by=guild.officer.by)


def test_a_rank_in_use_is_merged_not_deleted(guild: GuildHouse) -> None:
    """R-2: a rank in use can't be deleted, only merged into another."""
    hero = guild.plays(None, "Hero", rank_id=guild.rank("Raider"))
    remove, raider, trial = guild.use.remove_rank(), guild.rank("Raider"), guild.rank("Trial")
    with pytest.raises(RankInUse):
        remove(raider, by=guild.officer.by)
    with pytest.raises(InvalidValue):
        remove(raider, into=raider, by=guild.officer.by)
    with pytest.raises(DefaultRankNeeded):
        remove(guild.rank("Member"), into=trial, by=guild.officer.by)
    remove(raider, into=trial, reason="one ladder", by=guild.officer.by)
    assert character(guild, hero).rank == "Trial"
    (line,) = guild.use.show_rank_history()(hero, by=guild.operator)
    assert line.reason == "one ladder"
    remove(guild.rank("Inactive"), by=guild.officer.by)
    assert [row.name for row in guild.use.list_ranks()(by=guild.operator)] == ["Leader", "Officer", "Member", "Trial"]


def test_there_is_always_one_default_rank(guild: GuildHouse) -> None:
    """R-2: default for new members."""
    created = guild.use.create_rank()(name="Recruit", is_default=True, by=guild.officer.by)
    defaults = [row.name for row in guild.use.list_ranks()(by=guild.operator) if row.is_default]
    assert defaults == ["Recruit"]
    with pytest.raises(DefaultRankNeeded):
        guild.use.change_rank()(created.id, is_default=False, by=guild.officer.by)
    guild.use.change_rank()(guild.rank("Member"), is_default=True, name="Full Member", by=guild.officer.by)
    rows = guild.use.list_ranks()(by=guild.operator)
    assert [row.name for row in rows if row.is_default] == ["Full Member"]
    assert rows[-1].name == "Recruit"
    with pytest.raises(NameTaken):
        guild.use.create_rank()(name="recruit", by=guild.officer.by)
    with pytest.raises(InvalidValue):
        guild.use.create_rank()(name="Above", order=-1, by=guild.officer.by)
    with pytest.raises(NotPermitted):
        guild.use.create_rank()(name="Mine", by=guild.joins().by)


def test_the_roster_as_discord_sees_it_has_active_members_main_first(guild: GuildHouse) -> None:
    """R-5: main-alt hierarchy."""
    anna = guild.joins("Anna")
    guild.joins("Guest", RoleGroup.GUEST)
    guild.plays(anna, "Zoe")
    guild.plays(anna, "Abel")
    guild.plays(anna, "Gone", status=CharacterStatus.RETIRED)
    rows = {row.discord_username: row for row in guild.use.list_members()(by=anna.by)}
    assert set(rows) == {"Boss", "Anna"}
    assert [each.name for each in rows["Anna"].characters] == ["Zoe", "Abel"]
    assert (rows["Anna"].main_character, rows["Anna"].rank) == ("Zoe", "Member")
    assert rows["Boss"].characters == ()


def test_the_audit_names_what_looks_wrong(guild: GuildHouse) -> None:
    """R-10: characters without owner, owners without main, mains with inactive ranks, duplicate-looking names."""
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(None, "Orphan")
    main, _ = guild.plays(anna, "Smurphman"), guild.plays(anna, "Smurphmann")
    guild.use.reassign_character()(main, owner=bert.id, by=guild.officer.by)
    guild.use.update_ranks()({main: guild.rank("Inactive")}, by=guild.officer.by)
    audit = guild.use.audit_roster()(by=guild.officer.by)
    assert [each.name for each in audit.characters_without_owner] == ["Orphan"]
    assert [each.username for each in audit.owners_without_main] == ["Anna"]
    assert [each.name for each in audit.mains_with_inactive_rank] == ["Smurphman"]
    assert audit.duplicate_looking_names == (("Smurphman", "Smurphmann"),)
    assert audit.unlinked_users == ()
    with pytest.raises(NotPermitted):
        guild.use.audit_roster()(by=anna.by)


def test_a_character_of_the_guild_next_door_is_not_there(guild: GuildHouse) -> None:
    """G-1: no use case reaches it."""
    neighbour = guild.neighbour()
    foreign = neighbour.plays(neighbour.joins(), "Hero")
    guild.plays(None, "Hero")
    moment = datetime(2026, 11, 20, tzinfo=TONIGHT.tzinfo)
    for attempt in (
        lambda: guild.use.show_character()(foreign, by=guild.officer.by),
        lambda: guild.use.change_character()(foreign, level=1, by=guild.officer.by),
        lambda: guild.use.approve_character()(foreign, by=guild.officer.by),
        lambda: guild.use.remove_character()(foreign, by=guild.officer.by),
        lambda: guild.use.reassign_character()(foreign, owner=guild.officer.id, by=guild.officer.by),
        lambda: guild.use.show_ownership_history()(foreign, by=guild.officer.by),
        lambda: guild.use.show_rank_history()(foreign, by=guild.officer.by),
        lambda: guild.use.update_ranks()({foreign: guild.rank("Raider")}, by=guild.officer.by),
    ):
        with pytest.raises(NoSuch):
            attempt()
    assert guild.use.attribute_character()("Hero", at=moment, by=guild.officer.by).user_id is None


def test_a_rejected_character_is_removed_and_pays_nobody(guild: GuildHouse) -> None:
    """R-1, D-5: approved, or removed with what waited for its name left unresolved."""
    member = guild.joins()
    pending = guild.use.enter_character()(name="Reject", by=member.by)
    guild.attends(guild.raids(), "Reject")
    for refuse in (
        lambda: guild.use.change_character()(pending.id, status=CharacterStatus.INACTIVE, by=guild.officer.by),
        lambda: guild.use.update_statuses()([pending.id], status=CharacterStatus.RETIRED, by=guild.officer.by),
    ):
        with pytest.raises(StillPending):
            refuse()
    guild.use.update_ranks()({pending.id: guild.rank("Raider")}, by=guild.officer.by)
    guild.use.remove_character()(pending.id, by=guild.officer.by)
    assert guild.current(member) == "0.00"
    with pytest.raises(NoSuch):
        character(guild, pending.id)


def test_a_character_with_a_past_is_retired_not_removed(guild: GuildHouse) -> None:
    """G-4, R-2, R-4: rank history and periods of ownership stay readable."""
    first, second = guild.joins(), guild.joins("Second")
    ranked, given = guild.plays(first, "Ranked"), guild.plays(first, "Given")
    guild.use.update_ranks()({ranked: guild.rank("Raider")}, by=guild.officer.by)
    guild.use.reassign_character()(given, owner=second.id, by=guild.officer.by)
    for each in (ranked, given):
        guild.use.remove_character()(each, by=guild.officer.by)
        assert character(guild, each).status is CharacterStatus.RETIRED
    assert len(guild.use.show_rank_history()(ranked, by=guild.operator)) == 1
    assert len(guild.use.show_ownership_history()(given, by=guild.operator)) == 2
