"""Looking at guilds and changing them."""

from __future__ import annotations

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from tests.unit.guild_house import GuildHouse


def test_an_officer_changes_name_zone_week_and_settings(guild: GuildHouse) -> None:
    """A-3, G-2: the guild has a time zone and a first day of the week."""
    guild.use.change_guild()(
        name="Élan",
        timezone="Europe/Berlin",
        first_weekday="wednesday",
        settings={"public_roster": True, "keep_uploads_days": 30},
        by=guild.officer.by,
    )
    row = guild.use.show_guild()(by=guild.officer.by)
    assert (row.name, row.timezone, row.first_weekday) == ("Élan", "Europe/Berlin", "wednesday")
    assert row.settings["public_roster"] is True
    assert row.settings["keep_uploads_days"] == 30


def test_what_is_not_given_stays_and_nothing_is_told_of_no_change(guild: GuildHouse) -> None:
    """G-5: an event tells of a change, not of a request."""
    before = guild.use.show_guild()(by=guild.officer.by)
    guild.use.change_guild()(timezone="UTC", by=guild.officer.by)
    assert guild.use.show_guild()(by=guild.officer.by) == before
    events = guild.use.show_audit_log()(AuditFilter(name="guild_changed"), page=PageRequest(), by=guild.officer.by)
    assert events.count == 0


def test_a_change_is_in_the_audit_log_with_values_before_and_after(guild: GuildHouse) -> None:
    """G-5: who did it, through which entrypoint, with the values before and after."""
    guild.use.change_guild()(timezone="Europe/Paris", by=guild.officer.by)
    page = guild.use.show_audit_log()(AuditFilter(name="guild_changed"), page=PageRequest(), by=guild.officer.by)
    (event,) = page.results
    assert (event.actor_kind, event.actor_id, event.entrypoint) == ("user", str(guild.officer.id), "test")
    assert event.data["changes"] == [{"field": "timezone", "before": "UTC", "after": "Europe/Paris"}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"first_weekday": "Caturday"}, "first_weekday"),
        ({"settings": {"no_such": True}}, "settings.no_such"),
        ({"settings": {"public_roster": "yes"}}, "settings.public_roster"),
        ({"settings": {"public_roster": 1}}, "settings.public_roster"),
        ({"settings": {"keep_uploads_days": True}}, "settings.keep_uploads_days"),
        ({"settings": {"keep_uploads_days": -1}}, "settings.keep_uploads_days"),
    ],
)
def test_a_value_that_is_not_accepted_is_named(guild: GuildHouse, change: dict[str, object], field: str) -> None:
    """G-8: the error names the field, and nothing is half done."""
    before = guild.use.show_guild()(by=guild.officer.by)
    with pytest.raises(InvalidValue) as refused:
        guild.use.change_guild()(by=guild.officer.by, **change)  # type: ignore[arg-type]  # on purpose
    assert refused.value.field == field
    assert guild.use.show_guild()(by=guild.officer.by) == before


def test_members_change_nothing_of_the_guild_and_read_no_audit_log(guild: GuildHouse) -> None:
    """A-3, G-5: officers read the audit log."""
    member = guild.joins()
    with pytest.raises(NotPermitted):
        guild.use.change_guild()(name="Mine", by=member.by)
    with pytest.raises(NotPermitted):
        guild.use.show_audit_log()(AuditFilter(), page=PageRequest(), by=member.by)
    assert guild.use.show_guild()(by=member.by).name == "Twelfth Hour"


def test_guests_do_not_see_the_guild(guild: GuildHouse) -> None:
    """A-3: a guest has no more than a public roster."""
    guest = guild.joins(role_group=RoleGroup.GUEST)
    with pytest.raises(NotPermitted):
        guild.use.show_guild()(by=guest.by)


def test_only_the_operator_lists_every_guild(guild: GuildHouse) -> None:
    """G-1: nobody learns of the guild next door."""
    guild.neighbour()
    assert [row.name for row in guild.use.list_guilds()(by=guild.operator)] == ["Next Door", "Twelfth Hour"]
    assert [row.name for row in guild.use.list_guilds()(by=guild.officer.by)] == ["Twelfth Hour"]


def test_the_audit_log_shows_nothing_of_the_guild_next_door(guild: GuildHouse) -> None:
    """G-1: events are the guild's own."""
    neighbour = guild.neighbour()
    neighbour.joins("Stranger")
    here = guild.use.show_audit_log()(AuditFilter(), page=PageRequest(1, 500), by=guild.officer.by)
    there = guild.use.show_audit_log()(AuditFilter(), page=PageRequest(1, 500), by=neighbour.officer.by)
    assert not {event.id for event in here.results} & {event.id for event in there.results}
    assert not [event for event in here.results if event.name == "membership_began" and event.data["user_id"] == 3]


def test_guests_and_strangers_list_no_guild(guild: GuildHouse) -> None:
    """G-1, A-3: what a guild has set is for its members."""
    guest = guild.joins(role_group=RoleGroup.GUEST)
    with pytest.raises(NotPermitted):
        guild.use.list_guilds()(by=guest.by)
