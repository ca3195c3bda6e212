"""Names that stood for nobody, as use cases, and what follows when characters become known."""

from __future__ import annotations

import pytest

from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.raids import NobodyOwnedIt, NotUnresolved, Raid
from dkp_core.reactions import AWARD_WAITING_NAMES, SCHEDULE_RETENTION, reactions_by_event
from dkp_core.roster import StillPending
from tests.unit.guild_house import GuildHouse


def waiting(guild: GuildHouse) -> list[str]:
    """The names that stand for nobody yet."""
    return [row.name for row in guild.use.list_unresolved()(by=guild.operator)]


def test_an_unknown_name_is_kept_with_known_names_that_look_alike(guild: GuildHouse) -> None:
    """D-5: nothing read is ever dropped silently."""
    guild.plays(guild.joins(), "Smurphman")
    raid = guild.raids()
    guild.attends(raid, "Smurphmann", "Xq")
    rows = guild.use.list_unresolved()(raid_id=raid.id, by=guild.operator)
    assert [(row.name, row.suggestions, row.raids, row.lines) for row in rows] == [
        ("Smurphmann", ("Smurphman",), (raid.id,), 1),
        ("Xq", (), (raid.id,), 1),
    ]


def test_resolving_to_a_character_awards_its_owner_in_every_raid(guild: GuildHouse) -> None:
    """D-5: resolved by hand to a character, and then awarded."""
    member = guild.joins()
    hero = guild.plays(member, "Hero")
    first, second = guild.raids(), guild.raids(guild.event_type("Other", "5"))
    guild.attends(first, "Heroe")
    guild.attends(second, "HEROE")
    resolved = guild.use.resolve_name()("heroe", character_id=hero, by=guild.officer.by)
    assert (resolved.lines, resolved.awarded, resolved.raids) == (2, 2, (first.id, second.id))
    assert guild.current(member) == "15.00"
    assert waiting(guild) == []
    assert guild.attends(guild.raids(guild.event_type("Third")), "Heroe").unresolved == ("Heroe",)


def test_a_remembered_name_is_an_alias_from_then_on(guild: GuildHouse) -> None:
    """D-5: to an alias."""
    member = guild.joins()
    hero = guild.plays(member, "Hero")
    guild.attends(guild.raids(), "Heroe")
    guild.use.resolve_name()("Heroe", character_id=hero, remember=True, by=guild.officer.by)
    assert guild.attends(guild.raids(guild.event_type("Next")), "heroe").unresolved == ()
    assert guild.current(member) == "20.00"


def test_resolving_to_a_user_names_no_character(guild: GuildHouse) -> None:
    """D-5, P-11: a resolution may name another user."""
    member = guild.joins()
    raid = guild.raids()
    guild.attends(raid, "Borrowed")
    guild.use.resolve_name()("Borrowed", user_id=member.id, by=guild.officer.by)
    assert guild.current(member) == "10.00"
    (line,) = guild.use.show_attendance()(raid.id, by=member.by)
    assert (line.character_id, line.user_id, line.unresolved) == (None, member.id, False)


def test_an_ignored_name_waits_no_longer_and_pays_nobody(guild: GuildHouse) -> None:
    """D-5: or "ignore"."""
    raid = guild.raids()
    guild.attends(raid, "Passerby")
    guild.use.resolve_name()("Passerby", ignore=True, by=guild.officer.by)
    assert waiting(guild) == []
    (line,) = guild.use.show_attendance()(raid.id, by=guild.operator)
    assert (line.ignored, line.unresolved) == (True, False)
    with pytest.raises(NotUnresolved):
        guild.use.resolve_name()("Passerby", ignore=True, by=guild.officer.by)


def test_a_resolution_in_one_raid_leaves_the_others(guild: GuildHouse) -> None:
    """D-5: kept as unresolved with the raid."""
    member = guild.joins()
    first, second = guild.raids(), guild.raids(guild.event_type("Other"))
    guild.attends(first, "Twin")
    guild.attends(second, "Twin")
    guild.use.resolve_name()("Twin", user_id=member.id, raid_id=second.id, by=guild.officer.by)
    assert guild.use.list_unresolved()(by=guild.operator)[0].raids == (first.id,)
    assert guild.current(member) == "10.00"


def test_who_was_paid_at_the_tick_is_not_paid_again(guild: GuildHouse) -> None:
    """D-4, D-5: once a tick, also through a name resolved later."""
    member = guild.joins()
    guild.plays(member, "Main")
    raid = guild.raids()
    guild.attends(raid, "Main", "Box", "Boxtwo")
    guild.use.resolve_name()("Box", user_id=member.id, by=guild.officer.by)
    other = guild.joins("Other")
    guild.use.resolve_name()("Boxtwo", user_id=other.id, by=guild.officer.by)
    assert (guild.current(member), guild.current(other)) == ("10.00", "10.00")


@pytest.mark.parametrize(
    "said",
    [{}, {"character_id": CharacterId(1), "ignore": True}, {"user_id": UserId(1), "character_id": CharacterId(1)}],
)
def test_a_resolution_says_one_thing(guild: GuildHouse, said: dict[str, object]) -> None:
    """D-5, G-8."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.resolve_name()("Heroe", by=guild.officer.by, **said)  # type: ignore[arg-type]  # one of them
    assert refused.value.field == "resolution"


def test_a_resolution_names_who_is_there(guild: GuildHouse) -> None:
    """G-1, G-8: neither strangers nor characters of another guild; nothing changes."""
    stranger = guild.neighbour().joins("Stranger")
    guild.attends(guild.raids(), "Heroe")
    resolve = guild.use.resolve_name()
    with pytest.raises(NoSuch):
        resolve("Heroe", character_id=CharacterId(999), by=guild.officer.by)
    with pytest.raises(NoSuch):
        resolve("Heroe", user_id=UserId(999), by=guild.officer.by)
    with pytest.raises(InvalidValue):
        resolve("Heroe", user_id=stranger.id, by=guild.officer.by)
    with pytest.raises(NotPermitted):
        resolve("Heroe", ignore=True, by=guild.joins().by)
    other = guild.plays(None, "Other")
    guild.use.add_alias()(other, "Heroe", by=guild.officer.by)
    with pytest.raises(NameTaken):
        resolve("Heroe", character_id=guild.plays(None, "Third"), remember=True, by=guild.officer.by)
    assert waiting(guild) == ["Heroe"]


def test_a_pending_characters_name_waits_until_it_is_approved(guild: GuildHouse) -> None:
    """R-1, D-5: resolved when a character of that name is approved, and then awarded."""
    member = guild.joins()
    pending = guild.use.enter_character()(name="Newbie", by=member.by)
    guild.attends(guild.raids(), "Newbie")
    award = guild.use.award_waiting_names()
    assert award(pending.id, by=job(AWARD_WAITING_NAMES, guild.id)) == 0
    guild.use.approve_character()(pending.id, by=guild.officer.by)
    assert award(pending.id, by=job(AWARD_WAITING_NAMES, guild.id)) == 1
    assert guild.current(member) == "10.00"
    assert award(pending.id, by=job(AWARD_WAITING_NAMES, guild.id)) == 0
    assert guild.history(member)[0].actor_id == AWARD_WAITING_NAMES


def test_a_name_waits_until_the_character_gets_its_first_owner(guild: GuildHouse) -> None:
    """D-5, P-11: a first owner owns the character from the beginning."""
    member = guild.joins()
    orphan = guild.plays(None, "Orphan")
    raid: Raid = guild.raids()
    guild.attends(raid, "Orphan")
    award = guild.use.award_waiting_names()
    award(orphan, by=job(AWARD_WAITING_NAMES, guild.id))
    assert waiting(guild) == ["Orphan"]
    guild.use.reassign_character()(orphan, owner=member.id, by=guild.officer.by)
    award(orphan, by=job(AWARD_WAITING_NAMES, guild.id))
    assert guild.current(member) == "10.00"
    assert award(CharacterId(999), by=job(AWARD_WAITING_NAMES, guild.id)) == 0


def test_every_event_that_makes_a_name_known_is_followed() -> None:
    """D-5, G-6: entering, approval, a new name, an alias, a first owner; each as a delivery of the same transaction."""
    following = {name for name, reactions in reactions_by_event().items() if AWARD_WAITING_NAMES in reactions}
    assert following == {
        "character_entered",
        "character_approved",
        "character_renamed",
        "character_alias_added",
        "character_reassigned",
    }
    assert SCHEDULE_RETENTION in reactions_by_event()["guild_changed"]


def test_lines_that_wait_under_an_alias_are_awarded_too(guild: GuildHouse) -> None:
    """R-1, D-5: a character is known by each of its names."""
    member = guild.joins()
    pending = guild.use.enter_character()(name="Newbie", by=member.by)
    guild.use.add_alias()(pending.id, "Noobie", by=guild.officer.by)
    guild.attends(guild.raids(), "Noobie")
    guild.attends(guild.raids(guild.event_type("Other")), "Newbie")
    guild.use.approve_character()(pending.id, by=guild.officer.by)
    assert guild.use.award_waiting_names()(pending.id, by=job(AWARD_WAITING_NAMES, guild.id)) == 2
    assert guild.current(member) == "20.00"


def test_a_name_is_not_resolved_to_who_cannot_be_awarded(guild: GuildHouse) -> None:
    """D-5: neither to a pending character, nor to one that belonged to nobody; nothing changes."""
    pending = guild.use.enter_character()(name="Newbie", by=guild.joins().by)
    orphan = guild.plays(None, "Orphan")
    guild.attends(guild.raids(), "Heroe")
    resolve = guild.use.resolve_name()
    with pytest.raises(StillPending):
        resolve("Heroe", character_id=pending.id, remember=True, by=guild.officer.by)
    with pytest.raises(NobodyOwnedIt):
        resolve("Heroe", character_id=orphan, remember=True, by=guild.officer.by)
    assert waiting(guild) == ["Heroe"]
    for each in (pending.id, orphan):
        assert guild.use.show_character()(each, by=guild.operator).aliases == ()


def test_only_the_first_names_get_suggestions(guild: GuildHouse) -> None:
    """D-5: a large dump must not make the list slow."""
    guild.plays(guild.joins(), "Hero")
    names = [f"Herox{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(60)]
    guild.attends(guild.raids(), *names, "Heroe")
    rows = guild.use.list_unresolved()(by=guild.operator)
    assert len(rows) == 61
    assert rows[0].suggestions == ("Hero",)
    assert {row.suggestions for row in rows[50:]} == {()}
